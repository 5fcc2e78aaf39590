// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_oracle.c - the judge is judged by blocks made by hand
 *
 * A private zone has marks of 0, so what is possible follows from its frames
 * alone. Its frames are taken off the lists and their records are made to say
 * that a program has them; an entry in the oracle's own count stands for the
 * page table. What the tables say is tested with a real address space.
 */
#include <kernel/oracle.h>
#include <kernel/string.h>
#include <mm/lru.h>
#include <mm/page_ref.h>
#include <mm/watermark.h>

#include "migrate_fixture.h"
#include "zone_fixture.h"

#define NR_BLOCKS 4

static struct oracle o;

/* An allocated frame of the zone, of any kind. */
static void make(struct zone *zone, u64 place, enum page_kind kind,
		 enum migratetype charge)
{
	struct page *page = zone_page(zone, place);

	zone_take_at(zone, place, 0, charge);
	page->kind_order = kind_order(kind, 0);
	page->refcount = 1;
}

static void unmake(struct zone *zone, u64 place, enum migratetype charge)
{
	struct page *page = zone_page(zone, place);

	page->kind_order = 0;
	page->refcount = 0;
	page->flags = 0;
	zone_put(zone, place, 0, charge);
}

static void make_kernels(struct zone *zone, u64 first, u64 nr)
{
	for (u64 i = 0; i < nr; i++)
		make(zone, first + i, PAGE_KERNEL, MIGRATE_UNMOVABLE);
}

static void unmake_kernels(struct zone *zone, u64 first, u64 nr)
{
	for (u64 i = 0; i < nr; i++)
		unmake(zone, first + i, MIGRATE_UNMOVABLE);
}

TEST(oracle, a_free_zone_is_possible_throughout)
{
	WITH_ZONE(NR_BLOCKS, 0, 0);

	ASSERT_EQ(oracle_open(&o, zone), 0);
	oracle_look(&o);
	EXPECT_EQ(oracle_nr(&o, ORACLE_FREE), NR_BLOCKS * pageblock_nr_pages);
	EXPECT_EQ(oracle_possible(&o, 9), NR_BLOCKS);
	EXPECT_EQ(oracle_possible(&o, 10), NR_BLOCKS / 2);
	EXPECT_EQ(oracle_possible(&o, 0), NR_BLOCKS * pageblock_nr_pages);
	EXPECT_EQ(oracle_least(&o, 9, NR_BLOCKS), 0);
	EXPECT_EQ(oracle_polluted(&o), 0);
	oracle_close(&o);
	zone_done(t, zone);
}

TEST(oracle, the_marks_are_kept)
{
	WITH_ZONE(NR_BLOCKS, 0, 0);

	ASSERT_EQ(oracle_open(&o, zone), 0);
	oracle_look(&o);
	zone->watermark[WMARK_MIN] = 1;
	EXPECT_EQ(oracle_possible(&o, 9), NR_BLOCKS - 1);
	zone->lowmem_reserve[ZONE_MOVABLE] = pageblock_nr_pages;
	oracle_look(&o); /* or it would go by what it counted before */
	EXPECT_EQ(oracle_possible(&o, 9), NR_BLOCKS - 2);
	EXPECT_EQ(oracle_possible(&o, 0), (NR_BLOCKS - 1) * 512 - 1);
	zone->watermark[WMARK_MIN] = zone->lowmem_reserve[ZONE_MOVABLE] = 0;
	oracle_close(&o);
	zone_done(t, zone);
}

/* What watermark_allows() says of one request after the other, it adds up. */
TEST(oracle, it_agrees_with_the_marks_one_by_one)
{
	WITH_ZONE(NR_BLOCKS, 0, 0);
	u64 free = NR_BLOCKS * pageblock_nr_pages;

	ASSERT_EQ(oracle_open(&o, zone), 0);
	for (u64 min = 0; min < 3 * pageblock_nr_pages; min += 171) {
		u64 left = free, nr = 0;

		zone->watermark[WMARK_MIN] = min;
		while (watermark_allows(zone, 9, min, ZONE_MOVABLE, ALLOC_CMA,
					left)) {
			left -= pageblock_nr_pages;
			nr++;
		}
		oracle_look(&o);
		EXPECT_EQ(oracle_possible(&o, 9), nr);
	}
	zone->watermark[WMARK_MIN] = 0;
	oracle_close(&o);
	zone_done(t, zone);
}

