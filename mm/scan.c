// SPDX-License-Identifier: MIT
/*
 * mm/scan.c - which block to empty, and which ones to fill
 *
 *	source	the block that costs least: fewest pages in it, and nothing that
 *		can't move
 *	target	1. blocks with frames in them that can't move, as they will
 *		   never be whole: the fullest first
 *		2. the fullest of the others
 *
 * Emptying blocks costs as many moves as pages are in them, wherever they go.
 * So the k cheapest blocks cost least (docs/compaction.md has the proof), if no
 * page goes where it has to leave again: thus the fullest are filled, which are
 * the last that anybody will empty.
 *
 * Linux's scanners walk the zone to find both. Here a block knows what it holds,
 * and the fill lists sort blocks by it: the highest classes are looked through
 * for the source, the lowest for the target. Only LOOK blocks of a class are
 * compared, so that the time under the lock has a bound; all of a class differ
 * by 8 pages at most. Blocks without a free frame are on no list. They are
 * sources only when nothing else is, and then the zone is walked.
 *
 * Source of the idea: linux-mm's discussions of victim selection (2013 to 2018),
 * Illuminator (ASPLOS 2018) for leaving hybrid blocks alone.
 */
#include <kernel/bitops.h>
#include <kernel/point.h>
#include <mm/buddy.h>
#include <mm/freelist.h>
#include <mm/isolate.h>
#include <mm/page_alloc.h>
#include <mm/pcp.h>

#include "scan.h"

#define LOOK	   64  /* blocks of a list that are compared */
#define WALK_BATCH 256 /* blocks of the zone looked at under one lock */

/* --- sources: whole blocks --- */

/*
 * A full block may be one allocation, or a part of one: its first frame is no
 * page by itself.
 */
static bool is_one_chunk(const struct source_search *s,
			 const struct pageblock *b)
{
	return block_cost(b) == pageblock_nr_pages &&
	       (page_kind(pfn_to_page(pageblock_pfn(s->zone, b))) == PAGE_NONE ||
		page_order(pfn_to_page(pageblock_pfn(s->zone, b))));
}

/* zone->lock held. */
static bool is_source(struct source_search *s, const struct pageblock *b)
{
	s->nr_looked++;
	if (!block_is_movable(b) || !block_cost(b) || block_cost(b) > s->most ||
	    is_one_chunk(s, b))
		return false;
	if (!(b->bits & BLOCK_SKIP) || s->ignore_skip)
		return true;
	s->saw_skipped = true;
	return false;
}

static struct pageblock *cheaper(struct pageblock *a, struct pageblock *b)
{
	return !a || (b && block_cost(b) < block_cost(a)) ? b : a;
}

/* Of one fill list. */
static struct pageblock *cheapest_of(struct source_search *s,
				     struct list_head *list)
{
	struct pageblock *b, *best = NULL;
	u32 looked = 0;

	list_for_each_entry(b, list, fill_link) {
		if (is_source(s, b))
			best = cheaper(best, b);
		if (++looked == LOOK)
			break;
	}
	return best;
}

/* Wholly free blocks, which have a class of their own, are no sources. */
static struct pageblock *cheapest_of_type(struct source_search *s,
					  enum migratetype type)
{
	struct freelists *fl = s->zone->fl;
	u64 mask = fl->fill_mask[type] & ~(1UL << (NR_FILL_CLASSES - 1));
	struct pageblock *best = NULL;

	while (mask && !best) {
		u32 class = 63 - (u32)__builtin_clzl(mask);

		best = cheapest_of(s, &fl->fill[type][class]);
		mask &= ~(1UL << class);
	}
	return best;
}

static const enum migratetype source_types[] = {
	MIGRATE_MOVABLE, MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE, MIGRATE_CMA
};

/* zone->lock held. */
static struct pageblock *cheapest_listed(struct source_search *s)
{
	struct pageblock *best = NULL;

	for (u32 i = 0; i < ARRAY_SIZE(source_types); i++)
		best = cheaper(best, cheapest_of_type(s, source_types[i]));
	return best;
}

static bool has_record(const struct zone *zone, u64 n)
{
	return freelist_has_block(zone, (zone->fl->first_block + n)
						<< pageblock_order);
}

/* Every block of the zone, a batch at a time; a look, no promise. */
static struct pageblock *cheapest_walked(struct source_search *s)
{
	struct freelists *fl = s->zone->fl;
	struct pageblock *best = NULL;

	for (u64 n = 0; n < fl->nr_blocks;) {
		u64 stop = min(n + WALK_BATCH, fl->nr_blocks);
		u64 flags = spin_lock_irqsave(&s->zone->lock);

		for (; n < stop; n++)
			if (has_record(s->zone, n) &&
			    is_source(s, &fl->blocks[n]))
				best = cheaper(best, &fl->blocks[n]);
		spin_unlock_irqrestore(&s->zone->lock, flags);
	}
	return best;
}

