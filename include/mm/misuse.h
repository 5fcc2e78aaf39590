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
 * The tests on the hot paths are inline: two words of the record hold all
 * that must be true of a page that is freed, or handed out.
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
	NR_BUG_KINDS,
};

void expect_bug(enum bug_kind kind);
/* How often it happened since expect_bug(); disarms. */
u32 bug_seen(enum bug_kind kind);

/* refcount and mapcount as one word. */
#define REFS_ALLOCATED 0xffffffff00000001UL /* 1, -1 */
#define REFS_FREE      0xffffffff00000000UL /* 0, -1 */
/* Flags and kind_order in the record's first word. */
#define WORD_STATE     0x00ff0000ffffffffUL
#define WORD_ZONE_SHIFT	  32
#define WORD_KIND_SHIFT	  48
#define WORD_CHARGE_SHIFT 56

_Static_assert(offsetof(struct page, refcount) == 8 &&
		       offsetof(struct page, mapcount) == 12 &&
		       offsetof(struct page, flags) == 0 &&
		       offsetof(struct page, zone_index) == 4 &&
		       offsetof(struct page, kind_order) == 6 &&
		       offsetof(struct page, charge) == 7,
	       "two words hold the state of a page");

static inline u64 *page_refs(struct page *page)
{
	return (u64 *)&page->refcount;
}

/* The record's first word; false: there is no record. */
static inline bool page_state(const struct page *page, u64 *word)
{
	return arch_probe_u64(page, word);
}

/* Allocated with just this order, by its only user, with no flag left. */
static inline bool page_state_may_be_freed(struct page *page, u64 word,
					   u32 order)
{
	return (word & WORD_STATE) ==
		       (u64)(PAGE_KERNEL << 4 | order) << WORD_KIND_SHIFT &&
	       *page_refs(page) == REFS_ALLOCATED;
}

static inline bool page_may_be_freed(struct page *page, u32 order)
{
	u64 word;

	return page_state(page, &word) &&
	       page_state_may_be_freed(page, word, order);
}

static inline bool page_may_be_handed_out(struct page *page)
{
	return (*(u64 *)page & WORD_STATE) == 0 &&
	       *page_refs(page) == REFS_FREE;
}

void bad_free(struct page *page, u32 order);
/*
 * `bad`, in a chunk just taken off the lists, isn't what a free frame is: it is
 * kept away for good, the rest of the chunk goes back.
 */
void bad_page_on_list(struct page *chunk, u32 order, struct page *bad);
void bad_request(gfp_t gfp, u32 order, const char *why);
