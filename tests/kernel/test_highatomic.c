// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_highatomic.c - blocks set aside, and given back
 *
 * A zone of 64 blocks is too small for a reserve (one block a hundred), so
 * the tests tell the zone that it manages more.
 */
#include <mm/gfp.h>
#include <mm/highatomic.h>

#include "zone_fixture.h"

#define BLOCK pageblock_nr_pages

static struct zone *big_zone(u64 *managed)
{
	struct zone *zone = private_zone_create(4, 0, 0);

	if (zone) {
		*managed = zone->managed_pages;
		zone->managed_pages = 150 * BLOCK; /* two blocks, rounded up */
	}
	return zone;
}

TEST(highatomic, one_per_cent_in_whole_blocks)
{
	u64 managed = 0;
	struct zone *zone = big_zone(&managed);

	ASSERT_TRUE(zone != NULL);
	for (u32 n = 0; n < 4; n++)
		reserve_highatomic_pageblock(zone, zone_page(zone, n * BLOCK));
	EXPECT_EQ(zone->nr_reserved_highatomic, 2 * BLOCK);
	EXPECT_EQ(zone->fl->nr_free[MIGRATE_HIGHATOMIC], 2 * BLOCK);
	EXPECT_EQ(pageblock_type(zone_block(zone, 2)), MIGRATE_MOVABLE);
	zone->managed_pages = managed;
	zone_done(t, zone);
}

TEST(highatomic, a_small_zone_has_none)
{
	WITH_ZONE(4, 0, 0);

	reserve_highatomic_pageblock(zone, zone_page(zone, 0));
	EXPECT_EQ(zone->nr_reserved_highatomic, 0);
	zone_done(t, zone);
}

TEST(highatomic, only_plain_blocks_join)
{
	u64 managed = 0;
	struct zone *zone = big_zone(&managed);

	ASSERT_TRUE(zone != NULL);
	LOCKED(zone, freelist_retype(zone, zone_block(zone, 0), MIGRATE_CMA);
	       freelist_isolate(zone, zone_block(zone, 1)));
	reserve_highatomic_pageblock(zone, zone_page(zone, 0));
	reserve_highatomic_pageblock(zone, zone_page(zone, BLOCK));
	EXPECT_EQ(zone->nr_reserved_highatomic, 0);
	LOCKED(zone,
	       freelist_unisolate(zone, zone_block(zone, 1), MIGRATE_MOVABLE));
	zone->managed_pages = managed;
	zone_done(t, zone);
}

/* Two set aside: one is given back, the last one only by force. */
TEST(highatomic, the_last_block_is_kept_unless_forced)
{
	u64 managed = 0;
	struct zone *zone = big_zone(&managed);

	ASSERT_TRUE(zone != NULL);
	reserve_highatomic_pageblock(zone, zone_page(zone, 0));
	reserve_highatomic_pageblock(zone, zone_page(zone, 2 * BLOCK));
	EXPECT_TRUE(
		unreserve_highatomic_pageblock(zone, MIGRATE_UNMOVABLE, false));
	EXPECT_EQ(zone->nr_reserved_highatomic, BLOCK);
	EXPECT_EQ(zone->fl->nr_free[MIGRATE_UNMOVABLE], 2 * BLOCK);
	EXPECT_FALSE(
		unreserve_highatomic_pageblock(zone, MIGRATE_UNMOVABLE, false));
	EXPECT_TRUE(unreserve_highatomic_pageblock(zone, MIGRATE_MOVABLE, true));
	EXPECT_EQ(zone->nr_reserved_highatomic, 0);
	EXPECT_FALSE(unreserve_highatomic_pageblock(zone, MIGRATE_MOVABLE, true));
	zone->managed_pages = managed;
	zone_done(t, zone);
}

/* Whoever gives such a block another type takes it out of the sum. */
TEST(highatomic, the_reserve_is_the_sum_of_its_blocks)
{
	WITH_ZONE(4, 0, 0);

	LOCKED(zone,
	       freelist_retype(zone, zone_block(zone, 0), MIGRATE_HIGHATOMIC));
	EXPECT_EQ(zone->nr_reserved_highatomic, BLOCK);
	LOCKED(zone, freelist_isolate(zone, zone_block(zone, 0)));
	EXPECT_EQ(zone->nr_reserved_highatomic, BLOCK);
	zone_is_sound(t, zone);
	LOCKED(zone,
	       freelist_unisolate(zone, zone_block(zone, 0), MIGRATE_MOVABLE));
	EXPECT_EQ(zone->nr_reserved_highatomic, 0);
	LOCKED(zone, freelist_isolate(zone, zone_block(zone, 1));
	       freelist_unisolate(zone, zone_block(zone, 1), MIGRATE_HIGHATOMIC));
	EXPECT_EQ(zone->nr_reserved_highatomic, BLOCK);
	zone_is_sound(t, zone);
	LOCKED(zone, freelist_retype(zone, zone_block(zone, 1), MIGRATE_CMA));
	EXPECT_EQ(zone->nr_reserved_highatomic, 0);
	zone_done(t, zone);
}

/* The reserve is hidden from plain requests and served to urgent ones. */
TEST(highatomic, who_may_take_from_it)
{
	WITH_ZONE(2, 0, 0);
	struct page *page;

	for (u32 n = 0; n < 2; n++)
		LOCKED(zone, freelist_retype(zone, zone_block(zone, n),
					     MIGRATE_HIGHATOMIC));
	EXPECT_TRUE(alloc_pages_zone(zone, GFP_KERNEL, 4, 0) == NULL);
	page = alloc_pages_zone(zone, GFP_ATOMIC, 2, ALLOC_HIGHATOMIC);
	EXPECT_TRUE(page != NULL);
	EXPECT_TRUE(page->charge & CHARGE_BYPASS);
	free_pages(page, 2);
	page = alloc_pages_zone(zone, GFP_KERNEL, 4, ALLOC_OOM);
	EXPECT_TRUE(page != NULL);
	free_pages(page, 4);
	EXPECT_EQ(pcp_count(zone), 0);
	zone_done(t, zone);
}
