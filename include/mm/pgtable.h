/* SPDX-License-Identifier: MIT */
/*
 * include/mm/pgtable.h - walking and making a user's page tables
 *
 *	pte_t *pte; struct spinlock *ptl;
 *	pte = pte_offset_map_lock(mm, addr, &ptl);	NULL: no table there
 *	...
 *	pte_unmap_unlock(pte, ptl);
 *
 * Units    bytes; addresses below TASK_SIZE
 * Locks    page-table lock: one for each table of PTEs, in the table's page
 *          record (over `lru`); a PMD leaf: the one of the PMD table. Order of
 *          two: fork takes the parent's, then the child's; mremap by address
 * Context  may sleep where tables are made; under the lock: no sleeping
 * Errors   -ENOMEM; NULL
 * Owns     tables: pages of kind PAGE_TABLE, `mapping` the mm, `index` the
 *          address they begin at, `private_data` entries that are not 0
 * Keeps    page_table_check(mm) == 0: counts of entries, rss and mapcounts
 *          equal a walk; nothing free is mapped; no page is both anonymous
 *          and file; an anonymous page mapped writable is mapped once
 *
 * Who walks holds the mmap lock or an rmap lock of a VMA that covers addr.
 * Tables are charged Unmovable; kernel threads never make any.
 */
#pragma once

#include <kernel/spinlock.h>
#include <mm/mm_struct.h>
#include <mm/page.h>

/* The level-2 entry for addr; NULL: no table reaches that far. */
pte_t *pmd_offset(struct mm_struct *mm, vaddr_t addr);
/* Makes the tables above; NULL: out of memory. */
pte_t *pmd_alloc(struct mm_struct *mm, vaddr_t addr);
/* The table of PTEs below *pmd exists afterwards; -ENOMEM. */
int pte_alloc(struct mm_struct *mm, pte_t *pmd, vaddr_t addr);

struct page *pmd_page(pte_t pmd); /* the table's record */

static inline struct spinlock *ptlock_of(struct page *table)
{
	return (struct spinlock *)&table->lru;
}

pte_t *pte_offset_map_lock(struct mm_struct *mm, vaddr_t addr,
			   struct spinlock **ptl);
/* Makes what is missing. */
pte_t *pte_alloc_map_lock(struct mm_struct *mm, vaddr_t addr,
			  struct spinlock **ptl);
void pte_unmap_unlock(pte_t *pte, struct spinlock *ptl);

/*
 * Entries that become or cease to be 0 are counted in their table, so that an
 * empty table is known at once. Use these two, not set_pte(), where that
 * happens; ptl held.
 */
void set_pte_at(struct mm_struct *mm, vaddr_t addr, pte_t *ptep, pte_t pte);
pte_t ptep_clear(struct mm_struct *mm, vaddr_t addr, pte_t *ptep);
/* nr entries of ptep's table ceased to be 0 (+) or became 0 (-), ptl held. */
void pte_table_count(pte_t *ptep, s32 nr);

/* Clear what tables [start, end) has that nothing else of the mm reaches:
 * floor and ceiling are the neighbours' borders. mmap lock (write) held. */
void free_pgtables(struct mmu_gather *tlb, vaddr_t start, vaddr_t end,
		   vaddr_t floor, vaddr_t ceiling);

/* The page behind an entry that counts in mapcount; NULL: none (zero page,
 * device, migration entry, nothing). PROT_NONE entries have one. */
struct page *vm_normal_page(pte_t pte);

int page_table_check(struct mm_struct *mm);
/* All address spaces: mapcounts of all pages equal what the walks found. */
int page_table_check_all(void);
