// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_fallback.c - which block a policy gives when the type has
 * none, and what becomes of it
 *
 * Blocks are Movable from the start; 'u' and 'm' are frames in use for that
 * charge, '#' free. A quarter of a block each.
 */
#include <kernel/point.h>
#include <kernel/string.h>
#include <mm/gfp.h>

#include "zone_fixture.h"

#define BLOCK pageblock_nr_pages

static struct pageblock *pick(struct zone *zone, const char *policy, u32 order,
			      enum migratetype type, u32 flags)
{
	struct pageblock *b;

	LOCKED(zone,
	       b = fallback_policy_find(policy)->pick(zone, order, type, flags));
	return b;
}

static enum migratetype type_of(const struct zone *zone, u64 n)
{
	return pageblock_type(zone_block(zone, n));
}

TEST(fallback, policies_are_found_by_name)
{
	EXPECT_TRUE(fallback_policy_find("linux") != NULL);
	EXPECT_TRUE(fallback_policy_find("classic") != NULL);
	EXPECT_TRUE(fallback_policy_find("mixed") != NULL);
	EXPECT_TRUE(fallback_policy_find("best") == NULL);
}

/*
 *	A####B####	Unmovable asks: the pair is claimed, both blocks
 */
TEST(fallback, a_free_pair_is_claimed_by_every_policy)
{
	for (u32 i = 0; i < nr_fallback_policies; i++) {
		WITH_ZONE(2, 0, 0);

		EXPECT_TRUE(pick(zone, fallback_policies[i].name, 0,
				 MIGRATE_UNMOVABLE, 0) == zone_block(zone, 0));
		EXPECT_EQ(type_of(zone, 0), MIGRATE_UNMOVABLE);
		EXPECT_EQ(type_of(zone, 1), MIGRATE_UNMOVABLE);
		EXPECT_EQ(zone->fallback.nr_claims, 1);
		EXPECT_EQ(zone->fallback.nr_fragmenting, 0);
		zone_done(t, zone);
	}
}

/*
 *	Ammm#  Bmmmm	128 free, none Unmovable: 128 < 256, a theft
 *	Am###  Bmmmm	384 free: claimed
 */
static void half_a_block(struct test *t, bool claimed)
{
	WITH_ZONE(2, 0, 0);
	u32 used = claimed ? 7 : 8;

	zone_take_at(zone, BLOCK, pageblock_order, MIGRATE_MOVABLE);
	zone_take_at(zone, 0, used, MIGRATE_MOVABLE);
	zone_take_at(zone, 256, 7, MIGRATE_MOVABLE);
	if (claimed)
		zone_put(zone, 256, 7, MIGRATE_MOVABLE);
	EXPECT_TRUE(pick(zone, "linux", 0, MIGRATE_UNMOVABLE, 0) ==
		    zone_block(zone, 0));
	EXPECT_EQ(type_of(zone, 0),
		  claimed ? MIGRATE_UNMOVABLE : MIGRATE_MOVABLE);
	EXPECT_EQ(zone->fallback.nr_claims, claimed);
	EXPECT_EQ(zone->fallback.nr_steals, !claimed);
	EXPECT_EQ(zone->fallback.nr_fragmenting, 1);
	zone_put(zone, 0, used, MIGRATE_MOVABLE);
	if (!claimed)
		zone_put(zone, 256, 7, MIGRATE_MOVABLE);
	zone_put(zone, BLOCK, pageblock_order, MIGRATE_MOVABLE);
	zone_done(t, zone);
}

TEST(fallback, linux_steals_from_a_block_that_does_not_half_suit)
{
	half_a_block(t, false);
}

TEST(fallback, linux_claims_a_block_that_half_suits)
{
	half_a_block(t, true);
}

/*
 * The same block, but its frames in use are Unmovable already: X = 128 free
 * and Y = 384 alike.
 */
TEST(fallback, frames_of_the_type_count_for_the_claim)
{
	WITH_ZONE(2, 0, 0);

	zone_take_at(zone, BLOCK, pageblock_order, MIGRATE_MOVABLE);
	zone_take_at(zone, 0, 8, MIGRATE_UNMOVABLE);
	zone_take_at(zone, 256, 7, MIGRATE_UNMOVABLE);
	EXPECT_TRUE(pick(zone, "linux", 0, MIGRATE_UNMOVABLE, 0) != NULL);
	EXPECT_EQ(type_of(zone, 0), MIGRATE_UNMOVABLE);
	zone_put(zone, 0, 8, MIGRATE_UNMOVABLE);
	zone_put(zone, 256, 7, MIGRATE_UNMOVABLE);
	zone_put(zone, BLOCK, pageblock_order, MIGRATE_MOVABLE);
	zone_done(t, zone);
}

/* Only a wholly free block may be had without mixing types. */
TEST(fallback, nofragment_takes_whole_blocks_or_nothing)
{
	for (u32 i = 0; i < nr_fallback_policies; i++) {
		const char *name = fallback_policies[i].name;
		WITH_ZONE(2, 0, 0);

		zone_take_at(zone, 0, 0, MIGRATE_MOVABLE);
		EXPECT_TRUE(pick(zone, name, 0, MIGRATE_UNMOVABLE,
				 ALLOC_NOFRAGMENT) == zone_block(zone, 1));
		zone_take_at(zone, BLOCK, 0, MIGRATE_UNMOVABLE);
		LOCKED(zone, freelist_retype(zone, zone_block(zone, 1),
					     MIGRATE_MOVABLE));
		EXPECT_TRUE(pick(zone, name, 0, MIGRATE_UNMOVABLE,
				 ALLOC_NOFRAGMENT) == NULL);
		EXPECT_EQ(type_of(zone, 0), MIGRATE_MOVABLE);
		zone_put(zone, 0, 0, MIGRATE_MOVABLE);
		zone_put(zone, BLOCK, 0, MIGRATE_UNMOVABLE);
		zone_done(t, zone);
	}
}

