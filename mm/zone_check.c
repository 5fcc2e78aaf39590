// SPDX-License-Identifier: MIT
/*
 * mm/zone_check.c - is every frame of a zone accounted for, exactly once?
 *
 * The page records say who holds what: a record with a kind is the head of an
 * allocation. Together with the entries on the CPUs' stacks they must give, in
 * every block, the very charges that the block counts. So a frame that is
 * free and in use, on two stacks, lost, or charged wrongly is found.
 */
#include <kernel/printk.h>
#include <kernel/string.h>
#include <mm/mm_state.h>
#include <mm/zone_check.h>

struct recount {
	u32 charged[MIGRATE_PCPTYPES];
	u32 reserved;
};

static bool on_list_or_held(const struct page *page)
{
	return !page_flag(page, PG_reserved);
}

/* Frames of this block that the allocation headed by `page` covers. */
static u32 frames_in_block(const struct page *page)
{
	return 1u << min(page_order(page), (u32)pageblock_order);
}

static void recount_records(const struct zone *zone, pfn_t first,
			    struct recount *rc)
{
	for (pfn_t pfn = first; pfn < first + pageblock_nr_pages; pfn++) {
		const struct page *page = pfn_to_page(pfn);

		if (page->zone_index != zone->index || !on_list_or_held(page) ||
		    !zone_spans_pfn(zone, pfn))
			rc->reserved++;
		else if (page->kind_order)
			rc->charged[page_charge(page)] += frames_in_block(page);
	}
}

/* A chunk of MAX_ORDER has its head in the block before. */
static void recount_pair(const struct mm_state *mm, pfn_t first,
			 struct recount *rc)
{
	const struct page *head;

	if (IS_ALIGNED(first, MAX_ORDER_NR_PAGES) ||
	    !pfn_valid(mm, first - pageblock_nr_pages))
		return;
	head = pfn_to_page(first - pageblock_nr_pages);
	if (head->kind_order && page_order(head) == MAX_ORDER)
		rc->charged[page_charge(head)] += pageblock_nr_pages;
}

static void recount_stack(const struct pcp_stack *st, u32 order, u64 block,
			  u32 *charged)
{
	for (u32 n = 0; n < st->count; n++)
		if (page_to_pfn(st->entries[n]) >> pageblock_order == block)
			*charged += 1u << order;
}

static void recount_stacks(const struct zone *zone, pfn_t first,
			   struct recount *rc)
{
	u64 block = first >> pageblock_order;

	for (u32 cpu = 0; zone->pcp && cpu < MAX_CPUS; cpu++)
		for (u32 i = 0; zone->pcp[cpu] && i < NR_PCP_ORDERS; i++)
			for (u32 c = 0; c < MIGRATE_PCPTYPES; c++)
				recount_stack(&zone->pcp[cpu]->stack[i][c],
					      pcp_order(i), block,
					      &rc->charged[c]);
}

static int compare(const struct zone *zone, pfn_t first, const char *what,
		   u32 counted, u32 found)
{
	if (counted == found)
		return 0;
	pr_err("zone %s block at pfn 0x%lx: %u frames %s, recount says %u\n",
	       zone->name, first, counted, what, found);
	return 1;
}

/* Frames of fenced and reserve blocks know that no stack may have them. */
static int check_bypass(const struct zone *zone, const struct pageblock *b,
			pfn_t first)
{
	bool bypass = !migratetype_is_mergeable(pageblock_type(b));
	int findings = 0;

	for (pfn_t pfn = first; pfn < first + pageblock_nr_pages; pfn++) {
		const struct page *page = pfn_to_page(pfn);

		if (!page->kind_order || page_order(page) == MAX_ORDER ||
		    page->zone_index != zone->index ||
		    !(page->charge & CHARGE_BYPASS) == !bypass)
			continue;
		pr_err("zone %s: pfn 0x%lx of a block of type %s: bypass of the stacks is %u\n",
		       zone->name, pfn, migratetype_names[pageblock_type(b)],
		       !bypass);
		findings++;
	}
	return findings;
}

static int check_block(const struct mm_state *mm, const struct zone *zone,
		       const struct pageblock *b)
{
	pfn_t first = pageblock_pfn(zone, b);
	struct recount rc = { .reserved = 0 };
	int findings = check_bypass(zone, b, first);

	recount_records(zone, first, &rc);
	recount_pair(mm, first, &rc);
	recount_stacks(zone, first, &rc);
	for (u32 c = 0; c < MIGRATE_PCPTYPES; c++)
		findings += compare(zone, first, migratetype_names[c], b->nr[c],
				    rc.charged[c]);
	findings += compare(zone, first, "reserved", b->nr[FRAME_RESERVED],
			    rc.reserved);
	return findings;
}

int zone_check_all(struct mm_state *mm, struct zone *zone)
{
	u64 accounted = 0;
	int findings = freelist_check(zone) + pcp_check(zone);

	for (u64 i = 0; i < zone->fl->nr_blocks; i++) {
		const struct pageblock *b = &zone->fl->blocks[i];

		if (!freelist_has_block(zone, pageblock_pfn(zone, b)))
			continue;
		findings += check_block(mm, zone, b);
		accounted += pageblock_nr_pages - b->nr[FRAME_RESERVED];
	}
	if (accounted == zone->managed_pages)
		return findings;
	pr_err("zone %s: %lu frames managed, its blocks have %lu\n", zone->name,
	       zone->managed_pages, accounted);
	return findings + 1;
}
