// SPDX-License-Identifier: MIT
/*
 * mm/compact_skip.c - what the two scanners remember from one run to the next
 *
 *	BLOCK_SKIP		a scanner was here, in vain or a moment ago
 *	cached_migrate_pfn[2]	where to go on: ASYNC runs, the others
 *	cached_free_pfn
 *	init_*_pfn		outermost blocks that were worth it when the bits
 *				were cleared last
 *
 * A run for one request ends as soon as that can be served, and the next one
 * goes on where it ended. What is remembered is a hint: CPUs read it without a
 * lock, and a wrong value costs time only. Bits change under zone->lock, as they
 * share a byte with the block's type.
 *
 * When scanners have met, the next run begins at the ends of the zone again. A
 * direct run that met also has the bits cleared, but only when frames may have
 * moved meanwhile: compaction has been put off for as long as it can be, or
 * kswapd goes to sleep. A sample of each block's frames says whether it is worth
 * a visit.
 *
 * Source: Linux's mm/compaction.c, with the changes of 2018 and 2019 ("be
 * selective about what pageblocks to clear skip hints").
 */
#include <kernel/thread.h>
#include <mm/buddy.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>
#include <mm/pcp.h>

#include "scanners.h"

#define SAMPLE	     (1u << PCP_ORDER_MAX) /* every eighth frame */
#define EVERY_SAMPLE 0x0101010101010101UL  /* of a word of the map */

/* --- bits --- */

bool isolation_suitable(const struct compact_control *cc,
			const struct pageblock *view)
{
	return cc->ignore_skip_hint || !(view->bits & BLOCK_SKIP);
}

bool test_and_set_skip(const struct compact_control *cc, pfn_t pfn)
{
	struct pageblock *b;
	u64 flags;
	bool was;

	if (cc->ignore_skip_hint)
		return false;
	flags = spin_lock_irqsave(&cc->zone->lock);
	b = pfn_pageblock(cc->zone, pfn);
	was = b->bits & BLOCK_SKIP;
	b->bits |= BLOCK_SKIP;
	spin_unlock_irqrestore(&cc->zone->lock, flags);
	return was;
}

void set_pageblock_skip(const struct compact_control *cc, pfn_t pfn)
{
	(void)test_and_set_skip(cc, pfn);
}

/* --- positions --- */

void update_cached_migrate(const struct compact_control *cc, pfn_t end)
{
	struct compact_zone_state *c = &cc->zone->compact;

	if (end > READ_ONCE(c->cached_migrate_pfn[0]))
		WRITE_ONCE(c->cached_migrate_pfn[0], end);
	if (cc->mode != MIGRATE_ASYNC &&
	    end > READ_ONCE(c->cached_migrate_pfn[1]))
		WRITE_ONCE(c->cached_migrate_pfn[1], end);
}

void update_cached_free(const struct compact_control *cc, pfn_t pfn)
{
	struct compact_zone_state *c = &cc->zone->compact;

	if (pfn < READ_ONCE(c->cached_free_pfn))
		WRITE_ONCE(c->cached_free_pfn, pfn);
}

static void cache_migrate(struct zone *zone, pfn_t pfn)
{
	WRITE_ONCE(zone->compact.cached_migrate_pfn[0], pfn);
	WRITE_ONCE(zone->compact.cached_migrate_pfn[1], pfn);
}

void reset_cached_positions(struct zone *zone)
{
	cache_migrate(zone, zone->zone_start_pfn);
	WRITE_ONCE(zone->compact.cached_free_pfn,
		   pageblock_start_pfn(zone_end_pfn(zone) - 1));
}

/* --- clearing --- */

static bool has_free_sample(const struct pageblock *b)
{
	u64 any = 0;

	for (u32 i = 0; i < BLOCK_WORDS; i++)
		any |= b->free_map[i];
	return any & EVERY_SAMPLE;
}

/* One allocation that fills the block has none, and need not be looked into. */
static bool has_lru_sample(const struct zone *zone, pfn_t start, pfn_t end)
{
	if (peek_order(pfn_to_page(start)) >= pageblock_order)
		return false;
	for (pfn_t pfn = start; pfn < end; pfn += SAMPLE) {
		const struct page *page = pfn_to_page(pfn);

		if (page_flag(page, PG_lru) && page->zone_index == zone->index)
			return true;
	}
	return false;
}

/* zone->lock held. */
static bool is_useful(const struct zone *zone, const struct pageblock *b,
		      pfn_t start, pfn_t end, bool source, bool target)
{
	/* Both ends are known: what has no bit is of no further interest. */
	if (source && target && !(b->bits & BLOCK_SKIP))
		return true;
	/* The first target is an ordinary one. */
	if (!source && pageblock_type(b) != MIGRATE_MOVABLE)
		return false;
	return (target && has_free_sample(b)) ||
	       (source && has_lru_sample(zone, start, end));
}

/*
 * The bit of pfn's block is cleared if a sample finds pages to move (source) or
 * frames to move to (target); false: it finds none.
 */
static bool reset_isolation_pfn(struct zone *zone, pfn_t pfn, bool source,
				bool target)
{
	pfn_t start = max(pageblock_start_pfn(pfn), zone->zone_start_pfn);
	pfn_t end = min(pageblock_end_pfn(pfn), zone_end_pfn(zone));
	struct pageblock *b;
	bool useful;
	u64 flags;

	if (!pageblock_is_in(zone, start, end))
		return false;
	flags = spin_lock_irqsave(&zone->lock);
	b = pfn_pageblock(zone, start);
	useful = is_useful(zone, b, start, end, source, target);
	if (useful)
		b->bits &= (u8)~BLOCK_SKIP;
	spin_unlock_irqrestore(&zone->lock, flags);
	return useful;
}

void reset_isolation_suitable(struct zone *zone)
{
	struct compact_zone_state *c = &zone->compact;
	pfn_t migrate = zone->zone_start_pfn, free = zone_end_pfn(zone) - 1;
	bool source_set = false, free_set = false;

	if (!READ_ONCE(c->blockskip_flush))
		return;
	WRITE_ONCE(c->blockskip_flush, false);
	/* Two pointers towards each other; each first hit is a position. */
	for (; migrate < free;
	     migrate += pageblock_nr_pages, free -= pageblock_nr_pages) {
		if (reset_isolation_pfn(zone, migrate, true, source_set) &&
		    !source_set) {
			source_set = true;
			WRITE_ONCE(c->init_migrate_pfn, migrate);
			cache_migrate(zone, migrate);
		}
		if (reset_isolation_pfn(zone, free, free_set, true) &&
		    !free_set) {
			free_set = true;
			WRITE_ONCE(c->init_free_pfn, pageblock_start_pfn(free));
			WRITE_ONCE(c->cached_free_pfn,
				   pageblock_start_pfn(free));
		}
	}
	/* Nothing on either side: scanners that begin here have met. */
	if (!source_set || !free_set) {
		cache_migrate(zone, migrate);
		WRITE_ONCE(c->cached_free_pfn, free);
	}
}
