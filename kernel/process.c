// SPDX-License-Identifier: MIT
/*
 * kernel/process.c - processes: their records, the tree, finding them
 *
 *	1 (the kernel) ──children──► 12 sh ──► 15 make
 *	               └───────────► 17 (an orphan)
 *
 * A process is in the tree from before its first thread runs until its parent
 * has waited for it. All links are under one lock, which nobody holds for long:
 * what may sleep is done before or after.
 *
 * The record is kept by the tree (one reference), by the process's threads
 * (one for all of them, dropped by the last) and by whoever found it by pid.
 */
#include <kernel/check.h>
#include <kernel/errno.h>
#include <kernel/fs.h>
#include <kernel/main.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/string.h>
#include <mm/mempolicy.h>
#include <mm/mm_state.h>
#include <mm/mm_struct.h>
#include <mm/slab.h>
#include <mm/zone.h>

DEFINE_LOCK_CLASS(process_lock_class, "processes", false);
static DEFINE_LOCK_CLASS(process_fs_class, "process cwd", false);

struct spinlock process_lock = SPINLOCK_INIT(process_lock_class);
struct list_head processes = LIST_HEAD_INIT(processes);
static u32 process_count; /* [process_lock] without the kernel */
static struct kmem_cache *process_cache;

/* Never in the list: it can't be killed, waited for or looked at. */
struct process init_process = {
	.pid = 1,
	.refs = 1,
	.comm = "kernel",
	.children = LIST_HEAD_INIT(init_process.children),
	.sibling = LIST_HEAD_INIT(init_process.sibling),
	.all = LIST_HEAD_INIT(init_process.all),
	.threads = LIST_HEAD_INIT(init_process.threads),
	.wait = WAIT_QUEUE_INIT(init_process.wait),
	.fs_lock = { NULL, WAIT_QUEUE_INIT(init_process.fs_lock.wait),
		     &process_fs_class },
};

/* --- records --- */

struct process *process_alloc(struct process *parent)
{
	struct process *p = kmem_cache_zalloc(process_cache, GFP_KERNEL);

	if (!p)
		return NULL;
	p->refs = 2;
	p->parent = parent;
	p->ppid = parent->pid;
	INIT_LIST_HEAD(&p->children);
	INIT_LIST_HEAD(&p->sibling);
	INIT_LIST_HEAD(&p->all);
	INIT_LIST_HEAD(&p->threads);
	wait_queue_init(&p->wait);
	mutex_init(&p->fs_lock, &process_fs_class);
	p->start_ns = arch_time_ns();
	memcpy(p->comm, parent->comm, sizeof(p->comm));
	spin_lock(&process_lock);
	p->ignored = parent->ignored;
	memcpy(p->rlimit, parent->rlimit, sizeof(p->rlimit));
	spin_unlock(&process_lock);
	mutex_lock(&parent->fs_lock);
	p->cwd = parent->cwd ? dget(parent->cwd) : NULL;
	mutex_unlock(&parent->fs_lock);
	return p;
}

void process_free(struct process *p)
{
	kmem_cache_free(process_cache, p);
}

void process_put(struct process *p)
{
	if (!__atomic_sub_fetch(&p->refs, 1, __ATOMIC_ACQ_REL))
		process_free(p);
}

static struct process *get(struct process *p)
{
	__atomic_add_fetch(&p->refs, 1, __ATOMIC_RELAXED);
	return p;
}

/* --- the tree --- */

void process_add_thread(struct process *p, struct thread *t)
{
	t->process = p;
	t->user.tid = t->id;
	list_add_tail(&t->user.sibling, &p->threads);
	p->nr_threads++;
	if (processes_frozen())
		user_work_set(t, USER_WORK_FREEZE);
}

/* Pids grow, so its place is near the end. */
static void insert_by_pid(struct process *p)
{
	struct list_head *pos = processes.prev;

	while (pos != &processes &&
	       list_entry(pos, struct process, all)->pid > p->pid)
		pos = pos->prev;
	list_add(&p->all, pos);
}

/* The limit counts all: there is one user. */
int process_link(struct process *p, struct thread *first)
{
	int err = 0;

	p->pid = first->id;
	spin_lock(&process_lock);
	if (process_count >= p->parent->rlimit[RLIMIT_NPROC].cur) {
		err = -EAGAIN;
	} else {
		process_count++;
		list_add_tail(&p->sibling, &p->parent->children);
		insert_by_pid(p);
		process_add_thread(p, first);
	}
	spin_unlock(&process_lock);
	return err;
}

