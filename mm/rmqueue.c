// SPDX-License-Identifier: MIT
/*
 * mm/rmqueue.c - frames out of one zone
 *
 * For orders with a stack the stack comes first (mm/pcp.c), which refills
 * itself through rmqueue_bulk(). What the lists give is decided here, in this
 * order:
 *
 *	the highatomic reserve	for who may use it
 *	CMA			for movable requests, while it is most of what
 *				is free
 *	blocks of the type	the fullest, or the smallest sufficient chunk
 *	CMA
 *	another type's block	by the fallback policy
 *	the highatomic reserve	for who must not fail
 */
#include <kernel/string.h>
#include <mm/capture.h>
#include <mm/freelist.h>

#include "alloc_internal.h"

void prep_new_page_slow(struct page *page, u32 order, gfp_t gfp)
{
	if (gfp & __GFP_ZERO)
		for (u32 i = 0; i < 1u << order; i++)
			clear_page(page + i);
	if (page_debug_on)
		page_debug_alloc(page, order, gfp);
}

static struct pageblock *pick_block(struct zone *zone, u32 order,
				    enum migratetype type)
{
	if (zone->place_fullest && order == 0)
		return freelist_find_fullest(zone, type);
	return freelist_find(zone, order, type);
}

/* CMA first when it has more than half of what is free: Linux's balance. */
static bool cma_first(const struct zone *zone)
{
	return READ_PLAIN(zone->fl->nr_free[MIGRATE_CMA]) >
	       READ_PLAIN(zone->nr_free_pages) / 2;
}

/* first: of a refill. */
static struct pageblock *find_block(struct zone *zone, u32 order,
				    enum migratetype type, u32 flags, bool first)
{
	struct pageblock *b = NULL;

	if (flags & ALLOC_HIGHATOMIC)
		b = freelist_find(zone, order, MIGRATE_HIGHATOMIC);
	if (!b && (flags & ALLOC_CMA) && cma_first(zone))
		b = pick_block(zone, order, MIGRATE_CMA);
	if (!b)
		b = pick_block(zone, order, type);
	if (!b && (flags & ALLOC_CMA))
		b = pick_block(zone, order, MIGRATE_CMA);
	if (!b && (first || !zone->policy->sparing))
		b = zone->policy->pick(zone, order, type, flags);
	if (!b && (flags & (ALLOC_OOM | ALLOC_NON_BLOCK)))
		b = freelist_find(zone, order, MIGRATE_HIGHATOMIC);
	return b;
}

DEFINE_POINT(mm_page_alloc_zone_locked,
	     "pfn, order, migratetype, percpu_refill");

void note_zone_locked(pfn_t pfn, u32 order, enum migratetype charge)
{
	(void)POINT_HIT(mm_page_alloc_zone_locked, pfn, order, charge,
			pcp_has_order(order));
}

static __noinline void note_all(struct page **pages, u32 nr, u32 order,
				enum migratetype charge)
{
	for (u32 i = 0; i < nr; i++)
		note_zone_locked(page_to_pfn(pages[i]), order, charge);
}

u32 rmqueue_bulk(struct zone *zone, u32 order, enum migratetype charge,
		 u32 alloc_flags, struct page **out, u32 nr)
{
	u64 flags = spin_lock_irqsave(&zone->lock);
	u32 done = 0;

	while (done < nr) {
		struct pageblock *b =
			find_block(zone, order, charge, alloc_flags, !done);

		if (!b)
			break;
		if (order == 0)
			done += freelist_take_frames(zone, b, charge,
						     out + done, nr - done);
		else
			out[done++] = pfn_to_page(
				freelist_take(zone, b, order, charge));
	}
	if (POINT_ON(mm_page_alloc_zone_locked))
		note_all(out, done, order, charge);
	spin_unlock_irqrestore(&zone->lock, flags);
	if (unlikely(READ_PLAIN(zone->fallback.evacuation_wanted)))
		kcompactd_evacuate(zone);
	if (unlikely(READ_PLAIN(zone->compact.watched) >> order & 1))
		compact_watch(zone);
	return done;
}

/* What a CPU counts no interrupt may split, nor a change of CPU. */
static void count_general_alloc(struct zone *zone, u32 order)
{
	u64 flags = arch_irq_save();

	this_pcp(zone->index)->nr_general_alloc += 1UL << order;
	arch_irq_restore(flags);
}

struct page *rmqueue(struct zone *zone, u32 order, enum migratetype charge,
		     u32 alloc_flags)
{
	struct page *page = NULL;

	if (pcp_has_order(order) && !(alloc_flags & ALLOC_HIGHATOMIC))
		page = pcp_alloc(zone, order, charge, alloc_flags);
	if (!page && rmqueue_bulk(zone, order, charge, alloc_flags, &page, 1))
		count_general_alloc(zone, order);
	return page;
}

void free_one_page(struct zone *zone, struct page *page, u32 order)
{
	u64 flags = spin_lock_irqsave(&zone->lock);

	this_pcp(zone->index)->nr_general_free += 1UL << order;
	freelist_put(zone, page_to_pfn(page), order, page_charge(page));
	if (capture_wanted(zone))
		compaction_capture(zone, page_to_pfn(page), order);
	spin_unlock_irqrestore(&zone->lock, flags);
}

struct page *alloc_pages_zone(struct zone *zone, gfp_t gfp, u32 order,
			      u32 alloc_flags)
{
	struct page *page;

	do
		page = rmqueue(zone, order,
			       (enum migratetype)gfp_migratetype(gfp),
			       alloc_flags);
	while (page && !prep_new_page(page, order, gfp));
	return page;
}
