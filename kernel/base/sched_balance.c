// SPDX-License-Identifier: MIT
/*
 * kernel/base/sched_balance.c - which CPU a thread runs on
 *
 * A thread that wakes up goes to the least busy CPU it may run on. A CPU that
 * has nothing to do takes a thread from the longest queue; one that is busy
 * looks now and then whether another's queue is longer by two or more.
 *
 * Lengths are read without the other CPUs' locks: a guess that may be old.
 */
#include <kernel/errno.h>
#include <kernel/smp.h>
#include <arch/cpu.h>

#include "sched_internal.h"

static u32 load_of(u32 cpu)
{
	const struct runqueue *rq = cpu_rq(cpu);

	return READ_ONCE(rq->nr) + (READ_ONCE(rq->curr) != READ_ONCE(rq->idle));
}

u32 choose_cpu(const struct thread *t)
{
	u64 allowed = READ_ONCE(t->allowed) & cpu_online_mask();
	u32 best = t->cpu, cpu;

	if (!(allowed >> best & 1))
		best = (u32)__builtin_ctzl(allowed);
	for_each_online_cpu(cpu)
		if (allowed >> cpu & 1 && load_of(cpu) < load_of(best))
			best = cpu;
	return best;
}

/* Affinity may change on the way: then it goes on to another CPU. */
void place_thread(struct thread *t)
{
	struct runqueue *rq = lock_rq_of(t);

	while (!(t->allowed >> rq->cpu & 1)) {
		WRITE_ONCE(t->cpu, choose_cpu(t));
		spin_unlock(&rq->lock);
		rq = lock_rq_of(t);
	}
	rq_enqueue(rq, t, false);
	if (t->prio < rq->curr->prio)
		resched_cpu(rq);
	spin_unlock(&rq->lock);
}

static struct runqueue *longest_queue(const struct runqueue *rq)
{
	struct runqueue *longest = NULL;
	u32 cpu;

	for_each_online_cpu(cpu) {
		struct runqueue *other = cpu_rq(cpu);

		if (other != rq && READ_ONCE(other->nr) &&
		    (!longest || READ_ONCE(other->nr) > READ_ONCE(longest->nr)))
			longest = other;
	}
	return longest;
}

static struct thread *find_movable(struct runqueue *rq, u32 cpu)
{
	struct thread *t;

	for (u32 p = 0; p < NR_PRIOS; p++)
		list_for_each_entry(t, &rq->queue[p], run)
			if (t->allowed >> cpu & 1)
				return t;
	return NULL;
}

bool pull_thread(struct runqueue *rq, u32 gap)
{
	struct runqueue *other = longest_queue(rq);
	struct thread *t;

	if (!other || READ_ONCE(other->nr) < READ_ONCE(rq->nr) + gap)
		return false;
	spin_lock(&other->lock);
	t = find_movable(other, rq->cpu);
	if (t) {
		rq_dequeue(other, t);
		WRITE_ONCE(t->cpu, rq->cpu);
	}
	spin_unlock(&other->lock);
	if (t)
		place_thread(t);
	return t != NULL;
}

/* Waits in the wrong queue: out of it, to be placed. */
static bool leave_queue(struct runqueue *rq, struct thread *t)
{
	if (list_empty(&t->run) || t->allowed >> rq->cpu & 1)
		return false;
	rq_dequeue(rq, t);
	WRITE_ONCE(t->cpu, choose_cpu(t));
	return true;
}

int set_cpus_allowed(struct thread *t, u64 cpus)
{
	struct runqueue *rq;
	bool place;
	u64 flags;

	if (!(cpus & cpu_online_mask()))
		return -EINVAL;
	preempt_disable();
	flags = arch_irq_save();
	rq = lock_rq_of(t);
	WRITE_ONCE(t->allowed, cpus);
	place = leave_queue(rq, t);
	if (rq->curr == t && !(cpus >> rq->cpu & 1))
		resched_cpu(rq);
	spin_unlock(&rq->lock);
	if (place)
		place_thread(t);
	arch_irq_restore(flags);
	preempt_enable();
	return 0;
}

void set_thread_prio(struct thread *t, enum thread_prio prio)
{
	bool queued;
	u64 flags;
	struct runqueue *rq;

	preempt_disable();
	flags = arch_irq_save();
	rq = lock_rq_of(t);
	queued = !list_empty(&t->run);
	if (queued)
		rq_dequeue(rq, t);
	WRITE_PLAIN(t->prio, prio);
	if (queued)
		rq_enqueue(rq, t, false);
	if (rq->nr)
		resched_cpu(rq);
	spin_unlock(&rq->lock);
	arch_irq_restore(flags);
	preempt_enable();
}
