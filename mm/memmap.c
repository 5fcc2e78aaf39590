// SPDX-License-Identifier: MIT
/*
 * mm/memmap.c - the page array ("vmemmap") and the hand-over from memblock
 *
 * The array is one flat range of virtual addresses, record of pfn p at
 * VMEMMAP_BASE + 64 p, present only around RAM. Its unit of presence is the
 * pageblock: 512 records are 32 KiB, eight pages of backing, so a pageblock
 * with one page of RAM has all its records. 128 MiB of RAM fill one 2 MiB
 * leaf.
 *
 *	pfn   ...|   pageblock   |   pageblock   |...     pfn_valid()
 *	RAM      |   ###########|#####           |        1 bit each
 *	record   | r r # # # # #|# # # r r r r r |        r: reserved, "hole"
 *
 * A hole's record names the zone of the nearest RAM below it in its pageblock
 * or, if there is none, above.
 */
#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <mm/memmap.h>
#include <mm/mm_state.h>
#include <mm/zone_init.h>
#include <arch/paging.h>

#define BLOCK_RECORDS_SIZE (pageblock_nr_pages * sizeof(struct page))
#define LEAF_SIZE	   (2 * MiB)
#define LEAF_PAGES	   (LEAF_SIZE / sizeof(struct page))

#define VALID_WORD_SHIFT 15 /* 64 pageblocks a word */
#define VALID_LEAF_SHIFT 24 /* 512 words a leaf */
#define VALID_LEAF_WORDS 512

/* --- pfn_valid --- */

static u64 *valid_word(const struct mm_state *mm, pfn_t pfn)
{
	u64 root = pfn >> VALID_LEAF_SHIFT;

	if (root >= mm->nr_valid_root || !mm->valid_root[root])
		return NULL;
	return &mm->valid_root[root][pfn >> VALID_WORD_SHIFT &
				     (VALID_LEAF_WORDS - 1)];
}

bool pfn_valid(const struct mm_state *mm, pfn_t pfn)
{
	const u64 *word = valid_word(mm, pfn);

	return word && *word >> (pfn >> pageblock_order & 63) & 1;
}

void *mm_boot_alloc(struct mm_state *mm, u64 size, u64 align, int nid)
{
	paddr_t addr = memblock_phys_alloc_range(&mm->memblock, size, align, 0,
						 MEMBLOCK_ALLOC_ANYWHERE, nid);

	return addr ? memset(phys_to_virt(addr), 0, size) : NULL;
}

static int valid_init(struct mm_state *mm)
{
	paddr_t end = memblock_end_of_DRAM(&mm->memblock);

	mm->nr_valid_root = (PFN_UP(end) >> VALID_LEAF_SHIFT) + 1;
	mm->valid_root = mm_boot_alloc(mm, mm->nr_valid_root * sizeof(u64 *),
				       PAGE_SIZE, NUMA_NO_NODE);
	return mm->valid_root ? 0 : -ENOMEM;
}

static int valid_set(struct mm_state *mm, pfn_t pfn, int nid)
{
	u64 root = pfn >> VALID_LEAF_SHIFT;

	if (!mm->valid_root[root])
		mm->valid_root[root] = mm_boot_alloc(
			mm, VALID_LEAF_WORDS * sizeof(u64), PAGE_SIZE, nid);
	if (!mm->valid_root[root])
		return -ENOMEM;
	*valid_word(mm, pfn) |= 1UL << (pfn >> pageblock_order & 63);
	return 0;
}

/* --- backing --- */

struct node_source {
	struct mm_state *mm;
	int nid;
};

static paddr_t node_source_alloc(void *ctx)
{
	struct node_source *src = ctx;
	void *page = mm_boot_alloc(src->mm, PAGE_SIZE, PAGE_SIZE, src->nid);

	return page ? virt_to_phys_direct(page) : 0;
}

static int map_records(struct mm_state *mm, pfn_t pfn, u64 size, int nid)
{
	struct node_source ctx = { mm, nid };
	struct page_source source = { node_source_alloc, &ctx };
	void *backing = mm_boot_alloc(mm, size, size, nid);

	if (!backing)
		return -ENOMEM;
	return paging_map((vaddr_t)pfn_to_page(pfn),
			  virt_to_phys_direct(backing), size, MAP_W, &source);
}

static bool leaf_is_free(const struct mm_state *mm, pfn_t pfn)
{
	for (pfn_t p = pfn; p < pfn + LEAF_PAGES; p += pageblock_nr_pages)
		if (pfn_valid(mm, p))
			return false;
	return true;
}

/* Map the records of pageblocks from pfn on; how many frames they cover. */
static u64 populate_some(struct mm_state *mm, pfn_t pfn, pfn_t end, int nid)
{
	if (pfn_valid(mm, pfn)) /* shared with the range before */
		return pageblock_nr_pages;
	if (IS_ALIGNED(pfn, LEAF_PAGES) && end - pfn >= LEAF_PAGES &&
	    leaf_is_free(mm, pfn) && !map_records(mm, pfn, LEAF_SIZE, nid))
		return LEAF_PAGES;
	if (map_records(mm, pfn, BLOCK_RECORDS_SIZE, nid))
		return 0;
	return pageblock_nr_pages;
}

static int populate_range(struct mm_state *mm, pfn_t start, pfn_t end, int nid)
{
	pfn_t pfn = ALIGN_DOWN(start, pageblock_nr_pages);

	end = ALIGN(end, pageblock_nr_pages);
	while (pfn < end) {
		u64 done = populate_some(mm, pfn, end, nid);
		pfn_t p = pfn;

		if (!done)
			return -ENOMEM;
		for (; p < pfn + done; p += pageblock_nr_pages)
			if (valid_set(mm, p, nid))
				return -ENOMEM;
		pfn = p;
	}
	return 0;
}

