// SPDX-License-Identifier: MIT
/*
 * mm/guided.c - strategy "guided": empty one block, the one that costs least
 *
 *	1. choose	mm/scan.c: the cheapest block that can be emptied
 *	2. can it be?	free frames elsewhere >= pages in it, above the watermark
 *	3. fence off	mm/isolate.c: what becomes free stays there
 *	4. move		its pages to the fullest blocks, up to PASSES times
 *	5. hand over	the chunk, from within the fence, or leave it free
 *
 * Steps 1 and 2 need no search and no attempt: each block counts what it holds.
 * So the cost is known before anything is moved, and what can't succeed isn't
 * begun. What the counts can't know is whether each page can be had at that
 * moment: it may be in a batch, be pinned, or be no program's page at all
 * (__GFP_MOVABLE is a promise). Then the block is skipped for SKIP_NS, and the
 * next one tried, up to ATTEMPTS times.
 *
 * For less than a block the chunk's frames only are moved, though all of the
 * block is fenced off meanwhile.
 *
 * All there is (order -1): block after block, until what is free in pieces
 * doesn't make one more.
 *
 * Two of these don't undo each other's work: they have different sources, and
 * fill blocks that neither will choose.
 */
#include <kernel/errno.h>
#include <kernel/point.h>
#include <mm/buddy.h>
#include <mm/freelist.h>
#include <mm/isolate.h>
#include <mm/lru.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>
#include <mm/vmstat.h>
#include <mm/watermark.h>
#include <arch/cpu.h>

#include "alloc_internal.h"
#include "scan.h"

#define PASSES	   4		      /* over one block */
#define ATTEMPTS   8		      /* blocks for one request */
#define SKIP_NS	   (1000UL * 1000000) /* a block that failed is left alone */
#define RECOUNT	   32		      /* blocks, of all there is */
#define NR_TARGETS 64		      /* taken at once */

/* An area being emptied: a block, a part of one, or a pair. */
struct emptying {
	struct compact_control *cc;
	struct zone *zone;
	struct pageblock *block; /* the first of nr_blocks, fenced off */
	u32 nr_blocks;
	pfn_t start, end;
	struct page *targets[NR_TARGETS];
	u32 nr_targets;
	u32 missing; /* pages that still need a frame */
};

/* --- targets, for migrate_pages() --- */

static struct page *next_target(struct emptying *e)
{
	if (!e->nr_targets)
		e->nr_targets =
			isolate_targets(e->zone, e->targets,
					clamp(e->missing, 1u, (u32)NR_TARGETS),
					&e->cc->free_scanned);
	return e->nr_targets ? e->targets[--e->nr_targets] : NULL;
}

static struct page *guided_target(struct page *src __unused, void *private)
{
	struct emptying *e = private;
	struct page *page;

	do
		page = next_target(e);
	while (page && !prep_new_page(page, 0, e->cc->gfp));
	if (page && e->missing)
		e->missing--;
	return page;
}

/* --- old frames, from migrate_list() --- */

static void take_back(struct page **frames, u32 nr, void *private)
{
	struct emptying *e = private;
	u64 flags = spin_lock_irqsave(&e->zone->lock);

	this_pcp(e->zone->index)->nr_general_free += nr;
	freelist_put_isolated(e->zone, frames, nr);
	spin_unlock_irqrestore(&e->zone->lock, flags);
}

/* --- emptying --- */

static bool block_area_is_free(const struct emptying *e, struct pageblock *b)
{
	u32 order = e->cc->order < 0 ? pageblock_order : (u32)e->cc->order;
	u32 offset = e->nr_blocks > 1 ? 0 : (u32)(e->start % pageblock_nr_pages);

	return buddy_all_free(b, offset, min(order, (u32)pageblock_order));
}

static bool area_is_free(const struct emptying *e)
{
	u64 flags = spin_lock_irqsave(&e->zone->lock);
	bool free = true;

	for (u32 i = 0; i < e->nr_blocks; i++)
		free &= block_area_is_free(e, e->block + i);
	spin_unlock_irqrestore(&e->zone->lock, flags);
	return free;
}

static u32 isolate_pages(struct emptying *e, struct list_head *pages)
{
	u32 taken = 0, missed, all_missed = 0;

	for (pfn_t pfn = e->start; pfn < e->end; pfn += pageblock_nr_pages) {
		taken += isolate_block_pages(
			e->zone, pfn, min(e->end, pfn + pageblock_nr_pages),
			pages, &missed);
		all_missed += missed;
	}
	e->cc->migrate_scanned += taken + all_missed;
	POINT(mm_compaction_isolate_migratepages, e->start, e->end,
	      taken + all_missed, taken);
	return taken;
}

