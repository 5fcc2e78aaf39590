// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_capture.c - the chunk that one's own frees complete
 */
#include <kernel/smp.h>
#include <kernel/string.h>
#include <mm/capture.h>
#include <mm/freelist.h>
#include <mm/page_alloc.h>
#include <mm/pcp.h>

#include "zone_fixture.h"

#define ORDER 4

static struct capture_control wish(struct zone *zone, u32 order,
				   enum migratetype type)
{
	return (struct capture_control){ .zone = zone,
					 .order = order,
					 .type = type };
}

static void take_frames(struct zone *zone, u64 nr)
{
	for (u64 i = 0; i < nr; i++)
		zone_take_at(zone, i, 0, MIGRATE_MOVABLE);
}

static void free_frames(struct zone *zone, u64 from, u64 to)
{
	for (u64 i = from; i < to; i++)
		free_one_page(zone, zone_page(zone, i), 0);
}

TEST(capture, the_frame_that_completes_a_chunk_hands_it_over)
{
	struct capture_control capc;
	u64 free;
	WITH_ZONE(2, 0, 0);

	take_frames(zone, 2UL << ORDER);
	free = zone->nr_free_pages;
	capc = wish(zone, ORDER, MIGRATE_MOVABLE);
	capture_begin(&capc);
	free_frames(zone, 0, (1UL << ORDER) - 1);
	EXPECT_TRUE(capc.page == NULL);
	free_frames(zone, (1UL << ORDER) - 1, 1UL << ORDER);
	EXPECT_TRUE(capc.page == zone_page(zone, 0));
	EXPECT_EQ(zone->nr_free_pages, free); /* no list has had it */
	/* One is enough. */
	free_frames(zone, 1UL << ORDER, 2UL << ORDER);
	EXPECT_TRUE(capture_end() == zone_page(zone, 0));
	EXPECT_TRUE(current->capture == NULL);
	EXPECT_EQ(zone->nr_free_pages, free + (1UL << ORDER));
	free_one_page(zone, zone_page(zone, 0), ORDER);
	zone_done(t, zone);
}

TEST(capture, a_chunk_that_is_larger_gives_its_part)
{
	struct capture_control capc;
	WITH_ZONE(2, 0, 0);

	take_frames(zone, 1);
	capc = wish(zone, ORDER, MIGRATE_MOVABLE);
	capture_begin(&capc);
	free_frames(zone, 0, 1); /* the zone is one chunk of order 10 now */
	EXPECT_TRUE(capture_end() == zone_page(zone, 0));
	EXPECT_EQ(zone->nr_free_pages, zone->managed_pages - (1UL << ORDER));
	EXPECT_EQ(freelist_check(zone), 0);
	free_one_page(zone, zone_page(zone, 0), ORDER);
	zone_done(t, zone);
}

TEST(capture, every_order_can_be_captured)
{
	WITH_ZONE(2, 0, 0);

	for (u32 order = 0; order <= MAX_ORDER; order++) {
		struct capture_control capc = wish(zone, order, MIGRATE_MOVABLE);

		take_frames(zone, 1);
		capture_begin(&capc);
		free_frames(zone, 0, 1);
		EXPECT_TRUE(capture_end() == zone_page(zone, 0));
		free_one_page(zone, zone_page(zone, 0), order);
	}
	zone_done(t, zone);
}

static const struct {
	u32 order;
	enum migratetype block, request;
	bool captured;
} cases[] = {
	{ ORDER, MIGRATE_MOVABLE, MIGRATE_MOVABLE, true },
	{ ORDER, MIGRATE_UNMOVABLE, MIGRATE_MOVABLE, true },
	{ ORDER, MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE, true },
	/* A movable block isn't polluted for less than a block. */
	{ ORDER, MIGRATE_MOVABLE, MIGRATE_UNMOVABLE, false },
	{ pageblock_order, MIGRATE_MOVABLE, MIGRATE_UNMOVABLE, true },
	{ ORDER, MIGRATE_CMA, MIGRATE_MOVABLE, false },
	{ pageblock_order, MIGRATE_CMA, MIGRATE_MOVABLE, false },
};

TEST(capture, blocks_that_must_stay_as_they_are_do)
{
	WITH_ZONE(2, 0, 0);

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		struct capture_control capc =
			wish(zone, cases[i].order, cases[i].request);
		struct page *page;

		LOCKED(zone, freelist_retype(zone, zone_block(zone, 0),
					     cases[i].block));
		take_frames(zone, 1);
		capture_begin(&capc);
		free_frames(zone, 0, 1);
		page = capture_end();
		if (!page == cases[i].captured)
			test_fail(t, __FILE__, __LINE__, "case %u", i);
		if (page)
			free_one_page(zone, page, cases[i].order);
	}
	LOCKED(zone,
	       freelist_retype(zone, zone_block(zone, 0), MIGRATE_MOVABLE));
	zone_done(t, zone);
}

TEST(capture, a_fenced_block_is_no_prey)
{
	struct capture_control capc;
	WITH_ZONE(2, 0, 0);

	take_frames(zone, 1);
	LOCKED(zone, freelist_isolate(zone, zone_block(zone, 0)));
	capc = wish(zone, ORDER, MIGRATE_MOVABLE);
	capture_begin(&capc);
	free_frames(zone, 0, 1);
	EXPECT_TRUE(capture_end() == NULL);
	LOCKED(zone,
	       freelist_unisolate(zone, zone_block(zone, 0), MIGRATE_MOVABLE));
	zone_done(t, zone);
}

/* By the stacks, as migration frees: the flush is where it happens. */
TEST(capture, a_flush_hands_over_what_it_completes)
{
	struct page *pages[4UL << ORDER], *page;
	struct capture_control capc;
	WITH_ZONE(2, 0, 0);

	for (u32 i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = alloc_pages_zone(zone, GFP_HIGHUSER_MOVABLE, 0, 0);
	drain_all_pages(kernel_mm(), zone);
	capc = wish(zone, ORDER, MIGRATE_MOVABLE);
	preempt_disable(); /* one CPU's stacks */
	capture_begin(&capc);
	for (u32 i = 0; i < ARRAY_SIZE(pages); i++)
		free_pages(pages[i], 0);
	drain_local_pages(zone);
	page = capture_end();
	preempt_enable();
	ASSERT_TRUE(page != NULL);
	EXPECT_TRUE(IS_ALIGNED(page_to_pfn(page), 1UL << ORDER));
	free_one_page(zone, page, ORDER);
	zone_done(t, zone);
}

static void free_first(void *zone)
{
	free_frames(zone, 0, 1);
}

/* What other threads free is for all. */
TEST(capture, other_cpus_frees_are_not_looked_at)
{
	u64 others = cpu_online_mask() & ~(1UL << smp_processor_id());
	struct capture_control capc;

	if (!others)
		SKIP("one CPU");
	WITH_ZONE(2, 0, 0);
	take_frames(zone, 1);
	capc = wish(zone, ORDER, MIGRATE_MOVABLE);
	capture_begin(&capc);
	on_each_cpu_mask(others & -others, free_first, zone, true);
	EXPECT_TRUE(capture_end() == NULL);
	zone_done(t, zone);
}

TEST(capture, another_zones_frees_are_not_looked_at)
{
	struct zone other = { .index = 0 };
	struct capture_control capc;
	WITH_ZONE(2, 0, 0);

	take_frames(zone, 1);
	capc = wish(&other, ORDER, MIGRATE_MOVABLE);
	capture_begin(&capc);
	free_frames(zone, 0, 1);
	EXPECT_TRUE(capture_end() == NULL);
	zone_done(t, zone);
}
