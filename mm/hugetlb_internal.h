/* SPDX-License-Identifier: MIT */
/*
 * mm/hugetlb_internal.h - what the parts of huge mappings share
 *
 *	hugetlb_map.c	  a mapping: its reservations, its shared pages
 *	hugetlb_fault.c	  what stands behind an address that faulted
 *	hugetlb_owner.c	  a page that its owner takes back
 *	hugetlb_entry.c	  entries of a range: unmap, copy, protect, move
 *
 * Locks    an entry: that of its PMD table. map->fault_lock: one fault of a
 *          mapping at a time, so that two never want the last page for one
 *          place. The areas of a mapping, of all processes, are in its i_mmap.
 *          Order: mmap lock > fault_lock > i_mmap > page table > mm page tables
 */
#pragma once

#include <mm/filemap.h>
#include <mm/hugetlb.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>
#include <mm/pgtable.h>
#include <mm/xarray.h>

/* Every area of a mapping has its `file`, parts of it and children's, too. */
struct hugetlb_map {
	struct file file;
	struct address_space mapping; /* shared pages, with a reference each */
	struct mutex fault_lock;
	bool shared;   /* (c) */
	u64 nr;	       /* (c) pages it was made for */
	u64 owner;     /* (c) whose reservations: tlb.ctx_id, if private */
	u64 *reserved; /* [fault_lock] bits; NULL: MAP_NORESERVE */
};

static inline struct hugetlb_map *
vma_hugetlb_map(const struct vm_area_struct *vma)
{
	return container_of(vma->vm_file, struct hugetlb_map, file);
}

/* Which page of its mapping is at addr. */
static inline u64 hugetlb_index(const struct vm_area_struct *vma, vaddr_t addr)
{
	return linear_page_index(vma, addr) >> HUGETLB_ORDER;
}

/*
 * Are the mapping's reservations, taken or not, this area's to use? Linux:
 * HPAGE_RESV_OWNER, or any area of a shared mapping.
 */
bool hugetlb_map_is_owner(const struct vm_area_struct *vma);
/* A page for that place, zeroed or not; NULL. fault_lock held. */
struct page *hugetlb_map_take(struct vm_area_struct *vma, u64 index);
/* It wasn't used after all. */
void hugetlb_map_untake(struct vm_area_struct *vma, u64 index,
			struct page *page);

/*
 * No page is left for a copy of `page`, whose entry at addr is the owner's: the
 * others lose it, and their entries say so. fault_lock held.
 */
void hugetlb_take_back(struct vm_area_struct *vma, vaddr_t addr,
		       struct page *page);

/* --- entries --- */

/* The page behind an entry that isn't 0. */
static inline struct page *huge_page_of(pte_t entry)
{
	return pfn_to_page(pte_pfn(entry));
}

/* The entry for addr, locked; NULL: there is no table that would have it. */
pte_t *huge_entry_lock(struct mm_struct *mm, vaddr_t addr,
		       struct spinlock **ptl);
/* An entry that becomes or ceases to be 0; its lock held. */
void set_huge_entry(struct mm_struct *mm, pte_t *entry, pte_t value);
/* What leads to the page, as the area allows; `write`: it may be written. */
pte_t huge_entry(const struct vm_area_struct *vma, const struct page *page,
		 bool write);
/* The same page as old, as the area allows it now. */
pte_t hugetlb_protected_entry(const struct vm_area_struct *vma, pte_t old);
/* One more or one less entry for the page; its lock held. */
void hugetlb_add_mapping(struct mm_struct *mm, struct page *page);
void hugetlb_remove_mapping(struct mm_struct *mm, struct page *page);
