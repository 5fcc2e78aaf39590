// SPDX-License-Identifier: MIT
/*
 * kernel/procfs/pid_status.c - /proc/PID/status, stat, statm, cmdline, comm
 *
 * Linux's fields in Linux's places; what Tangram doesn't have (swap, users,
 * terminals, groups, times apart by user and system) is 0.
 */
#include <kernel/exec.h>
#include <kernel/process.h>
#include <kernel/smp.h>
#include <kernel/string.h>
#include <mm/hugetlb.h>
#include <mm/mm_struct.h>
#include <arch/irq.h>

#include "pid.h"

#define CLOCK_TICKS 100

static u64 rss(const struct mm_struct *mm, enum mm_counter kind)
{
	s64 pages = READ_ONCE(mm->rss[kind]);

	return pages > 0 ? (u64)pages : 0;
}

static u64 rss_sum(const struct mm_struct *mm)
{
	return rss(mm, MM_ANONPAGES) + rss(mm, MM_FILEPAGES) +
	       rss(mm, MM_SHMEMPAGES);
}

/* --- status --- */

static const char *state_name(char state)
{
	switch (state) {
	case 'R':
		return "running";
	case 'S':
		return "sleeping";
	case 'T':
		return "stopped";
	default:
		return "zombie";
	}
}

static void show_size(struct seq *s, const char *name, u64 pages)
{
	seq_printf(s, "%s:\t%8lu kB\n", name, pages << (PAGE_SHIFT - 10));
}

static void show_memory(struct seq *s, const struct mm_struct *mm)
{
	u64 now = rss_sum(mm);

	show_size(s, "VmPeak", mm->total_vm);
	show_size(s, "VmSize", mm->total_vm);
	show_size(s, "VmLck", mm->locked_vm);
	show_size(s, "VmPin", (u64)max(READ_ONCE(mm->pinned_vm), 0L));
	show_size(s, "VmHWM", max(mm->hiwater_rss, now));
	show_size(s, "VmRSS", now);
	show_size(s, "RssAnon", rss(mm, MM_ANONPAGES));
	show_size(s, "RssFile", rss(mm, MM_FILEPAGES));
	show_size(s, "RssShmem", rss(mm, MM_SHMEMPAGES));
	show_size(s, "VmData", mm->data_vm);
	show_size(s, "VmStk", mm->stack_vm);
	show_size(s, "VmExe",
		  ALIGN(mm->end_code - mm->start_code, PAGE_SIZE) >>
			  PAGE_SHIFT);
	show_size(s, "VmLib", 0);
	show_size(s, "VmPTE", (u64)mm->pgtables_bytes >> PAGE_SHIFT);
	show_size(s, "VmSwap", 0);
	show_size(s, "HugetlbPages",
		  (u64)READ_ONCE(mm->hugetlb_pages) << HUGETLB_ORDER);
}

static void show_process_status(struct seq *s, struct process *p)
{
	char state = process_state(p);
	struct mm_struct *mm = process_mm(p);

	seq_printf(s, "Name:\t%s\nState:\t%c (%s)\nTgid:\t%u\nPid:\t%u\n"
		      "PPid:\t%u\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n",
		   p->comm, state, state_name(state), p->pid, p->pid,
		   READ_ONCE(p->ppid));
	if (mm) {
		show_memory(s, mm);
		mmput(mm);
	}
	seq_printf(s, "Threads:\t%u\nSigPnd:\t%016lx\nSigIgn:\t%016lx\n"
		      "Cpus_allowed:\t%lx\n",
		   READ_ONCE(p->nr_threads), READ_ONCE(p->pending),
		   READ_ONCE(p->ignored), cpu_online_mask());
}

static void with_process(struct seq *s, void *pid,
			 void (*fn)(struct seq *s, struct process *p))
{
	struct process *p = process_find((u32)(u64)pid);

	if (!p)
		return;
	fn(s, p);
	process_put(p);
}

void show_status(struct seq *s, void *pid)
{
	with_process(s, pid, show_process_status);
}

/* --- stat --- */

static u64 to_clock(u64 ticks)
{
	return ticks * CLOCK_TICKS / HZ;
}

/* Fields 1 to 22; the 23rd on are about memory. */
static void show_process_stat(struct seq *s, struct process *p)
{
	struct mm_struct *mm = process_mm(p);
	u64 major = mm ? READ_ONCE(mm->nr_major_faults) : 0;
	u64 minor = mm ? READ_ONCE(mm->nr_faults) - major : 0;

	seq_printf(s, "%u (%s) %c %u 0 0 0 -1 0 %lu 0 %lu 0 %lu 0 %lu 0 20 0 "
		      "%u 0 %lu ",
		   p->pid, p->comm, process_state(p), READ_ONCE(p->ppid), minor,
		   major, to_clock(process_ticks(p)),
		   to_clock(READ_ONCE(p->child_ticks)),
		   READ_ONCE(p->nr_threads),
		   p->start_ns / (1000000000 / CLOCK_TICKS));
	if (mm) {
		seq_printf(s, "%lu %lu %lu %lu %lu %lu 0 0",
			   mm->total_vm << PAGE_SHIFT, rss_sum(mm),
			   RLIM_INFINITY, mm->start_code, mm->end_code,
			   mm->start_stack);
		mmput(mm);
	} else {
		seq_printf(s, "0 0 %lu 0 0 0 0 0", RLIM_INFINITY);
	}
	seq_puts(s, " 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
}

void show_stat(struct seq *s, void *pid)
{
	with_process(s, pid, show_process_stat);
}

/* --- statm: pages --- */

void show_statm(struct seq *s, void *pid)
{
	struct mm_struct *mm = mm_of_pid((u32)(u64)pid);

	if (!mm) {
		seq_puts(s, "0 0 0 0 0 0 0\n");
		return;
	}
	seq_printf(s, "%lu %lu %lu %lu 0 %lu 0\n", mm->total_vm, rss_sum(mm),
		   rss(mm, MM_FILEPAGES) + rss(mm, MM_SHMEMPAGES),
		   ALIGN(mm->end_code - mm->start_code, PAGE_SIZE) >>
			   PAGE_SHIFT,
		   mm->data_vm + mm->stack_vm);
	mmput(mm);
}

/* --- cmdline --- */

/* As they are in its memory now: a program may change them. */
void show_cmdline_of(struct seq *s, void *pid)
{
	struct mm_struct *mm = mm_of_pid((u32)(u64)pid);
	char part[128];

	if (!mm)
		return;
	for (vaddr_t at = mm->arg_start; at < mm->arg_end;) {
		u64 len = min(mm->arg_end - at, sizeof(part));
		u64 done = access_remote_mm(mm, at, part, len, false);

		seq_write(s, part, done);
		if (done < len)
			break;
		at += done;
	}
	mmput(mm);
}

static void show_process_comm(struct seq *s, struct process *p)
{
	seq_printf(s, "%s\n", p->comm);
}

void show_comm(struct seq *s, void *pid)
{
	with_process(s, pid, show_process_comm);
}
