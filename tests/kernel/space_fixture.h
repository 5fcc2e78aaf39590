/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/space_fixture.h - address spaces that a test touches by hand
 *
 *	struct mm_struct *mm = mm_alloc();
 *	vaddr_t a = space_map(mm, 4);		private, anonymous, read-write
 *	u64 *word = space_touch(mm, a, true);	as a write of ring 3 would
 *
 * An access walks the tables as the CPU does: it sets accessed and dirty, and
 * where the entry doesn't allow it, it faults until it does.
 */
#pragma once

#include <kernel/test.h>
#include <mm/fault.h>
#include <mm/hugetlb.h>
#include <mm/mm_struct.h>
#include <mm/page.h>
#include <mm/pgtable.h>
#include <uapi/mman.h>

static inline vaddr_t space_map(struct mm_struct *mm, u64 pages)
{
	return (vaddr_t)do_mmap(mm, NULL, 0, pages * PAGE_SIZE,
				PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, 0);
}

/* The same through a leaf of 2 MiB. */
static inline void *space_walk_huge(struct mm_struct *mm, vaddr_t addr,
				    bool write)
{
	pte_t entry = hugetlb_entry_at(mm, addr);

	if (!pte_huge(entry) || (write && !pte_write(entry)))
		return NULL;
	return (u8 *)page_address(pfn_to_page(pte_pfn(entry))) +
	       (addr & ~PMD_MASK);
}

/* What the CPU finds for the access; NULL: it faults. */
static inline void *space_walk(struct mm_struct *mm, vaddr_t addr, bool write)
{
	struct spinlock *ptl;
	pte_t *ptep = pte_offset_map_lock(mm, addr, &ptl), pte;
	void *found = NULL;

	if (!ptep)
		return space_walk_huge(mm, addr, write);
	pte = ptep_get(ptep);
	if (pte_present(pte) && (!write || pte_write(pte))) {
		pte = pte_mkyoung(write ? pte_mkdirty(pte) : pte);
		set_pte(ptep, pte);
		found = (u8 *)page_address(pfn_to_page(pte_pfn(pte))) +
			(addr & (PAGE_SIZE - 1));
	}
	pte_unmap_unlock(ptep, ptl);
	return found;
}

/* The byte at addr, after what faults it takes; NULL: it may not be touched. */
static inline void *space_touch(struct mm_struct *mm, vaddr_t addr, bool write)
{
	struct fault_error error;

	for (u32 tries = 0; tries < 8; tries++) {
		void *found = space_walk(mm, addr, write);

		if (found)
			return found;
		if (do_user_fault(mm, addr,
				  FAULT_FLAG_USER |
					  (write ? FAULT_FLAG_WRITE : 0),
				  &error))
			return NULL;
	}
	return NULL;
}

static inline struct page *space_page(struct mm_struct *mm, vaddr_t addr)
{
	struct spinlock *ptl;
	pte_t *ptep = pte_offset_map_lock(mm, addr, &ptl);
	struct page *page;

	if (!ptep)
		return NULL;
	page = vm_normal_page(ptep_get(ptep));
	pte_unmap_unlock(ptep, ptl);
	return page;
}
