// SPDX-License-Identifier: MIT
/*
 * mm/pgtable.c - the tables of an address space: made when needed, and freed
 *
 *	mm->pgd          level 4, one a process; its upper half is the kernel's
 *	   └─ entry ──► table of level 3 ── entry ──► level 2 ── entry ──► level 1
 *	     512 GiB            1 GiB               2 MiB            4 KiB
 *
 * Each table is a page of kind PAGE_TABLE whose record says whose it is
 * (`mapping`), the address that its first entry stands for (`index`) and how
 * many entries are not 0 (`private_data`). In place of list links the record
 * of a table of PTEs holds the lock of its entries.
 *
 * Making one: the page is zeroed and prepared with no lock held, then linked
 * under page_table_lock. Two threads may get there at once: the second finds
 * the entry taken, gives its page back and goes on with the other's. Walkers
 * take no lock on the way down: an entry appears once, when its table is ready,
 * and goes only in free_pgtables(), when nobody can be on the way.
 *
 * Entries above the leaves have all rights, and accessed and dirty set from the
 * start: the leaf decides, and the CPU never writes to them.
 *
 * Source: SDM volume 3, section 4.5; Linux's mm/memory.c (free_pgd_range).
 */
#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/point.h>
#include <mm/mm_state.h>
#include <mm/node_stat.h>
#include <mm/page_alloc.h>
#include <mm/pgtable.h>
#include <arch/mmu.h>

#define TOP_LEVEL 4

static DEFINE_LOCK_CLASS(page_table_class, "page table", false);

/* Bytes that an entry of a table of that level stands for. */
static u64 entry_span(u32 level)
{
	return PAGE_SIZE << 9 * (level - 1);
}

/* --- a table's page --- */

static struct page *table_alloc(struct mm_struct *mm, vaddr_t addr, u32 level)
{
	struct page *table;

	if (POINT_FAILS(pte_alloc_one, addr, level))
		return NULL;
	table = alloc_pages(GFP_KERNEL | __GFP_ZERO, 0);
	if (!table)
		return NULL;
	WRITE_PLAIN(table->kind_order, kind_order(PAGE_TABLE, 0));
	table->mapping = mm;
	table->index = ALIGN_DOWN(addr, entry_span(level + 1));
	table->private_data = 0;
	spin_lock_init(ptlock_of(table), &page_table_class);
	mod_page_state(table, NR_PAGETABLE, 1);
	return table;
}

/* An ordinary page again, to be freed as one. */
static void table_retire(struct page *table)
{
	mod_page_state(table, NR_PAGETABLE, -1);
	INIT_LIST_HEAD(&table->lru);
	table->mapping = NULL;
	table->index = 0;
	table->private_data = 0;
	WRITE_PLAIN(table->kind_order, kind_order(PAGE_KERNEL, 0));
}

static void count_bytes(struct mm_struct *mm, s64 bytes)
{
	__atomic_add_fetch(&mm->pgtables_bytes, bytes, __ATOMIC_RELAXED);
}

/* mm->pgtables_bytes leaves the top out: it lives as long as the record. */
int pgd_alloc(struct mm_struct *mm)
{
	struct page *table = table_alloc(mm, 0, TOP_LEVEL);

	if (!table)
		return -ENOMEM;
	mm->pgd = page_address(table);
	mm->pgd_phys = PFN_PHYS(page_to_pfn(table));
	arch_mm_init(mm);
	return 0;
}

void pgd_free(struct mm_struct *mm)
{
	struct page *table = virt_to_page(mm->pgd);

	BUG_ON(table->private_data);
	mm->pgd = NULL;
	mm->pgd_phys = 0;
	table_retire(table);
	free_pages(table, 0);
}

/* --- walking --- */

/* The level-2 entry, if it leads to a table; *level: the last one looked at. */
static pte_t *lowest_entry(struct mm_struct *mm, vaddr_t addr, u32 *level)
{
	pte_t *table = mm->pgd;

	for (*level = TOP_LEVEL;; --*level) {
		pte_t *entry = &table[table_index(addr, *level)];
		pte_t value = table_entry_get(entry);

		if (!pmd_is_table(value))
			return NULL;
		if (*level == 2)
			return entry;
		table = entry_table(value);
	}
}

pte_t *next_pmd(struct mm_struct *mm, vaddr_t *addr, vaddr_t end)
{
	while (*addr < end) {
		u32 level;
		pte_t *entry = lowest_entry(mm, *addr, &level);

		if (entry)
			return entry;
		*addr = ALIGN_DOWN(*addr, entry_span(level)) + entry_span(level);
	}
	return NULL;
}

