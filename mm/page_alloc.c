// SPDX-License-Identifier: MIT
/*
 * mm/page_alloc.c - from a request mask to a frame, and back
 *
 *	alloc_pages ---- stack of this CPU has one ----------------> frame
 *	    | empty                                                    ^
 *	    v                                                          |
 *	get_page_from_freelist: zones of the zonelist in turn,         |
 *	    watermark, then rmqueue: refill a stack or take a chunk ---+
 *	    | none                                                     |
 *	    v                                                          |
 *	slow path: lower marks, compaction, reclaim, kill; retry ------+
 *	    | still none
 *	    v
 *	warn_alloc, NULL
 *
 * The walk is mm/zonelist_walk.c's, one zone mm/rmqueue.c's, the slow path
 * mm/slow_path.c's; here are the paths that need none of them, and the API.
 *
 * Watermarks are tested where frames leave the zone's lists, so a pop from a
 * stack costs nothing: those frames are off the free count already.
 *
 * Real world: Linux mm/page_alloc.c. There each step also knows cpusets,
 * memory cgroups and dirty limits.
 */
#include <kernel/panic.h>
#include <kernel/point.h>
#include <kernel/sched_seed.h>
#include <mm/freelist.h>
#include <mm/watermark.h>
#include <arch/mmu.h>

#include "alloc_internal.h"

struct mm_state *mm_active;

/* Bits that need no thought: the zone is the first one, nothing to check. */
#define GFP_HOT                                                  \
	(GFP_HIGHUSER_MOVABLE | __GFP_RECLAIMABLE | __GFP_HIGH | \
	 __GFP_NOWARN | __GFP_NORETRY | __GFP_RETRY_MAYFAIL |    \
	 __GFP_NOMEMALLOC | __GFP_WRITE | __GFP_ACCOUNT)

/*
 * Is the zone so far above its low mark that no request up to `highest` needs
 * to look closer? Reserves are left out of the sum, as if nobody could use them;
 * CMA counts twice: with more than half of what is free, it goes first.
 */
static inline bool zone_has_plenty(const struct zone *zone, u32 order,
				   u32 highest)
{
	return READ_PLAIN(zone->nr_free_pages) >
	       (1UL << order) + wmark_pages(zone, WMARK_LOW) +
		       zone->lowmem_reserve[highest] +
		       READ_PLAIN(zone->fl->nr_free[MIGRATE_HIGHATOMIC]) +
		       READ_PLAIN(zone->fl->nr_free[MIGRATE_CMA]) * 2;
}

static inline struct page *take_near(struct zone *zone, u32 order,
				     enum migratetype type)
{
	u64 flags = spin_lock_irqsave(&zone->lock);
	struct pageblock *b = freelist_find(zone, order, type);
	pfn_t pfn = 0;

	if (b) {
		pfn = freelist_take(zone, b, order, type);
		this_pcp(zone->index)->nr_general_alloc += 1UL << order;
		if (POINT_ON(mm_page_alloc_zone_locked))
			note_zone_locked(pfn, order, type);
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	if (unlikely(READ_PLAIN(zone->compact.watched) >> order & 1))
		compact_watch(zone);
	return b ? pfn_to_page(pfn) : NULL;
}

/*
 * An order without a stack, or an empty one: while the near zone has plenty
 * and a block of the type, there is no zonelist to walk and nothing to weigh.
 */
static struct page *alloc_pages_near(gfp_t gfp, u32 order)
{
	struct zone *zone = this_cpu_read(pcp_local[gfp & GFP_ZONEMASK])->zone;
	u32 type = gfp_migratetype(gfp);
	struct page *page;

