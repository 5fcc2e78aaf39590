// SPDX-License-Identifier: MIT
/*
 * mm/zone_init.c - pageblocks of a zone, and the frames it starts with
 *
 * The records of a zone's pageblocks are one array over its span. Like the
 * page array it is backed only where there is RAM: 32 records fill a page, so
 * a hole costs nothing from 64 MiB on.
 */
#include <kernel/errno.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <mm/mm_state.h>
#include <mm/page_debug.h>
#include <mm/page_owner.h>
#include <mm/zone_init.h>
#include <arch/paging.h>

#define RECORDS_A_PAGE (PAGE_SIZE / sizeof(struct pageblock))

static bool page_of_records_used(const struct mm_state *mm, pfn_t block)
{
	for (u64 i = 0; i < RECORDS_A_PAGE; i++)
		if (pfn_valid(mm, (block + i) << pageblock_order))
			return true;
	return false;
}

static paddr_t boot_page(void *ctx)
{
	void *page = mm_boot_alloc(ctx, PAGE_SIZE, PAGE_SIZE, NUMA_NO_NODE);

	return page ? virt_to_phys_direct(page) : 0;
}

/* Back the array; NULL when memory or address space runs out. */
static struct pageblock *map_blocks(struct mm_state *mm, const struct zone *zone)
{
	u64 first = zone->zone_start_pfn >> pageblock_order;
	u64 nr = freelist_nr_blocks(zone);
	vaddr_t base = paging_reserve(nr * sizeof(struct pageblock));
	struct page_source source = { boot_page, mm };

	for (u64 i = 0; base && i < nr; i += RECORDS_A_PAGE) {
		void *page;

		if (!page_of_records_used(mm, first + i))
			continue;
		page = mm_boot_alloc(mm, PAGE_SIZE, PAGE_SIZE, zone->nid);
		if (!page || paging_map(base + i * sizeof(struct pageblock),
					virt_to_phys_direct(page), PAGE_SIZE,
					MAP_W, &source))
			return NULL;
	}
	return (struct pageblock *)base;
}

int zone_init_freelists(struct mm_state *mm, struct zone *zone)
{
	struct pageblock *blocks = map_blocks(mm, zone);
	u64 nr = freelist_nr_blocks(zone);
	struct freelists *fl =
		mm_boot_alloc(mm, sizeof(*zone->fl), 64, zone->nid);

	if (!blocks || !fl)
		return -ENOMEM;
	zone->fl = fl;
	freelist_init(zone, blocks);
	zone->fl->sparse = mm;
	for (u64 i = 0; i < nr; i++)
		if (freelist_has_block(zone, pageblock_pfn(zone, &blocks[i])))
			pageblock_init(&blocks[i], MIGRATE_MOVABLE);
	mm->zone_table[zone->index] = zone;
	if (page_debug_on & DEBUG_PAGE_OWNER)
		page_owner_init_zone(mm, zone);
	return 0;
}

struct zone *next_populated_zone(struct mm_state *mm, const struct zone *after)
{
	for (u32 i = after ? after->index + 1u : 0; i < mm->nr_zone_indices;
	     i++) {
		struct zone *zone = zone_by_index(mm, (u16)i);

		if (populated_zone(zone))
			return zone;
	}
	return NULL;
}

static void free_reserved_chunk(struct zone *zone, pfn_t pfn, u32 order)
{
	for (pfn_t p = pfn; p < pfn + (1UL << order); p++) {
		struct page *page = pfn_to_page(p);

		page_flag_clear(page, PG_reserved);
		page->refcount = 0;
	}
	freelist_put_reserved(zone, pfn, order);
	zone->managed_pages += 1UL << order;
}

void zone_free_range(struct zone *zone, pfn_t start, pfn_t end)
{
	u64 flags = spin_lock_irqsave(&zone->lock);

	while (start < end) {
		u32 order = start ? (u32)__builtin_ctzl(start) : MAX_ORDER;

		order = min(order, (u32)MAX_ORDER);
		while (start + (1UL << order) > end)
			order--;
		free_reserved_chunk(zone, start, order);
		start += 1UL << order;
	}
	spin_unlock_irqrestore(&zone->lock, flags);
}
