// SPDX-License-Identifier: MIT
/*
 * mm/scan_migrate.c - the migration scanner: which pages leave
 *
 *	isolate_migratepages()		the next block worth it, upwards
 *	  fast_find_migrateblock()	one that has much free, scan_fast.c
 *	  isolate_migratepages_block()	32 of its pages, or all
 *
 * Each frame of the block is looked at in turn; what makes it pass, fail or be
 * taken stands in look_at_frame() in Linux's order. ASYNC runs for a request
 * work by areas of the request's order: one page that can't be taken, and those
 * taken from the same area go back, as the area can't become whole.
 *
 * Where Linux's ways and ours differ:
 *
 *	free frames	a block's map says which frames are free. It is copied
 *			when the block is entered; Linux reads the record of each
 *			free chunk without a lock
 *	references	Linux takes one, then decides. Here a page found by its
 *			pfn stands still only under the LRU lock with its LRU
 *			flag set, so that lock is taken first
 *
 * Source: Linux's mm/compaction.c.
 */
#include <mm/buddy.h>
#include <mm/lru.h>
#include <mm/mm_state.h>
#include <mm/node_stat.h>
#include <mm/page_alloc.h>
#include <mm/rmap.h>

#include "scanners.h"

#define THROTTLE_MS 20 /* HZ/50 */

DEFINE_POINT(mm_compaction_isolate_migratepages,
	     "start_pfn, end_pfn, nr_scanned, nr_taken");

/* A visit to one block. */
struct block_scan {
	struct compact_control *cc;
	struct scanners *s;
	struct pageblock view;
	pfn_t start, pfn, end;
	bool by_area; /* all of an area, or nothing of it */
	pfn_t area_end;
	bool skip_noted; /* BLOCK_SKIP: tested and set where the block begins */
	struct lruvec *locked;
	u64 irq_flags;
	u64 nr_scanned, nr_taken;
};

enum verdict {
	FRAME_PASSED, /* nothing to take, and nothing in the way */
	FRAME_FAILED,
	FRAME_TAKEN,
	BLOCK_LEFT, /* somebody else is at work here */
};

/* --- the LRU lock, held from page to page --- */

static void unlock_lru(struct block_scan *bs)
{
	if (!bs->locked)
		return;
	spin_unlock_irqrestore(&bs->locked->lru_lock, bs->irq_flags);
	bs->locked = NULL;
}

/* False: the block's skip bit has been set meanwhile, by another run. */
static bool lock_lru(struct block_scan *bs)
{
	struct lruvec *lruvec = bs->cc->zone->lruvec;

	if (bs->locked)
		return true;
	bs->irq_flags = compact_lock_irqsave(bs->cc, &lruvec->lru_lock);
	bs->locked = lruvec;
	if (bs->skip_noted)
		return true;
	bs->skip_noted = true;
	return !test_and_set_skip(bs->cc, bs->pfn) || bs->s->finish_pageblock;
}

/* --- one frame --- */

/* The chunk that begins here is not looked into. */
static enum verdict pass_free(struct block_scan *bs)
{
	s32 order =
		buddy_chunk_at(&bs->view, (u32)(bs->pfn % pageblock_nr_pages));

	if (order > 0) {
		bs->pfn += (1UL << order) - 1;
		bs->nr_scanned += (1UL << order) - 1;
	}
	return FRAME_PASSED;
}

/* Of an allocation that fills all that is wanted; its owner may change it. */
static __no_sanitize_thread u32 peek_order(const struct page *page)
{
	return page->kind_order & 15;
}

static enum verdict fail_in_use(struct block_scan *bs, const struct page *page)
{
	u32 wanted = bs->cc->order < 0 ? pageblock_order : (u32)bs->cc->order;
	u32 order = peek_order(page);

	if (order && order >= wanted && order <= MAX_ORDER &&
	    IS_ALIGNED(bs->pfn, 1UL << order)) {
		bs->pfn += (1UL << order) - 1;
		bs->nr_scanned += (1UL << order) - 1;
	}
	return FRAME_FAILED;
}

/* Linux's folio_mapping(): a file's page that has not been truncated. */
static bool has_mapping(const struct page *page)
{
	return !PageAnon(page) && READ_ONCE(page->mapping);
}

