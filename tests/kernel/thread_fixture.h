/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/thread_fixture.h - what tests of threads share
 */
#pragma once

#include <kernel/test.h>
#include <kernel/thread.h>
#include <arch/cpu.h>
#include <arch/irq.h>

#define MS_IN_NS 1000000UL

static inline void spin_ms(u64 ms)
{
	u64 end = arch_time_ns() + ms * MS_IN_NS;

	while (arch_time_ns() < end)
		cpu_relax();
}

/* The host's CPU has no timer that interrupts a busy thread. */
static inline bool timer_interrupts(void)
{
	u64 before = timer_ticks();

	spin_ms(50);
	return timer_ticks() != before;
}

/* Waits for somebody else's doing; false: it did not come within 10 s. */
#define spin_until(condition)                                                  \
	({                                                                     \
		u64 _end = arch_time_ns() + 10000 * MS_IN_NS;                  \
									       \
		while (!(condition) && arch_time_ns() < _end)                  \
			cpu_relax();                                           \
		(condition);                                                   \
	})
