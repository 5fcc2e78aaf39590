// SPDX-License-Identifier: MIT
/*
 * mm/hugetlb_owner.c - the pool is empty, and who reserved a page has to copy it
 *
 *	owner	──► page ◄── child		after fork(), read-only for both
 *	owner writes, no page is left for a copy:
 *	owner	──► page     child ──► SWP_TAKEN
 *
 * Who made a private mapping was promised its pages. After a fork they are the
 * child's, too, and a write needs one more than was promised. So the owner keeps
 * the page, and all others lose it: their entries get a mark, and who touches one
 * is told by SIGBUS, since zeroes in place of what was there would be a lie. A
 * mark goes where entries go (fork, mremap) and away when the place is unmapped
 * or given up (MADV_DONTNEED).
 *
 * Others who write to a shared page of an empty pool get SIGBUS themselves, and so
 * does everybody with MAP_NORESERVE.
 *
 * The others are found by the mapping: all its areas are in i_mmap. fork puts an
 * area there before it copies entries, and behind the parent's, so no copy is
 * missed. Linux: unmap_ref_private(), HPAGE_RESV_UNMAPPED, which is a flag of the
 * whole area.
 */
#include <kernel/point.h>
#include <mm/page_ref.h>
#include <mm/rmap.h>
#include <mm/tlb.h>

#include "hugetlb_internal.h"

static void take_from(struct vm_area_struct *vma, vaddr_t addr,
		      struct page *page)
{
	struct spinlock *ptl;
	pte_t *entry = huge_entry_lock(vma->vm_mm, addr, &ptl);
	bool has_it;

	if (!entry)
		return;
	has_it = vm_normal_page(ptep_get(entry)) == page;
	if (has_it) {
		ptep_get_and_clear(entry);
		set_pte(entry, swp_pte(SWP_TAKEN, 0, 0));
		flush_tlb_page(vma->vm_mm, addr, TLB_UNMAP);
		hugetlb_remove_mapping(vma->vm_mm, page);
		POINT(hugetlb_taken_back, addr, page_to_pfn(page));
	}
	spin_unlock(ptl);
	if (has_it)
		put_page(page); /* not the last: the owner's entry has one */
}

void hugetlb_take_back(struct vm_area_struct *vma, vaddr_t addr,
		       struct page *page)
{
	struct address_space *mapping = vma->vm_file->f_mapping;
	u64 at = linear_page_index(vma, addr);
	struct vm_area_struct *other;

	down_read(&mapping->i_mmap_rwsem);
	for (other = vma_interval_tree_iter_first(&mapping->i_mmap, at, at);
	     other; other = vma_interval_tree_iter_next(other, at, at))
		if (other->vm_mm != vma->vm_mm)
			take_from(other,
				  other->vm_start + ((at - other->vm_pgoff)
						     << PAGE_SHIFT),
				  page);
	up_read(&mapping->i_mmap_rwsem);
}