/* |U...|....|..UU|....|: blocks 0 and 2 can't be emptied. */
TEST(oracle, immovable_frames_spoil_their_chunk)
{
	WITH_ZONE(NR_BLOCKS, 0, 0);

	make_kernels(zone, 0, 1);
	make_kernels(zone, 2 * 512 + 400, 2);
	ASSERT_EQ(oracle_open(&o, zone), 0);
	oracle_look(&o);
	EXPECT_EQ(oracle_nr(&o, ORACLE_UNMOVABLE), 3);
	EXPECT_EQ(o.zones[0].charged[MIGRATE_UNMOVABLE], 3);
	EXPECT_EQ(oracle_polluted(&o), 2);
	EXPECT_EQ(oracle_mixed(&o), 0);
	EXPECT_EQ(oracle_possible(&o, 9), 2);
	EXPECT_EQ(oracle_possible(&o, 10), 0);
	EXPECT_EQ(oracle_possible(&o, 8), 6);
	oracle_close(&o);
	unmake_kernels(zone, 0, 1);
	unmake_kernels(zone, 2 * 512 + 400, 2);
	zone_done(t, zone);
}

/* --- movable frames: 3, 1, 2 and 0 in the four blocks --- */

static const u64 movable[] = { 5, 6, 7, 512 + 100, 2 * 512, 2 * 512 + 9 };

static void make_movable(struct zone *zone)
{
	for (u32 i = 0; i < ARRAY_SIZE(movable); i++) {
		make(zone, movable[i], PAGE_ANON, MIGRATE_MOVABLE);
		zone_page(zone, movable[i])->flags = 1u << PG_lru;
	}
}

static void unmake_movable(struct zone *zone)
{
	for (u32 i = 0; i < ARRAY_SIZE(movable); i++)
		unmake(zone, movable[i], MIGRATE_MOVABLE);
}

/* No table maps them: as if one did, the reference is taken away. */
static void look_as_if_mapped(struct zone *zone)
{
	for (u32 i = 0; i < ARRAY_SIZE(movable); i++)
		zone_page(zone, movable[i])->refcount--;
	oracle_look(&o);
	for (u32 i = 0; i < ARRAY_SIZE(movable); i++)
		zone_page(zone, movable[i])->refcount++;
}

TEST(oracle, least_is_the_cheapest_blocks)
{
	WITH_ZONE(NR_BLOCKS, 0, 0);

	make_movable(zone);
	ASSERT_EQ(oracle_open(&o, zone), 0);
	look_as_if_mapped(zone);
	EXPECT_EQ(oracle_nr(&o, ORACLE_MOVABLE), ARRAY_SIZE(movable));
	/* 6 of 2048 are used: three blocks' worth is free. */
	EXPECT_EQ(oracle_possible(&o, 9), 3);
	EXPECT_EQ(oracle_least(&o, 9, 0), 0);
	EXPECT_EQ(oracle_least(&o, 9, 1), 0);
	EXPECT_EQ(oracle_least(&o, 9, 2), 1);
	EXPECT_EQ(oracle_least(&o, 9, 3), 3);
	EXPECT_EQ(oracle_least(&o, 9, 4), 6);
	EXPECT_EQ(oracle_least(&o, 9, 99), 6);
	EXPECT_EQ(oracle_least(&o, 10, 1), 2);
	EXPECT_EQ(oracle_least(&o, 8, 4), 0);
	oracle_close(&o);
	unmake_movable(zone);
	zone_done(t, zone);
}

TEST(oracle, what_is_referred_to_else_is_held)
{
	WITH_ZONE(NR_BLOCKS, 0, 0);

	make_movable(zone);
	ASSERT_EQ(oracle_open(&o, zone), 0);
	oracle_look(&o); /* a reference each, and no table that has it */
	EXPECT_EQ(oracle_nr(&o, ORACLE_HELD), ARRAY_SIZE(movable));
	EXPECT_EQ(oracle_possible(&o, 9), 1);
	EXPECT_EQ(oracle_polluted(&o), 0);
	zone_page(zone, movable[0])->pincount = 1;
	look_as_if_mapped(zone);
	EXPECT_EQ(oracle_nr(&o, ORACLE_HELD), 1);
	EXPECT_EQ(oracle_least(&o, 9, 3), 3);
	EXPECT_EQ(oracle_least(&o, 9, 4), 3); /* the fourth can't be had */
	zone_page(zone, movable[0])->pincount = 0;
	oracle_close(&o);
	unmake_movable(zone);
	zone_done(t, zone);
}

