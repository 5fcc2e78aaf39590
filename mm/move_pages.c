// SPDX-License-Identifier: MIT
/*
 * mm/move_pages.c - the pages at these addresses, to these nodes
 *
 *	addrs	A   B   C   D   E		move_pages(2)
 *	nodes	1   1   1   0   0
 *		└─ a run ─┘ └run┘
 *	look each up under the page-table lock, isolate it (the entry keeps it
 *	alive), move the run with no lock held, write statuses
 *
 * All batches of new pages are drained and off meanwhile: a page in a batch is
 * on no list, and its batch refers to it.
 *
 * Someone else may move or unmap a page between the look and the move. A status
 * says what was found; where moving failed, what is found afterwards.
 */
#include <kernel/errno.h>
#include <mm/lru.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>
#include <mm/pgtable.h>
#include <uapi/mempolicy.h>

#include "migrate_internal.h"

#define MOVE_FLAGS (MPOL_MF_MOVE | MPOL_MF_MOVE_ALL)

static bool node_has_memory(int nid)
{
	return nid >= 0 && nid < MAX_NUMNODES &&
	       mm_active->nodes[nid].node_present_pages;
}

struct page *migrate_target_on_node(struct page *src __unused, void *private)
{
	return alloc_pages_node(
		*(const int *)private,
		GFP_HIGHUSER_MOVABLE | __GFP_THISNODE | __GFP_NOWARN, 0);
}

/* --- one address --- */

static int page_nid(const struct page *page)
{
	return page_zone(page)->nid;
}

/* No page that counts: why. */
static int status_without_page(pte_t pte)
{
	if (is_migration_pte(pte))
		return -EBUSY; /* it is on its way already */
	return pte_present(pte) ? -EFAULT : -ENOENT; /* the zero page */
}

/* ptl held. The node where it will be, or why not. */
static int isolate_for(pte_t pte, int nid, int flags, struct list_head *pages)
{
	struct page *page = vm_normal_page(pte);

	if (!page)
		return status_without_page(pte);
	if (page_nid(page) == nid)
		return nid;
	if (page_mapcount(page) > 1 && !(flags & MPOL_MF_MOVE_ALL))
		return -EACCES;
	if (!isolate_lru_page(page))
		return -EBUSY;
	list_add_tail(&page->lru, pages);
	return nid;
}

/* ptl held. */
static int place_of(pte_t pte)
{
	const struct page *page = vm_normal_page(pte);

	return page ? page_nid(page) : status_without_page(pte);
}

/* The entry at addr, locked; NULL with *status. mmap lock held. */
static pte_t *entry_of(struct mm_struct *mm, vaddr_t addr,
		       struct spinlock **ptl, int *status)
{
	pte_t *ptep;

	*status = -EFAULT;
	if (!vma_lookup(mm, addr))
		return NULL;
	*status = -ENOENT;
	ptep = pte_offset_map_lock(mm, addr, ptl);
	return ptep;
}

static int queue_address(struct mm_struct *mm, vaddr_t addr, int nid, int flags,
			 struct list_head *pages)
{
	struct spinlock *ptl;
	int status;
	pte_t *ptep = entry_of(mm, addr, &ptl, &status);

	if (!ptep)
		return status;
	status = isolate_for(ptep_get(ptep), nid, flags, pages);
	pte_unmap_unlock(ptep, ptl);
	return status;
}

static int find_place(struct mm_struct *mm, vaddr_t addr)
{
	struct spinlock *ptl;
	int status;
	pte_t *ptep = entry_of(mm, addr, &ptl, &status);

	if (!ptep)
		return status;
	status = place_of(ptep_get(ptep));
	pte_unmap_unlock(ptep, ptl);
	return status;
}

/* --- a run of addresses for one node --- */

struct move_run {
	struct mm_struct *mm;
	const vaddr_t *addrs;
	int *status;
	u64 nr;
	int nid;
	int flags;
};

static void tell_places(const struct move_run *run)
{
	down_read(&run->mm->mmap_lock);
	for (u64 i = 0; i < run->nr; i++)
		run->status[i] = find_place(run->mm, run->addrs[i]);
	up_read(&run->mm->mmap_lock);
}

/* Some were not moved: which? */
static void correct_statuses(const struct move_run *run, int why)
{
	down_read(&run->mm->mmap_lock);
	for (u64 i = 0; i < run->nr; i++) {
		if (run->status[i] < 0)
			continue;
		run->status[i] = find_place(run->mm, run->addrs[i]);
		if (run->status[i] >= 0 && run->status[i] != run->nid)
			run->status[i] = why;
	}
	up_read(&run->mm->mmap_lock);
}

/* How many stayed, or -ENOMEM. */
static int move_run(struct move_run *run)
{
	struct list_head pages = LIST_HEAD_INIT(pages);
	int err;

	down_read(&run->mm->mmap_lock);
	for (u64 i = 0; i < run->nr; i++)
		run->status[i] = queue_address(run->mm, run->addrs[i], run->nid,
					       run->flags, &pages);
	up_read(&run->mm->mmap_lock);
	if (list_empty(&pages))
		return 0;
	err = migrate_pages(&pages, migrate_target_on_node, NULL, &run->nid,
			    MIGRATE_SYNC, MR_SYSCALL, NULL);
	putback_lru_pages(&pages);
	if (err)
		correct_statuses(run, err == -ENOMEM ? -ENOMEM : -EBUSY);
	return err;
}

/* Addresses from the first on that go to one node. */
static u64 run_length(const int *nodes, u64 nr)
{
	u64 n = 1;

	while (n < min(nr, (u64)MIGRATE_BATCH) && nodes[n] == nodes[0])
		n++;
	return n;
}

static int move_runs(struct move_run *run, const int *nodes, u64 nr)
{
	int stayed = 0;

	for (; nr; nr -= run->nr, nodes += run->nr, run->addrs += run->nr,
		   run->status += run->nr) {
		int err;

		run->nid = *nodes;
		run->nr = run_length(nodes, nr);
		if (!node_has_memory(run->nid))
			return -ENODEV;
		err = move_run(run);
		if (err < 0)
			return err;
		stayed += err;
	}
	return stayed;
}

int do_move_pages(struct mm_struct *mm, u64 nr, const vaddr_t *addrs,
		  const int *nodes, int *status, int flags)
{
	struct move_run run = { .mm = mm,
				.addrs = addrs,
				.status = status,
				.nr = nr,
				.flags = flags };
	int ret = 0;

	if (flags & ~MOVE_FLAGS)
		return -EINVAL;
	if (!nodes) {
		tell_places(&run);
		return 0;
	}
	lru_cache_disable();
	ret = move_runs(&run, nodes, nr);
	lru_cache_enable();
	return ret;
}
