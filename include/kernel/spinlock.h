/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/spinlock.h - locks that spin, with interrupts off or not
 *
 * Context  spin_lock_irqsave(): any. spin_lock(): where the class is never
 *          taken from an interrupt, or interrupts are already off.
 * Errors   debug builds check order, irq state and recursion through
 *          kernel/base/lockdep.c and panic with both stacks' places
 *
 * Who holds one is not preempted, whether interrupts are off or not.
 *
 * A lock belongs to a class, which is a name; order is between classes.
 */
#pragma once

#include <kernel/preempt.h>
#include <kernel/types.h>
#include <arch/cpu.h>

/* Class I locks are taken with interrupts off: docs/locking.md. */
struct lock_class {
	const char *name;
	bool irqs_off;	 /* class I */
	u8 id;		 /* lockdep's number, given at first use; 0: none */
};

struct spinlock {
	u32 locked;
	u32 owner; /* CPU + 1, debug builds */
	struct lock_class *class;
};

#define SPINLOCK_INIT(class_) { .class = &(class_) }
#define DEFINE_LOCK_CLASS(id_, name_, irqs_off_)                               \
	struct lock_class id_ = { .name = name_, .irqs_off = irqs_off_ }

static inline void spin_lock_init(struct spinlock *lock,
				  struct lock_class *class)
{
	lock->locked = 0;
	lock->owner = 0;
	lock->class = class;
}

/* With the checker's hooks, and waiting: kernel/base/spinlock.c. */
void spin_lock_slow(struct spinlock *lock);
bool spin_trylock(struct spinlock *lock);
void spin_unlock_checked(struct spinlock *lock);

static inline void spin_lock(struct spinlock *lock)
{
	preempt_disable();
	if (CONFIG_DEBUG ||
	    __atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE))
		spin_lock_slow(lock);
}

/*
 * A second lock of a class that is held already; what orders the two is said
 * where it is taken. The checker only looks for the lock itself.
 */
void spin_lock_nested(struct spinlock *lock);

/* Preemption stays off. */
static inline void __spin_unlock(struct spinlock *lock)
{
	if (CONFIG_DEBUG)
		spin_unlock_checked(lock);
	else
		__atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
}

static inline void spin_unlock(struct spinlock *lock)
{
	__spin_unlock(lock);
	preempt_enable();
}

static inline u64 spin_lock_irqsave(struct spinlock *lock)
{
	u64 flags = arch_irq_save();

	spin_lock(lock);
	return flags;
}

/* Interrupts first, or a switch that was asked for would have to wait. */
static inline void spin_unlock_irqrestore(struct spinlock *lock, u64 flags)
{
	__spin_unlock(lock);
	arch_irq_restore(flags);
	preempt_enable();
}

static inline bool spin_is_locked(const struct spinlock *lock)
{
	return READ_ONCE(lock->locked) != 0;
}
