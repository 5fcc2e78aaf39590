// SPDX-License-Identifier: MIT
/*
 * mm/hugetlb.c - the pool of huge pages: taking, giving back, keeping for later
 *
 *	          grow                       take
 *	buddy ───────────► free in the pool ───────► in use
 *	      ◄───────────   of them reserved ◄─────
 *	         shrink                       give
 *	      ◄────────────────────────────────────  give, of a surplus page
 *
 *	nr = free + in use		reserved <= free
 *	nr - surplus			what nr_hugepages asked for
 *
 * A mapping reserves its pages when it is made, so that it fails then, and not
 * when a page is touched. A reservation is a number, not a page: which page it
 * will be is decided at the fault, by the node that asks.
 *
 * What is asked for beyond the pool may come from the buddy allocator directly,
 * up to nr_overcommit_hugepages: surplus pages, which go back there when they
 * are given up. Pages in use when the pool is made smaller become surplus, too.
 *
 * A page in the pool has no reference, so that nobody who looks at frames can
 * get one. Pages are charged Movable, as Linux's are, and never move: see
 * docs/hugetlb.md. Source: Linux's mm/hugetlb.c.
 */
#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/point.h>
#include <kernel/printk.h>
#include <mm/hugetlb.h>
#include <mm/mm_state.h>
#include <mm/node_stat.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>
#include <arch/mmu.h>

