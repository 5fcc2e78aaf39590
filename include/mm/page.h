/* SPDX-License-Identifier: MIT */
/*
 * include/mm/page.h - one record a page frame, and pfn <-> page
 *
 * Units    pfn
 * Locks    by field: (c) constant after boot, (z) zone->lock, (a) atomic,
 *          (o) the page's owner, (l) lru lock
 * Context  any
 * Errors   pfn_to_page() of a pfn without RAM's page array is a bug;
 *          pfn_valid() asks
 * Owns     the page array ("vmemmap"), backed by each node's own memory
 * Keeps    memmap_check(mm) == 0
 */
#pragma once

#include <kernel/types.h>
#include <kernel/list.h>
#include <arch/layout.h>

struct mm_state;
struct zone;

enum page_flags {
	PG_locked,
	PG_reserved, /* hole, firmware, kernel image, boot data */
	PG_referenced,
	PG_uptodate,
	PG_dirty,
	PG_lru,
	PG_active,
	PG_writeback,
	PG_swapbacked,
	PG_unevictable,
	PG_mlocked,
	PG_isolated,
	PG_waiters,
	PG_quarantined,	   /* misused: never handed out again */
	PG_slab,	   /* head or tail of a slab: mapping is the cache */
	PG_anon_exclusive, /* one process owns it: a write needs no copy */
	NR_PAGEFLAGS,
};

/* What the allocated head of a block is used for; 0 for free and tails. */
enum page_kind {
	PAGE_NONE,
	PAGE_KERNEL,
	PAGE_SLAB,
	PAGE_TABLE,
	PAGE_HUGETLB, /* of the pool of mm/hugetlb.c, free or in use */
	PAGE_ANON,
	PAGE_FILE,
};

/* Exactly one cache line: docs/page-and-pfn.md. */
struct page {
	u32 flags;	      /* (a) enum page_flags */
	u16 zone_index;	      /* (c) struct zone.index */
	u8 kind_order;	      /* (o) kind << 4 | order, heads only */
	u8 charge;	      /* (z) migratetype it was handed out for */
	s32 refcount;	      /* (a) */
	s32 mapcount;	      /* (a) page tables that map it, minus one */
	struct list_head lru; /* (l) or the owner's list */
	void *mapping;	      /* (o) address space or slab */
	u64 index;	      /* (o) offset in mapping, pages */
	u64 private_data;     /* (o) */
	s32 pincount;	      /* (a) long-term pins */
	s32 entire_mapcount;  /* (a) mappings of a whole block */
};

_Static_assert(sizeof(struct page) == 64, "one cache line a page");
_Static_assert(NR_PAGEFLAGS <= 32, "flags are a u32");

#define vmemmap ((struct page *)VMEMMAP_BASE)

static inline struct page *pfn_to_page(pfn_t pfn)
{
	return vmemmap + pfn;
}

static inline pfn_t page_to_pfn(const struct page *page)
{
	return page - vmemmap;
}

static inline void *page_address(const struct page *page)
{
	return phys_to_virt(PFN_PHYS(page_to_pfn(page)));
}

/* The frame that a direct-map address lies in. */
static inline struct page *virt_to_page(const void *addr)
{
	/* (addr >> 12) * 64, said so that both bases stay one constant. */
	u64 record = (u64)addr >> 6 & ~63UL;

	_Static_assert(PAGE_SIZE / sizeof(struct page) == 64, "see above");
	return (struct page *)(VMEMMAP_BASE - (DIRECT_MAP_BASE >> 6) + record);
}

static inline bool page_flag(const struct page *page, enum page_flags flag)
{
	return READ_ONCE(page->flags) >> flag & 1;
}

static inline void page_flag_set(struct page *page, enum page_flags flag)
{
	__atomic_or_fetch(&page->flags, 1u << flag, __ATOMIC_RELAXED);
}

static inline void page_flag_clear(struct page *page, enum page_flags flag)
{
	__atomic_and_fetch(&page->flags, ~(1u << flag), __ATOMIC_RELAXED);
}

static inline void page_flags_set(struct page *page, u32 mask)
{
	__atomic_or_fetch(&page->flags, mask, __ATOMIC_RELAXED);
}

static inline void page_flags_clear(struct page *page, u32 mask)
{
	__atomic_and_fetch(&page->flags, ~mask, __ATOMIC_RELAXED);
}

/* Is there a page record for pfn? True for holes beside RAM, too. */
bool pfn_valid(const struct mm_state *mm, pfn_t pfn);
