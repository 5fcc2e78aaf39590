// SPDX-License-Identifier: MIT
/*
 * mm/slow_path.c - when no zone is above its low mark
 *
 *	wake kswapd; try by the min mark
 *	the request may ignore marks: do so
 *	drain the CPUs' stacks; have what vfree() queued given back; give back a
 *	block of the highatomic reserve
 *	compaction, reclaim: as long as they say that they got something
 *	let types mix (defrag_mode), kill somebody
 *	ask kcompactd for a chunk, for who comes next; dip into the reserve
 *
 * Each step ends with a new try. Who may not wait skips those that could take
 * time. Linux: __alloc_pages_slowpath().
 */
#include <kernel/thread.h>
#include <mm/highatomic.h>
#include <mm/node_stat.h>
#include <mm/watermark.h>

#include "alloc_internal.h"

#define COMPACT_RETRIES 16 /* Linux: MAX_COMPACT_RETRIES */

static u32 gfp_to_alloc_flags(const struct alloc_context *ac)
{
	u32 flags = ALLOC_WMARK_MIN | ALLOC_CPUSET;

	if (ac->gfp & __GFP_HIGH)
		flags |= ALLOC_MIN_RESERVE;
	if (ac->gfp & __GFP_KSWAPD_RECLAIM)
		flags |= ALLOC_KSWAPD;
	if (!(ac->gfp & (__GFP_DIRECT_RECLAIM | __GFP_NOMEMALLOC))) {
		flags |= ALLOC_NON_BLOCK;
		if (ac->order && (ac->gfp & __GFP_HIGH))
			flags |= ALLOC_HIGHATOMIC;
	}
	if (ac->type == MIGRATE_MOVABLE)
		flags |= ALLOC_CMA;
	if (ac->mm->defrag_mode)
		flags |= ALLOC_NOFRAGMENT;
	return flags;
}

/*
 * A boost is memory to reclaim before it is missed. Without a kswapd nobody
 * will, and the marks go down again.
 */
static void wake_kswapd(const struct alloc_context *ac, struct zone *zone)
{
	u32 order = ac->order;
	u64 flags;

	/* In defrag_mode it makes whole blocks. */
	if (ac->mm->defrag_mode)
		order = max(order, (u32)pageblock_order);
	if (ac->mm->slowpath.wake_kswapd) {
		ac->mm->slowpath.wake_kswapd(zone, order);
		return;
	}
	flags = spin_lock_irqsave(&zone->lock);
	WRITE_PLAIN(zone->watermark_boost, 0);
	spin_unlock_irqrestore(&zone->lock, flags);
	/* It would go to sleep at once, and do this before. */
	if (ac->gfp & __GFP_DIRECT_RECLAIM)
		reset_isolation_suitable(zone);
}

/* Each zone of the list that may serve the request. */
static void for_zones(const struct alloc_context *ac,
		      void (*what)(const struct alloc_context *ac,
				   struct zone *zone))
{
	for (u32 i = 0; i < ac->zonelist->nr; i++) {
		struct zone *zone =
			zone_by_index(ac->mm, ac->zonelist->zone_index[i]);

		if (zone_is_meant(ac, zone))
			what(ac, zone);
	}
}

static void drain_local(const struct alloc_context *ac __unused,
			struct zone *zone)
{
	drain_local_pages(zone);
}

/*
 * Stacks may hold what the lists lack. Other CPUs are asked to empty theirs,
 * and answer; who may not wait has this CPU's only.
 */
static struct page *drain_and_try(const struct alloc_context *ac, u32 flags)
{
	if (ac->gfp & __GFP_DIRECT_RECLAIM)
		drain_all_pages(ac->mm, NULL);
	else
		for_zones(ac, drain_local);
	return get_page_from_freelist(ac, flags);
}

/* A flush interrupts every CPU, as a drain does, and nothing is lost by it. */
static struct page *purge_and_try(const struct alloc_context *ac, u32 flags)
{
	const struct slowpath_ops *ops = &ac->mm->slowpath;

	if (!(ac->gfp & __GFP_DIRECT_RECLAIM) || !ops->purge ||
	    !ops->purge(ac->mm))
		return NULL;
	return drain_and_try(ac, flags);
}

/* A block of others' reserves becomes one of this type: a step of reclaim. */
static bool unreserve(const struct alloc_context *ac, bool force)
{
	if (!(ac->gfp & __GFP_DIRECT_RECLAIM))
		return false;
	for (u32 i = 0; i < ac->zonelist->nr; i++) {
		struct zone *zone =
			zone_by_index(ac->mm, ac->zonelist->zone_index[i]);

		if (zone_is_meant(ac, zone) &&
		    unreserve_highatomic_pageblock(zone, ac->type, force))
			return true;
	}
	return false;
}

static bool ignores_watermarks(gfp_t gfp)
{
	return (gfp & __GFP_MEMALLOC) && !(gfp & __GFP_NOMEMALLOC);
}

/* --- compaction --- */

static bool can_compact(const struct alloc_context *ac)
{
	return ac->order && (ac->gfp & __GFP_DIRECT_RECLAIM) &&
	       ac->mm->slowpath.compact && current && !current->memalloc;
}

/* A page it hands over, or one that can be had now. */
static struct page *compact_and_try(const struct alloc_context *ac, u32 flags,
				    enum compact_priority prio,
				    enum compact_result *result)
{
	struct page *page = ac->mm->slowpath.compact(ac, flags, prio, result);