/* --- making what is missing --- */

/* False: somebody else has linked one there meanwhile. */
static bool table_link(struct mm_struct *mm, pte_t *entry, struct page *table)
{
	bool first;

	POINT(pte_link, table->index, page_to_pfn(table));
	spin_lock(&mm->page_table_lock);
	first = pte_none(ptep_get(entry));
	if (first) {
		set_pte(entry, pfn_pte(page_to_pfn(table), _PAGE_TABLE));
		pte_table_count(entry, 1);
	}
	spin_unlock(&mm->page_table_lock);
	return first;
}

/* The table of that level which covers addr exists below *entry; -ENOMEM. */
static int table_below(struct mm_struct *mm, pte_t *entry, vaddr_t addr,
		       u32 level)
{
	struct page *table;

	if (likely(pte_present(table_entry_get(entry))))
		return 0;
	table = table_alloc(mm, addr, level);
	if (!table)
		return -ENOMEM;
	if (table_link(mm, entry, table)) {
		count_bytes(mm, PAGE_SIZE);
		return 0;
	}
	table_retire(table);
	free_pages(table, 0);
	return 0;
}

pte_t *pmd_alloc(struct mm_struct *mm, vaddr_t addr)
{
	pte_t *table = mm->pgd;

	for (u32 level = TOP_LEVEL; level > 2; level--) {
		pte_t *entry = &table[table_index(addr, level)];

		if (table_below(mm, entry, addr, level - 1))
			return NULL;
		table = entry_table(table_entry_get(entry));
	}
	return &table[table_index(addr, 2)];
}

int pte_alloc(struct mm_struct *mm, pte_t *pmd, vaddr_t addr)
{
	return table_below(mm, pmd, addr, 1);
}

pte_t *pte_alloc_map_lock(struct mm_struct *mm, vaddr_t addr,
			  struct spinlock **ptl)
{
	pte_t *pmd = pmd_alloc(mm, addr);

	if (!pmd || pte_alloc(mm, pmd, addr))
		return NULL;
	return pte_offset_lock(pmd, addr, ptl);
}

/* --- taking away --- */

struct free_range {
	struct mmu_gather *tlb;
	vaddr_t start, end;	/* look here */
	vaddr_t floor, ceiling; /* others live below and above */
};

/* Does nobody else need the table that stands for [base, base + span)? */
static bool is_ours_alone(const struct free_range *r, vaddr_t base, u64 span)
{
	return base >= r->floor && base + span <= r->ceiling;
}

/* Nobody finds it any more; its page goes after the flush. */
static void table_unlink(const struct free_range *r, pte_t *entry)
{
	struct mm_struct *mm = r->tlb->mm;
	struct page *table = pmd_page(ptep_get(entry));

	BUG_ON(table->private_data);
	spin_lock(&mm->page_table_lock);
	set_pte(entry, __pte(0));
	pte_table_count(entry, -1);
	spin_unlock(&mm->page_table_lock);
	count_bytes(mm, -(s64)PAGE_SIZE);
	tlb_note_entry(r->tlb, table->index);
	table_retire(table);
	tlb_remove_table(r->tlb, table);
}

/* From the leaves up: below this table first, then the entries that lead there. */
static void free_below(const struct free_range *r, pte_t *table, u32 level,
		       vaddr_t base)
{
	u64 span = entry_span(level);
	vaddr_t at = max(base, ALIGN_DOWN(r->start, span));
	vaddr_t end = min(base + entry_span(level + 1), r->end);

	for (; at < end; at += span) {
		pte_t *entry = &table[table_index(at, level)];

		if (!pmd_is_table(ptep_get(entry)))
			continue;
		if (level > 2)
			free_below(r, entry_table(ptep_get(entry)), level - 1,
				   at);
		if (is_ours_alone(r, at, span))
			table_unlink(r, entry);
	}
}

void free_pgtables(struct mmu_gather *tlb, vaddr_t start, vaddr_t end,
		   vaddr_t floor, vaddr_t ceiling)
{
	struct free_range r = { tlb, start, end, floor, ceiling };

	/* TASK_SIZE ends a page before the last table does. */
	if (ceiling >= TASK_SIZE)
		r.ceiling = 1UL << 47;
	free_below(&r, tlb->mm->pgd, TOP_LEVEL, 0);
}
