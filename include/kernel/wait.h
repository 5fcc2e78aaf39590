/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/wait.h - wait queues and completions
 *
 *	sleeper				waker
 *	wait_event(&wq, full > 0);	full++;
 *					wake_up(&wq);
 *
 * The condition is looked at after the thread has entered the queue and is
 * marked as sleeping, so a wake-up between look and sleep is not lost. It may
 * take spinlocks but not sleep, and it is evaluated several times.
 *
 * Locks    inside: the queue's, then a run queue's. So: never under
 *          zone->lock (DESIGN section 5), which debug builds report.
 * Context  waiting: may sleep. Waking: any, interrupts too.
 * Owns     entries lie on the sleepers' stacks
 */
#pragma once

#include <kernel/list.h>
#include <kernel/lockdep.h>
#include <kernel/preempt.h>
#include <kernel/spinlock.h>

struct thread;

extern struct lock_class wait_queue_class;

struct wait_queue {
	struct spinlock lock;
	struct list_head waiters; /* [lock] exclusive ones behind the others */
};

struct wait_entry {
	struct list_head list;
	struct thread *thread;
	bool exclusive; /* wake_up() wakes only one of these */
};

#define WAIT_QUEUE_INIT(name)                                                   \
	{                                                                       \
		SPINLOCK_INIT(wait_queue_class), LIST_HEAD_INIT((name).waiters) \
	}

void wait_queue_init(struct wait_queue *wq);
/* Everybody who is not exclusive, and the first one who is. */
void wake_up(struct wait_queue *wq);
void wake_up_all(struct wait_queue *wq);

void wait_entry_init(struct wait_entry *entry, bool exclusive);
void prepare_to_wait(struct wait_queue *wq, struct wait_entry *entry);
void finish_wait(struct wait_queue *wq, struct wait_entry *entry);
u64 schedule_timeout(u64 ticks);

#define __wait_event(wq, condition, exclusive)        \
	do {                                          \
		struct wait_entry _entry;             \
                                                      \
		wait_entry_init(&_entry, exclusive);  \
		for (;;) {                            \
			prepare_to_wait(wq, &_entry); \
			if (condition)                \
				break;                \
			schedule();                   \
		}                                     \
		finish_wait(wq, &_entry);             \
	} while (0)

#define wait_event(wq, condition)                           \
	do {                                                \
		might_sleep();                              \
		if (!(condition))                           \
			__wait_event(wq, condition, false); \
	} while (0)

/* One wake_up() lets one of these look, who must then use the condition up. */
#define wait_event_exclusive(wq, condition)                \
	do {                                               \
		might_sleep();                             \
		if (!(condition))                          \
			__wait_event(wq, condition, true); \
	} while (0)

/* False: the condition did not come true within that many ticks. */
#define wait_event_timeout(wq, condition, ticks)         \
	({                                               \
		struct wait_entry _entry;                \
		u64 _left = (ticks);                     \
		bool _true;                              \
                                                         \
		might_sleep();                           \
		wait_entry_init(&_entry, false);         \
		for (;;) {                               \
			prepare_to_wait(wq, &_entry);    \
			_true = (condition);             \
			if (_true || !_left)             \
				break;                   \
			_left = schedule_timeout(_left); \
		}                                        \
		finish_wait(wq, &_entry);                \
		_true;                                   \
	})

/* complete() lets one wait_for_completion() pass, before or after it. */
struct completion {
	struct wait_queue wait;
	u32 done; /* [wait.lock] COMPLETED_ALL: everybody passes; ps looks */
};

#define COMPLETED_ALL UINT32_MAX

void init_completion(struct completion *c);
void complete(struct completion *c);
void complete_all(struct completion *c);
void wait_for_completion(struct completion *c);
bool wait_for_completion_timeout(struct completion *c, u64 ticks);
