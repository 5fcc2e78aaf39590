/* SPDX-License-Identifier: MIT */
/*
 * include/mm/freelist.h - which pageblock has what: the zone's indices
 *
 * Units    pfn, frames, orders
 * Locks    zone->lock held by the caller of every function
 * Context  any; never sleeps
 * Errors   finding returns NULL when no block qualifies; taking and putting
 *          need what they say, anything else is a bug
 * Owns     the links, counts and type of every pageblock of the zone, its
 *          free counters, and the charge in the page records
 * Keeps    freelist_check(zone) == 0: each block is on the chunk list of its
 *          largest chunk and type, on the fill list of its free count, on the
 *          mixed list of its foreign count, and on no other; the zone's
 *          counters are the sums over its blocks
 *
 * This is the only code that touches list heads. A block with no free frame
 * is on no list. Two wholly free buddy blocks are one chunk of MAX_ORDER: the
 * lower one stands on that list for both.
 */
#pragma once

#include <kernel/types.h>
#include <mm/pageblock.h>

struct mm_state;
struct page;
struct zone;

/* Exhaustive tests have blocks of a few frames. */
#ifndef NR_FILL_CLASSES
#define NR_FILL_CLASSES 64 /* 8 free frames a class; the last: nearly free */
#endif
#ifndef NR_MIXED_CLASSES
#define NR_MIXED_CLASSES 10 /* by the logarithm of the foreign frames */
#endif

struct free_area {
	struct list_head list[MIGRATE_TYPES];
};

/* Of one populated zone; all under zone->lock. */
struct freelists {
	struct pageblock *blocks; /* (c) of the span, in address order */
	pfn_t first_block;	  /* (c) its number: pfn >> pageblock_order */
	u64 nr_blocks;		  /* (c) */
	/* (c) pfn_valid() in it says which records exist; NULL: all do */
	const struct mm_state *sparse;
	struct free_area free_area[NR_PAGE_ORDERS];
	u32 order_mask[MIGRATE_TYPES]; /* bit o: free_area[o] has blocks */
	struct list_head fill[MIGRATE_TYPES][NR_FILL_CLASSES];
	u64 fill_mask[MIGRATE_TYPES];
	struct list_head mixed[MIGRATE_TYPES][NR_MIXED_CLASSES];
	u32 mixed_mask[MIGRATE_TYPES];
	u64 nr_free[MIGRATE_TYPES]; /* frames, by the type of their block */
};

/* Empty lists in zone->fl over blocks[] of the zone's span. */
void freelist_init(struct zone *zone, struct pageblock *blocks);
u64 freelist_nr_blocks(const struct zone *zone);

/* Is there a record for the pageblock of pfn? (Holes have none.) */
bool freelist_has_block(const struct zone *zone, pfn_t pfn);
struct pageblock *pfn_pageblock(const struct zone *zone, pfn_t pfn);
pfn_t pageblock_pfn(const struct zone *zone, const struct pageblock *b);

/* Block of `type` with the smallest sufficient largest chunk; NULL: none. */
struct pageblock *freelist_find(struct zone *zone, u32 order,
				enum migratetype type);
/* Block of `type` with the fewest free frames, at least one; NULL: none. */
struct pageblock *freelist_find_fullest(struct zone *zone,
					enum migratetype type);
/*
 * Block with most frames that don't fit or are pinned, and a free chunk; NULL:
 * none.
 */
struct pageblock *freelist_find_mixed(struct zone *zone, u32 order,
				      enum migratetype type);

/*
 * Turn the chunk list that b stands on, so that b is its first, or its last:
 * the next search goes on where this one ended.
 */
void freelist_begin_at(struct zone *zone, struct pageblock *b);
void freelist_begin_after(struct zone *zone, struct pageblock *b);

/* Take 2^order frames out of b (and its buddy at MAX_ORDER) for `charge`. */
pfn_t freelist_take(struct zone *zone, struct pageblock *b, u32 order,
		    enum migratetype charge);
/* Take up to max single frames of b, lowest first; returns how many. */
u32 freelist_take_frames(struct zone *zone, struct pageblock *b,
			 enum migratetype charge, struct page **out, u32 max);
/* Take exactly [pfn, pfn + 2^order), all free, in one block or a pair. */
void freelist_take_at(struct zone *zone, pfn_t pfn, u32 order,
		      enum migratetype charge);

/* Give 2^order frames charged for `charge` back. */
void freelist_put(struct zone *zone, pfn_t pfn, u32 order,
		  enum migratetype charge);
/* The same for many single frames of one charge. */
void freelist_put_frames(struct zone *zone, struct page **pages, u32 nr,
			 enum migratetype charge);
/* Of whatever charge, out of isolated blocks: emptying them. */
void freelist_put_isolated(struct zone *zone, struct page **pages, u32 nr);
/* Boot, hot-plug: reserved frames become free. */
void freelist_put_reserved(struct zone *zone, pfn_t pfn, u32 order);
/* Quarantine: a charged frame becomes reserved. */
void freelist_reserve(struct zone *zone, pfn_t pfn, enum migratetype charge);

/* All of a block's free frames change type with it. */
void freelist_retype(struct zone *zone, struct pageblock *b,
		     enum migratetype type);
/*
 * A block's free frames serve another type while the block keeps its own; the
 * next frame freed into it takes them back (policy classic).
 */
void freelist_lend(struct zone *zone, struct pageblock *b,
		   enum migratetype type);
void freelist_isolate(struct zone *zone, struct pageblock *b);
void freelist_unisolate(struct zone *zone, struct pageblock *b,
			enum migratetype type);
/* One more, or one less, page of the block can't be moved for a pin. */
void freelist_count_pinned(struct zone *zone, struct pageblock *b, s32 by);
/* Allocated frames change charge: page_recharge()'s work. */
void freelist_recharge(struct zone *zone, pfn_t pfn, u32 order,
		       enum migratetype charge);

/* Free chunks of less than two blocks; counting ends at more than `most`. */
u64 freelist_nr_chunks(const struct zone *zone, enum migratetype type, u64 most);
/* Free chunks of each order by type, and all frames, for /proc. */
void freelist_count(struct zone *zone, enum migratetype type,
		    u64 nr[NR_PAGE_ORDERS]);

int freelist_check(struct zone *zone);
