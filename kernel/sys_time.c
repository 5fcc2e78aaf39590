// SPDX-License-Identifier: MIT
/*
 * kernel/sys_time.c - system calls about time
 *
 * Time since boot is exact to the nanosecond; sleeping ends with a tick, at
 * most one late. The clock on the wall isn't read: CLOCK_REALTIME began at the
 * boot, on a fixed day.
 */
#include <kernel/errno.h>
#include <kernel/process.h>
#include <arch/cpu.h>
#include <arch/irq.h>
#include <arch/uaccess.h>

#include "syscall.h"

#define CLOCK_REALTIME	 0
#define CLOCK_MONOTONIC	 1
#define CLOCK_CPUTIME	 2 /* of the process; 3: of the thread */
#define CLOCK_BOOTTIME	 7
#define TIMER_ABSTIME	 1
#define NS_PER_SECOND	 1000000000UL
#define NS_PER_TICK	 (NS_PER_SECOND / HZ)
#define SECONDS_MAX	 (1UL << 33)
#define BOOT_DAY_SECONDS 1764547200UL /* 1 December 2025 */

struct timespec {
	s64 seconds, ns;
};

int get_timespec(u64 *ns, vaddr_t from)
{
	struct timespec t;

	if (copy_from_user(&t, from, sizeof(t)))
		return -EFAULT;
	if (t.seconds < 0 || t.ns < 0 || t.ns >= (s64)NS_PER_SECOND)
		return -EINVAL;
	*ns = min((u64)t.seconds, SECONDS_MAX) * NS_PER_SECOND + (u64)t.ns;
	return 0;
}

int put_timespec(u64 ns, vaddr_t to)
{
	struct timespec t = { (s64)(ns / NS_PER_SECOND),
			      (s64)(ns % NS_PER_SECOND) };

	return copy_to_user(to, &t, sizeof(t)) ? -EFAULT : 0;
}

int sleep_until(u64 ns)
{
	int err = 0;
	u64 now;

	for (;;) {
		set_current_state(THREAD_SLEEPING);
		now = arch_time_ns();
		err = signal_pending() && now < ns ? -EINTR : 0;
		if (err || now >= ns)
			break;
		schedule_timeout((ns - now) / NS_PER_TICK + 1);
	}
	set_current_state(THREAD_RUNNING);
	return err;
}

static u64 realtime_base(void)
{
	return BOOT_DAY_SECONDS * NS_PER_SECOND;
}

static int read_clock(u32 clock, u64 *ns)
{
	*ns = arch_time_ns();
	switch (clock) {
	case CLOCK_REALTIME:
	case 5: /* _COARSE */
		*ns += realtime_base();
		return 0;
	case CLOCK_MONOTONIC:
	case 4: /* _RAW */
	case 6: /* _COARSE */
	case CLOCK_BOOTTIME:
		return 0;
	case CLOCK_CPUTIME:
	case CLOCK_CPUTIME + 1:
		*ns = process_ticks(current_process()) * NS_PER_TICK;
		return 0;
	default:
		return -EINVAL;
	}
}

SYSCALL(clock_gettime)
{
	u64 ns;
	int err = read_clock((u32)ARG(0), &ns);

	return err ? err : put_timespec(ns, ARG(1));
}

SYSCALL(clock_getres)
{
	u64 ns;
	int err = read_clock((u32)ARG(0), &ns);

	if (err || !ARG(1))
		return err;
	return put_timespec(1, ARG(1));
}

SYSCALL(gettimeofday)
{
	u64 us = (realtime_base() + arch_time_ns()) / 1000;
	u64 words[2] = { us / 1000000, us % 1000000 };

	if (!ARG(0))
		return 0;
	return copy_to_user(ARG(0), words, sizeof(words)) ? -EFAULT : 0;
}

SYSCALL(time)
{
	u64 seconds = (realtime_base() + arch_time_ns()) / NS_PER_SECOND;

	if (ARG(0) && put_user_u64(seconds, ARG(0)))
		return -EFAULT;
	return (s64)seconds;
}

/* left: 0, or where the rest goes if a signal comes. */
static int nap(u64 until, vaddr_t left)
{
	int err = sleep_until(until);
	u64 now = arch_time_ns();

	if (err && left && put_timespec(until > now ? until - now : 0, left))
		return -EFAULT;
	return err;
}

SYSCALL(nanosleep)
{
	u64 ns;
	int err = get_timespec(&ns, ARG(0));

	return err ? err : nap(arch_time_ns() + ns, ARG(1));
}

SYSCALL(clock_nanosleep)
{
	u32 clock = (u32)ARG(0);
	u64 ns, now;
	int err = read_clock(clock, &now);

	if (!err)
		err = get_timespec(&ns, ARG(2));
	if (err)
		return err;
	if (!(ARG(1) & TIMER_ABSTIME))
		return nap(arch_time_ns() + ns, ARG(3));
	return nap(clock == CLOCK_REALTIME ?
			   ns - min(ns, realtime_base()) :
			   ns,
		   0);
}
