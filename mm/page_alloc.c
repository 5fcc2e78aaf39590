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
 * Watermarks are tested where frames leave the zone's lists, so a pop from a
 * stack costs nothing: those frames are off the free count already.
 *
 * Real world: Linux mm/page_alloc.c. There each step also knows cpusets,
 * memory cgroups and dirty limits.
 */
#include <kernel/panic.h>
#include <kernel/point.h>
#include <kernel/string.h>
#include <mm/freelist.h>
#include <mm/highatomic.h>
#include <mm/misuse.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>
#include <mm/page_debug.h>
#include <mm/pcp.h>
#include <mm/show_mem.h>
#include <mm/watermark.h>

struct mm_state *mm_active;

static DEFINE_POINT(fail_page_alloc, "gfp_flags, order");

/* Bits that need no thought: the zone is the first one, nothing to check. */
#define GFP_HOT                                                                \
	(GFP_HIGHUSER_MOVABLE | __GFP_RECLAIMABLE | __GFP_HIGH | __GFP_NOWARN | \
	 __GFP_NORETRY | __GFP_RETRY_MAYFAIL | __GFP_NOMEMALLOC | __GFP_WRITE | \
	 __GFP_ACCOUNT)

/* --- a frame changes hands --- */

static void prep_slow(struct page *page, u32 order, gfp_t gfp)
{
	if (gfp & __GFP_ZERO)
		for (u32 i = 0; i < 1u << order; i++)
			clear_page(page + i);
	if (page_debug_on)
		page_debug_alloc(page, order, gfp);
}

/* False: the frame is not what the lists say; it is left alone for good. */
static inline bool prep_new_page(struct page *page, u32 order, gfp_t gfp)
{
	if (unlikely(!page_may_be_handed_out(page))) {
		bad_page_on_list(page, order, page);
		return false;
	}
	if (unlikely(page_debug_on) && !page_debug_check(page, order))
		return false;
	page->kind_order = kind_order(PAGE_KERNEL, order);
	*page_refs(page) = REFS_ALLOCATED;
	if (unlikely((gfp & __GFP_ZERO) || page_debug_on))
		prep_slow(page, order, gfp);
	(void)POINT_HIT(mm_page_alloc, page_to_pfn(page), order, gfp,
			gfp_migratetype(gfp));
	return true;
}

/* --- out of one zone --- */

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
	return zone->fl->nr_free[MIGRATE_CMA] > zone->nr_free_pages / 2;
}

static struct pageblock *find_block(struct zone *zone, u32 order,
				    enum migratetype type, u32 flags)
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
	if (!b)
		b = zone->policy->pick(zone, order, type, flags);
	if (!b && (flags & (ALLOC_OOM | ALLOC_NON_BLOCK)))
		b = freelist_find(zone, order, MIGRATE_HIGHATOMIC);
	return b;
}

u32 rmqueue_bulk(struct zone *zone, u32 order, enum migratetype charge,
		 u32 alloc_flags, struct page **out, u32 nr)
{
	u64 flags = spin_lock_irqsave(&zone->lock);
	u32 done = 0;

	while (done < nr) {
		struct pageblock *b =
			find_block(zone, order, charge, alloc_flags);

		if (!b)
			break;
		if (order == 0)
			done += freelist_take_frames(zone, b, charge,
						     out + done, nr - done);
		else
			out[done++] = pfn_to_page(
				freelist_take(zone, b, order, charge));
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	return done;
}

/* What a CPU counts no interrupt may split, nor a change of CPU. */
static void count_general_alloc(struct zone *zone, u32 order)
{
	u64 flags = arch_irq_save();

	this_pcp(zone->index)->nr_general_alloc += 1UL << order;
	arch_irq_restore(flags);
}

static struct page *rmqueue(struct zone *zone, u32 order,
			    enum migratetype charge, u32 alloc_flags)
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

/* --- over the zonelist --- */

struct alloc_context {
	struct mm_state *mm;
	const struct zonelist *zonelist;
	u32 highest_zone;
	struct zone *preferred; /* the first that may serve; NULL: none may */
	enum migratetype type;
	gfp_t gfp;
	u32 order;
};

static void count_miss(const struct zone *preferred, const struct zone *zone)
{
	this_pcp(zone->index)->numa[NUMA_MISS]++;
	this_pcp(preferred->index)->numa[NUMA_FOREIGN]++;
}

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
		count_miss(preferred, zone);
	arch_irq_restore(flags);
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
	       mark == ALLOC_WMARK_MIN && zone->watermark_boost &&
	       zone_watermark_ok(zone, 0, zone->watermark[WMARK_MIN],
				 ac->highest_zone, flags);
}

