// SPDX-License-Identifier: MIT
/*
 * mm/compact_linux.c - strategy "linux": the two scanners of today
 *
 *	until one of these is so:
 *		the scanners have met			COMPLETE
 *		the request could be served		SUCCESS
 *		a chunk was captured for it		SUCCESS
 *		a lock, a signal, or the CPU is wanted	CONTENDED
 *	1. the migration scanner takes up to 32 pages	scan_migrate.c
 *	2. they move to what the free scanner finds	scan_free.c
 *	3. when it has left an area of the request's
 *	   order, what was freed there is drained from
 *	   this CPU's stacks, so that it can join
 *
 * A block from which some pages would not move is taken to its end at once and
 * then skipped, so that no later run comes back for the rest. A run that began
 * with a block also finishes it, though the request could be served before: the
 * more of a block is free, the less likely it is that others are polluted.
 *
 * Faithful to the reference, with its weaknesses: what lies above the meeting
 * point is never emptied, and one page that can't move spoils the work on all
 * others of its block. docs/compaction-linux.md compares it with `guided`.
 *
 * Source: Linux 7.1's mm/compaction.c.
 */
#include <kernel/errno.h>
#include <mm/capture.h>
#include <mm/fallback.h>
#include <mm/lru.h>
#include <mm/mm_state.h>
#include <mm/pcp.h>
#include <mm/vmstat.h>
#include <mm/watermark.h>

#include "scanners.h"

/* --- when is it finished? --- */

static enum compact_result end_of_scan(const struct compact_control *cc)
{
	/* Next time from the ends again. */
	reset_cached_positions(cc->zone);
	if (cc->direct)
		WRITE_ONCE(cc->zone->compact.blockskip_flush, true);
	return cc->whole_zone ? COMPACT_COMPLETE : COMPACT_PARTIAL_SKIPPED;
}

static enum compact_result until_score_is_low(struct zone *zone)
{
	return fragmentation_score_zone(zone) >
			       fragmentation_score_wmark(mm_active, true) ?
		       COMPACT_CONTINUE :
		       COMPACT_SUCCESS;
}

/* kcompactd in defrag_mode wants whole blocks up to the high mark. */
static enum compact_result until_blocks_are_free(const struct compact_control *cc)
{
	struct zone *zone = cc->zone;

	return watermark_allows(zone, 0, wmark_pages(zone, WMARK_HIGH),
				cc->highest_zone, cc->alloc_flags,
				zone_nr_free_blocks(zone)) ?
		       COMPACT_SUCCESS :
		       COMPACT_CONTINUE;
}

static bool has_chunk(const struct zone *zone, u32 order, enum migratetype type)
{
	return READ_PLAIN(zone->fl->order_mask[type]) >> order;
}

/* Could it be served now, by a block that may be its? */
static bool request_is_served(const struct compact_control *cc)
{
	const struct zone *zone = cc->zone;
	u32 order = (u32)cc->order;

	return has_chunk(zone, order, cc->type) ||
	       (cc->type == MIGRATE_MOVABLE &&
		has_chunk(zone, order, MIGRATE_CMA)) ||
	       find_suitable_fallback(zone, order, cc->type);
}

static enum compact_result __compact_finished(struct compact_control *cc)
{
	const struct scanners *s = scanners_of(cc);

	if (compact_scanners_met(s))
		return end_of_scan(cc);
	if (cc->proactive) {
		enum compact_result ret = until_score_is_low(cc->zone);

		return ret == COMPACT_CONTINUE && compact_must_stop(cc) ?
			       COMPACT_CONTENDED :
			       ret;
	}
	if (cc->order >= 0 && IS_ALIGNED(s->migrate_pfn, pageblock_nr_pages)) {
		if (mm_active->defrag_mode && !cc->direct)
			return until_blocks_are_free(cc);
		if (request_is_served(cc))
			return COMPACT_SUCCESS;
	} else if (cc->order >= 0) {
		return COMPACT_CONTINUE; /* the block is finished first */
	}
	return compact_must_stop(cc) ? COMPACT_CONTENDED :
				       COMPACT_NO_SUITABLE_PAGE;
}

static enum compact_result compact_finished(struct compact_control *cc)
{
	u32 nid = cc->zone->nid, type = cc->zone->type;
	s32 order = cc->order;
	enum compact_result ret = __compact_finished(cc);

	(void)POINT_HIT(mm_compaction_finished, nid, type, order, ret);
	return ret == COMPACT_NO_SUITABLE_PAGE ? COMPACT_CONTINUE : ret;
}

/* --- start and end of a run --- */

static void start_positions(struct compact_control *cc)
{
	struct compact_zone_state *c = &cc->zone->compact;
	struct scanners *s = scanners_of(cc);
	pfn_t start = cc->zone->zone_start_pfn, end = zone_end_pfn(cc->zone);
	bool sync = cc->mode != MIGRATE_ASYNC;

	s->migrate_pfn = start;
	s->free_pfn = pageblock_start_pfn(end - 1);
	if (cc->whole_zone)
		return;
	s->migrate_pfn = READ_ONCE(c->cached_migrate_pfn[sync]);
	s->free_pfn = READ_ONCE(c->cached_free_pfn);
	if (s->free_pfn < start || s->free_pfn >= end) {
		s->free_pfn = pageblock_start_pfn(end - 1);
		WRITE_ONCE(c->cached_free_pfn, s->free_pfn);
	}
	if (s->migrate_pfn < start || s->migrate_pfn >= end) {
		s->migrate_pfn = start;
		WRITE_ONCE(c->cached_migrate_pfn[0], start);
		WRITE_ONCE(c->cached_migrate_pfn[1], start);
	}
	if (s->migrate_pfn <= READ_ONCE(c->init_migrate_pfn))
		cc->whole_zone = true;
}

