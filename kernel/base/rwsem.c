// SPDX-License-Identifier: MIT
/*
 * kernel/base/rwsem.c - many readers or one writer
 *
 *	who comes		gets in when
 *	reader			no writer is in, and none waits, unless it is
 *				the readers' turn
 *	writer			nobody is in
 *
 * The readers' turn begins when a writer leaves while readers wait, and ends
 * when the last of these is in.
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

static bool try_read(struct rwsem *sem, bool *waiting)
{
	u64 flags = spin_lock_irqsave(&sem->lock);
	bool ok = !sem->writer &&
		  (!sem->writers_waiting || (*waiting && sem->readers_turn));

	if (ok) {
		sem->readers++;
		sem->readers_waiting -= *waiting;
		if (!sem->readers_waiting)
			sem->readers_turn = false;
	} else if (!*waiting) {
		sem->readers_waiting++;
		*waiting = true;
	}
	spin_unlock_irqrestore(&sem->lock, flags);
	return ok;
}

static bool try_write(struct rwsem *sem, bool *waiting)
{
	u64 flags = spin_lock_irqsave(&sem->lock);
	bool ok = !sem->writer && !sem->readers && !sem->readers_turn;

	if (ok) {
		sem->writer = current;
		sem->writers_waiting -= *waiting;
	} else if (!*waiting) {
		sem->writers_waiting++;
		*waiting = true;
	}
	spin_unlock_irqrestore(&sem->lock, flags);
	return ok;
}

void down_read(struct rwsem *sem)
{
	bool waiting = false;

	lockdep_sleep_acquire(sem->class);
	if (!try_read(sem, &waiting)) {
		lockdep_contended(sem->class);
		wait_event(&sem->wait, try_read(sem, &waiting));
	}
	lockdep_sleep_acquired(sem, sem->class);
}

void down_write(struct rwsem *sem)
{
	bool waiting = false;

	lockdep_sleep_acquire(sem->class);
	if (!try_write(sem, &waiting)) {
		lockdep_contended(sem->class);
		wait_event(&sem->wait, try_write(sem, &waiting));
	}
	lockdep_sleep_acquired(sem, sem->class);
}

void up_read(struct rwsem *sem)
{
	bool last;
	u64 flags;

	lockdep_sleep_release(sem, sem->class);
	flags = spin_lock_irqsave(&sem->lock);
	last = --sem->readers == 0;
	spin_unlock_irqrestore(&sem->lock, flags);
	if (last)
		wake_up_all(&sem->wait);
}

void up_write(struct rwsem *sem)
{
	u64 flags;

	lockdep_sleep_release(sem, sem->class);
	flags = spin_lock_irqsave(&sem->lock);
	sem->writer = NULL;
	sem->readers_turn = sem->readers_waiting != 0;
	spin_unlock_irqrestore(&sem->lock, flags);
	wake_up_all(&sem->wait);
}