struct pageblock *isolate_cheapest_block(struct source_search *s)
{
	struct zone *zone = s->zone;
	u64 flags = spin_lock_irqsave(&zone->lock);
	struct pageblock *b = cheapest_listed(s);

	if (b)
		isolate_block_locked(zone, b);
	spin_unlock_irqrestore(&zone->lock, flags);
	if (b)
		return b;
	b = cheapest_walked(s);
	return b && isolate_block(zone, b) ? b : NULL;
}

/* --- sources: two blocks for MAX_ORDER --- */

/* A pair may be half empty already; zone->lock held. */
static u32 pair_cost(struct source_search *s, struct pageblock *b)
{
	u32 cost = block_cost(b) + block_cost(b + 1);

	s->nr_looked += 2;
	if (!block_is_movable(b) || !block_is_movable(b + 1) || !cost ||
	    cost > s->most || is_one_chunk(s, b) || is_one_chunk(s, b + 1))
		return ~0u;
	if (((b->bits | b[1].bits) & BLOCK_SKIP) && !s->ignore_skip) {
		s->saw_skipped = true;
		return ~0u;
	}
	return cost;
}

static struct pageblock *cheapest_pair(struct source_search *s)
{
	struct freelists *fl = s->zone->fl;
	struct pageblock *best = NULL;
	u64 n = fl->first_block & 1;
	u32 least = ~0u;

	while (n + 1 < fl->nr_blocks) {
		u64 stop = min(n + WALK_BATCH, fl->nr_blocks - 1);
		u64 flags = spin_lock_irqsave(&s->zone->lock);

		for (; n < stop; n += 2) {
			u32 cost;

			if (!has_record(s->zone, n) ||
			    !has_record(s->zone, n + 1))
				continue;
			cost = pair_cost(s, &fl->blocks[n]);
			if (cost < least) {
				least = cost;
				best = &fl->blocks[n];
			}
		}
		spin_unlock_irqrestore(&s->zone->lock, flags);
	}
	return best;
}

struct pageblock *isolate_cheapest_pair(struct source_search *s)
{
	struct pageblock *b = cheapest_pair(s);
	struct zone *zone = s->zone;
	u64 flags;

	if (!b)
		return NULL;
	flags = spin_lock_irqsave(&zone->lock);
	if (!block_is_movable(b) || !block_is_movable(b + 1))
		b = NULL;
	if (b) {
		isolate_block_locked(zone, b);
		isolate_block_locked(zone, b + 1);
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	return b;
}

/* --- sources: chunks within a block --- */

/* Charged as movable, all frames in use of [offset, offset + 2^order)? */
static bool chunk_is_movable(const struct pageblock *b, pfn_t pfn, u32 offset,
			     u32 order)
{
	if (!b->nr[FRAME_UNMOVABLE] && !b->nr[FRAME_RECLAIMABLE] &&
	    !b->nr[FRAME_RESERVED] && !b->nr_pinned)
		return true;
	for (u32 i = offset; i < offset + (1u << order); i++) {
		const struct page *page = pfn_to_page(pfn + i);

		if (block_frame_is_free(b, i))
			continue;
		if (page_charge(page) != MIGRATE_MOVABLE ||
		    page_flag(page, PG_reserved))
			return false;
	}
	return true;
}

static u32 chunk_cost(const struct pageblock *b, u32 offset, u32 order)
{
	u32 free = 0;

	if (order < 6) {
		u64 mask = (1UL << (1u << order)) - 1;
		u64 word = b->free_map[offset / 64] >> offset % 64;

		return (1u << order) - hweight64(word & mask);
	}
	for (u32 i = 0; i < 1u << order; i += 64)
		free += hweight64(b->free_map[(offset + i) / 64]);
	return (1u << order) - free;
}

struct chunk {
	struct pageblock *block;
	pfn_t start;
	u32 cost;
};

static void look_for_chunk(struct source_search *s, struct pageblock *b,
			   u32 order, struct chunk *best)
{
	pfn_t pfn = pageblock_pfn(s->zone, b);

	s->nr_looked++;
	if (b->bits & (BLOCK_ISOLATE | BLOCK_COMPACTING))
		return;
	if ((b->bits & BLOCK_SKIP) && !s->ignore_skip) {
		s->saw_skipped = true;
		return;
	}
	for (u32 at = 0; at < pageblock_nr_pages; at += 1u << order) {
		u32 cost = chunk_cost(b, at, order);

		if (cost >= best->cost || (!cost && s->ignore_free) ||
		    !chunk_is_movable(b, pfn, at, order))
			continue;
		*best = (struct chunk){ b, pfn + at, cost };
	}
}

/* Emptier blocks first: gaps are larger there. */
static void look_for_chunks(struct source_search *s, u32 order,
			    enum migratetype type, struct chunk *best)
{
	struct freelists *fl = s->zone->fl;
	u64 mask = fl->fill_mask[type];
	u32 looked = 0;

