// SPDX-License-Identifier: MIT
/*
 * kernel/base/spinlock.c - test-and-set locks with the debug hooks
 *
 * The lock word is tried with xchg and then only read until it looks free, so
 * that waiters do not fight over the cache line.
 *
 * A seeded schedule may let another CPU go on before a lock is taken, with it
 * held, and after it was released.
 */
#include <kernel/lockdep.h>
#include <kernel/panic.h>
#include <kernel/sched_seed.h>
#include <kernel/spinlock.h>
#include <arch/percpu.h>

bool spin_trylock(struct spinlock *lock)
{
	preempt_disable();
	if (__atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE)) {
		preempt_enable();
		return false;
	}
	lockdep_acquired(lock, true);
	sched_point();
	return true;
}

static bool try_once(struct spinlock *lock)
{
	return !__atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE);
}

static void wait_and_take(struct spinlock *lock)
{
	do
		while (READ_ONCE(lock->locked))
			cpu_relax();
	while (!try_once(lock));
}

void spin_lock_slow(struct spinlock *lock)
{
	sched_point();
	lockdep_acquire(lock);
	if (!try_once(lock)) {
		lockdep_contended(lock->class);
		wait_and_take(lock);
	}
	lockdep_acquired(lock, false);
	sched_point();
}

void spin_unlock_checked(struct spinlock *lock)
{
	lockdep_release(lock);
	__atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
	sched_point();
}
