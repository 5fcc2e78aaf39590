/* SPDX-License-Identifier: MIT */
/*
 * include/mm/page_alloc.h - frames for the asking
 *
 * Units    order n is 2^n frames, naturally aligned
 * Locks    zone->lock inside
 * Context  alloc: as the mask says - __GFP_DIRECT_RECLAIM may sleep; free: any
 * Errors   NULL when there is no memory, with a report unless __GFP_NOWARN; a
 *          mask or order that contradicts itself is reported once and fails.
 *          Freeing what isn't an allocation of that order is a bug: reported
 *          with both parties, the frame is quarantined (mm/misuse.c)
 * Owns     the state of a page between the free lists and its user
 * Keeps    zone_check_all() == 0 (mm/zone_check.h)
 *
 * A page handed out has refcount 1, mapcount -1, kind PAGE_KERNEL and its
 * order in the head's record. Tails are not written. Who gives it another kind
 * puts PAGE_KERNEL back before freeing.
 */
#pragma once

#include <mm/gfp.h>
#include <mm/page.h>
#include <mm/zone.h>

struct mm_state;

/* Linux's numbers (its mm/internal.h). */
#define ALLOC_WMARK_MIN	    0x0u
#define ALLOC_WMARK_LOW	    0x1u
#define ALLOC_WMARK_HIGH    0x2u
#define ALLOC_WMARK_MASK    0x3u
#define ALLOC_NO_WATERMARKS 0x4u
#define ALLOC_OOM	    0x8u
#define ALLOC_NON_BLOCK	    0x10u
#define ALLOC_MIN_RESERVE   0x20u
#define ALLOC_CPUSET	    0x40u
#define ALLOC_CMA	    0x80u
#define ALLOC_NOFRAGMENT    0x100u
#define ALLOC_HIGHATOMIC    0x200u
#define ALLOC_TRYLOCK	    0x400u
#define ALLOC_KSWAPD	    0x800u
#define ALLOC_NOCLAIM	    0x1000u /* policy evacuate: no further block */

struct page *alloc_pages(gfp_t gfp, u32 order);
struct page *alloc_pages_node(int nid, gfp_t gfp, u32 order);
/* Near nid (a node that there is), and on nodes of the mask only; NULL: any. */
struct page *alloc_pages_nodemask(int nid, gfp_t gfp, u32 order,
				  const struct nodemask *nodes);
/* Fill array with up to nr order-0 pages; how many. What the stack lacks comes
 * a page at a time, by the slow path if need be, without a report. */
u32 alloc_pages_bulk(gfp_t gfp, u32 nr, struct page **array);

/* The same of this node and of no other: its first zone that the mask allows. */
u32 alloc_pages_bulk_node(int nid, gfp_t gfp, u32 nr, struct page **array);

void free_pages(struct page *page, u32 order);
/*
 * Many frames of order 0, in two steps. prepare: as free_pages() does it, each
 * is looked at and becomes what a free frame is (kind 0, no reference), but is
 * its caller's still; how many, in front, a wrong one is reported and left out.
 * Then they go to this CPU's stacks and, what has no room there, to the lists.
 */
u32 free_pages_bulk_prepare(struct page **frames, u32 nr);
void free_pages_bulk(struct page **frames, u32 nr);
/* Drop a reference; the last one frees. A compound page by its head. */
void put_page(struct page *page);

/* A chunk of order n becomes 2^n pages, each to be freed alone. */
void split_page(struct page *page, u32 order);

/* Change what an allocated chunk is charged for. */
void page_recharge(struct page *page, u32 order, enum migratetype charge);

/* The head of the allocation that pfn lies in; NULL: it lies in none. */
struct page *page_head(const struct mm_state *mm, pfn_t pfn);

static inline u32 page_order(const struct page *page)
{
	return READ_PLAIN(page->kind_order) & 15;
}

static inline enum page_kind page_kind(const struct page *page)
{
	return (enum page_kind)(READ_PLAIN(page->kind_order) >> 4);
}

static inline u8 kind_order(enum page_kind kind, u32 order)
{
	return (u8)(kind << 4 | order);
}

/* The charge's byte also says that the frame may not go to a stack. */
#define CHARGE_MASK   3u
#define CHARGE_BYPASS 0x80u

static inline enum migratetype page_charge(const struct page *page)
{
	return (enum migratetype)(READ_PLAIN(page->charge) & CHARGE_MASK);
}

/* --- inside mm/ --- */

/*
 * Up to nr chunks of `order` for `charge` out of the zone's lists, by
 * placement and fallback policy. How many. Takes zone->lock.
 */
u32 rmqueue_bulk(struct zone *zone, u32 order, enum migratetype charge,
		 u32 alloc_flags, struct page **out, u32 nr);
/* A chunk of this zone and no other, watermarks aside; NULL: it has none. */
struct page *alloc_pages_zone(struct zone *zone, gfp_t gfp, u32 order,
			      u32 alloc_flags);
/* One free chunk back to the lists, without the stacks. */
void free_one_page(struct zone *zone, struct page *page, u32 order);

/* Called where the slow path would compact, reclaim, kill; NULL: not there. */
struct slowpath_ops {
	/* What waits for nothing but a flush: pages given back. */
	u64 (*purge)(struct mm_state *mm);
	/* A page that compaction made and hands over; NULL: see *result. */
	struct page *(*compact)(const struct alloc_context *ac, u32 alloc_flags,
				enum compact_priority prio,
				enum compact_result *result);
	bool (*reclaim)(struct mm_state *mm, gfp_t gfp, u32 order);
	bool (*oom)(struct mm_state *mm, gfp_t gfp, u32 order);
	void (*wake_kswapd)(struct zone *zone, u32 order);
	/* Has the running thread been told to end? Long work stops then. */
	bool (*interrupted)(void);
};
