// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_gfp.c - what a request's mask means
 */
#include <kernel/test.h>
#include <mm/gfp.h>
#include <mm/zone.h>

/* Linux's numbers, so that reports read the same. */
TEST(gfp, values_are_linux_s)
{
	EXPECT_EQ(GFP_KERNEL, 0xcc0);
	EXPECT_EQ(GFP_ATOMIC, 0x820);
	EXPECT_EQ(GFP_NOWAIT, 0x2800);
	EXPECT_EQ(GFP_NOIO, 0xc00);
	EXPECT_EQ(GFP_NOFS, 0xc40);
	EXPECT_EQ(GFP_USER, 0x100cc0);
	EXPECT_EQ(GFP_HIGHUSER_MOVABLE, 0x100cca);
}

TEST(gfp, zone_is_the_highest_allowed)
{
	EXPECT_EQ(gfp_zone(GFP_KERNEL), ZONE_NORMAL);
	EXPECT_EQ(gfp_zone(GFP_DMA), ZONE_DMA);
	EXPECT_EQ(gfp_zone(GFP_DMA32), ZONE_DMA32);
	EXPECT_EQ(gfp_zone(GFP_HIGHUSER), ZONE_NORMAL);
	EXPECT_EQ(gfp_zone(GFP_HIGHUSER_MOVABLE), ZONE_MOVABLE);
	EXPECT_EQ(gfp_zone(GFP_KERNEL | __GFP_MOVABLE), ZONE_NORMAL);
	EXPECT_EQ(gfp_zone(GFP_DMA | __GFP_MOVABLE), ZONE_DMA);
	EXPECT_EQ(gfp_zone(GFP_DMA32 | __GFP_MOVABLE), ZONE_DMA32);
}

TEST(gfp, charge_follows_the_mobility_bits)
{
	EXPECT_EQ(gfp_migratetype(GFP_KERNEL), MIGRATE_UNMOVABLE);
	EXPECT_EQ(gfp_migratetype(GFP_HIGHUSER_MOVABLE), MIGRATE_MOVABLE);
	EXPECT_EQ(gfp_migratetype(GFP_KERNEL | __GFP_RECLAIMABLE),
		  MIGRATE_RECLAIMABLE);
}

TEST(gfp, contradictions_are_named)
{
	EXPECT_TRUE(gfp_bad(GFP_KERNEL) == NULL);
	EXPECT_TRUE(gfp_bad(GFP_TRANSHUGE) == NULL);
	EXPECT_TRUE(gfp_bad(GFP_KERNEL | __GFP_NOFAIL) == NULL);
	EXPECT_STREQ(gfp_bad(GFP_KERNEL | __GFP_MOVABLE | __GFP_RECLAIMABLE),
		     "__GFP_MOVABLE with __GFP_RECLAIMABLE");
	EXPECT_STREQ(gfp_bad(GFP_ATOMIC | __GFP_NOFAIL),
		     "__GFP_NOFAIL without __GFP_DIRECT_RECLAIM");
	EXPECT_STREQ(gfp_bad(__GFP_DMA | __GFP_DMA32),
		     "more than one of __GFP_DMA, __GFP_DMA32, __GFP_HIGHMEM");
	EXPECT_STREQ(gfp_bad(1u << 25), "unknown bits");
}

static void text_is(struct test *t, gfp_t gfp, const char *expected)
{
	char text[160];

	EXPECT_STREQ(gfp_text(gfp, text, sizeof(text)), expected);
}

TEST(gfp, text_is_linux_s)
{
	text_is(t, GFP_KERNEL, "GFP_KERNEL");
	text_is(t, GFP_KERNEL | __GFP_COMP, "GFP_KERNEL|__GFP_COMP");
	text_is(t, GFP_ATOMIC | __GFP_ZERO, "GFP_ATOMIC|__GFP_ZERO");
	text_is(t, GFP_HIGHUSER_MOVABLE, "GFP_HIGHUSER_MOVABLE");
	text_is(t, __GFP_DMA, "GFP_DMA");
	text_is(t, 0, "0");
	text_is(t, 1u << 25, "0x2000000");
}

TEST(gfp, text_is_cut_at_the_buffer)
{
	char text[8];

	gfp_text(__GFP_BITS | 1u << 25, text, sizeof(text));
	EXPECT_EQ(strlen(text), sizeof(text) - 1);
}
