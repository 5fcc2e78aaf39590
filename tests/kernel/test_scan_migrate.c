// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_scan_migrate.c - which block is entered, which pages leave
 *
 * The scanner is called by hand, and what it isolated is put back: nothing
 * moves.
 */
#include <kernel/string.h>
#include <mm/lru.h>
#include <mm/node_stat.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>

#include "../../mm/scanners.h"
#include "compact_fixture.h"

#define BLOCKS 8

struct scan {
	struct compact_control cc;
	struct scanners s;
};

/* As compact_linux() would begin, at the ends of the zone. */
static void scan_begin(struct scan *scan, struct layout *l, s32 order,
		       enum migrate_mode mode)
{
	scan->cc = layout_request(l, order, mode);
	scan->cc.private = &scan->s;
	scanners_init(&scan->s);
	scan->s.search_order = order;
	scan->s.migrate_pfn = l->zone->zone_start_pfn;
	scan->s.free_pfn = zone_end_pfn(l->zone) - pageblock_nr_pages;
}

static u64 place_of(const struct scan *scan, pfn_t pfn)
{
	return pfn - scan->cc.zone->zone_start_pfn;
}

/* Places of the first and the last that was isolated; how many. */
static u32 isolated(const struct scan *scan, u64 *first, u64 *last)
{
	struct page *page;
	u32 nr = 0;

	list_for_each_entry(page, &scan->s.migratepages, lru) {
		u64 place = place_of(scan, page_to_pfn(page));

		if (!nr++)
			*first = place;
		*last = place;
	}
	return nr;
}

static void scan_end(struct scan *scan)
{
	putback_lru_pages(&scan->s.migratepages);
	scan->s.nr_migratepages = 0;
}

static bool even_places(u64 place)
{
	return place % 2 == 0;
}

TEST(scan_migrate, a_cluster_is_32_pages_and_a_rescan_takes_all)
{
	struct scan scan;
	struct layout l;
	u64 first = 0, last = 0;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, even_places));
	scan_begin(&scan, &l, 9, MIGRATE_SYNC_LIGHT);
	EXPECT_EQ(isolate_migratepages(&scan.cc), ISOLATE_SUCCESS);
	EXPECT_EQ(isolated(&scan, &first, &last), COMPACT_CLUSTER_MAX);
	EXPECT_EQ(first, 0);
	EXPECT_EQ(last, 62);
	EXPECT_EQ(place_of(&scan, scan.s.migrate_pfn), 63);
	EXPECT_TRUE(zone_block(l.zone, 0)->bits & BLOCK_SKIP);
	scan_end(&scan);
	scan.s.finish_pageblock = true;
	EXPECT_EQ(isolate_migratepages(&scan.cc), ISOLATE_SUCCESS);
	EXPECT_EQ(isolated(&scan, &first, &last), 256 - COMPACT_CLUSTER_MAX);
	EXPECT_EQ(place_of(&scan, scan.s.migrate_pfn), pageblock_nr_pages);
	EXPECT_EQ(place_of(&scan, l.zone->compact.cached_migrate_pfn[1]),
		  pageblock_nr_pages);
	scan_end(&scan);
	layout_end(t, &l);
}

TEST(scan_migrate, skipped_blocks_are_left_unless_told_otherwise)
{
	struct scan scan;
	struct layout l;
	u64 first = 0, last = 0;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, even_places));
	zone_block(l.zone, 0)->bits |= BLOCK_SKIP;
	zone_block(l.zone, 1)->bits |= BLOCK_SKIP;
	scan_begin(&scan, &l, 9, MIGRATE_SYNC_LIGHT);
	isolate_migratepages(&scan.cc);
	isolated(&scan, &first, &last);
	EXPECT_EQ(first, 2 * pageblock_nr_pages);
	scan_end(&scan);
	scan_begin(&scan, &l, 9, MIGRATE_SYNC_LIGHT);
	scan.cc.ignore_skip_hint = true;
	isolate_migratepages(&scan.cc);
	isolated(&scan, &first, &last);
	EXPECT_EQ(first, 0);
	scan_end(&scan);
	layout_end(t, &l);
}

