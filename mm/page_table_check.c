// SPDX-License-Identifier: MIT
/*
 * mm/page_table_check.c - do tables and page records say the same?
 *
 *	page_table_check(mm)
 *	   each table	it is one, of this mm, for these addresses, and has as
 *			many entries that are not 0 as its record says
 *	   each entry	its page is in use, anonymous or a file's and not both,
 *			mapped and referenced; anonymous and writable: once
 *	   sums		pgtables_bytes, rss and hugetlb_pages
 *
 *	page_table_check_all()
 *	   all of these, and each page's mapcount equals the entries found in
 *	   all address spaces together
 *
 * Each finding is told with both values. An address space is looked at under
 * its mmap lock, so its own faults stand still; but what is mapped in several
 * that run may change between one and the next: findings of mapcounts mean
 * something at rest.
 */
#include <kernel/printk.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>
#include <mm/pgtable.h>
#include <mm/rmap.h>
#include <mm/vmalloc.h>

#include "fault_internal.h"

#define TOP_LEVEL 4

struct table_walk {
	struct mm_struct *mm;
	u32 *mapped; /* entries by pfn; NULL: not asked for */
	u64 nr_mapped;
	s64 rss[NR_MM_COUNTERS];
	s64 nr_huge, nr_tables;
	int findings;
};

#define FINDING(w, fmt, ...)                                                   \
	do {                                                                   \
		pr_err("mm %lu: " fmt "\n", (w)->mm->tlb.ctx_id, __VA_ARGS__); \
		(w)->findings++;                                               \
	} while (0)

/* --- one entry --- */

static bool is_writable(pte_t pte)
{
	return pte_present(pte) ? pte_write(pte) : pte.val & SWP_WRITE;
}

/* What is wrong with mapping this page so; NULL: nothing. */
static const char *page_fault_in(const struct page *page, pte_t pte)
{
	enum page_kind kind = page_kind(page);

	if (kind == PAGE_NONE)
		return "is free";
	if (kind != PAGE_ANON && kind != PAGE_FILE)
		return "is the kernel's";
	if ((kind == PAGE_ANON) != PageAnon(page))
		return "is anonymous and a file's";
	if (!page_mapped(page))
		return "is mapped by its own count nowhere";
	if (page->refcount <= page->mapcount)
		return "has fewer references than mappings";
	if (PageAnon(page) && is_writable(pte) && page->mapcount > 0)
		return "is anonymous, writable and mapped more than once";
	return NULL;
}

static void check_page(struct table_walk *w, vaddr_t addr, pte_t pte,
		       struct page *page)
{
	pfn_t pfn = page_to_pfn(page);
	const char *what = page_fault_in(page, pte);

	if (what)
		FINDING(w,
			"address 0x%012lx entry 0x%016lx: pfn 0x%lx %s (kind %u refcount %d mapcount %d)",
			addr, pte.val, pfn, what, page_kind(page),
			page->refcount, page->mapcount);
	w->rss[mm_counter(page)]++;
	if (w->mapped && pfn < w->nr_mapped)
		w->mapped[pfn]++;
}

/* As page_fault_in(), for an entry of 2 MiB. */
static const char *huge_page_fault_in(const struct page *page, pte_t entry)
{
	if (page_kind(page) != PAGE_HUGETLB)
		return "is no huge page's head";
	if (page->entire_mapcount < 1)
		return "is mapped by its own count nowhere";
	if (page->refcount < page->entire_mapcount)
		return "has fewer references than mappings";
	if (!page->private_data && pte_present(entry) && pte_write(entry) &&
	    page->entire_mapcount > 1)
		return "is private, writable and mapped more than once";
	return NULL;
}

static void check_leaf(struct table_walk *w, vaddr_t addr, pte_t entry)
{
	const struct page *page = vm_normal_page(entry);
	const char *what = "is none";

	if (is_taken_pte(entry))
		return;
	if (page && pfn_valid(mm_active, page_to_pfn(page)))
		what = huge_page_fault_in(page, entry);
	if (what)
		FINDING(w,
			"address 0x%012lx entry 0x%016lx of 2 MiB: its page %s",
			addr, entry.val, what);
	w->nr_huge++;
	if (w->mapped && pte_pfn(entry) < w->nr_mapped)
		w->mapped[pte_pfn(entry)]++;
}

static void check_entry(struct table_walk *w, vaddr_t addr, pte_t pte)
{
	struct page *page = vm_normal_page(pte);
	bool migrates = is_migration_pte(pte);

	if (!page && !migrates)
		return;
	if (!pfn_valid(mm_active, pte_pfn(pte)))
		FINDING(w, "address 0x%012lx entry 0x%016lx: no such page",
			addr, pte.val);
	else if (migrates) /* it counts in rss, and has no mapcount */
		w->rss[mm_counter(pfn_to_page(pte_pfn(pte)))]++;
	else
		check_page(w, addr, pte, page);
}

/* --- tables --- */

