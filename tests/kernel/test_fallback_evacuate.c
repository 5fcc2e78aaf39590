// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_fallback_evacuate.c - policy "evacuate": whose block it is
 *
 * Private zones: 'u', 'e' and 'm' are frames in use for Unmovable, Reclaimable,
 * Movable, '#' free; a quarter of a block each. What is moved afterwards:
 * test_evacuate.c.
 */
#include <mm/page_alloc.h>

#include "../../mm/scan.h"
#include "zone_fixture.h"

#define BLOCK	pageblock_nr_pages
#define QUARTER 7 /* order */
#define HALF	8

static struct pageblock *pick(struct zone *zone, u32 order,
			      enum migratetype type, u32 flags)
{
	struct pageblock *b;

	LOCKED(zone, b = fallback_policy_find("evacuate")
				 ->pick(zone, order, type, flags));
	return b;
}

static void set_type(struct zone *zone, u64 n, enum migratetype type)
{
	LOCKED(zone, freelist_retype(zone, zone_block(zone, n), type));
}

static enum migratetype type_of(const struct zone *zone, u64 n)
{
	return pageblock_type(zone_block(zone, n));
}

/*
 *	Aeee# Reclaimable	Bmm## Movable
 */
TEST(fallback_evacuate, what_can_t_move_shares_blocks)
{
	WITH_ZONE(2, 0, 0);

	zone_take_at(zone, 0, HALF, MIGRATE_RECLAIMABLE);
	zone_take_at(zone, 256, QUARTER, MIGRATE_RECLAIMABLE);
	zone_take_at(zone, BLOCK, HALF, MIGRATE_MOVABLE);
	set_type(zone, 0, MIGRATE_RECLAIMABLE);
	EXPECT_TRUE(pick(zone, 0, MIGRATE_UNMOVABLE, ALLOC_NOFRAGMENT) ==
		    zone_block(zone, 0));
	EXPECT_EQ(type_of(zone, 0), MIGRATE_RECLAIMABLE);
	EXPECT_FALSE(zone->fallback.evacuation_wanted);
	zone_put(zone, 0, HALF, MIGRATE_RECLAIMABLE);
	zone_put(zone, 256, QUARTER, MIGRATE_RECLAIMABLE);
	zone_put(zone, BLOCK, HALF, MIGRATE_MOVABLE);
	zone_done(t, zone);
}

/*
 *	Amm## pure	Bmmu# polluted: it is never whole, so it is kept
 */
TEST(fallback_evacuate, a_polluted_block_becomes_a_kept_one)
{
	WITH_ZONE(2, 0, 0);

	zone_take_at(zone, 0, HALF, MIGRATE_MOVABLE);
	zone_take_at(zone, BLOCK, HALF, MIGRATE_MOVABLE);
	zone_take_at(zone, BLOCK + 256, QUARTER, MIGRATE_UNMOVABLE);
	EXPECT_TRUE(pick(zone, 0, MIGRATE_UNMOVABLE, 0) == zone_block(zone, 1));
	EXPECT_EQ(type_of(zone, 1), MIGRATE_UNMOVABLE);
	EXPECT_EQ(type_of(zone, 0), MIGRATE_MOVABLE);
	EXPECT_TRUE(zone->fallback.evacuation_wanted);
	EXPECT_TRUE(zone->fallback.has_guests);
	zone_put(zone, 0, HALF, MIGRATE_MOVABLE);
	zone_put(zone, BLOCK, HALF, MIGRATE_MOVABLE);
	zone_put(zone, BLOCK + 256, QUARTER, MIGRATE_UNMOVABLE);
	zone_done(t, zone);
}

/*
 *	Ammm#	Bm###	Cmmmm	Dmmmm	B costs least to evacuate
 */
TEST(fallback_evacuate, the_cheapest_block_is_claimed)
{
	WITH_ZONE(4, 0, 0);

	zone_take_at(zone, 0, HALF, MIGRATE_MOVABLE);
	zone_take_at(zone, 256, QUARTER, MIGRATE_MOVABLE);
	zone_take_at(zone, BLOCK, QUARTER, MIGRATE_MOVABLE);
	zone_take_at(zone, 2 * BLOCK, MAX_ORDER, MIGRATE_MOVABLE);
	EXPECT_TRUE(pick(zone, 0, MIGRATE_RECLAIMABLE, ALLOC_NOFRAGMENT) == NULL);
	EXPECT_TRUE(pick(zone, 0, MIGRATE_RECLAIMABLE, 0) == zone_block(zone, 1));
	EXPECT_EQ(type_of(zone, 1), MIGRATE_RECLAIMABLE);
	EXPECT_EQ(zone->fallback.nr_claims, 1);
	EXPECT_EQ(zone->fallback.nr_steals, 0);
	zone_put(zone, 0, HALF, MIGRATE_MOVABLE);
	zone_put(zone, 256, QUARTER, MIGRATE_MOVABLE);
	zone_put(zone, BLOCK, QUARTER, MIGRATE_MOVABLE);
	zone_put(zone, 2 * BLOCK, MAX_ORDER, MIGRATE_MOVABLE);
	zone_done(t, zone);
}