/* One pass; false: there is nowhere to move to. */
static bool move_pages_away(struct emptying *e)
{
	struct migrate_control mc = { .new_page = guided_target,
				      .take_freed = take_back,
				      .private = e,
				      .mode = e->cc->mode,
				      .reason = MR_COMPACTION };
	struct list_head pages = LIST_HEAD_INIT(pages);
	u32 nr = isolate_pages(e, &pages);
	int err;

	if (!nr)
		return true;
	e->missing = nr;
	err = migrate_list(&pages, &mc);
	putback_lru_pages(&pages);
	e->cc->nr_migrated += mc.nr_moved;
	e->cc->nr_failed += nr - mc.nr_moved;
	POINT(mm_compaction_migratepages, mc.nr_moved, nr - mc.nr_moved);
	return err != -ENOMEM;
}

static void drain_area(const struct emptying *e)
{
	for (u32 i = 0; i < e->nr_blocks; i++)
		drain_pageblock(e->zone, e->block + i);
	lru_add_drain_all();
}

/* Stacks and batches are asked only when something is still missing. */
static enum compact_result empty_area(struct emptying *e)
{
	for (u32 pass = 0; pass < PASSES; pass++) {
		bool room = move_pages_away(e);

		if (area_is_free(e))
			return COMPACT_SUCCESS;
		if (compact_must_stop(e->cc))
			return COMPACT_CONTENDED;
		if (!room)
			return COMPACT_NO_SUITABLE_PAGE;
		drain_area(e);
		if (area_is_free(e))
			return COMPACT_SUCCESS;
	}
	return COMPACT_COMPLETE;
}

/* --- before and after --- */

/* zone->lock held: the chunk is the request's, before the fence falls. */
static void take_area(struct emptying *e)
{
	struct compact_control *cc = e->cc;

	freelist_take_at(e->zone, e->start, (u32)cc->order, cc->type);
	this_pcp(e->zone->index)->nr_general_alloc += 1UL << cc->order;
	cc->page = pfn_to_page(e->start);
}

/* A whole block goes by whom it is for, a part by what else is there. */
static enum migratetype type_afterwards(const struct emptying *e,
					const struct pageblock *b)
{
	if (e->cc->page && e->cc->order >= (s32)pageblock_order)
		return e->cc->type;
	return block_fitting_type(b);
}

static void end_emptying(struct emptying *e, enum compact_result ret, bool take)
{
	u64 flags;

	putback_targets(e->zone, e->targets, e->nr_targets);
	flags = spin_lock_irqsave(&e->zone->lock);
	if (ret == COMPACT_SUCCESS && take)
		take_area(e);
	for (u32 i = 0; i < e->nr_blocks; i++) {
		struct pageblock *b = e->block + i;

		if (ret == COMPACT_COMPLETE)
			b->bits |= BLOCK_SKIP;
		unisolate_block_locked(e->zone, b, type_afterwards(e, b));
	}
	WRITE_ONCE(e->zone->compact.now_source, 0);
	WRITE_ONCE(e->zone->compact.now_target, 0);
	spin_unlock_irqrestore(&e->zone->lock, flags);
}

static enum compact_result empty_and_end(struct emptying *e, bool take)
{
	enum compact_result ret;

	WRITE_ONCE(e->zone->compact.now_source, e->start);
	POINT(compact_guided_source, e->start, e->end, block_cost(e->block));
	ret = empty_area(e);
	end_emptying(e, ret, take);
	return ret;
}

/* --- choosing --- */

/* Would the zone stay above the request's mark with the chunk gone? */
static bool has_room(const struct compact_control *cc)
{
	const struct zone *zone = cc->zone;

	return watermark_allows(zone, (u32)cc->order,
				wmark_pages(zone,
					    cc->alloc_flags & ALLOC_WMARK_MASK),
				cc->highest_zone, cc->alloc_flags,
				READ_ONCE(zone->nr_free_pages));
}

bool guided_worthwhile(struct zone *zone, u32 order, u32 highest_zone)
{
	u64 mark = wmark_pages(zone, WMARK_MIN);

	return !zone_watermark_ok(zone, order, mark, highest_zone, 0) &&
	       watermark_allows(zone, order, mark, highest_zone, 0,
				READ_ONCE(zone->nr_free_pages));
}

