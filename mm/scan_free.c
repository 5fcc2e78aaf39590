// SPDX-License-Identifier: MIT
/*
 * mm/scan_free.c - the free scanner: where pages go
 *
 *	migrate_pages() wants a frame
 *	  freepages[] has a chunk		split down to it
 *	  fast_isolate_freepages()	by the free lists, scan_fast.c
 *	  isolate_freepages_linear()	block after block, downwards
 *
 * Chunks keep their order on freepages[] and are split when a page needs it.
 * What was not needed goes back at the end, and the next run begins where the
 * highest of it lies.
 *
 * Linear and ASYNC: only every 32nd frame of a block is looked at until one was
 * the start of a free chunk; from the next block on, every one. So free frames
 * at odd places are never seen, however many there are. This is Linux's way, and
 * the reason for what it gets on a checkerboard (docs/compaction-linux.md). In
 * the other modes steps begin at 1, but double after each block without a hit.
 *
 * Source: Linux's mm/compaction.c, and mm/page_alloc.c for taking.
 */
#include <mm/buddy.h>
#include <mm/lru.h>
#include <mm/mm_state.h>
#include <mm/node_stat.h>
#include <mm/watermark.h>
#include <arch/mmu.h>

#include "alloc_internal.h"
#include "scanners.h"

DEFINE_POINT(mm_compaction_isolate_freepages,
	     "start_pfn, end_pfn, nr_scanned, nr_taken");

/* --- taking a chunk, giving back --- */

static bool room_to_take(const struct zone *zone, u32 order)
{
	return watermark_allows(zone, 0,
				zone->watermark[WMARK_MIN] + (1UL << order),
				ZONE_DMA, ALLOC_CMA,
				READ_PLAIN(zone->nr_free_pages));
}

bool isolate_free_page(struct compact_control *cc, pfn_t pfn, u32 order)
{
	struct scanners *s = scanners_of(cc);
	struct zone *zone = cc->zone;
	struct pageblock *b = pfn_pageblock(zone, pfn);
	struct page *page = pfn_to_page(pfn);

	if (!room_to_take(zone, order))
		return false;
	freelist_take_at(zone, pfn, order, MIGRATE_MOVABLE);
	this_pcp(zone->index)->nr_general_alloc += 1UL << order;
	/* Each of its parts may be a page of its own. */
	for (u32 i = 1; i < 1u << order; i++)
		page[i].charge = page->charge;
	if (order + 1 >= pageblock_order &&
	    pageblock_type(b) != MIGRATE_MOVABLE &&
	    migratetype_is_mergeable(pageblock_type(b)))
		freelist_retype(zone, b, MIGRATE_MOVABLE);
	list_add_tail(&page->lru, &s->freepages[order]);
	s->nr_freepages += 1UL << order;
	return true;
}

/* The chunk is whole: as it was taken, or what splitting left of it. */
static void give_back(struct zone *zone, struct page *page, u32 order)
{
	list_del(&page->lru);
	free_one_page(zone, page, order);
}

pfn_t release_freepages(struct compact_control *cc)
{
	struct scanners *s = scanners_of(cc);
	pfn_t highest = 0;

	for (u32 order = 0; order < NR_PAGE_ORDERS; order++)
		while (!list_empty(&s->freepages[order])) {
			struct page *page = list_first_entry(
				&s->freepages[order], struct page, lru);

			highest = max(highest, page_to_pfn(page));
			give_back(cc->zone, page, order);
		}
	s->nr_freepages = 0;
	return highest;
}

/* --- callbacks of migrate_pages() --- */

/* The smallest chunk, its lowest frame; the rest stays in halves. */
static struct page *split_smallest(struct scanners *s)
{
	struct page *page;
	u32 order = 0;

	while (order < NR_PAGE_ORDERS && list_empty(&s->freepages[order]))
		order++;
	if (order == NR_PAGE_ORDERS)
		return NULL;
	page = list_first_entry(&s->freepages[order], struct page, lru);
	list_del(&page->lru);
	while (order--)
		list_add(&page[1UL << order].lru, &s->freepages[order]);
	s->nr_freepages--;
	return page;
}

struct page *compaction_take(struct compact_control *cc)
{
	struct scanners *s = scanners_of(cc);
	struct page *page;

	do
		page = split_smallest(s);
	while (page && !prep_new_page(page, 0, GFP_HIGHUSER_MOVABLE));
	if (page && s->nr_migratepages)
		s->nr_migratepages--;
	return page;
}

void compaction_free(struct page *dst, void *private)
{
	struct scanners *s = scanners_of(private);

	arch_free_page(page_to_pfn(dst), 0);
	/* It goes nowhere from here, but must be fit to. */
	if (!free_pages_prepare(dst, 0))
		return;
	list_add(&dst->lru, &s->freepages[0]);
	s->nr_freepages++;
	s->nr_migratepages++;
}

/* --- one block --- */

struct block_take {
	struct compact_control *cc;
	struct scanners *s;
	pfn_t pfn, end;
	u32 stride;
	u64 nr_scanned, nr_taken;
};

