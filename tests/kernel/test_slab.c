// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_slab.c - caches and kmalloc: what users may rely on
 *
 *	page   | object 0 | object 1 | ... | object n-1 | tail |   one slab
 *	       ^ aligned  ^ no byte of it is in another object
 *
 * Each test makes caches of its own and ends with slab_check() and with as
 * many free frames as before: stacks flushed, free slabs given back. What
 * kmalloc keeps for a CPU's stacks is taken beforehand.
 */
#include <kernel/main.h>
#include <kernel/point.h>
#include <kernel/test.h>
#include <mm/misuse.h>
#include <mm/page_alloc.h>
#include <mm/page_debug.h>
#include <mm/slab_cache.h>
#include <mm/vmstat.h>

#include "free_frames.h"
#include "random.h"

#define GFP_TEST (GFP_KERNEL | __GFP_NOWARN)

static void *held[2048];

/* Free frames when nothing is kept that nobody uses. */
static struct slab_params saved_params;

/*
 * Each class's stack, and those for stacks: they stay. New caches are plain
 * ones, whatever the command line asked for.
 */
static u64 begin(void)
{
	saved_params = kernel_mm()->slab_params;
	memset(&kernel_mm()->slab_params, 0, sizeof(saved_params));
	for (u32 type = 0; type < NR_KMALLOC_TYPES; type++)
		for (u32 i = 0; i < NR_KMALLOC_CLASSES; i++) {
			struct kmem_cache *s = kmalloc_caches[type][i];

			kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
		}
	/* And that of struct kmem_cache. */
	kmem_cache_destroy(kmem_cache_create("test_begin", 40, 0, SLAB_NO_MERGE,
					     NULL));
	return free_frames_after_purge();
}

static void end(struct test *t, u64 before)
{
	EXPECT_EQ(slab_check(kernel_mm()), 0);
	EXPECT_EQ(free_frames_after_purge(), before);
	kernel_mm()->slab_params = saved_params;
}

static bool all_bytes_are(const void *from, u8 byte, size_t nr)
{
	const u8 *b = from;

	for (size_t i = 0; i < nr; i++)
		if (b[i] != byte)
			return false;
	return true;
}

/* --- kmalloc --- */

TEST(slab, every_class_is_found_by_size)
{
	u32 index = 0;

	for (size_t size = 1; size <= KMALLOC_MAX_CACHE_SIZE; size++) {
		while (kmalloc_class_size(index) < size)
			index++;
		if (kmalloc_index(size) != index)
			test_fail(t, __FILE__, __LINE__,
				  "%lu bytes: class %u, not %u", size,
				  kmalloc_index(size), index);
	}
}

TEST(slab, kmalloc_gives_each_size_its_room)
{
	u64 before = begin();

	for (size_t size = 1; size <= 4 * KMALLOC_MAX_CACHE_SIZE;
	     size += size / 7 + 1) {
		u8 *a = __kmalloc(size, GFP_KERNEL);
		u8 *b = __kmalloc(size, GFP_KERNEL);

		ASSERT_TRUE(a && b);
		EXPECT_GE(ksize(a), size);
		EXPECT_LE(ksize(a), max(2 * size, (size_t)8));
		memset(a, 0xa1, ksize(a));
		memset(b, 0xb2, ksize(b));
		EXPECT_TRUE(all_bytes_are(a, 0xa1, ksize(a)));
		kfree(a);
		EXPECT_TRUE(all_bytes_are(b, 0xb2, ksize(b)));
		kfree(b);
	}
	end(t, before);
}

TEST(slab, powers_of_two_are_aligned)
{
	u64 before = begin();

	for (u32 i = 0; i < NR_KMALLOC_CLASSES; i++) {
		u32 size = kmalloc_class_size(i), nr = 40;
		u64 align = size & (size - 1) ? 8 : min(size, (u32)PAGE_SIZE);

		for (u32 n = 0; n < nr; n++) {
			held[n] = __kmalloc(size, GFP_KERNEL);
			EXPECT_TRUE(IS_ALIGNED((u64)held[n], align));
		}
		for (u32 n = 0; n < nr; n++)
			kfree(held[n]);
	}
	end(t, before);
}

TEST(slab, nothing_and_too_much_are_no_memory)
{
	u64 before = begin();

	EXPECT_TRUE(__kmalloc(0, GFP_KERNEL) == ZERO_SIZE_PTR);
	EXPECT_TRUE(kmalloc_array(UINT64_MAX / 2, 4, GFP_KERNEL) == NULL);
	EXPECT_TRUE(__kmalloc(PAGE_SIZE << (MAX_ORDER + 1), GFP_TEST) == NULL);
	EXPECT_EQ(ksize(ZERO_SIZE_PTR), 0);
	kfree(ZERO_SIZE_PTR);
	kfree(NULL);
	end(t, before);
}

