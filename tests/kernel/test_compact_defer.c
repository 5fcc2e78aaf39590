// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_compact_defer.c - how often is a zone left alone, and when
 * is it worth a try
 */
#include <kernel/main.h>
#include <kernel/string.h>
#include <mm/extfrag.h>
#include <mm/mm_state.h>
#include <mm/vmstat.h>

#include "compact_fixture.h"

/* --- deferral: after each failure, so many are turned away --- */

static const u32 skips[] = { 1, 3, 7, 15, 31, 63, 63, 63 };

static u32 turned_away(struct zone *zone, u32 order)
{
	u32 nr = 0;

	while (compaction_deferred(zone, order))
		nr++;
	return nr;
}

TEST(compact_defer, each_failure_doubles_the_pause)
{
	struct zone zone = { .compact = { .order_failed = MAX_ORDER + 1 } };

	for (u32 i = 0; i < ARRAY_SIZE(skips); i++) {
		EXPECT_FALSE(compaction_restarting(&zone, 4));
		defer_compaction(&zone, 4);
		EXPECT_EQ(turned_away(&zone, 4), skips[i]);
		if (i + 1 < COMPACT_MAX_DEFER_SHIFT)
			continue;
		EXPECT_TRUE(compaction_restarting(&zone, 4));
		/* And so until it fails once more. */
		zone.compact.considered = 0;
	}
}

TEST(compact_defer, smaller_orders_are_not_deferred)
{
	struct zone zone = { .compact = { .order_failed = MAX_ORDER + 1 } };

	defer_compaction(&zone, 4);
	EXPECT_FALSE(compaction_deferred(&zone, 3));
	EXPECT_TRUE(compaction_deferred(&zone, 9));
	defer_compaction(&zone, 2);
	EXPECT_EQ(zone.compact.order_failed, 2);
	EXPECT_TRUE(compaction_deferred(&zone, 3));
}

TEST(compact_defer, a_success_ends_it)
{
	struct zone zone = { .compact = { .order_failed = MAX_ORDER + 1,
					  .blockskip_flush = true } };

	defer_compaction(&zone, 4);
	defer_compaction(&zone, 4);
	/* A chunk became free: larger orders only are doubtful still. */
	compaction_defer_reset(&zone, 4, false);
	EXPECT_EQ(zone.compact.defer_shift, 2);
	EXPECT_FALSE(compaction_deferred(&zone, 4));
	EXPECT_TRUE(compaction_deferred(&zone, 5));
	EXPECT_TRUE(zone.compact.blockskip_flush);
	/* The request got it. */
	compaction_defer_reset(&zone, 5, true);
	EXPECT_EQ(zone.compact.defer_shift, 0);
	EXPECT_EQ(zone.compact.considered, 0);
	EXPECT_FALSE(zone.compact.blockskip_flush);
}

/* --- is it worth starting? --- */

static bool even_places(u64 place)
{
	return place % 2 == 0;
}

static enum compact_result suitable(struct layout *l, u32 order, u64 mark)
{
	return compaction_suitable(l->zone, order, mark, l->zone->type, 0,
				   false);
}

TEST(compact_defer, suitable_weighs_room_against_pieces)
{
	u64 free;
	struct layout l;

	WITH_LAYOUT(&l, 8);
	EXPECT_EQ(suitable(&l, 9, 0), COMPACT_SUCCESS); /* there is one */
	ASSERT_TRUE(layout_fill(&l, even_places));
	free = l.zone->nr_free_pages;
	/* Room for twice the chunk, above the mark. */
	EXPECT_EQ(suitable(&l, 9, free - compact_gap(9) - 1), COMPACT_CONTINUE);
	EXPECT_EQ(suitable(&l, 9, free - compact_gap(9)), COMPACT_SKIPPED);
	EXPECT_EQ(suitable(&l, 1, free - compact_gap(1) - 1), COMPACT_CONTINUE);
	EXPECT_EQ(suitable(&l, 1, free - compact_gap(1)), COMPACT_SKIPPED);
	layout_end(t, &l);
}

