// SPDX-License-Identifier: MIT
/*
 * mm/zap.c - taking a range out of an address space
 *
 *	for each table of PTEs, under its lock:
 *	    clear the entry, note the address, give its page to the gather
 *	batch full, or the range done: flush, then drop the pages' references
 *
 * The order is what matters: while a CPU may still use a translation its page
 * keeps the reference that the entry had. Source: Linux's mm/memory.c,
 * mm/mmu_gather.c.
 */
#include <kernel/panic.h>
#include <kernel/point.h>
#include <mm/fault.h>
#include <mm/filemap.h>
#include <mm/hugetlb.h>
#include <mm/lru.h>
#include <mm/pgtable.h>
#include <mm/rmap.h>
#include <mm/tlb.h>

#include "fault_internal.h"

/* What a pass over some areas is about. */
struct zap {
	struct mmu_gather *tlb;
	struct vm_area_struct *vma;
	const struct address_space *only; /* NULL, or only pages of this file */
	s64 rss[NR_MM_COUNTERS];
	s32 cleared;  /* entries of the table at hand */
	vaddr_t last; /* of these */
};

/* --- one entry --- */

/* What the CPU noted in the entry is the page's now. */
static void keep_bits(pte_t pte, struct page *page)
{
	if (PageAnon(page))
		return;
	if (pte_dirty(pte))
		set_page_dirty(page);
	if (pte_young(pte))
		mark_page_accessed(page);
}

static bool is_kept(const struct zap *zap, pte_t pte)
{
	const struct page *page;

	if (likely(!zap->only))
		return false;
	page = is_migration_pte(pte) ? pfn_to_page(pte_pfn(pte)) :
				       vm_normal_page(pte);
	return !page || page->mapping != zap->only;
}

/* A migration entry's page is counted in rss and has no mapcount. */
static void zap_migration_entry(struct zap *zap, pte_t pte)
{
	POINT(migration_entry_zapped, pte.val, zap->tlb->fullmm);
	zap->rss[mm_counter(pfn_to_page(pte_pfn(pte)))]--;
}

/* true: the gather is full. */
static bool zap_entry(struct zap *zap, pte_t *ptep, vaddr_t addr)
{
	pte_t pte = ptep_get(ptep);
	struct page *page;

	if (pte_none(pte) || unlikely(is_kept(zap, pte)))
		return false;
	pte = ptep_get_and_clear(ptep);
	/* A migration entry, too: its flush may still be to come. */
	if (!zap->cleared++)
		tlb_note_entry(zap->tlb, addr);
	zap->last = addr;
	if (unlikely(is_migration_pte(pte))) {
		zap_migration_entry(zap, pte);
		return false;
	}
	page = vm_normal_page(pte);
	if (!page)
		return false;
	keep_bits(pte, page);
	zap->rss[mm_counter(page)]--;
	page_remove_rmap(page, zap->vma);
	return tlb_remove_page(zap->tlb, page);
}

/* --- one table --- */

/* Returns where it stopped: the gather was full, or the end. */
static vaddr_t zap_table(struct zap *zap, pte_t *pmd, vaddr_t addr, vaddr_t end)
{
	struct page *table = pmd_page(ptep_get(pmd));
	pte_t *ptep = (pte_t *)page_address(table) + table_index(addr, 1);
	bool full = false;

	spin_lock(ptlock_of(table));
	zap->cleared = 0;
	for (; addr < end && !full; addr += PAGE_SIZE)
		full = zap_entry(zap, ptep++, addr);
	if (zap->cleared) {
		tlb_note_entry(zap->tlb, zap->last);
		pte_table_count(ptep - 1, -zap->cleared);
	}
	spin_unlock(ptlock_of(table));
	return addr;
}

static void zap_tables(struct zap *zap, vaddr_t addr, vaddr_t end)
{
	pte_t *pmd;

	while ((pmd = next_pmd(zap->vma->vm_mm, &addr, end))) {
		vaddr_t next = min(ALIGN_DOWN(addr, PMD_SIZE) + PMD_SIZE, end);

		addr = zap_table(zap, pmd, addr, next);
		if (tlb_is_full(zap->tlb))
			tlb_flush_mmu(zap->tlb);
	}
}