int vmemmap_populate(struct mm_state *mm)
{
	pfn_t start, end;
	int nid, err = valid_init(mm);

	for (u32 i = 0;
	     !err && memblock_next_mem_pfn_range(&mm->memblock, &i, NUMA_NO_NODE,
						 &start, &end, &nid);)
		err = populate_range(mm, start, end, nid);
	return err;
}

/* --- records --- */

static void init_record(struct page *page, u16 zone_index)
{
	memset(page, 0, sizeof(*page));
	page->flags = 1u << PG_reserved;
	page->zone_index = zone_index;
	page->refcount = 1;
	page->mapcount = -1;
	INIT_LIST_HEAD(&page->lru);
}

static bool record_is_blank(const struct page *page)
{
	return page->mapcount == 0;
}

static void init_zone_range(const struct zone *zone, pfn_t start, pfn_t end)
{
	start = max(start, zone->zone_start_pfn);
	end = min(end, zone_end_pfn(zone));
	for (pfn_t pfn = start; pfn < end; pfn++)
		init_record(pfn_to_page(pfn), zone->index);
}

/* Records of a pageblock that RAM left blank take a neighbour's zone. */
static void init_holes(pfn_t block)
{
	struct page *pages = pfn_to_page(block);
	u32 n, i = 0;
	u16 zone_index;

	while (i < pageblock_nr_pages && record_is_blank(&pages[i]))
		i++;
	if (WARN_ON(i == pageblock_nr_pages))
		return;
	zone_index = pages[i].zone_index;
	for (n = 0; n < pageblock_nr_pages; n++) {
		if (record_is_blank(&pages[n]))
			init_record(&pages[n], zone_index);
		zone_index = pages[n].zone_index;
	}
}

void memmap_init(struct mm_state *mm)
{
	pfn_t start, end;
	int nid;

	for (u32 i = 0; memblock_next_mem_pfn_range(
		     &mm->memblock, &i, NUMA_NO_NODE, &start, &end, &nid);)
		for (u32 z = 0; z < MAX_NR_ZONES; z++)
			init_zone_range(&mm->nodes[nid].zones[z], start, end);
	for (u32 i = 0; memblock_next_mem_pfn_range(
		     &mm->memblock, &i, NUMA_NO_NODE, &start, &end, &nid);) {
		/* Blocks inside the range are full of RAM. */
		init_holes(ALIGN_DOWN(start, pageblock_nr_pages));
		init_holes(ALIGN_DOWN(end - 1, pageblock_nr_pages));
	}
}

/* --- hand-over --- */

static void free_in_node(struct node *node, pfn_t start, pfn_t end)
{
	for (u32 z = 0; z < MAX_NR_ZONES; z++) {
		struct zone *zone = &node->zones[z];
		pfn_t from = max(start, zone->zone_start_pfn);
		pfn_t to = min(end, zone_end_pfn(zone));

		if (zone->fl && from < to)
			zone_free_range(zone, from, to);
	}
}

void memblock_free_all(struct mm_state *mm)
{
	paddr_t pos = 0, start, end;
	int nid;

	for (u32 n = 0; n < MAX_NUMNODES; n++)
		for (u32 z = 0; z < MAX_NR_ZONES; z++)
			mm->nodes[n].zones[z].managed_pages = 0;
	mm->memblock.current_limit = 0;
	while (memblock_next_free_range(&mm->memblock, &pos, &start, &end, &nid))
		if (PFN_UP(start) < PFN_DOWN(end))
			free_in_node(&mm->nodes[nid], PFN_UP(start),
				     PFN_DOWN(end));
}

/* --- check --- */

struct recount {
	u64 present[MAX_NUMNODES * MAX_NR_ZONES];
	u64 managed[MAX_NUMNODES * MAX_NR_ZONES];
};

static struct recount recount; /* too large for a stack; boot and tests only */

static void recount_range(pfn_t start, pfn_t end)
{
	for (pfn_t pfn = start; pfn < end; pfn++) {
		const struct page *page = pfn_to_page(pfn);

		if (page->zone_index >= ARRAY_SIZE(recount.present))
			continue;
		recount.present[page->zone_index]++;
		if (!page_flag(page, PG_reserved))
			recount.managed[page->zone_index]++;
	}
}

static int compare_count(const struct zone *zone, const char *what, u64 counted,
			 u64 found)
{
	if (counted == found)
		return 0;
	pr_err("memmap: node %u zone %s: %s_pages is %lu, records say %lu\n",
	       zone->nid, zone->name, what, counted, found);
	return 1;
}

int memmap_check(struct mm_state *mm)
{
	pfn_t start, end;
	int nid, findings = 0;

	memset(&recount, 0, sizeof(recount));
	for (u32 i = 0; memblock_next_mem_pfn_range(
		     &mm->memblock, &i, NUMA_NO_NODE, &start, &end, &nid);)
		recount_range(start, end);
	for (u32 i = 0; i < ARRAY_SIZE(recount.present); i++) {
		struct zone *zone = zone_by_index(mm, (u16)i);

		if (!populated_zone(zone) && !recount.present[i])
			continue;
		findings += compare_count(zone, "present", zone->present_pages,
					  recount.present[i]);
		findings += compare_count(zone, "managed", zone->managed_pages,
					  recount.managed[i]);
	}
	return findings;
}