/* One free chunk of order 8 and nothing else: a lack of memory, not of order. */
TEST(compact_defer, suitable_asks_the_fragmentation_index)
{
	u32 threshold = kernel_mm()->compact.extfrag_threshold;
	struct layout l;

	WITH_LAYOUT(&l, 8);
	ASSERT_TRUE(layout_fill(&l, even_places));
	kernel_mm()->compact.extfrag_threshold = 999; /* index is 998 or so */
	EXPECT_EQ(suitable(&l, 9, 0), COMPACT_SKIPPED);
	kernel_mm()->compact.extfrag_threshold = 500;
	EXPECT_EQ(suitable(&l, 9, 0), COMPACT_CONTINUE);
	kernel_mm()->compact.extfrag_threshold = threshold;
	layout_end(t, &l);
}

/* Counting ends early where the answer is clear, never where it is not. */
TEST(compact_defer, suitable_agrees_with_the_index_at_each_threshold)
{
	u32 threshold = kernel_mm()->compact.extfrag_threshold;
	struct contig_page_info info;
	u64 nr[NR_PAGE_ORDERS];
	struct layout l;
	s64 index;

	WITH_LAYOUT(&l, 8);
	ASSERT_TRUE(layout_fill(&l, even_places));
	zone_free_area(l.zone, nr);
	fill_contig_page_info(nr, 9, &info);
	index = fragmentation_index(&info, 9);
	for (u32 i = 0; i <= 1000; i += i < 990 ? 90 : 1) {
		kernel_mm()->compact.extfrag_threshold = i;
		EXPECT_EQ(suitable(&l, 9, 0),
			  index > (s64)i ? COMPACT_CONTINUE : COMPACT_SKIPPED);
	}
	kernel_mm()->compact.extfrag_threshold = threshold;
	layout_end(t, &l);
}

static s64 index_of(u32 order, u64 nr, u32 wanted)
{
	u64 chunks[NR_PAGE_ORDERS] = { 0 };
	struct contig_page_info info;

	chunks[order] = nr;
	fill_contig_page_info(chunks, wanted, &info);
	return fragmentation_index(&info, wanted);
}

TEST(compact_defer, the_indices_vectors)
{
	EXPECT_EQ(index_of(0, 1024, 9), 998);
	EXPECT_EQ(index_of(8, 1, 9), -500);
	EXPECT_EQ(index_of(9, 1, 9), -1000);
	EXPECT_EQ(index_of(9, 0, 9), 0);
}

/* --- proactive marks and scores --- */

static void expect_marks(struct test *t, u32 proactiveness, u32 low, u32 high)
{
	struct mm_state *mm = kernel_mm();
	u32 was = mm->compact.proactiveness;

	mm->compact.proactiveness = proactiveness;
	EXPECT_EQ(fragmentation_score_wmark(mm, true), low);
	EXPECT_EQ(fragmentation_score_wmark(mm, false), high);
	mm->compact.proactiveness = was;
}

TEST(compact_defer, proactiveness_sets_the_marks)
{
	expect_marks(t, 20, 80, 90);
	expect_marks(t, 100, 0, 0);
	expect_marks(t, 95, 5, 7);
	expect_marks(t, 0, 100, 100);
}

TEST(compact_defer, a_zones_score_is_what_no_block_has)
{
	struct layout l;

	WITH_LAYOUT(&l, 8);
	EXPECT_EQ(fragmentation_score_zone(l.zone), 0);
	ASSERT_TRUE(layout_fill(&l, even_places));
	EXPECT_EQ(fragmentation_score_zone(l.zone), 100);
	layout_end(t, &l);
}

TEST(compact_defer, a_proactive_run_ends_at_the_low_mark)
{
	struct mm_state *mm = kernel_mm();
	u32 was = mm->compact.proactiveness;
	struct compact_control cc;
	struct layout l;

	WITH_LAYOUT(&l, 8);
	ASSERT_TRUE(layout_fill(&l, even_places));
	cc = layout_request(&l, -1, MIGRATE_SYNC_LIGHT);
	cc.proactive = cc.whole_zone = cc.ignore_skip_hint = true;
	mm->compact.proactiveness = 30; /* low: 70 */
	EXPECT_EQ(compact_linux(&cc), COMPACT_SUCCESS);
	EXPECT_LE(fragmentation_score_zone(l.zone), 70);
	EXPECT_EQ(layout_free_blocks(&l), 2); /* of 4 blocks' worth: 50 % */
	mm->compact.proactiveness = was;
	layout_end(t, &l);
}
