// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_claim.c - policy "linux": when does a whole block change
 * its type, and how far do the marks rise?
 *
 *	private zone   | block 0: to be claimed | block 1: full |
 *
 * Block 0 gets an exact number of free frames, of movable and of other
 * allocations. Frames are charged without records of their own: they are
 * given back in the same way.
 */
#include <kernel/main.h>
#include <kernel/test.h>
#include <mm/fallback.h>
#include <mm/mm_state.h>
#include <mm/zone_check.h>
#include <mm/zone_private.h>

/* charge of each frame of block 0; FRAME_FREE: not taken */
static u8 charges[512];
static struct zone *zone;

static void charge(u32 first, u32 nr, enum migratetype type)
{
	for (u32 i = first; i < first + nr; i++) {
		freelist_take_at(zone, zone->zone_start_pfn + i, 0, type);
		charges[i] = (u8)type;
	}
}

/*
 * A block of type `type` with its first nr_free frames free, then nr_movable
 * movable ones, the rest charged for `other`. Block 1 has nothing to offer.
 */
static bool make_block(enum migratetype type, u32 nr_free, u32 nr_movable,
		       enum migratetype other)
{
	u64 flags;

	zone = private_zone_create(2, 0, 0);
	if (!zone)
		return false;
	zone->policy = fallback_policy_find("linux");
	memset(charges, FRAME_FREE, sizeof(charges));
	flags = spin_lock_irqsave(&zone->lock);
	freelist_take_at(zone, zone->zone_start_pfn + 512, 9, MIGRATE_MOVABLE);
	freelist_retype(zone, &zone->fl->blocks[0], type);
	charge(nr_free, nr_movable, MIGRATE_MOVABLE);
	charge(nr_free + nr_movable, 512 - nr_free - nr_movable, other);
	spin_unlock_irqrestore(&zone->lock, flags);
	return true;
}

static void drop_block(struct test *t)
{
	u64 flags = spin_lock_irqsave(&zone->lock);

	for (u32 i = 0; i < 512; i++)
		if (charges[i] != FRAME_FREE)
			freelist_put(zone, zone->zone_start_pfn + i, 0,
				     (enum migratetype)charges[i]);
	freelist_put(zone, zone->zone_start_pfn + 512, 9, MIGRATE_MOVABLE);
	spin_unlock_irqrestore(&zone->lock, flags);
	EXPECT_EQ(zone_check_all(kernel_mm(), zone), 0);
	EXPECT_TRUE(private_zone_destroy(zone));
}

/* Ask for one chunk and tell what became of block 0. */
static void expect_type_after(struct test *t, gfp_t gfp, u32 order,
			      enum migratetype want, bool claimed)
{
	struct page *page = alloc_pages_zone(zone, gfp, order, 0);

	ASSERT_TRUE(page != NULL);
	EXPECT_EQ(pageblock_type(&zone->fl->blocks[0]), want);
	EXPECT_EQ(zone->fallback.nr_claims != 0, claimed);
	EXPECT_EQ(zone->fallback.nr_steals != 0, !claimed);
	free_pages(page, order);
	drain_local_pages(zone);
}

/* U into M: free 100 + 112 that are not movable = 212 < 256 */
TEST(claim, unmovable_steals_from_a_movable_block)
{
	ASSERT_TRUE(make_block(MIGRATE_MOVABLE, 100, 300, MIGRATE_UNMOVABLE));
	expect_type_after(t, GFP_KERNEL, 0, MIGRATE_MOVABLE, false);
	drop_block(t);
}

/* 200 + 112 = 312 */
TEST(claim, unmovable_claims_a_movable_block)
{
	ASSERT_TRUE(make_block(MIGRATE_MOVABLE, 200, 200, MIGRATE_UNMOVABLE));
	expect_type_after(t, GFP_KERNEL, 0, MIGRATE_UNMOVABLE, true);
	drop_block(t);
}

