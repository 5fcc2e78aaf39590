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

static struct page *rmqueue(struct zone *zone, u32 order,
			    enum migratetype charge, u32 alloc_flags)
{
	struct page *page = NULL;

	if (pcp_has_order(order) && !(alloc_flags & ALLOC_HIGHATOMIC))
		page = pcp_alloc(zone, order, charge, alloc_flags);
	if (!page && rmqueue_bulk(zone, order, charge, alloc_flags, &page, 1))
		this_pcp(zone->index)->nr_general_alloc += 1UL << order;
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
	int preferred_nid;
	enum migratetype type;
	gfp_t gfp;
	u32 order;
};

/* The zone that it would have come from, had there been room. */
static struct zone *preferred_zone(const struct alloc_context *ac)
{
	struct zone *zone;
	u32 i = 0;

	do
		zone = zone_by_index(ac->mm, ac->zonelist->zone_index[i++]);
	while (zone->type > ac->highest_zone);
	return zone;
}

static void count_numa(const struct alloc_context *ac, struct zone *zone)
{
	struct per_cpu_pages *pcp = this_pcp(zone->index);
	struct zone *preferred = preferred_zone(ac);

	pcp->numa[zone->nid == this_cpu_read(cpu_nid) ? NUMA_LOCAL :
							NUMA_OTHER]++;
	if (zone->nid == preferred->nid) {
		pcp->numa[NUMA_HIT]++;
		return;
	}
	pcp->numa[NUMA_MISS]++;
	this_pcp(preferred->index)->numa[NUMA_FOREIGN]++;
}

static struct page *try_zone(const struct alloc_context *ac, struct zone *zone,
			     u32 flags)
{
	u64 mark = wmark_pages(zone, flags & ALLOC_WMARK_MASK);
	struct page *page;

	if (!(flags & ALLOC_NO_WATERMARKS) &&
	    !zone_watermark_ok(zone, ac->order, mark, ac->highest_zone, flags))
		return NULL;
	do {
		page = rmqueue(zone, ac->order, ac->type, flags);
		if (!page)
			return NULL;
	} while (!prep_new_page(page, ac->order, ac->gfp));
	count_numa(ac, zone);
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
			    zone->nid != ac->preferred_nid)
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

