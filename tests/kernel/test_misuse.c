// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_misuse.c - each wrong call is named, and does no harm
 *
 * expect_bug() lets a test survive the report. Afterwards the frame must be
 * out of reach: neither alone nor inside a larger chunk is it handed out, and
 * the zone's books are right without it.
 */
#include <mm/gfp.h>
#include <mm/misuse.h>
#include <mm/page_debug.h>
#include <arch/cpu.h>

#include "zone_fixture.h"

#define GFP_TEST (GFP_KERNEL | __GFP_NOWARN)

/* Held until the zone is empty: all there is, largest first. */
static struct page *held[2048];

static u32 take_all(struct zone *zone)
{
	u32 nr = 0;

	for (u32 order = MAX_ORDER + 1; order-- > 0;)
		while (nr < ARRAY_SIZE(held) &&
		       (held[nr] = alloc_pages_zone(zone, GFP_TEST, order, 0)))
			nr++;
	return nr;
}

static bool covers(const struct page *chunk, const struct page *page)
{
	return page >= chunk && page < chunk + (1UL << page_order(chunk));
}

/* Everything is taken, and the frame is in nothing of it. */
static void never_handed_out(struct test *t, struct zone *zone,
			     const struct page *page)
{
	u32 nr = take_all(zone);

	EXPECT_EQ(zone->nr_free_pages, 0);
	for (u32 i = 0; i < nr; i++)
		EXPECT_FALSE(covers(held[i], page));
	zone_is_sound(t, zone);
	for (u32 i = 0; i < nr; i++)
		free_pages(held[i], page_order(held[i]));
	drain_local_pages(zone);
	zone_is_sound(t, zone);
}

static void free_badly(struct test *t, enum bug_kind kind, struct page *page,
		       u32 order)
{
	expect_bug(kind);
	free_pages(page, order);
	EXPECT_EQ(bug_seen(kind), 1);
}

/* --- double free --- */

/*
 *	stack	[ p ]		-> freed again ->  [ ]
 *	map	p's bit clear			   clear, p reserved
 */
TEST(misuse, double_free_of_a_frame_on_the_stack)
{
	WITH_ZONE(2, 0, 0);
	u64 all = zone->managed_pages;
	struct page *page = alloc_pages_zone(zone, GFP_TEST, 0, 0);

	free_pages(page, 0);
	free_badly(t, BUG_DOUBLE_FREE, page, 0);
	EXPECT_EQ(zone->managed_pages, all - 1);
	EXPECT_TRUE(page_flag(page, PG_quarantined));
	zone_is_sound(t, zone);
	never_handed_out(t, zone, page);
	zone_done(t, zone);
}

TEST(misuse, double_free_of_a_frame_in_the_map)
{
	WITH_ZONE(2, 0, 0);
	struct page *page = alloc_pages_zone(zone, GFP_TEST, 0, 0);

	free_pages(page, 0);
	drain_local_pages(zone);
	free_badly(t, BUG_DOUBLE_FREE, page, 0);
	zone_is_sound(t, zone);
	never_handed_out(t, zone, page);
	zone_done(t, zone);
}

TEST(misuse, double_free_with_another_order)
{
	WITH_ZONE(2, 0, 0);
	struct page *page = alloc_pages_zone(zone, GFP_TEST, 3, 0);

	free_pages(page, 3);
	free_badly(t, BUG_DOUBLE_FREE, page, 2);
	zone_is_sound(t, zone);
	never_handed_out(t, zone, page);
	zone_done(t, zone);
}

/* The frame is no head on any stack, but in a chunk on one. */
TEST(misuse, double_free_inside_a_chunk_on_a_stack)
{
	WITH_ZONE(2, 0, 0);
	struct page *page = alloc_pages_zone(zone, GFP_TEST, 3, 0);

	free_pages(page, 3);
	free_badly(t, BUG_DOUBLE_FREE, page + 5, 0);
	zone_is_sound(t, zone);
	never_handed_out(t, zone, page + 5);
	zone_done(t, zone);
}