/*
 *	Auuu#	Bumm#	both kept; movable ones crowd into B
 */
TEST(fallback_evacuate, guests_go_where_guests_are)
{
	WITH_ZONE(2, 0, 0);

	zone_take_at(zone, 0, HALF, MIGRATE_UNMOVABLE);
	zone_take_at(zone, 256, QUARTER, MIGRATE_UNMOVABLE);
	zone_take_at(zone, BLOCK, QUARTER, MIGRATE_UNMOVABLE);
	zone_take_at(zone, BLOCK + 256, QUARTER, MIGRATE_MOVABLE);
	zone_take_at(zone, BLOCK + 128, QUARTER, MIGRATE_MOVABLE);
	set_type(zone, 0, MIGRATE_UNMOVABLE);
	set_type(zone, 1, MIGRATE_UNMOVABLE);
	EXPECT_TRUE(pick(zone, 0, MIGRATE_MOVABLE, 0) == zone_block(zone, 1));
	EXPECT_EQ(type_of(zone, 1), MIGRATE_UNMOVABLE);
	EXPECT_EQ(zone->fallback.nr_steals, 1);
	EXPECT_TRUE(zone->fallback.has_guests);
	zone_put(zone, 0, HALF, MIGRATE_UNMOVABLE);
	zone_put(zone, 256, QUARTER, MIGRATE_UNMOVABLE);
	zone_put(zone, BLOCK, QUARTER, MIGRATE_UNMOVABLE);
	zone_put(zone, BLOCK + 256, QUARTER, MIGRATE_MOVABLE);
	zone_put(zone, BLOCK + 128, QUARTER, MIGRATE_MOVABLE);
	zone_done(t, zone);
}

/*
 *	A#### Movable	Buuu# Unmovable
 */
TEST(fallback_evacuate, a_further_block_only_for_who_may_claim)
{
	u32 no_claim = ALLOC_NOFRAGMENT | ALLOC_NOCLAIM;

	WITH_ZONE(2, 0, 0);

	zone_take_at(zone, BLOCK, HALF, MIGRATE_UNMOVABLE);
	zone_take_at(zone, BLOCK + 256, QUARTER, MIGRATE_UNMOVABLE);
	set_type(zone, 1, MIGRATE_UNMOVABLE);
	EXPECT_TRUE(pick(zone, HALF, MIGRATE_RECLAIMABLE, no_claim) == NULL);
	EXPECT_TRUE(pick(zone, 0, MIGRATE_RECLAIMABLE, no_claim) ==
		    zone_block(zone, 1));
	EXPECT_FALSE(zone->fallback.has_guests);
	EXPECT_TRUE(pick(zone, HALF, MIGRATE_RECLAIMABLE, ALLOC_NOFRAGMENT) ==
		    zone_block(zone, 0));
	/* Nobody's pages lie in it: none of a program's either. */
	EXPECT_FALSE(zone->fallback.has_guests);
	EXPECT_FALSE(zone->fallback.evacuation_wanted);
	zone_put(zone, BLOCK, HALF, MIGRATE_UNMOVABLE);
	zone_put(zone, BLOCK + 256, QUARTER, MIGRATE_UNMOVABLE);
	zone_done(t, zone);
}

/*
 *	Amm## Reclaimable, but has only guests	Bmm## Movable
 */
TEST(fallback_evacuate, a_block_of_guests_is_not_shared)
{
	WITH_ZONE(2, 0, 0);

	zone_take_at(zone, 0, HALF, MIGRATE_MOVABLE);
	zone_take_at(zone, BLOCK, HALF, MIGRATE_MOVABLE);
	set_type(zone, 0, MIGRATE_RECLAIMABLE);
	EXPECT_TRUE(pick(zone, 0, MIGRATE_UNMOVABLE, 0) == zone_block(zone, 1));
	set_type(zone, 0, MIGRATE_MOVABLE);
	set_type(zone, 1, MIGRATE_MOVABLE);
	zone_put(zone, 0, HALF, MIGRATE_MOVABLE);
	zone_put(zone, BLOCK, HALF, MIGRATE_MOVABLE);
	zone_done(t, zone);
}