TEST(slab, zeroed_memory_is_zero_however_it_is_got)
{
	static const size_t sizes[] = { 8, 100, 4096, 20000 };
	u64 before = begin();

	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++)
		for (u32 round = 0; round < 3; round++) {
			void *p = kzalloc(sizes[i], GFP_KERNEL);

			ASSERT_TRUE(p != NULL);
			EXPECT_TRUE(all_bytes_are(p, 0, ksize(p)));
			memset(p, 0xff, ksize(p));
			kfree(p);
		}
	end(t, before);
}

TEST(slab, krealloc_keeps_the_content)
{
	u64 before = begin();
	u8 *p = kmalloc(20, GFP_KERNEL), *same;

	ASSERT_TRUE(p != NULL);
	memset(p, 0x42, 20);
	same = krealloc(p, 30, GFP_KERNEL);
	EXPECT_TRUE(same == p);
	p = krealloc(p, 5000, GFP_KERNEL);
	ASSERT_TRUE(p != NULL);
	EXPECT_TRUE(all_bytes_are(p, 0x42, 20));
	p = krealloc(p, 100000, GFP_KERNEL);
	ASSERT_TRUE(p != NULL);
	EXPECT_TRUE(all_bytes_are(p, 0x42, 20));
	EXPECT_TRUE(krealloc(p, 0, GFP_KERNEL) == ZERO_SIZE_PTR);
	p = krealloc(NULL, 10, GFP_KERNEL);
	EXPECT_TRUE(p != NULL);
	kfree(p);
	end(t, before);
}

TEST(slab, krealloc_that_shrank_grows_into_zeroes)
{
	u64 before = begin();
	u8 *p = kzalloc(60, GFP_KERNEL);

	ASSERT_TRUE(p != NULL);
	memset(p, 0x77, 60);
	p = krealloc(p, 40, GFP_KERNEL | __GFP_ZERO);
	p = krealloc(p, 60, GFP_KERNEL | __GFP_ZERO);
	EXPECT_TRUE(all_bytes_are(p, 0x77, 40));
	EXPECT_TRUE(all_bytes_are(p + 40, 0, 20));
	kfree(p);
	end(t, before);
}

TEST(slab, pages_are_charged_as_the_mask_says)
{
	u64 before = begin();
	void *plain = __kmalloc(100, GFP_KERNEL);
	void *reclaimable = __kmalloc(100, GFP_KERNEL | __GFP_RECLAIMABLE);
	void *low = __kmalloc(100, GFP_KERNEL | GFP_DMA);

	ASSERT_TRUE(plain && reclaimable && low);
	EXPECT_EQ(page_charge(object_head(plain)), MIGRATE_UNMOVABLE);
	EXPECT_EQ(page_charge(object_head(reclaimable)), MIGRATE_RECLAIMABLE);
	EXPECT_EQ(page_zone(object_head(low))->type, ZONE_DMA);
	EXPECT_LT(0, slab_nr_pages(kernel_mm(), NUMA_NO_NODE, true));
	kfree(plain);
	kfree(reclaimable);
	kfree(low);
	end(t, before);
}

/* --- caches --- */

TEST(slab, objects_of_any_size_and_alignment_do_not_overlap)
{
	static const u32 aligns[] = { 0, 16, 64, 256, 4096 };
	u64 before = begin();

	for (u32 size = 1; size < 9000; size += size / 3 + 1)
		for (u32 a = 0; a < ARRAY_SIZE(aligns); a++) {
			struct kmem_cache *s = kmem_cache_create(
				"test", size, aligns[a], SLAB_NO_MERGE, NULL);
			u32 nr = 20;

			ASSERT_TRUE(s != NULL);
			for (u32 i = 0; i < nr; i++) {
				held[i] = kmem_cache_alloc(s, GFP_KERNEL);
				EXPECT_TRUE(IS_ALIGNED((u64)held[i],
						       max(aligns[a], 8u)));
				memset(held[i], (int)i, size);
			}
			for (u32 i = 0; i < nr; i++) {
				EXPECT_TRUE(all_bytes_are(held[i], (u8)i,
							  size));
				kmem_cache_free(s, held[i]);
			}
			kmem_cache_destroy(s);
		}
	end(t, before);
}

