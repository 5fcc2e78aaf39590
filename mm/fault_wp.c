// SPDX-License-Identifier: MIT
/*
 * mm/fault_wp.c - a write to a page that is mapped read-only: copy on write
 *
 *	shared VMA		the page itself becomes writable
 *	private, page of ours	only entry, only user: make it writable (reuse)
 *	private, else		copy; the old entry goes before the new one comes
 *
 *	parent ──RO──► page ◄──RO── child	after fork
 *	parent ──RW──► copy	page ◄──RO── child	parent wrote
 *	                	page ◄──RW── child	child wrote: sole user, reuse
 *
 * An anonymous page belongs to one process for sure if it is exclusive, or if
 * nobody but this entry has a reference: then no other process can map it
 * (that would be an entry, with a reference), be copying it or have it pinned.
 *
 * Between clearing the old entry and installing the new one every CPU that runs
 * this address space forgets the old: otherwise one thread could write the copy
 * while another still reads the old page.
 */
#include <kernel/panic.h>
#include <kernel/point.h>
#include <kernel/string.h>
#include <mm/filemap.h>
#include <mm/lru.h>
#include <mm/node_stat.h>
#include <mm/page_ref.h>
#include <mm/tlb.h>

#include "fault_internal.h"

/* ptl held; lets go of it. */
static u32 reuse(struct vm_fault *vmf)
{
	pte_t entry = pte_mkyoung(pte_mkdirty(pte_mkwrite(ptep_get(vmf->pte))));

	/* More rights need no flush: a CPU with the old ones faults again. */
	set_pte(vmf->pte, entry);
	fault_unlock(vmf);
	count_vm_event(PGREUSE);
	return 0;
}

/* --- shared --- */

static u32 wp_shared(struct vm_fault *vmf, struct page *page)
{
	const struct vm_operations *ops = vmf->vma->vm_ops;
	u32 ret = 0;

	get_page(page);
	fault_unlock(vmf);
	lock_page(page);
	vmf->page = page;
	if (ops->page_mkwrite)
		ret = ops->page_mkwrite(vmf->vma, vmf);
	if (!(ret & (VM_FAULT_ERROR | VM_FAULT_RETRY)) && fault_lock_same(vmf)) {
		reuse(vmf);
		set_page_dirty(page);
	}
	unlock_page(page);
	put_page(page);
	return ret;
}

/* --- private --- */

static bool sole_user(struct page *page)
{
	if (page_ref_count(page) != 1 || !trylock_page(page))
		return false;
	if (page_ref_count(page) == 1) /* nobody migrates it meanwhile */
		return true;
	unlock_page(page);
	return false;
}

/* ptl held. May the writer have the page without a copy? */
static bool may_reuse(struct vm_fault *vmf, struct page *page)
{
	if (!PageAnon(page))
		return false;
	if (page_flag(page, PG_anon_exclusive))
		return true;
	if (page_ref_count(page) > 1 && !page_flag(page, PG_lru))
		lru_add_drain(); /* our own batch may be what holds it */
	if (!sole_user(page))
		return false;
	page_move_anon_rmap(page, vmf->vma);
	unlock_page(page);
	return true;
}

/* ptl held, the entry as it was; the old page's reference is the caller's. */
static void replace_entry(struct vm_fault *vmf, struct page *old,
			  struct page *new)
{
	struct mm_struct *mm = vmf->vma->vm_mm;

	ptep_clear(mm, vmf->address, vmf->pte);
	flush_tlb_page(mm, vmf->address, TLB_COW);
	fault_map_new_page(vmf, new);
	if (!old) {
		add_mm_counter(mm, MM_ANONPAGES, 1);
		return;
	}
	if (!PageAnon(old)) {
		add_mm_counter(mm, mm_counter_file(old), -1);
		add_mm_counter(mm, MM_ANONPAGES, 1);
	}
	page_remove_rmap(old, vmf->vma);
}

/* old is NULL for the zero page; else referenced. No lock held. */
static u32 wp_copy(struct vm_fault *vmf, struct page *old)
{
	struct page *new = fault_new_page(vmf);

	if (!new) {
		if (old)
			put_page(old);
		return VM_FAULT_OOM;
	}
	if (old)
		memcpy(page_address(new), page_address(old), PAGE_SIZE);
	else
		memset(page_address(new), 0, PAGE_SIZE);
	POINT(wp_page_copied, vmf->address, page_to_pfn(new));
	if (fault_lock_same(vmf)) {
		replace_entry(vmf, old, new);
		fault_unlock(vmf);
		if (old)
			put_page(old); /* the entry's */
	} else {
		put_page(new);
	}
	if (old)
		put_page(old);
	return 0;
}

u32 do_wp_page(struct vm_fault *vmf)
{
	struct page *page;

	if (!fault_lock_same(vmf))
		return 0;
	page = vm_normal_page(vmf->orig_pte);
	if (page && (vmf->vma->vm_flags & VM_SHARED))
		return wp_shared(vmf, page);
	if (page && may_reuse(vmf, page))
		return reuse(vmf);
	if (page)
		get_page(page);
	fault_unlock(vmf);
	return wp_copy(vmf, page);
}
