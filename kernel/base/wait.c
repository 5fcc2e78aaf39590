// SPDX-License-Identifier: MIT
/*
 * kernel/base/wait.c - wait queues and completions
 *
 * A waker takes an exclusive sleeper off the queue, so that the next wake-up
 * goes to another one. Otherwise a sleeper leaves by itself, under the queue's
 * lock: while a waker looks at an entry, its stack is there.
 */
#include <kernel/thread.h>
#include <kernel/wait.h>

DEFINE_LOCK_CLASS(wait_queue_class, "wait queue", true);

void wait_queue_init(struct wait_queue *wq)
{
	spin_lock_init(&wq->lock, &wait_queue_class);
	INIT_LIST_HEAD(&wq->waiters);
}

/* nr: how many exclusive ones. */
static void wake_locked(struct wait_queue *wq, u32 nr)
{
	struct wait_entry *e, *next;

	list_for_each_entry_safe(e, next, &wq->waiters, list) {
		if (e->exclusive)
			list_del(&e->list);
		if (wake_up_thread(e->thread) && e->exclusive && !--nr)
			return;
	}
}

void wake_up(struct wait_queue *wq)
{
	u64 flags = spin_lock_irqsave(&wq->lock);

	wake_locked(wq, 1);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void wake_up_all(struct wait_queue *wq)
{
	u64 flags = spin_lock_irqsave(&wq->lock);

	wake_locked(wq, UINT32_MAX);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void wait_entry_init(struct wait_entry *entry, bool exclusive)
{
	INIT_LIST_HEAD(&entry->list);
	entry->thread = current;
	entry->exclusive = exclusive;
}

void prepare_to_wait(struct wait_queue *wq, struct wait_entry *entry)
{
	u64 flags = spin_lock_irqsave(&wq->lock);

	if (list_empty(&entry->list) && entry->exclusive)
		list_add_tail(&entry->list, &wq->waiters);
	else if (list_empty(&entry->list))
		list_add(&entry->list, &wq->waiters);
	set_current_state(THREAD_SLEEPING);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void finish_wait(struct wait_queue *wq, struct wait_entry *entry)
{
	u64 flags;

	set_current_state(THREAD_RUNNING);
	flags = spin_lock_irqsave(&wq->lock);
	if (!list_empty(&entry->list))
		list_del(&entry->list);
	spin_unlock_irqrestore(&wq->lock, flags);
}

/* --- completions --- */

void init_completion(struct completion *c)
{
	wait_queue_init(&c->wait);
	c->done = 0;
}

void complete(struct completion *c)
{
	u64 flags = spin_lock_irqsave(&c->wait.lock);

	if (c->done < COMPLETED_ALL - 1)
		WRITE_ONCE(c->done, c->done + 1);
	wake_locked(&c->wait, 1);
	spin_unlock_irqrestore(&c->wait.lock, flags);
}

void complete_all(struct completion *c)
{
	u64 flags = spin_lock_irqsave(&c->wait.lock);

	WRITE_ONCE(c->done, COMPLETED_ALL);
	wake_locked(&c->wait, UINT32_MAX);
	spin_unlock_irqrestore(&c->wait.lock, flags);
}

/* Use up one of what complete() has given. */
static bool try_pass(struct completion *c)
{
	u64 flags = spin_lock_irqsave(&c->wait.lock);
	bool pass = c->done != 0;

	if (pass && c->done != COMPLETED_ALL)
		WRITE_ONCE(c->done, c->done - 1);
	spin_unlock_irqrestore(&c->wait.lock, flags);
	return pass;
}

void wait_for_completion(struct completion *c)
{
	wait_event_exclusive(&c->wait, try_pass(c));
}

bool wait_for_completion_timeout(struct completion *c, u64 ticks)
{
	return wait_event_timeout(&c->wait, try_pass(c), ticks);
}
