// SPDX-License-Identifier: MIT
/*
 * mm/mincore.c - which pages of a range are in memory?
 *
 * A page is if an entry stands for it, present or waiting for its move; else,
 * in a file's mapping, if the page cache has it. The answer is old when it
 * arrives.
 */
#include <mm/filemap.h>
#include <mm/hugetlb.h>
#include <mm/page_alloc.h>
#include <mm/pgtable.h>

#include "vma_internal.h"

static bool has_entry(struct mm_struct *mm, vaddr_t addr)
{
	struct spinlock *ptl;
	pte_t *pte = pte_offset_map_lock(mm, addr, &ptl);
	bool there;

	if (!pte)
		return false;
	there = !pte_none(ptep_get(pte));
	pte_unmap_unlock(pte, ptl);
	return there;
}

static bool is_cached(const struct vm_area_struct *vma, vaddr_t addr)
{
	struct address_space *mapping = vma->vm_file ? vma->vm_file->f_mapping :
						       NULL;
	struct page *page;
	bool uptodate;

	if (!mapping)
		return false;
	page = filemap_get_page(mapping, linear_page_index(vma, addr));
	if (!page)
		return false;
	uptodate = page_flag(page, PG_uptodate);
	put_page(page);
	return uptodate;
}

int do_mincore(struct mm_struct *mm, vaddr_t addr, u64 nr, u8 *vec)
{
	int err = 0;

	if (!IS_ALIGNED(addr, PAGE_SIZE))
		return -EINVAL;
	if (addr > TASK_SIZE || nr > (TASK_SIZE - addr) >> PAGE_SHIFT)
		return -ENOMEM;
	down_read(&mm->mmap_lock);
	for (u64 i = 0; i < min(nr, PAGE_SIZE); i++, addr += PAGE_SIZE) {
		struct vm_area_struct *vma = vma_lookup(mm, addr);

		if (!vma) {
			err = -ENOMEM;
			break;
		}
		if (is_vm_hugetlb(vma)) {
			vec[i] = hugetlb_is_present(vma, addr);
			continue;
		}
		vec[i] = has_entry(mm, addr) || is_cached(vma, addr);
	}
	up_read(&mm->mmap_lock);
	return err;
}
