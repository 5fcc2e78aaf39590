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

#include <kernel/lockdep.h>
#include <kernel/wait.h>

struct mutex {
	struct thread *owner; /* atomic */
	struct wait_queue wait;
	struct lock_class *class;
};

#define DEFINE_MUTEX(name, class_) \
	struct mutex name = { NULL, WAIT_QUEUE_INIT(name.wait), &(class_) }

void mutex_init(struct mutex *m, struct lock_class *class);
void mutex_lock(struct mutex *m);
bool mutex_trylock(struct mutex *m);
void mutex_unlock(struct mutex *m);
bool mutex_is_locked(const struct mutex *m);

struct rwsem {
	u64 count; /* atomic */
	struct spinlock lock;
	struct wait_queue wait;
	struct lock_class *class;
	u32 readers_waiting, writers_waiting; /* [lock] */
	bool readers_turn; /* [lock] a writer left, and these waited */
};

#define RWSEM_WRITER  1UL
#define RWSEM_WAITING 2UL
#define RWSEM_READER  256UL

void rwsem_init(struct rwsem *sem, struct lock_class *class);
void down_read_slow(struct rwsem *sem, bool added);
void down_write_slow(struct rwsem *sem);
void rwsem_wake(struct rwsem *sem, bool was_writer);
/* Without waiting; false: not to be had at once. No order is checked. */
bool down_read_trylock(struct rwsem *sem);
bool down_write_trylock(struct rwsem *sem);

static inline void rwsem_release(struct rwsem *sem, u64 what)
{
	u64 left = __atomic_sub_fetch(&sem->count, what, __ATOMIC_SEQ_CST);

	if (unlikely(left == RWSEM_WAITING))
		rwsem_wake(sem, what == RWSEM_WRITER);
}

static inline void down_read(struct rwsem *sem)
{
	if (CONFIG_DEBUG)
		down_read_slow(sem, false);
	else if (unlikely(__atomic_fetch_add(&sem->count, RWSEM_READER,
					     __ATOMIC_ACQUIRE) &
			  (RWSEM_WRITER | RWSEM_WAITING)))
		down_read_slow(sem, true);
}

static inline void up_read(struct rwsem *sem)
{
	if (CONFIG_DEBUG)
		lockdep_sleep_release(sem, sem->class);
	rwsem_release(sem, RWSEM_READER);
}

static inline void down_write(struct rwsem *sem)
{
	u64 free = 0;

	if (CONFIG_DEBUG || unlikely(!__atomic_compare_exchange_n(
				    &sem->count, &free, RWSEM_WRITER, false,
				    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)))
		down_write_slow(sem);
}

static inline void up_write(struct rwsem *sem)
{
	if (CONFIG_DEBUG)
		lockdep_sleep_release(sem, sem->class);
	rwsem_release(sem, RWSEM_WRITER);
}
