// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_page_alloc.c - masks to zones, bulk, split, references,
 * zeroing, refusal, and every failure in turn
 *
 * What concerns one zone runs in a private one; the walk over nodes needs the
 * machine's own, whose counts must be the same at the end.
 */
#include <kernel/point.h>
#include <mm/gfp.h>
#include <mm/misuse.h>
#include <mm/page_debug.h>
#include <mm/watermark.h>

#include "zone_fixture.h"

#define GFP_TEST (GFP_KERNEL | __GFP_NOWARN)

/* Free frames of the machine, stacks drained. */
static u64 free_frames(void)
{
	struct mm_state *mm = kernel_mm();
	struct zone *zone;
	u64 sum = 0;

	vmalloc_purge(); /* the slow path does, too */
	drain_all_pages(mm, NULL);
	for_each_populated_zone(mm, zone)
		sum += zone->nr_free_pages;
	return sum;
}

/* --- over nodes --- */

static int other_node(void)
{
	struct mm_state *mm = kernel_mm();

	for (int nid = 0; nid < MAX_NUMNODES; nid++)
		if (nid != this_cpu_read(cpu_nid) && mm->nodes[nid].online &&
		    mm->nodes[nid].node_present_pages > MAX_ORDER_NR_PAGES)
			return nid;
	return NUMA_NO_NODE;
}

TEST(page_alloc, a_node_is_served_from_its_own_memory)
{
	u64 before = free_frames();
	struct page *page;
	int nid = other_node();

	if (nid == NUMA_NO_NODE)
		SKIP("one node only");
	page = alloc_pages_node(nid, GFP_TEST, 3);
	ASSERT_TRUE(page != NULL);
	EXPECT_EQ(page_zone(page)->nid, nid);
	free_pages(page, 3);
	page = alloc_pages_node(NUMA_NO_NODE, GFP_TEST, 3);
	ASSERT_TRUE(page != NULL);
	EXPECT_EQ(page_zone(page)->nid, this_cpu_read(cpu_nid));
	free_pages(page, 3);
	EXPECT_EQ(free_frames(), before);
}

/*
 *	node 0 exhausted	__GFP_THISNODE: NULL; else: node 1's
 */
TEST(page_alloc, thisnode_stays_and_others_go_on)
{
	static struct page *taken[1024];
	u64 before = free_frames();
	struct page *page;
	u32 nr = 0;

	if (other_node() == NUMA_NO_NODE)
		SKIP("one node only");
	while (nr < ARRAY_SIZE(taken) &&
	       (taken[nr] = alloc_pages(GFP_TEST | __GFP_THISNODE, MAX_ORDER)))
		EXPECT_EQ(page_zone(taken[nr++])->nid, this_cpu_read(cpu_nid));
	if (nr < ARRAY_SIZE(taken)) {
		page = alloc_pages(GFP_TEST, MAX_ORDER);
		ASSERT_TRUE(page != NULL);
		EXPECT_NE(page_zone(page)->nid, this_cpu_read(cpu_nid));
		free_pages(page, MAX_ORDER);
	}
	while (nr)
		free_pages(taken[--nr], MAX_ORDER);
	EXPECT_EQ(free_frames(), before);
}

/* Low zones serve only who asks for them or below. */
TEST(page_alloc, zone_bits_limit_the_address)
{
	struct page *page = alloc_pages(GFP_DMA | __GFP_NOWARN, 0);

	if (!page)
		SKIP("no DMA zone with room");
	EXPECT_LT(page_to_pfn(page), 16UL * MiB / PAGE_SIZE);
	EXPECT_EQ(page_zone(page)->type, ZONE_DMA);
	free_pages(page, 0);
	page = alloc_pages(GFP_DMA32 | __GFP_NOWARN, 0);
	ASSERT_TRUE(page != NULL);
	EXPECT_LE(page_zone(page)->type, ZONE_DMA32);
	free_pages(page, 0);
}

/* --- bulk --- */

static struct page *bulk[300];

TEST(page_alloc, bulk_fills_the_array_with_different_pages)
{
	u64 before = free_frames();
	u32 nr = alloc_pages_bulk(GFP_TEST, ARRAY_SIZE(bulk), bulk);

	EXPECT_EQ(nr, ARRAY_SIZE(bulk));
	for (u32 i = 0; i < nr; i++) {
		EXPECT_EQ(bulk[i]->kind_order, kind_order(PAGE_KERNEL, 0));
		EXPECT_EQ(bulk[i]->refcount, 1);
		bulk[i]->private_data = i; /* the last one wins */
	}
	for (u32 i = 0; i < nr; i++) {
		EXPECT_EQ(bulk[i]->private_data, i);
		bulk[i]->private_data = 0;
		free_pages(bulk[i], 0);
	}
	EXPECT_EQ(free_frames(), before);
}

