/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/lockdep.h - the lock checker of debug builds
 *
 * Learns the order of lock classes from what happens and reports the first
 * acquisition that closes a cycle, a class I lock taken with interrupts on, a
 * class S lock taken in an interrupt or with interrupts off, recursion, a
 * release by somebody else, sleeping while atomic, and a thread that ends with
 * a lock held. Spinlocks are noted with the CPU (they keep preemption off),
 * locks that sleep with the thread. A finding goes to lockdep_report (panic, unless a
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
	LOCKDEP_ATOMIC,	   /* may sleep, with preemption or interrupts off */
	LOCKDEP_EXIT_HELD, /* a thread ends with a lock held */
	LOCKDEP_RCU,	   /* a pointer or a CPU that RCU does not watch */
};

void lockdep_acquire(struct spinlock *lock);  /* before waiting */
void lockdep_acquire_nested(struct spinlock *lock); /* others of its class, too */
void lockdep_acquired(struct spinlock *lock, bool by_trylock);
void lockdep_release(struct spinlock *lock);

/* Locks that sleep: what a thread holds moves with it. */
#define MAX_HELD_SLEEPING 8

struct held_sleeping {
	u32 nr;
	struct {
		const void *lock;
		struct lock_class *class;
	} held[MAX_HELD_SLEEPING];
};

void lockdep_sleep_acquire(struct lock_class *class); /* before waiting */
void lockdep_sleep_acquired(const void *lock, struct lock_class *class);
void lockdep_sleep_release(const void *lock, struct lock_class *class);
void lockdep_thread_exit(void);
/* Report it unless it is expected. */
void lockdep_finding(enum lockdep_finding what, const char *text,
		     const struct lock_class *class);
/* Known from the start: inner may be taken with outer held, never vice versa. */
void lockdep_order(struct lock_class *outer, struct lock_class *inner);

/* Who wants it finds it taken. */
void lockdep_contended(const struct lock_class *class);

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

/* --- looking: the command locks --- */

struct lock_class_info {
	const struct lock_class *class;
	u64 acquired, contended; /* of all CPUs since boot */
	u64 inner;	/* mask of ids: taken with one of these held, next */
	bool outermost; /* never seen taken with another one held */
};

/* Ids count from 1, in the order of first use; false: there are no more. */
bool lockdep_class_info(u32 id, struct lock_class_info *info);
/* Classes of the locks that CPU spins with, outermost first; how many. */
u32 lockdep_held_by_cpu(u32 cpu, const struct lock_class **out, u32 max);
