// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_scan_free.c - where pages go: chunks taken, split, given back
 *
 * The callbacks of migrate_pages() are called by hand.
 */
#include <kernel/point.h>
#include <kernel/string.h>
#include <mm/page_alloc.h>

#include "../../mm/scanners.h"
#include "compact_fixture.h"

#define BLOCKS 8

struct scan {
	struct compact_control cc;
	struct scanners s;
};

/* Some pages wait for a frame; the fast search is for orders of requests. */
static void scan_begin(struct scan *scan, struct layout *l, s32 order,
		       enum migrate_mode mode, u32 nr)
{
	scan->cc = layout_request(l, order, mode);
	scan->cc.private = &scan->s;
	scanners_init(&scan->s);
	scan->s.search_order = order;
	scan->s.migrate_pfn = l->zone->zone_start_pfn;
	scan->s.free_pfn = zone_end_pfn(l->zone) - pageblock_nr_pages;
	scan->s.nr_migratepages = nr;
}

static u64 place_of(const struct scan *scan, const struct page *page)
{
	return page_to_pfn(page) - scan->cc.zone->zone_start_pfn;
}

static u64 block_of(const struct scan *scan, const struct page *page)
{
	return place_of(scan, page) / pageblock_nr_pages;
}

static struct page *next(struct scan *scan)
{
	return compaction_alloc(NULL, &scan->cc);
}

static u32 nr_on(const struct scan *scan, u32 order)
{
	struct page *page;
	u32 nr = 0;

	list_for_each_entry(page, &scan->s.freepages[order], lru)
		nr++;
	return nr;
}

/* [MMMM....] in blocks 1 and 7, each a chunk of order 8; the others are full */
static bool all_but_two_halves(u64 place)
{
	u64 block = place / pageblock_nr_pages;

	return (block != 1 && block != 7) ||
	       place % pageblock_nr_pages < pageblock_nr_pages / 2;
}

TEST(scan_free, a_chunk_is_split_when_a_page_needs_it)
{
	struct page *page;
	struct scan scan;
	struct layout l;
	u64 free;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, all_but_two_halves));
	free = l.zone->nr_free_pages;
	scan_begin(&scan, &l, -1, MIGRATE_SYNC, 1);
	page = next(&scan);
	ASSERT_TRUE(page != NULL);
	EXPECT_EQ(place_of(&scan, page), 7 * pageblock_nr_pages + 256);
	EXPECT_EQ(page_kind(page), PAGE_KERNEL);
	EXPECT_EQ(page->refcount, 1);
	EXPECT_EQ(page_charge(page), MIGRATE_MOVABLE);
	EXPECT_EQ(scan.s.nr_freepages, 255);
	EXPECT_EQ(scan.s.nr_migratepages, 0);
	for (u32 order = 0; order < 8; order++)
		EXPECT_EQ(nr_on(&scan, order), 1);
	EXPECT_EQ(l.zone->nr_free_pages, free - 256);
	/* It wasn't needed: the others are as they were, and it is first. */
	compaction_free(page, &scan.cc);
	EXPECT_EQ(page_kind(page), PAGE_NONE);
	EXPECT_EQ(scan.s.nr_freepages, 256);
	EXPECT_EQ(scan.s.nr_migratepages, 1);
	EXPECT_TRUE(compaction_take(&scan.cc) == page);
	compaction_free(page, &scan.cc);
	EXPECT_EQ(release_freepages(&scan.cc),
		  l.zone->zone_start_pfn + 7 * pageblock_nr_pages + 384);
	EXPECT_EQ(l.zone->nr_free_pages, free);
	EXPECT_EQ(zone_block(l.zone, 7)->largest, 8);
	layout_end(t, &l);
}

/* --- steps of 32 --- */

static bool all_but_odd_of_block_6(u64 place)
{
	return place / pageblock_nr_pages != 6 || place % 2 == 0;
}

static bool all_but_odd_of_block_7(u64 place)
{
	return place / pageblock_nr_pages != 7 || place % 2 == 0;
}