/* Areas of 16: one page of the first can't be taken, so none of it is. */
TEST(scan_migrate, async_requests_take_an_area_whole_or_not)
{
	struct scan scan;
	struct layout l;
	u64 first = 0, last = 0;

	WITH_LAYOUT(&l, BLOCKS);
	layout_kernel_page(&l, 9);
	ASSERT_TRUE(layout_fill(&l, even_places));
	scan_begin(&scan, &l, 4, MIGRATE_ASYNC);
	EXPECT_EQ(isolate_migratepages(&scan.cc), ISOLATE_SUCCESS);
	EXPECT_EQ(isolated(&scan, &first, &last), 8);
	EXPECT_EQ(first, 16);
	EXPECT_EQ(last, 30);
	EXPECT_EQ(place_of(&scan, scan.s.migrate_pfn), 32);
	scan_end(&scan);
	/* Who has more patience takes what there is. */
	scan_begin(&scan, &l, 4, MIGRATE_SYNC_LIGHT);
	scan.cc.ignore_skip_hint = true;
	isolate_migratepages(&scan.cc);
	EXPECT_EQ(isolated(&scan, &first, &last), COMPACT_CLUSTER_MAX);
	EXPECT_EQ(first, 0);
	scan_end(&scan);
	layout_end(t, &l);
}

TEST(scan_migrate, async_requests_keep_to_blocks_of_their_type)
{
	struct scan scan;
	struct layout l;
	u64 first = 0, last = 0;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, even_places));
	LOCKED(l.zone, freelist_retype(l.zone, zone_block(l.zone, 0),
				       MIGRATE_UNMOVABLE));
	scan_begin(&scan, &l, 9, MIGRATE_ASYNC);
	isolate_migratepages(&scan.cc);
	isolated(&scan, &first, &last);
	EXPECT_EQ(first, pageblock_nr_pages);
	EXPECT_EQ(place_of(&scan, l.zone->compact.cached_migrate_pfn[0]),
		  pageblock_nr_pages);
	scan_end(&scan);
	scan_begin(&scan, &l, 9, MIGRATE_SYNC_LIGHT);
	isolate_migratepages(&scan.cc);
	isolated(&scan, &first, &last);
	EXPECT_EQ(first, 0);
	scan_end(&scan);
	LOCKED(l.zone,
	       freelist_retype(l.zone, zone_block(l.zone, 0), MIGRATE_MOVABLE));
	layout_end(t, &l);
}

/* --- the fast search --- */

/* Blocks 2 and 6 have half a block free in one piece. */
static bool even_but_two_halves(u64 place)
{
	u64 block = place / pageblock_nr_pages;

	if ((block == 2 || block == 6) &&
	    place % pageblock_nr_pages < pageblock_nr_pages / 2)
		return false;
	return place % 2 == 0;
}

TEST(scan_migrate, the_fast_search_begins_where_much_is_free)
{
	struct scan scan;
	struct layout l;
	u64 first = 0, last = 0;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, even_but_two_halves));
	scan_begin(&scan, &l, 9, MIGRATE_ASYNC);
	isolate_migratepages(&scan.cc);
	isolated(&scan, &first, &last);
	/* Block 6 lies too high: targets are there. */
	EXPECT_EQ(first, 2 * pageblock_nr_pages + pageblock_nr_pages / 2);
	EXPECT_EQ(place_of(&scan, scan.s.fast_start_pfn),
		  2 * pageblock_nr_pages);
	scan_end(&scan);
	/* Its bit is set now: nothing else is found, so block by block. */
	scan_begin(&scan, &l, 9, MIGRATE_ASYNC);
	isolate_migratepages(&scan.cc);
	isolated(&scan, &first, &last);
	EXPECT_EQ(first, 0);
	EXPECT_EQ(scan.s.fast_search_fail, 1);
	scan_end(&scan);
	layout_end(t, &l);
}

TEST(scan_migrate, small_orders_and_other_types_go_block_by_block)
{
	struct scan scan;
	struct layout l;
	u64 first = 1, last = 0;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, even_but_two_halves));
	scan_begin(&scan, &l, 3, MIGRATE_SYNC_LIGHT);
	isolate_migratepages(&scan.cc);
	isolated(&scan, &first, &last);
	EXPECT_EQ(first, 0);
	scan_end(&scan);
	zone_block(l.zone, 0)->bits &= (u8)~BLOCK_SKIP;
	scan_begin(&scan, &l, 9, MIGRATE_SYNC_LIGHT);
	scan.cc.type = MIGRATE_UNMOVABLE;
	isolate_migratepages(&scan.cc);
	isolated(&scan, &first, &last);
	EXPECT_EQ(first, 0);
	scan_end(&scan);
	layout_end(t, &l);
}

