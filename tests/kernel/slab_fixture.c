// SPDX-License-Identifier: MIT
/*
 * tests/kernel/slab_fixture.c - how tests of the slab allocator begin and end
 */
#include "slab_fixture.h"

#include "free_frames.h"

static struct slab_params saved_params;

u64 slab_test_begin(void)
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

void slab_test_end(struct test *t, u64 before)
{
	EXPECT_EQ(slab_check(kernel_mm()), 0);
	EXPECT_EQ(free_frames_after_purge(), before);
	kernel_mm()->slab_params = saved_params;
}

bool all_bytes_are(const void *from, u8 byte, size_t nr)
{
	const u8 *b = from;

	for (size_t i = 0; i < nr; i++)
		if (b[i] != byte)
			return false;
	return true;
}
