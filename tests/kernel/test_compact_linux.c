// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_compact_linux.c - two scanners meet, and what makes them stop
 *
 * Layouts of a private zone, drawn as a letter for some frames of each block:
 * M a page of a program, U one that can't move, . free.
 */
#include <kernel/point.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <mm/freelist.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>
#include <mm/pcp.h>
#include <arch/user.h>

#include "../../mm/scanners.h"
#include "compact_fixture.h"

#define BLOCKS 8

static bool even_places(u64 place)
{
	return place % 2 == 0;
}

static bool odd_places(u64 place)
{
	return place % 2 == 1;
}

/* --- the whole zone --- */

/*
 * [M.M.M.M.] x 8, to [........] x 3, one as it was, [MMMMMMMM] x 3: the block
 * behind the one that is being emptied is no target, so the middle stays.
 */
TEST(compact_linux, scanners_meet_and_nothing_is_lost)
{
	struct compact_control cc;
	struct layout l;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, even_places));
	cc = layout_request(&l, -1, MIGRATE_SYNC);
	cc.whole_zone = cc.ignore_skip_hint = true;
	EXPECT_EQ(compact_linux(&cc), COMPACT_COMPLETE);
	EXPECT_EQ(layout_free_blocks(&l), BLOCKS / 2 - 1);
	EXPECT_EQ(cc.nr_migrated, (BLOCKS / 2 - 1) * pageblock_nr_pages / 2 +
					  COMPACT_CLUSTER_MAX);
	EXPECT_EQ(cc.nr_migrated + cc.nr_failed,
		  BLOCKS / 2 * pageblock_nr_pages / 2);
	EXPECT_EQ(l.zone->compact.now_source, 0);
	EXPECT_EQ(l.zone->compact.now_target, 0);
	EXPECT_EQ(l.zone->compact.cached_migrate_pfn[1], l.zone->zone_start_pfn);
	layout_end(t, &l);
}

/* [U.M.M.M.] x 8: a block with one that can't move is never whole. */
static bool even_but_every_fourth_block(u64 place)
{
	return place % 2 == 0 && place % (4 * pageblock_nr_pages);
}

TEST(compact_linux, one_page_that_stays_spoils_its_block)
{
	struct compact_control cc;
	struct layout l;

	WITH_LAYOUT(&l, BLOCKS);
	for (u64 i = 0; i < BLOCKS; i += 4)
		layout_kernel_page(&l, i * pageblock_nr_pages);
	ASSERT_TRUE(layout_fill(&l, even_but_every_fourth_block));
	cc = layout_request(&l, -1, MIGRATE_SYNC);
	cc.whole_zone = cc.ignore_skip_hint = true;
	EXPECT_EQ(compact_linux(&cc), COMPACT_COMPLETE);
	EXPECT_EQ(layout_pages_in(&l, 0), 0); /* and yet it was emptied */
	EXPECT_EQ(layout_free_blocks(&l), BLOCKS / 2 - 2);
	layout_end(t, &l);
}

/* --- a request --- */

TEST(compact_linux, a_request_gets_the_chunk_that_was_captured)
{
	struct compact_control cc;
	struct layout l;
	u64 free;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, even_places));
	free = l.zone->nr_free_pages;
	cc = layout_request(&l, (s32)pageblock_order, MIGRATE_SYNC_LIGHT);
	cc.want_page = true;
	EXPECT_EQ(compact_linux(&cc), COMPACT_SUCCESS);
	ASSERT_TRUE(cc.page != NULL);
	EXPECT_TRUE(page_zone(cc.page) == l.zone);
	EXPECT_TRUE(IS_ALIGNED(page_to_pfn(cc.page), pageblock_nr_pages));
	EXPECT_TRUE(current->capture == NULL);
	drain_all_pages(kernel_mm(), l.zone);
	EXPECT_EQ(l.zone->nr_free_pages, free - pageblock_nr_pages);
	layout_give_back(&cc);
	layout_end(t, &l);
}

