// SPDX-License-Identifier: MIT
/*
 * mm/rmap.c - counting a page's entries, and finding them all
 *
 *	entry made		mapcount + 1, rss + 1 (the caller's)
 *	entry cleared		mapcount - 1
 *	rmap_walk(page)		page -> anon_vma or file -> VMAs whose range
 *				covers page->index -> address -> entry
 *
 * Counts change under the page-table lock of the entry, so whoever holds that
 * lock sees entry and count agree. A walk may find VMAs that have no entry for
 * the page (never touched, or copied since); it must not miss one that has.
 * That holds because a VMA is put into the trees before its entries are made
 * and leaves them after they are gone, and because fork copies and mremap moves
 * entries towards what a walk meets later (mm/fork.c, mm/mremap.c).
 *
 * PG_anon_exclusive says that no other process may have the page mapped: then a
 * write needs no copy. fork takes it away, unless the page is pinned, in which
 * case the child gets a copy at once. Source: Linux's mm/rmap.c.
 */
#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <mm/filemap.h>
#include <mm/lru.h>
#include <mm/node_stat.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>
#include <mm/pgtable.h>
#include <mm/rmap.h>

#include "interval_tree.h"

/* --- one entry more or less --- */

static void count_mapped(const struct page *page, s64 delta)
{
	mod_page_state(page, PageAnon(page) ? NR_ANON_MAPPED : NR_FILE_MAPPED,
		       delta);
}

static void set_anon_mapping(struct page *page, struct vm_area_struct *vma,
			     vaddr_t addr, struct anon_vma *anon_vma)
{
	page->index = linear_page_index(vma, addr);
	/* After index: who sees the mapping uses it. */
	__atomic_store_n(&page->mapping,
			 (void *)((u64)anon_vma | PAGE_MAPPING_ANON),
			 __ATOMIC_RELEASE);
}

void page_add_new_anon_rmap(struct page *page, struct vm_area_struct *vma,
			    vaddr_t addr)
{
	BUG_ON(page->mapcount != -1);
	page->mapcount = 0; /* nobody else sees it yet */
	WRITE_PLAIN(page->kind_order, kind_order(PAGE_ANON, 0));
	WRITE_PLAIN(page->flags, page->flags | 1u << PG_swapbacked |
					 1u << PG_uptodate |
					 1u << PG_anon_exclusive);
	set_anon_mapping(page, vma, addr, vma->anon_vma);
	mod_page_state(page, NR_ANON_MAPPED, 1);
	if (unlikely(vma->vm_flags & VM_LOCKED))
		mlock_page(page);
}

static void add_mapping(struct page *page, struct vm_area_struct *vma)
{
	if (!__atomic_add_fetch(&page->mapcount, 1, __ATOMIC_RELAXED))
		count_mapped(page, 1);
	if (unlikely(vma->vm_flags & VM_LOCKED))
		mlock_page(page);
}

void page_add_file_rmap(struct page *page, struct vm_area_struct *vma)
{
	BUG_ON(PageAnon(page));
	add_mapping(page, vma);
}

void page_remove_rmap(struct page *page, struct vm_area_struct *vma)
{
	s32 left = __atomic_sub_fetch(&page->mapcount, 1, __ATOMIC_RELEASE);

	BUG_ON(left < -1);
	if (left == -1)
		count_mapped(page, -1);
	if (unlikely(vma->vm_flags & VM_LOCKED))
		munlock_page(page);
}

void page_move_anon_rmap(struct page *page, struct vm_area_struct *vma)
{
	BUG_ON(!page_locked(page) || !PageAnon(page));
	__atomic_store_n(&page->mapping,
			 (void *)((u64)vma->anon_vma | PAGE_MAPPING_ANON),
			 __ATOMIC_RELEASE);
	page_flag_set(page, PG_anon_exclusive);
}

/* --- walking --- */

vaddr_t vma_address(const struct page *page, const struct vm_area_struct *vma)
{
	u64 offset = page->index - vma->vm_pgoff;

	if (page->index < vma->vm_pgoff || offset >= vma_pages(vma))
		return (vaddr_t)-EFAULT;
	return vma->vm_start + (offset << PAGE_SHIFT);
}

/* true: go on with the next VMA. */
static bool visit(struct page *page, struct vm_area_struct *vma,
		  struct rmap_walk_control *rwc)
{
	vaddr_t addr = vma_address(page, vma);

	if (addr == (vaddr_t)-EFAULT)
		return true; /* the tree's borders are wider than the VMA's */
	if (!rwc->rmap_one(page, vma, addr, rwc->arg))
		return false;
	return !rwc->done || !rwc->done(page);
}

static void walk_anon(struct page *page, struct anon_vma *anon_vma,
		      struct rmap_walk_control *rwc)
{
	u64 index = page->index;