static void zap_range(struct zap *zap, vaddr_t start, vaddr_t end)
{
	struct mm_struct *mm = zap->vma->vm_mm;

	zap_tables(zap, start, end);
	for (u32 i = 0; i < NR_MM_COUNTERS; i++)
		if (zap->rss[i])
			add_mm_counter(mm, (enum mm_counter)i, zap->rss[i]);
}

/* --- what others call --- */

void unmap_page_range(struct mmu_gather *tlb, struct vm_area_struct *vma,
		      vaddr_t start, vaddr_t end)
{
	struct zap zap = { .tlb = tlb, .vma = vma };

	BUG_ON(start < vma->vm_start || end > vma->vm_end);
	POINT(unmap_page_range, start, end);
	if (is_vm_hugetlb(vma))
		hugetlb_unmap_range(tlb, start, end);
	else
		zap_range(&zap, start, end);
}

void zap_page_range(struct vm_area_struct *vma, vaddr_t start, u64 size)
{
	struct mmu_gather tlb;

	tlb_gather_mmu(&tlb, vma->vm_mm, TLB_UNMAP);
	unmap_page_range(&tlb, vma, start, start + size);
	tlb_finish_mmu(&tlb);
}

static void unmap_file_part(struct vm_area_struct *vma, u64 first, u64 last,
			    const struct address_space *only)
{
	u64 from = max(first, vma->vm_pgoff);
	u64 to = min(last, vma->vm_pgoff + vma_pages(vma) - 1);
	struct mmu_gather tlb;
	struct zap zap = { .tlb = &tlb, .vma = vma, .only = only };

	tlb_gather_mmu(&tlb, vma->vm_mm, TLB_UNMAP);
	zap_range(&zap, vma->vm_start + ((from - vma->vm_pgoff) << PAGE_SHIFT),
		  vma->vm_start + ((to + 1 - vma->vm_pgoff) << PAGE_SHIFT));
	tlb_finish_mmu(&tlb);
}

void unmap_mapping_range(struct address_space *mapping, u64 pgoff, u64 nr,
			 bool even_cows)
{
	u64 last = pgoff + nr - 1 < pgoff ? ~0UL : pgoff + nr - 1;

	down_read(&mapping->i_mmap_rwsem);
	for (struct vm_area_struct *vma =
		     vma_interval_tree_iter_first(&mapping->i_mmap, pgoff, last);
	     vma; vma = vma_interval_tree_iter_next(vma, pgoff, last))
		unmap_file_part(vma, pgoff, last, even_cows ? NULL : mapping);
	up_read(&mapping->i_mmap_rwsem);
}

/* An area leaves the reverse maps before its tables are freed. */
static void leave_reverse_maps(struct mm_struct *mm)
{
	struct vm_area_struct *vma;

	for_each_vma(mm, vma) {
		unlink_anon_vmas(vma);
		unlink_file_vma(vma);
	}
}

static void free_areas(struct mm_struct *mm)
{
	struct vm_area_struct *vma = find_vma(mm, 0);

	while (vma) {
		struct vm_area_struct *next = vma_next(vma);

		if (vma->vm_ops && vma->vm_ops->close)
			vma->vm_ops->close(vma);
		rb_erase(&vma->vm_rb, &mm->mmap);
		vm_area_free(vma);
		vma = next;
	}
	mm->map_count = 0;
	mm->mmap_cache = NULL;
	mm->total_vm = mm->locked_vm = 0;
	mm->data_vm = mm->exec_vm = mm->stack_vm = 0;
}

void exit_mmap(struct mm_struct *mm)
{
	struct vm_area_struct *vma;
	struct mmu_gather tlb;

	down_write(&mm->mmap_lock); /* walkers that came by pid */
	tlb_gather_mmu_fullmm(&tlb, mm);
	for_each_vma(mm, vma)
		unmap_page_range(&tlb, vma, vma->vm_start, vma->vm_end);
	leave_reverse_maps(mm);
	free_pgtables(&tlb, 0, TASK_SIZE, 0, TASK_SIZE);
	tlb_finish_mmu(&tlb);
	for (u32 i = 0; i < NR_MM_COUNTERS; i++)
		BUG_ON(mm->rss[i]);
	BUG_ON(mm->hugetlb_pages);
	free_areas(mm);
	up_write(&mm->mmap_lock);
}
