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

/*
 * Waits for somebody else's doing; false: it did not come within a minute, which
 * is much even where the CPUs are somebody else's most of the time.
 */
#define PATIENCE_MS 60000UL

#define spin_until(condition)                                                  \
	({                                                                     \
		u64 _end = arch_time_ns() + PATIENCE_MS * MS_IN_NS;            \
									       \
		while (!(condition) && arch_time_ns() < _end)                  \
			cpu_relax();                                           \
		(condition);                                                   \
	})

/* The same; who has to do it may want this CPU. */
#define sleep_until(condition)                                                 \
	({                                                                     \
		u64 _end = arch_time_ns() + PATIENCE_MS * MS_IN_NS;            \
									       \
		while (!(condition) && arch_time_ns() < _end)                  \
			msleep(1);                                             \
		(condition);                                                   \
	})

/* Who has been joined may have its last steps to go, and its stack still. */
static inline bool anybody_leaves(void)
{
	struct thread_info info;

	for (u32 id = 0; thread_info_from(id, &info); id = info.id + 1)
		if (info.state == 'D')
			return true;
	return false;
}

/* It has been switched away from, and nobody has woken it. */
static inline bool thread_sleeps(const struct thread *t)
{
	struct thread_info info;

	return thread_info_from(t->id, &info) && info.id == t->id &&
	       info.state == 'S';
}