void process_unlink(struct process *p)
{
	list_del(&p->sibling);
	list_del(&p->all);
	process_count--;
}

u32 nr_processes(void)
{
	return READ_ONCE(process_count);
}

/* --- finding --- */

struct process *process_from(u32 pid)
{
	struct process *p, *found = NULL;

	spin_lock(&process_lock);
	list_for_each_entry(p, &processes, all)
		if (p->pid >= pid) {
			found = get(p);
			break;
		}
	spin_unlock(&process_lock);
	return found;
}

struct process *process_find(u32 pid)
{
	struct process *p = process_from(pid);

	if (!p || p->pid == pid)
		return p;
	process_put(p);
	return NULL;
}

struct mm_struct *process_mm(struct process *p)
{
	struct mm_struct *mm;

	spin_lock(&process_lock);
	mm = p->mm;
	if (mm && !mmget_not_zero(mm))
		mm = NULL;
	spin_unlock(&process_lock);
	return mm;
}

u64 process_ticks(struct process *p)
{
	struct thread *t;
	u64 ticks;

	spin_lock(&process_lock);
	ticks = p->dead_ticks;
	list_for_each_entry(t, &p->threads, user.sibling)
		ticks += READ_ONCE(t->ticks);
	spin_unlock(&process_lock);
	return ticks;
}

char process_state(struct process *p)
{
	struct thread *t;
	char state = 'S';

	spin_lock(&process_lock);
	if (p->zombie)
		state = 'Z';
	else if (p->stopped)
		state = 'T';
	else
		list_for_each_entry(t, &p->threads, user.sibling)
			if (READ_ONCE(t->state) == THREAD_RUNNING)
				state = 'R';
	spin_unlock(&process_lock);
	return state;
}

/* --- boot --- */

static struct mempolicy *policy_of_current(void)
{
	return current->mempolicy;
}

static void set_default_limits(void)
{
	struct zone *zone;
	u64 pages = 0;

	for_each_populated_zone(kernel_mm(), zone)
		pages += zone->managed_pages;
	for (u32 i = 0; i < NR_RLIMITS; i++)
		init_process.rlimit[i] =
			(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY };
	init_process.rlimit[RLIMIT_STACK].cur = 8 * MiB;
	init_process.rlimit[RLIMIT_MEMLOCK] = (struct rlimit){ 8 * MiB,
							       8 * MiB };
	init_process.rlimit[RLIMIT_NOFILE] = (struct rlimit){ NR_OPEN,
							      NR_OPEN };
	/* Stacks of all take an eighth of the memory at most, Linux says. */
	pages /= 2 * 8 * (THREAD_STACK_SIZE >> PAGE_SHIFT);
	init_process.rlimit[RLIMIT_NPROC] = (struct rlimit){ pages, pages };
}

int process_init(void)
{
	process_cache = kmem_cache_create("process", sizeof(struct process), 0,
					  SLAB_ACCOUNT, NULL);
	if (!process_cache)
		return -ENOMEM;
	set_default_limits();
	mpol_set_task_source(policy_of_current);
	syscall_table_init();
	procfs_pid_init();
	oom_init();
	return 0;
}

/* --- check --- */

static int check_one(const struct process *p)
{
	const struct thread *t;
	u32 nr = 0;
	int found = 0;

	list_for_each_entry(t, &p->threads, user.sibling)
		nr += t->process == p;
	if (nr != p->nr_threads) {
		pr_err("process %u: %u threads in its list, %u counted\n",
		       p->pid, nr, p->nr_threads);
		found++;
	}
	if (p->zombie && nr) {
		pr_err("process %u: a zombie with %u threads\n", p->pid, nr);
		found++;
	}
	if (p->ppid != p->parent->pid) {
		pr_err("process %u: parent %u, said to be %u\n", p->pid,
		       p->parent->pid, p->ppid);
		found++;
	}
	return found;
}

int process_check(void)
{
	const struct process *p;
	u32 nr = 0;
	int found = 0;

	spin_lock(&process_lock);
	list_for_each_entry(p, &processes, all) {
		found += check_one(p);
		nr++;
	}
	if (nr != process_count) {
		pr_err("processes: %u in the list, %u counted\n", nr,
		       process_count);
		found++;
	}
	spin_unlock(&process_lock);
	return found;
}

static int check_processes(struct mm_state *mm __unused)
{
	return process_check();
}
CHECK(processes, check_processes);