/* The LRU lock is held, and the page is on a list. */
static bool may_take(const struct compact_control *cc, struct page *page)
{
	bool unevictable = page_flag(page, PG_unevictable);
	bool clean_only = cc->mode != MIGRATE_SYNC;

	/* Referred to by more than its entries: pinned, or in somebody's hands. */
	if (!has_mapping(page) && page_ref_count(page) > (s32)page_mapcount(page))
		return false;
	if (has_mapping(page) && !(cc->gfp & __GFP_FS))
		return false;
	if (unevictable && !mm_active->compact.unevictable_allowed)
		return false;
	if (clean_only && page_flag(page, PG_writeback))
		return false;
	/* Every mapping's pages can be moved dirty, if their lock can be had. */
	if ((clean_only && page_flag(page, PG_dirty)) ||
	    (unevictable && has_mapping(page)))
		return !page_locked(page);
	return true;
}

static enum verdict look_at_frame(struct block_scan *bs)
{
	struct page *page = pfn_to_page(bs->pfn);
	struct scanners *s = bs->s;

	if (block_frame_is_free(&bs->view, (u32)(bs->pfn % pageblock_nr_pages)))
		return pass_free(bs);
	if (page->zone_index != bs->cc->zone->index || !page_flag(page, PG_lru))
		return fail_in_use(bs, page);
	if (!lock_lru(bs))
		return BLOCK_LEFT;
	if (!page_flag(page, PG_lru) || !may_take(bs->cc, page) ||
	    !isolate_lru_page_locked(bs->locked, page))
		return FRAME_FAILED;
	list_add_tail(&page->lru, &s->migratepages);
	s->nr_migratepages++;
	bs->nr_taken++;
	return FRAME_TAKEN;
}

/* --- one block --- */

static pfn_t area_end(const struct block_scan *bs)
{
	return ALIGN_DOWN(bs->pfn, 1UL << bs->cc->order) +
	       (1UL << bs->cc->order);
}

/* The area can't become whole: its pages go back, and the next one is begun. */
static void give_area_up(struct block_scan *bs)
{
	unlock_lru(bs);
	putback_lru_pages(&bs->s->migratepages);
	bs->s->nr_migratepages = 0;
	bs->nr_taken = 0;
	if (bs->pfn < bs->area_end) {
		bs->pfn = bs->area_end - 1;
		bs->area_end += 1UL << bs->cc->order;
	}
}

/* An area has been passed; true: its pages should be moved now. */
static bool area_is_done(struct block_scan *bs)
{
	if (!bs->by_area || bs->pfn < bs->area_end)
		return false;
	bs->area_end = area_end(bs);
	return bs->nr_taken != 0;
}

/* A lock that others wait for is taken once more, for all the rest. */
static bool cluster_is_full(const struct block_scan *bs)
{
	return bs->s->nr_migratepages >= COMPACT_CLUSTER_MAX &&
	       !bs->s->finish_pageblock && !bs->cc->contended;
}

/* Every 32 frames the lock is let go of; true: the run has to end. */
static bool take_breath(struct block_scan *bs)
{
	if (bs->pfn % COMPACT_CLUSTER_MAX)
		return false;
	unlock_lru(bs);
	return compact_interrupted(bs->cc);
}

/* One step; false: the visit ends here, with pfn what is to be seen next. */
static bool scan_step(struct block_scan *bs)
{
	enum verdict verdict = look_at_frame(bs);

	if (verdict == BLOCK_LEFT) {
		bs->pfn = bs->end;
		return false;
	}
	if (verdict == FRAME_FAILED && bs->by_area)
		give_area_up(bs);
	bs->pfn++;
	return verdict != FRAME_TAKEN || !cluster_is_full(bs);
}

/* False: the run has to end. */
static bool scan_frames(struct block_scan *bs)
{
	while (bs->pfn < bs->end) {
		if (area_is_done(bs))
			break;
		if (take_breath(bs))
			return false;
		bs->nr_scanned++;
		if (!scan_step(bs))
			break;
	}
	unlock_lru(bs);
	bs->pfn = min(bs->pfn, bs->end);
	return true;
}

static void end_visit(struct block_scan *bs)
{
	struct compact_control *cc = bs->cc;

	/* In vain, or for the second time: not again soon. */
	if (bs->pfn == bs->end && (!bs->nr_taken || bs->s->finish_pageblock)) {
		if (!bs->skip_noted)
			set_pageblock_skip(cc, bs->start);
		update_cached_migrate(cc, bs->end);
	}
	bs->s->migrate_pfn = bs->pfn;
	(void)POINT_HIT(mm_compaction_isolate_migratepages, bs->start, bs->pfn,
			bs->nr_scanned, bs->nr_taken);
}