/*
 *	A#### Movable	Buuu# Unmovable: where compaction moves pages to
 */
TEST(fallback_evacuate, compaction_brings_guests_too)
{
	struct page *page;
	u64 looked = 0;

	WITH_ZONE(2, 0, 0);

	zone_take_at(zone, BLOCK, HALF, MIGRATE_UNMOVABLE);
	zone_take_at(zone, BLOCK + 256, QUARTER, MIGRATE_UNMOVABLE);
	set_type(zone, 1, MIGRATE_UNMOVABLE);
	EXPECT_EQ(isolate_targets(zone, &page, 1, &looked), 1);
	EXPECT_TRUE(page_to_pfn(page) >= zone->zone_start_pfn + BLOCK);
	EXPECT_TRUE(zone->fallback.has_guests);
	/* So another block is not all that is needed. */
	EXPECT_TRUE(pick(zone, HALF, MIGRATE_UNMOVABLE, 0) ==
		    zone_block(zone, 0));
	EXPECT_TRUE(zone->fallback.evacuation_wanted);
	putback_targets(zone, &page, 1);
	zone_put(zone, BLOCK, HALF, MIGRATE_UNMOVABLE);
	zone_put(zone, BLOCK + 256, QUARTER, MIGRATE_UNMOVABLE);
	set_type(zone, 0, MIGRATE_MOVABLE);
	zone_done(t, zone);
}

/*
 *	Aumm#	Bmmm#	nothing in B to keep it for
 */
TEST(fallback_evacuate, a_block_kept_for_nothing_is_movable_s_again)
{
	WITH_ZONE(2, 0, 0);

	for (u32 n = 0; n < 2; n++) {
		zone_take_at(zone, n * BLOCK, HALF, MIGRATE_MOVABLE);
		zone_take_at(zone, n * BLOCK + 256, QUARTER,
			     n ? MIGRATE_MOVABLE : MIGRATE_UNMOVABLE);
		set_type(zone, n, MIGRATE_UNMOVABLE);
	}
	EXPECT_TRUE(pick(zone, 0, MIGRATE_MOVABLE, 0) == zone_block(zone, 1));
	EXPECT_EQ(type_of(zone, 1), MIGRATE_MOVABLE);
	EXPECT_EQ(type_of(zone, 0), MIGRATE_UNMOVABLE);
	for (u32 n = 0; n < 2; n++) {
		zone_put(zone, n * BLOCK, HALF, MIGRATE_MOVABLE);
		zone_put(zone, n * BLOCK + 256, QUARTER,
			 n ? MIGRATE_MOVABLE : MIGRATE_UNMOVABLE);
	}
	zone_done(t, zone);
}

/* Four frames free in each of two blocks; a refill wants eight. */
static u32 refill(struct test *t, const char *policy)
{
	struct page *got[8];
	struct zone *zone = private_zone_create(2, 0, 0);
	u32 nr;

	if (!zone)
		return 0;
	zone->policy = fallback_policy_find(policy);
	zone_take_at(zone, 0, MAX_ORDER, MIGRATE_MOVABLE);
	zone_put(zone, 0, 2, MIGRATE_MOVABLE);
	zone_put(zone, BLOCK, 2, MIGRATE_MOVABLE);
	nr = rmqueue_bulk(zone, 0, MIGRATE_UNMOVABLE, 0, got, 8);
	LOCKED(zone, freelist_put_frames(zone, got, nr, MIGRATE_UNMOVABLE));
	zone_take_at(zone, 0, 2, MIGRATE_MOVABLE);
	zone_take_at(zone, BLOCK, 2, MIGRATE_MOVABLE);
	zone_put(zone, 0, pageblock_order, MIGRATE_MOVABLE);
	zone_put(zone, BLOCK, pageblock_order, MIGRATE_MOVABLE);
	zone_done(t, zone);
	return nr;
}

TEST(fallback_evacuate, a_refill_claims_one_block_not_two)
{
	if (machine_is_small())
		SKIP("too little memory to borrow such a zone");
	EXPECT_EQ(refill(t, "linux"), 8);
	EXPECT_EQ(refill(t, "evacuate"), 4);
}
