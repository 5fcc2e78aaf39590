// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_freelist.c - pairs, cut blocks, and which block is found
 *
 * A zone of blocks A B C D: A and B are buddies, C and D are. '#' free, '.'
 * taken, 'x' reserved; a block is drawn by its quarters.
 */
#include <mm/gfp.h>

#include "zone_fixture.h"

#define BLOCK pageblock_nr_pages

static u64 chunks(struct zone *zone, enum migratetype type, u32 order)
{
	u64 nr[NR_PAGE_ORDERS];

	LOCKED(zone, freelist_count(zone, type, nr));
	return nr[order];
}

/*
 *	A####B####  C####D####	two chunks of order 10
 *	A.###B####  C####D####	A is split, B is one of order 9
 */
TEST(freelist, taking_from_a_pair_splits_it)
{
	WITH_ZONE(4, 0, 0);

	EXPECT_EQ(chunks(zone, MIGRATE_MOVABLE, MAX_ORDER), 2);
	zone_take_at(zone, 0, 0, MIGRATE_MOVABLE);
	EXPECT_EQ(chunks(zone, MIGRATE_MOVABLE, MAX_ORDER), 1);
	EXPECT_EQ(chunks(zone, MIGRATE_MOVABLE, pageblock_order), 1);
	EXPECT_EQ(zone_block(zone, 1)->largest, pageblock_order);
	EXPECT_EQ(freelist_check(zone), 0);
	zone_put(zone, 0, 0, MIGRATE_MOVABLE);
	EXPECT_EQ(chunks(zone, MIGRATE_MOVABLE, MAX_ORDER), 2);
	zone_done(t, zone);
}

/*
 *	A.###B.###	A Unmovable, B Movable
 *	A.###B####	B is free: nothing happens
 *	A####B####	A is free: B takes A's type, they are one chunk
 */
TEST(freelist, the_last_block_freed_names_the_pair_s_type)
{
	WITH_ZONE(2, 0, 0);

	zone_take_at(zone, 0, 0, MIGRATE_MOVABLE);
	zone_take_at(zone, BLOCK, 0, MIGRATE_MOVABLE);
	LOCKED(zone,
	       freelist_retype(zone, zone_block(zone, 0), MIGRATE_UNMOVABLE));
	zone_put(zone, BLOCK, 0, MIGRATE_MOVABLE);
	EXPECT_EQ(pageblock_type(zone_block(zone, 1)), MIGRATE_MOVABLE);
	zone_put(zone, 0, 0, MIGRATE_MOVABLE);
	EXPECT_EQ(pageblock_type(zone_block(zone, 1)), MIGRATE_UNMOVABLE);
	EXPECT_EQ(chunks(zone, MIGRATE_UNMOVABLE, MAX_ORDER), 1);
	zone_done(t, zone);
}

/* Reserves and CMA keep their blocks, whatever the neighbour does. */
TEST(freelist, a_block_that_is_not_mergeable_stays_alone)
{
	static const u8 types[] = { MIGRATE_CMA, MIGRATE_HIGHATOMIC };

	for (u32 i = 0; i < ARRAY_SIZE(types); i++) {
		WITH_ZONE(2, 0, 0);

		LOCKED(zone,
		       freelist_retype(zone, zone_block(zone, 0), types[i]));
		EXPECT_EQ(pageblock_type(zone_block(zone, 1)), MIGRATE_MOVABLE);
		zone_take_at(zone, BLOCK, 0, MIGRATE_MOVABLE);
		zone_put(zone, BLOCK, 0, MIGRATE_MOVABLE);
		EXPECT_EQ(pageblock_type(zone_block(zone, 0)), types[i]);
		EXPECT_EQ(zone_block(zone, 0)->largest, pageblock_order);
		zone_is_sound(t, zone);
		/* Two of a kind do join. */
		LOCKED(zone,
		       freelist_retype(zone, zone_block(zone, 1), types[i]));
		EXPECT_EQ(zone_block(zone, 0)->largest, MAX_ORDER);
		zone_done(t, zone);
	}
}

