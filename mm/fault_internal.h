/* SPDX-License-Identifier: MIT */
/*
 * mm/fault_internal.h - what the parts of fault handling share
 *
 * vmf->pte and vmf->ptl are found once: who handles a fault holds the mmap
 * lock, and while it is held tables don't go.
 */
#pragma once

#include <mm/fault.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>
#include <mm/pgtable.h>
#include <mm/rmap.h>

/* The entry now, without its lock. */
static inline pte_t fault_peek(const struct vm_fault *vmf)
{
	return ptep_get(vmf->pte);
}

static inline void fault_lock(struct vm_fault *vmf)
{
	spin_lock(vmf->ptl);
}

static inline void fault_unlock(struct vm_fault *vmf)
{
	spin_unlock(vmf->ptl);
}

/* Locked, if there is still no entry. */
static inline bool fault_lock_none(struct vm_fault *vmf)
{
	fault_lock(vmf);
	if (likely(pte_none(ptep_get(vmf->pte))))
		return true;
	fault_unlock(vmf);
	return false;
}

/* Locked, if the entry is the one that was looked at. */
static inline bool fault_lock_same(struct vm_fault *vmf)
{
	fault_lock(vmf);
	/* Accessed and dirty are the CPU's, at any time. */
	if (likely(!((ptep_get(vmf->pte).val ^ vmf->orig_pte.val) &
		     ~(_PAGE_ACCESSED | _PAGE_DIRTY))))
		return true;
	fault_unlock(vmf);
	return false;
}

static inline void add_mm_counter(struct mm_struct *mm, enum mm_counter which,
				  s64 delta)
{
	__atomic_add_fetch(&mm->rss[which], delta, __ATOMIC_RELAXED);
}

static inline enum mm_counter mm_counter_file(const struct page *page)
{
	return page_flag(page, PG_swapbacked) ? MM_SHMEMPAGES : MM_FILEPAGES;
}

static inline enum mm_counter mm_counter(const struct page *page)
{
	return PageAnon(page) ? MM_ANONPAGES : mm_counter_file(page);
}

/* A page for the VMA's own, contents undefined; NULL. */
struct page *fault_new_page(struct vm_fault *vmf);
/* It becomes the one at the address; ptl held, no entry there. */
void fault_map_new_page(struct vm_fault *vmf, struct page *page);

u32 do_wp_page(struct vm_fault *vmf);
