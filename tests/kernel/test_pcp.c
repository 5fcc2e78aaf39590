// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_pcp.c - stacks: order of hand-out, refill, flush, drain
 */
#include <mm/gfp.h>

#include "zone_fixture.h"

#define GFP_TEST (GFP_KERNEL | __GFP_NOWARN | __GFP_MOVABLE)

static struct pcp_stack *stack(struct zone *zone, u32 order,
			       enum migratetype charge)
{
	return &zone->pcp[0]->stack[pcp_index(order)][charge];
}

/* The warmest first: what was freed last comes back first. */
TEST(pcp, last_in_first_out)
{
	WITH_ZONE(2, 0, 0);
	struct page *a = alloc_pages_zone(zone, GFP_TEST, 0, 0);
	struct page *b = alloc_pages_zone(zone, GFP_TEST, 0, 0);

	free_pages(b, 0);
	free_pages(a, 0);
	EXPECT_TRUE(alloc_pages_zone(zone, GFP_TEST, 0, 0) == a);
	EXPECT_TRUE(alloc_pages_zone(zone, GFP_TEST, 0, 0) == b);
	free_pages(a, 0);
	free_pages(b, 0);
	zone_done(t, zone);
}

/* A refill of several frames is handed out in rising order. */
TEST(pcp, a_run_of_allocations_rises)
{
	WITH_ZONE(2, 0, 0);
	struct pcp_stack *st = stack(zone, 0, MIGRATE_MOVABLE);
	struct page *pages[4], *last = NULL;

	zone->pcp[0]->batch = 4;
	for (u32 i = 0; i < 4; i++) {
		pages[i] = alloc_pages_zone(zone, GFP_TEST, 0, 0);
		EXPECT_EQ(st->count, 3 - i);
		EXPECT_TRUE(pages[i] > last);
		last = pages[i];
	}
	for (u32 i = 0; i < 4; i++)
		free_pages(pages[i], 0);
	zone_done(t, zone);
}

/* A stack for each charge, whatever the block's type is. */
TEST(pcp, the_charge_names_the_stack)
{
	WITH_ZONE(2, 0, 0);
	struct page *page = alloc_pages_zone(zone, GFP_TEST, 1, 0);

	page_recharge(page, 1, MIGRATE_RECLAIMABLE);
	free_pages(page, 1);
	EXPECT_EQ(stack(zone, 1, MIGRATE_RECLAIMABLE)->count, 1);
	EXPECT_TRUE(stack(zone, 1, MIGRATE_RECLAIMABLE)->entries[0] == page);
	zone_is_sound(t, zone);
	zone_done(t, zone);
}

TEST(pcp, orders_with_and_without_a_stack)
{
	for (u32 order = 0; order <= MAX_ORDER; order++) {
		WITH_ZONE(2, 0, 0);
		struct page *page = alloc_pages_zone(zone, GFP_TEST, order, 0);
		bool stacked = order <= 3 || order == pageblock_order;

		drain_local_pages(zone);
		EXPECT_EQ(pcp_has_order(order), stacked);
		free_pages(page, order);
		EXPECT_EQ(pcp_count(zone), stacked ? 1UL << order : 0);
		zone_done(t, zone);
	}
}

/*
 *	[ p0 p1 ... p(high-1) ] + 1	the oldest batch leaves
 */
TEST(pcp, a_full_stack_flushes_its_oldest)
{
	WITH_ZONE(4, 0, 0);
	struct pcp_stack *st = stack(zone, 0, MIGRATE_MOVABLE);
	struct page *pages[66];
	u32 high = st->high;

	ASSERT_TRUE(high < ARRAY_SIZE(pages));
	for (u32 i = 0; i <= high; i++)
		pages[i] = alloc_pages_zone(zone, GFP_TEST, 0, 0);
	drain_local_pages(zone);
	for (u32 i = 0; i < high; i++)
		free_pages(pages[i], 0);
	EXPECT_EQ(st->count, high);
	free_pages(pages[high], 0);
	EXPECT_EQ(st->count, high + 1 - zone->pcp[0]->batch);
	EXPECT_TRUE(st->entries[st->count - 1] == pages[high]);
	EXPECT_TRUE(st->entries[0] == pages[zone->pcp[0]->batch]);
	zone_is_sound(t, zone);
	zone_done(t, zone);
}

/* Only the block's own frames leave the stacks, the rest keeps its order. */
TEST(pcp, draining_a_block_leaves_the_others)
{
	WITH_ZONE(2, 0, 0);
	struct pcp_stack *st = stack(zone, 0, MIGRATE_MOVABLE);
	static struct page *pages[pageblock_nr_pages + 2];
	struct page *kept[2];
	u32 nr = 0, at = 0;

	/* Two frames of block 1 between two of block 0. */
	while (nr < ARRAY_SIZE(pages))
		pages[nr++] = alloc_pages_zone(zone, GFP_TEST, 0, 0);
	drain_local_pages(zone);
	kept[0] = pages[pageblock_nr_pages];
	kept[1] = pages[pageblock_nr_pages + 1];
	free_pages(pages[0], 0);
	free_pages(kept[0], 0);
	free_pages(pages[1], 0);
	free_pages(kept[1], 0);
	drain_pageblock(zone, pfn_pageblock(zone, page_to_pfn(pages[0])));
	EXPECT_EQ(st->count, 2);
	EXPECT_TRUE(st->entries[0] == kept[0]);
	EXPECT_TRUE(st->entries[1] == kept[1]);
	for (at = 2; at < pageblock_nr_pages; at++)
		free_pages(pages[at], 0);
	zone_done(t, zone);
}

