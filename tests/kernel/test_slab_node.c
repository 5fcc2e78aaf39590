// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_slab_node.c - the slabs behind: when they come and go, what
 * their records say, and the checker of all that
 */
#include <mm/page_alloc.h>
#include <mm/page_debug.h>
#include <mm/vmstat.h>

#include "random.h"
#include "slab_fixture.h"

static void *held[2048];

/* --- the slabs behind --- */

/* Slabs are used up before new ones are made, and go back beyond a few. */
TEST(slab_node, free_slabs_go_back)
{
	u64 before = slab_test_begin();
	struct kmem_cache *s =
		kmem_cache_create("test", 512, 0, SLAB_NO_MERGE, NULL);
	struct slab_info info = { .nr_slabs = 0 };
	u32 nr = 1000, nth = 0;

	ASSERT_TRUE(s != NULL);
	ASSERT_EQ(kmem_cache_alloc_bulk(s, GFP_KERNEL, nr, held), nr);
	while (slab_get_info(kernel_mm(), nth, &info) &&
	       strcmp(info.name, "test"))
		nth++;
	EXPECT_LE(info.nr_slabs, nr / info.objects + 4);
	kmem_cache_free_bulk(s, nr, held);
	ASSERT_TRUE(slab_get_info(kernel_mm(), nth, &info));
	EXPECT_LE(info.nr_empty,
		  (u64)(s->min_partial + 1) * kernel_mm()->slab->nr_nodes);
	kmem_cache_shrink(s);
	ASSERT_TRUE(slab_get_info(kernel_mm(), nth, &info));
	EXPECT_EQ(info.nr_slabs, 0);
	kmem_cache_destroy(s);
	slab_test_end(t, before);
}

TEST(slab_node, a_page_knows_its_free_objects)
{
	u64 before = slab_test_begin();
	struct kmem_cache *s =
		kmem_cache_create("test", 512, 0, SLAB_NO_MERGE, NULL);
	const struct page *head;

	ASSERT_TRUE(s != NULL);
	ASSERT_EQ(kmem_cache_alloc_bulk(s, GFP_KERNEL, 100, held), 100);
	slab_drain_local(s);
	head = object_head(held[50]);
	/* 4 KiB or more: the order grows with the number of CPUs. */
	EXPECT_EQ(slab_nr_objects(head), PAGE_SIZE << s->order >> 9);
	EXPECT_EQ(slab_nr_free(head), 0);
	kmem_cache_free(s, held[50]);
	slab_drain_local(s);
	EXPECT_EQ(slab_nr_free(head), 1);
	held[50] = held[99];
	kmem_cache_free_bulk(s, 99, held);
	kmem_cache_destroy(s);
	slab_test_end(t, before);
}

static u64 slab_pages_by_record(void)
{
	struct mm_state *mm = kernel_mm();
	struct zone *zone;
	u64 nr = 0;

	for_each_populated_zone(mm, zone)
		for (pfn_t pfn = zone->zone_start_pfn;
		     pfn < zone_end_pfn(zone); pfn++)
			nr += pfn_valid(mm, pfn) &&
			      page_flag(pfn_to_page(pfn), PG_slab) &&
			      page_zone(pfn_to_page(pfn)) == zone;
	return nr;
}

TEST(slab_node, totals_are_what_the_page_records_say)
{
	u64 before = slab_test_begin();
	void *plain = __kmalloc(2000, GFP_KERNEL);
	void *reclaimable = __kmalloc(300, GFP_KERNEL | __GFP_RECLAIMABLE);
	struct page_totals totals;

	ASSERT_TRUE(plain && reclaimable);
	count_pages(kernel_mm(), NUMA_NO_NODE, &totals);
	EXPECT_LT(0, totals.slab_reclaimable);
	EXPECT_EQ(totals.slab_reclaimable + totals.slab_unreclaimable,
		  slab_pages_by_record());
	kfree(plain);
	kfree(reclaimable);
	slab_test_end(t, before);
}

