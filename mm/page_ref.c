// SPDX-License-Identifier: MIT
/*
 * mm/page_ref.c - the end of a page, and holding it off
 *
 * The last reference of a user's page takes it off its LRU list, strips it of
 * what made it a user's, and gives the frame to free_pages(), which checks that
 * nothing else is left: no entry maps it, nobody locked or isolated it. Such
 * leftovers are reported there as misuse, with both parties.
 */
#include <kernel/panic.h>
#include <mm/hugetlb.h>
#include <mm/lru.h>
#include <mm/misuse.h>
#include <mm/mm_state.h>
#include <mm/node_stat.h>
#include <mm/page_alloc.h>
#include <mm/page_debug.h>
#include <mm/page_ref.h>
#include <arch/mmu.h>

/* What a user's page may still have when nobody refers to it any more. */
#define FLAGS_THAT_END                                              \
	(1u << PG_referenced | 1u << PG_uptodate | 1u << PG_dirty | \
	 1u << PG_active | 1u << PG_swapbacked | 1u << PG_waiters | \
	 1u << PG_unevictable | 1u << PG_anon_exclusive)
#define LRU_LOCK_PAGES 32 /* that are taken off under one lock */

void page_ref_unfreeze(struct page *page, s32 refs)
{
	BUG_ON(page->refcount);
	__atomic_store_n(&page->refcount, refs, __ATOMIC_RELEASE);
}

static inline bool is_users(const struct page *page)
{
	return page_kind(page) >= PAGE_ANON;
}

_Static_assert(PAGE_ANON + 1 == PAGE_FILE, "the last two kinds are users'");

/* A page of the pool, or a frame inside of one; false: neither. */
static bool huge_page_released(struct page *page)
{
	struct page *head;

	if (page_kind(page) == PAGE_HUGETLB) {
		hugetlb_give(page);
		return true;
	}
	head = pfn_to_page(ALIGN_DOWN(page_to_pfn(page), HUGETLB_FRAMES));
	if (page_kind(head) != PAGE_HUGETLB)
		return false;
	put_page(head);
	return true;
}

/* As its user got it. */
static inline void strip(struct page *page)
{
	if (is_users(page)) {
		WRITE_PLAIN(page->flags, page->flags & ~FLAGS_THAT_END);
		page->mapping = NULL;
		WRITE_PLAIN(page->kind_order,
			    kind_order(PAGE_KERNEL, page_order(page)));
	}
	page->refcount = 1; /* free_pages() wants its caller's */
}

/* No reference is left, no list names it. */
static inline void free_released(struct page *page)
{
	if (!is_users(page) && unlikely(page_kind(page) != PAGE_KERNEL) &&
	    huge_page_released(page))
		return;
	strip(page);
	free_pages(page, page_order(page));
}

/* One reference less; true: it was the last. */
static inline bool put_page_testzero(struct page *page)
{
	s32 left = __atomic_sub_fetch(&page->refcount, 1, __ATOMIC_ACQ_REL);

	if (left < 0) { /* nobody had it: free_pages() finds a free page */
		page->refcount = left + 1;
		bad_free(page, page_order(page));
		return false;
	}
	return !left;
}

void put_page(struct page *page)
{
	if (!put_page_testzero(page))
		return;
	lru_pages_released(&page, 1);
	free_released(page);
}

/* A reference less on each; those that have none left, in front: how many. */
static u32 put_pages_testzero(struct page **pages, u32 nr)
{
	u32 left = 0;

	for (u32 i = 0; i < nr; i++)
		if (put_page_testzero(pages[i]))
			pages[left++] = pages[i];
	return left;
}

void release_pages(struct page **pages, u32 nr)
{
	while (nr) {
		u32 batch = min(nr, (u32)LRU_LOCK_PAGES);
		u32 left = put_pages_testzero(pages, batch);

		if (left)
			lru_pages_released(pages, left);
		for (u32 i = 0; i < left; i++)
			free_released(pages[i]);
		pages += batch;
		nr -= batch;
	}
}

/* --- pages that moved --- */

static __noinline bool free_isolated_slow(struct page *page)
{
	strip(page);
	return free_pages_bulk_prepare(&page, 1) != 0;
}

/*
 * strip() and free_pages_bulk_prepare() for a page of which nothing is left.
 * True: a free frame; false: it has users, or was reported.
 */
static inline bool free_isolated(struct page *page)
{
	if (unlikely(!page_ref_freeze(page, 1))) {
		page_flag_clear(page, PG_isolated);
		put_page(page);
		return false;
	}
	WRITE_PLAIN(page->flags,
		    page->flags & ~(FLAGS_THAT_END | 1u << PG_isolated));
	if (unlikely(page->flags || *page_refs(page) != REFS_FREE) ||
	    POINT_ON(mm_page_free))
		return free_isolated_slow(page);
	arch_free_page(page_to_pfn(page), 0);
	page->mapping = NULL;
	WRITE_PLAIN(page->kind_order, 0);
	return true;
}

u32 isolated_pages_free_prepare(struct page **pages, u32 nr)
{
	struct isolated_sum sum = {};
	u32 left = 0;

	for (u32 i = 0; i < nr; i++) {
		struct page *page = pages[i];

		BUG_ON(!page_flag(page, PG_isolated));
		isolated_sum_add(&sum, page, -1);
		if (free_isolated(page))
			pages[left++] = page;
	}
	isolated_sum_end(&sum);
	return left;
}

/* --- pins --- */

/* The head has the reference of whoever leads to the frame: it stays above 0. */
void get_frame(struct page *head, struct page *page)
{
	get_page(head);
	if (page != head &&
	    __atomic_fetch_add(&page->refcount, 1, __ATOMIC_ACQ_REL))
		__atomic_sub_fetch(&head->refcount, 1, __ATOMIC_RELEASE);
}

/* How many of a block's pages are pinned: it can't be emptied while some are. */
static void count_pinned_in_block(const struct page *page, s32 by)
{
	struct zone *zone = page_zone(page);
	u64 flags = spin_lock_irqsave(&zone->lock);

	freelist_count_pinned(zone, pfn_pageblock(zone, page_to_pfn(page)), by);
	spin_unlock_irqrestore(&zone->lock, flags);
}

void count_pin(struct page *page)
{
	if (__atomic_add_fetch(&page->pincount, 1, __ATOMIC_ACQ_REL) == 1)
		count_pinned_in_block(page, 1);
	mod_page_state(page, NR_PINNED, 1);
}

void pin_page(struct page *page)
{
	get_page(page);
	count_pin(page);
}

void unpin_page(struct page *page)
{
	s32 left = __atomic_sub_fetch(&page->pincount, 1, __ATOMIC_ACQ_REL);

	BUG_ON(left < 0);
	if (!left)
		count_pinned_in_block(page, -1);
	mod_page_state(page, NR_PINNED, -1);
	put_page(page);
}