static struct page *try_zone(const struct alloc_context *ac, struct zone *zone,
			     u32 flags)
{
	struct page *page;

	if (!zone_has_room(ac, zone, flags))
		return NULL;
	do {
		page = rmqueue(zone, ac->order, ac->type, flags);
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
static struct page *get_page_from_freelist(const struct alloc_context *ac,
					   u32 flags)
{
	bool strict = ac->mm->defrag_mode;

	for (;;) {
		u32 i;

		for (i = 0; i < ac->zonelist->nr; i++) {
			struct zone *zone =
				zone_by_index(ac->mm,
					      ac->zonelist->zone_index[i]);
			struct page *page;

			if (zone->type > ac->highest_zone)
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

/* --- slow path --- */

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
	zone->watermark_boost = 0;
	spin_unlock_irqrestore(&zone->lock, flags);
}

/* Each zone of the list that may serve the request. */
static void for_zones(const struct alloc_context *ac,
		      void (*what)(const struct alloc_context *ac,
				   struct zone *zone))
{
	for (u32 i = 0; i < ac->zonelist->nr; i++) {
		struct zone *zone =
			zone_by_index(ac->mm, ac->zonelist->zone_index[i]);

		if (zone->type <= ac->highest_zone)
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

/* A block of others' reserves becomes one of this type: a step of reclaim. */
static bool unreserve(const struct alloc_context *ac, bool force)
{
	return (ac->gfp & __GFP_DIRECT_RECLAIM) &&
	       unreserve_highatomic_pageblock(ac->mm, ac->type, force);
}

static bool ignores_watermarks(gfp_t gfp)
{
	return (gfp & __GFP_MEMALLOC) && !(gfp & __GFP_NOMEMALLOC);
}

static bool make_room(const struct alloc_context *ac)
{
	const struct slowpath_ops *ops = &ac->mm->slowpath;

	if (ops->compact && ac->order && ops->compact(ac->mm, ac->gfp, ac->order))
		return true;
	return ops->reclaim && ops->reclaim(ac->mm, ac->gfp, ac->order);
}

static bool kill_somebody(const struct alloc_context *ac)
{
	const struct slowpath_ops *ops = &ac->mm->slowpath;

	if (ac->gfp & (__GFP_NORETRY | __GFP_RETRY_MAYFAIL))
		return false;
	return ac->order <= PCP_ORDER_MAX && ops->oom &&
	       ops->oom(ac->mm, ac->gfp, ac->order);
}

static struct page *alloc_pages_slowpath(const struct alloc_context *ac)
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
	if (!page && unreserve(ac, false))
		page = get_page_from_freelist(ac, flags);
	while (!page && may_wait && make_room(ac))
		page = get_page_from_freelist(ac, flags);
	if (!page && unreserve(ac, true))
		page = get_page_from_freelist(ac, flags);
	if (!page && (flags & ALLOC_NOFRAGMENT)) {
		flags &= ~ALLOC_NOFRAGMENT;
		page = get_page_from_freelist(ac, flags);
	}
	while (!page && may_wait && kill_somebody(ac)) {
		make_room(ac);
		page = get_page_from_freelist(ac, flags);
	}
	if (!page && (ac->gfp & __GFP_NOFAIL))
		page = get_page_from_freelist(ac, flags | ALLOC_MIN_RESERVE);
	return page;
}

static bool request_is_bad(gfp_t gfp, u32 order)
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

		if (zone->type <= ac->highest_zone)
			return zone;
	}
	return NULL;
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

static __noinline struct page *alloc_pages_general(int nid, gfp_t gfp,
						   u32 order)
{
	struct alloc_context ac = { .mm = mm_active, .gfp = gfp, .order = order };
	struct page *page = NULL;

	if (request_is_bad(gfp, order) || POINT_HIT(fail_page_alloc, gfp, order))
		return NULL;
	ac.highest_zone = gfp_zone(gfp);
	ac.type = (enum migratetype)gfp_migratetype(gfp);
	ac.zonelist = &ac.mm->zonelists[nid][gfp & __GFP_THISNODE ?
						     ZONELIST_NOFALLBACK :
						     ZONELIST_FALLBACK];
	ac.preferred = first_zone(&ac);
	if (ac.preferred)
		page = alloc_pages_zonelist(&ac);
	if (!page)
		warn_alloc(ac.mm, gfp, order);
	return page;
}

/* --- the API --- */

/*
 * Is the zone so far above its low mark that no request up to `highest` needs
 * to look closer? Reserves are left out of the sum, as if nobody could use them;
 * CMA counts twice: with more than half of what is free, it goes first.
 */
static inline bool zone_has_plenty(const struct zone *zone, u32 order,
				   u32 highest)
{
	return zone->nr_free_pages >
	       (1UL << order) + wmark_pages(zone, WMARK_LOW) +
		       zone->lowmem_reserve[highest] +
		       zone->fl->nr_free[MIGRATE_HIGHATOMIC] +
		       zone->fl->nr_free[MIGRATE_CMA] * 2;
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
	}
	spin_unlock_irqrestore(&zone->lock, flags);
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
	    !(zone->fl->order_mask[type] >> order))
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
	u64 flags = arch_irq_save();
	struct pcp_stack *st = this_cpu_read(pcp_row[gfp & PCP_ROW_MASK]) +
			       index * NR_PCP_CHARGES;
	struct page *page;

	if (unlikely(!st->count)) {
		arch_irq_restore(flags);
		return NULL;
	}
	page = st->entries[--st->count];
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
			page->kind_order = kind_order(PAGE_KERNEL, order);
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

	if (request_is_bad(gfp, 0))
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
		st->count -= take;
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

	/* Such an order would spill into the kind that it is compared with. */
	if (unlikely(order > MAX_ORDER || !page_may_be_freed(page, order))) {
		bad_free(page, order);
		return;
	}
	(void)POINT_HIT(mm_page_free, page_to_pfn(page), order);
	if (page_debug_on)
		page_debug_free(page, order);
	zone = page_zone(page);
	page->kind_order = 0;
	*page_refs(page) = REFS_FREE;
	if (pcp_has_order(order) && !(page->charge & CHARGE_BYPASS))
		pcp_free(zone, page, order, page_charge(page));
	else
		free_one_page(zone, page, order);
}

void free_pages(struct page *page, u32 order)
{
	struct pcp_stack *st;
	u64 flags;
	u8 charge;

	if (unlikely(!page_may_be_freed(page, order) ||
		     order > PCP_ORDER_MAX) ||
	    POINT_ON(mm_page_free))
		goto general;
	flags = arch_irq_save();
	/*
	 * Once: isolation may set CHARGE_BYPASS, which is no index, meanwhile.
	 * Who fences a block off drains by interrupt: before this or after it.
	 */
	charge = READ_ONCE(page->charge);
	st = &this_pcp(page->zone_index)->stack[order][charge & CHARGE_MASK];
	if (unlikely(charge >= MIGRATE_PCPTYPES || st->count >= st->high)) {
		arch_irq_restore(flags);
		goto general;
	}
	page->kind_order = 0;
	*page_refs(page) = REFS_FREE;
	st->entries[st->count++] = page;
	st->nr_given++;
	arch_irq_restore(flags);
	return;
general:
	free_pages_general(page, order);
}

void put_page(struct page *page)
{
	s32 left = 0;

	/* The only holder needs no atomic: nobody else can find the page. */
	if (READ_ONCE(page->refcount) != 1)
		left = __atomic_sub_fetch(&page->refcount, 1, __ATOMIC_ACQ_REL);
	if (left > 0)
		return;
	/* A reference that nobody had: free_pages() finds a free page. */
	page->refcount = left ? left + 1 : 1;
	free_pages(page, page_order(page));
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