TEST(slab_node, shrink_puts_the_fullest_first)
{
	u64 before = slab_test_begin();
	struct kmem_cache *s =
		kmem_cache_create("test", 512, 0, SLAB_NO_MERGE, NULL);
	struct rng rng = { .state = 42 };

	ASSERT_TRUE(s != NULL);
	ASSERT_EQ(kmem_cache_alloc_bulk(s, GFP_KERNEL, 400, held), 400);
	for (u32 i = 0; i < 400; i++)
		if (rng_below(&rng, 2)) {
			kmem_cache_free(s, held[i]);
			held[i] = NULL;
		}
	kmem_cache_shrink(s);
	for (u32 n = 0; n < kernel_mm()->slab->nr_nodes; n++) {
		const struct page *head;
		u32 last = 0;

		list_for_each_entry(head, &s->node[n].partial, lru) {
			EXPECT_LE(last, slab_nr_free(head));
			last = slab_nr_free(head);
		}
	}
	for (u32 i = 0; i < 400; i++)
		if (held[i])
			kmem_cache_free(s, held[i]);
	kmem_cache_destroy(s);
	slab_test_end(t, before);
}

TEST(slab_node, init_on_free_leaves_zeroes)
{
	u64 before = slab_test_begin();
	u32 debug = page_debug_on;
	struct kmem_cache *s;

	page_debug_set(debug | DEBUG_INIT_ON_FREE);
	s = kmem_cache_create("test", 200, 0, SLAB_NO_MERGE, NULL);
	ASSERT_TRUE(s != NULL);
	/* The slabs stay: what comes back was an object before. */
	s->min_partial = 1000;
	for (u32 round = 0; round < 4; round++) {
		ASSERT_EQ(kmem_cache_alloc_bulk(s, GFP_KERNEL, 300, held), 300);
		for (u32 i = 0; i < 300; i++) {
			/* New slabs are of frames that nobody wiped. */
			if (round)
				EXPECT_TRUE(all_bytes_are(held[i], 0, 200));
			memset(held[i], 0xee, 200);
		}
		for (u32 i = 0; i < 300; i++) {
			kmem_cache_free(s, held[i]);
			/* At once, not when the stack is flushed. */
			EXPECT_TRUE(round > 0 ||
				    all_bytes_are(held[i], 0, 64));
		}
	}
	kmem_cache_destroy(s);
	page_debug_set(debug);
	slab_test_end(t, before);
}

/* --- the checker --- */

static void finds_one(struct test *t, u64 *field, u64 wrong)
{
	u64 right = *field;

	*field = wrong;
	EXPECT_EQ(slab_check(kernel_mm()), 1);
	*field = right;
	EXPECT_EQ(slab_check(kernel_mm()), 0);
}

TEST(slab_node, check_finds_each_broken_field)
{
	u64 before = slab_test_begin();
	struct kmem_cache *s =
		kmem_cache_create("test", 1024, 0, SLAB_NO_MERGE, NULL);
	struct slab_node *n;
	struct page *head;

	ASSERT_TRUE(s != NULL);
	held[0] = kmem_cache_alloc(s, GFP_KERNEL);
	slab_drain_local(s);
	head = object_head(held[0]);
	n = slab_node_of(s, head);
	finds_one(t, &n->nr_partial, 2);
	finds_one(t, &n->nr_empty, 2);
	finds_one(t, &n->nr_slabs, 2);
	finds_one(t, &n->nr_pages, 1);
	finds_one(t, &n->nr_objects, 3);
	finds_one(t, &n->nr_free, 3);
	finds_one(t, (u64 *)&head[1].mapping, 0);
	finds_one(t, &head[1].index, 7);
	/* One object of the list is lost. */
	finds_one(t, &head->private_data,
		  (u64)*slab_free_pointer(s, (void *)head->private_data));
	kmem_cache_free(s, held[0]);
	kmem_cache_destroy(s);
	slab_test_end(t, before);
}
