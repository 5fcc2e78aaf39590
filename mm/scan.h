/* SPDX-License-Identifier: MIT */
/*
 * mm/scan.h - where `guided` takes from and moves to
 *
 * Locks    zone->lock: held, where it says so; else taken inside
 */
#pragma once

#include "compact_internal.h"

/* What a source must be, and what is to be left out. */
struct source_search {
	struct zone *zone;
	bool ignore_skip;
	bool ignore_free; /* a chunk that is free already is not wanted */
	u32 most;	  /* costs no more than this many pages */
	u64 nr_looked;	  /* blocks: adds up */
	bool saw_skipped;
};

/* Block that costs least to empty, not 0; fenced off for the caller. NULL. */
struct pageblock *isolate_cheapest_block(struct source_search *search);
/* The same for two blocks that are buddies: the lower one. */
struct pageblock *isolate_cheapest_pair(struct source_search *search);
/*
 * An aligned chunk of an order below a block's in a block of `type` that costs
 * least to empty; its block is fenced off. NULL: none was found where it looked.
 */
struct pageblock *isolate_cheapest_chunk(struct source_search *search, u32 order,
					 enum migratetype type, pfn_t *start);
void clear_skip_bits(struct zone *zone);

/*
 * Frames to move to: up to nr, charged as movable, of the block where they do
 * least harm. How many, 0: there are none left.
 */
u32 isolate_targets(struct zone *zone, struct page **pages, u32 nr,
		    u64 *nr_looked);
void putback_targets(struct zone *zone, struct page **pages, u32 nr);
