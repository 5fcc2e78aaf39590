/* SPDX-License-Identifier: MIT */
/*
 * include/mm/buddy.h - split and coalesce inside one block's map
 *
 * Units    offsets and orders in one pageblock; a chunk of order n is 2^n
 *          frames, aligned to 2^n, 0 <= n <= pageblock_order
 * Locks    zone->lock held by the caller
 * Context  any; never sleeps
 * Errors   buddy_take() needs a block whose largest chunk is big enough
 * Owns     free_map; counts and links are freelist.c's
 *
 * Splitting and coalescing need no work on the map: a chunk is a maximal
 * aligned run of ones, so both happen by setting and clearing bits. What is
 * computed is how large the largest run has become.
 */
#pragma once

#include <mm/pageblock.h>

/*
 * Clear a chunk of `order` out of the smallest chunk that holds one, lowest
 * address first; b->largest is brought up to date. Returns its offset.
 */
u32 buddy_take(struct pageblock *b, u32 order);

/*
 * Clear up to `max` single frames, lowest address first; offsets to out.
 * b->largest is brought up to date. Returns how many.
 */
u32 buddy_take_frames(struct pageblock *b, u16 *out, u32 max);

/* Clear exactly [offset, offset + 2^order), all of it free. */
void buddy_take_at(struct pageblock *b, u32 offset, u32 order);

/*
 * Set [offset, offset + 2^order), none of it free; returns the order of the
 * chunk that it is now part of. b->largest is brought up to date.
 */
u32 buddy_put(struct pageblock *b, u32 offset, u32 order);

/* The same when all other frames of the block are free. */
void buddy_put_last(struct pageblock *b, u32 offset, u32 order);

/*
 * Set one frame if that makes no chunk larger than b->largest; false: nothing
 * was changed.
 */
static inline bool buddy_put_frame(struct pageblock *b, u32 offset)
{
	u64 *word = &b->free_map[offset / 64];
	u64 w = *word | 1UL << (offset % 64);
	u32 at = offset % 64, order = 0;

	for (; order < 5; order++) {
		u64 pair = (1UL << (2u << order)) - 1;

		if ((w >> (at & ~((2u << order) - 1)) & pair) != pair)
			break;
	}
	if ((s32)order > b->largest || order == 5)
		return false;
	*word = w;
	return true;
}

/* Are all, or is any, of the 2^order frames from offset free? */
bool buddy_all_free(const struct pageblock *b, u32 offset, u32 order);
bool buddy_any_free(const struct pageblock *b, u32 offset, u32 order);

/* Order of the free chunk that begins at offset; NO_CHUNK: none does. */
s32 buddy_chunk_at(const struct pageblock *b, u32 offset);

/* The order of the largest free chunk by looking at the whole map. */
s32 buddy_largest(const struct pageblock *b);

/* How many chunks of the largest order that it has; not for a pair of blocks. */
u32 buddy_nr_largest(const struct pageblock *b);

/* How many maximal chunks of each order 0..pageblock_order; adds to nr. */
void buddy_count_chunks(const struct pageblock *b, u64 nr[NR_PAGE_ORDERS]);