/* Reserves, CMA and fenced blocks are nobody's to fall back on. */
TEST(fallback, other_types_are_left_alone)
{
	for (u32 i = 0; i < nr_fallback_policies; i++) {
		WITH_ZONE(2, 0, 0);

		LOCKED(zone,
		       freelist_retype(zone, zone_block(zone, 0), MIGRATE_CMA);
		       freelist_isolate(zone, zone_block(zone, 1)));
		EXPECT_TRUE(pick(zone, fallback_policies[i].name, 0,
				 MIGRATE_UNMOVABLE, 0) == NULL);
		LOCKED(zone, freelist_unisolate(zone, zone_block(zone, 1),
						MIGRATE_HIGHATOMIC));
		EXPECT_TRUE(pick(zone, fallback_policies[i].name, 0,
				 MIGRATE_UNMOVABLE, 0) == NULL);
		zone_done(t, zone);
	}
}

/*
 *	Amm#m  Bmmm#	classic lends A's free frames; a free takes them home
 */
TEST(fallback, classic_lends_what_it_does_not_claim)
{
	WITH_ZONE(2, 0, 0);
	struct pageblock *a = zone_block(zone, 0);

	zone_take_at(zone, 0, 8, MIGRATE_MOVABLE);
	zone_take_at(zone, 384, 7, MIGRATE_MOVABLE);
	zone_take_at(zone, BLOCK, 8, MIGRATE_MOVABLE);
	zone_take_at(zone, BLOCK + 256, 7, MIGRATE_MOVABLE);
	zone_take_at(zone, BLOCK + 384, 6, MIGRATE_MOVABLE);
	EXPECT_TRUE(pick(zone, "classic", 0, MIGRATE_UNMOVABLE, 0) == a);
	EXPECT_EQ(pageblock_type(a), MIGRATE_UNMOVABLE);
	EXPECT_EQ(a->bits & BLOCK_TYPE_MASK, MIGRATE_MOVABLE);
	EXPECT_EQ(zone->fl->nr_free[MIGRATE_UNMOVABLE], 128);
	zone_put(zone, 0, 8, MIGRATE_MOVABLE);
	EXPECT_EQ(pageblock_type(a), MIGRATE_MOVABLE);
	zone_put(zone, 384, 7, MIGRATE_MOVABLE);
	zone_put(zone, BLOCK, 8, MIGRATE_MOVABLE);
	zone_put(zone, BLOCK + 256, 7, MIGRATE_MOVABLE);
	zone_put(zone, BLOCK + 384, 6, MIGRATE_MOVABLE);
	zone_done(t, zone);
}

/*
 *	Amm##	pure		Bmu##	polluted: mixed goes on there
 */
TEST(fallback, mixed_keeps_pure_blocks_pure)
{
	WITH_ZONE(4, 0, 0);

	zone_take_at(zone, 0, 8, MIGRATE_MOVABLE);
	zone_take_at(zone, 256, 6, MIGRATE_MOVABLE);
	zone_take_at(zone, BLOCK, 8, MIGRATE_MOVABLE);
	zone_take_at(zone, BLOCK + 256, 0, MIGRATE_UNMOVABLE);
	zone_take_at(zone, 2 * BLOCK, MAX_ORDER, MIGRATE_MOVABLE);
	EXPECT_TRUE(pick(zone, "mixed", 0, MIGRATE_UNMOVABLE, 0) ==
		    zone_block(zone, 1));
	EXPECT_TRUE(pick(zone, "mixed", 0, MIGRATE_RECLAIMABLE, 0) ==
		    zone_block(zone, 1));
	zone_put(zone, 0, 8, MIGRATE_MOVABLE);
	zone_put(zone, 256, 6, MIGRATE_MOVABLE);
	zone_put(zone, BLOCK, 8, MIGRATE_MOVABLE);
	zone_put(zone, BLOCK + 256, 0, MIGRATE_UNMOVABLE);
	zone_put(zone, 2 * BLOCK, MAX_ORDER, MIGRATE_MOVABLE);
	zone_done(t, zone);
}

static void note_event(void *ctx, const u64 *values, u32 nr)
{
	memcpy(ctx, values, nr * sizeof(values[0]));
}

TEST(fallback, the_event_names_the_block_s_type_before)
{
	WITH_ZONE(2, 0, 0);
	u64 event[8] = { 0 };

	point_callback("mm_page_alloc_extfrag", note_event, event);
	pick(zone, "linux", 3, MIGRATE_UNMOVABLE, 0);
	point_disable("mm_page_alloc_extfrag");
	EXPECT_EQ(event[0], zone->zone_start_pfn);
	EXPECT_EQ(event[1], 3);
	EXPECT_EQ(event[2], MAX_ORDER);
	EXPECT_EQ(event[4], MIGRATE_UNMOVABLE);
	EXPECT_EQ(event[5], MIGRATE_MOVABLE);
	EXPECT_EQ(event[6], 0);
	EXPECT_EQ(event[7], 1);
	zone_done(t, zone);
}
