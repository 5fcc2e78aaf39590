// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_compact_skip.c - what scanners remember, and when it is
 * forgotten
 */
#include <mm/page_alloc.h>

#include "../../mm/scanners.h"
#include "compact_fixture.h"

#define BLOCKS 8

/* Block 0 and 7 are the kernel's; the others have eight M, then eight free. */
static bool half_of_the_middle(u64 place)
{
	u64 block = place / pageblock_nr_pages;

	return block > 0 && block < BLOCKS - 1 && place % 16 < 8;
}

static bool fill(struct layout *l)
{
	for (u64 i = 0; i < pageblock_nr_pages; i++) {
		layout_kernel_page(l, i);
		layout_kernel_page(l, (BLOCKS - 1) * pageblock_nr_pages + i);
	}
	return layout_fill(l, half_of_the_middle);
}

static void set_all_bits(struct zone *zone)
{
	for (u64 i = 0; i < BLOCKS; i++)
		zone_block(zone, i)->bits |= BLOCK_SKIP;
}

static u32 nr_bits(struct zone *zone)
{
	u32 nr = 0;

	for (u64 i = 0; i < BLOCKS; i++)
		nr += !!(zone_block(zone, i)->bits & BLOCK_SKIP);
	return nr;
}

static u64 block_at(const struct zone *zone, pfn_t pfn)
{
	return (pfn - zone->zone_start_pfn) / pageblock_nr_pages;
}

TEST(compact_skip, bits_are_cleared_where_there_is_something_to_do)
{
	struct compact_zone_state *c;
	struct layout l;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(fill(&l));
	c = &l.zone->compact;
	set_all_bits(l.zone);
	reset_isolation_suitable(l.zone); /* no scanners have met */
	EXPECT_EQ(nr_bits(l.zone), BLOCKS);
	c->blockskip_flush = true;
	reset_isolation_suitable(l.zone);
	EXPECT_FALSE(c->blockskip_flush);
	/* Kernel pages only: nothing to move, and nowhere to. */
	EXPECT_EQ(nr_bits(l.zone), 2);
	EXPECT_TRUE(zone_block(l.zone, 0)->bits & BLOCK_SKIP);
	EXPECT_TRUE(zone_block(l.zone, BLOCKS - 1)->bits & BLOCK_SKIP);
	EXPECT_EQ(block_at(l.zone, c->init_migrate_pfn), 1);
	EXPECT_EQ(block_at(l.zone, c->cached_migrate_pfn[0]), 1);
	EXPECT_EQ(block_at(l.zone, c->cached_migrate_pfn[1]), 1);
	EXPECT_EQ(block_at(l.zone, c->init_free_pfn), BLOCKS - 2);
	EXPECT_EQ(block_at(l.zone, c->cached_free_pfn), BLOCKS - 2);
	layout_end(t, &l);
}

/* Nothing on either side: the next scanners begin where they have met. */
TEST(compact_skip, a_hopeless_zone_leaves_no_distance)
{
	struct compact_zone_state *c;
	struct layout l;

	WITH_LAYOUT(&l, BLOCKS);
	for (u64 i = 0; i < BLOCKS * pageblock_nr_pages; i++)
		layout_kernel_page(&l, i);
	c = &l.zone->compact;
	set_all_bits(l.zone);
	c->blockskip_flush = true;
	reset_isolation_suitable(l.zone);
	EXPECT_EQ(nr_bits(l.zone), BLOCKS);
	EXPECT_GE(c->cached_migrate_pfn[1] + pageblock_nr_pages,
		  c->cached_free_pfn);
	layout_end(t, &l);
}

/* A run that met says so; the one after the longest pause clears the bits. */
TEST(compact_skip, a_restart_after_the_longest_pause_clears_them)
{
	struct compact_zone_state *c;
	struct compact_control cc;
	struct layout l;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(fill(&l));
	c = &l.zone->compact;
	set_all_bits(l.zone);
	cc = layout_request(&l, 9, MIGRATE_SYNC_LIGHT);
	EXPECT_EQ(compact_linux(&cc), COMPACT_PARTIAL_SKIPPED);
	EXPECT_EQ(cc.nr_migrated, 0);
	EXPECT_TRUE(c->blockskip_flush);
	for (u32 i = 0; i < COMPACT_MAX_DEFER_SHIFT; i++)
		defer_compaction(l.zone, 9);
	cc = layout_request(&l, 9, MIGRATE_SYNC_LIGHT);
	compact_linux(&cc); /* not yet */
	EXPECT_EQ(cc.nr_migrated, 0);
	while (compaction_deferred(l.zone, 9))
		;
	cc = layout_request(&l, 9, MIGRATE_SYNC_LIGHT);
	compact_linux(&cc);
	EXPECT_GT(cc.nr_migrated, 0);
	layout_end(t, &l);
}

/* ASYNC runs know less: what they passed, others look at again. */
TEST(compact_skip, positions_are_kept_for_each_kind_of_run)
{
	struct zone zone = { .zone_start_pfn = 0,
			     .spanned_pages = 8 * pageblock_nr_pages };
	struct compact_control cc = { .zone = &zone, .mode = MIGRATE_ASYNC };
	struct compact_zone_state *c = &zone.compact;

	reset_cached_positions(&zone);
	EXPECT_EQ(c->cached_free_pfn, 7 * pageblock_nr_pages);
	update_cached_migrate(&cc, 2 * pageblock_nr_pages);
	EXPECT_EQ(c->cached_migrate_pfn[0], 2 * pageblock_nr_pages);
	EXPECT_EQ(c->cached_migrate_pfn[1], 0);
	cc.mode = MIGRATE_SYNC_LIGHT;
	update_cached_migrate(&cc, pageblock_nr_pages);
	EXPECT_EQ(c->cached_migrate_pfn[0], 2 * pageblock_nr_pages);
	EXPECT_EQ(c->cached_migrate_pfn[1], pageblock_nr_pages);
	update_cached_free(&cc, 5 * pageblock_nr_pages);
	update_cached_free(&cc, 6 * pageblock_nr_pages); /* only down */
	EXPECT_EQ(c->cached_free_pfn, 5 * pageblock_nr_pages);
}
