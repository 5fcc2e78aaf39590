// SPDX-License-Identifier: MIT
/*
 * kernel/oom.c - out of memory: the largest process has to go
 *
 *	size = resident pages + pages of its page tables
 *
 * The allocator asks (mm/slow_path.c) when nothing else helped: somebody is
 * killed, and it tries again for as long as we say that memory is on its way.
 * It is when the victim is on its way out, which needs no memory but may need
 * time, and a lock that the one who allocates holds: so we wait only so long.
 * The victim itself gets an error back, and ends when it leaves the kernel.
 */
#include <kernel/main.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <mm/mm_state.h>
#include <mm/mm_struct.h>
#include <mm/page_alloc.h>
#include <mm/show_mem.h>

#define WAIT_MS	   10
#define WAIT_TURNS 300

static u64 rss_pages(const struct mm_struct *mm)
{
	s64 sum = 0;

	for (u32 i = 0; i < NR_MM_COUNTERS; i++)
		sum += __atomic_load_n(&mm->rss[i], __ATOMIC_RELAXED);
	return sum > 0 ? (u64)sum : 0;
}

static u64 badness(struct process *p)
{
	struct mm_struct *mm = process_mm(p);
	u64 size;

	if (!mm)
		return 0;
	size = 1 + rss_pages(mm) +
	       ((u64)__atomic_load_n(&mm->pgtables_bytes, __ATOMIC_RELAXED) >>
		PAGE_SHIFT);
	mmput(mm);
	return size;
}

/* Referenced; NULL: there is no process with memory. */
static struct process *largest_process(void)
{
	struct process *p = process_from(0), *worst = NULL, *next;
	u64 most = 0, size;

	for (; p; p = next) {
		next = process_from(p->pid + 1);
		size = badness(p);
		if (size <= most) {
			process_put(p);
			continue;
		}
		if (worst)
			process_put(worst);
		worst = p;
		most = size;
	}
	return worst;
}

static u64 kib(s64 pages)
{
	return (u64)pages << (PAGE_SHIFT - 10);
}

static void report_and_kill(struct process *p)
{
	struct mm_struct *mm = process_mm(p);

	if (!mm)
		return;
	pr_err("Out of memory: Killed process %u (%s) total-vm:%lukB, "
	       "anon-rss:%lukB, file-rss:%lukB, shmem-rss:%lukB, UID:0 "
	       "pgtables:%lukB oom_score_adj:0\n",
	       p->pid, p->comm, kib((s64)mm->total_vm),
	       kib(mm->rss[MM_ANONPAGES]), kib(mm->rss[MM_FILEPAGES]),
	       kib(mm->rss[MM_SHMEMPAGES]), (u64)mm->pgtables_bytes >> 10);
	mmput(mm);
	signal_send(p, SIGKILL);
}

static bool is_going(struct process *p)
{
	bool going;

	spin_lock(&process_lock);
	going = p->oom_victim || p->exiting;
	p->oom_victim = true;
	spin_unlock(&process_lock);
	return going;
}

/* Until it has given its memory back; false: it takes too long. */
static bool await(struct process *p)
{
	for (u32 i = 0; i < WAIT_TURNS; i++) {
		if (READ_ONCE(p->zombie))
			return true;
		msleep(WAIT_MS);
	}
	return false;
}

/* As Linux's dump_tasks(): who was there to choose from; pages. */
static void show_processes(void)
{
	struct process *p, *next;

	pr_info("Tasks state (memory values in pages):\n");
	pr_info("[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n");
	for (p = process_from(0); p; p = next) {
		struct mm_struct *mm = process_mm(p);

		if (mm) {
			pr_info("[%7u] %5d %5u %8lu %8lu %8ld %8d         %5d %s\n",
				p->pid, 0, p->pid, mm->total_vm, rss_pages(mm),
				READ_ONCE(mm->pgtables_bytes), 0, 0, p->comm);
			mmput(mm);
		}
		next = process_from(p->pid + 1);
		process_put(p);
	}
}

static void report(gfp_t gfp, u32 order)
{
	char mask[160];

	pr_err("%s invoked oom-killer: gfp_mask=%#x(%s), order=%u, oom_score_adj=0\n",
	       current->name, gfp, gfp_text(gfp, mask, sizeof(mask)), order);
	show_mem(kernel_mm());
	show_processes();
}

/* A signal ends a program, or stops it: both are to be soon. */
static bool interrupted(void)
{
	return current->process && signal_pending();
}

/* True: there may be memory now. */
static bool oom_hook(struct mm_state *mm __unused, gfp_t gfp, u32 order)
{
	struct process *p;
	bool hope;

	if (interrupted())
		return false; /* it is to end: an error brings it there */
	p = largest_process();
	if (!p)
		return false;
	if (!is_going(p)) {
		report(gfp, order);
		report_and_kill(p);
	}
	hope = p != current_process() && await(p);
	process_put(p);
	return hope;
}

void oom_init(void)
{
	kernel_mm()->slowpath.oom = oom_hook;
	kernel_mm()->slowpath.interrupted = interrupted;
}
