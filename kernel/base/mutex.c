// SPDX-License-Identifier: MIT
/*
 * kernel/base/mutex.c - locks that sleep, for one thread at a time
 */
#include <kernel/mutex.h>
#include <kernel/thread.h>

void mutex_init(struct mutex *m, struct lock_class *class)
{
	m->owner = NULL;
	wait_queue_init(&m->wait);
	m->class = class;
}

static bool try_take(struct mutex *m)
{
	struct thread *nobody = NULL;

	return __atomic_compare_exchange_n(&m->owner, &nobody, current, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

bool mutex_trylock(struct mutex *m)
{
	if (!try_take(m))
		return false;
	lockdep_sleep_acquired(m, m->class);
	return true;
}

static void wait_and_take(struct mutex *m)
{
	lockdep_contended(m->class);
	wait_event_exclusive(&m->wait, try_take(m));
}

void mutex_lock(struct mutex *m)
{
	lockdep_sleep_acquire(m->class);
	/* It would wait for itself for ever: a test that expects it goes on. */
	if (READ_ONCE(m->owner) == current)
		return;
	if (!try_take(m))
		wait_and_take(m);
	lockdep_sleep_acquired(m, m->class);
}

/* A waiter is in the queue before it tries: seen here, or it sees the store. */
void mutex_unlock(struct mutex *m)
{
	lockdep_sleep_release(m, m->class);
	(void)__atomic_exchange_n(&m->owner, NULL, __ATOMIC_SEQ_CST);
	if (!list_empty(&m->wait.waiters))
		wake_up(&m->wait);
}

bool mutex_is_locked(const struct mutex *m)
{
	return READ_ONCE(m->owner) != NULL;
}
