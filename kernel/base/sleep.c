// SPDX-License-Identifier: MIT
/*
 * kernel/base/sleep.c - threads that wait for a time
 *
 * Each CPU has a list of timers, the next one first, that its tick looks at. A
 * timer lies on the stack of the thread that sleeps; waking it up happens under
 * the list's lock, which the thread takes before it leaves, so that the timer
 * and the thread are there as long as the tick needs them.
 */
#include <arch/cpu.h>
#include <arch/irq.h>

#include "sched_internal.h"

struct timer {
	struct list_head list;
	struct thread *thread;
	u64 expires; /* tick of `cpu`, whose list it is in */
	u32 cpu;
};

struct timer_list {
	struct spinlock lock;
	struct list_head timers; /* [lock] by time */
};

static DEFINE_LOCK_CLASS(timer_class, "timers", true);
static DEFINE_PER_CPU(struct timer_list, timer_lists);

void sleep_init_cpu(u32 cpu)
{
	struct timer_list *list = per_cpu_ptr(&timer_lists, cpu);

	spin_lock_init(&list->lock, &timer_class);
	INIT_LIST_HEAD(&list->timers);
}

static void insert(struct timer_list *list, struct timer *timer)
{
	struct timer *later;

	list_for_each_entry(later, &list->timers, list)
		if (later->expires > timer->expires)
			break;
	list_add_tail(&timer->list, &later->list);
}

/* The list that it went into. */
static struct timer_list *timer_start(struct timer *timer, u64 ticks)
{
	u64 flags = arch_irq_save();
	struct timer_list *list = this_cpu_ptr(&timer_lists);

	timer->thread = current;
	timer->cpu = smp_processor_id();
	timer->expires = timer_ticks() + ticks;
	spin_lock(&list->lock);
	insert(list, timer);
	spin_unlock_irqrestore(&list->lock, flags);
	return list;
}

/* The tick: interrupts are off. */
void run_timers(void)
{
	struct timer_list *list = this_cpu_ptr(&timer_lists);
	u64 now = timer_ticks();

	spin_lock(&list->lock);
	while (!list_empty(&list->timers)) {
		struct timer *timer =
			list_first_entry(&list->timers, struct timer, list);

		if (timer->expires > now)
			break;
		list_del(&timer->list);
		wake_up_thread(timer->thread);
	}
	spin_unlock(&list->lock);
}

u64 schedule_timeout(u64 ticks)
{
	struct timer timer;
	struct timer_list *list = timer_start(&timer, ticks);
	u64 flags, left = 0;

	schedule();
	flags = spin_lock_irqsave(&list->lock);
	if (!list_empty(&timer.list)) {
		left = timer.expires -
		       min(timer.expires, cpu_timer_ticks(timer.cpu));
		list_del(&timer.list);
	}
	spin_unlock_irqrestore(&list->lock, flags);
	return left;
}

void msleep(u64 ms)
{
	u64 left = DIV_ROUND_UP(ms * HZ, 1000) + 1;

	might_sleep();
	while (left) {
		set_current_state(THREAD_SLEEPING);
		left = schedule_timeout(left);
	}
}