/* Freed as Movable, recharged or not: another stack of the same CPU. */
TEST(misuse, double_free_of_a_frame_on_another_stack)
{
	WITH_ZONE(2, 0, 0);
	struct page *page =
		alloc_pages_zone(zone, GFP_TEST | __GFP_MOVABLE, 0, 0);

	page_recharge(page, 0, MIGRATE_RECLAIMABLE);
	free_pages(page, 0);
	page->charge = MIGRATE_MOVABLE; /* as if by a stray write */
	free_badly(t, BUG_DOUBLE_FREE, page, 0);
	never_handed_out(t, zone, page);
	zone_done(t, zone);
}

TEST(misuse, double_free_in_an_isolated_block)
{
	WITH_ZONE(2, 0, 0);
	struct page *page = alloc_pages_zone(zone, GFP_TEST, 0, 0);
	struct pageblock *b = pfn_pageblock(zone, page_to_pfn(page));

	LOCKED(zone, freelist_isolate(zone, b));
	drain_pageblock(zone, b);
	free_pages(page, 0);
	free_badly(t, BUG_DOUBLE_FREE, page, 0);
	zone_is_sound(t, zone);
	LOCKED(zone, freelist_unisolate(zone, b, MIGRATE_MOVABLE));
	never_handed_out(t, zone, page);
	zone_done(t, zone);
}

TEST(misuse, double_put)
{
	WITH_ZONE(2, 0, 0);
	struct page *page = alloc_pages_zone(zone, GFP_TEST, 0, 0);

	put_page(page);
	expect_bug(BUG_DOUBLE_FREE);
	put_page(page);
	EXPECT_EQ(bug_seen(BUG_DOUBLE_FREE), 1);
	never_handed_out(t, zone, page);
	zone_done(t, zone);
}

TEST(misuse, quarantine_is_reported_once)
{
	WITH_ZONE(2, 0, 0);
	struct page *page = alloc_pages_zone(zone, GFP_TEST, 0, 0);

	free_pages(page, 0);
	free_badly(t, BUG_DOUBLE_FREE, page, 0);
	expect_bug(BUG_DOUBLE_FREE);
	free_pages(page, 0);
	EXPECT_EQ(bug_seen(BUG_DOUBLE_FREE), 0);
	zone_done(t, zone);
}

/* --- frames that are not the caller's to free --- */

static struct page *first_reserved(struct mm_state *mm)
{
	for (pfn_t pfn = 0; pfn < mm->max_pfn; pfn++)
		if (pfn_valid(mm, pfn) &&
		    page_flag(pfn_to_page(pfn), PG_reserved))
			return pfn_to_page(pfn);
	return NULL;
}

TEST(misuse, free_of_a_reserved_frame)
{
	struct page *page = first_reserved(kernel_mm());

	ASSERT_TRUE(page != NULL);
	free_badly(t, BUG_FREE_RESERVED, page, 0);
	EXPECT_FALSE(page_flag(page, PG_quarantined));
}

/* The frame of the zone's other side: reserved for this zone. */
TEST(misuse, free_of_a_frame_beyond_the_border)
{
	WITH_ZONE(2, 8, 100);

	free_badly(t, BUG_FREE_RESERVED, zone_page(zone, 100), 0);
	zone_done(t, zone);
}

/* Past the last frame: in the kernel the load faults and is caught. */
TEST(misuse, free_of_a_wild_pfn)
{
	pfn_t beyond = ALIGN(kernel_mm()->max_pfn, 1UL << 15);

	free_badly(t, BUG_FREE_WILD, pfn_to_page(beyond), 0);
}