/*
 *	Axx##B####C#xxx		the zone is 100 frames short at both ends
 */
TEST(freelist, a_border_cuts_blocks)
{
	WITH_ZONE(4, 200, 2 * BLOCK);
	struct pageblock *a = zone_block(zone, 0), *c = zone_block(zone, 2);

	EXPECT_EQ(zone->fl->nr_blocks, 3);
	EXPECT_EQ(a->nr[FRAME_RESERVED], 200);
	EXPECT_EQ(a->nr[FRAME_FREE], BLOCK - 200);
	EXPECT_EQ(c->nr[FRAME_FREE], 200);
	EXPECT_EQ(c->nr[FRAME_RESERVED], BLOCK - 200);
	EXPECT_EQ(a->largest, 8); /* 256 .. 511 */
	EXPECT_EQ(c->largest, 7); /* 0 .. 127 */
	EXPECT_EQ(zone->nr_free_pages, 2 * BLOCK);
	zone_done(t, zone);
}

/* B's buddy would be A, which lies outside. */
TEST(freelist, a_block_without_its_buddy_is_no_pair)
{
	WITH_ZONE(4, BLOCK, 2 * BLOCK);

	EXPECT_EQ(chunks(zone, MIGRATE_MOVABLE, MAX_ORDER), 0);
	EXPECT_EQ(chunks(zone, MIGRATE_MOVABLE, pageblock_order), 2);
	zone_done(t, zone);
}

/*
 *	A.#..B####	largest chunk of A: order 7; of B: 9
 */
TEST(freelist, the_smallest_sufficient_block_is_found)
{
	WITH_ZONE(2, 0, 0);
	struct pageblock *a = zone_block(zone, 0), *b = zone_block(zone, 1);
	struct pageblock *found[3];

	zone_take_at(zone, 0, 7, MIGRATE_MOVABLE);
	zone_take_at(zone, 256, 8, MIGRATE_MOVABLE);
	LOCKED(zone, found[0] = freelist_find(zone, 0, MIGRATE_MOVABLE);
	       found[1] = freelist_find(zone, 7, MIGRATE_MOVABLE);
	       found[2] = freelist_find(zone, 8, MIGRATE_MOVABLE));
	EXPECT_TRUE(found[0] == a);
	EXPECT_TRUE(found[1] == a);
	EXPECT_TRUE(found[2] == b);
	zone_put(zone, 0, 7, MIGRATE_MOVABLE);
	zone_put(zone, 256, 8, MIGRATE_MOVABLE);
	zone_done(t, zone);
}

/*
 *	A...#	128 free in one chunk	B: 8 free, the last frame of each 64
 */
TEST(freelist, fullest_goes_by_frames_not_by_chunks)
{
	WITH_ZONE(2, 0, 0);
	struct pageblock *found;

	zone_take_at(zone, 0, 8, MIGRATE_MOVABLE);
	zone_take_at(zone, 256, 7, MIGRATE_MOVABLE);
	zone_take_at(zone, BLOCK, pageblock_order, MIGRATE_MOVABLE);
	for (u32 i = 0; i < 8; i++)
		zone_put(zone, BLOCK + i * 64 + 63, 0, MIGRATE_MOVABLE);
	LOCKED(zone, found = freelist_find_fullest(zone, MIGRATE_MOVABLE));
	EXPECT_TRUE(found == zone_block(zone, 1));
	/* One frame more, and B is in the next class. */
	EXPECT_EQ(zone->fl->fill_mask[MIGRATE_MOVABLE], 1UL << 15 | 1UL << 0);
	zone_put(zone, BLOCK, 0, MIGRATE_MOVABLE);
	EXPECT_EQ(zone->fl->fill_mask[MIGRATE_MOVABLE], 1UL << 15 | 1UL << 1);
	zone_put(zone, 0, 8, MIGRATE_MOVABLE);
	zone_put(zone, 256, 7, MIGRATE_MOVABLE);
	for (u32 i = 1; i < BLOCK; i++)
		if (i % 64 != 63)
			zone_put(zone, BLOCK + i, 0, MIGRATE_MOVABLE);
	zone_done(t, zone);
}

