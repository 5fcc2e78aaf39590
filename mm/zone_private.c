// SPDX-License-Identifier: MIT
/*
 * mm/zone_private.c - a zone of one's own
 *
 * Chunks of MAX_ORDER are borrowed from the real allocator until enough of
 * them lie side by side; the rest is given back. Their records are then
 * re-labelled with a zone index that no real zone has (ZONE_DEVICE of the last
 * node), so that free_pages() finds its way here by itself.
 *
 *	real zone   ...|  borrowed chunk  |  borrowed chunk  |...
 *	private     reserved | first_frame ... nr_frames | reserved
 */
#include <kernel/panic.h>
#include <kernel/string.h>
#include <mm/misuse.h>
#include <mm/mm_state.h>
#include <mm/zone_init.h>
#include <mm/zone_private.h>

#define PRIVATE_INDEX ((MAX_NUMNODES - 1) * MAX_NR_ZONES + ZONE_DEVICE)
#define MAX_CHUNKS    (PRIVATE_ZONE_BLOCKS_MAX / 2)
#define MAX_TRIES     (4 * MAX_CHUNKS)

struct private_zone {
	struct zone zone;
	struct freelists fl;
	struct pageblock blocks[PRIVATE_ZONE_BLOCKS_MAX];
	struct per_cpu_pages *pcp[MAX_CPUS];
	pfn_t first;	/* of what was borrowed */
	u64 nr_frames;
	u16 lender;	/* index of the zone it came from */
};

static struct private_zone private;
/* Stacks of 64 entries; apart, so that only those in use are cleared. */
static u8 pcp_memory[MAX_CPUS][PAGE_SIZE] __aligned(64);

/* --- borrowing --- */

static void sort_by_pfn(struct page **chunks, u32 nr)
{
	for (u32 i = 1; i < nr; i++)
		for (u32 j = i; j && chunks[j] < chunks[j - 1]; j--) {
			struct page *tmp = chunks[j];

			chunks[j] = chunks[j - 1];
			chunks[j - 1] = tmp;
		}
}

static bool follows(const struct page *a, const struct page *b)
{
	return b == a + MAX_ORDER_NR_PAGES && b->zone_index == a->zone_index;
}

/* Index of the first of `want` neighbours among sorted chunks, or -1. */
static s32 find_run(struct page *const *chunks, u32 nr, u32 want)
{
	u32 run = 1;

	for (u32 i = 0; i < nr; i++) {
		run = i && follows(chunks[i - 1], chunks[i]) ? run + 1 : 1;
		if (run == want)
			return (s32)(i + 1 - want);
	}
	return -1;
}

static bool borrow(u32 want)
{
	static struct page *chunks[MAX_TRIES];
	u32 nr = 0;
	s32 first = -1;

	while (first < 0 && nr < MAX_TRIES) {
		chunks[nr] = alloc_pages(GFP_KERNEL | __GFP_NOWARN, MAX_ORDER);
		if (!chunks[nr])
			break;
		nr++;
		sort_by_pfn(chunks, nr);
		first = find_run(chunks, nr, want);
	}
	for (u32 i = 0; i < nr; i++)
		if (first < 0 || i < (u32)first || i >= (u32)first + want)
			free_pages(chunks[i], MAX_ORDER);
	if (first < 0)
		return false;
	private.first = page_to_pfn(chunks[first]);
	private.nr_frames = want * MAX_ORDER_NR_PAGES;
	private.lender = chunks[first]->zone_index;
	return true;
}

/* --- the zone --- */

static void label(u16 index)
{
	for (u64 i = 0; i < private.nr_frames; i++) {
		struct page *page = pfn_to_page(private.first + i);

		memset(page, 0, sizeof(*page));
		INIT_LIST_HEAD(&page->lru);
		page->zone_index = index;
		page->flags = 1u << PG_reserved;
		page->mapcount = -1;
		page->refcount = 1;
	}
}

static void make_stacks(struct zone *zone)
{
	u32 cpus = max(mm_active->nr_cpus, 1u);

	BUG_ON(pcp_bytes(64) > sizeof(pcp_memory[0]));
	zone->pcp = private.pcp;
	for (u32 cpu = 0; cpu < cpus; cpu++) {
		memset(pcp_memory[cpu], 0, sizeof(pcp_memory[cpu]));
		zone->pcp[cpu] = pcp_build(zone, cpu, 64, pcp_memory[cpu]);
		*per_cpu_ptr(&pcp_of_zone[PRIVATE_INDEX], cpu) =
			zone->pcp[cpu];
	}
	pcp_update_high(mm_active, zone);
}

struct zone *private_zone_create(u32 nr_blocks, u32 first_frame, u32 nr_frames)
{
	struct zone *zone = &private.zone;

	BUG_ON(mm_active->zone_table[PRIVATE_INDEX]);
	memset(&private, 0, sizeof(private));
	if (nr_blocks > PRIVATE_ZONE_BLOCKS_MAX || !borrow(nr_blocks / 2))
		return NULL;
	if (!nr_frames)
		nr_frames = (u32)private.nr_frames - first_frame;
	zone->name = "Private";
	zone->type = ZONE_DEVICE;
	zone->nid = MAX_NUMNODES - 1;
	zone->index = PRIVATE_INDEX;
	zone->zone_start_pfn = private.first + first_frame;
	zone->spanned_pages = zone->present_pages = nr_frames;
	zone->policy = &fallback_policies[0];
	zone->lruvec = mm_active->zone_table[private.lender]->lruvec;
	spin_lock_init(&zone->lock, &zone_lock_class);
	zone->fl = &private.fl;
	freelist_init(zone, private.blocks);
	for (u64 i = 0; i < zone->fl->nr_blocks; i++)
		pageblock_init(&private.blocks[i], MIGRATE_MOVABLE);
	label(PRIVATE_INDEX);
	mm_active->zone_table[PRIVATE_INDEX] = zone;
	zone_free_range(zone, zone->zone_start_pfn, zone_end_pfn(zone));
	make_stacks(zone);
	return zone;
}

bool private_zone_destroy(struct zone *zone)
{
	bool all_free;

	drain_all_pages(mm_active, zone);
	all_free = zone->nr_free_pages == zone->managed_pages;
	for (u32 cpu = 0; cpu < max(mm_active->nr_cpus, 1u); cpu++)
		*per_cpu_ptr(&pcp_of_zone[PRIVATE_INDEX], cpu) = NULL;
	mm_active->zone_table[PRIVATE_INDEX] = NULL;
	label(private.lender);
	for (u64 i = 0; i < private.nr_frames; i++) {
		struct page *page = pfn_to_page(private.first + i);

		page->flags = 0;
		page->refcount = 0;
		if (!IS_ALIGNED(i, MAX_ORDER_NR_PAGES))
			continue;
		page->kind_order = kind_order(PAGE_KERNEL, MAX_ORDER);
		page->charge = MIGRATE_UNMOVABLE;
		*page_refs(page) = REFS_ALLOCATED;
	}
	for (u64 i = 0; i < private.nr_frames; i += MAX_ORDER_NR_PAGES)
		free_pages(pfn_to_page(private.first + i), MAX_ORDER);
	return all_free;
}
