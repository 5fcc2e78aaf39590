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

/* The top of an address space, with the kernel's half filled; -ENOMEM. */
int pgd_alloc(struct mm_struct *mm);
void pgd_free(struct mm_struct *mm); /* no CPU has it loaded: arch_mm_leave() */

/* --- down the tables --- */

/*
 * An entry that leads to a table, read so that the table's contents are seen.
 * Only PMDs may hold anything else that is present: a leaf.
 */
static inline pte_t table_entry_get(const pte_t *entry)
{
	return __pte(__atomic_load_n(&entry->val, __ATOMIC_ACQUIRE));
}

static inline bool pmd_is_table(pte_t pmd)
{
	return (pmd.val & (_PAGE_PRESENT | _PAGE_PSE)) == _PAGE_PRESENT;
}

static inline pte_t *entry_table(pte_t entry)
{
	return phys_to_virt(entry.val & _PAGE_PFN_MASK);
}

/* The level-2 entry for addr; NULL: no table reaches that far. */
static inline pte_t *pmd_offset(struct mm_struct *mm, vaddr_t addr)
{
	pte_t entry = table_entry_get(&mm->pgd[table_index(addr, 4)]);

	if (unlikely(!pte_present(entry)))
		return NULL;
	entry = table_entry_get(&entry_table(entry)[table_index(addr, 3)]);
	if (unlikely(!pte_present(entry)))
		return NULL;
	return &entry_table(entry)[table_index(addr, 2)];
}

/*
 * The first level-2 entry that leads to a table, of [*addr, end): *addr is the
 * first address of the range below it then. NULL: there is none. For walks of
 * ranges that may be large and empty: where an upper entry is missing, all
 * that it stands for is skipped at once.
 */
pte_t *next_pmd(struct mm_struct *mm, vaddr_t *addr, vaddr_t end);

/* Makes the tables above; NULL: out of memory. */
pte_t *pmd_alloc(struct mm_struct *mm, vaddr_t addr);
/* The table of PTEs below *pmd exists afterwards; -ENOMEM. */
int pte_alloc(struct mm_struct *mm, pte_t *pmd, vaddr_t addr);

/* The table's record. */
static inline struct page *pmd_page(pte_t pmd)
{
	return pfn_to_page(pte_pfn(pmd));
}

static inline struct spinlock *ptlock_of(struct page *table)
{
	return (struct spinlock *)&table->lru;
}

/* The entry for addr in the table below *pmd, locked; NULL: no table there. */
static inline pte_t *pte_offset_lock(const pte_t *pmd, vaddr_t addr,
				     struct spinlock **ptl)
{
	pte_t entry = table_entry_get(pmd);

	*ptl = NULL; /* for the compiler, which can't see that it isn't used */
	if (unlikely(!pmd_is_table(entry)))
		return NULL;
	*ptl = ptlock_of(pmd_page(entry));
	spin_lock(*ptl);
	return &entry_table(entry)[table_index(addr, 1)];
}

static inline pte_t *pte_offset_map_lock(struct mm_struct *mm, vaddr_t addr,
					 struct spinlock **ptl)
{
	const pte_t *pmd = pmd_offset(mm, addr);

	*ptl = NULL;
	return likely(pmd) ? pte_offset_lock(pmd, addr, ptl) : NULL;
}

/* Makes what is missing; NULL: out of memory. */
pte_t *pte_alloc_map_lock(struct mm_struct *mm, vaddr_t addr,
			  struct spinlock **ptl);

static inline void pte_unmap_unlock(pte_t *pte __unused, struct spinlock *ptl)
{
	spin_unlock(ptl);
}

/* --- entries --- */

/*
 * Entries that become or cease to be 0 are counted in their table, so that an
 * empty table is known at once. Use these two, not set_pte(), where that
 * happens; ptl held.
 */

/* nr entries of ptep's table ceased to be 0 (+) or became 0 (-), ptl held. */
static inline void pte_table_count(pte_t *ptep, s32 nr)
{
	virt_to_page(ptep)->private_data += (u64)(s64)nr;
}

static inline void set_pte_at(struct mm_struct *mm __unused,
			      vaddr_t addr __unused, pte_t *ptep, pte_t pte)
{
	pte_table_count(ptep, !pte_none(pte) - !pte_none(ptep_get(ptep)));
	set_pte(ptep, pte);
}

static inline pte_t ptep_clear(struct mm_struct *mm __unused,
			       vaddr_t addr __unused, pte_t *ptep)
{
	pte_t old = ptep_get_and_clear(ptep);

	pte_table_count(ptep, -!pte_none(old));
	return old;
}

/*
 * The page behind an entry that counts in mapcount; NULL: none (zero page,
 * device, migration entry, nothing). PROT_NONE entries have one.
 */
static inline struct page *vm_normal_page(pte_t pte)
{
	if (likely(pte_present(pte)))
		return unlikely(pte_special(pte)) ? NULL :
						    pfn_to_page(pte_pfn(pte));
	if (pte.val && pte_swap_type(pte) == SWP_PROT_NONE)
		return pfn_to_page(pte_pfn(pte));
	return NULL;
}

/* --- taking tables away --- */

/*
 * Free what tables [start, end) has that nothing else of the mm reaches:
 * floor is where the area below ends (0: there is none), ceiling where the one
 * above begins (TASK_SIZE: none). All entries are 0; mmap lock (write) held,
 * and the VMAs have left the rmap.
 */
void free_pgtables(struct mmu_gather *tlb, vaddr_t start, vaddr_t end,
		   vaddr_t floor, vaddr_t ceiling);

int page_table_check(struct mm_struct *mm);
/* All address spaces: mapcounts of all pages equal what the walks found. */
int page_table_check_all(void);
/* page_table_check() of all; adds each page's entries up in mapped[pfn]. */
int page_table_count_all(u32 *mapped, u64 nr);
