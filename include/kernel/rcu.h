/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/rcu.h - read-copy-update: readers without locks
 *
 *	reader				updater (one at a time: its own lock)
 *	rcu_read_lock();		new = a changed copy of old;
 *	p = rcu_dereference(ptr);	rcu_assign_pointer(ptr, new);
 *	... *p ...			synchronize_rcu();  or call_rcu()
 *	rcu_read_unlock();		kfree(old): nobody holds it any more
 *
 * A grace period ends when every CPU has been quiescent since it began: it has
 * switched threads, taken a tick outside of read sections, been idle, or
 * returned to user mode. A read section is a stretch with preemption off, so
 * whatever else has preemption or interrupts off holds a grace period up too.
 *
 * Units    grace periods are numbered from 1
 * Locks    call_rcu(): none, so any may be held. rcu_read_lock(): none.
 *          synchronize_rcu(), rcu_barrier(): none may be held that spins.
 * Context  reading, call_rcu(): any but an NMI. Waiting: may sleep, not in a
 *          read section. Callbacks run in a thread of the CPU that queued
 *          them, in order, everything switched on: they may free pages and
 *          objects and take locks, and should not sleep for long.
 * Errors   debug builds report sleeping in a read section, reading a pointer
 *          outside of one, unbalanced sections, a read on a CPU that counts as
 *          idle. A CPU that holds a grace period up for 20 s is named with its
 *          stack.
 * Owns     a struct rcu_head from call_rcu() to its callback
 */
#pragma once

#include <kernel/preempt.h>
#include <kernel/types.h>
#include <arch/percpu.h>

struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};

typedef void (*rcu_callback_t)(struct rcu_head *head);

/* --- reading --- */

void rcu_note_lock(void);
void rcu_note_unlock(void);
/* Release builds: could it be? They don't count sections. */
bool rcu_read_lock_held(void);
void rcu_bad_dereference(void);

static inline void rcu_read_lock(void)
{
	preempt_disable();
	if (CONFIG_DEBUG)
		rcu_note_lock();
}

static inline void rcu_read_unlock(void)
{
	if (CONFIG_DEBUG)
		rcu_note_unlock();
	preempt_enable();
}

/* cond: what else keeps the object, as the updater's lock held. */
#define rcu_dereference_check(p, cond)                                \
	({                                                            \
		if (CONFIG_DEBUG && !(cond) && !rcu_read_lock_held()) \
			rcu_bad_dereference();                        \
		__atomic_load_n(&(p), __ATOMIC_ACQUIRE);              \
	})
#define rcu_dereference(p) rcu_dereference_check(p, false)
/* To compare it, not to follow it. */
#define rcu_access_pointer(p) __atomic_load_n(&(p), __ATOMIC_RELAXED)
/* What was written to the object before is seen by who sees the pointer. */
#define rcu_assign_pointer(p, v) __atomic_store_n(&(p), v, __ATOMIC_RELEASE)

/* --- waiting --- */

/* Until all read sections that are under way have ended. */
void synchronize_rcu(void);
/* func(head) after a grace period. */
void call_rcu(struct rcu_head *head, rcu_callback_t func);
/* Until the callbacks of every call_rcu() so far have returned. */
void rcu_barrier(void);

/* --- quiescent states --- */

/* Mask of CPUs that the running grace period waits for. */
extern u64 rcu_waiting;
/* Odd: this CPU is idle, and reads nothing. */
DECLARE_PER_CPU(u32, rcu_idle_count);

void rcu_report_user(void);
void rcu_idle_leave(void);

/* Right before this CPU halts, interrupts off. */
void rcu_idle_enter(void);

/* Each interrupt begins with it: its handler may read. */
static inline void rcu_irq_enter(void)
{
	if (unlikely(this_cpu_read(rcu_idle_count) & 1))
		rcu_idle_leave();
}

/* On the way back to user mode, interrupts off. */
static inline void rcu_note_user(void)
{
	if (unlikely(READ_ONCE(rcu_waiting) >> smp_processor_id() & 1))
		rcu_report_user();
}

/* Every tick of this CPU, interrupts off. */
void rcu_tick(void);

/* --- boot --- */

void rcu_init(void);	    /* once there are threads */
void rcu_init_cpu(u32 cpu); /* a secondary CPU that is online */

/* --- looking --- */

enum rcu_qs { RCU_QS_SWITCH, RCU_QS_TICK, RCU_QS_IDLE, RCU_QS_USER, NR_RCU_QS };

struct rcu_info {
	u64 started, done; /* grace periods */
	u64 last_ns, longest_ns;
	u64 nr_stalls;
	u64 waiting; /* mask of CPUs */
};

struct rcu_cpu_info {
	u64 nr_queued, nr_called, nr_batches;
	u64 nr_qs[NR_RCU_QS];
};

void rcu_get_info(struct rcu_info *info);
void rcu_get_cpu_info(u32 cpu, struct rcu_cpu_info *info);
/* For tests: how long a grace period may last unreported; 0: as always. */
void rcu_set_stall_limit(u64 ms);
