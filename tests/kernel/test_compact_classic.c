// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_compact_classic.c - the scanners of 2010
 *
 * Layouts as in test_compact_linux.c.
 */
#include <kernel/thread.h>
#include <mm/page_alloc.h>
#include <mm/pcp.h>
#include <arch/user.h>

#include "compact_fixture.h"

#define BLOCKS 8

static bool even_places(u64 place)
{
	return place % 2 == 0;
}

/* [M.M.M.M.] x 8, to [........] x 4 [MMMMMMMM] x 4, but for the middle. */
TEST(compact_classic, scanners_meet_and_nothing_is_lost)
{
	struct compact_control cc;
	struct layout l;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, even_places));
	cc = layout_request(&l, -1, MIGRATE_SYNC);
	EXPECT_EQ(compact_classic(&cc), COMPACT_COMPLETE);
	EXPECT_GE(layout_free_blocks(&l), BLOCKS / 2 - 1);
	EXPECT_EQ(l.zone->compact.now_source, 0);
	EXPECT_EQ(l.zone->compact.now_target, 0);
	layout_end(t, &l);
}

TEST(compact_classic, a_request_ends_when_a_chunk_is_free)
{
	struct compact_control cc;
	struct layout l;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, even_places));
	cc = layout_request(&l, 4, MIGRATE_ASYNC);
	EXPECT_EQ(compact_classic(&cc), COMPACT_SUCCESS);
	EXPECT_TRUE(cc.page == NULL); /* nothing was captured in 2010 */
	EXPECT_LT(cc.nr_migrated, 2 * pageblock_nr_pages);
	EXPECT_TRUE(freelist_find(l.zone, 4, MIGRATE_MOVABLE) != NULL);
	layout_end(t, &l);
}

/* It looks at every frame: odd places are as good as even ones. */
TEST(compact_classic, async_runs_find_every_free_frame)
{
	struct compact_control cc;
	struct layout l;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, even_places));
	cc = layout_request(&l, (s32)pageblock_order, MIGRATE_ASYNC);
	compact_classic(&cc);
	EXPECT_GT(layout_free_blocks(&l), 0);
	layout_end(t, &l);
}

/* No hints: the second run walks all of it again, in vain. */
TEST(compact_classic, each_run_begins_at_the_ends)
{
	struct compact_control first, second;
	struct layout l;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, even_places));
	first = second = layout_request(&l, -1, MIGRATE_SYNC);
	compact_classic(&first);
	compact_classic(&second);
	EXPECT_EQ(second.nr_migrated, 0);
	EXPECT_GT(second.migrate_scanned, 0);
	for (u64 i = 0; i < BLOCKS; i++)
		EXPECT_FALSE(zone_block(l.zone, i)->bits & BLOCK_SKIP);
	layout_end(t, &l);
}

TEST(compact_classic, a_fatal_signal_ends_a_run)
{
	struct compact_control cc;
	struct layout l;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, even_places));
	cc = layout_request(&l, -1, MIGRATE_SYNC);
	__atomic_or_fetch(&current->user_work, USER_WORK_SIGNAL,
			  __ATOMIC_RELAXED);
	EXPECT_EQ(compact_classic(&cc), COMPACT_CONTENDED);
	__atomic_and_fetch(&current->user_work, ~USER_WORK_SIGNAL,
			   __ATOMIC_RELAXED);
	EXPECT_EQ(cc.nr_migrated, 0);
	layout_end(t, &l);
}
