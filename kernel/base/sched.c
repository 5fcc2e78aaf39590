// SPDX-License-Identifier: MIT
/*
 * kernel/base/sched.c - run queues, and switching between threads
 *
 *	thread of CPU 2		on_rq	in a queue
 *	runs			yes	no
 *	ready			yes	yes
 *	moves between CPUs	yes	no: whoever moves it will queue it
 *	sleeps			no	no
 *
 * The lock of a run queue is held from before a thread gives up the CPU until
 * the next one runs on its own stack, which then unlocks (finish_switch()). So
 * whoever holds the lock finds every thread either running or wholly saved.
 *
 * A thread marks itself as sleeping, looks at what it waits for, and calls
 * schedule(). Preempted in between it stays on the run queue and comes back
 * to look; woken in between it is marked as running and schedule() is a turn.
 *
 * No thread takes two of these locks at once: moving one is leaving a queue
 * (on_rq stays), then entering another.
 */
#include <kernel/lockdep.h>
#include <kernel/panic.h>
#include <kernel/rcu.h>
#include <kernel/smp.h>
#include <kernel/string.h>
#include <arch/cpu.h>
#include <arch/hooks.h>
#include <arch/mmu.h>

#include "sched_internal.h"

#define BALANCE_TICKS 25

DEFINE_LOCK_CLASS(run_queue_class, "run queue", true);
DEFINE_PER_CPU(struct runqueue, runqueues);
DEFINE_PER_CPU(u32, preempt_depth);
DEFINE_PER_CPU(u32, resched_wanted);
DEFINE_PER_CPU(u32, irq_depth);

static struct thread boot_thread = {
	.name = "main",
	.refs = 2, /* nobody joins it */
	.on_rq = true,
	.prio = PRIO_NORMAL,
	.slice = SLICE_TICKS,
	.allowed = 1, /* who drives tests and shell is found on CPU 0 */
	.run = LIST_HEAD_INIT(boot_thread.run),
};
DEFINE_PER_CPU(struct thread *, current_thread) = &boot_thread;

/* --- queues --- */

struct runqueue *lock_rq_of(struct thread *t)
{
	struct runqueue *rq;

	for (;;) {
		rq = cpu_rq(READ_ONCE(t->cpu));
		spin_lock(&rq->lock);
		if (rq->cpu == READ_ONCE(t->cpu))
			return rq;
		spin_unlock(&rq->lock);
	}
}

void rq_enqueue(struct runqueue *rq, struct thread *t, bool first)
{
	if (list_empty(&rq->queue[t->prio]))
		rq->waited[t->prio] = 0;
	if (first)
		list_add(&t->run, &rq->queue[t->prio]);
	else
		list_add_tail(&t->run, &rq->queue[t->prio]);
	ADD_ONCE(rq->nr, 1);
}

void rq_dequeue(struct runqueue *rq, struct thread *t)
{
	list_del(&t->run);
	SUB_ONCE(rq->nr, 1);
}

void resched_cpu(struct runqueue *rq)
{
	WRITE_ONCE(*per_cpu_ptr(&resched_wanted, rq->cpu), 1);
	if (rq->cpu != smp_processor_id())
		smp_send_reschedule(rq->cpu);
}

/* The most urgent one, unless one behind it has waited for too long. */
static u32 choose_queue(const struct runqueue *rq)
{
	u32 first = 0;

	while (first < NR_PRIOS && list_empty(&rq->queue[first]))
		first++;
	for (u32 p = first; p < NR_PRIOS; p++)
		if (unlikely(rq->waited[p] >= AGEING_TICKS) &&
		    !list_empty(&rq->queue[p]))
			return p;
	return first; /* PRIO_IDLE: all are empty */
}

static struct thread *pick_next(struct runqueue *rq)
{
	u32 prio = choose_queue(rq);
	struct thread *t;

	if (prio == PRIO_IDLE)
		return rq->idle;
	t = list_first_entry(&rq->queue[prio], struct thread, run);
	rq_dequeue(rq, t);
	rq->waited[prio] = 0;
	return t;
}

/* --- the switch --- */