/* U into E: only free frames count, as the two can't be told apart. */
TEST(claim, unmovable_needs_half_of_a_reclaimable_block)
{
	ASSERT_TRUE(make_block(MIGRATE_RECLAIMABLE, 255, 0,
			       MIGRATE_RECLAIMABLE));
	expect_type_after(t, GFP_KERNEL, 0, MIGRATE_RECLAIMABLE, false);
	drop_block(t);
	ASSERT_TRUE(make_block(MIGRATE_RECLAIMABLE, 256, 0,
			       MIGRATE_RECLAIMABLE));
	expect_type_after(t, GFP_KERNEL, 0, MIGRATE_UNMOVABLE, true);
	drop_block(t);
}

/* M, by a chunk of order 4, into U with 16 free and 240 movable: 256 */
TEST(claim, movable_claims_by_a_large_chunk)
{
	ASSERT_TRUE(make_block(MIGRATE_UNMOVABLE, 16, 240, MIGRATE_UNMOVABLE));
	expect_type_after(t, GFP_HIGHUSER_MOVABLE, 0, MIGRATE_MOVABLE, true);
	drop_block(t);
	ASSERT_TRUE(make_block(MIGRATE_UNMOVABLE, 16, 239, MIGRATE_UNMOVABLE));
	expect_type_after(t, GFP_HIGHUSER_MOVABLE, 0, MIGRATE_UNMOVABLE, false);
	drop_block(t);
}

/* Below order 4 it steals, even from a block that is movable else. */
TEST(claim, movable_never_claims_by_small_chunks)
{
	ASSERT_TRUE(make_block(MIGRATE_UNMOVABLE, 15, 497, MIGRATE_UNMOVABLE));
	expect_type_after(t, GFP_HIGHUSER_MOVABLE, 0, MIGRATE_UNMOVABLE, false);
	drop_block(t);
}

/* Appendix B: high 1548, factor 15000: cap 2322 */
TEST(claim, boost_rises_by_blocks_to_its_cap)
{
	static const u64 want[] = { 512, 1024, 1536, 2048, 2322, 2322 };
	static struct zone z;

	memset(&z, 0, sizeof(z));
	z.managed_pages = 262144;
	z.watermark[WMARK_HIGH] = 1548;
	z.boost_factor = 15000;
	for (u32 i = 0; i < ARRAY_SIZE(want); i++) {
		boost_watermark(&z);
		EXPECT_EQ(z.watermark_boost, want[i]);
	}
}

TEST(claim, no_boost_when_off_small_or_early)
{
	static struct zone z;

	memset(&z, 0, sizeof(z));
	z.managed_pages = 2047; /* 8 MiB less one page */
	z.watermark[WMARK_HIGH] = 1548;
	z.boost_factor = 15000;
	boost_watermark(&z);
	EXPECT_EQ(z.watermark_boost, 0);
	z.managed_pages = 2048;
	z.boost_factor = 0;
	boost_watermark(&z);
	EXPECT_EQ(z.watermark_boost, 0);
	z.boost_factor = 15000;
	z.watermark[WMARK_HIGH] = 0;
	boost_watermark(&z);
	EXPECT_EQ(z.watermark_boost, 0);
	z.watermark[WMARK_HIGH] = 10;
	boost_watermark(&z);
	EXPECT_EQ(z.watermark_boost, 512);
}

static u32 batch_of(u64 managed)
{
	static u8 memory[16384] __aligned(64);
	static struct zone z;

	memset(&z, 0, sizeof(z));
	memset(memory, 0, sizeof(memory));
	z.managed_pages = managed;
	return pcp_build(&z, 0, 64, memory)->batch;
}

/* Linux's 63 and 1; ours moves a power of two, 64 (mm/pcp.c:zone_batch). */
TEST(claim, batch_by_size)
{
	EXPECT_EQ(batch_of(262144), 64);
	EXPECT_EQ(batch_of(4096), 1);
	EXPECT_EQ(batch_of(1UL << 30), 64);
	EXPECT_EQ(batch_of(32 << 12), 32); /* 48 -> 32 */
}