static bool choose(struct emptying *e, struct source_search *s)
{
	u32 order = (u32)e->cc->order;

	e->nr_blocks = 1;
	if (order < pageblock_order) {
		e->block = isolate_cheapest_chunk(s, order, e->cc->type,
						  &e->start);
	} else if (order == pageblock_order) {
		e->block = isolate_cheapest_block(s);
	} else {
		e->block = isolate_cheapest_pair(s);
		e->nr_blocks = 2;
	}
	if (!e->block)
		return false;
	if (order >= pageblock_order)
		e->start = pageblock_pfn(e->zone, e->block);
	e->end = e->start + (1UL << order);
	return true;
}

/* Blocks that failed get a new chance, but not all the time. */
static bool forget_skips(struct zone *zone, const struct source_search *s)
{
	u64 now = arch_time_ns();

	if (!s->saw_skipped ||
	    now - READ_ONCE(zone->compact.skips_cleared_ns) < SKIP_NS)
		return false;
	WRITE_ONCE(zone->compact.skips_cleared_ns, now);
	clear_skip_bits(zone);
	return true;
}

/* One block after the other, until one could be emptied. */
static enum compact_result attempt(struct compact_control *cc)
{
	struct source_search s = { .zone = cc->zone,
				   .ignore_skip = cc->ignore_skip_hint,
				   .ignore_free = !cc->want_page };
	struct emptying e = { .cc = cc, .zone = cc->zone };

	if (!has_room(cc))
		return COMPACT_SKIPPED;
	s.most = (u32)READ_ONCE(cc->zone->nr_free_pages);
	if (!choose(&e, &s) && !(forget_skips(cc->zone, &s) && choose(&e, &s)))
		return COMPACT_NO_SUITABLE_PAGE;
	return empty_and_end(&e, cc->want_page);
}

static enum compact_result compact_for_request(struct compact_control *cc)
{
	enum compact_result ret = COMPACT_NO_SUITABLE_PAGE;

	for (u32 i = 0; i < ATTEMPTS; i++) {
		ret = attempt(cc);
		if (ret != COMPACT_COMPLETE)
			break;
	}
	return ret;
}

/* --- all there is --- */

/* Free frames that no wholly free block has. */
static u64 free_in_pieces(struct zone *zone)
{
	u64 free = READ_ONCE(zone->nr_free_pages);
	u64 whole = zone_nr_free_blocks(zone);

	return free > whole ? free - whole : 0;
}

static enum compact_result empty_next_block(struct compact_control *cc,
					    u64 pieces)
{
	struct source_search s = {
		.zone = cc->zone, .most = (u32)min(pieces, pageblock_nr_pages)
	};
	struct emptying e = { .cc = cc, .zone = cc->zone, .nr_blocks = 1 };

	e.block = isolate_cheapest_block(&s);
	if (!e.block)
		return COMPACT_NO_SUITABLE_PAGE;
	e.start = pageblock_pfn(cc->zone, e.block);
	e.end = e.start + pageblock_nr_pages;
	return empty_and_end(&e, false);
}

static bool is_good_enough(const struct compact_control *cc)
{
	return cc->proactive &&
	       fragmentation_score_zone(cc->zone) <=
		       fragmentation_score_wmark(mm_active, true);
}

/*
 * Each block that becomes whole takes 512 frames out of the pieces: its own free
 * ones, and those that its pages went to. Counting them walks the lists, so it is
 * done anew only now and then, for what others do meanwhile. A block that would
 * not be emptied is skipped, and the next one tried.
 */
static enum compact_result compact_all(struct compact_control *cc)
{
	u64 pieces = free_in_pieces(cc->zone);
	enum compact_result ret = COMPACT_COMPLETE;

	clear_skip_bits(cc->zone);
	for (u32 n = 1; ret >= COMPACT_COMPLETE && !compact_must_stop(cc); n++) {
		if (is_good_enough(cc) || pieces < pageblock_nr_pages)
			break;
		ret = empty_next_block(cc, pieces);
		if (n % RECOUNT == 0)
			pieces = free_in_pieces(cc->zone);
		else if (ret == COMPACT_SUCCESS)
			pieces -= pageblock_nr_pages;
	}
	return cc->contended ? COMPACT_CONTENDED : COMPACT_COMPLETE;
}

enum compact_result compact_guided(struct compact_control *cc)
{
	return cc->order < 0 ? compact_all(cc) : compact_for_request(cc);
}