TEST(page_alloc, bulk_of_none)
{
	EXPECT_EQ(alloc_pages_bulk(GFP_TEST, 0, bulk), 0);
}

TEST(page_alloc, bulk_zeroes)
{
	u32 nr;

	bulk[0] = alloc_pages(GFP_TEST, 0);
	ASSERT_TRUE(bulk[0] != NULL);
	memset(page_address(bulk[0]), 0xff, PAGE_SIZE);
	free_pages(bulk[0], 0);
	nr = alloc_pages_bulk(GFP_TEST | __GFP_ZERO, 8, bulk);
	EXPECT_EQ(nr, 8);
	for (u32 i = 0; i < nr; i++) {
		EXPECT_EQ(*(u64 *)page_address(bulk[i]), 0);
		free_pages(bulk[i], 0);
	}
}

TEST(page_alloc, bulk_of_a_node_comes_from_there)
{
	struct mm_state *mm = kernel_mm();
	u64 before = free_frames();
	struct zone *zone;

	for (int nid = 0; nid < 2; nid++) {
		u64 hits = 0;
		u32 nr;

		if (!mm->nodes[nid].node_present_pages)
			continue;
		nr = alloc_pages_bulk_node(nid, GFP_HIGHUSER_MOVABLE,
					   ARRAY_SIZE(bulk), bulk);
		EXPECT_EQ(nr, ARRAY_SIZE(bulk));
		for (u32 i = 0; i < nr; i++) {
			hits += page_zone(bulk[i])->nid == nid;
			EXPECT_EQ(bulk[i]->refcount, 1);
			EXPECT_EQ(bulk[i]->kind_order,
				  kind_order(PAGE_KERNEL, 0));
		}
		EXPECT_EQ(hits, nr);
		EXPECT_EQ(free_pages_bulk_prepare(bulk, nr), nr);
		free_pages_bulk(bulk, nr);
	}
	EXPECT_EQ(free_frames(), before);
	for_each_populated_zone(mm, zone)
		EXPECT_EQ(zone_check_all(mm, zone), 0);
}

/* More than a stack holds, of two charges, in turns. */
TEST(page_alloc, bulk_free_takes_any_charge_and_number)
{
	u64 before = free_frames();
	u32 nr = 0;

	for (u32 round = 0; round < 8; round++) {
		for (nr = 0; nr < ARRAY_SIZE(bulk); nr++) {
			bulk[nr] = alloc_pages(
				nr / 7 % 2 ? GFP_TEST : GFP_HIGHUSER_MOVABLE, 0);
			if (!bulk[nr])
				break;
		}
		EXPECT_EQ(free_pages_bulk_prepare(bulk, nr), nr);
		for (u32 i = 0; i < nr; i++)
			EXPECT_EQ(bulk[i]->kind_order, 0);
		free_pages_bulk(bulk, nr);
	}
	EXPECT_EQ(nr, ARRAY_SIZE(bulk));
	EXPECT_EQ(free_frames(), before);
}

TEST(page_alloc, bulk_free_leaves_a_wrong_one_out)
{
	struct page *pages[3];

	for (u32 i = 0; i < 3; i++) {
		pages[i] = alloc_pages(GFP_TEST, 0);
		ASSERT_TRUE(pages[i] != NULL);
	}
	free_pages(pages[1], 0);
	expect_bug(BUG_DOUBLE_FREE);
	EXPECT_EQ(free_pages_bulk_prepare(pages, 3), 2);
	EXPECT_EQ(bug_seen(BUG_DOUBLE_FREE), 1);
	free_pages_bulk(pages, 2);
}

/* --- pages --- */

TEST(page_alloc, zero_clears_dirty_frames_of_every_order)
{
	u64 before = free_frames();

	for (u32 order = 0; order <= MAX_ORDER; order++) {
		struct page *page = alloc_pages(GFP_TEST, order);
		u64 size = PAGE_SIZE << order, i = 0;
		const u64 *words;

		ASSERT_TRUE(page != NULL);
		memset(page_address(page), 0xff, size);
		free_pages(page, order);
		page = alloc_pages(GFP_TEST | __GFP_ZERO, order);
		ASSERT_TRUE(page != NULL);
		words = page_address(page);
		while (i < size / sizeof(u64) && !words[i])
			i++;
		EXPECT_EQ(i, size / sizeof(u64));
		free_pages(page, order);
	}
	EXPECT_EQ(free_frames(), before);
}

