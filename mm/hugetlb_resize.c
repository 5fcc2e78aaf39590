// SPDX-License-Identifier: MIT
/*
 * mm/hugetlb_resize.c - nr_hugepages: the pool grows and shrinks
 *
 *	wanted more	surplus pages become the pool's own, as they are there
 *			then one page at a time, from each node in turn
 *	wanted fewer	free pages go back, from each node in turn, but for
 *			those that are reserved
 *			what is in use beyond that becomes surplus
 *
 * Growing is how a machine is asked for huge pages once memory is in pieces:
 * each page goes the allocator's long way, with compaction and reclaim, and by
 * the allocator's marks. A node that has failed once did its best, and is not
 * asked again in the same run; when none is left, or the writer is to end, that
 * is how far it got. Linux goes on asking failed nodes, less insistently.
 *
 * The pool's lock is let go for each page; who takes or gives pages meanwhile
 * changes the sums, so they are read anew each time. resize_lock keeps a second
 * writer away.
 */
#include <kernel/errno.h>
#include <kernel/point.h>
#include <mm/hugetlb.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>

struct resize {
	struct mm_state *mm;
	struct hugetlb_pool *pool;
	int nid; /* this node alone; NUMA_NO_NODE: all */
	u64 target;
	struct nodemask failed; /* have no more */
	struct list_head back;	/* go to the buddy allocator */
};

/* What counts against nr_hugepages; lock held. */
static u64 persistent(const struct hugetlb_pool *pool)
{
	return pool->counts.nr - pool->counts.surplus;
}

static bool takes_part(const struct resize *r, int nid)
{
	if (r->nid != NUMA_NO_NODE)
		return nid == r->nid;
	return r->mm->nodes[nid].node_present_pages;
}

/* --- nodes in turn --- */

typedef bool (*node_fn)(struct resize *r, int nid);

/* fn for nodes from *next on, until one says yes; *next is the one after it. */
static bool try_nodes(struct resize *r, int *next, node_fn fn)
{
	for (int i = 0; i < MAX_NUMNODES; i++) {
		int nid = (*next + i) % MAX_NUMNODES;

		if (!takes_part(r, nid) || !fn(r, nid))
			continue;
		*next = (nid + 1) % MAX_NUMNODES;
		return true;
	}
	return false;
}

static void count_nr(struct resize *r, int nid, u64 nr)
{
	ADD_ONCE(r->pool->counts.nr, nr);
	ADD_ONCE(r->pool->node[nid].counts.nr, nr);
}

static void count_surplus(struct resize *r, int nid, u64 nr)
{
	ADD_ONCE(r->pool->counts.surplus, nr);
	ADD_ONCE(r->pool->node[nid].counts.surplus, nr);
}

/* --- surplus and own pages, one for the other; lock held --- */

static bool own_surplus(struct resize *r, int nid)
{
	if (!r->pool->node[nid].counts.surplus)
		return false;
	count_surplus(r, nid, -1UL);
	return true;
}

static bool disown_page(struct resize *r, int nid)
{
	const struct hugetlb_counts *c = &r->pool->node[nid].counts;

	if (c->surplus >= c->nr)
		return false;
	count_surplus(r, nid, 1);
	return true;
}

/* --- growing --- */

static bool alloc_on(struct resize *r, int nid)
{
	struct page *page;
	u64 flags;

	if (node_isset(nid, &r->failed))
		return false;
	page = hugetlb_page_alloc(r->mm, nid);
	if (!page) {
		node_set(nid, &r->failed);
		return false;
	}
	flags = spin_lock_irqsave(&r->pool->lock);
	count_nr(r, nid, 1);
	hugetlb_enqueue(r->pool, page);
	spin_unlock_irqrestore(&r->pool->lock, flags);
	return true;
}

/* The one who waits for it has been told to end. */
static bool interrupted(const struct mm_state *mm)
{
	return mm->slowpath.interrupted && mm->slowpath.interrupted();
}

static bool wants_more(struct resize *r)
{
	u64 flags = spin_lock_irqsave(&r->pool->lock);
	bool more;

	while (r->target > persistent(r->pool) &&
	       try_nodes(r, &r->pool->next_to_grow, own_surplus))
		;
	more = r->target > persistent(r->pool);
	spin_unlock_irqrestore(&r->pool->lock, flags);
	return more;
}

static void grow(struct resize *r)
{
	while (wants_more(r) && !interrupted(r->mm) &&
	       try_nodes(r, &r->pool->next_to_grow, alloc_on))
		;
}

/* --- shrinking --- */

/* One that isn't surplus, to be given back when the lock is let go. */
static bool take_free(struct resize *r, int nid)
{
	const struct hugetlb_counts *c = &r->pool->node[nid].counts;

	if (!c->free || c->surplus >= c->nr)
		return false;
	list_add(&hugetlb_dequeue(r->pool, nid)->lru, &r->back);
	count_nr(r, nid, -1UL);
	return true;
}

static void shrink(struct resize *r)
{
	struct hugetlb_pool *pool = r->pool;
	u64 flags = spin_lock_irqsave(&pool->lock);

	while (persistent(pool) > r->target &&
	       pool->counts.free > pool->reserved &&
	       try_nodes(r, &pool->next_to_shrink, take_free))
		;
	while (persistent(pool) > r->target &&
	       try_nodes(r, &pool->next_to_shrink, disown_page))
		;
	WRITE_ONCE(pool->wanted, persistent(pool));
	spin_unlock_irqrestore(&pool->lock, flags);
	hugetlb_pages_free(&r->back);
}

/* --- what knobs call --- */

/* Of one node: what the others have stays. */
static u64 whole_target(struct resize *r, u64 nr)
{
	struct hugetlb_counts all = hugetlb_count(r->mm, NUMA_NO_NODE), one;
	u64 others;

	if (r->nid == NUMA_NO_NODE)
		return nr;
	one = hugetlb_count(r->mm, r->nid);
	others = (all.nr - all.surplus) - (one.nr - one.surplus);
	return nr + others < nr ? ~0UL : nr + others;
}

void hugetlb_resize(struct mm_state *mm, int nid, u64 nr)
{
	struct resize r = { .mm = mm, .pool = &mm->hugetlb, .nid = nid };

	if (!r.pool->ready) {
		r.pool->wanted = nr;
		return;
	}
	INIT_LIST_HEAD(&r.back);
	mutex_lock(&r.pool->resize_lock);
	r.target = whole_target(&r, nr);
	grow(&r);
	shrink(&r);
	POINT(hugetlb_resize, nid, nr, r.pool->wanted, r.pool->counts.surplus);
	mutex_unlock(&r.pool->resize_lock);
}

void hugetlb_set_overcommit(struct mm_state *mm, u64 nr)
{
	WRITE_ONCE(mm->hugetlb.overcommit, nr);
}

u64 hugetlb_nr(const struct mm_state *mm)
{
	return READ_ONCE(mm->hugetlb.wanted);
}
