// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_slab.c - caches and kmalloc: what users may rely on
 *
 *	page   | object 0 | object 1 | ... | object n-1 | tail |   one slab
 *	       ^ aligned  ^ no byte of it is in another object
 */
#include <kernel/point.h>
#include <mm/misuse.h>
#include <mm/page_alloc.h>

#include "slab_fixture.h"

static void *held[2048];

#define GFP_TEST (GFP_KERNEL | __GFP_NOWARN)

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
	u64 before = slab_test_begin();

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
	slab_test_end(t, before);
}

TEST(slab, powers_of_two_are_aligned)
{
	u64 before = slab_test_begin();

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
	slab_test_end(t, before);
}

TEST(slab, nothing_and_too_much_are_no_memory)
{
	u64 before = slab_test_begin();

	EXPECT_TRUE(__kmalloc(0, GFP_KERNEL) == ZERO_SIZE_PTR);
	EXPECT_TRUE(kmalloc_array(UINT64_MAX / 2, 4, GFP_KERNEL) == NULL);
	EXPECT_TRUE(__kmalloc(PAGE_SIZE << (MAX_ORDER + 1), GFP_TEST) == NULL);
	EXPECT_EQ(ksize(ZERO_SIZE_PTR), 0);
	kfree(ZERO_SIZE_PTR);
	kfree(NULL);
	slab_test_end(t, before);
}

TEST(slab, zeroed_memory_is_zero_however_it_is_got)
{
	static const size_t sizes[] = { 8, 100, 4096, 20000 };
	u64 before = slab_test_begin();

	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++)
		for (u32 round = 0; round < 3; round++) {
			void *p = kzalloc(sizes[i], GFP_KERNEL);

			ASSERT_TRUE(p != NULL);
			EXPECT_TRUE(all_bytes_are(p, 0, ksize(p)));
			memset(p, 0xff, ksize(p));
			kfree(p);
		}
	slab_test_end(t, before);
}

TEST(slab, krealloc_keeps_the_content)
{
	u64 before = slab_test_begin();
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
	slab_test_end(t, before);
}

TEST(slab, krealloc_that_shrank_grows_into_zeroes)
{
	u64 before = slab_test_begin();
	u8 *p = kzalloc(60, GFP_KERNEL);

	ASSERT_TRUE(p != NULL);
	memset(p, 0x77, 60);
	p = krealloc(p, 40, GFP_KERNEL | __GFP_ZERO);
	p = krealloc(p, 60, GFP_KERNEL | __GFP_ZERO);
	EXPECT_TRUE(all_bytes_are(p, 0x77, 40));
	EXPECT_TRUE(all_bytes_are(p + 40, 0, 20));
	kfree(p);
	slab_test_end(t, before);
}

TEST(slab, pages_are_charged_as_the_mask_says)
{
	u64 before = slab_test_begin();
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
	slab_test_end(t, before);
}

/* --- caches --- */

TEST(slab, objects_of_any_size_and_alignment_do_not_overlap)
{
	static const u32 aligns[] = { 0, 16, 64, 256, 4096 };
	u64 before = slab_test_begin();

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
	slab_test_end(t, before);
}

TEST(slab, hardware_alignment_crosses_no_line)
{
	u64 before = slab_test_begin();
	struct kmem_cache *s = kmem_cache_create(
		"test", 24, 0, SLAB_HWCACHE_ALIGN | SLAB_NO_MERGE, NULL);
	struct kmem_cache *l = kmem_cache_create(
		"test", 100, 0, SLAB_HWCACHE_ALIGN | SLAB_NO_MERGE, NULL);

	ASSERT_TRUE(s && l);
	EXPECT_EQ(s->size, 32);
	EXPECT_EQ(l->size, 128);
	kmem_cache_destroy(s);
	kmem_cache_destroy(l);
	slab_test_end(t, before);
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
	u64 before = slab_test_begin();
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
	slab_test_end(t, before);
}

TEST(slab, like_caches_are_one)
{
	u64 before = slab_test_begin();
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
	slab_test_end(t, before);
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
	u64 before = slab_test_begin();
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
	slab_test_end(t, before);
}

TEST(slab, a_node_is_honoured)
{
	struct mm_state *mm = kernel_mm();
	u64 before = slab_test_begin();
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
	slab_test_end(t, before);
}