/* A holds 2 Unmovable frames, B 5: B is polluted more. */
TEST(freelist, mixed_finds_the_most_polluted_with_room)
{
	WITH_ZONE(2, 0, 0);
	struct pageblock *found, *none;

	zone_take_at(zone, 0, 1, MIGRATE_UNMOVABLE);
	zone_take_at(zone, BLOCK, 2, MIGRATE_UNMOVABLE);
	zone_take_at(zone, BLOCK + 4, 0, MIGRATE_UNMOVABLE);
	LOCKED(zone, found = freelist_find_mixed(zone, 0, MIGRATE_MOVABLE);
	       none = freelist_find_mixed(zone, pageblock_order,
					  MIGRATE_MOVABLE));
	EXPECT_TRUE(found == zone_block(zone, 1));
	EXPECT_TRUE(none == NULL);
	/* Charged as what the blocks are, they are pure. */
	LOCKED(zone,
	       freelist_recharge(zone, zone->zone_start_pfn, 1, MIGRATE_MOVABLE);
	       freelist_recharge(zone, zone->zone_start_pfn + BLOCK, 2,
				 MIGRATE_MOVABLE);
	       freelist_recharge(zone, zone->zone_start_pfn + BLOCK + 4, 0,
				 MIGRATE_MOVABLE);
	       found = freelist_find_mixed(zone, 0, MIGRATE_MOVABLE));
	EXPECT_TRUE(found == NULL);
	zone_put(zone, 0, 1, MIGRATE_MOVABLE);
	zone_put(zone, BLOCK, 2, MIGRATE_MOVABLE);
	zone_put(zone, BLOCK + 4, 0, MIGRATE_MOVABLE);
	zone_done(t, zone);
}

/* Lent frames come back with the first frame that is freed. */
TEST(freelist, lent_frames_go_home)
{
	WITH_ZONE(2, 0, 0);
	struct pageblock *a = zone_block(zone, 0);

	zone_take_at(zone, 0, 0, MIGRATE_MOVABLE);
	LOCKED(zone, freelist_lend(zone, a, MIGRATE_UNMOVABLE));
	EXPECT_EQ(zone->fl->nr_free[MIGRATE_UNMOVABLE], BLOCK - 1);
	EXPECT_EQ(freelist_check(zone), 0);
	LOCKED(zone, freelist_isolate(zone, a));
	LOCKED(zone, freelist_unisolate(zone, a, MIGRATE_MOVABLE));
	EXPECT_EQ(zone->fl->nr_free[MIGRATE_UNMOVABLE], 0);
	LOCKED(zone, freelist_lend(zone, a, MIGRATE_UNMOVABLE));
	zone_put(zone, 0, 0, MIGRATE_MOVABLE);
	EXPECT_EQ(pageblock_type(a), MIGRATE_MOVABLE);
	EXPECT_EQ(zone->fl->nr_free[MIGRATE_UNMOVABLE], 0);
	zone_done(t, zone);
}

/* Retyping a fenced block leaves the fence: its frames don't go to a stack. */
TEST(freelist, retyping_leaves_the_fence)
{
	WITH_ZONE(2, 0, 0);
	struct page *page = alloc_pages_zone(zone, GFP_KERNEL, 0, 0);
	struct pageblock *b = pfn_pageblock(zone, page_to_pfn(page));

	LOCKED(zone, freelist_isolate(zone, b);
	       freelist_retype(zone, b, MIGRATE_RECLAIMABLE));
	drain_pageblock(zone, b);
	free_pages(page, 0);
	EXPECT_EQ(b->nr[FRAME_ISOLATED], BLOCK);
	LOCKED(zone, freelist_unisolate(zone, b, MIGRATE_MOVABLE));
	zone_done(t, zone);
}