/* --- pages that stay --- */

static bool first_two(u64 place)
{
	return place < 2;
}

/* How many of two pages are taken when the first is so. */
static u32 taken(struct layout *l, enum migrate_mode mode, gfp_t gfp)
{
	struct scan scan;
	u64 first = 0, last = 0;
	u32 nr;

	scan_begin(&scan, l, -1, mode);
	scan.cc.gfp = gfp;
	scan.cc.ignore_skip_hint = true;
	isolate_migratepages(&scan.cc);
	nr = isolated(&scan, &first, &last);
	scan_end(&scan);
	return nr;
}

TEST(scan_migrate, what_is_held_or_in_work_stays)
{
	bool *unevictable = &kernel_mm()->compact.unevictable_allowed;
	bool was = *unevictable;
	struct page *page;
	struct layout l;
	void *mapping;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, first_two));
	page = zone_page(l.zone, 0);
	EXPECT_EQ(taken(&l, MIGRATE_SYNC, GFP_KERNEL), 2);
	pin_page(page);
	EXPECT_EQ(taken(&l, MIGRATE_SYNC, GFP_KERNEL), 1);
	unpin_page(page);
	/* A truncated page, in the hands of whoever found it. */
	mapping = page->mapping;
	page->mapping = NULL;
	EXPECT_EQ(taken(&l, MIGRATE_SYNC, GFP_KERNEL), 2);
	get_page(page);
	EXPECT_EQ(taken(&l, MIGRATE_SYNC, GFP_KERNEL), 1);
	put_page(page);
	page->mapping = mapping;
	/* Being written out: a run that waits for nothing leaves it. */
	page_flag_set(page, PG_writeback);
	EXPECT_EQ(taken(&l, MIGRATE_ASYNC, GFP_KERNEL), 1);
	EXPECT_EQ(taken(&l, MIGRATE_SYNC, GFP_KERNEL), 2);
	page_flag_clear(page, PG_writeback);
	page_flag_set(page, PG_dirty);
	EXPECT_EQ(taken(&l, MIGRATE_ASYNC, GFP_KERNEL), 2);
	EXPECT_TRUE(trylock_page(page));
	EXPECT_EQ(taken(&l, MIGRATE_ASYNC, GFP_KERNEL), 1);
	unlock_page(page);
	page_flag_clear(page, PG_dirty);
	mlock_page(page);
	EXPECT_EQ(taken(&l, MIGRATE_SYNC, GFP_KERNEL), 2);
	*unevictable = false;
	EXPECT_EQ(taken(&l, MIGRATE_SYNC, GFP_KERNEL), 1);
	*unevictable = was;
	munlock_page(page);
	layout_end(t, &l);
}

/* While others have isolated half of what there is, nobody takes more. */
TEST(scan_migrate, too_many_isolated_pages_stop_it)
{
	struct scan scan;
	struct layout l;
	s64 all;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, even_places));
	all = 0;
	for (u32 list = 0; list < NR_LRU_LISTS; list++)
		all += (s64)lruvec_size(l.zone->lruvec, (enum lru_list)list);
	scan_begin(&scan, &l, 9, MIGRATE_ASYNC);
	EXPECT_FALSE(too_many_isolated(&scan.cc));
	mod_node_page_state(l.zone->nid, NR_ISOLATED_ANON, all / 8);
	EXPECT_TRUE(too_many_isolated(&scan.cc));
	EXPECT_EQ(isolate_migratepages(&scan.cc), ISOLATE_ABORT);
	/* Who may not enter file systems is let through. */
	scan.cc.gfp = __GFP_IO;
	EXPECT_FALSE(too_many_isolated(&scan.cc));
	mod_node_page_state(l.zone->nid, NR_ISOLATED_ANON, -all / 8);
	scan_end(&scan);
	layout_end(t, &l);
}
