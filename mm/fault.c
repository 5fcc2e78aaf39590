// SPDX-License-Identifier: MIT
/*
 * mm/fault.c - what stands behind an address that faulted
 *
 *	entry is			and the VMA is		then
 *	0, read				anonymous		the zero page, read-only
 *	0, write			anonymous		a new page
 *	0, read				of a file		pages of the cache near it
 *	0, write			private, of a file	a copy of the cache's page
 *	0, write			shared			the cache's page, writable
 *	read-only, write		writable		mm/fault_wp.c: copy or reuse
 *	a migration entry		any			wait for its end, again
 *	what the access needs		any			another thread was first
 *
 * The entry is looked at without its lock, what is needed is made ready (which
 * may sleep), then it is looked at again under the lock: if it changed, what
 * was made is dropped and the instruction simply faults again.
 *
 * Threads of one process fault at the same time, as the mmap lock is only
 * read; two that fault on one page meet at the page-table lock.
 *
 * Source: Linux's mm/memory.c.
 */
#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/point.h>
#include <kernel/string.h>
#include <mm/fault.h>
#include <mm/filemap.h>
#include <mm/hugetlb.h>
#include <mm/lru.h>
#include <mm/node_stat.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>
#include <mm/pgtable.h>
#include <mm/rmap.h>

#include "fault_internal.h"

#define FAULT_AROUND_PAGES 16

struct page *zero_page;

int fault_init(void)
{
	zero_page = alloc_pages(GFP_KERNEL | __GFP_ZERO, 0);
	return zero_page ? 0 : -ENOMEM;
}

/* --- anonymous --- */

static u32 map_zero_page(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	pte_t entry = pfn_pte(page_to_pfn(zero_page),
			      vma->vm_page_prot | _PAGE_SPECIAL);

	if (fault_lock_none(vmf)) {
		set_pte_at(vma->vm_mm, vmf->address, vmf->pte,
			   pte_mkyoung(pte_wrprotect(entry)));
		fault_unlock(vmf);
	}
	return 0;
}

struct page *fault_new_page(struct vm_fault *vmf)
{
	if (unlikely(anon_vma_prepare(vmf->vma)) ||
	    POINT_FAILS(fault_alloc_page, vmf->address))
		return NULL;
	/* Without it somebody is killed, and that is told. */
	return alloc_page_vma(GFP_HIGHUSER_MOVABLE | __GFP_NOWARN, vmf->vma,
			      vmf->address);
}

void fault_map_new_page(struct vm_fault *vmf, struct page *page)
{
	struct vm_area_struct *vma = vmf->vma;
	pte_t entry = pte_mkyoung(pfn_pte(page_to_pfn(page), vma->vm_page_prot));

	if (vma->vm_flags & VM_WRITE)
		entry = pte_mkwrite(pte_mkdirty(entry));
	page_add_new_anon_rmap(page, vma, vmf->address);
	lru_cache_add(page);
	set_pte_at(vma->vm_mm, vmf->address, vmf->pte, entry);
}

static u32 do_anonymous_page(struct vm_fault *vmf)
{
	struct page *page;

	if (!(vmf->flags & FAULT_FLAG_WRITE))
		return map_zero_page(vmf);
	page = fault_new_page(vmf);
	if (unlikely(!page))
		return VM_FAULT_OOM;
	memset(page_address(page), 0, PAGE_SIZE);
	if (unlikely(!fault_lock_none(vmf))) {
		put_page(page);
		return 0;
	}
	add_mm_counter(vmf->vma->vm_mm, MM_ANONPAGES, 1);
	fault_map_new_page(vmf, page);
	fault_unlock(vmf);
	return 0;
}

/* --- files --- */

static u32 call_fault(struct vm_fault *vmf)
{
	u32 ret = vmf->vma->vm_ops->fault(vmf->vma, vmf);

	BUG_ON(!(ret & (VM_FAULT_ERROR | VM_FAULT_RETRY)) &&
	       !page_locked(vmf->page));
	return ret;
}

static void drop_page(struct page *page)
{
	unlock_page(page);
	put_page(page);
}

/* The cache's page, locked and referenced, becomes the one at the address. */
static void map_file_page(struct vm_fault *vmf, pte_t entry)
{
	struct vm_area_struct *vma = vmf->vma;

	if (fault_lock_none(vmf)) {
		add_mm_counter(vma->vm_mm, mm_counter_file(vmf->page), 1);
		page_add_file_rmap(vmf->page, vma);
		set_pte_at(vma->vm_mm, vmf->address, vmf->pte, entry);
		fault_unlock(vmf);
		unlock_page(vmf->page); /* the entry keeps the reference */
	} else {
		drop_page(vmf->page);
	}
}

/* Pages that the cache has anyway, in the same table and VMA. */
static void fault_around(struct vm_fault *vmf)
{
	const struct vm_area_struct *vma = vmf->vma;
	u64 size = FAULT_AROUND_PAGES * PAGE_SIZE;
	vaddr_t start = max(ALIGN_DOWN(vmf->address, size), vma->vm_start);
	vaddr_t end = min(ALIGN_DOWN(vmf->address, size) + size, vma->vm_end);

	vma->vm_ops->map_pages(vmf->vma, vmf, linear_page_index(vma, start),
			       linear_page_index(vma, end));
}

