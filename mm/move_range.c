// SPDX-License-Identifier: MIT
/*
 * mm/move_range.c - pages of a range that lie on the wrong node go elsewhere
 *
 *	migrate_pages(2)	wrong: on node s of `from`; elsewhere: the node of
 *				`to` that stands in its place
 *	mbind(MPOL_MF_MOVE)	wrong: where the policy has no node; elsewhere:
 *				where it would put a new page
 *
 * The range is walked table by table under the mmap lock, and whenever a batch
 * is isolated, moved with no lock held; the walk then goes on behind the last
 * address, whatever the areas are by then.
 *
 * A page that other address spaces map, too, is left to them unless
 * MPOL_MF_MOVE_ALL says otherwise; that is no failure.
 */
#include <kernel/bitops.h>
#include <kernel/errno.h>
#include <mm/lru.h>
#include <mm/mempolicy.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>
#include <mm/pgtable.h>
#include <mm/pcp.h>
#include <uapi/mempolicy.h>

#include "migrate_internal.h"

#define MOVE_FLAGS (MPOL_MF_MOVE | MPOL_MF_MOVE_ALL)

struct range_move {
	struct mm_struct *mm;
	vaddr_t at, end;
	int flags;
	int source;		/* pages of this node are wrong, or by */
	struct mempolicy *pol;	/* the policy, if there is one */
	struct list_head pages; /* isolated */
	u32 nr;
	u64 left; /* wrong, and not isolated or not moved */
};

/* --- what is wrong --- */

static bool is_misplaced(const struct range_move *r, const struct page *page)
{
	int nid = page_zone(page)->nid;

	if (!r->pol)
		return nid == r->source;
	if (r->pol->mode == MPOL_LOCAL)
		return nid != (int)this_cpu_read(cpu_nid);
	return !(r->pol->nodes >> nid & 1);
}

/* A page at two addresses of the range is met twice. */
static bool is_queued(const struct range_move *r, const struct page *page)
{
	const struct page *queued;

	if (page_mapcount(page) > 1)
		list_for_each_entry(queued, &r->pages, lru)
			if (queued == page)
				return true;
	return false;
}

/* ptl held. */
static void queue_entry(struct range_move *r, pte_t pte)
{
	struct page *page = vm_normal_page(pte);

	if (!page || !is_misplaced(r, page))
		return;
	if ((r->flags & MPOL_MF_MOVE) && !(r->flags & MPOL_MF_MOVE_ALL) &&
	    page_mapcount(page) > 1)
		return; /* left to the others: no failure */
	if ((r->flags & MOVE_FLAGS) && isolate_lru_page(page)) {
		list_add_tail(&page->lru, &r->pages);
		r->nr++;
	} else {
		r->left += !is_queued(r, page);
	}
}

/* --- the walk; mmap lock held --- */

static void queue_table(struct range_move *r, const pte_t *pmd, vaddr_t end)
{
	struct spinlock *ptl;
	pte_t *ptep = pte_offset_lock(pmd, r->at, &ptl);

	if (!ptep) {
		r->at = end;
		return;
	}
	for (; r->at < end && r->nr < MIGRATE_BATCH; r->at += PAGE_SIZE)
		queue_entry(r, ptep_get(ptep++));
	spin_unlock(ptl);
}

static void queue_area(struct range_move *r, vaddr_t end)
{
	const pte_t *pmd;

	while (r->nr < MIGRATE_BATCH && (pmd = next_pmd(r->mm, &r->at, end)))
		queue_table(r, pmd,
			    min(ALIGN_DOWN(r->at, PMD_SIZE) + PMD_SIZE, end));
}

static void queue_batch(struct range_move *r)
{
	struct vm_area_struct *vma;

	down_read(&r->mm->mmap_lock);
	while (r->nr < MIGRATE_BATCH && (vma = find_vma(r->mm, r->at)) &&
	       vma->vm_start < r->end) {
		vaddr_t end = min(vma->vm_end, r->end);

		r->at = max(r->at, vma->vm_start);
		queue_area(r, end);
		if (r->nr < MIGRATE_BATCH)
			r->at = end;
		if (end == r->end)
			break;
	}
	if (r->nr < MIGRATE_BATCH)
		r->at = r->end;
	up_read(&r->mm->mmap_lock);
}

