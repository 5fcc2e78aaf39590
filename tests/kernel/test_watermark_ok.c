// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_watermark_ok.c - may it go below the mark? Against a
 * formula in signed numbers, written from the reference
 */
#include <kernel/test.h>
#include <mm/freelist.h>
#include <mm/page_alloc.h>
#include <mm/watermark.h>

#include "random.h"

static struct freelists lists;
static struct zone zone;

static void new_zone(void)
{
	memset(&zone, 0, sizeof(zone));
	memset(&lists, 0, sizeof(lists));
	zone.fl = &lists;
}

/* The least free count with which an order-0 request passes. */
static u64 floor_of(u64 mark, u32 flags)
{
	u64 free = 0;

	while (!watermark_allows(&zone, 0, mark, ZONE_NORMAL, flags, free))
		free++;
	return free - 1;
}

/* Appendix B: 1000 -> 500 -> 375 */
TEST(watermark_ok, how_deep_requests_go)
{
	new_zone();
	EXPECT_EQ(floor_of(1000, 0), 1000);
	EXPECT_EQ(floor_of(1000, ALLOC_MIN_RESERVE), 500);
	EXPECT_EQ(floor_of(1000, ALLOC_MIN_RESERVE | ALLOC_NON_BLOCK), 375);
	EXPECT_EQ(floor_of(1000, ALLOC_NON_BLOCK), 1000);
	EXPECT_EQ(floor_of(1000, ALLOC_OOM), 500);
	EXPECT_EQ(floor_of(1000, ALLOC_MIN_RESERVE | ALLOC_NON_BLOCK | ALLOC_OOM),
		  188);
}

TEST(watermark_ok, lowmem_reserve_is_kept)
{
	new_zone();
	zone.lowmem_reserve[ZONE_NORMAL] = 300;
	EXPECT_EQ(floor_of(1000, 0), 1300);
	EXPECT_EQ(floor_of(1000, ALLOC_MIN_RESERVE), 800);
}

static s64 reference_min(s64 mark, u32 flags)
{
	if (flags & ALLOC_MIN_RESERVE) {
		mark -= mark / 2;
		if (flags & ALLOC_NON_BLOCK)
			mark -= mark / 4;
	}
	if (flags & ALLOC_OOM)
		mark -= mark / 2;
	return mark;
}

static bool reference_allows(u32 order, s64 mark, u32 highest, u32 flags,
			     s64 free)
{
	s64 usable = free - ((1L << order) - 1);

	if (!(flags & (ALLOC_NON_BLOCK | ALLOC_MIN_RESERVE | ALLOC_HIGHATOMIC |
		       ALLOC_OOM)))
		usable -= (s64)lists.nr_free[MIGRATE_HIGHATOMIC];
	if (!(flags & ALLOC_CMA))
		usable -= (s64)lists.nr_free[MIGRATE_CMA];
	return usable > reference_min(mark, flags) +
				(s64)zone.lowmem_reserve[highest];
}

static bool reference_has(u32 order, u32 flags)
{
	for (u32 o = order; o <= MAX_ORDER; o++)
		for (u32 k = 0; k < MIGRATE_ISOLATE; k++) {
			bool may = k < MIGRATE_PCPTYPES ||
				   (k == MIGRATE_CMA && (flags & ALLOC_CMA)) ||
				   (k == MIGRATE_HIGHATOMIC &&
				    (flags & (ALLOC_HIGHATOMIC | ALLOC_OOM)));

			if (may && (lists.order_mask[k] >> o & 1))
				return true;
		}
	return false;
}

static void random_zone(struct rng *rng)
{
	new_zone();
	zone.nr_free_pages = rng_below(rng, 6000);
	for (u32 z = 0; z < MAX_NR_ZONES; z++)
		zone.lowmem_reserve[z] =
			rng_below(rng, 2) ? 0 : rng_below(rng, 2000);
	for (u32 k = MIGRATE_HIGHATOMIC; k <= MIGRATE_CMA; k++)
		lists.nr_free[k] = rng_below(rng, 3) ? 0 : rng_below(rng, 1500);
	for (u32 k = 0; k < MIGRATE_TYPES; k++)
		lists.order_mask[k] =
			rng_below(rng, 2) ? 0 : 1u << rng_below(rng, 11);
}

TEST(watermark_ok, random_requests_against_the_reference)
{
	static const u32 bits[] = { ALLOC_OOM, ALLOC_NON_BLOCK,
				    ALLOC_MIN_RESERVE, ALLOC_CMA,
				    ALLOC_HIGHATOMIC };
	struct rng rng = { .state = 0x776d6b };
	u32 passed = 0, nr = 20000 * test_scale() / 10;

	for (u32 i = 0; i < nr; i++) {
		u32 order = rng_below(&rng, 11), flags = 0;
		u32 highest = rng_below(&rng, MAX_NR_ZONES);
		u64 mark = rng_below(&rng, 3000);
		bool allows, want;

		random_zone(&rng);
		for (u32 k = 0; k < ARRAY_SIZE(bits); k++)
			flags |= rng_below(&rng, 3) ? 0 : bits[k];
		allows = watermark_allows(&zone, order, mark, highest, flags,
					  zone.nr_free_pages);
		want = reference_allows(order, (s64)mark, highest, flags,
					(s64)zone.nr_free_pages);
		EXPECT_EQ(allows, want);
		want = want && (order == 0 || reference_has(order, flags));
		EXPECT_EQ(zone_watermark_ok(&zone, order, mark, highest, flags),
			  want);
		passed += want;
	}
	EXPECT_GT(passed, nr / 20); /* both answers are common */
	EXPECT_LT(passed, nr - nr / 20);
}

/* Marks are those with the boost on top. */
TEST(watermark_ok, boost_raises_the_marks)
{
	new_zone();
	zone.watermark[WMARK_LOW] = 1286;
	zone.watermark_boost = 512;
	EXPECT_EQ(wmark_pages(&zone, WMARK_LOW), 1798);
}