	if (*result == COMPACT_SKIPPED)
		return NULL;
	count_vm_event(COMPACTSTALL);
	if (!page)
		page = get_page_from_freelist(ac, flags);
	count_vm_event(page ? COMPACTSUCCESS : COMPACTFAIL);
	return page;
}

/*
 * What failed at one priority is tried at the next: up to SYNC_FULL for small
 * orders; for others only if they say that they can wait. A chunk that somebody
 * else was quicker to take is worth some more tries.
 */
static bool should_compact_retry(const struct alloc_context *ac,
				 enum compact_result result,
				 enum compact_priority *prio, u32 *retries)
{
	bool costly = ac->order > PCP_ORDER_MAX;
	u32 most = costly ? COMPACT_RETRIES / 4 : COMPACT_RETRIES;
	enum compact_priority hardest = costly ? MIN_COMPACT_COSTLY_PRIORITY :
						 COMPACT_PRIO_SYNC_FULL;
	bool again = false;

	if (result == COMPACT_SUCCESS && ++*retries <= most) {
		again = true;
	} else if (result > COMPACT_NO_SUITABLE_PAGE && *prio > hardest) {
		--*prio;
		*retries = 0;
		again = true;
	}
	POINT(compact_retry, ac->order, *prio, result, *retries, most, again);
	return again;
}

static struct page *compact_until(const struct alloc_context *ac, u32 flags)
{
	/* Movable requests of small orders would rather reclaim first. */
	bool costly = ac->order > PCP_ORDER_MAX;
	enum compact_priority prio = costly || ac->type != MIGRATE_MOVABLE ?
					     COMPACT_PRIO_ASYNC :
					     COMPACT_PRIO_SYNC_LIGHT;
	enum compact_result result;
	struct page *page;
	u32 retries = 0;

	if (!can_compact(ac))
		return NULL;
	do {
		page = compact_and_try(ac, flags, prio, &result);
		if (page || (ac->gfp & __GFP_NORETRY))
			return page;
	} while (should_compact_retry(ac, result, &prio, &retries));
	return NULL;
}

/* The first node of the list that could make such a chunk is told to. */
static void ask_kcompactd(const struct alloc_context *ac)
{
	if (!ac->order || !(ac->gfp & __GFP_KSWAPD_RECLAIM) ||
	    !(ac->mm->compact.trigger & COMPACT_TRIGGER_FAILURE))
		return;
	for (u32 i = 0; i < ac->zonelist->nr; i++) {
		struct zone *zone =
			zone_by_index(ac->mm, ac->zonelist->zone_index[i]);

		if (zone_is_meant(ac, zone) &&
		    wakeup_kcompactd(zone, ac->order, ac->type, ac->highest_zone))
			return;
	}
}

/* --- reclaim --- */

static bool reclaim(const struct alloc_context *ac)
{
	const struct slowpath_ops *ops = &ac->mm->slowpath;

	return (ac->gfp & __GFP_DIRECT_RECLAIM) && ops->reclaim &&
	       ops->reclaim(ac->mm, ac->gfp, ac->order);
}

/* As long as something is gained. */
static struct page *make_room(const struct alloc_context *ac, u32 flags)
{
	struct page *page = compact_until(ac, flags);

	while (!page && reclaim(ac)) {
		page = get_page_from_freelist(ac, flags);
		if (!page)
			page = compact_until(ac, flags);
	}
	return page;
}

static bool kill_somebody(const struct alloc_context *ac)
{
	const struct slowpath_ops *ops = &ac->mm->slowpath;

	/* Of one node there may be plenty elsewhere. */
	if (ac->gfp & (__GFP_NORETRY | __GFP_RETRY_MAYFAIL | __GFP_THISNODE))
		return false;
	return ac->order <= PCP_ORDER_MAX && ops->oom &&
	       ops->oom(ac->mm, ac->gfp, ac->order);
}

struct page *alloc_pages_slowpath(const struct alloc_context *ac)
{
	bool may_wait = ac->gfp & __GFP_DIRECT_RECLAIM;
	u32 flags = gfp_to_alloc_flags(ac);
	struct page *page;

	if (ac->gfp & __GFP_KSWAPD_RECLAIM)
		for_zones(ac, wake_kswapd);
	page = get_page_from_freelist(ac, flags);
	if (!page && ignores_watermarks(ac->gfp))
		page = get_page_from_freelist(ac, flags | ALLOC_NO_WATERMARKS);
	if (!page)
		page = drain_and_try(ac, flags);
	if (!page)
		page = purge_and_try(ac, flags);
	if (!page && unreserve(ac, false))
		page = get_page_from_freelist(ac, flags);
	if (!page)
		page = make_room(ac, flags);
	if (!page && unreserve(ac, true))
		page = get_page_from_freelist(ac, flags);
	if (!page && (flags & ALLOC_NOFRAGMENT)) {
		flags &= ~ALLOC_NOFRAGMENT;
		page = get_page_from_freelist(ac, flags);
	}
	while (!page && may_wait && kill_somebody(ac)) {
		page = get_page_from_freelist(ac, flags);
		if (!page)
			page = make_room(ac, flags);
	}
	if (!page)
		ask_kcompactd(ac);
	if (!page && (ac->gfp & __GFP_NOFAIL))
		page = get_page_from_freelist(ac, flags | ALLOC_MIN_RESERVE);
	return page;
}