	while (mask && looked < LOOK / 4) {
		u32 class = 63 - (u32)__builtin_clzl(mask);
		struct pageblock *b;

		list_for_each_entry(b, &fl->fill[type][class], fill_link) {
			look_for_chunk(s, b, order, best);
			if (++looked == LOOK / 4)
				break;
		}
		mask &= ~(1UL << class);
	}
}

struct pageblock *isolate_cheapest_chunk(struct source_search *s, u32 order,
					 enum migratetype type, pfn_t *start)
{
	struct chunk best = { NULL, 0, min(s->most, 1u << order) };
	u64 flags = spin_lock_irqsave(&s->zone->lock);

	look_for_chunks(s, order, type, &best);
	if (best.block)
		isolate_block_locked(s->zone, best.block);
	spin_unlock_irqrestore(&s->zone->lock, flags);
	*start = best.start;
	return best.block;
}

/* --- skip bits: blocks that didn't give what they promised --- */

void clear_skip_bits(struct zone *zone)
{
	struct freelists *fl = zone->fl;

	for (u64 n = 0; n < fl->nr_blocks;) {
		u64 stop = min(n + WALK_BATCH, fl->nr_blocks);
		u64 flags = spin_lock_irqsave(&zone->lock);

		for (; n < stop; n++)
			if (has_record(zone, n))
				fl->blocks[n].bits &= (u8)~BLOCK_SKIP;
		spin_unlock_irqrestore(&zone->lock, flags);
	}
}

/* --- targets --- */

/* The fullest of the list that will never be whole. */
static struct pageblock *spoilt_of(struct list_head *list, u64 *nr_looked)
{
	struct pageblock *b;
	u32 looked = 0;

	list_for_each_entry(b, list, fill_link) {
		++*nr_looked;
		if (!block_is_movable(b))
			return b;
		if (++looked == LOOK)
			break;
	}
	return NULL;
}

static struct pageblock *spoilt_of_type(struct zone *zone,
					enum migratetype type, u64 *nr_looked)
{
	struct freelists *fl = zone->fl;
	struct pageblock *b = NULL;

	for (u64 mask = fl->fill_mask[type]; mask && !b; mask &= mask - 1)
		b = spoilt_of(&fl->fill[type][__builtin_ctzl(mask)], nr_looked);
	return b;
}

static struct pageblock *mixed_of_type(struct zone *zone, enum migratetype type,
				       u64 *nr_looked)
{
	++*nr_looked;
	return freelist_find_mixed(zone, 0, type);
}

static struct pageblock *find_target(struct zone *zone, u64 *nr_looked)
{
	struct pageblock *b = mixed_of_type(zone, MIGRATE_MOVABLE, nr_looked);

	if (!b)
		b = spoilt_of_type(zone, MIGRATE_RECLAIMABLE, nr_looked);
	if (!b)
		b = spoilt_of_type(zone, MIGRATE_UNMOVABLE, nr_looked);
	if (!b)
		b = freelist_find_fullest(zone, MIGRATE_MOVABLE);
	for (u32 i = 1; !b && i < ARRAY_SIZE(source_types); i++)
		b = freelist_find_fullest(zone, source_types[i]);
	return b;
}

u32 isolate_targets(struct zone *zone, struct page **pages, u32 nr,
		    u64 *nr_looked)
{
	u64 flags = spin_lock_irqsave(&zone->lock), before = *nr_looked;
	struct pageblock *b = find_target(zone, nr_looked);
	u32 nr_taken = 0;
	pfn_t start_pfn = 0;

	if (b) {
		nr_taken = freelist_take_frames(zone, b, MIGRATE_MOVABLE, pages,
						nr);
		this_pcp(zone->index)->nr_general_alloc += nr_taken;
		start_pfn = pageblock_pfn(zone, b);
		WRITE_ONCE(zone->compact.now_target, start_pfn);
		if (pageblock_type(b) != MIGRATE_MOVABLE)
			WRITE_ONCE(zone->fallback.has_guests, true);
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	POINT(mm_compaction_isolate_freepages, start_pfn,
	      start_pfn + pageblock_nr_pages, *nr_looked - before, nr_taken);
	return nr_taken;
}

void putback_targets(struct zone *zone, struct page **pages, u32 nr)
{
	u64 flags;

	if (!nr)
		return;
	flags = spin_lock_irqsave(&zone->lock);
	this_pcp(zone->index)->nr_general_free += nr;
	freelist_put_frames(zone, pages, nr, MIGRATE_MOVABLE);
	spin_unlock_irqrestore(&zone->lock, flags);
}