TEST(compact_linux, orders_below_a_block_are_made_too)
{
	struct layout l;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, even_places));
	for (s32 order = 1; order < (s32)pageblock_order; order++) {
		struct compact_control cc =
			layout_request(&l, order, MIGRATE_SYNC_LIGHT);

		cc.want_page = true;
		EXPECT_EQ(compact_linux(&cc), COMPACT_SUCCESS);
		if (cc.page)
			EXPECT_TRUE(
				IS_ALIGNED(page_to_pfn(cc.page), 1UL << order));
		layout_give_back(&cc);
	}
	layout_end(t, &l);
}

TEST(compact_linux, what_is_there_already_needs_no_run)
{
	struct compact_control cc;
	struct layout l;

	WITH_LAYOUT(&l, BLOCKS);
	cc = layout_request(&l, 4, MIGRATE_ASYNC);
	EXPECT_EQ(compact_linux(&cc), COMPACT_SUCCESS);
	EXPECT_EQ(cc.migrate_scanned, 0);
	layout_end(t, &l);
}

/* --- what ends a run --- */

/* [.M.M.M.M] x 8, to be stopped in its middle by a call-back. */
static enum compact_result stopped_run(struct test *t, enum migrate_mode mode,
				       void (*stop)(void *ctx,
						    const u64 *values, u32 nr),
				       struct compact_control *cc)
{
	enum compact_result ret;
	struct layout l;
	bool begun = layout_begin(&l, BLOCKS);

	if (!begun || !layout_fill(&l, odd_places))
		return NR_COMPACT_RESULTS;
	*cc = layout_request(&l, -1, mode);
	cc->whole_zone = cc->ignore_skip_hint = true;
	point_callback("mm_compaction_migratepages", stop, cc);
	ret = compact_linux(cc);
	point_disable("mm_compaction_migratepages");
	__atomic_and_fetch(&current->user_work, ~USER_WORK_SIGNAL,
			   __ATOMIC_RELAXED);
	layout_end(t, &l);
	return ret;
}

static void fatal_signal(void *ctx __unused, const u64 *values __unused,
			 u32 nr __unused)
{
	__atomic_or_fetch(&current->user_work, USER_WORK_SIGNAL,
			  __ATOMIC_RELAXED);
}

TEST(compact_linux, a_fatal_signal_ends_a_run)
{
	struct compact_control cc = { 0 };

	if (machine_is_small())
		SKIP("too little memory to borrow such a zone");
	EXPECT_EQ(stopped_run(t, MIGRATE_SYNC, fatal_signal, &cc),
		  COMPACT_CONTENDED);
	EXPECT_EQ(cc.nr_migrated, COMPACT_CLUSTER_MAX);
}

/* [M.M.M.M.M.M.M.M.][...U............] ...: eight frees, kept by a stack */
static bool first_area(u64 place)
{
	return place < 16 && place % 2 == 0;
}

/* After one cluster the run ends, but what it freed is looked at first. */
TEST(compact_linux, stacks_are_drained_behind_the_scanner)
{
	struct compact_control cc;
	struct layout l;

	WITH_LAYOUT(&l, BLOCKS);
	for (u64 i = 16; i < BLOCKS * pageblock_nr_pages; i += 16)
		layout_kernel_page(&l, i + 3);
	ASSERT_TRUE(layout_fill(&l, first_area));
	cc = layout_request(&l, 4, MIGRATE_SYNC_LIGHT);
	cc.want_page = true;
	point_callback("mm_compaction_migratepages", fatal_signal, NULL);
	EXPECT_EQ(compact_linux(&cc), COMPACT_SUCCESS);
	point_disable("mm_compaction_migratepages");
	__atomic_and_fetch(&current->user_work, ~USER_WORK_SIGNAL,
			   __ATOMIC_RELAXED);
	EXPECT_TRUE(cc.page == zone_page(l.zone, 0));
	EXPECT_EQ(cc.nr_migrated, 8);
	layout_give_back(&cc);
	layout_end(t, &l);
}