/* False: no more is to be taken, now. zone->lock held. */
static bool take_here(struct block_take *bt)
{
	const struct pageblock *b = pfn_pageblock(bt->cc->zone, bt->pfn);
	s32 order = buddy_chunk_at(b, (u32)(bt->pfn % pageblock_nr_pages));

	bt->nr_scanned++;
	if (order < 0) {
		bt->pfn += bt->stride;
		return true;
	}
	if (!isolate_free_page(bt->cc, bt->pfn, (u32)order))
		return false;
	bt->nr_scanned += (1UL << order) - 1;
	bt->nr_taken += 1UL << order;
	bt->pfn += 1UL << order;
	if (enough(bt->s))
		return false;
	bt->pfn += bt->stride - 1;
	return true;
}

/* Up to where the lock is let go of; false: enough, or nothing to be had. */
static bool take_cluster(struct block_take *bt)
{
	struct zone *zone = bt->cc->zone;
	pfn_t cluster = ALIGN_DOWN(bt->pfn, (u64)COMPACT_CLUSTER_MAX);
	pfn_t stop = min(cluster + COMPACT_CLUSTER_MAX, bt->end);
	u64 flags = compact_lock_irqsave(bt->cc, &zone->lock);
	bool go_on = true;

	/* Fenced off meanwhile: its frames are for somebody else. */
	if (pfn_pageblock(zone, bt->pfn)->bits &
	    (BLOCK_ISOLATE | BLOCK_COMPACTING))
		bt->pfn = bt->end;
	while (go_on && bt->pfn < stop)
		go_on = take_here(bt);
	spin_unlock_irqrestore(&zone->lock, flags);
	return go_on;
}

u64 isolate_freepages_block(struct compact_control *cc, pfn_t *pfn, pfn_t end,
			    u32 stride)
{
	struct block_take bt = { .cc = cc,
				 .s = scanners_of(cc),
				 .pfn = *pfn,
				 .end = end,
				 .stride = stride };

	while (bt.pfn < end && !compact_interrupted(cc) && take_cluster(&bt))
		;
	bt.pfn = min(bt.pfn, end);
	(void)POINT_HIT(mm_compaction_isolate_freepages, *pfn, bt.pfn,
			bt.nr_scanned, bt.nr_taken);
	if (bt.nr_taken)
		WRITE_ONCE(cc->zone->compact.now_target,
			   pageblock_start_pfn(*pfn));
	cc->free_scanned += bt.nr_scanned;
	count_vm_events(COMPACTISOLATED, bt.nr_taken);
	*pfn = bt.pfn;
	return bt.nr_taken;
}

bool suitable_migration_target(const struct compact_control *cc,
			       const struct pageblock *view)
{
	s32 wanted = cc->order > 0 ? cc->order : pageblock_order;
	enum migratetype type = pageblock_type(view);

	if (view->bits & (BLOCK_ISOLATE | BLOCK_COMPACTING))
		return false;
	/* It serves what the run is for, or begins with what does. */
	if (buddy_chunk_at(view, 0) >= min(wanted, (s32)pageblock_order))
		return false;
	return cc->ignore_block_suitable || type == MIGRATE_MOVABLE ||
	       type == MIGRATE_CMA;
}

/* --- the linear search --- */

/* Fruitless blocks are looked at in ever larger steps. */
static u32 next_stride(u32 stride, u64 nr_taken)
{
	return nr_taken ? 1 : min((u32)COMPACT_CLUSTER_MAX, stride * 2);
}

/* The next block below, from s->free_pfn on; false: this was the last needed. */
static bool isolate_freepages_step(struct compact_control *cc, pfn_t start,
				   u32 *stride)
{
	struct scanners *s = scanners_of(cc);
	pfn_t end = min(start + pageblock_nr_pages, zone_end_pfn(cc->zone));
	pfn_t pfn = max(s->free_pfn, start);
	struct pageblock view;
	u64 nr_taken;

	s->free_pfn = start - pageblock_nr_pages;
	if (!pageblock_view(cc->zone, start, end, &view) ||
	    !suitable_migration_target(cc, &view) ||
	    !isolation_suitable(cc, &view))
		return true;
	nr_taken = isolate_freepages_block(cc, &pfn, end, *stride);
	*stride = next_stride(*stride, nr_taken);
	if (pfn == end) {
		set_pageblock_skip(cc, start);
		update_cached_free(cc, start - pageblock_nr_pages);
	} else {
		s->free_pfn = pfn; /* there is more to be had here */
	}
	return pfn == end && !enough(s);
}

static void isolate_freepages_linear(struct compact_control *cc)
{
	struct scanners *s = scanners_of(cc);
	pfn_t start = pageblock_start_pfn(s->free_pfn);
	pfn_t low = pageblock_end_pfn(s->migrate_pfn);
	u32 stride = cc->mode == MIGRATE_ASYNC ? COMPACT_CLUSTER_MAX : 1;

	while (start >= low && isolate_freepages_step(cc, start, &stride))
		start -= pageblock_nr_pages;
}

static void isolate_freepages(struct compact_control *cc)
{
	fast_isolate_freepages(cc);
	if (!scanners_of(cc)->nr_freepages)
		isolate_freepages_linear(cc);
}

struct page *compaction_alloc(struct page *src __unused, void *private)
{
	struct page *page = compaction_take(private);

	if (page)
		return page;
	isolate_freepages(private);
	return compaction_take(private);
}