TEST(scan_free, async_steps_see_no_odd_places)
{
	struct scan scan;
	struct page *page;
	struct layout l;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, all_but_odd_of_block_7));
	scan_begin(&scan, &l, -1, MIGRATE_ASYNC, 1);
	EXPECT_TRUE(next(&scan) == NULL);
	EXPECT_EQ(scan.cc.free_scanned, 7 * 16); /* blocks 7 to 1 */
	EXPECT_TRUE(compact_scanners_met(&scan.s));
	EXPECT_TRUE(zone_block(l.zone, 7)->bits & BLOCK_SKIP);
	scan_begin(&scan, &l, -1, MIGRATE_SYNC_LIGHT, 1);
	scan.cc.ignore_skip_hint = true;
	page = next(&scan);
	ASSERT_TRUE(page != NULL);
	EXPECT_EQ(place_of(&scan, page), 7 * pageblock_nr_pages + 1);
	compaction_free(page, &scan.cc);
	release_freepages(&scan.cc);
	layout_end(t, &l);
}

/* In every mode: steps double from one fruitless block to the next. */
TEST(scan_free, full_blocks_make_longer_steps)
{
	struct scan scan;
	struct layout l;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, all_but_odd_of_block_6));
	scan_begin(&scan, &l, -1, MIGRATE_SYNC, 1);
	EXPECT_TRUE(next(&scan) == NULL);
	EXPECT_EQ(scan.cc.free_scanned, 512 + 256 + 128 + 64 + 32 + 16 + 16);
	layout_end(t, &l);
}

/* One at the start of block 7, then odd ones in block 6. */
static bool a_hit_before_odd_ones(u64 place)
{
	return all_but_odd_of_block_6(place) && place != 7 * pageblock_nr_pages;
}

TEST(scan_free, after_a_hit_every_frame_is_looked_at)
{
	struct scan scan;
	struct layout l;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, a_hit_before_odd_ones));
	scan_begin(&scan, &l, -1, MIGRATE_ASYNC, 8);
	compaction_free(next(&scan), &scan.cc);
	EXPECT_EQ(scan.s.nr_freepages, 8);
	EXPECT_EQ(scan.cc.free_scanned, 16 + 2 * 7);
	/* It stopped within the block, and goes on there. */
	EXPECT_EQ(scan.s.free_pfn,
		  l.zone->zone_start_pfn + 6 * pageblock_nr_pages + 2 * 7);
	release_freepages(&scan.cc);
	layout_end(t, &l);
}

/* What had to be waited for is no reason to go without: the block is finished. */
TEST(scan_free, a_contended_run_still_takes_what_it_needs)
{
	struct scan scan;
	struct page *page;
	struct layout l;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, all_but_odd_of_block_7));
	scan_begin(&scan, &l, -1, MIGRATE_SYNC_LIGHT, 1);
	scan.cc.contended = true;
	page = next(&scan);
	ASSERT_TRUE(page != NULL);
	compaction_free(page, &scan.cc);
	release_freepages(&scan.cc);
	layout_end(t, &l);
}

/* --- which block --- */

static bool even_places(u64 place)
{
	return place % 2 == 0;
}

TEST(scan_free, blocks_of_other_types_give_nothing_unless_told_otherwise)
{
	struct scan scan;
	struct page *page;
	struct layout l;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, even_places));
	LOCKED(l.zone, freelist_retype(l.zone, zone_block(l.zone, 7),
				       MIGRATE_UNMOVABLE));
	scan_begin(&scan, &l, -1, MIGRATE_SYNC, 1);
	page = next(&scan);
	EXPECT_EQ(block_of(&scan, page), 6);
	compaction_free(page, &scan.cc);
	release_freepages(&scan.cc);
	scan_begin(&scan, &l, -1, MIGRATE_SYNC, 1);
	scan.cc.ignore_block_suitable = true;
	page = next(&scan);
	EXPECT_EQ(block_of(&scan, page), 7);
	compaction_free(page, &scan.cc);
	release_freepages(&scan.cc);
	LOCKED(l.zone,
	       freelist_retype(l.zone, zone_block(l.zone, 7), MIGRATE_MOVABLE));
	layout_end(t, &l);
}

