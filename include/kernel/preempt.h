/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/preempt.h - may another thread take this CPU here?
 *
 * Preemption is off while preempt_depth is not 0 (every spinlock held counts)
 * or interrupts are off. The depth belongs to the CPU, not to the thread: all
 * switches happen at the same depth, so it needs no saving.
 *
 *	preempt_disable();
 *	... this_cpu_ptr(&x) stays this CPU's ...
 *	preempt_enable();	switches here if one was asked for meanwhile
 *
 * Context  any
 */
#pragma once

#include <kernel/types.h>
#include <arch/percpu.h>

DECLARE_PER_CPU(u32, preempt_depth);
DECLARE_PER_CPU(u32, resched_wanted); /* set under the run queue's lock */
DECLARE_PER_CPU(u32, irq_depth);      /* handlers of interrupts that run */

/* Run somebody else, if there is anybody, or sleep: kernel/thread.h. */
void schedule(void);
/* The same where preemption is on again; elsewhere nothing. */
void preempt_schedule(void);

static inline u32 preempt_count(void)
{
	return this_cpu_read(preempt_depth);
}

static inline bool need_resched(void)
{
	return this_cpu_read(resched_wanted) != 0;
}

static inline bool in_interrupt(void)
{
	return this_cpu_read(irq_depth) != 0;
}

/* Around the handler of each interrupt. */
static inline void irq_enter(void)
{
	this_cpu_inc(irq_depth);
}

static inline void irq_exit(void)
{
	this_cpu_add(irq_depth, -1);
}

static inline void preempt_disable(void)
{
	this_cpu_inc(preempt_depth);
	barrier();
}

static inline void preempt_enable_no_resched(void)
{
	barrier();
	this_cpu_add(preempt_depth, -1);
}

static inline void preempt_enable(void)
{
	preempt_enable_no_resched();
	if (unlikely(need_resched()))
		preempt_schedule();
}

/* Said by everything that may sleep; debug builds check that it may here. */
void might_sleep(void);