#define HUGETLB_GFP                                           \
	(GFP_HIGHUSER_MOVABLE | __GFP_COMP | __GFP_THISNODE | \
	 __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

_Static_assert(HUGETLB_ORDER == pageblock_order, "a huge page is a block");

static DEFINE_LOCK_CLASS(hugetlb_class, "hugetlb", true);
static DEFINE_LOCK_CLASS(resize_class, "hugetlb resize", false);

void hugetlb_init(struct mm_state *mm)
{
	struct hugetlb_pool *pool = &mm->hugetlb;

	spin_lock_init(&pool->lock, &hugetlb_class);
	mutex_init(&pool->resize_lock, &resize_class);
	for (u32 nid = 0; nid < MAX_NUMNODES; nid++)
		INIT_LIST_HEAD(&pool->node[nid].free);
	pool->ready = true;
}

void hugetlb_boot(struct mm_state *mm)
{
	u64 wanted = mm->hugetlb.wanted;

	if (!wanted)
		return;
	hugetlb_resize(mm, NUMA_NO_NODE, wanted);
	pr_info("HugeTLB: %lu of %lu pages of 2048 kB set aside\n",
		hugetlb_nr(mm), wanted);
}

static int node_of(const struct page *page)
{
	return page_zone(page)->nid;
}

/* --- from and to the buddy allocator --- */

struct page *hugetlb_page_alloc(struct mm_state *mm __unused, int nid)
{
	struct page *page = NULL;

	if (!POINT_FAILS(hugetlb_alloc_page, nid))
		page = alloc_pages_node(nid, HUGETLB_GFP, HUGETLB_ORDER);
	count_vm_event(page ? HTLB_BUDDY_PGALLOC : HTLB_BUDDY_PGALLOC_FAIL);
	if (!page)
		return NULL;
	INIT_LIST_HEAD(&page->lru);
	page->entire_mapcount = 0;
	page->private_data = 0;
	WRITE_PLAIN(page->kind_order, kind_order(PAGE_HUGETLB, HUGETLB_ORDER));
	page->refcount = 0;
	return page;
}

void hugetlb_page_free(struct page *page)
{
	WRITE_PLAIN(page->kind_order, kind_order(PAGE_KERNEL, HUGETLB_ORDER));
	page->refcount = 1;
	free_pages(page, HUGETLB_ORDER);
}

void hugetlb_pages_free(struct list_head *pages)
{
	while (!list_empty(pages)) {
		struct page *page = list_first_entry(pages, struct page, lru);

		list_del(&page->lru);
		hugetlb_page_free(page);
	}
}

/* --- into the pool, out of it; lock held --- */

void hugetlb_enqueue(struct hugetlb_pool *pool, struct page *page)
{
	struct hugetlb_node *node = &pool->node[node_of(page)];

	list_add(&page->lru, &node->free);
	ADD_ONCE(node->counts.free, 1);
	ADD_ONCE(pool->counts.free, 1);
}

struct page *hugetlb_dequeue(struct hugetlb_pool *pool, int nid)
{
	struct hugetlb_node *node = &pool->node[nid];
	struct page *page;

	if (list_empty(&node->free))
		return NULL;
	page = list_first_entry(&node->free, struct page, lru);
	list_del(&page->lru);
	INIT_LIST_HEAD(&page->lru);
	SUB_ONCE(node->counts.free, 1);
	SUB_ONCE(pool->counts.free, 1);
	return page;
}

static void count_surplus(struct hugetlb_pool *pool, int nid, u64 nr)
{
	ADD_ONCE(pool->counts.nr, nr);
	ADD_ONCE(pool->counts.surplus, nr);
	ADD_ONCE(pool->node[nid].counts.nr, nr);
	ADD_ONCE(pool->node[nid].counts.surplus, nr);
}

typedef struct page *(*page_fn)(struct mm_state *mm, int nid);

/* Of the node nearest to nid that has one, out of those in the mask. */
static struct page *nearest(struct mm_state *mm, int nid,
			    const struct nodemask *nodes, page_fn fn)
{
	const struct node *node = &mm->nodes[nid];
	struct page *page = NULL;

	for (u32 i = 0; i < node->nr_node_order && !page; i++)
		if (!nodes || node_isset(node->node_order[i], nodes))
			page = fn(mm, node->node_order[i]);
	return page;
}

/* --- surplus --- */

static bool may_overcommit(const struct hugetlb_pool *pool)
{
	return READ_ONCE(pool->counts.surplus) < READ_ONCE(pool->overcommit);
}

/*
 * A page beyond the pool's size, in use (no reference yet); NULL: there may be
 * no more, or there is none.
 */
static struct page *alloc_surplus(struct mm_state *mm, int nid,
				  const struct nodemask *nodes)
{
	struct hugetlb_pool *pool = &mm->hugetlb;
	struct page *page;
	bool ok;
	u64 flags;

	if (!may_overcommit(pool))
		return NULL;
	page = nearest(mm, nid, nodes, hugetlb_page_alloc);
	if (!page)
		return NULL;
	flags = spin_lock_irqsave(&pool->lock);
	ok = may_overcommit(pool); /* others may have been faster */
	if (ok)
		count_surplus(pool, node_of(page), 1);
	spin_unlock_irqrestore(&pool->lock, flags);
	if (ok)
		return page;
	hugetlb_page_free(page);
	return NULL;
}

/* Free surplus pages that no reservation needs, on one node; lock held. */
static void collect_unneeded(struct hugetlb_pool *pool, int nid,
			     struct list_head *back)
{
	const struct hugetlb_counts *node = &pool->node[nid].counts;

	while (node->surplus && node->free &&
	       pool->counts.free > pool->reserved) {
		list_add(&hugetlb_dequeue(pool, nid)->lru, back);
		count_surplus(pool, nid, -1UL);
	}
}

static void return_unneeded_surplus(struct hugetlb_pool *pool)
{
	struct list_head back;
	u64 flags;

	INIT_LIST_HEAD(&back);
	flags = spin_lock_irqsave(&pool->lock);
	for (int nid = 0; nid < MAX_NUMNODES && pool->counts.surplus; nid++)
		collect_unneeded(pool, nid, &back);
	spin_unlock_irqrestore(&pool->lock, flags);
	hugetlb_pages_free(&back);
}

/* --- reservations --- */

bool hugetlb_try_reserve(struct mm_state *mm, u64 nr)
{
	struct hugetlb_pool *pool = &mm->hugetlb;
	u64 flags = spin_lock_irqsave(&pool->lock);
	bool ok = nr <= pool->counts.free - pool->reserved;

	if (ok)
		ADD_ONCE(pool->reserved, nr);
	spin_unlock_irqrestore(&pool->lock, flags);
	return ok;
}

static bool add_free_surplus(struct mm_state *mm)
{
	struct hugetlb_pool *pool = &mm->hugetlb;
	struct page *page = alloc_surplus(mm, this_cpu_read(cpu_nid), NULL);
	u64 flags;

	if (!page)
		return false;
	flags = spin_lock_irqsave(&pool->lock);
	hugetlb_enqueue(pool, page);
	spin_unlock_irqrestore(&pool->lock, flags);
	return true;
}

int hugetlb_reserve(struct mm_state *mm, u64 nr)
{
	struct hugetlb_pool *pool = &mm->hugetlb;
	u64 own = READ_ONCE(pool->counts.nr);

	if (nr > own && nr - own > READ_ONCE(pool->overcommit))
		return -ENOMEM; /* never, so don't begin */
	while (!hugetlb_try_reserve(mm, nr)) {
		if (add_free_surplus(mm))
			continue;
		return_unneeded_surplus(pool);
		return -ENOMEM;
	}
	return 0;
}

void hugetlb_unreserve(struct mm_state *mm, u64 nr)
{
	struct hugetlb_pool *pool = &mm->hugetlb;
	u64 flags;

	if (!nr)
		return;
	flags = spin_lock_irqsave(&pool->lock);
	BUG_ON(nr > pool->reserved);
	SUB_ONCE(pool->reserved, nr);
	spin_unlock_irqrestore(&pool->lock, flags);
	return_unneeded_surplus(pool);
}

/* --- one page --- */

static struct page *free_page_of(struct mm_state *mm, int nid)
{
	return hugetlb_dequeue(&mm->hugetlb, nid);
}

static struct page *take_pooled(struct mm_state *mm, int nid,
				const struct nodemask *nodes, bool reserved)
{
	struct hugetlb_pool *pool = &mm->hugetlb;
	struct page *page = NULL;
	u64 flags = spin_lock_irqsave(&pool->lock);

	BUG_ON(reserved && !pool->reserved);
	if (reserved || pool->counts.free > pool->reserved)
		page = nearest(mm, nid, nodes, free_page_of);
	if (page && reserved)
		SUB_ONCE(pool->reserved, 1);
	spin_unlock_irqrestore(&pool->lock, flags);
	return page;
}

struct page *hugetlb_take(struct mm_state *mm, int nid,
			  const struct nodemask *nodes, bool reserved)
{
	struct page *page = take_pooled(mm, nid, nodes, reserved);

	if (!page) {
		/* With a reservation: its page is on a node that isn't allowed. */
		page = alloc_surplus(mm, nid, nodes);
		if (page && reserved)
			hugetlb_unreserve(mm, 1);
	}
	if (!page)
		return NULL;
	page_ref_unfreeze(page, 1);
	mod_page_state(page, NR_HUGETLB, HUGETLB_FRAMES);
	POINT(hugetlb_take, page_to_pfn(page), nid, reserved);
	return page;
}

void hugetlb_give(struct page *page)
{
	struct hugetlb_pool *pool = &mm_active->hugetlb;
	int nid = node_of(page);
	bool surplus;
	u64 flags;

	BUG_ON(page->entire_mapcount);
	POINT(hugetlb_give, page_to_pfn(page), nid);
	mod_page_state(page, NR_HUGETLB, -(s64)HUGETLB_FRAMES);
	page->flags = 0;
	page->private_data = 0;
	arch_free_page(page_to_pfn(page), HUGETLB_ORDER);
	flags = spin_lock_irqsave(&pool->lock);
	surplus = pool->node[nid].counts.surplus;
	if (surplus)
		count_surplus(pool, nid, -1UL);
	else
		hugetlb_enqueue(pool, page);
	spin_unlock_irqrestore(&pool->lock, flags);
	if (surplus)
		hugetlb_page_free(page);
}

/* --- looking --- */

struct hugetlb_counts hugetlb_count(struct mm_state *mm, int nid)
{
	struct hugetlb_pool *pool = &mm->hugetlb;
	struct hugetlb_counts counts;
	u64 flags;

	if (!pool->ready)
		return (struct hugetlb_counts){ 0 };
	flags = spin_lock_irqsave(&pool->lock);
	counts = nid == NUMA_NO_NODE ? pool->counts : pool->node[nid].counts;
	spin_unlock_irqrestore(&pool->lock, flags);
	return counts;
}
