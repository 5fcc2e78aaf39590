/* SPDX-License-Identifier: MIT */
/*
 * kernel/base/sched_internal.h - what the files of the scheduler share
 */
#pragma once

#include <kernel/thread.h>

/* All under lock, but who reads a length or `curr` for a guess. */
struct runqueue {
	struct spinlock lock;
	struct list_head queue[NR_PRIOS];
	u32 nr;		      /* queued: without the one that runs */
	u32 waited[NR_PRIOS]; /* ticks since the queue was served */
	u32 cpu;
	struct thread *curr, *idle;
	struct thread *prev; /* who was switched away from, for its successor */
	bool prev_moves;     /* to its `cpu`: it may not run here any more */
	u64 nr_switches;
	u64 last_switch_ns;
	bool reported; /* by the watchdog */
};

extern struct lock_class run_queue_class;
DECLARE_PER_CPU(struct runqueue, runqueues);

static inline struct runqueue *cpu_rq(u32 cpu)
{
	return per_cpu_ptr(&runqueues, cpu);
}

/* Preemption off. */
static inline struct runqueue *this_rq(void)
{
	return this_cpu_ptr(&runqueues);
}

/* The run queue that t belongs to, locked. Interrupts off. */
struct runqueue *lock_rq_of(struct thread *t);
void rq_enqueue(struct runqueue *rq, struct thread *t, bool first);
void rq_dequeue(struct runqueue *rq, struct thread *t);
void resched_cpu(struct runqueue *rq);

/* The least busy CPU that it may run on; the one it is on, among equals. */
u32 choose_cpu(const struct thread *t);
/* t is on_rq and in no queue: put it into one. Interrupts off, no lock. */
void place_thread(struct thread *t);
/* Take a thread from a CPU whose queue is longer by `gap` or more. */
bool pull_thread(struct runqueue *rq, u32 gap);

void sleep_init_cpu(u32 cpu);
void run_timers(void);
void watchdog_tick(struct runqueue *rq);
/* Where it is; another CPU is asked by NMI. Interrupts off. */
void show_cpu_stack(u32 cpu);

/* The switch of a dead thread; interrupts are off. */
void schedule_last(void);
/* Before a thread's first instruction, and after each switch. */
void finish_switch(void);
void idle_thread_init(struct thread *t, u32 cpu);
void thread_list_add(struct thread *t);
void thread_put(struct thread *t);
