// SPDX-License-Identifier: MIT
/*
 * kernel/base/rwsem.c - many readers or one writer, when they have to wait
 *
 *	count = readers * RWSEM_READER | RWSEM_WAITING | RWSEM_WRITER
 *
 * While nobody waits, readers come and go by one addition to the count and a
 * writer by one exchange (kernel/mutex.h). RWSEM_WAITING sends everybody here,
 * where the rule is
 *
 *	who comes		gets in when
 *	reader			no writer is in, and none waits, unless it is
 *				the readers' turn
 *	writer			nobody is in
 *
 * The readers' turn begins when a writer leaves while readers wait, and ends
 * when the last of these is in.
 *
 * A reader adds itself before it knows: if it may not stay it takes that back,
 * which is a release like any other. Who waits says so in the count and looks
 * again after that, so either it sees the release or the release sees it.
 */
#include <kernel/mutex.h>
#include <kernel/thread.h>

static DEFINE_LOCK_CLASS(rwsem_state_class, "rwsem state", true);

void rwsem_init(struct rwsem *sem, struct lock_class *class)
{
	*sem = (struct rwsem){ .class = class };
	spin_lock_init(&sem->lock, &rwsem_state_class);
	wait_queue_init(&sem->wait);
}

/* Under sem->lock: nobody waits any more? Then fast ways are open again. */
static void update_waiting(struct rwsem *sem)
{
	if (sem->readers_waiting || sem->writers_waiting)
		__atomic_or_fetch(&sem->count, RWSEM_WAITING, __ATOMIC_SEQ_CST);
	else
		__atomic_and_fetch(&sem->count, ~RWSEM_WAITING,
				   __ATOMIC_SEQ_CST);
}

/* Add to the count, unless a bit of `unless` is set in it. */
static bool add_unless(struct rwsem *sem, u64 what, u64 unless)
{
	u64 old = __atomic_load_n(&sem->count, __ATOMIC_RELAXED);

	while (!(old & unless))
		if (__atomic_compare_exchange_n(&sem->count, &old, old + what,
						true, __ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return true;
	return false;
}

static bool try_read(struct rwsem *sem, bool *waiting)
{
	u64 flags = spin_lock_irqsave(&sem->lock);
	bool ok = (!sem->writers_waiting || (*waiting && sem->readers_turn)) &&
		  add_unless(sem, RWSEM_READER, RWSEM_WRITER);

	if (ok == *waiting) {
		sem->readers_waiting += ok ? -1u : 1u;
		*waiting = !ok;
	}
	if (!sem->readers_waiting)
		sem->readers_turn = false;
	update_waiting(sem);
	spin_unlock_irqrestore(&sem->lock, flags);
	return ok;
}

static bool try_write(struct rwsem *sem, bool *waiting)
{
	u64 flags = spin_lock_irqsave(&sem->lock);
	bool ok = !sem->readers_turn &&
		  add_unless(sem, RWSEM_WRITER, ~RWSEM_WAITING);

	if (ok == *waiting) {
		sem->writers_waiting += ok ? -1u : 1u;
		*waiting = !ok;
	}
	update_waiting(sem);
	spin_unlock_irqrestore(&sem->lock, flags);
	return ok;
}

static void wait_to_read(struct rwsem *sem, bool *waiting)
{
	lockdep_contended(sem->class);
	wait_event(&sem->wait, try_read(sem, waiting));
}

static void wait_to_write(struct rwsem *sem, bool *waiting)
{
	lockdep_contended(sem->class);
	wait_event(&sem->wait, try_write(sem, waiting));
}

void down_read_slow(struct rwsem *sem, bool added)
{
	bool waiting = false;

	if (added)
		rwsem_release(sem, RWSEM_READER);
	lockdep_sleep_acquire(sem->class);
	if (!try_read(sem, &waiting))
		wait_to_read(sem, &waiting);
	lockdep_sleep_acquired(sem, sem->class);
}

void down_write_slow(struct rwsem *sem)
{
	bool waiting = false;

	lockdep_sleep_acquire(sem->class);
	if (!try_write(sem, &waiting))
		wait_to_write(sem, &waiting);
	lockdep_sleep_acquired(sem, sem->class);
}

/* Somebody waits, and nobody is in. */
void rwsem_wake(struct rwsem *sem, bool was_writer)
{
	if (was_writer) {
		u64 flags = spin_lock_irqsave(&sem->lock);

		sem->readers_turn = sem->readers_waiting != 0;
		spin_unlock_irqrestore(&sem->lock, flags);
	}
	wake_up_all(&sem->wait);
}

bool down_read_trylock(struct rwsem *sem)
{
	if (!add_unless(sem, RWSEM_READER, RWSEM_WRITER | RWSEM_WAITING))
		return false;
	lockdep_sleep_acquired(sem, sem->class);
	return true;
}

bool down_write_trylock(struct rwsem *sem)
{
	if (!add_unless(sem, RWSEM_WRITER, ~0UL))
		return false;
	lockdep_sleep_acquired(sem, sem->class);
	return true;
}
