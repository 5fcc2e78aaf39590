// SPDX-License-Identifier: MIT
/*
 * mm/protect.c - entries follow what their area allows now
 *
 *	area loses a right	the entry loses it, every CPU is told
 *	area gains writing	only a page that the process has alone becomes
 *				writable at once; others at their first write
 *	area allows nothing	the entry isn't present, but keeps its page
 *
 * Entries are taken out and put back, so that the CPU can't note an access in
 * what is being changed.
 */
#include <kernel/panic.h>
#include <kernel/point.h>
#include <mm/fault.h>
#include <mm/hugetlb.h>
#include <mm/pgtable.h>
#include <mm/rmap.h>
#include <mm/tlb.h>

#include "fault_internal.h"

static pte_t make_inaccessible(pte_t pte)
{
	return swp_pte(SWP_PROT_NONE, pte_pfn(pte),
		       (pte_young(pte) ? SWP_YOUNG : 0) |
			       (pte_dirty(pte) ? SWP_DIRTY : 0) |
			       (pte_write(pte) ? SWP_WRITE : 0));
}

static pte_t make_accessible(pte_t pte, u64 prot)
{
	pte_t entry = pfn_pte(pte_pfn(pte), prot & ~_PAGE_RW);

	if (pte.val & SWP_YOUNG)
		entry = pte_mkyoung(entry);
	if (pte.val & SWP_DIRTY)
		entry = pte_mkdirty(entry);
	return entry;
}

/* May a write go to the page without anything to be done first? */
static bool may_write_now(const struct vm_area_struct *vma, pte_t pte)
{
	const struct page *page = vm_normal_page(pte);

	return vma->vm_flags & VM_WRITE && page && PageAnon(page) &&
	       page_flag(page, PG_anon_exclusive);
}

/* With the bits that the CPU has set in the old one. */
static pte_t changed(const struct vm_area_struct *vma, pte_t old, u64 prot)
{
	bool shared_rw = vma->vm_flags & VM_SHARED && vma->vm_flags & VM_WRITE;
	bool was_writable = pte_present(old) ? pte_write(old) :
					       (old.val & SWP_WRITE) != 0;
	pte_t pte;

	if (pte_present(old))
		pte = __pte((old.val & (_PAGE_PFN_MASK | _PAGE_ACCESSED |
					_PAGE_DIRTY | _PAGE_SPECIAL)) |
			    (prot & ~_PAGE_RW));
	else
		pte = make_accessible(old, prot);
	if (may_write_now(vma, pte) || (shared_rw && was_writable))
		pte = pte_mkwrite(pte);
	return pte;
}

static bool is_prot_none(const struct vm_area_struct *vma)
{
	return !(vma->vm_flags & VM_ACCESS_FLAGS);
}

/* The entry that replaces a present or inaccessible one; 0: none. */
static pte_t new_entry(const struct vm_area_struct *vma, pte_t old, u64 prot)
{
	if (!is_prot_none(vma))
		return changed(vma, old, prot);
	if (!pte_present(old))
		return old;
	/* The zero page comes back by itself. */
	return pte_special(old) ? __pte(0) : make_inaccessible(old);
}

static void change_migration_entry(const struct vm_area_struct *vma,
				   pte_t *ptep, pte_t old)
{
	POINT(migration_entry_protected, old.val);
	if (vma->vm_flags & VM_WRITE ||
	    pte_swap_type(old) != SWP_MIGRATION_WRITE)
		return;
	set_pte(ptep, swp_pte(SWP_MIGRATION_READ_EXCLUSIVE, pte_pfn(old),
			      old.val & (SWP_YOUNG | SWP_DIRTY)));
}

static bool change_entry(struct vm_area_struct *vma, pte_t *ptep, vaddr_t addr,
			 u64 prot)
{
	pte_t old = ptep_get(ptep), pte;

	if (pte_none(old))
		return false;
	if (is_migration_pte(old)) {
		change_migration_entry(vma, ptep, old);
		return true;
	}
	old = ptep_clear(vma->vm_mm, addr, ptep);
	pte = new_entry(vma, old, prot);
	if (!pte_none(pte))
		set_pte_at(vma->vm_mm, addr, ptep, pte);
	return true;
}

static u64 change_table(struct vm_area_struct *vma, pte_t *pmd, vaddr_t addr,
			vaddr_t end, u64 prot)
{
	struct page *table = pmd_page(ptep_get(pmd));
	pte_t *ptep = (pte_t *)page_address(table) + table_index(addr, 1);
	u64 nr = 0;

	spin_lock(ptlock_of(table));
	for (; addr < end; addr += PAGE_SIZE)
		nr += change_entry(vma, ptep++, addr, prot);
	spin_unlock(ptlock_of(table));
	return nr;
}

static u64 change_range(struct vm_area_struct *vma, vaddr_t addr, vaddr_t end,
			u64 new_prot)
{
	pte_t *pmd;
	u64 nr = 0;

	while ((pmd = next_pmd(vma->vm_mm, &addr, end))) {
		vaddr_t next = min(ALIGN_DOWN(addr, PMD_SIZE) + PMD_SIZE, end);

		nr += change_table(vma, pmd, addr, next, new_prot);
		addr = next;
	}
	return nr;
}

u64 change_protection(struct vm_area_struct *vma, vaddr_t start, vaddr_t end,
		      u64 new_prot)
{
	u64 nr = is_vm_hugetlb(vma) ?
			 hugetlb_change_protection(vma, start, end) :
			 change_range(vma, start, end, new_prot);

	POINT(change_protection, start, end, nr);
	if (nr || tlb_gathers_pending(vma->vm_mm))
		flush_tlb_range(vma->vm_mm, start, end, TLB_PROTECT);
	return nr;
}
