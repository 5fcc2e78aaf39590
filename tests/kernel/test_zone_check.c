// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_zone_check.c - the checkers of the allocator find what is
 * broken, and nothing else
 *
 * One field is broken, the number of findings is compared, the field is
 * restored. Where one field is seen from several sides, the findings that
 * belong together are listed.
 *
 * The zone: block 0 Movable with some frames held, block 1 wholly free, 2 and
 * 3 a free pair; a stack with a few frames.
 */
#include <mm/memmap.h>

#include "zone_fixture.h"

#define GFP_TEST (GFP_KERNEL | __GFP_NOWARN | __GFP_MOVABLE)

struct scene {
	struct zone *zone;
	struct page *page;   /* order 0, held, in block `b` */
	struct page *second; /* order 3, held */
	struct pageblock *b;
	struct pageblock *whole; /* a free block of a pair */
	struct pcp_stack *st;	 /* with frames */
};

static bool scene_open(struct scene *s)
{
	s->zone = private_zone_create(4, 0, 0);
	if (!s->zone)
		return false;
	s->page = alloc_pages_zone(s->zone, GFP_TEST, 0, 0);
	s->second = alloc_pages_zone(s->zone, GFP_TEST, 4, 0);
	s->b = pfn_pageblock(s->zone, page_to_pfn(s->page));
	s->whole = zone_block(s->zone, 0)->largest == MAX_ORDER
			   ? zone_block(s->zone, 0)
			   : zone_block(s->zone, 2);
	s->st = &s->zone->pcp[0]->stack[0][MIGRATE_MOVABLE];
	/* At least two entries: one more freed page, and its neighbour. */
	while (s->st->count < 2) {
		struct page *pages[2];

		for (u32 i = 0; i < 2; i++)
			pages[i] = alloc_pages_zone(s->zone, GFP_TEST, 0, 0);
		for (u32 i = 0; i < 2; i++)
			free_pages(pages[i], 0);
	}
	return true;
}

static void scene_close(struct test *t, struct scene *s)
{
	EXPECT_EQ(zone_check_all(kernel_mm(), s->zone), 0);
	free_pages(s->page, 0);
	free_pages(s->second, 4);
	EXPECT_TRUE(private_zone_destroy(s->zone));
}

/* Break, count the findings of `check`, restore. */
#define FINDS(check, nr, field, broken)                \
	do {                                           \
		__typeof__(field) _was = (field);      \
		(field) = (__typeof__(field))(broken); \
		EXPECT_EQ(check, nr);                  \
		(field) = _was;                        \
		EXPECT_EQ(check, 0);                   \
	} while (0)

#define SCENE           \
	struct scene s; \
	ASSERT_TRUE(scene_open(&s));

TEST(zone_check, pageblock_check_finds_one_broken_field)
{
	SCENE
	struct pageblock *b = s.b;

	/* Each count but FREE only breaks the sum; FREE the map's, too. */
	FINDS(pageblock_check(b, 0), 1, b->nr[FRAME_UNMOVABLE], 3);
	FINDS(pageblock_check(b, 0), 1, b->nr[FRAME_MOVABLE], 3);
	FINDS(pageblock_check(b, 0), 1, b->nr[FRAME_RECLAIMABLE], 3);
	FINDS(pageblock_check(b, 0), 1, b->nr[FRAME_RESERVED], 3);
	FINDS(pageblock_check(b, 0), 2, b->nr[FRAME_FREE],
	      b->nr[FRAME_FREE] - 1);
	/* Free beside isolated: sum, map, and that there are both. */
	FINDS(pageblock_check(b, 0), 3, b->nr[FRAME_ISOLATED], 1);
	/* A bit more or less that leaves the largest chunk alone. */
	FINDS(pageblock_check(b, 0), 1,
	      b->free_map[(page_to_pfn(s.page) % pageblock_nr_pages) / 64],
	      b->free_map[(page_to_pfn(s.page) % pageblock_nr_pages) / 64] |
		      1UL << page_to_pfn(s.page) % 64);
	FINDS(pageblock_check(b, 0), 1, b->largest, b->largest - 1);
	FINDS(pageblock_check(b, 0), 1, b->largest, b->largest + 1);
	scene_close(t, &s);
}

TEST(zone_check, freelist_check_finds_a_wrong_counter)
{
	SCENE
	struct zone *zone = s.zone;
	struct freelists *fl = zone->fl;

	FINDS(freelist_check(zone), 1, zone->nr_free_pages,
	      zone->nr_free_pages + 1);
	FINDS(freelist_check(zone), 1, fl->nr_free[MIGRATE_MOVABLE], 0);
	FINDS(freelist_check(zone), 1, fl->nr_free[MIGRATE_CMA], 1);
	for (u32 type = 0; type < MIGRATE_TYPES; type++) {
		FINDS(freelist_check(zone), 1, fl->order_mask[type],
		      fl->order_mask[type] ^ 1);
		FINDS(freelist_check(zone), 1, fl->fill_mask[type],
		      fl->fill_mask[type] ^ 1);
		FINDS(freelist_check(zone), 1, fl->mixed_mask[type],
		      fl->mixed_mask[type] ^ 1);
	}
	scene_close(t, &s);
}

