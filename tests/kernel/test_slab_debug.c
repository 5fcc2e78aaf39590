// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_slab_debug.c - each misuse of an object is named
 *
 *	| red cc | payload           | red cc | free ptr | owners |
 *	       -1^0               n-1 n^      what the tests write to
 *
 * expect_bug() lets a test survive the report. What was damaged is never
 * handed out again; with its cache its pages come back.
 */
#include <kernel/errno.h>
#include <kernel/main.h>
#include <kernel/test.h>
#include <mm/misuse.h>
#include <mm/page_alloc.h>
#include <mm/slab_cache.h>

#define SIZE 100u

static u64 frames(void)
{
	struct mm_state *mm = kernel_mm();
	struct zone *zone;
	u64 nr = 0;

	vmalloc_purge(); /* the slow path does, too */
	slab_shrink_all(mm);
	drain_all_pages(mm, NULL);
	for_each_populated_zone(mm, zone)
		nr += zone->nr_free_pages;
	return nr;
}

static struct kmem_cache *make(u32 flags)
{
	return kmem_cache_create("test_debug", SIZE, 0, flags | SLAB_NO_MERGE,
				 NULL);
}

static struct slab_params saved_params;

/*
 * One cache before counting: what kmalloc keeps for a stack is there then. The
 * command line's checks are left out: each test has its own.
 */
static u64 begin(void)
{
	struct kmem_cache *s;

	saved_params = kernel_mm()->slab_params;
	memset(&kernel_mm()->slab_params, 0, sizeof(saved_params));
	s = make(0);

	kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
	kmem_cache_destroy(s);
	return frames();
}

static void end(struct test *t, struct kmem_cache *s, u64 before)
{
	EXPECT_EQ(slab_check(kernel_mm()), 0);
	kmem_cache_destroy(s);
	EXPECT_EQ(slab_check(kernel_mm()), 0);
	EXPECT_EQ(frames(), before);
	kernel_mm()->slab_params = saved_params;
}

/* Take and give back 100 objects: `bad` is none of them. */
static void never_again(struct test *t, struct kmem_cache *s, const void *bad)
{
	static void *objects[100];

	ASSERT_EQ(kmem_cache_alloc_bulk(s, GFP_KERNEL, 100, objects), 100);
	for (u32 i = 0; i < 100; i++)
		EXPECT_TRUE(objects[i] != bad);
	kmem_cache_free_bulk(s, 100, objects);
}

TEST(slab_debug, right_use_is_not_reported)
{
	static const u32 flags[] = { SLAB_CONSISTENCY_CHECKS, SLAB_RED_ZONE,
				     SLAB_POISON, SLAB_STORE_USER,
				     SLAB_DEBUG_FLAGS };

	for (u32 i = 0; i < ARRAY_SIZE(flags); i++) {
		u64 before = begin();
		struct kmem_cache *s = make(flags[i]);

		ASSERT_TRUE(s != NULL);
		for (u32 round = 0; round < 3; round++) {
			u8 *object = kmem_cache_alloc(s, GFP_KERNEL);

			ASSERT_TRUE(object != NULL);
			memset(object, 0xff, SIZE);
			never_again(t, s, object);
			kmem_cache_free(s, object);
		}
		end(t, s, before);
	}
}

TEST(slab_debug, overrun_on_each_side)
{
	static const s32 at[] = { -1, SIZE, SIZE + 3, -8 };

	for (u32 i = 0; i < ARRAY_SIZE(at); i++) {
		u64 before = begin();
		struct kmem_cache *s = make(SLAB_DEBUG_FLAGS);
		u8 *object = kmem_cache_alloc(s, GFP_KERNEL);

		ASSERT_TRUE(object != NULL);
		object[at[i]] = 0;
		expect_bug(BUG_SLAB_REDZONE);
		kmem_cache_free(s, object);
		EXPECT_EQ(bug_seen(BUG_SLAB_REDZONE), 1);
		never_again(t, s, object);
		end(t, s, before);
	}
}

TEST(slab_debug, use_after_free)
{
	static const u32 at[] = { 0, SIZE / 2, SIZE - 1 };

	for (u32 i = 0; i < ARRAY_SIZE(at); i++) {
		u64 before = begin();
		struct kmem_cache *s = make(SLAB_POISON | SLAB_STORE_USER);
		u8 *object = kmem_cache_alloc(s, GFP_KERNEL);

		ASSERT_TRUE(object != NULL);
		EXPECT_EQ(object[0], 0x5a);
		kmem_cache_free(s, object);
		EXPECT_EQ(object[0], 0x6b);
		object[at[i]] ^= 1;
		expect_bug(BUG_SLAB_POISON);
		never_again(t, s, object);
		EXPECT_EQ(bug_seen(BUG_SLAB_POISON), 1);
		end(t, s, before);
	}
}

TEST(slab_debug, double_free_at_once)
{
	u64 before = begin();
	struct kmem_cache *s = make(SLAB_CONSISTENCY_CHECKS | SLAB_STORE_USER);
	void *a = kmem_cache_alloc(s, GFP_KERNEL);
	void *b = kmem_cache_alloc(s, GFP_KERNEL);

	ASSERT_TRUE(a && b);
	kmem_cache_free(s, a);
	kmem_cache_free(s, b);
	expect_bug(BUG_SLAB_DOUBLE_FREE);
	kmem_cache_free(s, a);
	EXPECT_EQ(bug_seen(BUG_SLAB_DOUBLE_FREE), 1);
	end(t, s, before);
}