/* What becomes of the one that leaves the CPU. */
static void put_prev(struct runqueue *rq, struct thread *t, bool preempted)
{
	if (t == rq->idle)
		return;
	if (t->state == THREAD_DEAD ||
	    (t->state == THREAD_SLEEPING && !preempted)) {
		WRITE_PLAIN(t->on_rq, false);
		return;
	}
	if (!(t->allowed >> rq->cpu & 1)) {
		rq->prev_moves = true;
		return;
	}
	/* Its turn isn't over: somebody more urgent came. */
	rq_enqueue(rq, t, preempted && t->slice);
	if (!t->slice)
		t->slice = SLICE_TICKS;
}

/* The one that left is for another CPU, or for nobody any more. */
static __noinline void finish_switch_slow(struct runqueue *rq)
{
	struct thread *prev = rq->prev;
	bool moves = rq->prev_moves, dead = prev->state == THREAD_DEAD;

	rq->prev_moves = false;
	if (moves)
		WRITE_ONCE(prev->cpu, choose_cpu(prev));
	spin_unlock(&rq->lock);
	if (moves)
		place_thread(prev);
	if (dead)
		thread_put(prev);
}

void finish_switch(void)
{
	struct runqueue *rq = this_rq();

	if (unlikely(rq->prev_moves || rq->prev->state == THREAD_DEAD))
		finish_switch_slow(rq);
	else
		spin_unlock(&rq->lock);
}

static __noinline void switch_user_side(struct thread *prev, struct thread *next)
{
	if (prev->mm || next->mm)
		switch_mm(next->mm);
	arch_switch_user(prev, next);
}

static void switch_to(struct runqueue *rq, struct thread *prev,
		      struct thread *next)
{
	WRITE_ONCE(rq->curr, next);
	rq->prev = prev;
	ADD_ONCE(rq->nr_switches, 1);
	WRITE_ONCE(rq->last_switch_ns, arch_time_ns());
	WRITE_ONCE(rq->reported, false);
	this_cpu_write(current_thread, next);
	/* Between two kernel threads all of users' stays as it is. */
	if (unlikely(prev->user_side | next->user_side))
		switch_user_side(prev, next);
	arch_switch_to(prev, next);
	/* Perhaps on another CPU now: rq is not to be used any more. */
	finish_switch();
}

static void schedule_once(bool preempted)
{
	struct runqueue *rq;
	struct thread *prev, *next;
	u64 flags;

	preempt_disable();
	flags = arch_irq_save();
	rq = this_rq();
	spin_lock(&rq->lock);
	prev = rq->curr;
	this_cpu_write(resched_wanted, 0);
	put_prev(rq, prev, preempted);
	next = pick_next(rq);
	if (next == prev)
		spin_unlock(&rq->lock);
	else
		switch_to(rq, prev, next);
	arch_irq_restore(flags);
	preempt_enable_no_resched();
}

void schedule(void)
{
	might_sleep();
	schedule_once(false);
	preempt_schedule();
}

void schedule_last(void)
{
	schedule_once(false);
}

void preempt_schedule(void)
{
	while (need_resched() && !preempt_count() && !arch_irqs_disabled())
		schedule_once(true);
}

/* At the end of an interrupt, which is still off. */
void preempt_schedule_irq(void)
{
	if (need_resched() && !preempt_count())
		schedule_once(true);
}

void yield(void)
{
	current->slice = 0;
	schedule();
}

/* --- waking --- */

void set_current_state(enum thread_state state)
{
	/* Visible before what the caller looks at next. */
	(void)__atomic_exchange_n(&current->state, state, __ATOMIC_SEQ_CST);
}

bool wake_up_thread(struct thread *t)
{
	struct runqueue *rq;
	bool woken, queue;
	u64 flags;

	preempt_disable();
	flags = arch_irq_save();
	rq = lock_rq_of(t);
	woken = READ_ONCE(t->state) == THREAD_SLEEPING;
	queue = woken && !t->on_rq;
	if (woken)
		WRITE_ONCE(t->state, THREAD_RUNNING);
	if (queue) {
		WRITE_PLAIN(t->on_rq, true);
		t->slice = SLICE_TICKS;
		WRITE_ONCE(t->cpu, choose_cpu(t));
	}
	spin_unlock(&rq->lock);
	if (queue)
		place_thread(t);
	arch_irq_restore(flags);
	preempt_enable();
	return woken;
}

