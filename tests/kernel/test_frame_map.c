// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_frame_map.c - letters say what a block holds
 *
 *	block 0  |MMMMUU..EEEEEEEEs........... ... RRRRRRRRRRRRRRRR|
 *	          the zone's 256 frames              beyond its end
 */
#include <kernel/main.h>
#include <kernel/string.h>
#include <kernel/test.h>
#include <mm/isolate.h>
#include <mm/mm_state.h>
#include <mm/page_ref.h>
#include <mm/zone_private.h>

#include "../../kernel/frame_map.h"
#include "../../kernel/zone_map.h"

static char cells[pageblock_nr_pages];

static struct page *take(struct zone *zone, gfp_t type, u32 order)
{
	return alloc_pages_zone(zone, GFP_KERNEL | __GFP_NOWARN | type, order,
				0);
}

static u32 number_of(char letter)
{
	u32 nr = 0;

	for (u32 i = 0; i < pageblock_nr_pages; i++)
		nr += cells[i] == letter;
	return nr;
}

static char letter_of_pfn(pfn_t pfn)
{
	return cells[pfn & (pageblock_nr_pages - 1)];
}

static void release(struct test *t, struct zone *zone)
{
	struct page *page = pfn_to_page(zone->zone_start_pfn);

	for (u64 i = 0; i < zone->spanned_pages; i++, page++)
		if (page->kind_order)
			free_pages(page, page_order(page));
	EXPECT_TRUE(private_zone_destroy(zone));
}

static void isolate(struct zone *zone, struct pageblock *b, bool on)
{
	u64 flags = spin_lock_irqsave(&zone->lock);

	if (on)
		freelist_isolate(zone, b);
	else
		freelist_unisolate(zone, b, MIGRATE_MOVABLE);
	spin_unlock_irqrestore(&zone->lock, flags);
}

TEST(frame_map, frames_by_charge_stack_and_reserve)
{
	struct zone *zone = private_zone_create(2, 0, 256);
	struct page *u, *m, *e, *stacked;
	struct frame_stack place;

	ASSERT_TRUE(zone != NULL);
	/* No refills ahead of time: what isn't asked for stays free. */
	this_pcp(zone->index)->off = 1;
	m = take(zone, __GFP_MOVABLE, 2);
	u = take(zone, 0, 1);
	e = take(zone, __GFP_RECLAIMABLE, 3);
	stacked = take(zone, 0, 0);
	free_pages(stacked, 0);
	frame_map_read(zone, &zone->fl->blocks[0], cells);
	EXPECT_EQ(number_of('M'), 4);
	EXPECT_EQ(number_of('U'), 2);
	EXPECT_EQ(number_of('E'), 8);
	EXPECT_EQ(number_of('s'), 1);
	EXPECT_EQ(number_of('R'), 256);
	EXPECT_EQ(number_of('.'), 256 - 15);
	EXPECT_EQ(letter_of_pfn(page_to_pfn(m) + 3), 'M');
	EXPECT_EQ(letter_of_pfn(page_to_pfn(u)), 'U');
	EXPECT_EQ(letter_of_pfn(page_to_pfn(e) + 7), 'E');
	EXPECT_EQ(letter_of_pfn(page_to_pfn(stacked)), 's');
	EXPECT_FALSE(frame_stack_find(zone, page_to_pfn(u), &place));
	ASSERT_TRUE(frame_stack_find(zone, page_to_pfn(stacked), &place));
	EXPECT_EQ(place.charge, MIGRATE_UNMOVABLE);
	EXPECT_EQ(place.order, 0);
	EXPECT_EQ(frame_map_block_letter(&zone->fl->blocks[0]), 'r');
	release(t, zone);
}

TEST(frame_map, whole_blocks_by_what_they_hold)
{
	struct zone *zone = private_zone_create(2, 0, 0);
	struct pageblock *b;

	ASSERT_TRUE(zone != NULL);
	this_pcp(zone->index)->off = 1;
	b = &zone->fl->blocks[0];
	EXPECT_EQ(frame_map_block_letter(b), '.');
	take(zone, __GFP_MOVABLE, 8);
	EXPECT_EQ(frame_map_block_letter(b), 'm');
	take(zone, __GFP_MOVABLE, 8);
	EXPECT_EQ(frame_map_block_letter(b), 'M');
	release(t, zone);
}

/* All is Movable but for a hole of 32 frames, where Unmovable ones go. */
TEST(frame_map, polluted_and_isolated_blocks)
{
	struct zone *zone = private_zone_create(2, 0, 0);
	struct pageblock *b;

	ASSERT_TRUE(zone != NULL);
	this_pcp(zone->index)->off = 1;
	b = &zone->fl->blocks[1];
	while (take(zone, __GFP_MOVABLE, 5))
		;
	free_pages(pfn_to_page(pageblock_pfn(zone, b)), 5);
	EXPECT_EQ(frame_map_block_letter(b), 'm');
	isolate(zone, b, true);
	EXPECT_EQ(frame_map_block_letter(b), 'I');
	frame_map_read(zone, b, cells);
	EXPECT_EQ(number_of('I'), 32);
	isolate(zone, b, false);
	take(zone, 0, 4);
	EXPECT_EQ(frame_map_block_letter(b), 'x');
	take(zone, 0, 4);
	EXPECT_EQ(frame_map_block_letter(b), 'X');
	EXPECT_EQ(frame_map_block_letter(&zone->fl->blocks[0]), 'M');
	release(t, zone);
}