/*
 *	| 3 - - - - - - - |  ->  | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 |
 */
TEST(page_alloc, split_pages_are_freed_alone)
{
	WITH_ZONE(2, 0, 0);
	struct page *page =
		alloc_pages_zone(zone, GFP_TEST | __GFP_RECLAIMABLE, 3, 0);

	split_page(page, 3);
	for (u32 i = 0; i < 8; i++) {
		EXPECT_EQ(page_order(page + i), 0);
		EXPECT_EQ(page_charge(page + i), MIGRATE_RECLAIMABLE);
	}
	zone_is_sound(t, zone);
	for (u32 i = 8; i-- > 0;)
		free_pages(page + i, 0);
	zone_done(t, zone);
}

TEST(page_alloc, the_last_reference_frees)
{
	WITH_ZONE(2, 0, 0);
	struct page *page = alloc_pages_zone(zone, GFP_TEST, 2, 0);

	page->refcount = 3;
	put_page(page);
	put_page(page);
	EXPECT_EQ(page->refcount, 1);
	EXPECT_EQ(page_order(page), 2);
	put_page(page);
	EXPECT_EQ(page->refcount, 0);
	EXPECT_EQ(page->kind_order, 0);
	zone_done(t, zone);
}

TEST(page_alloc, head_of_each_frame)
{
	struct mm_state *mm = kernel_mm();

	for (u32 order = 0; order <= MAX_ORDER; order++) {
		WITH_ZONE(2, 0, 0);
		struct page *page = alloc_pages_zone(zone, GFP_TEST, order, 0);
		pfn_t pfn = page_to_pfn(page);

		for (pfn_t p = pfn; p < pfn + (1UL << order); p++)
			EXPECT_TRUE(page_head(mm, p) == page);
		if (order < MAX_ORDER)
			EXPECT_TRUE(page_head(mm, pfn + (1UL << order)) == NULL);
		free_pages(page, order);
		EXPECT_TRUE(page_head(mm, pfn) == NULL);
		zone_done(t, zone);
	}
}

/* Linux's balance: from CMA while it has more than half of what is free. */
TEST(page_alloc, cma_serves_while_it_has_most)
{
	WITH_ZONE(2, 0, 0);
	struct page *a, *b, *c;

	LOCKED(zone, freelist_retype(zone, zone_block(zone, 0), MIGRATE_CMA));
	a = alloc_pages_zone(zone, GFP_TEST | __GFP_MOVABLE, 8, ALLOC_CMA);
	EXPECT_EQ(place_of_page(zone, a), 512); /* just half: not more */
	b = alloc_pages_zone(zone, GFP_TEST | __GFP_MOVABLE, 8, ALLOC_CMA);
	EXPECT_EQ(place_of_page(zone, b), 0); /* 512 of 768 */
	c = alloc_pages_zone(zone, GFP_TEST, 8, 0);
	EXPECT_EQ(place_of_page(zone, c), 768);
	EXPECT_TRUE(alloc_pages_zone(zone, GFP_TEST, 8, 0) == NULL);
	free_pages(a, 8);
	free_pages(b, 8);
	free_pages(c, 8);
	zone_done(t, zone);
}

/* --- refusal --- */

static u32 calls;
static u32 order_of_calls[4]; /* who was called first, second, ... */

static struct page *fake_compact(const struct alloc_context *ac __unused,
				 u32 alloc_flags __unused,
				 enum compact_priority prio __unused,
				 enum compact_result *result)
{
	order_of_calls[calls++ & 3] = 1;
	*result = COMPACT_NO_SUITABLE_PAGE;
	return NULL;
}

static bool fake_reclaim(struct mm_state *mm __unused, gfp_t gfp __unused,
			 u32 order __unused)
{
	order_of_calls[calls++ & 3] = 2;
	return false;
}

static bool fake_oom(struct mm_state *mm __unused, gfp_t gfp __unused,
		     u32 order __unused)
{
	order_of_calls[calls++ & 3] = 3;
	return false;
}

/* What every zone has above its marks is made to nothing. */
static void raise_marks(struct mm_state *mm, u64 by)
{
	struct zone *zone;

	for_each_populated_zone(mm, zone)
		for (u32 w = 0; w < NR_WMARK; w++)
			zone->watermark[w] += by;
}

