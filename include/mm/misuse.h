/* SPDX-License-Identifier: MIT */
/*
 * include/mm/misuse.h - frames freed wrongly, requests that contradict
 *
 * Units    orders
 * Locks    none held; may take zone->lock to look
 * Context  any
 * Errors   each finding is reported with both parties, the frame never handed
 *          out again, and then the kernel panics - unless a test has called
 *          expect_bug() for this kind, which it then sees in bug_seen()
 *
 * The tests on the hot paths are inline.
 */
#pragma once

#include <arch/extable.h>
#include <mm/gfp.h>
#include <mm/page.h>

enum bug_kind {
	BUG_NONE,
	BUG_DOUBLE_FREE,
	BUG_FREE_WILD,	   /* no such page record */
	BUG_FREE_RESERVED, /* hole, firmware, kernel image */
	BUG_FREE_TAIL,	   /* inside somebody's larger chunk */
	BUG_FREE_ORDER,	   /* allocated with another order */
	BUG_FREE_STATE,	   /* still referenced, mapped, flagged or of a kind */
	BUG_BAD_LIST,	   /* a free frame that isn't, found when handed out */
	BUG_BAD_REQUEST,   /* mask or order that can't be meant */
	BUG_SLAB_DOUBLE_FREE,
	BUG_SLAB_WILD,	  /* no object of that cache begins there */
	BUG_SLAB_REDZONE, /* written beside the object */
	BUG_SLAB_POISON,  /* written to after it was freed */
	BUG_SLAB_CORRUPT, /* list of free objects leads nowhere */
	BUG_SLAB_IN_USE,  /* cache destroyed while objects are out */
	BUG_VFREE,	  /* no vmalloc area in use begins there */
	BUG_STALE_TLB,	  /* a simulated TLB names a frame that is freed */
	NR_BUG_KINDS,
};

void expect_bug(enum bug_kind kind);
/* How often it happened since expect_bug(); disarms. */
u32 bug_seen(enum bug_kind kind);

/* refcount and mapcount as one word. */
#define REFS_ALLOCATED 0xffffffff00000001UL /* 1, -1 */
#define REFS_FREE      0xffffffff00000000UL /* 0, -1 */

_Static_assert(offsetof(struct page, refcount) == 8 &&
		       offsetof(struct page, mapcount) == 12,
	       "both counts are read and written as one word");

static inline u64 *page_refs(struct page *page)
{
	return (u64 *)&page->refcount;
}

/*
 * The two tests of the hot paths. Each field is read in the width in which it
 * was last written: a wider load would wait for the store to leave the CPU's
 * store buffer (measured: 15 ns for a pair against 7). READ_ONCE keeps the
 * compiler from making one wide load of two fields.
 */

/* Allocated with just this order, by its only user, with no flag left. */
static inline bool page_may_be_freed(struct page *page, u32 order)
{
	u64 refs;

	/* The first touch: a page that isn't there faults, and says false. */
	return arch_probe_u64(page_refs(page), &refs) &&
	       refs == REFS_ALLOCATED && page->flags == 0 &&
	       READ_ONCE(page->kind_order) == (PAGE_KERNEL << 4 | order);
}

static inline bool page_may_be_handed_out(struct page *page)
{
	return page->flags == 0 && READ_ONCE(page->kind_order) == 0 &&
	       *page_refs(page) == REFS_FREE;
}

void bad_free(struct page *page, u32 order);
/*
 * `bad`, in a chunk just taken off the lists, isn't what a free frame is: it is
 * kept away for good, the rest of the chunk goes back.
 */
void bad_page_on_list(struct page *chunk, u32 order, struct page *bad);
/* A report is complete: panic, unless a test waits for this kind. */
void bug_finish(enum bug_kind kind);
extern const char *const bug_names[NR_BUG_KINDS];
void bad_request(gfp_t gfp, u32 order, const char *why);
