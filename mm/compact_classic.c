// SPDX-License-Identifier: MIT
/*
 * mm/compact_classic.c - strategy "classic": the two scanners of 2010
 *
 *	from the ends of the zone, each time
 *	32 pages up from migrate_pfn	all that can be taken off the LRU
 *	free frames down from free_pfn	all of a block, split to single frames
 *	until they meet, or the request could be served
 *
 * No hints, no searches, no capture: each run walks what earlier ones walked.
 * What a run frees stays on this CPU's stacks till it ends. "This method is a
 * bit primitive but is easy to understand", says the series; and that to know
 * better, counters of each pageblock would be needed, at too great a cost for
 * the allocator's fast paths. Strategy `guided` has them.
 *
 * What is shared with scan_free.c: freepages[], the callback, taking a chunk.
 *
 * Source: linux-mm 2010, M. Gorman's series, 9th patch ("memory compaction
 * core"; 748446bb6b5a in Linux).
 */
#include <kernel/errno.h>
#include <mm/buddy.h>
#include <mm/lru.h>
#include <mm/mm_state.h>
#include <mm/node_stat.h>
#include <mm/page_alloc.h>
#include <mm/pcp.h>
#include <mm/watermark.h>

#include "scanners.h"

#define THROTTLE_MS 100 /* HZ/10 */

/* --- pages --- */

/* The chunk of free frames that begins here is passed. */
static u32 free_frames_at(const struct pageblock *view, pfn_t pfn)
{
	u32 offset = (u32)(pfn % pageblock_nr_pages);
	s32 order = buddy_chunk_at(view, offset);

	return order > 0 ? 1u << order : block_frame_is_free(view, offset);
}

static u64 take_pages(struct compact_control *cc, pfn_t end,
		      const struct pageblock *view)
{
	struct scanners *s = scanners_of(cc);
	struct lruvec *lruvec = cc->zone->lruvec;
	u64 flags = spin_lock_irqsave(&lruvec->lru_lock), nr_scanned = 0;

	while (s->migrate_pfn < end && s->nr_migratepages < COMPACT_CLUSTER_MAX) {
		struct page *page = pfn_to_page(s->migrate_pfn);
		u32 free = free_frames_at(view, s->migrate_pfn);

		s->migrate_pfn += max(free, 1u);
		nr_scanned++;
		if (free || page->zone_index != cc->zone->index ||
		    page_flag(page, PG_unevictable) ||
		    !isolate_lru_page_locked(lruvec, page))
			continue;
		list_add_tail(&page->lru, &s->migratepages);
		s->nr_migratepages++;
	}
	spin_unlock_irqrestore(&lruvec->lru_lock, flags);
	s->migrate_pfn = min(s->migrate_pfn, end);
	return nr_scanned;
}

static bool wait_for_others(struct compact_control *cc)
{
	while (too_many_isolated(cc)) {
		msleep(THROTTLE_MS);
		if (compact_must_stop(cc))
			return false;
	}
	return true;
}

/* How many are on migratepages now. */
static u32 classic_isolate_migratepages(struct compact_control *cc)
{
	struct scanners *s = scanners_of(cc);
	pfn_t start = s->migrate_pfn, end = pageblock_end_pfn(start);
	struct pageblock view;
	u64 nr_scanned;

	/* Neither across the free scanner nor into a hole. */
	if (end > s->free_pfn || !pageblock_view(cc->zone, start, end, &view)) {
		s->migrate_pfn = end;
		return 0;
	}
	if (!wait_for_others(cc))
		return 0;
	WRITE_ONCE(cc->zone->compact.now_source, start);
	nr_scanned = take_pages(cc, end, &view);
	cc->migrate_scanned += nr_scanned;
	count_vm_events(COMPACTISOLATED, s->nr_migratepages);
	(void)POINT_HIT(mm_compaction_isolate_migratepages, start,
			s->migrate_pfn, nr_scanned, s->nr_migratepages);
	return s->nr_migratepages;
}

/* --- frames --- */

/* As later kernels would not: a wholly free block is a target, too. */
static bool is_target(const struct pageblock *view)
{
	enum migratetype type = pageblock_type(view);

	if (view->bits & (BLOCK_ISOLATE | BLOCK_COMPACTING))
		return false;
	return buddy_chunk_at(view, 0) >= (s32)pageblock_order ||
	       type == MIGRATE_MOVABLE;
}

