/* SPDX-License-Identifier: MIT */
/*
 * mm/alloc_internal.h - what the steps of an allocation share
 *
 *	page_alloc.c	the fast path, and who calls what
 *	zonelist_walk.c	which zone may serve a request
 *	slow_path.c	when none may
 *	rmqueue.c	frames out of one zone
 */
#pragma once

#include <kernel/point.h>
#include <mm/misuse.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>
#include <mm/page_debug.h>
#include <mm/pcp.h>

DECLARE_POINT(fail_page_alloc);

/* A request on its way along the zonelist. */
struct alloc_context {
	struct mm_state *mm;
	const struct zonelist *zonelist;
	u32 highest_zone;
	const struct nodemask *nodes; /* and of these nodes only; NULL: any */
	struct zone *preferred; /* the first that may serve; NULL: none may */
	enum migratetype type;
	gfp_t gfp;
	u32 order;
};

/* May a zone of the list serve the request at all? */
static inline bool zone_is_meant(const struct alloc_context *ac,
				 const struct zone *zone)
{
	return zone->type <= ac->highest_zone &&
	       (likely(!ac->nodes) || node_isset(zone->nid, ac->nodes));
}

/* mm/zonelist_walk.c */
struct page *get_page_from_freelist(const struct alloc_context *ac, u32 flags);
/* Any request, by the long way: NULL, and reported, when nothing helps. */
struct page *alloc_pages_general(int nid, gfp_t gfp, u32 order);
/* Reported if so. */
bool alloc_request_is_bad(gfp_t gfp, u32 order);
/* Where a request for this node and no other looks first; NULL: nowhere. */
struct zone *first_zone_of_node(int nid, gfp_t gfp);
void count_numa_miss(const struct zone *preferred, const struct zone *zone);

/* A free frame from here on; still its holder's. */
static inline void become_free(struct page *page)
{
	WRITE_PLAIN(page->kind_order, 0);
	*page_refs(page) = REFS_FREE;
}

/* The same, looked at first. False: it was no allocation of that order; reported. */
static inline bool free_pages_prepare(struct page *page, u32 order)
{
	/* Such an order would spill into the kind that it is compared with. */
	if (unlikely(order > MAX_ORDER || !page_may_be_freed(page, order))) {
		bad_free(page, order);
		return false;
	}
	(void)POINT_HIT(mm_page_free, page_to_pfn(page), order);
	if (page_debug_on)
		page_debug_free(page, order);
	become_free(page);
	return true;
}

/* mm/slow_path.c */
struct page *alloc_pages_slowpath(const struct alloc_context *ac);

/* mm/rmqueue.c: a stack's or the lists' chunk, not yet prepared. */
struct page *rmqueue(struct zone *zone, u32 order, enum migratetype charge,
		     u32 alloc_flags);
void prep_new_page_slow(struct page *page, u32 order, gfp_t gfp);
/* It has left the zone's lists; zone->lock held. Look at the point before. */
DECLARE_POINT(mm_page_alloc_zone_locked);
void note_zone_locked(pfn_t pfn, u32 order, enum migratetype charge)
	__attribute__((cold));

/* False: the frame is not what the lists say; it is left alone for good. */
static inline bool prep_new_page(struct page *page, u32 order, gfp_t gfp)
{
	if (unlikely(!page_may_be_handed_out(page))) {
		bad_page_on_list(page, order, page);
		return false;
	}
	if (unlikely(page_debug_on) && !page_debug_check(page, order))
		return false;
	WRITE_PLAIN(page->kind_order, kind_order(PAGE_KERNEL, order));
	*page_refs(page) = REFS_ALLOCATED;
	if (unlikely((gfp & __GFP_ZERO) || page_debug_on))
		prep_new_page_slow(page, order, gfp);
	(void)POINT_HIT(mm_page_alloc, page_to_pfn(page), order, gfp,
			gfp_migratetype(gfp));
	return true;
}

/* No interrupt may split what a CPU counts, nor a change of CPU. */
static inline void count_numa(const struct zone *preferred,
			      const struct zone *zone)
{
	u64 flags = arch_irq_save();
	struct per_cpu_pages *pcp = this_pcp(zone->index);
	bool local = zone->nid == this_cpu_read(cpu_nid);

	pcp->numa[local ? NUMA_LOCAL : NUMA_OTHER]++;
	if (likely(zone->nid == preferred->nid))
		pcp->numa[NUMA_HIT]++;
	else
		count_numa_miss(preferred, zone);
	arch_irq_restore(flags);
}