	if (!zone || type == MIGRATE_PCPTYPES || order > MAX_ORDER ||
	    !zone_has_plenty(zone, order, gfp_zone(gfp)) ||
	    !(READ_PLAIN(zone->fl->order_mask[type]) >> order))
		return NULL;
	if (pcp_has_order(order))
		page = pcp_alloc(zone, order, (enum migratetype)type,
				 ALLOC_NOFRAGMENT);
	else
		page = take_near(zone, order, (enum migratetype)type);
	if (page)
		count_numa(zone, zone);
	return page;
}

/* Newest entry of the stack that these bits lead to; NULL: it is empty. */
static inline struct page *pop_stack(gfp_t gfp, u32 index)
{
	struct pcp_stack *st;
	struct page *page;
	u64 flags;

	sched_point();
	flags = arch_irq_save();
	st = this_cpu_read(pcp_row[gfp & PCP_ROW_MASK]) + index * NR_PCP_CHARGES;
	if (unlikely(!st->count)) {
		arch_irq_restore(flags);
		return NULL;
	}
	SUB_ONCE(st->count, 1);
	page = st->entries[st->count];
	st->nr_taken++;
	arch_irq_restore(flags);
	if (!page) /* no entry is: the caller's test for empty ends here */
		__builtin_unreachable();
	return page;
}

static struct page *alloc_pages_local(gfp_t gfp, u32 order)
{
	struct page *page = NULL;

	/* Zeroing needs no other way to a frame, only work on it afterwards. */
	if (!(gfp & ~(GFP_HOT | __GFP_ZERO)) && !POINT_ON(fail_page_alloc)) {
		if (pcp_has_order(order))
			page = pop_stack(gfp, pcp_index(order));
		if (!page)
			page = alloc_pages_near(gfp, order);
		if (page && likely(prep_new_page(page, order, gfp)))
			return page;
	}
	return alloc_pages_general(this_cpu_read(cpu_nid), gfp, order);
}

/*
 * All that isn't the fast path: no stack for the order, odd flags, an empty
 * stack (page is NULL then), or a page that needs more than its state set: an
 * owner record, a trace, a report.
 */
static __noinline struct page *alloc_pages_cold(gfp_t gfp, u32 order,
						struct page *page)
{
	if (!page)
		return alloc_pages_local(gfp, order);
	if (likely(prep_new_page(page, order, gfp)))
		return page;
	return alloc_pages_general(this_cpu_read(cpu_nid), gfp, order);
}

/*
 * One cold call at the end: the fast path needs no frame and saves nothing.
 * mm_page_alloc's point stands in prep_new_page().
 */
struct page *alloc_pages(gfp_t gfp, u32 order)
{
	struct page *page = NULL;