TEST(slab, hardware_alignment_crosses_no_line)
{
	u64 before = begin();
	struct kmem_cache *s = kmem_cache_create(
		"test", 24, 0, SLAB_HWCACHE_ALIGN | SLAB_NO_MERGE, NULL);
	struct kmem_cache *l = kmem_cache_create(
		"test", 100, 0, SLAB_HWCACHE_ALIGN | SLAB_NO_MERGE, NULL);

	ASSERT_TRUE(s && l);
	EXPECT_EQ(s->size, 32);
	EXPECT_EQ(l->size, 128);
	kmem_cache_destroy(s);
	kmem_cache_destroy(l);
	end(t, before);
}

static u32 nr_constructed;

struct constructed {
	u64 magic;
	u64 uses;
	u64 rest[5];
};

static void construct(void *object)
{
	struct constructed *c = object;

	c->magic = 0xc0ffee;
	c->uses = 0;
	memset(c->rest, 0x11, sizeof(c->rest));
	nr_constructed++;
}

TEST(slab, constructor_runs_once_for_each_object)
{
	u64 before = begin();
	struct kmem_cache *s = kmem_cache_create(
		"test_ctor", sizeof(struct constructed), 0, 0, construct);
	u64 uses = 0;

	ASSERT_TRUE(s != NULL);
	nr_constructed = 0;
	s->min_partial = 1000; /* the slabs stay */
	for (u32 round = 0; round < 3; round++) {
		for (u32 i = 0; i < 500; i++) {
			struct constructed *c = kmem_cache_alloc(s, GFP_KERNEL);

			ASSERT_TRUE(c != NULL);
			EXPECT_EQ(c->magic, 0xc0ffee);
			EXPECT_TRUE(all_bytes_are(c->rest, 0x11,
						  sizeof(c->rest)));
			uses = max(uses, ++c->uses);
			held[i] = c;
		}
		for (u32 i = 0; i < 500; i++)
			kmem_cache_free(s, held[i]);
	}
	/* Used again without the constructor. */
	EXPECT_EQ(uses, 3);
	EXPECT_GE(nr_constructed, 500);
	EXPECT_LT(nr_constructed, 600);
	kmem_cache_destroy(s);
	end(t, before);
}

TEST(slab, like_caches_are_one)
{
	u64 before = begin();
	struct kmem_cache *a = kmem_cache_create("a", 320, 0, 0, NULL);
	struct kmem_cache *b = kmem_cache_create("b", 316, 0, 0, NULL);
	struct kmem_cache *other[] = {
		kmem_cache_create("size", 400, 0, 0, NULL),
		kmem_cache_create("ctor", 320, 0, 0, construct),
		kmem_cache_create("charge", 320, 0, SLAB_RECLAIM_ACCOUNT, NULL),
		kmem_cache_create("checked", 320, 0, SLAB_RED_ZONE, NULL),
		kmem_cache_create("alone", 320, 0, SLAB_NO_MERGE, NULL),
		kmem_cache_create("align", 320, 64, 0, NULL),
	};
	void *object;

	ASSERT_TRUE(a && a == b);
	EXPECT_EQ(a->refcount, 2);
	for (u32 i = 0; i < ARRAY_SIZE(other); i++)
		EXPECT_TRUE(other[i] && other[i] != a);
	/* The second user keeps it. */
	object = kmem_cache_alloc(b, GFP_KERNEL);
	kmem_cache_destroy(a);
	kmem_cache_free(b, object);
	kmem_cache_destroy(b);
	for (u32 i = 0; i < ARRAY_SIZE(other); i++)
		kmem_cache_destroy(other[i]);
	end(t, before);
}

TEST(slab, what_makes_no_cache_is_told)
{
	EXPECT_TRUE(kmem_cache_create("", 8, 0, 0, NULL) == NULL);
	EXPECT_TRUE(kmem_cache_create("x", 0, 0, 0, NULL) == NULL);
	EXPECT_TRUE(kmem_cache_create("x", 8, 24, 0, NULL) == NULL);
	EXPECT_TRUE(kmem_cache_create("x", 1 << 20, 0, 0, NULL) == NULL);
}

