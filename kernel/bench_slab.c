// SPDX-License-Identifier: MIT
/*
 * kernel/bench_slab.c - what kmalloc and kmem_cache_alloc cost
 *
 *	kmalloc64_pair	     kmalloc(64) and its kfree(), the size a constant
 *	kmalloc4096_pair     the same, a page
 *	kmalloc_sized_pair   a size that the compiler does not know (64)
 *	kmem_cache_pair	     a cache of its own, 200 bytes
 *	kmem_cache_wipe_pair the same under init_on_free: 25 of the words that a
 *			     memset writes count as instructions
 *	kmalloc64_burst	     1,000 taken, given back in order; per object,
 *			     refills, flushes and new slabs included
 *
 * NAME_drained: the caches' stacks are flushed and free slabs given back
 * before each round, and timed after it.
 */
#include <kernel/bench.h>
#include <kernel/main.h>
#include <mm/mm_state.h>
#include <mm/page_debug.h>
#include <mm/slab.h>

#define PAIRS 1000u
#define BURST 1000u

static void *burst[BURST];

static void begin(const struct bench_run *r)
{
	if (r->drained)
		slab_shrink_all(kernel_mm());
}

static void end(struct bench_run *r, struct kmem_cache *s)
{
	if (r->drained)
		BENCH_TIME(r, BENCH_DRAIN, 1, kmem_cache_shrink(s));
}

/* The size must be a constant where kmalloc() is called. */
#define KMALLOC_PAIRS(name, index, size)                                       \
	static void name(struct bench_run *r)                                  \
	{                                                                      \
		for (u32 i = 0; i < PAIRS && !r->failure; i++) {               \
			void *object;                                          \
									       \
			begin(r);                                              \
			BENCH_TIME(r, BENCH_ALLOC, 1,                          \
				   object = kmalloc(size, GFP_KERNEL));        \
			if (!object)                                           \
				bench_fail(r, "out of memory");                \
			BENCH_TIME(r, BENCH_FREE, 1, kfree(object));           \
			end(r, kmalloc_caches[KMALLOC_NORMAL][index]);         \
		}                                                              \
	}

static volatile size_t size_64 = 64;

KMALLOC_PAIRS(run_kmalloc64, kmalloc_index(64), 64)
KMALLOC_PAIRS(run_kmalloc4096, kmalloc_index(4096), 4096)
KMALLOC_PAIRS(run_kmalloc_sized, kmalloc_index(64), size_64)

static void cache_pairs(struct bench_run *r, struct kmem_cache *s)
{
	for (u32 i = 0; i < PAIRS && !r->failure; i++) {
		void *object;

		begin(r);
		BENCH_TIME(r, BENCH_ALLOC, 1,
			   object = kmem_cache_alloc(s, GFP_KERNEL));
		if (!object) {
			bench_fail(r, "out of memory");
			return;
		}
		BENCH_TIME(r, BENCH_FREE, 1, kmem_cache_free(s, object));
		end(r, s);
	}
}

static void run_cache(struct bench_run *r)
{
	u32 debug = page_debug_on;
	struct kmem_cache *s;

	if (r->bench->arg)
		page_debug_set(debug | DEBUG_INIT_ON_FREE);
	s = kmem_cache_create("bench", 200, 0, SLAB_NO_MERGE, NULL);
	page_debug_set(debug);
	if (!s) {
		bench_fail(r, "no cache");
		return;
	}
	cache_pairs(r, s);
	kmem_cache_destroy(s);
}

static void run_burst(struct bench_run *r)
{
	u32 nr = 0;

	begin(r);
	for (void *object; nr < BURST; nr++) {
		BENCH_TIME(r, BENCH_ALLOC, 1, object = kmalloc(64, GFP_KERNEL));
		if (!object) {
			bench_fail(r, "out of memory");
			break;
		}
		burst[nr] = object;
	}
	for (u32 i = 0; i < nr; i++) {
		void *object = burst[i];

		BENCH_TIME(r, BENCH_FREE, 1, kfree(object));
	}
	end(r, kmalloc_caches[KMALLOC_NORMAL][kmalloc_index(64)]);
}

BENCH(kmalloc64_pair, run_kmalloc64, 0);
BENCH(kmalloc4096_pair, run_kmalloc4096, 0);
BENCH(kmalloc_sized_pair, run_kmalloc_sized, 0);
BENCH(kmem_cache_pair, run_cache, 0);
BENCH(kmem_cache_wipe_pair, run_cache, 1);
BENCH(kmalloc64_burst, run_burst, 0);