TEST(slab_debug, what_is_no_object)
{
	u64 before = begin();
	struct kmem_cache *s = make(SLAB_CONSISTENCY_CHECKS);
	u8 *object = kmem_cache_alloc(s, GFP_KERNEL);
	struct page *page = alloc_pages(GFP_KERNEL, 0);

	ASSERT_TRUE(object && page);
	expect_bug(BUG_SLAB_WILD);
	kmem_cache_free(s, object + 8);
	kmem_cache_free(kmalloc_caches[0][2], object);
	kmem_cache_free(s, page_address(page));
	kfree((u8 *)page_address(page) + 8);
	EXPECT_EQ(bug_seen(BUG_SLAB_WILD), 4);
	free_pages(page, 0);
	kmem_cache_free(s, object);
	end(t, s, before);
}

/* --- without any check --- */

TEST(slab_debug, double_free_of_the_hottest_object_in_any_build)
{
	u64 before = begin();
	struct kmem_cache *s = make(0);
	void *object = kmem_cache_alloc(s, GFP_KERNEL);

	ASSERT_TRUE(object != NULL);
	kmem_cache_free(s, object);
	expect_bug(BUG_SLAB_DOUBLE_FREE);
	kmem_cache_free(s, object);
	EXPECT_EQ(bug_seen(BUG_SLAB_DOUBLE_FREE), 1);
	end(t, s, before);
}

/* Also when the stack was just flushed: then it heads its slab. */
TEST(slab_debug, double_free_after_a_flush_in_any_build)
{
	u64 before = begin();
	struct kmem_cache *s = make(0);
	void *object = kmem_cache_alloc(s, GFP_KERNEL);

	ASSERT_TRUE(object != NULL);
	s->wipe = 0; /* zeroing would cut the slab's list, to be found later */
	kmem_cache_free(s, object);
	slab_drain_local(s);
	expect_bug(BUG_SLAB_DOUBLE_FREE);
	kmem_cache_free(s, object);
	slab_drain_local(s);
	EXPECT_EQ(bug_seen(BUG_SLAB_DOUBLE_FREE), 1);
	end(t, s, before);
}

TEST(slab_debug, write_to_a_free_object_breaks_the_list)
{
	u64 before = begin();
	struct kmem_cache *s = make(0);
	void *object = kmem_cache_alloc(s, GFP_KERNEL);

	ASSERT_TRUE(object != NULL);
	kmem_cache_free(s, object);
	slab_drain_local(s);
	*slab_free_pointer(s, object) = (u8 *)object + 1;
	expect_bug(BUG_SLAB_CORRUPT);
	never_again(t, s, (u8 *)object + 1);
	EXPECT_EQ(bug_seen(BUG_SLAB_CORRUPT), 1);
	end(t, s, before);
}

TEST(slab_debug, a_cache_in_use_is_not_destroyed)
{
	u64 before = begin();
	struct kmem_cache *s = make(0);
	void *object = kmem_cache_alloc(s, GFP_KERNEL);

	ASSERT_TRUE(object != NULL);
	expect_bug(BUG_SLAB_IN_USE);
	kmem_cache_destroy(s);
	EXPECT_EQ(bug_seen(BUG_SLAB_IN_USE), 1);
	kmem_cache_free(s, object);
	end(t, s, before);
}

/* --- the boot word --- */

TEST(slab_debug, boot_word_names_checks_and_caches)
{
	struct slab_params p = { .debug_flags = 0 };

	EXPECT_EQ(slab_param_debug(&p, ""), 0);
	EXPECT_EQ(p.debug_flags, SLAB_DEBUG_FLAGS);
	EXPECT_EQ(slab_param_debug(&p, "fz,kmalloc-*"), 0);
	EXPECT_EQ(p.debug_flags, SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE);
	EXPECT_STREQ(p.debug_glob, "kmalloc-*");
	EXPECT_EQ(slab_param_debug(&p, "FX"), -EINVAL);
	EXPECT_EQ(slab_param_debug(&p, "-"), 0);
	EXPECT_EQ(p.debug_flags, 0);
}

TEST(slab_debug, boot_word_checks_the_caches_it_names)
{
	struct slab_params *p = &kernel_mm()->slab_params;
	u64 before = begin();
	struct kmem_cache *s, *other;

	EXPECT_EQ(slab_param_debug(p, "P,test_*"), 0);
	s = kmem_cache_create("test_poison", SIZE, 0, 0, NULL);
	other = kmem_cache_create("plain", SIZE, 0, SLAB_NO_MERGE, NULL);
	ASSERT_TRUE(s && other);
	EXPECT_EQ(s->flags & SLAB_DEBUG_FLAGS, SLAB_POISON);
	EXPECT_EQ(other->flags & SLAB_DEBUG_FLAGS, 0);
	kmem_cache_destroy(other);
	end(t, s, before);
}
