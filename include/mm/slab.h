/* SPDX-License-Identifier: MIT */
/*
 * include/mm/slab.h - objects smaller than pages: caches and kmalloc
 *
 *	struct kmem_cache *s = kmem_cache_create("vma", sizeof(struct vma), 0,
 *						 SLAB_ACCOUNT, NULL);
 *	struct vma *v = kmem_cache_alloc(s, GFP_KERNEL);
 *	kmem_cache_free(s, v);
 *
 * Units    bytes
 * Locks    slab node, then (after letting it go) those of the page allocator
 * Context  alloc: as the mask says; free: any, interrupts included. Create,
 *          destroy, shrink: thread, interrupts on (shrinking asks all CPUs)
 * Errors   NULL when there is no memory. Double free, wild free, overrun and
 *          use after free are bugs (mm/misuse.h, BUG_SLAB_*), reported with
 *          cache and object, and as far as slab_debug= looks for them
 * Owns     pages of kind PAGE_SLAB: flag PG_slab and `mapping` (the cache) on
 *          each page of a slab, `index`, `private_data` and `lru`
 * Keeps    slab_check(mm) == 0
 */
#pragma once

#include <mm/gfp.h>
#include <mm/page.h>

struct kmem_cache;
struct mm_state;
struct rcu_head;

/* --- flags of a cache; numbers and letters of slab_debug= as Linux's --- */

#define SLAB_CONSISTENCY_CHECKS 0x100u	/* F */
#define SLAB_RED_ZONE		0x400u	/* Z */
#define SLAB_POISON		0x800u	/* P */
#define SLAB_HWCACHE_ALIGN	0x2000u /* objects at lines of 64 bytes */
#define SLAB_CACHE_DMA		0x4000u
#define SLAB_STORE_USER		0x10000u /* U */
#define SLAB_RECLAIM_ACCOUNT	0x20000u /* pages charged Reclaimable */
#define SLAB_PANIC		0x40000u /* no cache, no kernel */
#define SLAB_TYPESAFE_BY_RCU	0x80000u /* mm/slab_rcu.c */
#define SLAB_NO_MERGE		0x1000000u
#define SLAB_ACCOUNT		0x4000000u /* accepted, nobody accounts */

#define SLAB_DEBUG_FLAGS                                         \
	(SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | \
	 SLAB_STORE_USER)

/* --- caches --- */

/*
 * align 0: 8 bytes. The constructor runs once for each object when its slab is
 * made; who frees an object leaves it constructed. A cache that is like an
 * older one, and has neither constructor nor checks, is that one.
 */
struct kmem_cache *kmem_cache_create(const char *name, u32 size, u32 align,
				     u32 flags, void (*ctor)(void *object));
/* The last user's: all objects are back. */
void kmem_cache_destroy(struct kmem_cache *s);
/* Give back whole free slabs; how many pages. */
u64 kmem_cache_shrink(struct kmem_cache *s);
/* Of every cache. */
u64 slab_shrink_all(struct mm_state *mm);
u32 kmem_cache_size(const struct kmem_cache *s);

void *kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp);
/* NUMA_NO_NODE: this CPU's. Another node's only when that one has nothing. */
void *kmem_cache_alloc_node(struct kmem_cache *s, gfp_t gfp, int nid);
void kmem_cache_free(struct kmem_cache *s, void *object);
/* All nr or none: nr or 0. */
u32 kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t gfp, u32 nr,
			  void **objects);
void kmem_cache_free_bulk(struct kmem_cache *s, u32 nr, void **objects);

static inline void *kmem_cache_zalloc(struct kmem_cache *s, gfp_t gfp)
{
	return kmem_cache_alloc(s, gfp | __GFP_ZERO);
}

/* --- kmalloc --- */

/* 8 16 32 64 96 128 192 256 512 1k 2k 4k 8k; beyond: pages */
#define NR_KMALLOC_CLASSES     13
#define KMALLOC_MAX_CACHE_SIZE 8192u

enum kmalloc_type {
	KMALLOC_NORMAL,
	KMALLOC_RECLAIM,
	KMALLOC_DMA,
	NR_KMALLOC_TYPES
};

/* Of the machine that mm_active is; made anew by slab_init(). */
extern struct kmem_cache *kmalloc_caches[NR_KMALLOC_TYPES][NR_KMALLOC_CLASSES];

