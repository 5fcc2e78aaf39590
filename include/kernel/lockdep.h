/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/lockdep.h - the lock checker of debug builds
 *
 * Learns the order of lock classes from what happens and reports the first
 * acquisition that closes a cycle, a class I lock taken with interrupts on, a
 * class S lock taken in an interrupt or with interrupts off, recursion, and a
 * release by somebody else. A finding goes to lockdep_report (panic, unless a
 * test has taken it).
 *
 * Context  called by the lock functions with their own context
 */
#pragma once

#include <kernel/types.h>

struct spinlock;
struct lock_class;

enum lockdep_finding {
	LOCKDEP_NONE,
	LOCKDEP_ORDER,	   /* A then B here, B then A before */
	LOCKDEP_RECURSION, /* a class (or lock) taken twice by one CPU */
	LOCKDEP_IRQS_ON,   /* class I with interrupts on */
	LOCKDEP_IRQS_OFF,  /* class S with interrupts off */
	LOCKDEP_NOT_HELD,  /* released without being held */
};

void lockdep_acquire(struct spinlock *lock);  /* before waiting */
void lockdep_acquired(struct spinlock *lock, bool by_trylock);
void lockdep_release(struct spinlock *lock);
bool lock_is_held(const struct spinlock *lock);
u32 lockdep_nr_held(void);
/* Does this CPU hold a lock that is taken with interrupts off? */
bool lockdep_holds_class_i(void);

/*
 * Arm: the next finding is recorded, not fatal; lockdep_take() gives it and
 * disarms. lockdep_forget() drops what was learnt of two classes' order.
 */
void lockdep_expect(void);
enum lockdep_finding lockdep_take(void);
void lockdep_forget(struct lock_class *a, struct lock_class *b);