static void lock_was_contended(void *ctx, const u64 *values __unused,
			       u32 nr __unused)
{
	((struct compact_control *)ctx)->contended = true;
}

TEST(compact_linux, a_contended_lock_ends_a_run)
{
	struct compact_control cc = { 0 };

	if (machine_is_small())
		SKIP("too little memory to borrow such a zone");
	EXPECT_EQ(stopped_run(t, MIGRATE_ASYNC, lock_was_contended, &cc),
		  COMPACT_CONTENDED);
	EXPECT_LE(cc.nr_migrated, COMPACT_CLUSTER_MAX);
}

/* A request's run first finishes its block: what is begun is not given up. */
TEST(compact_linux, a_contended_lock_lets_a_block_be_finished)
{
	struct compact_control cc;
	struct layout l;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, odd_places));
	cc = layout_request(&l, (s32)pageblock_order, MIGRATE_ASYNC);
	point_callback("mm_compaction_migratepages", lock_was_contended, &cc);
	EXPECT_EQ(compact_linux(&cc), COMPACT_SUCCESS);
	point_disable("mm_compaction_migratepages");
	EXPECT_EQ(cc.nr_migrated, pageblock_nr_pages / 2);
	layout_end(t, &l);
}

static void want_this_cpu(void *ctx __unused, const u64 *values __unused,
			  u32 nr __unused)
{
	this_cpu_write(resched_wanted, 1);
}

/* Who waits for the CPU gets it from a run that only hopes. */
TEST(compact_linux, a_cpu_that_is_wanted_ends_an_async_run)
{
	struct compact_control cc = { 0 };
	enum compact_result ret = COMPACT_CONTINUE;

	if (machine_is_small())
		SKIP("too little memory to borrow such a zone");
	/* A timer's interrupt may give the CPU away before the run looks. */
	for (u32 i = 0; i < 8 && ret != COMPACT_CONTENDED; i++)
		ret = stopped_run(t, MIGRATE_ASYNC, want_this_cpu, &cc);
	EXPECT_EQ(ret, COMPACT_CONTENDED);
	EXPECT_EQ(stopped_run(t, MIGRATE_SYNC, want_this_cpu, &cc),
		  COMPACT_COMPLETE);
}

/*
 * Order 4 without capture: many chunks of it are there long before the block is
 * empty, but the run ends only with the block.
 */
TEST(compact_linux, a_block_that_was_begun_is_finished)
{
	struct compact_control cc;
	struct layout l;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, even_places));
	cc = layout_request(&l, 4, MIGRATE_SYNC_LIGHT);
	EXPECT_EQ(compact_linux(&cc), COMPACT_SUCCESS);
	EXPECT_EQ(cc.nr_migrated, pageblock_nr_pages / 2);
	EXPECT_EQ(layout_pages_in(&l, 0), 0);
	layout_end(t, &l);
}

/* The next run goes on behind what this one found to be hopeless. */
static bool from_block_2(u64 place)
{
	return place >= 2 * pageblock_nr_pages && place % 2 == 0;
}

TEST(compact_linux, runs_go_on_where_the_last_one_ended)
{
	struct compact_control cc;
	struct layout l;

	WITH_LAYOUT(&l, 2 * BLOCKS);
	for (u64 i = 0; i < 2 * pageblock_nr_pages; i += 2)
		layout_kernel_page(&l, i);
	ASSERT_TRUE(layout_fill(&l, from_block_2));
	cc = layout_request(&l, (s32)pageblock_order, MIGRATE_SYNC_LIGHT);
	cc.want_page = true;
	EXPECT_EQ(compact_linux(&cc), COMPACT_SUCCESS);
	EXPECT_EQ(l.zone->compact.cached_migrate_pfn[1],
		  l.zone->zone_start_pfn + 3 * pageblock_nr_pages);
	EXPECT_TRUE(zone_block(l.zone, 0)->bits & BLOCK_SKIP);
	EXPECT_TRUE(zone_block(l.zone, 1)->bits & BLOCK_SKIP);
	EXPECT_LT(l.zone->compact.cached_free_pfn, zone_end_pfn(l.zone));
	layout_give_back(&cc);
	layout_end(t, &l);
}

