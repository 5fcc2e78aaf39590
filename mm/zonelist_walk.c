// SPDX-License-Identifier: MIT
/*
 * mm/zonelist_walk.c - which zone may serve a request
 *
 * The zones of the node's list in turn, nearest first: none above the one that
 * the mask allows; each must stay above its mark. Flags say who may go deeper
 * and who must not mix types. Linux: get_page_from_freelist().
 */
#include <kernel/panic.h>
#include <kernel/thread.h>
#include <mm/evacuate.h>
#include <mm/highatomic.h>
#include <mm/migrate.h>
#include <mm/show_mem.h>
#include <mm/watermark.h>

#include "alloc_internal.h"

DEFINE_POINT(fail_page_alloc, "gfp_flags, order");

void count_numa_miss(const struct zone *preferred, const struct zone *zone)
{
	this_pcp(zone->index)->numa[NUMA_MISS]++;
	this_pcp(preferred->index)->numa[NUMA_FOREIGN]++;
}

/*
 * Urgent single frames don't wait until a boost has been worked off: they go
 * by the plain mark.
 */
static bool zone_has_room(const struct alloc_context *ac,
			  const struct zone *zone, u32 flags)
{
	u32 mark = flags & ALLOC_WMARK_MASK;

	if (flags & ALLOC_NO_WATERMARKS)
		return true;
	if (zone_watermark_ok(zone, ac->order, wmark_pages(zone, mark),
			      ac->highest_zone, flags))
		return true;
	return !ac->order && (flags & ALLOC_MIN_RESERVE) &&
	       mark == ALLOC_WMARK_MIN && READ_PLAIN(zone->watermark_boost) &&
	       zone_watermark_ok(zone, 0, zone->watermark[WMARK_MIN],
				 ac->highest_zone, flags);
}

/*
 * Rather than take a further block, have movable pages leave those that are
 * kept; rather than mix types, have them leave one more.
 */
static struct page *rmqueue_with_care(const struct alloc_context *ac,
				      struct zone *zone, u32 flags)
{
	u32 unmixed = flags | ALLOC_NOFRAGMENT, kept = unmixed | ALLOC_NOCLAIM;
	struct page *page = rmqueue(zone, ac->order, ac->type, kept);

	if (!page && evacuate_guests(zone))
		page = rmqueue(zone, ac->order, ac->type, kept);
	if (!page)
		page = rmqueue(zone, ac->order, ac->type, unmixed);
	if (page || (flags & ALLOC_NOFRAGMENT))
		return page;
	if (evacuate_for_request(zone, ac->order, ac->type))
		page = rmqueue(zone, ac->order, ac->type, unmixed);
	return page ? page : rmqueue(zone, ac->order, ac->type, flags);
}

/* Only who may wait. */
static bool takes_care(const struct alloc_context *ac, const struct zone *zone)
{
	return zone->policy->evacuates && ac->type != MIGRATE_MOVABLE &&
	       (ac->gfp & __GFP_DIRECT_RECLAIM);
}

static struct page *try_zone(const struct alloc_context *ac, struct zone *zone,
			     u32 flags)
{
	struct page *page;

	if (!zone_has_room(ac, zone, flags))
		return NULL;
	do {
		page = takes_care(ac, zone) ?
			       rmqueue_with_care(ac, zone, flags) :
			       rmqueue(zone, ac->order, ac->type, flags);
		if (!page)
			return NULL;
	} while (!prep_new_page(page, ac->order, ac->gfp));
	count_numa(ac->preferred, zone);
	if ((flags & ALLOC_HIGHATOMIC) && ac->order)
		reserve_highatomic_pageblock(zone, page);
	return page;
}

/*
 * NOFRAGMENT is for the preferred node only: rather mix types near than go
 * far. At the end of the list it is dropped once. In defrag_mode the slow path
 * alone drops it.
 */
struct page *get_page_from_freelist(const struct alloc_context *ac, u32 flags)
{
	bool strict = ac->mm->defrag_mode;