bool too_many_isolated(const struct compact_control *cc)
{
	const struct lruvec *lruvec = cc->zone->lruvec;
	u32 nid = cc->zone->nid;
	u64 isolated = node_page_state(nid, NR_ISOLATED_ANON) +
		       node_page_state(nid, NR_ISOLATED_FILE);
	u64 inactive = lruvec_size(lruvec, LRU_INACTIVE_ANON) +
		       lruvec_size(lruvec, LRU_INACTIVE_FILE);
	u64 active = lruvec_size(lruvec, LRU_ACTIVE_ANON) +
		     lruvec_size(lruvec, LRU_ACTIVE_FILE);

	/* Who may not enter file systems goes first: others wait for him. */
	if (cc->gfp & __GFP_FS) {
		inactive >>= 3;
		active >>= 3;
	}
	return isolated > (inactive + active) / 2;
}

/* False: not now, and it can't be waited for. */
static bool wait_for_others(struct compact_control *cc)
{
	while (too_many_isolated(cc)) {
		if (scanners_of(cc)->nr_migratepages ||
		    cc->mode == MIGRATE_ASYNC)
			return false;
		msleep(THROTTLE_MS);
		if (compact_interrupted(cc))
			return false;
	}
	return true;
}

/* False: the run has to end. */
static bool isolate_migratepages_block(struct compact_control *cc, pfn_t pfn,
				       pfn_t end, const struct pageblock *view)
{
	struct block_scan bs = { .cc = cc,
				 .s = scanners_of(cc),
				 .view = *view,
				 .start = pfn,
				 .pfn = pfn,
				 .end = end,
				 .skip_noted = !block_begins(cc, pfn) };
	bool go_on;

	if (!wait_for_others(cc))
		return false;
	WRITE_ONCE(cc->zone->compact.now_source, pfn);
	bs.by_area = cc->direct && cc->mode == MIGRATE_ASYNC && cc->order >= 0;
	if (bs.by_area)
		bs.area_end = area_end(&bs);
	go_on = scan_frames(&bs);
	if (go_on)
		end_visit(&bs);
	else
		unlock_lru(&bs);
	cc->migrate_scanned += bs.nr_scanned;
	count_vm_events(COMPACTISOLATED, bs.nr_taken);
	return go_on;
}

/* --- which block --- */

/* A hopeful run for a request looks for it among blocks of its type only. */
static bool suitable_migration_source(const struct compact_control *cc,
				      const struct pageblock *view)
{
	enum migratetype type = pageblock_type(view);

	if (view->nr[FRAME_RESERVED] == pageblock_nr_pages)
		return false;
	if (cc->mode != MIGRATE_ASYNC || !cc->direct)
		return true;
	return type == cc->type ||
	       (cc->type == MIGRATE_MOVABLE && type == MIGRATE_CMA);
}

/* Is the block entered here, and worth it? */
static bool is_source(struct compact_control *cc, pfn_t pfn, bool fast,
		      const struct pageblock *view)
{
	if (block_begins(cc, pfn) && !fast && !isolation_suitable(cc, view))
		return false;
	if (suitable_migration_source(cc, view))
		return true;
	update_cached_migrate(cc, pageblock_end_pfn(pfn));
	return false;
}

enum isolate_migrate isolate_migratepages(struct compact_control *cc)
{
	struct scanners *s = scanners_of(cc);
	pfn_t pfn = fast_find_migrateblock(cc), end = pageblock_end_pfn(pfn);
	bool fast = pfn != s->migrate_pfn && !s->fast_search_fail;
	struct pageblock view;

	for (; end <= s->free_pfn; fast = false, s->migrate_pfn = pfn = end,
				   end += pageblock_nr_pages) {
		pfn_t start =
			max(pageblock_start_pfn(pfn), cc->zone->zone_start_pfn);

		if (!pageblock_view(cc->zone, start, end, &view) ||
		    !is_source(cc, pfn, fast, &view))
			continue;
		if (!isolate_migratepages_block(cc, pfn, end, &view))
			return ISOLATE_ABORT;
		break;
	}
	return s->nr_migratepages ? ISOLATE_SUCCESS : ISOLATE_NONE;
}
