/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/mutex.h - locks that sleep (class S)
 *
 *	static DEFINE_MUTEX(lock, lock_class);
 *	mutex_lock(&lock);
 *
 * struct mutex admits one thread. struct rwsem admits one writer or many
 * readers: readers who come while a writer waits stand behind it, and when a
 * writer leaves, the readers who wait then go before the next writer. So
 * neither starves the other.
 *
 * Context  may sleep; unlocked by the thread that locked
 * Errors   debug builds report recursion, wrong order, unlocking what one does
 *          not hold, sleeping while atomic, ending with a lock held
 *
 * A mutex is not handed over: when it is free again and the thread that was
 * woken has not come yet, anybody may take it. Waiters are woken in order.
 */
#pragma once

#include <kernel/wait.h>

struct mutex {
	struct thread *owner; /* atomic */
	struct wait_queue wait;
	struct lock_class *class;
};

#define DEFINE_MUTEX(name, class_)                                             \
	struct mutex name = { NULL, WAIT_QUEUE_INIT(name.wait), &(class_) }

void mutex_init(struct mutex *m, struct lock_class *class);
void mutex_lock(struct mutex *m);
bool mutex_trylock(struct mutex *m);
void mutex_unlock(struct mutex *m);
bool mutex_is_locked(const struct mutex *m);

struct rwsem {
	struct spinlock lock;
	struct wait_queue wait;
	struct lock_class *class;
	struct thread *writer; /* [lock] as all that follow */
	u32 readers;
	u32 readers_waiting, writers_waiting;
	bool readers_turn; /* a writer left, and these waited */
};

void rwsem_init(struct rwsem *sem, struct lock_class *class);
void down_read(struct rwsem *sem);
void up_read(struct rwsem *sem);
void down_write(struct rwsem *sem);
void up_write(struct rwsem *sem);