	if (likely(order <= PCP_ORDER_MAX && !(gfp & ~GFP_HOT))) {
		page = pop_stack(gfp, order);
		if (likely(page && page_may_be_handed_out(page) &&
			   !POINT_ON(mm_page_alloc))) {
			WRITE_PLAIN(page->kind_order,
				    kind_order(PAGE_KERNEL, order));
			*page_refs(page) = REFS_ALLOCATED;
			return page;
		}
	}
	return alloc_pages_cold(gfp, order, page);
}

struct page *alloc_pages_node(int nid, gfp_t gfp, u32 order)
{
	if (nid == NUMA_NO_NODE)
		nid = this_cpu_read(cpu_nid);
	if (nid < 0 || nid >= MAX_NUMNODES || !mm_active->nodes[nid].online) {
		bad_request(gfp, order, "no such node");
		return NULL;
	}
	return alloc_pages_general(nid, gfp, order);
}

u32 alloc_pages_bulk(gfp_t gfp, u32 nr, struct page **array)
{
	u32 done = 0;

	if (alloc_request_is_bad(gfp, 0))
		return 0;
	while (done < nr) {
		u64 flags = arch_irq_save();
		struct per_cpu_pages *pcp =
			this_cpu_read(pcp_local[gfp & GFP_ZONEMASK]);
		struct pcp_stack *st = &pcp->stack[0][gfp_migratetype(gfp)];
		/* The first zone may be another node's. */
		u32 take = gfp & __GFP_THISNODE ? 0 : min(st->count, nr - done);

		for (u32 i = 0; i < take; i++)
			array[done + i] = st->entries[st->count - 1 - i];
		SUB_ONCE(st->count, take);
		st->nr_taken += take;
		arch_irq_restore(flags);
		for (u32 i = 0; i < take; i++)
			if (prep_new_page(array[done], 0, gfp))
				done++;
			else /* close the gap that a bad frame leaves */
				array[done] = array[done + take - i - 1];
		if (done == nr)
			break;
		/* One page by the long way refills the stack. */
		array[done] = alloc_pages_general(this_cpu_read(cpu_nid),
						  gfp | __GFP_NOWARN, 0);
		if (!array[done])
			break;
		done++;
	}
	return done;
}

/* Everything but the plain case: debugging, odd orders, frames kept apart. */
static __noinline void free_pages_general(struct page *page, u32 order)
{
	struct zone *zone;

	if (!free_pages_prepare(page, order))
		return;
	zone = page_zone(page);
	if (pcp_has_order(order))
		pcp_free(zone, page, order, page_charge(page));
	else
		free_one_page(zone, page, order);
}

void free_pages(struct page *page, u32 order)
{
	struct pcp_stack *st;
	u64 flags;
	u8 charge;

	arch_free_page(page_to_pfn(page), order);
	if (unlikely(!page_may_be_freed(page, order) || order > PCP_ORDER_MAX) ||
	    POINT_ON(mm_page_free))
		goto general;
	sched_point();
	flags = arch_irq_save();
	/*
	 * Once: isolation may set CHARGE_BYPASS, which is no index, meanwhile.
	 * Who fences a block off drains by interrupt: before this or after it.
	 */
	charge = READ_ONCE(page->charge);
	if (unlikely(charge >= MIGRATE_PCPTYPES))
		goto restore;
	st = &this_pcp(page->zone_index)->stack[order][charge];
	if (unlikely(st->count >= READ_PLAIN(st->high)))
		goto restore;
	become_free(page);
	st->entries[st->count] = page;
	ADD_ONCE(st->count, 1);
	st->nr_given++;
	arch_irq_restore(flags);
	return;
restore:
	arch_irq_restore(flags);
general:
	free_pages_general(page, order);
}

void split_page(struct page *page, u32 order)
{
	struct zone *zone = page_zone(page);
	u64 flags;

	BUG_ON(page_order(page) != order || page->refcount != 1);
	flags = spin_lock_irqsave(&zone->lock); /* isolation marks charges */
	for (u32 i = 0; i < 1u << order; i++) {
		/* Whether it bypasses the stacks is for its own block to say. */
		page[i].charge = (u8)(page_charge(page) |
				      (page[i].charge & CHARGE_BYPASS));
		page[i].kind_order = kind_order(page_kind(page), 0);
		*page_refs(page + i) = REFS_ALLOCATED;
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	if (page_debug_on)
		page_debug_split(page, order);
}

void page_recharge(struct page *page, u32 order, enum migratetype charge)
{
	struct zone *zone = page_zone(page);
	u64 flags = spin_lock_irqsave(&zone->lock);

	BUG_ON(page_order(page) != order || !page->kind_order);
	freelist_recharge(zone, page_to_pfn(page), order, charge);
	spin_unlock_irqrestore(&zone->lock, flags);
}

struct page *page_head(const struct mm_state *mm, pfn_t pfn)
{
	for (u32 order = 0; order <= MAX_ORDER; order++) {
		pfn_t head = pfn & ~((1UL << order) - 1);
		struct page *page;

		if (!pfn_valid(mm, head))
			return NULL;
		page = pfn_to_page(head);
		if (page->kind_order && page_order(page) >= order &&
		    head + (1UL << page_order(page)) > pfn)
			return page;
	}
	return NULL;
}