	for (;;) {
		u32 i;

		for (i = 0; i < ac->zonelist->nr; i++) {
			struct zone *zone = zone_by_index(
				ac->mm, ac->zonelist->zone_index[i]);
			struct page *page;

			if (!zone_is_meant(ac, zone))
				continue;
			if ((flags & ALLOC_NOFRAGMENT) && !strict &&
			    zone->nid != ac->preferred->nid)
				break;
			page = try_zone(ac, zone, flags);
			if (page)
				return page;
		}
		if (!(flags & ALLOC_NOFRAGMENT) || strict)
			return NULL;
		flags &= ~ALLOC_NOFRAGMENT;
	}
}

/*
 * Another zone can take what would mix types in Normal: DMA32 of the node, or
 * on a machine of one node whatever is below.
 */
static u32 alloc_flags_nofragment(const struct alloc_context *ac)
{
	const struct zone *zone = ac->preferred;

	if (ac->mm->defrag_mode)
		return ALLOC_NOFRAGMENT;
	if (zone->type != ZONE_NORMAL)
		return 0;
	if (ac->mm->nr_online_nodes > 1 &&
	    !populated_zone(&zone->node->zones[ZONE_DMA32]))
		return 0;
	return ALLOC_NOFRAGMENT;
}

bool alloc_request_is_bad(gfp_t gfp, u32 order)
{
	const char *why = order > MAX_ORDER ? "no such order" : gfp_bad(gfp);

	if (likely(!why))
		return false;
	bad_request(gfp, order, why);
	return true;
}

static struct zone *first_zone(const struct alloc_context *ac)
{
	for (u32 i = 0; i < ac->zonelist->nr; i++) {
		struct zone *zone =
			zone_by_index(ac->mm, ac->zonelist->zone_index[i]);

		if (zone_is_meant(ac, zone))
			return zone;
	}
	return NULL;
}

struct zone *first_zone_of_node(int nid, gfp_t gfp)
{
	struct alloc_context ac = {
		.mm = mm_active,
		.zonelist = &mm_active->zonelists[nid][ZONELIST_NOFALLBACK],
		.highest_zone = gfp_zone(gfp)
	};

	return first_zone(&ac);
}

static struct page *alloc_pages_zonelist(const struct alloc_context *ac)
{
	u32 flags = ALLOC_WMARK_LOW | alloc_flags_nofragment(ac);
	struct page *page;

	if (ac->type == MIGRATE_MOVABLE)
		flags |= ALLOC_CMA;
	page = get_page_from_freelist(ac, flags);
	return page ? page : alloc_pages_slowpath(ac);
}

struct page *alloc_pages_general(int nid, gfp_t gfp, u32 order)
{
	return alloc_pages_nodemask(nid, gfp, order, NULL);
}

/*
 * A chunk may have to be made by moving pages: who waits for it must not hold
 * what that needs. Rarely is it made, so it is asked whenever it might be.
 */
static void check_locks(const struct alloc_context *ac)
{
	if (CONFIG_DEBUG && ac->order && (ac->gfp & __GFP_DIRECT_RECLAIM) &&
	    ac->mm->slowpath.compact && current && !current->memalloc)
		might_migrate();
}

struct page *alloc_pages_nodemask(int nid, gfp_t gfp, u32 order,
				  const struct nodemask *nodes)
{
	struct alloc_context ac = {
		.mm = mm_active, .gfp = gfp, .order = order, .nodes = nodes
	};
	struct page *page = NULL;

	if (alloc_request_is_bad(gfp, order) ||
	    POINT_HIT(fail_page_alloc, gfp, order))
		return NULL;
	check_locks(&ac);
	ac.highest_zone = gfp_zone(gfp);
	ac.type = (enum migratetype)gfp_migratetype(gfp);
	ac.zonelist =
		&ac.mm->zonelists[nid][gfp & __GFP_THISNODE ? ZONELIST_NOFALLBACK :
							      ZONELIST_FALLBACK];
	ac.preferred = first_zone(&ac);
	if (ac.preferred)
		page = alloc_pages_zonelist(&ac);
	if (!page)
		warn_alloc(ac.mm, gfp, order);
	return page;
}
