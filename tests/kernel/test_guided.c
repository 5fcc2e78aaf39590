// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_guided.c - one block is emptied, the right one, at its price
 *
 * A space maps PAGES pages and gives some back, so that its blocks are in use in
 * part. Then a run of compaction is asked for by hand, which is done though
 * there may be free blocks elsewhere. Contents are stamped by address.
 */
#include <kernel/main.h>
#include <kernel/point.h>
#include <mm/freelist.h>
#include <mm/isolate.h>
#include <mm/lru.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>
#include <mm/pcp.h>
#include <mm/vmstat.h>
#include <mm/zone_check.h>

#include "migrate_fixture.h"
#include "vma_fixture.h"

#define PAGES 2048UL

static u64 stamp(vaddr_t addr)
{
	return addr * 0x9e3779b97f4a7c15UL;
}

/* Some room that is in use for every `every`th page only. */
static vaddr_t map_sparsely(struct mm_struct *mm, u64 every)
{
	vaddr_t a = space_map(mm, PAGES);

	for (u64 i = 0; i < PAGES; i++)
		mm_write(mm, a + i * PAGE_SIZE, stamp(a + i * PAGE_SIZE));
	for (u64 i = 0; i < PAGES; i++)
		if (i % every)
			do_madvise(mm, a + i * PAGE_SIZE, PAGE_SIZE,
				   MADV_DONTNEED);
	lru_add_drain_all();
	drain_all_pages(kernel_mm(), NULL);
	return a;
}

static u64 wrong_words(struct mm_struct *mm, vaddr_t a, u64 every)
{
	u64 wrong = 0;

	for (u64 i = 0; i < PAGES; i += every) {
		vaddr_t addr = a + i * PAGE_SIZE;

		wrong += *(u64 *)space_touch(mm, addr, false) != stamp(addr);
	}
	return wrong;
}

static struct compact_control request(struct zone *zone, s32 order)
{
	return (struct compact_control){ .zone = zone,
					 .order = order,
					 .type = MIGRATE_MOVABLE,
					 .gfp = GFP_HIGHUSER_MOVABLE,
					 .highest_zone = zone->type,
					 .mode = MIGRATE_ASYNC,
					 .direct = true,
					 .ignore_skip_hint = true,
					 .want_page = true };
}

static void give_back(struct compact_control *cc)
{
	if (cc->page)
		free_one_page(cc->zone, cc->page, (u32)cc->order);
	cc->page = NULL;
}

static int all_checks(struct zone *zone)
{
	return zone_check_all(kernel_mm(), zone) + migrate_check();
}

/* The least that any block in use could be emptied for. */
static u32 least_cost(struct zone *zone)
{
	u32 least = ~0u;

	for (u64 i = 0; i < zone->fl->nr_blocks; i++) {
		struct pageblock *b = &zone->fl->blocks[i];

		if (freelist_has_block(zone, (zone->fl->first_block + i)
						     << pageblock_order) &&
		    block_is_movable(b) && block_cost(b))
			least = min(least, block_cost(b));
	}
	return least;
}

TEST(guided, a_block_is_emptied_for_the_least_and_handed_over)
{
	struct mm_struct *mm = mm_begin();
	struct compact_control cc;
	struct zone *zone;
	vaddr_t a;
	u32 least;

	ASSERT_TRUE(mm != NULL);
	a = map_sparsely(mm, 4);
	zone = page_zone(space_page(mm, a));
	least = least_cost(zone);
	cc = request(zone, (s32)pageblock_order);
	EXPECT_EQ(compact_zone(&cc), COMPACT_SUCCESS);
	EXPECT_TRUE(cc.page != NULL);
	EXPECT_EQ(cc.nr_migrated, least);
	EXPECT_EQ(cc.nr_failed, 0);
	EXPECT_TRUE(IS_ALIGNED(page_to_pfn(cc.page), pageblock_nr_pages));
	EXPECT_EQ(wrong_words(mm, a, 4), 0);
	give_back(&cc);
	EXPECT_EQ(all_checks(zone), 0);
	mm_end(t, mm);
}