	for (struct anon_vma_chain *avc = anon_vma_interval_tree_iter_first(
		     &anon_vma->rb_root, index, index);
	     avc; avc = anon_vma_interval_tree_iter_next(avc, index, index))
		if (!visit(page, avc->vma, rwc))
			return;
}

static void walk_file(struct page *page, struct address_space *mapping,
		      struct rmap_walk_control *rwc)
{
	u64 index = page->index;

	for (struct vm_area_struct *vma = vma_interval_tree_iter_first(
		     &mapping->i_mmap, index, index);
	     vma; vma = vma_interval_tree_iter_next(vma, index, index))
		if (!visit(page, vma, rwc))
			return;
}

static void rmap_walk_anon(struct page *page, struct rmap_walk_control *rwc)
{
	struct anon_vma *anon_vma;

	if (rwc->rmap_locked) {
		u64 mapping = (u64)READ_ONCE(page->mapping);

		walk_anon(page,
			  (struct anon_vma *)(mapping & ~PAGE_MAPPING_ANON),
			  rwc);
		return;
	}
	anon_vma = page_lock_anon_vma_read(page);
	if (!anon_vma)
		return;
	walk_anon(page, anon_vma, rwc);
	page_unlock_anon_vma_read(anon_vma);
}

void rmap_walk(struct page *page, struct rmap_walk_control *rwc)
{
	struct address_space *mapping = page->mapping;

	if (PageAnon(page)) {
		rmap_walk_anon(page, rwc);
		return;
	}
	if (!mapping) /* truncated, and unmapped before that */
		return;
	if (!rwc->rmap_locked)
		down_read(&mapping->i_mmap_rwsem);
	walk_file(page, mapping, rwc);
	if (!rwc->rmap_locked)
		up_read(&mapping->i_mmap_rwsem);
}

static bool is_looked_for(const struct page_vma_mapped_walk *pvmw, pte_t pte)
{
	struct page *page;

	if (pvmw->migration)
		return is_migration_pte(pte) && pte_pfn(pte) == pvmw->pfn;
	page = vm_normal_page(pte);
	return page && page_to_pfn(page) == pvmw->pfn;
}

bool page_vma_mapped_walk(struct page_vma_mapped_walk *pvmw)
{
	pvmw->pte = pte_offset_map_lock(pvmw->vma->vm_mm, pvmw->address,
					&pvmw->ptl);
	if (!pvmw->pte)
		return false;
	if (is_looked_for(pvmw, ptep_get(pvmw->pte)))
		return true;
	page_vma_mapped_walk_done(pvmw);
	return false;
}

void page_vma_mapped_walk_done(struct page_vma_mapped_walk *pvmw)
{
	pte_unmap_unlock(pvmw->pte, pvmw->ptl);
	pvmw->pte = NULL;
}

/* --- what walks are for: was it used? do the counts agree? --- */

static struct page_vma_mapped_walk
walk_of(struct page *page, struct vm_area_struct *vma, vaddr_t addr)
{
	return (struct page_vma_mapped_walk){ .pfn = page_to_pfn(page),
					      .vma = vma,
					      .address = addr };
}

static bool referenced_one(struct page *page, struct vm_area_struct *vma,
			   vaddr_t addr, void *arg)
{
	struct page_vma_mapped_walk pvmw = walk_of(page, vma, addr);
	u32 *referenced = arg;

	if (!page_vma_mapped_walk(&pvmw))
		return true;
	/*
	 * No flush: a CPU that still has the entry won't set the bit again for
	 * a while, which costs a page that is in use one round.
	 */
	*referenced += ptep_test_and_clear_young(pvmw.pte);
	page_vma_mapped_walk_done(&pvmw);
	return true;
}

u32 page_referenced(struct page *page)
{
	u32 referenced = 0;
	struct rmap_walk_control rwc = { .arg = &referenced,
					 .rmap_one = referenced_one };

	if (page_mapped(page))
		rmap_walk(page, &rwc);
	return referenced;
}

static bool count_one(struct page *page, struct vm_area_struct *vma,
		      vaddr_t addr, void *arg)
{
	struct page_vma_mapped_walk pvmw = walk_of(page, vma, addr);
	u32 *entries = arg;

	if (page_vma_mapped_walk(&pvmw)) {
		++*entries;
		page_vma_mapped_walk_done(&pvmw);
	}
	return true;
}

int rmap_check(struct page *page)
{
	u32 entries = 0, mapcount = page_mapcount(page);
	struct rmap_walk_control rwc = { .arg = &entries,
					 .rmap_one = count_one };

	rmap_walk(page, &rwc);
	if (entries == mapcount)
		return 0;
	pr_err("rmap: pfn 0x%lx has mapcount %u, a walk finds %u entries\n",
	       page_to_pfn(page), mapcount, entries);
	return 1;
}
