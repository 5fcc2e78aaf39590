/* SPDX-License-Identifier: MIT */
/*
 * include/mm/kcompactd.h - a thread of each node that makes large chunks
 *
 * Units    chunks of an order; ns
 * Locks    takes kcompactd.lock, then (without it) a wait queue's; the caller
 *          of wakeup_kcompactd() holds none of class I
 * Context  waking: any, interrupts too. Running and stopping: may sleep
 * Errors   kcompactd_run(): -ENOMEM, some nodes have no thread then
 * Owns     struct node's `kcompactd`
 * Keeps    what is asked for while it works is counted, and done afterwards; if
 *          it worked in vain, refused
 *
 * Docs: docs/compaction-triggers.md. Linux's thread keeps the largest order that
 * was asked for; this one counts requests, as V. Babka's 2018 talk asks.
 */
#pragma once

#include <kernel/spinlock.h>
#include <kernel/wait.h>
#include <mm/pageblock.h>

struct mm_state;
struct node;
struct thread;
struct zone;

/* Chunks that somebody missed. */
struct kcompactd_demand {
	u32 nr[NR_PAGE_ORDERS][MIGRATE_PCPTYPES];
	u32 nr_all;
	u32 highest_zone; /* the lowest one that all of them could use */
};

struct kcompactd_stats {
	u64 nr_wakes;
	u64 nr_requests; /* chunks that were asked for */
	u64 nr_made;
	u64 nr_failed;	   /* that could not be made, or weren't tried */
	u64 nr_refused;	   /* wake-ups that had no hope, or came too soon */
	u64 nr_thresholds; /* wake-ups because an order had got scarce */
	u64 nr_idle_runs;  /* in which it worked while nobody wanted the CPU */
	u64 nr_proactive;
	u64 nr_evacuated; /* blocks that movable pages were moved out of */
};

/* In struct node. [k] its lock, [t] the thread alone, [r] read racily */
struct kcompactd {
	struct thread *thread; /* (c) between run and stop; NULL: there is none */
	struct spinlock lock;
	struct wait_queue wait;
	struct kcompactd_demand now;  /* [k] since it took the last ones */
	struct kcompactd_demand idle; /* [k] when a CPU has nothing else to do */
	bool evacuate;	     /* [k] a block was claimed: mm/evacuate.c */
	bool look_now;	     /* [k] a knob of it was written */
	bool busy;	     /* [r] awake, or about to be */
	u32 rest_shift;	     /* [t] failures in a row */
	u64 rest_until_ns;   /* [r] refuses until then */
	u32 proactive_defer; /* [t] checks to leave out */
	struct kcompactd_stats stats; /* [k] */
};

int kcompactd_run(struct mm_state *mm);
void kcompactd_stop(struct mm_state *mm);

/*
 * A chunk for `type` was missed in zone: its node's thread has work. False: it
 * has not, as nothing could be gained, or failed just now.
 */
bool wakeup_kcompactd(struct zone *zone, u32 order, enum migratetype type,
		      u32 highest_zone);
/* nr chunks are to be there; idle: only when a CPU has nothing else to do. */
void kcompactd_ask(struct zone *zone, u32 order, u32 nr, bool idle);
/* A block was claimed for what can't move, with movable pages in it. */
void kcompactd_evacuate(struct zone *zone);
/* vm.compaction_proactiveness was written: look at once. */
void kcompactd_look_now(struct mm_state *mm);
