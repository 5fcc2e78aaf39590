// SPDX-License-Identifier: MIT
/*
 * mm/hugetlb_fault.c - a fault in a mapping of huge pages
 *
 *	entry is		and the mapping is	then
 *	0			private			a new page, zeroed
 *	0			shared			the page of that place, or
 *							a new one for it
 *	read-only, write	private			mine alone: writable
 *							else: a copy
 *	taken back		private			SIGBUS
 *
 * There is no zero page of this size: a read takes a page, too. When there is
 * none it is SIGBUS: memory may be there, but nobody set it aside.
 *
 * A page is one process's alone if its record says so, or if nobody but this
 * entry has a reference; then no other entry can come up, as entries are only
 * made from entries (fork), under their lock.
 */
#include <kernel/errno.h>
#include <kernel/point.h>
#include <kernel/string.h>
#include <mm/fault.h>
#include <mm/node_stat.h>
#include <mm/page_ref.h>

#include "hugetlb_internal.h"

struct huge_fault {
	struct vm_area_struct *vma;
	vaddr_t addr; /* of the page */
	u64 index;
	bool write;
	pte_t *entry;
	struct spinlock *ptl;
};

/* --- a place without a page --- */

/* One reference is the mapping's, one the caller's. NULL with *ret. */
static struct page *shared_page(const struct huge_fault *hf, u32 *ret)
{
	struct hugetlb_map *map = vma_hugetlb_map(hf->vma);
	struct page *page = xa_load(&map->mapping.i_pages, hf->index);

	if (!page) {
		page = hugetlb_map_take(hf->vma, hf->index);
		*ret = VM_FAULT_SIGBUS;
		if (!page)
			return NULL;
		memset(page_address(page), 0, PMD_SIZE);
		page->private_data = (u64)map;
		*ret = VM_FAULT_OOM;
		if (xa_store(&map->mapping.i_pages, hf->index, page,
			     GFP_KERNEL)) {
			hugetlb_map_untake(hf->vma, hf->index, page);
			return NULL;
		}
	}
	get_page(page);
	return page;
}

static struct page *private_page(const struct huge_fault *hf, u32 *ret)
{
	struct page *page = hugetlb_map_take(hf->vma, hf->index);

	*ret = VM_FAULT_SIGBUS;
	if (!page)
		return NULL;
	memset(page_address(page), 0, PMD_SIZE);
	page_flag_set(page, PG_anon_exclusive);
	return page;
}

static u32 no_page(struct huge_fault *hf)
{
	struct vm_area_struct *vma = hf->vma;
	u32 ret = 0;
	struct page *page = vma->vm_flags & VM_SHARED ? shared_page(hf, &ret) :
							private_page(hf, &ret);

	if (!page)
		return ret;
	POINT(hugetlb_no_page, hf->addr, page_to_pfn(page));
	/* Faults wait for fault_lock, unmapping only takes away: still 0. */
	spin_lock(hf->ptl);
	hugetlb_add_mapping(vma->vm_mm, page);
	set_huge_entry(vma->vm_mm, hf->entry,
		       huge_entry(vma, page, vma->vm_flags & VM_WRITE));
	spin_unlock(hf->ptl);
	return 0;
}

/* --- a write to a page that is mapped read-only --- */

static void make_writable(struct huge_fault *hf, struct page *page)
{
	pte_t entry = ptep_get(hf->entry);

	page_flag_set(page, PG_anon_exclusive);
	set_pte(hf->entry, pte_mkyoung(pte_mkdirty(pte_mkwrite(entry))));
	count_vm_event(PGREUSE);
}

/* ptl held. */
static bool is_mine_alone(const struct page *page)
{
	return page_flag(page, PG_anon_exclusive) || page_ref_count(page) == 1;
}

/* ptl held; old has the entry's reference, and the caller's. */
static void replace(struct huge_fault *hf, struct page *old, struct page *new)
{
	struct mm_struct *mm = hf->vma->vm_mm;

	ptep_get_and_clear(hf->entry);
	flush_tlb_page(mm, hf->addr, TLB_COW);
	hugetlb_remove_mapping(mm, old);
	hugetlb_add_mapping(mm, new);
	set_pte(hf->entry, huge_entry(hf->vma, new, true));
}

/*
 * Who still refers to it has no entry any more: a batch of pages on its way, or a
 * pin that a child took in an area that it may only read. That one goes on
 * reading what the owner writes from now on.
 */
static u32 keep_page(struct huge_fault *hf, struct page *old)
{
	u32 ret = 0;

	if (!hugetlb_map_is_owner(hf->vma))
		return VM_FAULT_SIGBUS;
	hugetlb_take_back(hf->vma, hf->addr, old);
	spin_lock(hf->ptl);
	if (vm_normal_page(ptep_get(hf->entry)) == old) {
		if (READ_ONCE(old->entire_mapcount) != 1)
			ret = VM_FAULT_SIGBUS;
		else
			make_writable(hf, old);
	}
	spin_unlock(hf->ptl);
	return ret;
}

static u32 copy_page(struct huge_fault *hf, struct page *old)
{
	struct page *new = hugetlb_map_take(hf->vma, hf->index);
	bool same;
	u32 ret;

	if (!new) {
		ret = keep_page(hf, old);
		put_page(old);
		return ret;
	}
	memcpy(page_address(new), page_address(old), PMD_SIZE);
	page_flag_set(new, PG_anon_exclusive);
	POINT(hugetlb_copied, hf->addr, page_to_pfn(new));
	spin_lock(hf->ptl);
	same = vm_normal_page(ptep_get(hf->entry)) == old;
	if (same)
		replace(hf, old, new);
	spin_unlock(hf->ptl);
	put_page(same ? old : new);
	put_page(old);
	return 0;
}

static u32 write_protected(struct huge_fault *hf)
{
	struct page *page;
	pte_t entry;

	spin_lock(hf->ptl);
	entry = ptep_get(hf->entry);
	if (!pte_present(entry) || pte_write(entry)) {
		spin_unlock(hf->ptl);
		return 0; /* MADV_DONTNEED, or another thread was first */
	}
	page = huge_page_of(entry);
	if (is_mine_alone(page)) {
		make_writable(hf, page);
		spin_unlock(hf->ptl);
		return 0;
	}
	get_page(page);
	spin_unlock(hf->ptl);
	return copy_page(hf, page);
}

/* --- both --- */

static u32 handle(struct huge_fault *hf)
{
	pte_t entry = ptep_get(hf->entry);

	if (pte_none(entry))
		return no_page(hf);
	if (is_taken_pte(entry))
		return VM_FAULT_SIGBUS;
	return hf->write ? write_protected(hf) : 0;
}

u32 hugetlb_fault(struct vm_area_struct *vma, vaddr_t addr, u32 flags)
{
	struct hugetlb_map *map = vma_hugetlb_map(vma);
	struct huge_fault hf = { .vma = vma,
				 .addr = addr & PMD_MASK,
				 .index = hugetlb_index(vma, addr),
				 .write = flags & FAULT_FLAG_WRITE };
	u32 ret;

	hf.entry = pmd_alloc(vma->vm_mm, hf.addr);
	if (!hf.entry)
		return VM_FAULT_OOM;
	hf.ptl = ptlock_of(virt_to_page(hf.entry));
	mutex_lock(&map->fault_lock);
	ret = handle(&hf);
	mutex_unlock(&map->fault_lock);
	return ret;
}