TEST(oracle, mixed_blocks_hold_both)
{
	WITH_ZONE(NR_BLOCKS, 0, 0);

	make_movable(zone);
	make_kernels(zone, 20, 2);	/* beside three movable ones */
	make_kernels(zone, 3 * 512, 1); /* alone */
	ASSERT_EQ(oracle_open(&o, zone), 0);
	look_as_if_mapped(zone);
	EXPECT_EQ(oracle_polluted(&o), 2);
	EXPECT_EQ(oracle_mixed(&o), 1);
	EXPECT_EQ(oracle_possible(&o, 9), 2);
	EXPECT_EQ(oracle_least(&o, 9, 2), 3);
	oracle_close(&o);
	unmake_kernels(zone, 20, 2);
	unmake_kernels(zone, 3 * 512, 1);
	unmake_movable(zone);
	zone_done(t, zone);
}

/* A zone's border cuts its first block: it yields no chunk. */
TEST(oracle, a_cut_block_is_no_chunk)
{
	WITH_ZONE(NR_BLOCKS, 100, 0);

	ASSERT_EQ(oracle_open(&o, zone), 0);
	oracle_look(&o);
	EXPECT_EQ(oracle_possible(&o, 9), NR_BLOCKS - 1);
	oracle_close(&o);
	zone_done(t, zone);
}

/* --- the whole machine, with a real address space --- */

static enum oracle_sort sort_at(struct mm_struct *mm, vaddr_t addr)
{
	return (enum oracle_sort)o.sort[page_to_pfn(space_page(mm, addr))];
}

TEST(oracle, a_programs_pages_are_movable_until_pinned)
{
	struct mm_struct *mm = mm_alloc(), *child;
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	ASSERT_EQ(oracle_open(&o, NULL), 0);
	a = space_map(mm, 2);
	ASSERT_TRUE(space_touch(mm, a, true) && space_touch(mm, a + 4096, true));
	oracle_look(&o);
	EXPECT_EQ(sort_at(mm, a), ORACLE_MOVABLE);
	child = dup_mm(mm); /* two entries, two references */
	ASSERT_TRUE(child != NULL);
	pin_page(space_page(mm, a));
	get_page(space_page(mm, a + 4096));
	oracle_look(&o);
	EXPECT_EQ(sort_at(mm, a), ORACLE_HELD);
	EXPECT_EQ(sort_at(mm, a + 4096), ORACLE_HELD);
	unpin_page(space_page(mm, a));
	put_page(space_page(mm, a + 4096));
	oracle_look(&o);
	EXPECT_EQ(sort_at(mm, a), ORACLE_MOVABLE);
	mmput(child);
	mmput(mm);
	oracle_close(&o);
}

TEST(oracle, a_cached_page_is_movable)
{
	struct file *file = test_file(1);
	struct mm_struct *mm = mm_alloc();
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	ASSERT_EQ(oracle_open(&o, NULL), 0);
	a = map_file(mm, file, 1, PROT_READ, MAP_SHARED);
	ASSERT_TRUE(space_touch(mm, a, false) != NULL);
	oracle_look(&o);
	EXPECT_EQ(sort_at(mm, a), ORACLE_MOVABLE);
	mmput(mm);
	test_file_end(t);
	oracle_close(&o);
}

/* Its sums are those of the books, which it doesn't read. */
TEST(oracle, it_finds_the_frames_that_the_books_have)
{
	struct zone *zone;
	u64 free = 0, found = 0;

	ASSERT_EQ(oracle_open(&o, NULL), 0);
	oracle_look(&o);
	for_each_populated_zone(kernel_mm(), zone)
		free += zone->nr_free_pages;
	for (u32 s = ORACLE_RESERVED; s < NR_ORACLE_SORTS; s++)
		found += oracle_nr(&o, (enum oracle_sort)s);
	test_note(t, "%lu free, %lu movable, %lu unmovable, %lu held of %lu",
		  oracle_nr(&o, ORACLE_FREE), oracle_nr(&o, ORACLE_MOVABLE),
		  oracle_nr(&o, ORACLE_UNMOVABLE), oracle_nr(&o, ORACLE_HELD),
		  found);
	EXPECT_EQ(oracle_nr(&o, ORACLE_FREE), free);
	oracle_close(&o);
}
