// SPDX-License-Identifier: MIT
/*
 * mm/kmalloc.c - memory by size: classes up to 8 KiB, pages beyond
 *
 *	kmalloc(50)     -> class 64, a cache like any other
 *	kmalloc(9000)   -> 4 pages of the page allocator
 *	kfree(p)        -> the record of p's page: PG_slab says which it was,
 *	                   `mapping` names the cache
 *
 * A size known to the compiler picks its class there (kmalloc() in slab.h).
 * Powers of two lie at multiples of themselves, up to a page.
 */
#include <kernel/point.h>
#include <kernel/sched_seed.h>
#include <kernel/string.h>
#include <arch/extable.h>
#include <mm/misuse.h>
#include <mm/page_alloc.h>
#include <mm/slab_cache.h>

static DEFINE_POINT(kfree, "call_site, ptr");

struct kmem_cache *kmalloc_caches[NR_KMALLOC_TYPES][NR_KMALLOC_CLASSES];

u32 kmalloc_class_size(u32 index)
{
	static const u16 sizes[NR_KMALLOC_CLASSES] = {
		8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192
	};

	return sizes[index];
}

/* --- beyond the classes --- */

static u32 pages_order(size_t size)
{
	return size <= PAGE_SIZE ?
		       0 :
		       64 - PAGE_SHIFT - (u32)__builtin_clzl(size - 1);
}

static void *kmalloc_large(size_t size, gfp_t gfp, int nid)
{
	u32 order = pages_order(size);
	struct page *page;

	if (order > MAX_ORDER) {
		if (!(gfp & __GFP_NOWARN))
			bad_request(gfp, order, "no chunk is that large");
		return NULL;
	}
	page = nid == NUMA_NO_NODE ? alloc_pages(gfp, order) :
				     alloc_pages_node(nid, gfp, order);
	return page ? page_address(page) : NULL;
}

static void kfree_large(struct page *page, const void *object)
{
	if (!IS_ALIGNED((u64)object, PAGE_SIZE)) {
		slab_bug(NULL, NULL, object, BUG_SLAB_WILD,
			 "its page is in no slab");
		return;
	}
	/* What isn't allocated, or only a part, free_pages() tells of. */
	free_pages(page, page_order(page));
}

/* --- the API --- */

/* kmalloc_index() of up to 192 bytes, by eights. */
static const u8 small_index[24] = { 0, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4,
				    5, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 6 };

static struct kmem_cache *cache_of_size(size_t size, gfp_t gfp)
{
	u32 index = size <= 192 ? small_index[(size - 1) / 8] :
				  63 - (u32)__builtin_clzl(size - 1);

	return kmalloc_caches[kmalloc_type(gfp)][index];
}

void *__kmalloc(size_t size, gfp_t gfp)
{
	if (unlikely(size > KMALLOC_MAX_CACHE_SIZE))
		return kmalloc_large(size, gfp, NUMA_NO_NODE);
	if (unlikely(!size))
		return ZERO_SIZE_PTR;
	return kmem_cache_alloc(cache_of_size(size, gfp), gfp);
}

void *kmalloc_node(size_t size, gfp_t gfp, int nid)
{
	if (unlikely(size > KMALLOC_MAX_CACHE_SIZE))
		return kmalloc_large(size, gfp, nid);
	if (unlikely(!size))
		return ZERO_SIZE_PTR;
	return kmem_cache_alloc_node(cache_of_size(size, gfp), gfp, nid);
}

/* The first touch of the record: for a wild pointer there may be none. */
static inline bool page_is_slab(const struct page *page)
{
	u64 word;

	_Static_assert(offsetof(struct page, flags) == 0, "flags come first");
	return arch_probe_u64(page, &word) && (word >> PG_slab & 1);
}

static __noinline void note_kfree(const void *object, u64 frame)
{
	(void)POINT_HIT(kfree, slab_call_site(frame), object);
}

static __noinline void kfree_odd(struct page *page, void *object, u64 flags)
{
	if (ZERO_OR_NULL_PTR(object)) {
		arch_irq_restore(flags);
		return;
	}
	if (POINT_ON(kfree))
		note_kfree(object, (u64)__builtin_frame_address(0));
	if (page_is_slab(page)) {
		slab_free_slow(page->mapping, object, flags);
	} else {
		arch_irq_restore(flags);
		kfree_large(page, object);
	}
}

/* As kmem_cache_alloc(): one cold call, and no frame before it. */
void kfree(const void *object)
{
	struct page *page = virt_to_page(object);
	u64 flags;

	sched_point();
	flags = arch_irq_save();
	if (POINT_ON(kfree) ||
	    unlikely(ZERO_OR_NULL_PTR(object) || !page_is_slab(page) ||
		     !slab_free_fast(page->mapping, (void *)object, flags)))
		kfree_odd(page, (void *)object, flags);
}

size_t ksize(const void *object)
{
	const struct page *page = virt_to_page(object);
	const struct kmem_cache *s;

	if (ZERO_OR_NULL_PTR(object))
		return 0;
	if (!page_is_slab(page))
		return PAGE_SIZE << page_order(page);
	s = page->mapping;
	/* Between payload and next object lie the checks' marks. */
	return s->object_size;
}

/* What a smaller size leaves unused must read as zero when it grows again. */
static void *shrink_in_place(void *object, size_t size, size_t room, gfp_t gfp)
{
	if (gfp & __GFP_ZERO)
		memset((char *)object + size, 0, room - size);
	return object;
}

void *krealloc(void *object, size_t size, gfp_t gfp)
{
	size_t room;
	void *larger;

	if (!size) {
		kfree(object);
		return ZERO_SIZE_PTR;
	}
	if (ZERO_OR_NULL_PTR(object))
		return kmalloc(size, gfp);
	room = ksize(object);
	if (size <= room)
		return shrink_in_place(object, size, room, gfp);
	larger = kmalloc(size, gfp);
	if (!larger)
		return NULL;
	memcpy(larger, object, room);
	kfree(object);
	return larger;
}