/* Frames of reserves, CMA and fenced blocks go straight home. */
TEST(pcp, kept_apart_frames_bypass_the_stacks)
{
	static const u8 types[] = { MIGRATE_HIGHATOMIC, MIGRATE_CMA };

	for (u32 i = 0; i < ARRAY_SIZE(types); i++) {
		WITH_ZONE(2, 0, 0);
		struct page *page = alloc_pages_zone(zone, GFP_TEST, 0, 0);
		struct pageblock *b = pfn_pageblock(zone, page_to_pfn(page));

		drain_local_pages(zone);
		LOCKED(zone, freelist_retype(zone, b, types[i]));
		free_pages(page, 0);
		EXPECT_EQ(pcp_count(zone), 0);
		EXPECT_EQ(b->nr[FRAME_FREE], pageblock_nr_pages);
		zone_done(t, zone);
	}
}

/* Both halves of a chunk of two blocks, one of them fenced, then split. */
TEST(pcp, a_split_pair_minds_each_block_s_fence)
{
	WITH_ZONE(2, 0, 0);
	struct page *page = alloc_pages_zone(zone, GFP_TEST, MAX_ORDER, 0);
	struct pageblock *upper = zone_block(zone, 1);

	LOCKED(zone, freelist_isolate(zone, upper));
	split_page(page, MAX_ORDER);
	free_pages(page + pageblock_nr_pages, 0);
	EXPECT_EQ(pcp_count(zone), 0);
	EXPECT_EQ(upper->nr[FRAME_ISOLATED], 1);
	free_pages(page, 0);
	EXPECT_EQ(pcp_count(zone), 1);
	LOCKED(zone, freelist_unisolate(zone, upper, MIGRATE_MOVABLE));
	for (u32 i = 1; i < MAX_ORDER_NR_PAGES; i++)
		if (i != pageblock_nr_pages)
			free_pages(page + i, 0);
	zone_done(t, zone);
}

/*
 * GFP_ATOMIC may use the reserve, one frame at a time: a refill would leave
 * the others on the stack, for anybody.
 */
TEST(pcp, a_refill_takes_nothing_from_the_reserve)
{
	WITH_ZONE(2, 0, 0);
	struct page *page;

	for (u32 n = 0; n < 2; n++)
		LOCKED(zone, freelist_retype(zone, zone_block(zone, n),
					     MIGRATE_HIGHATOMIC));
	zone->pcp[0]->batch = 8;
	EXPECT_TRUE(alloc_pages_zone(zone, GFP_KERNEL, 0, 0) == NULL);
	page = alloc_pages_zone(zone, GFP_ATOMIC, 0, ALLOC_NON_BLOCK);
	EXPECT_TRUE(page != NULL);
	EXPECT_EQ(pcp_count(zone), 0);
	EXPECT_TRUE(alloc_pages_zone(zone, GFP_KERNEL, 0, 0) == NULL);
	free_pages(page, 0);
	zone_done(t, zone);
}

/* Off: what is on the stacks goes home, and what is freed, too. */
TEST(pcp, switched_off_no_frame_is_on_a_stack)
{
	WITH_ZONE(2, 0, 0);
	struct pcp_stack *st = stack(zone, 0, MIGRATE_MOVABLE);
	struct page *pages[NR_PCP_ORDERS];
	u32 high = st->high;

	free_pages(alloc_pages_zone(zone, GFP_TEST, 0, 0), 0);
	EXPECT_GT(pcp_count(zone), 0);
	zone_pcp_disable(zone);
	EXPECT_EQ(pcp_count(zone), 0);
	EXPECT_EQ(zone->nr_free_pages, zone->managed_pages);
	for (u32 i = 0; i < PCP_HUGE; i++)
		pages[i] = alloc_pages_zone(zone, GFP_TEST, i, 0);
	EXPECT_EQ(pcp_count(zone), 0); /* no refill */
	for (u32 i = 0; i < PCP_HUGE; i++)
		free_pages(pages[i], i);
	EXPECT_EQ(pcp_count(zone), 0);
	EXPECT_EQ(zone->nr_free_pages, zone->managed_pages);
	zone_is_sound(t, zone);
	zone_pcp_enable(zone);
	EXPECT_EQ(st->high, high);
	free_pages(alloc_pages_zone(zone, GFP_TEST, 0, 0), 0);
	EXPECT_GT(pcp_count(zone), 0);
	zone_done(t, zone);
}

/* The last one who wanted them off switches them on; no knob does. */
TEST(pcp, switching_off_nests_and_outlives_new_sizes)
{
	WITH_ZONE(2, 0, 0);
	struct pcp_stack *st = stack(zone, 0, MIGRATE_MOVABLE);
	u32 high = st->high;

	zone_pcp_disable(zone);
	zone_pcp_disable(zone);
	zone_pcp_enable(zone);
	EXPECT_EQ(st->high, 0);
	pcp_update_high(kernel_mm(), zone);
	EXPECT_EQ(st->high, 0);
	zone_pcp_enable(zone);
	EXPECT_EQ(st->high, high);
	zone_done(t, zone);
}