/* Fenced off by somebody else, even for who takes from every type. */
TEST(scan_free, fenced_blocks_give_nothing)
{
	struct scan scan;
	struct page *page;
	struct layout l;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, even_places));
	LOCKED(l.zone, freelist_isolate(l.zone, zone_block(l.zone, 7)));
	scan_begin(&scan, &l, -1, MIGRATE_SYNC, 1);
	scan.cc.ignore_block_suitable = true;
	page = next(&scan);
	EXPECT_EQ(block_of(&scan, page), 6);
	compaction_free(page, &scan.cc);
	release_freepages(&scan.cc);
	LOCKED(l.zone, freelist_unisolate(l.zone, zone_block(l.zone, 7),
					  MIGRATE_MOVABLE));
	layout_end(t, &l);
}

static bool even_but_block_7(u64 place)
{
	return even_places(place) && place < 7 * pageblock_nr_pages;
}

TEST(scan_free, a_free_block_is_kept)
{
	struct scan scan;
	struct page *page;
	struct layout l;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, even_but_block_7));
	scan_begin(&scan, &l, -1, MIGRATE_SYNC, 1);
	page = next(&scan);
	EXPECT_EQ(block_of(&scan, page), 6);
	compaction_free(page, &scan.cc);
	release_freepages(&scan.cc);
	layout_end(t, &l);
}

TEST(scan_free, the_watermark_ends_it)
{
	struct scan scan;
	struct layout l;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, even_places));
	l.zone->watermark[WMARK_MIN] = l.zone->nr_free_pages - 4;
	scan_begin(&scan, &l, -1, MIGRATE_SYNC, 32);
	compaction_free(next(&scan), &scan.cc);
	EXPECT_EQ(scan.s.nr_freepages, 3);
	release_freepages(&scan.cc);
	l.zone->watermark[WMARK_MIN] = 0;
	layout_end(t, &l);
}

/* --- the fast search --- */

/* Chunks of order 3 in blocks 1 and 7, single frames in all. */
static bool even_but_two_chunks(u64 place)
{
	u64 block = place / pageblock_nr_pages;

	if ((block == 1 || block == 7) && place % pageblock_nr_pages >= 64 &&
	    place % pageblock_nr_pages < 72)
		return false;
	return place % 2 == 0;
}

static void note_fast(void *ctx, const u64 *values, u32 nr __unused)
{
	*(u64 *)ctx += values[3];
}

TEST(scan_free, the_fast_search_takes_from_the_upper_quarter)
{
	u64 fast_taken = 0;
	struct scan scan;
	struct page *page;
	struct layout l;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, even_but_two_chunks));
	point_callback("mm_compaction_fast_isolate_freepages", note_fast,
		       &fast_taken);
	scan_begin(&scan, &l, 4, MIGRATE_ASYNC, 1);
	page = next(&scan);
	point_disable("mm_compaction_fast_isolate_freepages");
	ASSERT_TRUE(page != NULL);
	EXPECT_EQ(place_of(&scan, page), 7 * pageblock_nr_pages + 64);
	EXPECT_EQ(fast_taken, 8);
	EXPECT_EQ(scan.s.search_order, 3);
	EXPECT_EQ(scan.s.nr_freepages, 7);
	compaction_free(page, &scan.cc);
	release_freepages(&scan.cc);
	layout_end(t, &l);
}

/* More is needed: the rest of its block, unless the run is a hopeful one. */
TEST(scan_free, the_fast_search_looks_around)
{
	struct scan scan;
	struct layout l;

	WITH_LAYOUT(&l, BLOCKS);
	ASSERT_TRUE(layout_fill(&l, even_but_two_chunks));
	scan_begin(&scan, &l, 4, MIGRATE_SYNC_LIGHT, 32);
	compaction_free(next(&scan), &scan.cc);
	EXPECT_EQ(scan.s.nr_freepages, 32);
	release_freepages(&scan.cc);
	scan_begin(&scan, &l, 4, MIGRATE_ASYNC, 32);
	compaction_free(next(&scan), &scan.cc);
	EXPECT_EQ(scan.s.nr_freepages, 8);
	release_freepages(&scan.cc);
	layout_end(t, &l);
}
