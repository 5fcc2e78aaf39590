// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_compact_direct.c - a request's walk over the zones
 *
 * A strategy of the test notes how it is called, and says what it is told.
 */
#include <kernel/main.h>
#include <kernel/string.h>
#include <kernel/test.h>
#include <kernel/thread.h>
#include <mm/compact.h>
#include <mm/mm_state.h>

#include "../../mm/alloc_internal.h"

#define ORDER 5

static struct {
	enum compact_result result;
	bool hands_over;
	u32 nr_calls;
	struct compact_control cc; /* of the last call */
	bool memalloc;
} fake;

static enum compact_result fake_compact(struct compact_control *cc)
{
	fake.nr_calls++;
	fake.memalloc = current->memalloc;
	if (fake.hands_over)
		cc->page = rmqueue(cc->zone, (u32)cc->order, cc->type, 0);
	fake.cc = *cc;
	return fake.result;
}

static const struct compact_strategy fake_strategy = { "fake",
						       "says what it is told",
						       fake_compact, NULL };

static struct alloc_context ac;
static const struct compact_strategy *strategy;
static enum compact_result result;

static void forget_failures(void)
{
	struct zone *zone;

	for_each_populated_zone(kernel_mm(), zone) {
		zone->compact.order_failed = MAX_ORDER + 1;
		zone->compact.defer_shift = zone->compact.considered = 0;
	}
}

static void begin(void)
{
	struct mm_state *mm = kernel_mm();

	memset(&fake, 0, sizeof(fake));
	strategy = mm->compact.strategy;
	mm->compact.strategy = &fake_strategy;
	forget_failures();
	ac = (struct alloc_context){
		.mm = mm,
		.gfp = GFP_KERNEL,
		.order = ORDER,
		.highest_zone = gfp_zone(GFP_KERNEL),
		.type = MIGRATE_UNMOVABLE,
		.zonelist = &mm->zonelists[0][ZONELIST_FALLBACK],
	};
}

static void end(void)
{
	kernel_mm()->compact.strategy = strategy;
	forget_failures();
}

static u32 nr_zones(void)
{
	u32 nr = 0;

	for (u32 i = 0; i < ac.zonelist->nr; i++) {
		struct zone *zone =
			zone_by_index(ac.mm, ac.zonelist->zone_index[i]);

		nr += zone->type <= ac.highest_zone && zone->fl;
	}
	return nr;
}

/* How many zones were compacted. */
static u32 calls(enum compact_priority prio, enum compact_result says)
{
	fake.nr_calls = 0;
	fake.result = says;
	if (try_to_compact_pages(&ac, ALLOC_WMARK_MIN, prio, &result))
		return UINT32_MAX;
	return fake.nr_calls;
}

TEST(compact_direct, priorities_try_harder)
{
	begin();
	calls(COMPACT_PRIO_ASYNC, COMPACT_SKIPPED);
	EXPECT_EQ(fake.cc.mode, MIGRATE_ASYNC);
	EXPECT_FALSE(fake.cc.whole_zone || fake.cc.ignore_skip_hint ||
		     fake.cc.ignore_block_suitable);
	calls(COMPACT_PRIO_SYNC_LIGHT, COMPACT_SKIPPED);
	EXPECT_EQ(fake.cc.mode, MIGRATE_SYNC_LIGHT);
	EXPECT_FALSE(fake.cc.whole_zone || fake.cc.ignore_skip_hint ||
		     fake.cc.ignore_block_suitable);
	calls(COMPACT_PRIO_SYNC_FULL, COMPACT_SKIPPED);
	EXPECT_EQ(fake.cc.mode, MIGRATE_SYNC_LIGHT);
	EXPECT_TRUE(fake.cc.whole_zone && fake.cc.ignore_skip_hint &&
		    fake.cc.ignore_block_suitable);
	EXPECT_TRUE(fake.cc.direct && fake.cc.want_page && fake.memalloc);
	EXPECT_FALSE(current->memalloc);
	EXPECT_EQ(fake.cc.order, ORDER);
	end();
}

TEST(compact_direct, all_zones_until_one_succeeds)
{
	begin();
	EXPECT_EQ(calls(COMPACT_PRIO_ASYNC, COMPACT_SKIPPED), nr_zones());
	EXPECT_EQ(result, COMPACT_SKIPPED);
	EXPECT_EQ(calls(COMPACT_PRIO_SYNC_LIGHT, COMPACT_SUCCESS), 1);
	EXPECT_EQ(result, COMPACT_SUCCESS);
	/* A chunk is free; the request hasn't got it yet. */
	EXPECT_EQ(fake.cc.zone->compact.order_failed, MAX_ORDER + 1);
	ac.gfp &= ~__GFP_IO;
	EXPECT_EQ(calls(COMPACT_PRIO_SYNC_FULL, COMPACT_SUCCESS), 0);
	EXPECT_EQ(result, COMPACT_SKIPPED);
	end();
}

TEST(compact_direct, who_failed_waiting_is_left_alone)
{
	begin();
	calls(COMPACT_PRIO_ASYNC, COMPACT_COMPLETE);
	EXPECT_EQ(fake.cc.zone->compact.defer_shift, 0);
	calls(COMPACT_PRIO_SYNC_LIGHT, COMPACT_NO_SUITABLE_PAGE);
	EXPECT_EQ(fake.cc.zone->compact.defer_shift, 0);
	EXPECT_EQ(calls(COMPACT_PRIO_SYNC_LIGHT, COMPACT_COMPLETE), nr_zones());
	EXPECT_EQ(fake.cc.zone->compact.defer_shift, 1);
	EXPECT_EQ(fake.cc.zone->compact.order_failed, ORDER);
	EXPECT_EQ(calls(COMPACT_PRIO_SYNC_LIGHT, COMPACT_COMPLETE), 0);
	EXPECT_EQ(result, COMPACT_DEFERRED);
	/* Who tries hardest doesn't ask. */
	EXPECT_EQ(calls(COMPACT_PRIO_SYNC_FULL, COMPACT_PARTIAL_SKIPPED),
		  nr_zones());
	EXPECT_EQ(fake.cc.zone->compact.defer_shift, 2);
	end();
}

TEST(compact_direct, a_page_that_is_handed_over_ends_the_pause)
{
	struct page *page;

	begin();
	calls(COMPACT_PRIO_SYNC_LIGHT, COMPACT_COMPLETE);
	fake.hands_over = true;
	fake.result = COMPACT_SUCCESS;
	page = try_to_compact_pages(&ac, ALLOC_WMARK_MIN,
				    COMPACT_PRIO_SYNC_FULL, &result);
	ASSERT_TRUE(page);
	EXPECT_EQ(page_order(page), ORDER);
	EXPECT_EQ(page->refcount, 1);
	EXPECT_EQ(result, COMPACT_SUCCESS);
	EXPECT_EQ(page_zone(page)->compact.defer_shift, 0);
	EXPECT_EQ(page_zone(page)->compact.order_failed, ORDER + 1);
	free_pages(page, ORDER);
	end();
}