/* Each of them asks: compaction, then reclaim, then the killer. */
TEST(page_alloc, the_slow_path_goes_by_rank)
{
	struct mm_state *mm = kernel_mm();
	struct slowpath_ops ops = mm->slowpath;
	u64 before = free_frames();

	mm->slowpath.compact = fake_compact;
	mm->slowpath.reclaim = fake_reclaim;
	mm->slowpath.oom = fake_oom;
	raise_marks(mm, 1UL << 40);
	calls = 0;
	EXPECT_TRUE(alloc_pages(GFP_TEST, 3) == NULL);
	EXPECT_EQ(calls, 3);
	for (u32 i = 0; i < 3; i++)
		EXPECT_EQ(order_of_calls[i], i + 1);
	/* Order 0 needs no compaction; beyond order 3 nobody is killed. */
	calls = 0;
	EXPECT_TRUE(alloc_pages(GFP_TEST, 0) == NULL);
	EXPECT_EQ(order_of_calls[0], 2);
	calls = 0;
	EXPECT_TRUE(alloc_pages(GFP_TEST, 4) == NULL);
	EXPECT_EQ(calls, 2);
	calls = 0;
	EXPECT_TRUE(alloc_pages(GFP_TEST | __GFP_NORETRY, 3) == NULL);
	EXPECT_EQ(calls, 2);
	/* Nor for one node's sake, when others may have plenty. */
	calls = 0;
	EXPECT_TRUE(alloc_pages(GFP_TEST | __GFP_THISNODE, 0) == NULL);
	EXPECT_EQ(calls, 1);
	EXPECT_EQ(order_of_calls[0], 2);
	/* Who may not wait gets none of it. */
	calls = 0;
	EXPECT_TRUE(alloc_pages(GFP_NOWAIT, 3) == NULL);
	EXPECT_EQ(calls, 0);
	raise_marks(mm, -(1UL << 40));
	mm->slowpath = ops;
	EXPECT_EQ(free_frames(), before);
}

/* A free block of the node becomes a reserve; its zone, or NULL. */
static struct zone *reserve_a_block(int nid)
{
	struct page *page = alloc_pages_node(nid, GFP_TEST, pageblock_order);
	struct zone *zone;

	if (!page)
		return NULL;
	zone = page_zone(page);
	LOCKED(zone,
	       freelist_retype(zone, pfn_pageblock(zone, page_to_pfn(page)),
			       MIGRATE_HIGHATOMIC));
	free_pages(page, pageblock_order);
	free_frames(); /* it may lie on a stack */
	return zone;
}

/*
 * Above the marks there is nothing left. Who may not wait can't have others'
 * reserves dissolved either: that is a step of reclaim.
 */
TEST(page_alloc, who_may_not_wait_leaves_the_reserve_alone)
{
	struct zone *zone = reserve_a_block(NUMA_NO_NODE);
	struct mm_state *mm = kernel_mm();

	ASSERT_TRUE(zone != NULL);
	raise_marks(mm, 1UL << 40);
	EXPECT_TRUE(alloc_pages(GFP_NOWAIT, 0) == NULL);
	EXPECT_EQ(zone->nr_reserved_highatomic, pageblock_nr_pages);
	EXPECT_TRUE(alloc_pages(GFP_TEST, 0) == NULL);
	EXPECT_EQ(zone->nr_reserved_highatomic, 0);
	raise_marks(mm, -(1UL << 40));
}

TEST(page_alloc, a_reserve_that_the_request_may_not_use_stays)
{
	struct mm_state *mm = kernel_mm();
	int nid = other_node();
	struct zone *zone;

	if (nid == NUMA_NO_NODE)
		SKIP("one node only");
	zone = reserve_a_block(nid);
	ASSERT_TRUE(zone != NULL);
	raise_marks(mm, 1UL << 40);
	EXPECT_TRUE(alloc_pages_node(this_cpu_read(cpu_nid),
				     GFP_TEST | __GFP_THISNODE, 0) == NULL);
	EXPECT_EQ(zone->nr_reserved_highatomic, pageblock_nr_pages);
	EXPECT_TRUE(alloc_pages_node(nid, GFP_TEST | __GFP_THISNODE, 0) == NULL);
	EXPECT_EQ(zone->nr_reserved_highatomic, 0);
	raise_marks(mm, -(1UL << 40));
}

TEST(page_alloc, memalloc_ignores_marks_unless_forbidden)
{
	struct mm_state *mm = kernel_mm();
	struct page *page;

	free_frames(); /* stacks empty: their frames have passed the marks */
	raise_marks(mm, 1UL << 40);
	EXPECT_TRUE(alloc_pages(GFP_TEST | __GFP_MEMALLOC | __GFP_NOMEMALLOC,
				0) == NULL);
	page = alloc_pages(GFP_TEST | __GFP_MEMALLOC, 0);
	EXPECT_TRUE(page != NULL);
	if (page)
		free_pages(page, 0);
	raise_marks(mm, -(1UL << 40));
}