/* 0 or -ENOMEM; what stayed is in r->left. */
static int move_range(struct range_move *r, new_page_fn target, void *private,
		      enum migrate_reason reason)
{
	int err = 0;

	INIT_LIST_HEAD(&r->pages);
	lru_cache_disable();
	while (err >= 0 && r->at < r->end) {
		r->nr = 0;
		queue_batch(r);
		if (list_empty(&r->pages))
			continue;
		err = migrate_pages(&r->pages, target, NULL, private,
				    MIGRATE_SYNC, reason, NULL);
		r->left += (u64)max(err, 0);
		putback_lru_pages(&r->pages);
	}
	lru_cache_enable();
	return min(err, 0);
}

/* --- migrate_pages(2) --- */

static u32 mask_weight(const struct nodemask *mask)
{
	u32 n = 0;

	for (u32 i = 0; i < ARRAY_SIZE(mask->bits); i++)
		n += hweight64(mask->bits[i]);
	return n;
}

/* The node of `to` in the place that s has in `from`, counting around. */
static int remap(int s, const struct nodemask *from, const struct nodemask *to)
{
	u32 place = 0;
	int nid;

	for_each_node_mask(nid, from) {
		if (nid == s)
			break;
		place++;
	}
	place %= mask_weight(to);
	for_each_node_mask(nid, to) {
		if (!place--)
			break;
	}
	return nid;
}

/* Where its pages are to go; itself: they stay. */
static int destination(int s, const struct nodemask *from,
		       const struct nodemask *to)
{
	if (mask_weight(from) != mask_weight(to) && node_isset(s, to))
		return s;
	return remap(s, from, to);
}

/*
 * A node that nothing will be moved away from any more goes first as a
 * destination, or pages would move twice. In a circle there is none: any.
 */
static int next_source(const struct nodemask *left, const struct nodemask *from,
		       const struct nodemask *to)
{
	int s, any = -1;

	for_each_node_mask(s, left) {
		int d = destination(s, from, to);

		if (d == s)
			continue;
		any = s;
		if (!node_isset(d, left))
			break;
	}
	return s < MAX_NUMNODES ? s : any;
}

int do_migrate_pages(struct mm_struct *mm, const struct nodemask *from,
		     const struct nodemask *to, int flags)
{
	struct nodemask left = *from;
	u64 stayed = 0;
	int s;

	if (flags & ~MOVE_FLAGS || !mask_weight(to))
		return -EINVAL;
	while ((s = next_source(&left, from, to)) >= 0) {
		int d = destination(s, from, to), err;
		struct range_move r = {
			.mm = mm, .end = TASK_SIZE, .flags = flags, .source = s
		};
		struct node_targets targets;

		node_targets_begin(&targets, d);
		err = move_range(&r, migrate_target_on_node, &targets,
				 MR_SYSCALL);
		node_targets_end(&targets);
		if (err)
			return err;
		stayed += r.left;
		node_clear(s, &left);
	}
	return (int)stayed;
}

/* --- mbind(MPOL_MF_MOVE) --- */

/* A page that stays where it is: nobody is killed for that, nor is it news. */
#define GFP_TARGET (GFP_HIGHUSER_MOVABLE | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

static struct page *target_by_policy(struct page *src, void *private)
{
	return alloc_page_mpol(GFP_TARGET, private, src->index);
}

int mpol_move_range(struct mm_struct *mm, vaddr_t start, vaddr_t end,
		    struct mempolicy *pol, int flags)
{
	struct range_move r = {
		.mm = mm,
		.at = start,
		.end = end,
		.flags = flags,
		.pol = pol ? pol : get_task_policy(),
	};
	int err;

	err = move_range(&r, target_by_policy, r.pol, MR_MEMPOLICY_MBIND);
	return (err || r.left) && (flags & MPOL_MF_STRICT) ? -EIO : 0;
}
