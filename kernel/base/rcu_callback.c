// SPDX-License-Identifier: MIT
/*
 * kernel/base/rcu_callback.c - what is to be done after a grace period
 *
 *	call_rcu() -> next                 queued since the batch before
 *	tick          next -> wait         a batch; a grace period is asked for
 *	tick          wait -> ready        it has passed
 *	thread        ready -> called      "rcu/N", in order
 *
 * The lists belong to their CPU, with interrupts off: no lock. call_rcu() only
 * appends, and wakes nobody, so it may be called under any lock, that of a
 * zone or of a run queue included. The tick does the rest, some 10 ms later.
 *
 * rcu_barrier() queues a callback on every CPU. As each CPU calls its own in
 * order, all that were queued before have been called when these have.
 */
#include <kernel/lockdep.h>
#include <kernel/mutex.h>
#include <kernel/panic.h>
#include <kernel/smp.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <arch/cpu.h>

#include "rcu_internal.h"

struct rcu_list {
	struct rcu_head *first, *last; /* NULL: empty */
	u64 nr;
};

/* [i] its CPU, interrupts off */
struct rcu_cpu {
	struct rcu_list next, wait, ready; /* [i] */
	u64 wait_gp;			   /* [i] after which `wait` is ready */
	u64 nr_called, nr_batches;	   /* the thread's */
	u64 nr_queued;			   /* [i] */
	struct thread *thread;		   /* constant once it is there */
	struct wait_queue work;		   /* of the thread, for `ready` */
	struct rcu_head barrier;
};

static DEFINE_PER_CPU(struct rcu_cpu, rcu_cpus);

/* --- queueing --- */

static void append(struct rcu_list *list, struct rcu_head *head)
{
	head->next = NULL;
	if (list->last)
		list->last->next = head;
	else
		list->first = head;
	list->last = head;
	list->nr++;
}

/* All of from, behind what is in to. */
static void join(struct rcu_list *to, struct rcu_list *from)
{
	if (to->last)
		to->last->next = from->first;
	else
		to->first = from->first;
	to->last = from->last;
	to->nr += from->nr;
	*from = (struct rcu_list){ NULL, NULL, 0 };
}

void call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	u64 flags = arch_irq_save();
	struct rcu_cpu *c = this_cpu_ptr(&rcu_cpus);

	BUG_ON(CONFIG_DEBUG && c->next.last == head); /* queued twice */
	head->func = func;
	append(&c->next, head);
	ADD_ONCE(c->nr_queued, 1);
	arch_irq_restore(flags);
}

void rcu_advance_callbacks(void)
{
	struct rcu_cpu *c = this_cpu_ptr(&rcu_cpus);

	if (c->wait.nr && rcu_gp_done(c->wait_gp))
		join(&c->ready, &c->wait);
	if (!c->wait.nr && c->next.nr) {
		join(&c->wait, &c->next);
		c->wait_gp = rcu_need_gp();
	}
	if (c->ready.nr && c->thread)
		wake_up(&c->work);
}

/* --- calling --- */

static struct rcu_head *take_ready(struct rcu_cpu *c)
{
	u64 flags = arch_irq_save();
	struct rcu_head *first = c->ready.first;

	c->ready = (struct rcu_list){ NULL, NULL, 0 };
	arch_irq_restore(flags);
	return first;
}

static void call_batch(struct rcu_cpu *c, struct rcu_head *head)
{
	while (head) {
		struct rcu_head *next = head->next;
		rcu_callback_t func = head->func;

		func(head);
		if (CONFIG_DEBUG && preempt_count())
			panic("rcu: callback %p leaves preemption off", func);
		WRITE_ONCE(c->nr_called, c->nr_called + 1);
		head = next;
	}
	WRITE_ONCE(c->nr_batches, c->nr_batches + 1);
}

static void wait_until_ready(struct rcu_cpu *c)
{
	wait_event(&c->work, READ_ONCE(c->ready.first));
}

/* It stays on its CPU. */
static int callback_thread(void *arg)
{
	struct rcu_cpu *c = arg;

	while (!kthread_should_stop()) {
		wait_until_ready(c);
		call_batch(c, take_ready(c));
	}
	return 0;
}

void rcu_init_cpu(u32 cpu)
{
	struct rcu_cpu *c = per_cpu_ptr(&rcu_cpus, cpu);
	char name[THREAD_NAME_MAX];
	struct thread *t;

	snprintf(name, sizeof(name), "rcu/%u", cpu);
	wait_queue_init(&c->work);
	t = kthread_create(callback_thread, c, name);
	if (!t)
		panic("rcu: no memory for the thread of CPU %u", cpu);
	set_cpus_allowed(t, 1UL << cpu);
	__atomic_store_n(&c->thread, t, __ATOMIC_RELEASE);
	wake_up_thread(t);
}

/* --- waiting for all --- */

static DEFINE_LOCK_CLASS(barrier_class, "rcu barrier", false);
static DEFINE_MUTEX(barrier_lock, barrier_class);
static u32 barriers_left; /* atomic */
static struct completion barriers_done;

static void barrier_passed(void)
{
	if (!__atomic_sub_fetch(&barriers_left, 1, __ATOMIC_ACQ_REL))
		complete(&barriers_done);
}

static void on_barrier(struct rcu_head *head __unused)
{
	barrier_passed();
}

/* On each CPU, interrupts off. */
static void queue_barrier(void *info __unused)
{
	__atomic_add_fetch(&barriers_left, 1, __ATOMIC_RELAXED);
	call_rcu(&this_cpu_ptr(&rcu_cpus)->barrier, on_barrier);
	rcu_advance_callbacks();
}

void rcu_barrier(void)
{
	might_sleep();
	/* Nothing is called back yet. */
	if (!per_cpu_ptr(&rcu_cpus, 0)->thread)
		return;
	mutex_lock(&barrier_lock);
	init_completion(&barriers_done);
	/* One more until all are queued. */
	barriers_left = 1;
	on_each_cpu(queue_barrier, NULL, true);
	barrier_passed();
	wait_for_completion(&barriers_done);
	mutex_unlock(&barrier_lock);
}

/* --- looking --- */

void rcu_get_cpu_info(u32 cpu, struct rcu_cpu_info *info)
{
	const struct rcu_cpu *c = per_cpu_ptr(&rcu_cpus, cpu);

	info->nr_queued = READ_ONCE(c->nr_queued);
	info->nr_called = READ_ONCE(c->nr_called);
	info->nr_batches = READ_ONCE(c->nr_batches);
	for (u32 i = 0; i < NR_RCU_QS; i++)
		info->nr_qs[i] = rcu_nr_qs(cpu, i);
}