static void boost_all(struct mm_state *mm, u64 boost)
{
	struct zone *zone;

	free_frames();
	for_each_populated_zone(mm, zone)
		zone->watermark_boost = boost;
}

static void fake_wake(struct zone *zone __unused, u32 order __unused)
{
	calls++;
}

/* A boost asks for early reclaim. Nobody is there to do it: it ends. */
TEST(page_alloc, a_boost_makes_no_request_fail)
{
	struct mm_state *mm = kernel_mm();
	struct slowpath_ops ops = mm->slowpath;
	struct page *page;

	memset(&mm->slowpath, 0, sizeof(mm->slowpath));
	boost_all(mm, 1UL << 40);
	page = alloc_pages(GFP_TEST, 0);
	EXPECT_TRUE(page != NULL);
	if (page) {
		EXPECT_EQ(page_zone(page)->watermark_boost, 0);
		free_pages(page, 0);
	}
	boost_all(mm, 0);
	mm->slowpath = ops;
}

/* While it is worked off, urgent single frames go by the plain mark. */
TEST(page_alloc, urgent_frames_do_not_wait_for_the_boost)
{
	struct mm_state *mm = kernel_mm();
	struct slowpath_ops ops = mm->slowpath;
	struct page *page;

	memset(&mm->slowpath, 0, sizeof(mm->slowpath));
	mm->slowpath.wake_kswapd = fake_wake;
	calls = 0;
	boost_all(mm, 1UL << 40);
	EXPECT_TRUE(alloc_pages(GFP_TEST, 0) == NULL);
	EXPECT_TRUE(alloc_pages(GFP_ATOMIC | __GFP_NOWARN, 1) == NULL);
	page = alloc_pages(GFP_ATOMIC | __GFP_NOWARN, 0);
	EXPECT_TRUE(page != NULL);
	if (page)
		free_pages(page, 0);
	EXPECT_LT(0, calls);
	boost_all(mm, 0);
	mm->slowpath = ops;
}

/* --- every failure in turn --- */

static struct page *got[8];

static bool alloc_one(u32 order, gfp_t gfp)
{
	got[0] = alloc_pages(gfp, order);
	if (got[0])
		free_pages(got[0], order);
	return got[0] != NULL;
}

/* The bulk's own way out: a shorter array. */
static bool alloc_bulk(u32 nr, gfp_t gfp)
{
	u32 done = alloc_pages_bulk(gfp, nr, got);

	for (u32 i = 0; i < done; i++)
		free_pages(got[i], 0);
	return done == nr;
}

static bool make_zone(u32 nr_blocks, gfp_t gfp __unused)
{
	struct zone *zone = private_zone_create(nr_blocks, 0, 0);

	return zone && private_zone_destroy(zone);
}

/* Fail the 1st, 2nd, ... allocation until the operation needs no more. */
static u32 fail_each(struct test *t, bool (*operation)(u32 n, gfp_t gfp), u32 n,
		     gfp_t gfp)
{
	u64 before = free_frames();
	u32 nth = 0;
	bool ok;

	do {
		free_frames(); /* stacks empty: the fast path can't fail */
		point_fail_nth("fail_page_alloc", ++nth);
		ok = operation(n, gfp);
		point_disable("fail_page_alloc");
		EXPECT_EQ(free_frames(), before);
	} while (!ok && nth < 1000);
	EXPECT_TRUE(ok);
	return nth - 1;
}

TEST(page_alloc, every_order_and_type_survives_a_failure)
{
	static const gfp_t types[] = { 0, __GFP_MOVABLE, __GFP_RECLAIMABLE };

	for (u32 i = 0; i < ARRAY_SIZE(types); i++)
		for (u32 order = 0; order <= MAX_ORDER; order++)
			EXPECT_EQ(fail_each(t, alloc_one, order,
					    GFP_TEST | types[i]),
				  1);
}

TEST(page_alloc, bulk_survives_each_failure)
{
	EXPECT_LE(1, fail_each(t, alloc_bulk, 8, GFP_TEST));
}

TEST(page_alloc, private_zone_survives_each_failure)
{
	struct mm_state *mm = kernel_mm();
	struct zone *zone;

	if (machine_is_small() && !make_zone(8, 0))
		SKIP("too little memory to borrow such a zone");
	EXPECT_LE(4, fail_each(t, make_zone, 8, 0));
	for_each_populated_zone(mm, zone)
		EXPECT_EQ(zone_check_all(mm, zone), 0);
}
