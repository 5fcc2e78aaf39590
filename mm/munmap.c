// SPDX-License-Identifier: MIT
/*
 * mm/munmap.c - taking mappings away
 *
 *	before	|  A  |  B  |   |  C  |
 *	range	   [..............]
 *	split	|A |a'|  B  |   |c'|C |
 *	after	|A |                |C |
 *
 * First what may fail: the VMAs at both ends are split. From there on nothing
 * does, in an order that lets no CPU and no reverse walk see what is gone:
 *
 *	(the mmap lock is held)		no fault finds the VMAs
 *	entries cleared, gathered	the rmap still leads to the tables
 *	out of the rmap			now nobody walks there
 *	tables cleared, TLBs flushed	pages and tables are given back
 *	out of the tree, records freed
 */
#include <mm/fault.h>
#include <mm/pgtable.h>
#include <mm/rmap.h>

#include "vma_internal.h"

/* Both borders of the range are borders of VMAs afterwards. */
static int split_ends(struct mm_struct *mm, vaddr_t start, vaddr_t end)
{
	struct vm_area_struct *first = find_vma(mm, start);
	struct vm_area_struct *last;
	int err;

	/* Only a hole in one VMA makes more of them. */
	if (first->vm_start < start && first->vm_end > end &&
	    mm->map_count >= MAX_MAP_COUNT)
		return -ENOMEM;
	err = vma_split_off(&first, start, first->vm_end);
	if (err)
		return err;
	last = vma_lookup(mm, end - 1);
	if (last)
		err = vma_split_off(&last, last->vm_start, end);
	if (err)
		vma_merge_back(find_vma(mm, start));
	return err;
}

/* VMAs from vma on, up to the first that begins at or above end. */
#define for_each_vma_below(vma, end) \
	for (; vma && vma->vm_start < end; vma = vma_next(vma))

/* All of [first, end) is whole VMAs: neither entries nor tables stay. */
static void unmap_region(struct mm_struct *mm, struct vm_area_struct *first,
			 vaddr_t end)
{
	struct vm_area_struct *vma = first, *prev = vma_prev(first);
	vaddr_t start = first->vm_start;
	struct mmu_gather tlb;

	tlb_gather_mmu(&tlb, mm, TLB_UNMAP);
	for_each_vma_below(vma, end)
		unmap_page_range(&tlb, vma, vma->vm_start, vma->vm_end);
	vma = first;
	for_each_vma_below(vma, end) {
		unlink_anon_vmas(vma);
		unlink_file_vma(vma);
	}
	vma = find_vma(mm, end);
	free_pgtables(&tlb, start, end, prev ? prev->vm_end : 0,
		      vma ? vma->vm_start : TASK_SIZE);
	tlb_finish_mmu(&tlb);
}

/* The records; nothing else knows of them. */
static void remove_vmas(struct mm_struct *mm, struct vm_area_struct *vma,
			vaddr_t end)
{
	struct vm_area_struct *next;

	for (; vma && vma->vm_start < end; vma = next) {
		s64 nr = (s64)vma_pages(vma);

		next = vma_next(vma);
		vm_stat_account(mm, vma->vm_flags, -nr);
		if (vma->vm_flags & VM_LOCKED)
			mm->locked_vm -= (u64)nr;
		vma_tree_erase(mm, vma);
		if (vma->vm_ops && vma->vm_ops->close)
			vma->vm_ops->close(vma);
		vm_area_free(vma);
	}
}

int do_munmap_locked(struct mm_struct *mm, vaddr_t addr, u64 len)
{
	struct vm_area_struct *vma;
	vaddr_t end;
	int err;

	if (!IS_ALIGNED(addr, PAGE_SIZE) || addr > TASK_SIZE ||
	    len > TASK_SIZE - addr)
		return -EINVAL;
	end = addr + ALIGN(len, PAGE_SIZE);
	if (end == addr)
		return -EINVAL;
	if (!find_vma_intersection(mm, addr, end))
		return 0;
	err = split_ends(mm, addr, end);
	if (err)
		return err;
	vma = find_vma(mm, addr);
	unmap_region(mm, vma, end);
	remove_vmas(mm, vma, end);
	return 0;
}

int do_munmap(struct mm_struct *mm, vaddr_t addr, u64 len)
{
	int err;

	down_write(&mm->mmap_lock);
	err = do_munmap_locked(mm, addr, len);
	up_write(&mm->mmap_lock);
	return err;
}
