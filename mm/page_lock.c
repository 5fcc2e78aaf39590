// SPDX-License-Identifier: MIT
/*
 * mm/page_lock.c - PG_locked, and sleeping until it is clear
 *
 *	waiter					owner
 *	enter the queue of the page's hash
 *	set PG_waiters
 *	try the lock; taken: sleep		clear PG_locked; was PG_waiters set?
 *						then clear it and wake the queue
 *
 * The waiter looks after it has set the flag, and the owner reads flag and lock
 * in one operation: so one of them sees the other. Queues are shared by hash,
 * woken threads look again.
 *
 * A fault on a migration entry waits in the same queue, but has no reference,
 * and the page may be another's when it wakes: so it never looks at it again.
 */
#include <kernel/thread.h>
#include <kernel/wait.h>
#include <mm/page_ref.h>

#define NR_QUEUES 256

static struct wait_queue queues[NR_QUEUES];

void page_lock_init(void)
{
	for (u32 i = 0; i < NR_QUEUES; i++)
		wait_queue_init(&queues[i]);
}

static struct wait_queue *queue_of(const struct page *page)
{
	/* Neighbours in different queues; 2^64 / golden ratio. */
	return &queues[page_to_pfn(page) * 0x9e3779b97f4a7c15UL >> 56];
}

static bool lock_or_say_waiting(struct page *page)
{
	page_flag_set(page, PG_waiters);
	return trylock_page(page);
}

void lock_page(struct page *page)
{
	might_sleep();
	if (!trylock_page(page))
		wait_event(queue_of(page), lock_or_say_waiting(page));
}

void page_wake_waiters(const struct page *page)
{
	wake_up_all(queue_of(page));
}

void migration_entry_wait_on_locked(struct page *page, struct spinlock *ptl)
{
	struct wait_queue *queue = queue_of(page);
	struct wait_entry entry;

	wait_entry_init(&entry, false);
	prepare_to_wait(queue, &entry);
	page_flag_set(page, PG_waiters);
	spin_unlock(ptl);
	schedule();
	finish_wait(queue, &entry);
}
