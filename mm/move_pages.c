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
#include <mm/hugetlb.h>
#include <mm/lru.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>
#include <uapi/mempolicy.h>

#include "migrate_internal.h"
#include "pte_cursor.h"

#define MOVE_FLAGS (MPOL_MF_MOVE | MPOL_MF_MOVE_ALL)

bool node_has_memory(int nid)
{
	return nid >= 0 && nid < MAX_NUMNODES &&
	       mm_active->nodes[nid].node_present_pages;
}

/* --- one address --- */

static int page_nid(const struct page *page)
{
	return page_zone(page)->nid;
}

/* No page that counts: why. One that is on its way isn't there just now. */
static int status_without_page(pte_t pte)
{
	return pte_present(pte) ? -EFAULT : -ENOENT; /* the zero page */
}

/* ptl held. */
static int place_of(pte_t pte)
{
	const struct page *page = vm_normal_page(pte);

	return page ? page_nid(page) : status_without_page(pte);
}

/*
 * The entry at addr, locked; NULL with *status, which is a node where a huge
 * page lies: it stays there. mmap lock held.
 */
static pte_t *entry_of(struct mm_struct *mm, vaddr_t addr,
		       struct spinlock **ptl, int *status)
{
	const struct vm_area_struct *vma = vma_lookup(mm, addr);
	pte_t *ptep;

	*status = -EFAULT;
	if (!vma)
		return NULL;
	*status = -ENOENT;
	if (is_vm_hugetlb(vma)) {
		pte_t entry = hugetlb_entry_at(mm, addr);

		if (!pte_none(entry))
			*status = place_of(entry);
		return NULL;
	}
	ptep = pte_offset_map_lock(mm, addr, ptl);
	return ptep;
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

/* --- addresses for one node --- */

struct move_run {
	struct mm_struct *mm;
	const vaddr_t *addrs;
	int *status;
	u64 nr;
	int nid;
	int flags;
};

#define LOOK_BATCH 32 /* pages between a look and its isolation */

/* Pages found, each with a reference, and the places of their addresses. */
struct look {
	struct vm_area_struct *vma; /* of the last address */
	struct pte_cursor c;
	u32 nr;
	struct page *pages[LOOK_BATCH];
	u64 place[LOOK_BATCH];
};

/* The table is locked, and keeps the page. Where it will be, or why not. */
static int look_at_entry(const struct move_run *run, struct look *l, pte_t pte,
			 u64 place)
{
	struct page *page = vm_normal_page(pte);

	if (!page)
		return status_without_page(pte);
	if (page_nid(page) == run->nid)
		return run->nid;
	if (page_mapcount(page) > 1 && !(run->flags & MPOL_MF_MOVE_ALL))
		return -EACCES;
	get_page(page);
	l->pages[l->nr] = page;
	l->place[l->nr++] = place;
	return run->nid;
}

/* A huge page stays where it is. */
static int look_at_huge_page(const struct move_run *run, struct look *l,
			     vaddr_t addr)
{
	pte_t entry;
	int nid;

	pte_cursor_end(&l->c); /* the entry has a lock of its own */
	entry = hugetlb_entry_at(run->mm, addr);
	if (pte_none(entry))
		return -ENOENT;
	nid = place_of(entry);
	return nid >= 0 && nid != run->nid ? -EBUSY : nid;
}

static int look_at(const struct move_run *run, struct look *l, u64 place)
{
	vaddr_t addr = run->addrs[place];
	pte_t *ptep;

	if (!l->vma ||
	    addr - l->vma->vm_start >= l->vma->vm_end - l->vma->vm_start) {
		l->vma = vma_lookup(run->mm, addr);
		if (!l->vma)
			return -EFAULT;
	}
	if (is_vm_hugetlb(l->vma))
		return look_at_huge_page(run, l, addr);
	if (!pte_cursor_covers(&l->c, addr))
		pte_cursor_move(&l->c, run->mm, addr);
	ptep = pte_cursor_entry(&l->c, addr);
	return ptep ? look_at_entry(run, l, ptep_get(ptep), place) : -ENOENT;
}

/* Their references become isolation's, or go. */
static void isolate_found(const struct move_run *run, struct look *l,
			  struct list_head *pages)
{
	u64 done = isolate_lru_pages(l->pages, l->nr);

