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
#include <mm/page_ref.h>

/* What a user's page may still have when nobody refers to it any more. */
#define FLAGS_THAT_END                                              \
	(1u << PG_referenced | 1u << PG_uptodate | 1u << PG_dirty | \
	 1u << PG_active | 1u << PG_swapbacked | 1u << PG_waiters | \
	 1u << PG_unevictable | 1u << PG_anon_exclusive)
#define LRU_LOCK_PAGES 32 /* that are taken off under one lock */

bool get_page_unless_zero(struct page *page)
{
	s32 old = READ_ONCE(page->refcount);

	while (old > 0)
		if (__atomic_compare_exchange_n(&page->refcount, &old, old + 1,
						true, __ATOMIC_ACQ_REL,
						__ATOMIC_RELAXED))
			return true;
	return false;
}

bool page_ref_freeze(struct page *page, s32 expected)
{
	return __atomic_compare_exchange_n(&page->refcount, &expected, 0, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

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

/* No reference is left, no list names it. */
static void free_released(struct page *page)
{
	if (is_users(page)) {
		page->flags &= ~FLAGS_THAT_END;
		page->mapping = NULL;
		page->kind_order = kind_order(PAGE_KERNEL, page_order(page));
	} else if (unlikely(page_kind(page) == PAGE_HUGETLB)) {
		hugetlb_give(page);
		return;
	}
	page->refcount = 1; /* free_pages() wants its caller's */
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

void release_pages(struct page **pages, u32 nr)
{
	while (nr) {
		u32 batch = min(nr, (u32)LRU_LOCK_PAGES), left = 0;

		for (u32 i = 0; i < batch; i++)
			if (put_page_testzero(pages[i]))
				pages[left++] = pages[i];
		lru_pages_released(pages, left);
		for (u32 i = 0; i < left; i++)
			free_released(pages[i]);
		pages += batch;
		nr -= batch;
	}
}

/* How many of a block's pages are pinned: it can't be emptied while some are. */
static void count_pinned_in_block(const struct page *page, s32 by)
{
	struct zone *zone = page_zone(page);
	u64 flags = spin_lock_irqsave(&zone->lock);

	freelist_count_pinned(zone, pfn_pageblock(zone, page_to_pfn(page)), by);
	spin_unlock_irqrestore(&zone->lock, flags);
}

void pin_page(struct page *page)
{
	get_page(page);
	if (__atomic_add_fetch(&page->pincount, 1, __ATOMIC_ACQ_REL) == 1)
		count_pinned_in_block(page, 1);
	mod_page_state(page, NR_PINNED, 1);
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
