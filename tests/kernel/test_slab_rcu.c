// SPDX-License-Identifier: MIT
#include <kernel/rcu.h>
#include <kernel/test.h>
#include <mm/page_alloc.h>
#include <mm/slab_cache.h>

static bool is_slab_of(const void *object, const struct kmem_cache *s)
{
	const struct page *page = virt_to_page(object);

	return page_flag(page, PG_slab) && page->mapping == s;
}

/*
 *	object freed, its cache shrunk		here a reader may stand on it
 *	a grace period				its page is somebody else's
 */
TEST(slab_rcu, pages_stay_for_a_grace_period)
{
	struct kmem_cache *s = kmem_cache_create("test_typesafe", 200, 0,
						 SLAB_TYPESAFE_BY_RCU, NULL);
	u64 *object;

	ASSERT_TRUE(s);
	object = kmem_cache_alloc(s, GFP_KERNEL);
	ASSERT_TRUE(object);
	memset(object, 0x5c, 200);
	rcu_read_lock();
	kmem_cache_free(s, object);
	EXPECT_GT(kmem_cache_shrink(s), 0);
	EXPECT_TRUE(is_slab_of(object, s));
	/* Not even the link of the free ones lies in it. */
	for (u32 i = 0; i < 200 / sizeof(u64); i++)
		EXPECT_EQ(object[i], 0x5c5c5c5c5c5c5c5cUL);
	rcu_read_unlock();
	rcu_barrier();
	EXPECT_FALSE(is_slab_of(object, s));
	EXPECT_EQ(slab_check(mm_active), 0);
	kmem_cache_destroy(s);
}

TEST(slab_rcu, a_cache_is_destroyed_after_its_last_pages)
{
	for (u32 i = 0; i < 4; i++) {
		struct kmem_cache *s = kmem_cache_create(
			"test_typesafe", 1000, 0, SLAB_TYPESAFE_BY_RCU, NULL);
		void *objects[40];

		ASSERT_TRUE(s);
		ASSERT_EQ(kmem_cache_alloc_bulk(s, GFP_KERNEL, 40, objects), 40);
		kmem_cache_free_bulk(s, 40, objects);
		kmem_cache_destroy(s);
		EXPECT_FALSE(is_slab_of(objects[0], s));
	}
	EXPECT_EQ(slab_check(mm_active), 0);
}

TEST(slab_rcu, typesafe_caches_are_not_merged)
{
	struct kmem_cache *plain = kmem_cache_create("test_a", 104, 0, 0, NULL);
	struct kmem_cache *s =
		kmem_cache_create("test_b", 104, 0, SLAB_TYPESAFE_BY_RCU, NULL);

	ASSERT_TRUE(plain && s);
	EXPECT_TRUE(plain != s);
	kmem_cache_destroy(s);
	kmem_cache_destroy(plain);
}

/* The callback runs on the CPU that queued it, whose stack gives it again. */
static void free_and_find_again(struct test *t, size_t size, size_t at)
{
	char *object = kmalloc(size, GFP_KERNEL), *again;

	ASSERT_TRUE(object);
	kfree_rcu_head((struct rcu_head *)(object + at));
	again = kmalloc(size, GFP_KERNEL);
	EXPECT_TRUE(again != object);
	kfree(again);
	rcu_barrier();
	again = kmalloc(size, GFP_KERNEL);
	EXPECT_TRUE(again == object);
	kfree(again);
}

TEST(slab_rcu, kfree_rcu_finds_the_object_around_the_head)
{
	if (mm_active->slab_params.debug_flags)
		SKIP("which object comes next is not told with slab_debug=");
	free_and_find_again(t, 16, 0);
	free_and_find_again(t, 96, 80);
	free_and_find_again(t, 192, 8);
	free_and_find_again(t, 4096, 4080);
	free_and_find_again(t, 8192, 5000);
}

TEST(slab_rcu, kfree_rcu_frees_pages)
{
	char *object = kmalloc(5 * PAGE_SIZE, GFP_KERNEL);
	struct page *page;

	ASSERT_TRUE(object);
	page = virt_to_page(object);
	kfree_rcu_head((struct rcu_head *)(object + 4 * PAGE_SIZE + 64));
	EXPECT_NE(page->kind_order, 0);
	rcu_barrier();
	EXPECT_EQ(page->kind_order, 0);
}