/* A block that is not on its list: its place, and the list's length. */
TEST(zone_check, freelist_check_finds_a_lost_block)
{
	SCENE
	struct list_head *links[] = { &s.b->chunk_link, &s.b->fill_link };

	for (u32 i = 0; i < ARRAY_SIZE(links); i++) {
		struct list_head *before = links[i]->prev;
		int findings;

		list_del(links[i]);
		findings = freelist_check(s.zone);
		/* The list may be empty now: its mask is wrong as well. */
		EXPECT_EQ(findings, list_empty(before) ? 3 : 2);
		list_add(links[i], before);
		EXPECT_EQ(freelist_check(s.zone), 0);
	}
	scene_close(t, &s);
}

/* One that says it is no pair: not paired, not where it should stand, and the
 * other one, which still says it is. */
TEST(zone_check, freelist_check_finds_a_broken_pair)
{
	SCENE

	ASSERT_TRUE(s.whole->largest == MAX_ORDER);
	FINDS(freelist_check(s.zone), 2, s.whole->largest, pageblock_order);
	scene_close(t, &s);
}

/* Type is in every index: order, fill, the count by type (two of them). */
TEST(zone_check, freelist_check_finds_a_wrong_type)
{
	SCENE

	EXPECT_EQ(s.b->bits & BLOCK_TYPE_MASK, MIGRATE_MOVABLE);
	s.b->bits = MIGRATE_CMA;
	EXPECT_EQ(freelist_check(s.zone), 4);
	s.b->bits = MIGRATE_MOVABLE;
	scene_close(t, &s);
}

TEST(zone_check, pcp_check_finds_a_bad_entry)
{
	SCENE
	struct page *page = s.st->entries[0];
	struct pageblock *b = pfn_pageblock(s.zone, page_to_pfn(page));
	u64 offset = page_to_pfn(page) % pageblock_nr_pages;
	u64 *word = &b->free_map[offset / 64];

	FINDS(pcp_check(s.zone), 1, page->kind_order,
	      kind_order(PAGE_KERNEL, 0));
	FINDS(pcp_check(s.zone), 1, page->refcount, 1);
	FINDS(pcp_check(s.zone), 1, page->zone_index, 0);
	FINDS(pcp_check(s.zone), 1, page->charge, MIGRATE_UNMOVABLE);
	FINDS(pcp_check(s.zone), 1, *word, *word | 1UL << offset % 64);
	scene_close(t, &s);
}

/* On the stack twice: one frame too many is Movable in that block. */
TEST(zone_check, zone_check_all_finds_a_frame_twice_on_a_stack)
{
	SCENE
	struct page *other = s.st->entries[1];
	bool same_block = page_to_pfn(other) >> pageblock_order ==
			  page_to_pfn(s.st->entries[0]) >> pageblock_order;

	/* Unless it hides a frame of the same block that it replaces. */
	ASSERT_TRUE(same_block);
	s.st->entries[s.st->count++] = other;
	EXPECT_EQ(zone_check_all(kernel_mm(), s.zone), 1);
	s.st->count--;
	scene_close(t, &s);
}

TEST(zone_check, zone_check_all_finds_a_lost_frame)
{
	SCENE

	/* Nobody's: neither free, nor on a stack, nor in use. */
	FINDS(zone_check_all(kernel_mm(), s.zone), 1, s.page->kind_order, 0);
	FINDS(zone_check_all(kernel_mm(), s.zone), 1, s.second->kind_order, 0);
	s.st->count--;
	EXPECT_EQ(zone_check_all(kernel_mm(), s.zone), 1);
	s.st->count++;
	scene_close(t, &s);
}

TEST(zone_check, zone_check_all_finds_a_wrong_record)
{
	SCENE
	struct mm_state *mm = kernel_mm();

	/* One type has too few, the other too many. */
	FINDS(zone_check_all(mm, s.zone), 2, s.page->charge,
	      MIGRATE_RECLAIMABLE);
	/* Bound for a stack in a block that allows it, said not to be. */
	FINDS(zone_check_all(mm, s.zone), 1, s.page->charge,
	      MIGRATE_MOVABLE | CHARGE_BYPASS);
	/* Larger than it is: 1 frame, the record says 2. */
	FINDS(zone_check_all(mm, s.zone), 1, s.page->kind_order,
	      kind_order(PAGE_KERNEL, 1));
	/* Reserved, and no longer Movable. */
	FINDS(zone_check_all(mm, s.zone), 2, s.page->flags, 1u << PG_reserved);
	FINDS(zone_check_all(mm, s.zone), 2, s.page->zone_index, 0);
	FINDS(zone_check_all(mm, s.zone), 1, s.zone->managed_pages, 5);
	scene_close(t, &s);
}

/* Charges of the block that don't fit what the records say. */
TEST(zone_check, zone_check_all_finds_a_wrong_charge)
{
	SCENE

	s.b->nr[FRAME_MOVABLE]--;
	s.b->nr[FRAME_RECLAIMABLE]++;
	/* Both charges; it is mixed now, but on no list of the mixed. */
	EXPECT_EQ(zone_check_all(kernel_mm(), s.zone), 4);
	s.b->nr[FRAME_RECLAIMABLE]--;
	s.b->nr[FRAME_MOVABLE]++;
	scene_close(t, &s);
}

TEST(zone_check, memmap_check_finds_a_frame_of_another_zone)
{
	struct mm_state *mm = kernel_mm();
	struct page *page = alloc_pages(GFP_KERNEL, 0);

	ASSERT_TRUE(page != NULL);
	/* One too few, present and managed; no zone has that index. */
	FINDS(memmap_check(mm), 2, page->zone_index, 0xffff);
	FINDS(memmap_check(mm), 1, page->flags, 1u << PG_reserved);
	free_pages(page, 0);
}
