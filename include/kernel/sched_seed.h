/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/sched_seed.h - a seed decides where CPUs take turns
 *
 *	lock = ...;
 *	sched_point();	perhaps another CPU goes on here, or another thread
 *	...
 *
 * Units    sched.rate=N: one pause in N points
 * Locks    any may be held; none taken inside
 * Context  any. Where preemption is on, another thread may run in between.
 * Errors   none; in a release build there are no such points
 * Owns     a generator for each CPU, and what it counted
 * Keeps    the same seed, kernel and machine: the same run under QEMU's icount
 *
 * docs/testing.md has the idea. Spinlocks have three of these points, every
 * POINT is one (for half the seeds), and fast paths that have neither say
 * sched_point() before they turn interrupts off.
 */
#pragma once

#include <kernel/types.h>

extern u32 sched_seed_on;

void sched_seed_turn(void) __attribute__((cold));

static inline void sched_point(void)
{
	if (CONFIG_DEBUG && unlikely(READ_ONCE(sched_seed_on)))
		sched_seed_turn();
}

/* All CPUs are up: from here on, if the command line has sched.seed=. */
void sched_seed_start(void);
/* The run ends: say how often CPUs took turns. */
void sched_seed_report(void);