/* What kmalloc(0) gives: no memory, but no failure. */
#define ZERO_SIZE_PTR	    ((void *)16)
#define ZERO_OR_NULL_PTR(x) ((u64)(x) <= (u64)ZERO_SIZE_PTR)

static inline enum kmalloc_type kmalloc_type(gfp_t gfp)
{
	if (likely(!(gfp & (__GFP_DMA | __GFP_RECLAIMABLE))))
		return KMALLOC_NORMAL;
	return gfp & __GFP_DMA ? KMALLOC_DMA : KMALLOC_RECLAIM;
}

/* The smallest class that holds size bytes, 1 to KMALLOC_MAX_CACHE_SIZE. */
static inline __attribute__((always_inline)) u32 kmalloc_index(size_t size)
{
	if (size > 64 && size <= 96)
		return 4;
	if (size > 128 && size <= 192)
		return 6;
	if (size <= 8)
		return 0;
	if (size <= 64) /* 16, 32, 64: 1 to 3 */
		return 61 - (u32)__builtin_clzl(size - 1);
	if (size <= 128)
		return 5;
	return 63 - (u32)__builtin_clzl(size - 1); /* 256: 7 */
}

void *__kmalloc(size_t size, gfp_t gfp);
void *kmalloc_node(size_t size, gfp_t gfp, int nid);
void *krealloc(void *object, size_t size, gfp_t gfp);
void kfree(const void *object);
/* Once the readers are gone: member is a struct rcu_head of *object. */
#define kfree_rcu(object, member) kfree_rcu_head(&(object)->member)
void kfree_rcu_head(struct rcu_head *head);
/* Bytes that may be used, at least what was asked for. */
size_t ksize(const void *object);

static inline __attribute__((always_inline)) void *kmalloc(size_t size,
							   gfp_t gfp)
{
	if (__builtin_constant_p(size) && size && size <= KMALLOC_MAX_CACHE_SIZE)
		return kmem_cache_alloc(
			kmalloc_caches[kmalloc_type(gfp)][kmalloc_index(size)],
			gfp);
	return __kmalloc(size, gfp);
}

static inline __attribute__((always_inline)) void *kzalloc(size_t size,
							   gfp_t gfp)
{
	return kmalloc(size, gfp | __GFP_ZERO);
}

/* nr * size bytes; NULL when that overflows. */
static inline void *kmalloc_array(size_t nr, size_t size, gfp_t gfp)
{
	size_t bytes;

	return __builtin_mul_overflow(nr, size, &bytes) ? NULL :
							  kmalloc(bytes, gfp);
}

static inline void *kcalloc(size_t nr, size_t size, gfp_t gfp)
{
	return kmalloc_array(nr, size, gfp | __GFP_ZERO);
}

/* --- boot --- */

struct slab_params {
	u32 debug_flags;     /* slab_debug= */
	char debug_glob[64]; /* of which caches; "": all */
	bool nomerge;	     /* slab_nomerge */
};

/* slab_debug=[FZPU-][,GLOB]; -EINVAL: no such letter. */
int slab_param_debug(struct slab_params *params, const char *value);

/*
 * kmalloc's caches, once there are the page allocator and the areas of all
 * mm->nr_cpus CPUs. 0, or -ENOMEM.
 */
int slab_init(struct mm_state *mm);

/* --- looking --- */

struct slab_info {
	char name[32];
	u32 object_size; /* as asked for */
	u32 size;	 /* from one object to the next */
	u32 objects;	 /* in a slab */
	u32 order;
	u32 flags;
	u32 users; /* caches that are this one */
	u64 nr_slabs, nr_pages;
	u64 nr_objects, nr_free;  /* free: in slabs; those on stacks are not */
	u64 nr_partial, nr_empty; /* slabs */
};

/* The nth cache, in order of their creation; false: there are no more. */
bool slab_get_info(struct mm_state *mm, u32 nth, struct slab_info *info);
/* Pages in slabs of one node, or of all (NUMA_NO_NODE), by charge. */
u64 slab_nr_pages(struct mm_state *mm, int nid, bool reclaimable);

/*
 * Objects of the slab that a page of kind PAGE_SLAB heads, and how many of
 * them are in it, free: no list is walked.
 */
static inline u32 slab_nr_objects(const struct page *head)
{
	return READ_PLAIN(head->index) & 0xffff;
}

static inline u32 slab_nr_free(const struct page *head)
{
	return head->index >> 16 & 0xffff;
}

int slab_check(struct mm_state *mm);