/* [MMMM....] in blocks 1 and 7: 256 frames are taken for 32 pages. */
static bool all_but_two_halves(u64 place)
{
	u64 block = place / pageblock_nr_pages;

	return (block != 1 && block != 7) ||
	       place % pageblock_nr_pages < pageblock_nr_pages / 2;
}

static void move_on_and_stop(void *ctx, const u64 *values, u32 nr)
{
	struct compact_control *cc = ctx;

	cc->zone->compact.cached_free_pfn = cc->zone->zone_start_pfn;
	fatal_signal(ctx, values, nr);
}

TEST(compact_linux, what_was_not_needed_is_where_the_next_run_begins)
{
	struct compact_control cc;
	struct layout l;
	u64 free;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, all_but_two_halves));
	free = l.zone->nr_free_pages;
	cc = layout_request(&l, -1, MIGRATE_SYNC);
	cc.whole_zone = cc.ignore_skip_hint = true;
	point_callback("mm_compaction_migratepages", move_on_and_stop, &cc);
	EXPECT_EQ(compact_linux(&cc), COMPACT_CONTENDED);
	point_disable("mm_compaction_migratepages");
	__atomic_and_fetch(&current->user_work, ~USER_WORK_SIGNAL,
			   __ATOMIC_RELAXED);
	EXPECT_EQ(cc.nr_migrated, COMPACT_CLUSTER_MAX);
	EXPECT_EQ(l.zone->compact.cached_free_pfn,
		  l.zone->zone_start_pfn + 7 * pageblock_nr_pages);
	drain_all_pages(kernel_mm(), l.zone);
	EXPECT_EQ(l.zone->nr_free_pages, free);
	layout_end(t, &l);
}

/* --- as on Linux --- */

/* How many order-9 chunks requests get, one after the other. */
static u64 obtained(struct layout *l, enum migrate_mode mode)
{
	struct page *pages[2 * BLOCKS];
	u64 nr = 0;

	for (; nr < ARRAY_SIZE(pages); nr++) {
		struct compact_control cc =
			layout_request(l, (s32)pageblock_order, mode);

		cc.want_page = true;
		compact_linux(&cc);
		if (!cc.page)
			break;
		pages[nr] = cc.page;
	}
	for (u64 i = 0; i < nr; i++)
		free_one_page(l->zone, pages[i], pageblock_order);
	return nr;
}

/* Linux's weakness: frames at odd places are not seen in steps of 32. */
TEST(compact_linux, async_runs_see_no_free_frames_at_odd_places)
{
	struct layout l;
	u64 odd, even, sync;

	WITH_LAYOUT(&l, 2 * BLOCKS);
	ASSERT_TRUE(layout_fill(&l, even_places)); /* free ones are odd */
	odd = obtained(&l, MIGRATE_ASYNC);
	sync = obtained(&l, MIGRATE_SYNC_LIGHT);
	layout_end(t, &l);
	WITH_LAYOUT(&l, 2 * BLOCKS);
	ASSERT_TRUE(layout_fill(&l, odd_places));
	even = obtained(&l, MIGRATE_ASYNC);
	layout_end(t, &l);
	test_note(t,
		  "of %u chunks: ASYNC %lu, with free frames at even places %lu, then SYNC_LIGHT %lu",
		  BLOCKS, odd, even, sync);
	EXPECT_LE(odd, 1);
	EXPECT_GT(even, odd);
	EXPECT_GT(sync, odd);
}