/* All of the block that may be taken; zone->lock is held for all of it. */
static u64 take_frames(struct compact_control *cc, pfn_t pfn, pfn_t end)
{
	struct zone *zone = cc->zone;
	u64 flags = spin_lock_irqsave(&zone->lock), nr_taken = 0;
	pfn_t start_pfn = pfn;
	u64 nr_scanned = 0;

	while (pfn < end) {
		const struct pageblock *b = pfn_pageblock(zone, pfn);
		s32 order = buddy_chunk_at(b, (u32)(pfn % pageblock_nr_pages));

		nr_scanned++;
		if (order >= 0 && !isolate_free_page(cc, pfn, (u32)order))
			break;
		if (order >= 0)
			nr_taken += 1UL << order;
		pfn += order > 0 ? 1UL << order : 1;
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	cc->free_scanned += nr_scanned;
	count_vm_events(COMPACTISOLATED, nr_taken);
	(void)POINT_HIT(mm_compaction_isolate_freepages, start_pfn, pfn,
			nr_scanned, nr_taken);
	return nr_taken;
}

static u64 take_block(struct compact_control *cc, pfn_t start)
{
	struct zone *zone = cc->zone;
	pfn_t end = min(start + pageblock_nr_pages, zone_end_pfn(zone));
	struct pageblock view;

	if (!pageblock_view(zone, start, end, &view) || !is_target(&view))
		return 0;
	WRITE_ONCE(zone->compact.now_target, start);
	return take_frames(cc, start, end);
}

/*
 * Down to what is enough. The next time begins at the highest block that had
 * some: pages that could not move may have given frames back.
 */
static void classic_isolate_freepages(struct compact_control *cc)
{
	struct scanners *s = scanners_of(cc);
	pfn_t low = pageblock_end_pfn(s->migrate_pfn), high = low;

	for (pfn_t pfn = s->free_pfn;
	     pfn > low && s->nr_freepages < s->nr_migratepages;
	     pfn -= pageblock_nr_pages)
		if (take_block(cc, pfn))
			high = max(high, pfn);
	s->free_pfn = high;
}

static struct page *classic_alloc(struct page *src __unused, void *private)
{
	struct page *page = compaction_take(private);

	if (page)
		return page;
	classic_isolate_freepages(private);
	return compaction_take(private);
}

/* --- the loop --- */

/* Above the low mark, and a chunk that is, or may become, of its type. */
static bool request_is_served(const struct compact_control *cc)
{
	const struct zone *zone = cc->zone;
	const struct freelists *fl = zone->fl;
	u32 order = (u32)cc->order, any = 0;

	if (!zone_watermark_ok(zone, order,
			       wmark_pages(zone, WMARK_LOW) + (1UL << order),
			       ZONE_DMA, 0))
		return false;
	for (u32 type = 0; type < MIGRATE_PCPTYPES; type++)
		any |= READ_PLAIN(fl->order_mask[type]);
	return READ_PLAIN(fl->order_mask[cc->type]) >> order ||
	       any >> max(order, (u32)pageblock_order);
}

static enum compact_result classic_finished(struct compact_control *cc)
{
	const struct scanners *s = scanners_of(cc);
	u32 nid = cc->zone->nid, type = cc->zone->type;
	s32 order = cc->order;
	enum compact_result ret = COMPACT_CONTINUE;

	if (compact_must_stop(cc))
		ret = COMPACT_CONTENDED;
	else if (s->free_pfn <= s->migrate_pfn)
		ret = COMPACT_COMPLETE;
	else if (order >= 0 && request_is_served(cc))
		ret = COMPACT_SUCCESS;
	(void)POINT_HIT(mm_compaction_finished, nid, type, order, ret);
	return ret;
}

static void move_cluster(struct compact_control *cc)
{
	struct scanners *s = scanners_of(cc);
	u32 nr = s->nr_migratepages, moved = 0;

	migrate_pages(&s->migratepages, classic_alloc, compaction_free, cc,
		      cc->mode, MR_COMPACTION, &moved);
	cc->nr_migrated += moved;
	cc->nr_failed += nr - moved;
	(void)POINT_HIT(mm_compaction_migratepages, moved, nr - moved);
	putback_lru_pages(&s->migratepages);
	s->nr_migratepages = 0;
}

static enum compact_result classic_run(struct compact_control *cc)
{
	struct scanners *s = scanners_of(cc);
	struct zone *zone = cc->zone;
	enum compact_result ret;

	scanners_init(s);
	s->migrate_pfn = zone->zone_start_pfn;
	s->free_pfn = pageblock_start_pfn(zone_end_pfn(zone) - 1);
	lru_add_drain_all();
	while ((ret = classic_finished(cc)) == COMPACT_CONTINUE)
		if (classic_isolate_migratepages(cc))
			move_cluster(cc);
	release_freepages(cc);
	drain_local_pages(zone);
	WRITE_ONCE(zone->compact.now_source, 0);
	WRITE_ONCE(zone->compact.now_target, 0);
	return ret;
}

enum compact_result compact_classic(struct compact_control *cc)
{
	enum compact_result ret = run_is_suitable(cc);
	struct scanners s;

	if (ret != COMPACT_CONTINUE)
		return ret;
	cc->private = &s;
	return classic_run(cc);
}
