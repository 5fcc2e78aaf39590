// SPDX-License-Identifier: MIT
/*
 * kernel/pgtable_show.c - the four levels that an address goes through
 *
 *	PGD[ 85] 0x0000000001203067 P W U A D     -> table at pfn 0x1203
 *	PUD[420] 0x0000000001204067 P W U A D     -> table at pfn 0x1204
 *	PMD[161] 0x0000000001205067 P W U A D     -> table at pfn 0x1205
 *	PTE[  5] 0x8000000001311867 P W U A D NX  -> pfn 0x1311, anonymous
 *
 * Letters stand for bits that are set: present, writable, user, accessed,
 * dirty, a large leaf (PS), special (SP: no page record counts it), no execute.
 */
#include <kernel/pgtable_show.h>
#include <mm/page_alloc.h>
#include <mm/pgtable.h>
#include <mm/rmap.h>

#define TOP_LEVEL 4

static const char *const level_names[TOP_LEVEL + 1] = {
	[1] = "PTE", [2] = "PMD", [3] = "PUD", [4] = "PGD"
};

static const struct {
	u64 bit;
	const char *name;
} bits[] = {
	{ _PAGE_PRESENT, "P " },  { _PAGE_RW, "W " },	 { _PAGE_USER, "U " },
	{ _PAGE_ACCESSED, "A " }, { _PAGE_DIRTY, "D " }, { _PAGE_PSE, "PS " },
	{ _PAGE_SPECIAL, "SP " }, { _PAGE_NX, "NX " },
};

static const char *const swap_names[NR_SWAP_TYPES] = {
	[SWP_NONE] = "nothing known",
	[SWP_MIGRATION_READ] = "migrating, read-only",
	[SWP_MIGRATION_READ_EXCLUSIVE] = "migrating, read-only, exclusive",
	[SWP_MIGRATION_WRITE] = "migrating, writable",
	[SWP_PROT_NONE] = "no access allowed",
	[SWP_TAKEN] = "taken back by the owner of a huge page",
};

static void show_bits(struct seq *seq, pte_t entry)
{
	for (u32 i = 0; i < ARRAY_SIZE(bits); i++)
		if (entry.val & bits[i].bit)
			seq_puts(seq, bits[i].name);
}

/* What the page at the end of the walk is. */
static void show_page(struct seq *seq, pte_t pte)
{
	const struct page *page = vm_normal_page(pte);

	seq_printf(seq, "-> pfn 0x%lx", pte_pfn(pte));
	if (!page)
		seq_puts(seq, ", not counted\n");
	else if (page_kind(page) == PAGE_HUGETLB)
		seq_printf(seq, ", huge, %s, %d mapping%s, %d reference%s\n",
			   page->private_data ? "shared" : "private",
			   page->entire_mapcount,
			   page->entire_mapcount == 1 ? "" : "s",
			   page->refcount, page->refcount == 1 ? "" : "s");
	else
		seq_printf(seq, ", %s, %u mapping%s, %d reference%s\n",
			   PageAnon(page) ? "anonymous" : "a file's",
			   page_mapcount(page),
			   page_mapcount(page) == 1 ? "" : "s", page->refcount,
			   page->refcount == 1 ? "" : "s");
}

static void show_absent(struct seq *seq, pte_t entry)
{
	enum swap_type type = pte_swap_type(entry);

	if (pte_none(entry)) {
		seq_puts(seq, "-> nothing\n");
		return;
	}
	seq_printf(seq, "-> pfn 0x%lx: %s\n", pte_pfn(entry),
		   type < NR_SWAP_TYPES ? swap_names[type] : "unknown type");
}

/* True: the entry leads to another table. */
static bool show_level(struct seq *seq, pte_t entry, u32 level, vaddr_t addr)
{
	seq_printf(seq, "%s[%3u] 0x%016lx ", level_names[level],
		   table_index(addr, level), entry.val);
	if (!pte_present(entry)) {
		show_absent(seq, entry);
		return false;
	}
	show_bits(seq, entry);
	if (level == 1 || !pmd_is_table(entry)) {
		show_page(seq, entry);
		return false;
	}
	seq_printf(seq, "-> table at pfn 0x%lx\n", pte_pfn(entry));
	return true;
}

void pgtable_show_walk(struct mm_struct *mm, vaddr_t addr, struct seq *seq)
{
	const pte_t *table = mm->pgd;

	if (addr >= TASK_SIZE) {
		seq_printf(seq, "0x%lx is no address of a program's\n", addr);
		return;
	}
	for (u32 level = TOP_LEVEL; level; level--) {
		pte_t entry = table_entry_get(&table[table_index(addr, level)]);

		if (!show_level(seq, entry, level, addr))
			return;
		table = entry_table(entry);
	}
}