TEST(slab, bulk_gives_all_or_nothing)
{
	u64 before = begin();
	struct kmem_cache *s =
		kmem_cache_create("test", 72, 0, SLAB_NO_MERGE, NULL);
	u32 nr = 1000;

	ASSERT_TRUE(s != NULL);
	ASSERT_EQ(kmem_cache_alloc_bulk(s, GFP_KERNEL | __GFP_ZERO, nr, held),
		  nr);
	for (u32 i = 0; i < nr; i++) {
		EXPECT_TRUE(all_bytes_are(held[i], 0, 72));
		memset(held[i], (int)i, 72);
	}
	for (u32 i = 0; i < nr; i++)
		EXPECT_TRUE(all_bytes_are(held[i], (u8)i, 72));
	kmem_cache_free_bulk(s, nr, held);
	kmem_cache_shrink(s);
	point_enable("fail_page_alloc", POINT_HOOK);
	point_fail_nth("fail_page_alloc", 6);
	nr = kmem_cache_alloc_bulk(s, GFP_TEST, 1000, held);
	point_disable("fail_page_alloc");
	if (nr)
		kmem_cache_free_bulk(s, nr, held);
	EXPECT_TRUE(nr == 0 || nr == 1000);
	EXPECT_EQ(slab_check(kernel_mm()), 0);
	kmem_cache_destroy(s);
	end(t, before);
}

TEST(slab, a_node_is_honoured)
{
	struct mm_state *mm = kernel_mm();
	u64 before = begin();
	struct kmem_cache *s =
		kmem_cache_create("test", 72, 0, SLAB_NO_MERGE, NULL);

	ASSERT_TRUE(s != NULL);
	for (int nid = 0; nid < MAX_NUMNODES; nid++) {
		if (!mm->nodes[nid].node_present_pages)
			continue;
		for (u32 i = 0; i < 200; i++) {
			held[i] = kmem_cache_alloc_node(
				s, GFP_KERNEL | __GFP_THISNODE, nid);
			ASSERT_TRUE(held[i] != NULL);
			EXPECT_EQ(page_zone(object_head(held[i]))->nid, nid);
		}
		kmem_cache_free_bulk(s, 200, held);
		held[0] = kmalloc_node(3000, GFP_KERNEL, nid);
		EXPECT_EQ(page_zone(virt_to_page(held[0]))->nid, nid);
		kfree(held[0]);
	}
	kmem_cache_destroy(s);
	end(t, before);
}

/* --- the slabs behind --- */

/* Slabs are used up before new ones are made, and go back beyond a few. */
TEST(slab, free_slabs_go_back)
{
	u64 before = begin();
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
	end(t, before);
}