static void check_table_page(struct table_walk *w, const pte_t *table,
			     vaddr_t base, u64 used)
{
	const struct page *page = virt_to_page(table);

	if (page_kind(page) != PAGE_TABLE)
		FINDING(w, "table of 0x%012lx: pfn 0x%lx is of kind %u", base,
			page_to_pfn(page), page_kind(page));
	if (page->mapping != w->mm)
		FINDING(w, "table of 0x%012lx: pfn 0x%lx belongs to another mm",
			base, page_to_pfn(page));
	if (page->index != base)
		FINDING(w, "table of 0x%012lx: its record says 0x%012lx", base,
			page->index);
	if (page->private_data != used)
		FINDING(w, "table of 0x%012lx: %lu entries, its record says %lu",
			base, used, page->private_data);
}

static void check_table(struct table_walk *w, const pte_t *table, u32 level,
			vaddr_t base);

static void check_slot(struct table_walk *w, pte_t entry, u32 level,
		       vaddr_t addr)
{
	if (level == 1) {
		check_entry(w, addr, entry);
	} else if (pmd_is_table(entry)) {
		w->nr_tables++;
		check_table(w, entry_table(entry), level - 1, addr);
	} else {
		check_leaf(w, addr, entry);
	}
}

static void check_table(struct table_walk *w, const pte_t *table, u32 level,
			vaddr_t base)
{
	u32 nr = level == TOP_LEVEL ? PTRS_PER_TABLE / 2 : PTRS_PER_TABLE;
	u64 span = PAGE_SIZE << 9 * (level - 1), used = 0;

	for (u32 i = 0; i < nr; i++) {
		pte_t entry = table_entry_get(&table[i]);

		if (pte_none(entry))
			continue;
		used++;
		check_slot(w, entry, level, base + i * span);
	}
	check_table_page(w, table, base, used);
}

/* --- one address space --- */

static const char *const counter_names[NR_MM_COUNTERS] = {
	[MM_ANONPAGES] = "anonymous",
	[MM_FILEPAGES] = "file",
	[MM_SHMEMPAGES] = "shmem",
};

static void check_sums(struct table_walk *w)
{
	struct mm_struct *mm = w->mm;

	for (u32 i = 0; i < NR_MM_COUNTERS; i++)
		if (mm->rss[i] != w->rss[i])
			FINDING(w, "%ld %s pages, rss says %ld", w->rss[i],
				counter_names[i], mm->rss[i]);
	if (mm->hugetlb_pages != w->nr_huge)
		FINDING(w, "%ld huge pages, hugetlb_pages says %ld", w->nr_huge,
			mm->hugetlb_pages);
	if (mm->pgtables_bytes != w->nr_tables * (s64)PAGE_SIZE)
		FINDING(w, "%ld tables, pgtables_bytes says %ld", w->nr_tables,
			mm->pgtables_bytes);
}

static int check_mm(struct mm_struct *mm, u32 *mapped, u64 nr_mapped)
{
	struct table_walk w = { .mm = mm,
				.mapped = mapped,
				.nr_mapped = nr_mapped };

	check_table(&w, mm->pgd, TOP_LEVEL, 0);
	check_sums(&w);
	return w.findings;
}

int page_table_check(struct mm_struct *mm)
{
	return check_mm(mm, NULL, 0);
}

/* --- all of them --- */

struct all_walk {
	u32 *mapped;
	u64 nr_mapped;
	int findings;
};

static void check_one(struct mm_struct *mm, void *arg)
{
	struct all_walk *all = arg;

	down_write(&mm->mmap_lock);
	all->findings += check_mm(mm, all->mapped, all->nr_mapped);
	up_write(&mm->mmap_lock);
}

/* Entries that its record counts; not a user's: none are looked for. */
static bool counts_entries(const struct page *page, u32 *nr)
{
	*nr = page_mapcount(page);
	if (page_kind(page) == PAGE_HUGETLB)
		*nr = (u32)page->entire_mapcount;
	return page_kind(page) >= PAGE_HUGETLB;
}

static void check_mapcounts(struct all_walk *all)
{
	for (pfn_t pfn = 0; pfn < all->nr_mapped; pfn++) {
		const struct page *page = pfn_to_page(pfn);
		u32 nr;

		if (!pfn_valid(mm_active, pfn)) {
			pfn |= pageblock_nr_pages - 1; /* all of it is not */
			continue;
		}
		if (!counts_entries(page, &nr) || nr == all->mapped[pfn])
			continue;
		pr_err("page tables: pfn 0x%lx: %u entries, mapcount says %u (kind %u flags 0x%x refcount %d index 0x%lx)\n",
		       pfn, all->mapped[pfn], nr, page_kind(page), page->flags,
		       page->refcount, page->index);
		all->findings++;
	}
}

int page_table_count_all(u32 *mapped, u64 nr)
{
	struct all_walk all = { .mapped = mapped, .nr_mapped = nr };

	for_each_mm(check_one, &all);
	return all.findings;
}

int page_table_check_all(void)
{
	u64 nr = mm_active->max_pfn;
	struct all_walk all = { .mapped = vzalloc(nr * sizeof(u32)) };

	if (all.mapped)
		all.nr_mapped = nr;
	else
		pr_warn("page tables: no memory to count mappings of %lu pages: mapcounts are not checked\n",
			nr);
	all.findings = page_table_count_all(all.mapped, all.nr_mapped);
	check_mapcounts(&all);
	vfree(all.mapped);
	vmalloc_purge(); /* a check leaves nothing that wasn't there */
	return all.findings;
}
