// SPDX-License-Identifier: MIT
/*
 * mm/move_tables.c - mremap: entries move to another place of the same space
 *
 *	lock the reverse maps of the area	a walk sees entries at the old
 *						place or at the new one, not on
 *						their way
 *	both page-table locks, by address
 *	old entry out, into the new place
 *	flush the old range			before anybody may lock again
 *
 * Nothing is counted: neither mapcounts nor rss change. Migration entries move
 * like others; who resumes them walks the reverse maps.
 */
#include <kernel/panic.h>
#include <kernel/point.h>
#include <mm/fault.h>
#include <mm/filemap.h>
#include <mm/hugetlb.h>
#include <mm/pgtable.h>
#include <mm/rmap.h>
#include <mm/tlb.h>

#include "fault_internal.h"
#include "vma_internal.h"

static void lock_tables(struct spinlock *a, struct spinlock *b)
{
	struct spinlock *first = min(a, b);

	spin_lock(first);
	if (a != b)
		spin_lock_nested(first == a ? b : a);
}

static void unlock_tables(struct spinlock *a, struct spinlock *b)
{
	if (a != b)
		spin_unlock(b);
	spin_unlock(a);
}

/* Both ranges lie in one table each. */
static void move_entries(struct mm_struct *mm, pte_t *old_pmd, vaddr_t old_addr,
			 pte_t *new_pmd, vaddr_t new_addr, u64 len)
{
	struct page *old_table = pmd_page(ptep_get(old_pmd));
	struct page *new_table = pmd_page(ptep_get(new_pmd));
	pte_t *old = (pte_t *)page_address(old_table) + table_index(old_addr, 1);
	pte_t *new = (pte_t *)page_address(new_table) + table_index(new_addr, 1);

	lock_tables(ptlock_of(old_table), ptlock_of(new_table));
	for (u64 at = 0; at < len; at += PAGE_SIZE, old++, new ++) {
		pte_t pte = ptep_get(old);

		if (pte_none(pte))
			continue;
		BUG_ON(!pte_none(ptep_get(new)));
		if (is_migration_pte(pte))
			POINT(migration_entry_moved, pte.val);
		set_pte_at(mm, new_addr + at, new,
			   ptep_clear(mm, old_addr + at, old));
	}
	flush_tlb_range(mm, old_addr, old_addr + len, TLB_MREMAP);
	unlock_tables(ptlock_of(old_table), ptlock_of(new_table));
}

u64 move_page_tables(struct vm_area_struct *vma, vaddr_t old_addr,
		     struct vm_area_struct *new_vma, vaddr_t new_addr, u64 len)
{
	struct mm_struct *mm = vma->vm_mm;
	u64 done, step;

	if (is_vm_hugetlb(vma))
		return hugetlb_move_entries(vma, old_addr, new_addr, len);
	for (done = 0; done < len; done += step) {
		vaddr_t from = old_addr + done, to;
		pte_t *old_pmd = next_pmd(mm, &from, old_addr + len), *new_pmd;

		if (!old_pmd)
			return len;
		done = from - old_addr;
		to = new_addr + done;
		step = min(PMD_SIZE - (from & ~PMD_MASK),
			   PMD_SIZE - (to & ~PMD_MASK));
		step = min(step, len - done);
		new_pmd = pmd_alloc(mm, to);
		if (!new_pmd || pte_alloc(mm, new_pmd, to))
			break;
		vma_lock_rmap(new_vma);
		move_entries(mm, old_pmd, from, new_pmd, to, step);
		vma_unlock_rmap(new_vma);
		POINT(move_page_tables, from, to, step);
	}
	return done;
}
