/* SPDX-License-Identifier: MIT */
/*
 * include/mm/isolate.h - a block for oneself: fence it off, take its pages
 *
 *	isolate_block()		BLOCK_ISOLATE: what is free, or becomes free,
 *				stays in the block and serves nobody
 *	isolate_block_pages()	its user pages leave the LRU
 *	(the caller moves them, or puts them back)
 *	drain_block()		what CPUs hold: stacks and batches, of this block
 *	unisolate_block()	undo, whatever has become of it
 *
 * Units    pfn and pages
 * Locks    takes zone->lock, lru_lock; the caller holds no class I lock
 * Context  thread with interrupts on (draining waits for other CPUs)
 * Errors   isolate_block(): false, somebody else has it, or a frame in it
 *          can't move by what its charges say
 * Owns     BLOCK_ISOLATE and BLOCK_COMPACTING of the block in between
 * Keeps    zone_check() == 0 at every step
 */
#pragma once

#include <mm/page.h>
#include <mm/pageblock.h>

struct zone;

/* Could b be emptied, as far as its counts know? zone->lock held. */
bool block_is_movable(const struct pageblock *b);
/* Frames that would have to leave b. zone->lock held. */
static inline u32 block_cost(const struct pageblock *b)
{
	return b->nr[FRAME_MOVABLE];
}

/* zone->lock held; claims it as well. */
bool isolate_block_locked(struct zone *zone, struct pageblock *b);
bool isolate_block(struct zone *zone, struct pageblock *b);
void unisolate_block_locked(struct zone *zone, struct pageblock *b,
			    enum migratetype type);
void unisolate_block(struct zone *zone, struct pageblock *b,
		     enum migratetype type);
/* The type that a block should have by what is in it. zone->lock held. */
enum migratetype block_fitting_type(const struct pageblock *b);

/*
 * User pages in [pfn, end), which lies in one block, leave the LRU for the list.
 * Returns how many; *missed is how many frames in use could not be taken: on a
 * CPU's stack or batch (drain and try again), pinned, or no user page at all.
 */
u32 isolate_block_pages(struct zone *zone, pfn_t pfn, pfn_t end,
			struct list_head *pages, u32 *missed);
void drain_block(struct zone *zone, struct pageblock *b);