static void start_run(struct compact_control *cc)
{
	struct compact_zone_state *c = &cc->zone->compact;
	struct scanners *s = scanners_of(cc);

	scanners_init(s);
	s->search_order = cc->order;
	if (cc->order >= 0 && compaction_restarting(cc->zone, (u32)cc->order))
		reset_isolation_suitable(cc->zone);
	start_positions(cc);
	/* Until something is found, both kinds of run go on from one place. */
	s->update_cached = cc->mode == MIGRATE_ASYNC &&
			   READ_ONCE(c->cached_migrate_pfn[0]) ==
				   READ_ONCE(c->cached_migrate_pfn[1]);
	lru_add_drain();
}

static void end_run(struct compact_control *cc)
{
	struct compact_zone_state *c = &cc->zone->compact;
	pfn_t highest = pageblock_start_pfn(release_freepages(cc));

	if (highest > READ_ONCE(c->cached_free_pfn))
		WRITE_ONCE(c->cached_free_pfn, highest);
	WRITE_ONCE(c->now_source, 0);
	WRITE_ONCE(c->now_target, 0);
}

/* --- the loop --- */

static void putback_rest(struct scanners *s)
{
	putback_lru_pages(&s->migratepages);
	s->nr_migratepages = 0;
}

/* What migrate_pages() says; what would not move is back on the LRU. */
static int migrate_isolated(struct compact_control *cc)
{
	struct scanners *s = scanners_of(cc);
	u32 nr = s->nr_migratepages, moved = 0;
	int err = migrate_pages(&s->migratepages, compaction_alloc,
				compaction_free, cc, cc->mode, MR_COMPACTION,
				&moved);

	cc->nr_migrated += moved;
	cc->nr_failed += nr - moved;
	(void)POINT_HIT(mm_compaction_migratepages, moved, nr - moved);
	putback_rest(s);
	return err;
}

/* Some stayed: is the rest of the block to be taken too, and then skipped? */
static bool must_rescan(const struct compact_control *cc)
{
	const struct scanners *s = scanners_of(cc);

	return !IS_ALIGNED(s->migrate_pfn, pageblock_nr_pages) &&
	       !cc->ignore_skip_hint && !s->finish_pageblock &&
	       cc->mode != MIGRATE_SYNC;
}

/* The scanner has left the area that it last took from: let it become whole. */
static void check_drain(struct compact_control *cc)
{
	struct scanners *s = scanners_of(cc);

	if (cc->order <= 0 || !s->last_migrated ||
	    s->last_migrated >= ALIGN_DOWN(s->migrate_pfn, 1UL << cc->order))
		return;
	lru_add_drain();
	drain_local_pages(cc->zone);
	s->last_migrated = 0;
}

static bool was_captured(void)
{
	return current->capture && READ_ONCE(current->capture->page);
}

/* CONTINUE, or why not. */
static enum compact_result isolate_and_migrate(struct compact_control *cc)
{
	struct compact_zone_state *c = &cc->zone->compact;
	struct scanners *s = scanners_of(cc);
	int err;

	switch (isolate_migratepages(cc)) {
	case ISOLATE_ABORT:
		putback_rest(s);
		return COMPACT_CONTENDED;
	case ISOLATE_NONE:
		if (s->update_cached)
			WRITE_ONCE(c->cached_migrate_pfn[1],
				   READ_ONCE(c->cached_migrate_pfn[0]));
		return COMPACT_CONTINUE;
	case ISOLATE_SUCCESS:
		s->update_cached = false;
		s->last_migrated = max(cc->zone->zone_start_pfn,
				       pageblock_start_pfn(s->migrate_pfn - 1));
	}
	err = migrate_isolated(cc);
	if (err == -ENOMEM && !compact_scanners_met(s))
		return COMPACT_CONTENDED;
	if (err && must_rescan(cc)) {
		s->finish_pageblock = true;
		/* It will not be whole: nothing to drain for. */
		if (cc->order == pageblock_order)
			s->last_migrated = 0;
		return isolate_and_migrate(cc);
	}
	return was_captured() ? COMPACT_SUCCESS : COMPACT_CONTINUE;
}

static enum compact_result run(struct compact_control *cc)
{
	struct scanners *s = scanners_of(cc);
	enum compact_result ret = compact_finished(cc);

	for (; ret == COMPACT_CONTINUE; ret = compact_finished(cc)) {
		s->finish_pageblock = pageblock_start_pfn(s->last_migrated) ==
				      pageblock_start_pfn(s->migrate_pfn);
		ret = isolate_and_migrate(cc);
		if (ret != COMPACT_CONTINUE)
			break;
		check_drain(cc);
	}
	return ret;
}

/* Frees of this thread are looked at: they may complete what is wanted. */
static enum compact_result run_and_capture(struct compact_control *cc)
{
	struct capture_control capc = { .zone = cc->zone,
					.order = (u32)cc->order,
					.type = cc->type };
	enum compact_result ret;

	capture_begin(&capc);
	ret = run(cc);
	end_run(cc);
	cc->page = capture_end();
	return cc->page ? COMPACT_SUCCESS : ret;
}

enum compact_result compact_linux(struct compact_control *cc)
{
	enum compact_result ret = run_is_suitable(cc);
	struct scanners s;

	if (ret != COMPACT_CONTINUE)
		return ret;
	cc->private = &s;
	start_run(cc);
	if (cc->want_page && cc->order >= 0)
		return run_and_capture(cc);
	ret = run(cc);
	end_run(cc);
	return ret;
}