static void one_order(struct test *t, s32 order)
{
	struct mm_struct *mm = mm_begin();
	struct compact_control cc;
	struct zone *zone;
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	a = map_sparsely(mm, 2);
	zone = page_zone(space_page(mm, a));
	cc = request(zone, order);
	if (zone->nr_free_pages <
	    zone->watermark[WMARK_MIN] + (1UL << (order + 1))) {
		mm_end(t, mm);
		return; /* a small machine: there is nothing to compact for */
	}
	EXPECT_EQ(compact_zone(&cc), COMPACT_SUCCESS);
	EXPECT_TRUE(cc.page != NULL);
	EXPECT_TRUE(cc.page && IS_ALIGNED(page_to_pfn(cc.page), 1UL << order));
	EXPECT_TRUE(cc.nr_migrated <= 1UL << order);
	EXPECT_EQ(wrong_words(mm, a, 2), 0);
	give_back(&cc);
	EXPECT_EQ(all_checks(zone), 0);
	mm_end(t, mm);
}

TEST(guided, every_order_can_be_had)
{
	for (s32 order = 1; order <= MAX_ORDER; order++)
		one_order(t, order);
}

TEST(guided, a_pinned_page_spares_its_block)
{
	struct mm_struct *mm = mm_begin();
	struct page *pinned[PAGES / 128];
	struct compact_control cc;
	struct zone *zone;
	u32 nr = 0;
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	a = map_sparsely(mm, 4);
	zone = page_zone(space_page(mm, a));
	for (u64 i = 0; i < PAGES; i += 128) {
		pinned[nr] = space_page(mm, a + i * PAGE_SIZE);
		pin_page(pinned[nr++]);
	}
	cc = request(zone, (s32)pageblock_order);
	compact_zone(&cc);
	for (u32 i = 0; i < nr; i++)
		EXPECT_TRUE(!cc.page || page_to_pfn(pinned[i]) >> pageblock_order !=
					page_to_pfn(cc.page) >> pageblock_order);
	EXPECT_EQ(cc.nr_failed, 0);
	EXPECT_EQ(wrong_words(mm, a, 4), 0);
	give_back(&cc);
	for (u32 i = 0; i < nr; i++)
		unpin_page(pinned[i]);
	EXPECT_EQ(all_checks(zone), 0);
	mm_end(t, mm);
}

TEST(guided, all_of_a_zone_is_compacted_without_moving_a_page_twice)
{
	struct mm_struct *mm = mm_begin();
	struct compact_control cc;
	struct zone *zone;
	bool possible;
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	a = map_sparsely(mm, 4);
	zone = page_zone(space_page(mm, a));
	possible = zone->nr_free_pages - zone_nr_free_blocks(zone) >=
			   pageblock_nr_pages &&
		   least_cost(zone) <= pageblock_nr_pages;
	cc = request(zone, -1);
	cc.want_page = false;
	cc.mode = MIGRATE_SYNC;
	EXPECT_EQ(compact_zone(&cc), COMPACT_COMPLETE);
	EXPECT_EQ(cc.nr_migrated > 0, possible);
	EXPECT_EQ(wrong_words(mm, a, 4), 0);
	/* What is left in pieces makes no block, or nothing can be emptied. */
	cc = request(zone, -1);
	cc.want_page = false;
	cc.mode = MIGRATE_SYNC;
	compact_zone(&cc);
	EXPECT_EQ(cc.nr_migrated, 0);
	EXPECT_EQ(all_checks(zone), 0);
	mm_end(t, mm);
}

TEST(guided, without_room_it_says_so_and_moves_nothing)
{
	struct mm_struct *mm = mm_begin();
	struct compact_control cc;
	u64 mark;
	struct zone *zone;
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	a = map_sparsely(mm, 4);
	zone = page_zone(space_page(mm, a));
	cc = request(zone, (s32)pageblock_order);
	mark = zone->watermark[WMARK_MIN];
	zone->watermark[WMARK_MIN] = zone->managed_pages;
	EXPECT_EQ(compact_zone(&cc), COMPACT_SKIPPED);
	zone->watermark[WMARK_MIN] = mark;
	EXPECT_EQ(cc.nr_migrated, 0);
	EXPECT_TRUE(cc.page == NULL);
	mm_end(t, mm);
}