TEST(misuse, free_of_a_record_askew)
{
	WITH_ZONE(2, 0, 0);
	struct page *page = alloc_pages_zone(zone, GFP_TEST, 0, 0);

	free_badly(t, BUG_FREE_WILD, (struct page *)((u8 *)page + 8), 0);
	free_pages(page, 0);
	zone_done(t, zone);
}

/*
 *	| 2 - - - |	free(+1): the chunk is kept away, not only its frame
 */
TEST(misuse, free_of_a_tail)
{
	WITH_ZONE(2, 0, 0);
	struct page *page = alloc_pages_zone(zone, GFP_TEST, 2, 0);

	free_badly(t, BUG_FREE_TAIL, page + 1, 0);
	free_pages(page, 2); /* its owner's, later: no second report */
	drain_local_pages(zone);
	EXPECT_EQ(zone->nr_free_pages, zone->managed_pages - 4);
	never_handed_out(t, zone, page + 1);
	EXPECT_FALSE(private_zone_destroy(zone));
}

TEST(misuse, free_with_the_wrong_order)
{
	static const u32 orders[] = { 0,      1,  3,	    10,	    11,
				      16 + 2, 32, 1u << 16, (u32)-1 };

	for (u32 i = 0; i < ARRAY_SIZE(orders); i++) {
		WITH_ZONE(2, 0, 0);
		struct page *page = alloc_pages_zone(zone, GFP_TEST, 2, 0);

		free_badly(t, BUG_FREE_ORDER, page, orders[i]);
		never_handed_out(t, zone, page);
		EXPECT_FALSE(private_zone_destroy(zone));
	}
}

TEST(misuse, free_of_a_page_in_use)
{
	for (u32 how = 0; how < 4; how++) {
		WITH_ZONE(2, 0, 0);
		struct page *page = alloc_pages_zone(zone, GFP_TEST, 0, 0);

		if (how == 0)
			page->mapcount = 0;
		else if (how == 1)
			page->refcount = 2;
		else if (how == 2)
			page_flag_set(page, PG_lru);
		else
			page->kind_order = kind_order(PAGE_SLAB, 0);
		free_badly(t, BUG_FREE_STATE, page, 0);
		never_handed_out(t, zone, page);
		EXPECT_FALSE(private_zone_destroy(zone));
	}
}

/* --- frames that changed while they were free --- */

/*
 * A stray write hits the record of a free frame. Order 3: the other seven go
 * back.
 */
TEST(misuse, free_frame_with_a_bad_record)
{
	for (u32 order = 0; order <= MAX_ORDER; order++) {
		WITH_ZONE(2, 0, 0);
		u64 all = zone->managed_pages;
		struct page *page = alloc_pages_zone(zone, GFP_TEST, order, 0),
			    *other;

		free_pages(page, order);
		drain_local_pages(zone);
		page->refcount = 7;
		expect_bug(BUG_BAD_LIST);
		other = alloc_pages_zone(zone, GFP_TEST, order, 0);
		EXPECT_EQ(bug_seen(BUG_BAD_LIST), 1);
		EXPECT_TRUE(other != page);
		if (other)
			free_pages(other, order);
		EXPECT_EQ(zone->managed_pages, all - 1);
		zone_is_sound(t, zone);
		never_handed_out(t, zone, page);
		zone_done(t, zone);
	}
}

static u8 *bytes_of(const struct page *page)
{
	return page_address(page);
}

TEST(misuse, poison_finds_a_write_to_a_free_frame)
{
	u32 debug = page_debug_on;
	WITH_ZONE(2, 0, 0);
	struct page *page, *other;

	page_debug_set(DEBUG_PAGE_POISON);
	page = alloc_pages_zone(zone, GFP_TEST, 2, 0);
	free_pages(page, 2);
	EXPECT_EQ(bytes_of(page)[0], PAGE_POISON);
	EXPECT_EQ(bytes_of(page)[4 * PAGE_SIZE - 1], PAGE_POISON);
	bytes_of(page + 1)[77] ^= 1;
	expect_bug(BUG_BAD_LIST);
	other = alloc_pages_zone(zone, GFP_TEST, 2, 0);
	EXPECT_EQ(bug_seen(BUG_BAD_LIST), 1);
	ASSERT_TRUE(other != NULL);
	EXPECT_TRUE(other != page);
	free_pages(other, 2);
	never_handed_out(t, zone, page + 1);
	page_debug_set(debug);
	zone_done(t, zone);
}