/* --- the tick --- */

static void age_queues(struct runqueue *rq)
{
	for (u32 p = 0; p < NR_PRIOS; p++)
		if (!list_empty(&rq->queue[p]))
			rq->waited[p]++;
}

void sched_tick(void)
{
	struct runqueue *rq = this_rq();
	struct thread *t;

	if (!rq->curr) /* not scheduling yet */
		return;
	run_timers();
	spin_lock(&rq->lock);
	t = rq->curr;
	ADD_ONCE(t->ticks, 1);
	age_queues(rq);
	if (t->slice)
		t->slice--;
	if (rq->nr && (!t->slice || t == rq->idle))
		resched_cpu(rq);
	spin_unlock(&rq->lock);
	if (t != rq->idle && t->ticks % BALANCE_TICKS == 0)
		pull_thread(rq, 2);
	watchdog_tick(rq);
	rcu_tick();
}

u64 nr_context_switches(u32 cpu)
{
	return READ_ONCE(cpu_rq(cpu)->nr_switches);
}

/* --- idle --- */

bool cpu_runs_idle_thread(u32 cpu)
{
	const struct runqueue *rq = cpu_rq(cpu);

	return READ_ONCE(rq->curr) == READ_ONCE(rq->idle);
}

/* A look: without the lock. */
bool cpu_is_wanted(u32 cpu, u32 prio)
{
	const struct runqueue *rq = cpu_rq(cpu);

	for (u32 p = 0; p < prio; p++)
		if (READ_ONCE(rq->queue[p].next) != &rq->queue[p])
			return true;
	return false;
}

/* A wake-up after the look ends the halt, which interrupts begin with. */
void __noreturn cpu_idle(void)
{
	for (;;) {
		arch_irq_disable();
		while (!need_resched() && !pull_thread(this_rq(), 1)) {
			rcu_idle_enter();
			arch_idle();
			arch_irq_disable();
			rcu_irq_enter(); /* an NMI may have ended the halt */
		}
		arch_irq_enable();
		schedule_once(true);
	}
}

/* --- boot --- */

static void rq_init(struct runqueue *rq, u32 cpu, struct thread *first)
{
	spin_lock_init(&rq->lock, &run_queue_class);
	for (u32 p = 0; p < NR_PRIOS; p++)
		INIT_LIST_HEAD(&rq->queue[p]);
	rq->cpu = cpu;
	rq->last_switch_ns = arch_time_ns();
	sleep_init_cpu(cpu);
	WRITE_ONCE(rq->curr, first);
}

static int idle_fn(void *arg __unused)
{
	cpu_idle();
}

void sched_init(void)
{
	struct runqueue *rq = cpu_rq(0);
	struct thread *idle;

	init_completion(&boot_thread.ended);
	thread_list_add(&boot_thread);
	rq_init(rq, 0, &boot_thread);
	idle = kthread_create(idle_fn, NULL, "idle/0");
	if (!idle)
		panic("sched: no memory for the idle thread");
	idle_thread_init(idle, 0);
	rq->idle = idle;
}

void sched_init_secondary(vaddr_t stack, vaddr_t stack_end)
{
	static DEFINE_PER_CPU(struct thread, idle_threads);
	struct thread *idle = this_cpu_ptr(&idle_threads);
	struct runqueue *rq = this_rq();

	idle->stack = stack;
	idle->stack_end = stack_end;
	idle->refs = 1;
	init_completion(&idle->ended);
	INIT_LIST_HEAD(&idle->run);
	snprintf(idle->name, sizeof(idle->name), "idle/%u", smp_processor_id());
	idle_thread_init(idle, smp_processor_id());
	thread_list_add(idle);
	this_cpu_write(current_thread, idle);
	rq->idle = idle;
	rq_init(rq, smp_processor_id(), idle);
}