TEST(slab, a_page_knows_its_free_objects)
{
	u64 before = begin();
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
	end(t, before);
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

TEST(slab, totals_are_what_the_page_records_say)
{
	u64 before = begin();
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
	end(t, before);
}

TEST(slab, shrink_puts_the_fullest_first)
{
	u64 before = begin();
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
	end(t, before);
}

TEST(slab, init_on_free_leaves_zeroes)
{
	u64 before = begin();
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
	end(t, before);
}

/* --- every failure in turn --- */

static bool use_a_cache(void)
{
	struct kmem_cache *s =
		kmem_cache_create("test", 300, 0, SLAB_NO_MERGE, NULL);
	bool ok = s && kmem_cache_alloc_bulk(s, GFP_TEST, 100, held) == 100;

	if (ok)
		kmem_cache_free_bulk(s, 100, held);
	if (s)
		kmem_cache_destroy(s);
	return ok;
}

static bool use_kmalloc(void)
{
	void *a = __kmalloc(700, GFP_TEST), *b, *c;

	b = a ? krealloc(a, 3000, GFP_TEST) : NULL;
	c = b ? krealloc(b, 30000, GFP_TEST | __GFP_ZERO) : NULL;
	kfree(c ? c : b ? b : a);
	return c != NULL;
}

/*
 * Until the point is passed less than nth times. A failure may go unnoticed: a
 * large slab that there isn't leads to a small one.
 */
static u32 fail_each(struct test *t, const char *point, bool (*operation)(void),
		     u64 before)
{
	const struct point *p = point_find(point);
	u64 hits;
	u32 nth = 0;
	bool ok;

	do {
		EXPECT_EQ(free_frames_after_purge(), before);
		point_fail_nth(point, ++nth);
		hits = p->hits;
		ok = operation();
		hits = p->hits - hits;
		point_disable(point);
		EXPECT_EQ(slab_check(kernel_mm()), 0);
	} while (hits >= nth && nth < 1000);
	EXPECT_TRUE(ok);
	EXPECT_EQ(free_frames_after_purge(), before);
	return nth - 1;
}

TEST(slab, cache_survives_each_failure)
{
	u64 before = begin();

	EXPECT_LE(1, fail_each(t, "fail_page_alloc", use_a_cache, before));
	EXPECT_LE(2, fail_each(t, "kmem_cache_alloc", use_a_cache, before));
	end(t, before);
}

TEST(slab, kmalloc_survives_each_failure)
{
	u64 before = begin();

	EXPECT_LE(2, fail_each(t, "fail_page_alloc", use_kmalloc, before));
	EXPECT_LE(2, fail_each(t, "kmem_cache_alloc", use_kmalloc, before));
	end(t, before);
}

/* Traces see each object come and go, however fast it goes. */
static void count_call(void *ctx, const u64 *values __unused, u32 nr __unused)
{
	++*(u32 *)ctx;
}

TEST(slab, points_see_every_object)
{
	static const char *const names[] = { "kmem_cache_alloc",
					     "kmem_cache_free", "kfree" };
	u32 calls[ARRAY_SIZE(names)] = { 0 };
	u64 before = begin();
	struct kmem_cache *s =
		kmem_cache_create("test", 72, 0, SLAB_NO_MERGE, NULL);

	ASSERT_TRUE(s != NULL);
	for (u32 i = 0; i < ARRAY_SIZE(names); i++)
		point_callback(names[i], count_call, &calls[i]);
	for (u32 i = 0; i < 100; i++)
		held[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (u32 i = 0; i < 100; i++)
		i % 2 ? kfree(held[i]) : kmem_cache_free(s, held[i]);
	for (u32 i = 0; i < ARRAY_SIZE(names); i++)
		point_disable(names[i]);
	EXPECT_EQ(calls[0], 100);
	EXPECT_EQ(calls[1], 50);
	EXPECT_EQ(calls[2], 50);
	kmem_cache_destroy(s);
	end(t, before);
}

/* --- random operations --- */

/*
 * Whoever holds an object wrote its own number all over it: an object handed
 * out twice, or two that overlap, lose one number.
 */
static struct model {
	struct rng rng;
	struct kmem_cache *cache[4];
	struct {
		u8 *object;
		u32 size;
		s32 cache; /* -1: kmalloc */
		u8 stamp;
	} slot[ARRAY_SIZE(held)];
} m;

static void fill(u32 i)
{
	m.slot[i].cache = (s32)rng_below(&m.rng, 8) - 4;
	m.slot[i].stamp = (u8)rng_next(&m.rng);
	if (m.slot[i].cache >= 0) {
		struct kmem_cache *s = m.cache[m.slot[i].cache];

		m.slot[i].size = kmem_cache_size(s);
		m.slot[i].object = kmem_cache_alloc(s, GFP_TEST);
	} else {
		u32 bits = rng_below(&m.rng, 14);

		m.slot[i].cache = -1;
		m.slot[i].size = (1u << bits) + rng_below(&m.rng, 1u << bits);
		m.slot[i].object = __kmalloc(m.slot[i].size, GFP_TEST);
	}
	if (m.slot[i].object)
		memset(m.slot[i].object, m.slot[i].stamp, m.slot[i].size);
}

static bool empty(u32 i)
{
	bool good = all_bytes_are(m.slot[i].object, m.slot[i].stamp,
				  m.slot[i].size);

	if (m.slot[i].cache >= 0)
		kmem_cache_free(m.cache[m.slot[i].cache], m.slot[i].object);
	else
		kfree(m.slot[i].object);
	m.slot[i].object = NULL;
	return good;
}

TEST(slab, random_use_keeps_all_contents)
{
	static const u32 sizes[] = { 24, 136, 700, 3000 };
	u32 ops = 100000 * test_scale(), slots;
	u64 before = begin(), seed = 0x51ab;

	test_note(t, "seed 0x%lx", seed);
	m.rng.state = seed;
	/* Half of a small machine. */
	slots = (u32)clamp(before / 8, 64UL, (u64)ARRAY_SIZE(held));
	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		m.cache[i] = kmem_cache_create("test", sizes[i], 0,
					       SLAB_NO_MERGE, NULL);
		ASSERT_TRUE(m.cache[i] != NULL);
	}
	for (u32 op = 0; op < ops; op++) {
		u32 i = rng_below(&m.rng, slots);

		if (m.slot[i].object)
			EXPECT_TRUE(empty(i));
		else
			fill(i);
		if (rng_below(&m.rng, 5000) == 0)
			slab_shrink_all(kernel_mm());
		if (rng_below(&m.rng, 5000) == 0)
			EXPECT_EQ(slab_check(kernel_mm()), 0);
	}
	for (u32 i = 0; i < slots; i++)
		if (m.slot[i].object)
			EXPECT_TRUE(empty(i));
	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++)
		kmem_cache_destroy(m.cache[i]);
	end(t, before);
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

TEST(slab, check_finds_each_broken_field)
{
	u64 before = begin();
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
	end(t, before);
}