TEST(misuse, poison_says_nothing_of_untouched_frames)
{
	u32 debug = page_debug_on;
	WITH_ZONE(2, 0, 0);
	struct page *page;

	page_debug_set(DEBUG_PAGE_POISON);
	for (u32 order = 0; order <= MAX_ORDER; order++) {
		page = alloc_pages_zone(zone, GFP_TEST, order, 0);
		bytes_of(page)[0] = 1;
		free_pages(page, order);
		page = alloc_pages_zone(zone, GFP_TEST | __GFP_ZERO, order, 0);
		EXPECT_EQ(bytes_of(page)[0], 0);
		free_pages(page, order);
		drain_local_pages(zone);
	}
	page_debug_set(debug);
	zone_done(t, zone);
}

TEST(misuse, init_on_free_clears)
{
	u32 debug = page_debug_on;
	WITH_ZONE(2, 0, 0);
	struct page *page = alloc_pages_zone(zone, GFP_TEST, 1, 0);

	memset(bytes_of(page), 0x5a, 2 * PAGE_SIZE);
	page_debug_set(DEBUG_INIT_ON_FREE);
	free_pages(page, 1);
	page_debug_set(debug);
	EXPECT_EQ(bytes_of(page)[0], 0);
	EXPECT_EQ(bytes_of(page)[2 * PAGE_SIZE - 1], 0);
	zone_done(t, zone);
}

/* --- requests --- */

static void ask_badly(struct test *t, gfp_t gfp, u32 order)
{
	struct page *page;

	expect_bug(BUG_BAD_REQUEST);
	page = alloc_pages(gfp, order);
	EXPECT_EQ(bug_seen(BUG_BAD_REQUEST), 1);
	EXPECT_TRUE(page == NULL);
}

TEST(misuse, orders_that_do_not_exist)
{
	ask_badly(t, GFP_TEST, MAX_ORDER + 1);
	ask_badly(t, GFP_TEST, (u32)-1);
	ask_badly(t, GFP_TEST, 1u << 16);
}

TEST(misuse, masks_that_contradict_themselves)
{
	static const gfp_t masks[] = {
		__GFP_MOVABLE | __GFP_RECLAIMABLE, __GFP_DMA | __GFP_DMA32,
		__GFP_DMA | __GFP_HIGHMEM,	   __GFP_DMA32 | __GFP_HIGHMEM,
		GFP_NOWAIT | __GFP_NOFAIL,	   1u << 30,
	};
	struct page *pages[4];

	for (u32 i = 0; i < ARRAY_SIZE(masks); i++) {
		ask_badly(t, masks[i], 0);
		ask_badly(t, masks[i], 4);
		expect_bug(BUG_BAD_REQUEST);
		EXPECT_EQ(alloc_pages_bulk(masks[i], 4, pages), 0);
		EXPECT_EQ(bug_seen(BUG_BAD_REQUEST), 1);
	}
}

TEST(misuse, nodes_that_do_not_exist)
{
	static const int nids[] = { -2, MAX_NUMNODES - 1, MAX_NUMNODES,
				    1 << 20 };

	for (u32 i = 0; i < ARRAY_SIZE(nids); i++) {
		expect_bug(BUG_BAD_REQUEST);
		EXPECT_TRUE(alloc_pages_node(nids[i], GFP_TEST, 0) == NULL);
		EXPECT_EQ(bug_seen(BUG_BAD_REQUEST), 1);
	}
}