	for (u32 i = 0; i < l->nr; i++) {
		if (done >> i & 1) {
			list_add_tail(&l->pages[i]->lru, pages);
			continue;
		}
		run->status[l->place[i]] = -EBUSY;
		put_page(l->pages[i]);
	}
	l->nr = 0;
}

static void queue_addresses(const struct move_run *run, struct list_head *pages)
{
	struct look l;

	l.vma = NULL;
	l.c = (struct pte_cursor)PTE_CURSOR_INIT;
	l.nr = 0;
	down_read(&run->mm->mmap_lock);
	for (u64 i = 0; i < run->nr;) {
		for (u32 n = 0; n < LOOK_BATCH && i < run->nr; n++, i++)
			run->status[i] = look_at(run, &l, i);
		pte_cursor_end(&l.c);
		isolate_found(run, &l, pages);
	}
	up_read(&run->mm->mmap_lock);
}

static void tell_places(struct mm_struct *mm, u64 nr, const vaddr_t *addrs,
			int *status)
{
	down_read(&mm->mmap_lock);
	for (u64 i = 0; i < nr; i++)
		status[i] = find_place(mm, addrs[i]);
	up_read(&mm->mmap_lock);
}

/* Some were not moved: which? */
static void correct_statuses(struct mm_struct *mm, u64 nr, const vaddr_t *addrs,
			     int nid, int *status, int why)
{
	down_read(&mm->mmap_lock);
	for (u64 i = 0; i < nr; i++) {
		if (status[i] < 0)
			continue;
		status[i] = find_place(mm, addrs[i]);
		if (status[i] >= 0 && status[i] != nid)
			status[i] = why;
	}
	up_read(&mm->mmap_lock);
}

int move_pages_to_node(struct mm_struct *mm, u64 nr, const vaddr_t *addrs,
		       int nid, int *status, int flags)
{
	const struct move_run run = { .mm = mm,
				      .addrs = addrs,
				      .status = status,
				      .nr = nr,
				      .nid = nid,
				      .flags = flags };
	struct list_head pages = LIST_HEAD_INIT(pages);
	struct node_targets targets;
	int err;

	if (!node_has_memory(nid))
		return -ENODEV;
	queue_addresses(&run, &pages);
	if (list_empty(&pages))
		return 0;
	node_targets_begin(&targets, nid);
	err = migrate_pages(&pages, migrate_target_on_node, NULL, &targets,
			    MIGRATE_SYNC, MR_SYSCALL, NULL);
	node_targets_end(&targets);
	putback_lru_pages(&pages);
	if (err)
		correct_statuses(mm, nr, addrs, nid, status,
				 err == -ENOMEM ? -ENOMEM : -EBUSY);
	return err;
}

/* --- addresses for many nodes --- */

/* From the first on, that go to one node. */
static u64 run_length(const int *nodes, u64 nr)
{
	u64 n = 1;

	while (n < min(nr, (u64)MIGRATE_BATCH) && nodes[n] == nodes[0])
		n++;
	return n;
}

static int move_runs(struct mm_struct *mm, u64 nr, const vaddr_t *addrs,
		     const int *nodes, int *status, int flags)
{
	int stayed = 0;

	for (u64 i = 0, n; i < nr; i += n) {
		int err;

		n = run_length(&nodes[i], nr - i);
		err = move_pages_to_node(mm, n, &addrs[i], nodes[i], &status[i],
					 flags);
		if (err < 0)
			return err;
		stayed += err;
	}
	return stayed;
}

int do_move_pages(struct mm_struct *mm, u64 nr, const vaddr_t *addrs,
		  const int *nodes, int *status, int flags)
{
	int ret;

	if (flags & ~MOVE_FLAGS)
		return -EINVAL;
	if (!nodes) {
		tell_places(mm, nr, addrs, status);
		return 0;
	}
	lru_cache_disable();
	ret = move_runs(mm, nr, addrs, nodes, status, flags);
	lru_cache_enable();
	return ret;
}