TEST(frame_map, cells_join_to_one_letter)
{
	EXPECT_EQ(frame_map_join("....", 4), '.');
	EXPECT_EQ(frame_map_join("UUUU", 4), 'U');
	EXPECT_EQ(frame_map_join(".U.U", 4), 'u');
	EXPECT_EQ(frame_map_join("MU", 2), 'X');
	EXPECT_EQ(frame_map_join("M.U", 3), 'x');
}

/* A pin, and a compactor's claim: neither block can be emptied for others. */
TEST(frame_map, pinned_and_claimed_blocks)
{
	struct zone *zone = private_zone_create(2, 0, 0);
	struct pageblock *b;
	struct page *page;

	ASSERT_TRUE(zone != NULL);
	this_pcp(zone->index)->off = 1;
	page = take(zone, __GFP_MOVABLE, 3);
	b = pfn_pageblock(zone, page_to_pfn(page));
	pin_page(page);
	EXPECT_EQ(frame_map_block_letter(b), 'p');
	frame_map_read(zone, b, cells);
	EXPECT_EQ(number_of('P'), 8);
	unpin_page(page);
	EXPECT_EQ(frame_map_block_letter(b), 'm');
	EXPECT_TRUE(isolate_block(zone, b));
	EXPECT_EQ(frame_map_block_letter(b), '@');
	unisolate_block(zone, b, MIGRATE_MOVABLE);
	EXPECT_EQ(frame_map_block_letter(b), 'm');
	release(t, zone);
}

TEST(frame_map, blocks_join_to_one_letter)
{
	EXPECT_EQ(zone_map_join(' ', 'm'), 'm');
	EXPECT_EQ(zone_map_join('R', '.'), '.');
	EXPECT_EQ(zone_map_join('M', 'r'), 'M');
	EXPECT_EQ(zone_map_join('.', '.'), '.');
	EXPECT_EQ(zone_map_join('.', 'M'), 'm');
	EXPECT_EQ(zone_map_join('M', 'm'), 'm');
	EXPECT_EQ(zone_map_join('M', 'M'), 'M');
	EXPECT_EQ(zone_map_join('M', 'U'), 'X');
	EXPECT_EQ(zone_map_join('m', 'U'), 'x');
	EXPECT_EQ(zone_map_join('#', '.'), '#');
	EXPECT_EQ(zone_map_join('#', 'm'), 'm');
	EXPECT_EQ(zone_map_join(' ', '#'), '#');
	EXPECT_EQ(zone_map_join(' ', 'R'), 'R');
	EXPECT_EQ(zone_map_join('r', ' '), 'r');
	EXPECT_EQ(zone_map_join('#', 'R'), '#');
	EXPECT_EQ(zone_map_join('M', '@'), '@');
	EXPECT_EQ(zone_map_join('@', '.'), '@');
}

/*
 * Four blocks of which one is used and marked, at one and at four blocks a cell:
 * the counts are the same.
 */
TEST(frame_map, a_cell_may_stand_for_several_blocks)
{
	struct zone *zone = private_zone_create(4, 0, 0);
	struct zone_map_counts one = {}, four = {};
	struct zone_map_row row;
	struct page *page;
	u64 number, in_row, rows = 0;

	ASSERT_TRUE(zone != NULL);
	this_pcp(zone->index)->off = 1;
	page = take(zone, __GFP_MOVABLE, 3);
	number = page_to_pfn(page) >> pageblock_order;
	zone->compact.now_source = page_to_pfn(page);
	for (u32 n = 0; n < zone_map_nr_rows(zone, 1); n++)
		rows += zone_map_row(zone, 1, n, &row, &one);
	EXPECT_TRUE(rows == 1 || rows == 2);
	EXPECT_EQ(one.free, 3);
	EXPECT_EQ(one.pure[MIGRATE_MOVABLE], 1);
	EXPECT_EQ(one.movable, 4);
	ASSERT_EQ(zone_map_nr_rows(zone, 1024), 1);
	EXPECT_TRUE(zone_map_row(zone, 1024, 0, &row, &four));
	EXPECT_EQ(memcmp(&one, &four, sizeof(one)), 0);
	in_row = number / 1024 % FRAME_MAP_COLUMNS;
	EXPECT_EQ(row.cells[in_row], 'm');
	EXPECT_EQ(row.marks[in_row], FRAME_MAP_SOURCE);
	zone->compact.now_source = 0;
	release(t, zone);
}
