/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/recount.h - a zone's numbers the slow and plain way
 *
 * Frame by frame over the pageblocks' maps, with nothing of mm/vmstat.c,
 * mm/buddy.c or the lists: what tests compare the files' numbers with.
 */
#pragma once

#include <kernel/string.h>
#include <mm/mm_state.h>

struct recount {
	u64 chunks[MIGRATE_TYPES][NR_PAGE_ORDERS];
	u64 free;     /* frames, isolated ones aside */
	u64 isolated;
	u64 blocks[MIGRATE_TYPES];
};

static inline enum migratetype recount_type(const struct pageblock *b)
{
	if (b->bits & BLOCK_ISOLATE)
		return MIGRATE_ISOLATE;
	if (b->bits & BLOCK_LENT_MASK)
		return (b->bits >> BLOCK_LENT_SHIFT) - 1;
	return b->bits & BLOCK_TYPE_MASK;
}

static inline bool recount_bit(const struct pageblock *b, u64 i)
{
	return b->free_map[i / 64] >> (i % 64) & 1;
}

/* The largest aligned run of free frames that starts at i, or -1. */
static inline int recount_run(const struct pageblock *b, u64 i)
{
	int order = -1;

	for (u32 o = 0; o <= pageblock_order; o++) {
		if (i & ((1UL << o) - 1))
			return order;
		for (u64 k = 0; k < 1UL << o; k++)
			if (!recount_bit(b, i + k))
				return order;
		order = (int)o;
	}
	return order;
}

static inline void recount_block(struct zone *zone, u64 n, struct recount *rc)
{
	const struct pageblock *b = &zone->fl->blocks[n];
	enum migratetype type = recount_type(b);
	bool lower = (n + zone->fl->first_block) % 2 == 0;

	for (u64 i = 0; i < pageblock_nr_pages; i++) {
		int order = recount_run(b, i);

		if (order < 0)
			continue;
		if (type == MIGRATE_ISOLATE)
			rc->isolated += 1UL << order;
		else
			rc->free += 1UL << order;
		if (order == pageblock_order && type != MIGRATE_ISOLATE) {
			/* Two whole buddies of a type are one chunk. */
			u64 at = lower ? n + 1 : n - 1;
			const struct pageblock *other = &zone->fl->blocks[at];
			bool pair = at < zone->fl->nr_blocks &&
				    freelist_has_block(
					    zone, pageblock_pfn(zone, other)) &&
				    recount_type(other) == type &&
				    recount_run(other, 0) == pageblock_order;

			if (pair && lower)
				rc->chunks[type][MAX_ORDER]++;
			if (pair)
				return;
		}
		rc->chunks[type][order]++;
		i += (1UL << order) - 1;
	}
}

static inline void recount_zone(struct zone *zone, struct recount *rc)
{
	memset(rc, 0, sizeof(*rc));
	for (u64 n = 0; n < zone->fl->nr_blocks; n++)
		if (freelist_has_block(zone,
				       pageblock_pfn(zone, &zone->fl->blocks[n])))
			recount_block(zone, n, rc);
	for (pfn_t pfn = zone->zone_start_pfn; pfn < zone_end_pfn(zone);
	     pfn += pageblock_nr_pages) {
		u64 n = (pfn >> pageblock_order) - zone->fl->first_block;
		const struct pageblock *b = &zone->fl->blocks[n];

		if (!freelist_has_block(zone, pfn) ||
		    pfn_to_page(pfn)->zone_index != zone->index)
			continue;
		rc->blocks[b->bits & BLOCK_ISOLATE ?
				   MIGRATE_ISOLATE :
				   b->bits & BLOCK_TYPE_MASK]++;
	}
}

/* Free chunks of an order, all types together. */
static inline u64 recount_order(const struct recount *rc, u32 order)
{
	u64 sum = 0;

	for (u32 t = 0; t < MIGRATE_TYPES; t++)
		sum += rc->chunks[t][order];
	return sum;
}
