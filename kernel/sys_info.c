// SPDX-License-Identifier: MIT
/*
 * kernel/sys_info.c - system calls about CPUs and the machine
 */
#include <kernel/errno.h>
#include <kernel/main.h>
#include <kernel/process.h>
#include <kernel/smp.h>
#include <kernel/string.h>
#include <mm/mm_state.h>
#include <mm/vmstat.h>
#include <mm/zone.h>
#include <arch/cpu.h>
#include <arch/uaccess.h>

#include "random_bytes.h"
#include "syscall.h"

/* --- CPUs --- */

SYSCALL(sched_yield)
{
	yield();
	return 0;
}

/* Its first thread, the caller's for 0; process_lock is held. NULL. */
static struct thread *thread_by_tid(u32 tid, struct process *p)
{
	struct thread *t;

	if (!tid)
		return current;
	list_for_each_entry(t, &p->threads, user.sibling)
		if (t->user.tid == tid)
			return t;
	return NULL;
}

/* fn is called with process_lock held. */
static int with_thread(u32 tid, int (*fn)(struct thread *t, u64 *mask),
		       u64 *mask)
{
	struct process *p = process_from(0), *next;
	int err = -ESRCH;

	for (; p; p = next) {
		struct thread *t;

		spin_lock(&process_lock);
		t = thread_by_tid(tid, p);
		if (t)
			err = fn(t, mask);
		spin_unlock(&process_lock);
		next = t ? NULL : process_from(p->pid + 1);
		process_put(p);
	}
	return err;
}

static int get_allowed(struct thread *t, u64 *mask)
{
	*mask = t->allowed & cpu_online_mask();
	return 0;
}

static int set_allowed(struct thread *t, u64 *mask)
{
	return set_cpus_allowed(t, *mask);
}

SYSCALL(sched_getaffinity)
{
	u64 mask;
	int err;

	if (ARG(1) < sizeof(mask) || ARG(1) % sizeof(mask))
		return -EINVAL;
	err = with_thread((u32)ARG(0), get_allowed, &mask);
	if (err)
		return err;
	return put_user_u64(mask, ARG(2)) ? -EFAULT : (s64)sizeof(mask);
}

SYSCALL(sched_setaffinity)
{
	u64 len = min(ARG(1), sizeof(u64)), mask = 0;
	int err;

	if (copy_from_user(&mask, ARG(2), len))
		return -EFAULT;
	mask &= cpu_online_mask();
	if (!mask)
		return with_thread((u32)ARG(0), get_allowed, &mask) ?
			       -ESRCH :
			       -EINVAL;
	err = with_thread((u32)ARG(0), set_allowed, &mask);
	return err;
}

SYSCALL(getcpu)
{
	u32 cpu, nid;

	preempt_disable();
	cpu = smp_processor_id();
	nid = (u32)this_cpu_read(cpu_nid);
	preempt_enable();
	if (ARG(0) && put_user_u32(cpu, ARG(0)))
		return -EFAULT;
	return ARG(1) ? put_user_u32(nid, ARG(1)) : 0;
}

SYSCALL(membarrier)
{
	return ARG(0) ? -EINVAL : 0; /* QUERY: none of them */
}

/* --- the machine --- */

struct utsname {
	char sysname[65], nodename[65], release[65], version[65], machine[65],
		domainname[65];
};

SYSCALL(uname)
{
	static const struct utsname name = {
		.sysname = "Tangram",
		.nodename = "tangram",
		.release = "6.1.0-tangram",
		.version = "physical memory",
		.machine = "x86_64",
		.domainname = "(none)",
	};

	return copy_to_user(ARG(0), &name, sizeof(name)) ? -EFAULT : 0;
}

struct sysinfo {
	s64 uptime;
	u64 loads[3], totalram, freeram, sharedram, bufferram, totalswap,
		freeswap;
	u16 procs, pad;
	u32 pad2;
	u64 totalhigh, freehigh;
	u32 mem_unit, pad3;
};

_Static_assert(sizeof(struct sysinfo) == 112, "as Linux's");

SYSCALL(sysinfo)
{
	struct mm_state *mm = kernel_mm();
	struct sysinfo info = { .mem_unit = PAGE_SIZE };
	struct zone *zone;

	info.uptime = (s64)(arch_time_ns() / 1000000000);
	for_each_populated_zone(mm, zone) {
		info.totalram += zone->managed_pages;
		info.freeram += READ_ONCE(zone->nr_free_pages);
	}
	info.procs = (u16)nr_processes();
	return copy_to_user(ARG(0), &info, sizeof(info)) ? -EFAULT : 0;
}

#define GRND_FLAGS 7u

SYSCALL(getrandom)
{
	u64 len = min(ARG(1), (u64)INT32_MAX), done = 0;
	u8 bytes[64];

	if (ARG(2) & ~(u64)GRND_FLAGS)
		return -EINVAL;
	while (done < len && !signal_pending()) {
		u64 nr = min(len - done, (u64)sizeof(bytes));

		get_random_bytes(bytes, nr);
		if (copy_to_user(ARG(0) + done, bytes, nr))
			return done ? (s64)done : -EFAULT;
		done += nr;
	}
	return (s64)done;
}