/* Another zone of the node can take what would mix types in Normal. */
static u32 alloc_flags_nofragment(const struct alloc_context *ac)
{
	const struct node *node = &ac->mm->nodes[ac->preferred_nid];

	if (ac->mm->defrag_mode)
		return ALLOC_NOFRAGMENT;
	if (ac->highest_zone < ZONE_NORMAL ||
	    !populated_zone(&node->zones[ZONE_NORMAL]) ||
	    !populated_zone(&node->zones[ZONE_DMA32]))
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

/* In defrag_mode it makes whole blocks. */
static void wake_kswapds(const struct alloc_context *ac)
{
	u32 order = ac->mm->defrag_mode ?
			    max(ac->order, (u32)pageblock_order) :
			    ac->order;

	for (u32 i = 0; i < ac->zonelist->nr; i++) {
		struct zone *zone =
			zone_by_index(ac->mm, ac->zonelist->zone_index[i]);

		if (zone->type <= ac->highest_zone &&
		    ac->mm->slowpath.wake_kswapd)
			ac->mm->slowpath.wake_kswapd(zone, order);
	}
}

/* Own frames first: this CPU's stacks may hold what lists lack. */
static struct page *drain_and_try(const struct alloc_context *ac, u32 flags)
{
	drain_all_pages(ac->mm, NULL);
	return get_page_from_freelist(ac, flags);
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
		wake_kswapds(ac);
	page = get_page_from_freelist(ac, flags);
	if (!page && (ac->gfp & __GFP_MEMALLOC))
		page = get_page_from_freelist(ac, flags | ALLOC_NO_WATERMARKS);
	if (!page)
		page = drain_and_try(ac, flags);
	if (!page && unreserve_highatomic_pageblock(ac->mm, ac->type, false))
		page = get_page_from_freelist(ac, flags);
	while (!page && may_wait && make_room(ac))
		page = get_page_from_freelist(ac, flags);
	if (!page && unreserve_highatomic_pageblock(ac->mm, ac->type, true))
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

static __noinline struct page *alloc_pages_general(int nid, gfp_t gfp,
						   u32 order)
{
	struct alloc_context ac = { .mm = mm_active, .gfp = gfp, .order = order };
	struct page *page;

	if (request_is_bad(gfp, order) || POINT_HIT(fail_page_alloc, gfp, order))
		return NULL;
	ac.preferred_nid = nid;
	ac.highest_zone = gfp_zone(gfp);
	ac.type = (enum migratetype)gfp_migratetype(gfp);
	ac.zonelist = &ac.mm->zonelists[nid][gfp & __GFP_THISNODE ?
						     ZONELIST_NOFALLBACK :
						     ZONELIST_FALLBACK];
	page = get_page_from_freelist(
		&ac, ALLOC_WMARK_LOW | alloc_flags_nofragment(&ac) |
			     (ac.type == MIGRATE_MOVABLE ? ALLOC_CMA : 0));
	if (!page)
		page = alloc_pages_slowpath(&ac);
	if (!page)
		warn_alloc(ac.mm, gfp, order);
	return page;
}

/* --- the API --- */

/*
 * A frame popped by the fast path that needs more than its state set: an owner
 * record, a trace; or that isn't what it should be.
 */
static __noinline struct page *alloc_pages_odd(struct page *page, gfp_t gfp,
					       u32 order)
{
	if (likely(prep_new_page(page, order, gfp)))
		return page;
	return alloc_pages_general(this_cpu_read(cpu_nid), gfp, order);
}

/*
 * Is the zone so far above its low mark that no request up to `highest` needs
 * to look closer? Reserves are left out of the sum, as if nobody could use them.
 */
static inline bool zone_has_plenty(const struct zone *zone, u32 order,
				   u32 highest)
{
	return zone->nr_free_pages >
	       (1UL << order) + wmark_pages(zone, WMARK_LOW) +
		       zone->lowmem_reserve[highest] +
		       zone->fl->nr_free[MIGRATE_HIGHATOMIC] +
		       zone->fl->nr_free[MIGRATE_CMA];
}

static inline struct page *take_near(struct zone *zone, u32 order,
				     enum migratetype type)
{
	u64 flags = spin_lock_irqsave(&zone->lock);
	struct pageblock *b = freelist_find(zone, order, type);
	pfn_t pfn = b ? freelist_take(zone, b, order, type) : 0;

	spin_unlock_irqrestore(&zone->lock, flags);
	return b ? pfn_to_page(pfn) : NULL;
}

/*
 * An order without a stack, or an empty one: while the near zone has plenty
 * and a block of the type, there is no zonelist to walk and nothing to weigh.
 */
static struct page *alloc_pages_near(gfp_t gfp, u32 order)
{
	struct per_cpu_pages *pcp =
		this_cpu_read(pcp_local[gfp & GFP_ZONEMASK]);
	u32 type = gfp_migratetype(gfp);
	struct page *page;

	if (!pcp->zone || type == MIGRATE_PCPTYPES || order > MAX_ORDER ||
	    !zone_has_plenty(pcp->zone, order, gfp_zone(gfp)))
		return NULL;
	if (pcp_has_order(order))
		page = pcp_alloc(pcp->zone, order, (enum migratetype)type,
				 ALLOC_NOFRAGMENT);
	else
		page = take_near(pcp->zone, order, (enum migratetype)type);
	if (!page)
		return NULL;
	if (!pcp_has_order(order))
		pcp->nr_general_alloc += 1UL << order;
	pcp->numa[NUMA_HIT]++;
	pcp->numa[pcp->zone->nid == this_cpu_read(cpu_nid) ? NUMA_LOCAL :
							     NUMA_OTHER]++;
	return page;
}

static struct page *alloc_pages_zeroed(gfp_t gfp, u32 order)
{
	struct page *page = alloc_pages(gfp & ~__GFP_ZERO, order);

	for (u32 i = 0; page && i < 1u << order; i++)
		clear_page(page + i);
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
	return page;
}

static __noinline struct page *alloc_pages_local(gfp_t gfp, u32 order)
{
	if (!(gfp & ~GFP_HOT) && !POINT_ON(fail_page_alloc)) {
		struct page *page = NULL;

		if (order == pageblock_order)
			page = pop_stack(gfp, PCP_HUGE);
		if (!page)
			page = alloc_pages_near(gfp, order);
		if (page && likely(prep_new_page(page, order, gfp)))
			return page;
	}
	/* Zeroing needs no other way to a frame, only work on it afterwards. */
	if ((gfp & __GFP_ZERO) && order <= MAX_ORDER &&
	    !(gfp & ~(GFP_HOT | __GFP_ZERO)))
		return alloc_pages_zeroed(gfp, order);
	return alloc_pages_general(this_cpu_read(cpu_nid), gfp, order);
}

/*
 * The fast path makes no call and keeps nothing across the cold ones, so it
 * saves no registers; mm_page_alloc's point stands in prep_new_page().
 */
struct page *alloc_pages(gfp_t gfp, u32 order)
{
	struct page *page;

	if (unlikely(order > PCP_ORDER_MAX || (gfp & ~GFP_HOT)))
		return alloc_pages_local(gfp, order);
	page = pop_stack(gfp, order);
	if (unlikely(!page))
		return alloc_pages_local(gfp, order);
	if (unlikely(!page_may_be_handed_out(page)) || POINT_ON(mm_page_alloc))
		return alloc_pages_odd(page, gfp, order);
	page->kind_order = kind_order(PAGE_KERNEL, order);
	*page_refs(page) = REFS_ALLOCATED;
	return page;
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
	    POINT_ON(mm_page_free)) {
		free_pages_general(page, order);
		return;
	}
	flags = arch_irq_save();
	/* Who fences a block off then drains it by interrupt: now or after. */
	charge = READ_ONCE(page->charge);
	st = &this_pcp(page->zone_index)->stack[order][charge & CHARGE_MASK];
	if (unlikely(charge >= MIGRATE_PCPTYPES || st->count >= st->high)) {
		arch_irq_restore(flags);
		free_pages_general(page, order);
		return;
	}
	page->kind_order = 0;
	*page_refs(page) = REFS_FREE;
	st->entries[st->count++] = page;
	st->nr_given++;
	arch_irq_restore(flags);
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
	flags = spin_lock_irqsave(&zone->lock); /* the charge's */
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
