// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_slab_use.c - caches and kmalloc in use: each failure in
 * turn, points, and at random against a model of all contents
 */
#include <kernel/point.h>

#include "free_frames.h"
#include "random.h"
#include "slab_fixture.h"

static void *held[2048];

#define GFP_TEST (GFP_KERNEL | __GFP_NOWARN)

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

TEST(slab_use, cache_survives_each_failure)
{
	u64 before = slab_test_begin();

	EXPECT_LE(1, fail_each(t, "fail_page_alloc", use_a_cache, before));
	EXPECT_LE(2, fail_each(t, "kmem_cache_alloc", use_a_cache, before));
	slab_test_end(t, before);
}

TEST(slab_use, kmalloc_survives_each_failure)
{
	u64 before = slab_test_begin();

	EXPECT_LE(2, fail_each(t, "fail_page_alloc", use_kmalloc, before));
	EXPECT_LE(2, fail_each(t, "kmem_cache_alloc", use_kmalloc, before));
	slab_test_end(t, before);
}

/* Traces see each object come and go, however fast it goes. */
static void count_call(void *ctx, const u64 *values __unused, u32 nr __unused)
{
	++*(u32 *)ctx;
}

TEST(slab_use, points_see_every_object)
{
	static const char *const names[] = { "kmem_cache_alloc",
					     "kmem_cache_free", "kfree" };
	u32 calls[ARRAY_SIZE(names)] = { 0 };
	u64 before = slab_test_begin();
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
	slab_test_end(t, before);
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

TEST(slab_use, random_use_keeps_all_contents)
{
	static const u32 sizes[] = { 24, 136, 700, 3000 };
	u32 ops = 100000 * test_scale(), slots;
	u64 before = slab_test_begin(), seed = 0x51ab;

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
	slab_test_end(t, before);
}