static u32 do_read_fault(struct vm_fault *vmf)
{
	u32 ret;

	if (vmf->vma->vm_ops->map_pages) {
		fault_around(vmf);
		if (!pte_none(fault_peek(vmf)))
			return 0;
	}
	ret = call_fault(vmf);
	if (ret & (VM_FAULT_ERROR | VM_FAULT_RETRY))
		return ret;
	map_file_page(vmf,
		      pte_mkyoung(pfn_pte(page_to_pfn(vmf->page),
					  vmf->vma->vm_page_prot & ~_PAGE_RW)));
	return ret;
}

static u32 do_cow_fault(struct vm_fault *vmf)
{
	struct page *copy = fault_new_page(vmf);
	u32 ret;

	if (!copy)
		return VM_FAULT_OOM;
	ret = call_fault(vmf);
	if (ret & (VM_FAULT_ERROR | VM_FAULT_RETRY)) {
		put_page(copy);
		return ret;
	}
	memcpy(page_address(copy), page_address(vmf->page), PAGE_SIZE);
	if (fault_lock_none(vmf)) {
		add_mm_counter(vmf->vma->vm_mm, MM_ANONPAGES, 1);
		fault_map_new_page(vmf, copy);
		fault_unlock(vmf);
	} else {
		put_page(copy);
	}
	drop_page(vmf->page);
	return ret;
}

static u32 do_shared_fault(struct vm_fault *vmf)
{
	const struct vm_operations *ops = vmf->vma->vm_ops;
	pte_t entry;
	u32 ret = call_fault(vmf);

	if (ret & (VM_FAULT_ERROR | VM_FAULT_RETRY))
		return ret;
	if (ops->page_mkwrite) {
		u32 err = ops->page_mkwrite(vmf->vma, vmf);

		if (err & (VM_FAULT_ERROR | VM_FAULT_RETRY)) {
			drop_page(vmf->page);
			return err;
		}
	}
	set_page_dirty(vmf->page);
	entry = pfn_pte(page_to_pfn(vmf->page), vmf->vma->vm_page_prot);
	map_file_page(vmf, pte_mkwrite(pte_mkdirty(pte_mkyoung(entry))));
	return ret;
}

static u32 do_file_fault(struct vm_fault *vmf)
{
	vmf->page = NULL;
	if (!vmf->vma->vm_ops->fault)
		return VM_FAULT_SIGBUS;
	if (!(vmf->flags & FAULT_FLAG_WRITE))
		return do_read_fault(vmf);
	if (!(vmf->vma->vm_flags & VM_SHARED))
		return do_cow_fault(vmf);
	return do_shared_fault(vmf);
}

/* --- entries that lead nowhere at the moment --- */

static u32 do_swap_entry(struct vm_fault *vmf)
{
	pte_t pte;

	fault_lock(vmf);
	pte = ptep_get(vmf->pte); /* the page may have moved on since the peek */
	if (is_migration_pte(pte)) {
		POINT(migration_entry_wait, vmf->address, pte.val);
		migration_entry_wait_on_locked(pfn_to_page(pte_pfn(pte)),
					       vmf->ptl);
		return 0; /* the instruction faults again, or no longer */
	}
	fault_unlock(vmf);
	return 0;
}

/* -ENOMEM, or -ENOENT: there are leaves here, and no tables. */
static __noinline int make_table(struct vm_area_struct *vma, vaddr_t addr)
{
	pte_t *pmd;

	if (is_vm_hugetlb(vma))
		return -ENOENT;
	pmd = pmd_alloc(vma->vm_mm, addr);
	return pmd ? pte_alloc(vma->vm_mm, pmd, addr) : -ENOMEM;
}

/* Where the entry is, and its lock; the tables above are made, or an error. */
static inline int find_entry(struct vm_fault *vmf, struct mm_struct *mm)
{
	pte_t *pmd = pmd_offset(mm, vmf->address), entry;

	entry = likely(pmd) ? table_entry_get(pmd) : __pte(0);
	if (unlikely(!pmd_is_table(entry))) {
		int err = make_table(vmf->vma, vmf->address);

		if (err)
			return err;
		entry = table_entry_get(pmd_offset(mm, vmf->address));
	}
	vmf->pte = &entry_table(entry)[table_index(vmf->address, 1)];
	vmf->ptl = ptlock_of(pmd_page(entry));
	return 0;
}

/* All that it needs is in vmf: the fast path keeps nothing for it. */
static __noinline u32 without_tables(const struct vm_fault *vmf, int err)
{
	return err == -ENOENT ?
		       hugetlb_fault(vmf->vma, vmf->address, vmf->flags) :
		       VM_FAULT_OOM;
}

u32 handle_mm_fault(struct vm_area_struct *vma, vaddr_t addr, u32 flags)
{
	struct vm_fault vmf;
	int err;

	vmf.vma = vma;
	vmf.address = addr & PAGE_MASK;
	vmf.pgoff = linear_page_index(vma, addr);
	vmf.flags = flags;
	err = find_entry(&vmf, vma->vm_mm);
	if (unlikely(err))
		return without_tables(&vmf, err);
	vmf.orig_pte = fault_peek(&vmf);
	if (pte_none(vmf.orig_pte))
		return vma_is_anonymous(vma) ? do_anonymous_page(&vmf) :
					       do_file_fault(&vmf);
	if (!pte_present(vmf.orig_pte))
		return do_swap_entry(&vmf);
	if ((flags & FAULT_FLAG_WRITE) && !pte_write(vmf.orig_pte))
		return do_wp_page(&vmf);
	return 0; /* the CPU forgot what it remembered when it faulted */
}
