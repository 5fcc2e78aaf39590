/* SPDX-License-Identifier: MIT */
/*
 * include/mm/pageblock.h - 512 frames that own their free memory
 *
 * Units    frames; offsets in a block are 0 .. 511
 * Locks    zone->lock for every field, but for where noted
 * Context  any with the lock held; never sleeps
 * Errors   none; misuse is caught by the callers' checks
 * Owns     struct pageblock but its links, which are freelist.c's
 * Keeps    pageblock_check(): the six counts add up to 512, FREE and ISOLATED
 *          together equal the bits of the map, `largest` is the map's largest
 *          aligned run, and no more than that in an isolated block
 *
 * Each frame of a block is in one of six states. The map has a bit for each
 * frame that nobody holds; isolation keeps the bits but counts them apart.
 * A block that a zone border cuts has a record in each zone, with the other
 * zone's frames RESERVED.
 */
#pragma once

#include <kernel/list.h>
#include <kernel/types.h>

/* Exhaustive tests build mm/ with tiny blocks. */
#ifndef PAGEBLOCK_ORDER
#define PAGEBLOCK_ORDER 9
#endif

#define pageblock_order	   PAGEBLOCK_ORDER
#define pageblock_nr_pages (1UL << pageblock_order)
#define MAX_ORDER	   (pageblock_order + 1)
#define NR_PAGE_ORDERS	   (MAX_ORDER + 1)
#define MAX_ORDER_NR_PAGES (1UL << MAX_ORDER)
#define BLOCK_WORDS	   DIV_ROUND_UP(pageblock_nr_pages, 64)

/* Linux's numbers and names; the first three are "mergeable" and charges. */
enum migratetype {
	MIGRATE_UNMOVABLE,
	MIGRATE_MOVABLE,
	MIGRATE_RECLAIMABLE,
	MIGRATE_PCPTYPES,
	MIGRATE_HIGHATOMIC = MIGRATE_PCPTYPES,
	MIGRATE_CMA,
	MIGRATE_ISOLATE,
	MIGRATE_TYPES,
};

extern const char *const migratetype_names[MIGRATE_TYPES];
extern const char migratetype_letters[MIGRATE_TYPES + 1]; /* "UMEHCI" */

enum frame_state {
	FRAME_UNMOVABLE, /* charged: handed out for that type, in use or on */
	FRAME_MOVABLE,	 /* a CPU's stack; numbers are those of the types */
	FRAME_RECLAIMABLE,
	FRAME_FREE,
	FRAME_ISOLATED, /* free, but fenced off */
	FRAME_RESERVED, /* hole, other zone, boot */
	NR_FRAME_STATES,
};

#define BLOCK_TYPE_MASK	 7u
#define BLOCK_SKIP	 (1u << 3) /* compaction looked here in vain */
#define BLOCK_ISOLATE	 (1u << 4)
#define BLOCK_COMPACTING (1u << 5) /* claimed by a compactor */
#define BLOCK_LENT_SHIFT 6 /* type + 1 that its free frames are lent to */
#define BLOCK_LENT_MASK	 (3u << BLOCK_LENT_SHIFT)

#define NO_CHUNK (-1)

struct pageblock {
	u64 free_map[BLOCK_WORDS];
	struct list_head chunk_link; /* free_area[largest].list[type] */
	struct list_head fill_link;  /* fill[type][class of FREE] */
	struct list_head mixed_link; /* mixed[type][class of foreign frames] */
	u16 nr[NR_FRAME_STATES];
	u8 bits;    /* migratetype and BLOCK_* */
	s8 largest; /* order of the largest free chunk, NO_CHUNK; MAX_ORDER
		     * when the buddy block is wholly free as well */
	u16 nr_pinned;
};

_Static_assert(BLOCK_WORDS != 8 || sizeof(struct pageblock) == 128,
	       "two cache lines a pageblock");

/* The type that its free frames are listed as. */
static inline enum migratetype pageblock_type(const struct pageblock *b)
{
	if (unlikely(b->bits & BLOCK_ISOLATE))
		return MIGRATE_ISOLATE;
	if (unlikely(b->bits & BLOCK_LENT_MASK))
		return (enum migratetype)((b->bits >> BLOCK_LENT_SHIFT) - 1);
	return (enum migratetype)(b->bits & BLOCK_TYPE_MASK);
}

static inline bool migratetype_is_mergeable(enum migratetype type)
{
	return type < MIGRATE_PCPTYPES;
}

static inline bool block_frame_is_free(const struct pageblock *b, u32 offset)
{
	return b->free_map[offset / 64] >> (offset % 64) & 1;
}

/* Frames charged for other types than the block's. */
u32 pageblock_nr_foreign(const struct pageblock *b);

/* Every frame reserved, on no list. */
void pageblock_init(struct pageblock *b, enum migratetype type);

/* Recount one block; prints findings as those of block `number`. */
int pageblock_check(const struct pageblock *b, u64 number);
