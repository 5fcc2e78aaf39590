/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/thread.h - kernel threads
 *
 *	struct thread *t = kthread_run(fn, arg, "name");
 *	...
 *	kthread_stop(t);	or kthread_join(t): fn's value
 *
 * Units    ticks of 1/HZ s; CPU masks
 * Locks    inside: a run queue's. Not under zone->lock.
 * Context  creating, joining, sleeping: may sleep. wake_up_thread(): any.
 * Errors   kthread_create() is NULL when memory is short. Joining twice, or
 *          ending with a lock held, is a bug that debug builds report.
 * Owns     record and stack, given back when the thread has ended and its
 *          creator has joined, stopped or detached it
 *
 * The scheduler: each CPU runs the first thread of its most urgent queue.
 * Within a queue threads take turns of SLICE_TICKS. A queue that has waited
 * for AGEING_TICKS gets one turn regardless, so a daemon of PRIO_LOW yields
 * but is not starved.
 */
#pragma once

#include <kernel/list.h>
#include <kernel/lockdep.h>
#include <kernel/preempt.h>
#include <kernel/rcu.h>
#include <kernel/types.h>
#include <kernel/wait.h>
#include <arch/thread.h>

struct capture_control;
struct mempolicy;
struct mm_struct;
struct process;

enum thread_prio { PRIO_HIGH, PRIO_NORMAL, PRIO_LOW, NR_PRIOS };
#define PRIO_IDLE NR_PRIOS

#define SLICE_TICKS  3	/* 12 ms */
#define AGEING_TICKS 25 /* 100 ms */

enum thread_state { THREAD_RUNNING, THREAD_SLEEPING, THREAD_DEAD };

#define THREAD_NAME_MAX 24
#define ALL_CPUS	~0UL

/* What a process keeps of each of its threads: include/kernel/process.h. */
struct user_thread {
	u32 tid;		  /* (c) but for exec; 0: a kernel thread */
	struct list_head sibling; /* [process_lock] in process->threads */
	u64 pending;		  /* [process_lock] signals for it alone */
	u64 blocked;		  /* [process_lock] to write */
	/* Where its id is to be written at its start, cleared at its end; 0. */
	vaddr_t set_child_tid, clear_child_tid;
};

/* [R] the run queue of CPU `cpu`; [L] the list of threads; [-] its own */
struct thread {
	u32 user_work; /* atomic: USER_WORK_*; first: entry.asm looks here */
	u32 id;
	struct list_head run; /* [R] in a queue, unless it runs or sleeps */
	struct list_head all; /* [L] walked under RCU */
	struct rcu_head rcu;  /* [-] once nobody refers to it */
	char name[THREAD_NAME_MAX];
	u32 refs;   /* atomic: while it runs, and its creator's */
	u32 state;  /* set by itself; by others [R] */
	bool on_rq; /* [R] runs, is queued, or moves between CPUs */
	bool should_stop;
	bool user_side; /* [-] it has or had mm, fpu or ring 3: switches look */
	bool memalloc;	/* [-] it makes room: its own requests don't, and it
			 * waits for no page lock */
	struct capture_control *capture; /* [-] mm/capture.h; NULL */
	u32 cpu;			 /* [R] */
	u32 prio;			 /* [R] */
	u64 allowed;			 /* [R] CPUs */
	u32 slice;			 /* [R] ticks left */
	u64 ticks;			 /* [R] that it was found running in */
	int (*fn)(void *arg);
	void *arg;
	int result;
	struct completion ended;
	struct held_sleeping held; /* [-] lockdep's */
	void *fpu; /* [-] saved SSE registers; NULL: it has none (kernel/fpu.h) */
	vaddr_t stack, stack_end; /* 0: the boot stack */
	struct process *process;  /* [-] NULL: a kernel thread */
	struct user_thread user;
	/* [-] NULL: a kernel thread; set before it runs, then by use_mm() */
	struct mm_struct *mm;
	struct mempolicy *mempolicy; /* [-] */
	struct arch_thread arch;
};

DECLARE_PER_CPU(struct thread *, current_thread);
#define current this_cpu_read(current_thread)

/* It sleeps until wake_up_thread(); kthread_run() wakes it. */
struct thread *kthread_create(int (*fn)(void *arg), void *arg, const char *name);
struct thread *kthread_run(int (*fn)(void *arg), void *arg, const char *name);
/* Wait for its end; fn's value. It is gone afterwards. */
int kthread_join(struct thread *t);
/* Ask it to end (it looks at kthread_should_stop()), then join. */
int kthread_stop(struct thread *t);
bool kthread_should_stop(void);
/* Nobody will join. */
void kthread_detach(struct thread *t);
void __noreturn kthread_exit(int result);

/* Between marking oneself as sleeping and schedule(): look at the reason. */
void set_current_state(enum thread_state state);
/* True: it was asleep. */
bool wake_up_thread(struct thread *t);
void yield(void);

/*
 * This thread goes on in another address space, on whose users it counts.
 * NULL: in none; it lets go of what it had only afterwards.
 */
void use_mm(struct mm_struct *mm);

/* Fails with -EINVAL when no CPU of the mask is online. */
int set_cpus_allowed(struct thread *t, u64 cpus);
void set_thread_prio(struct thread *t, enum thread_prio prio);

/* Sleep unless woken; the ticks that are left. After set_current_state(). */
u64 schedule_timeout(u64 ticks);
void msleep(u64 ms); /* rounded up, and one tick more */

/* --- for ps --- */

struct thread_info {
	char name[THREAD_NAME_MAX];
	u32 id, cpu, prio;
	char state; /* R: runs, r: is ready, S: sleeps, D: has ended */
	u64 ticks, stack_used;
	/* Locks that sleep, debug builds: outermost first. */
	u32 nr_held;
	const struct lock_class *held[MAX_HELD_SLEEPING];
};

/* The thread with the lowest id from `id` on; false: none. */
bool thread_info_from(u32 id, struct thread_info *info);

/* --- for the boot --- */

void sched_init(void); /* who calls becomes the first thread, on CPU 0 */
/* Run what is ready, else halt: the life of an idle thread. */
void __noreturn cpu_idle(void);
/* This secondary CPU's boot stack becomes its idle thread's. */
void sched_init_secondary(vaddr_t stack, vaddr_t stack_end);

u64 nr_context_switches(u32 cpu);
bool cpu_runs_idle_thread(u32 cpu);
/* Does a thread more urgent than prio wait for this CPU? */
bool cpu_is_wanted(u32 cpu, u32 prio);

/*
 * Debug builds: a CPU that has not switched for this long while a thread waits
 * in its queue is reported with its stack, once. How many were.
 */
void sched_set_watchdog(u64 ms);
u64 sched_watchdog_reports(void);
