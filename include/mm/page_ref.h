/* SPDX-License-Identifier: MIT */
/*
 * include/mm/page_ref.h - references, pins, and the page lock of user pages
 *
 * A reference keeps the frame from being freed. A pin is a reference that may
 * last: who pins (vmsplice, a device) reads or writes the frame itself, so it
 * must not move. The page lock guards what a page is: its place in a file, its
 * contents being filled, its migration.
 *
 * Units    references
 * Locks    none taken, but lru_lock when the last reference goes
 * Context  any; lock_page() sleeps
 * Errors   -
 * Owns     refcount and pincount of pages in use, PG_locked, PG_waiters
 * Keeps    pincount <= refcount - mapcount - 1 for anonymous pages
 *
 * put_page() is declared in mm/page_alloc.h.
 */
#pragma once

#include <kernel/panic.h>
#include <kernel/spinlock.h>
#include <mm/page.h>

/* Who finds itself alone sees what the others wrote to the page. */
static inline s32 page_ref_count(const struct page *page)
{
	return __atomic_load_n(&page->refcount, __ATOMIC_ACQUIRE);
}

static inline void get_page(struct page *page)
{
	__atomic_add_fetch(&page->refcount, 1, __ATOMIC_RELAXED);
}

/* Of a page that may be freed at this moment: false, it is. */
static inline bool get_page_unless_zero(struct page *page)
{
	s32 old = READ_ONCE(page->refcount);

	while (old > 0)
		if (__atomic_compare_exchange_n(&page->refcount, &old, old + 1,
						true, __ATOMIC_ACQ_REL,
						__ATOMIC_RELAXED))
			return true;
	return false;
}
/* As put_page() for each, with one trip to the LRU lock for many. */
void release_pages(struct page **pages, u32 nr);

/* expected -> 0, if there are no other references: nobody gets one then. */
static inline bool page_ref_freeze(struct page *page, s32 expected)
{
	return __atomic_compare_exchange_n(&page->refcount, &expected, 0, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}
void page_ref_unfreeze(struct page *page, s32 refs);

/*
 * `page`, a frame of the chunk `head` that has a reference already, gets one
 * that put_page(page) drops. All of a tail's together are one of the head's.
 */
void get_frame(struct page *head, struct page *page);

void pin_page(struct page *page);
void count_pin(struct page *page); /* its reference is taken */
void unpin_page(struct page *page);

static inline bool page_pinned(const struct page *page)
{
	return READ_ONCE(page->pincount) > 0;
}

/* --- the page lock --- */

static inline bool page_locked(const struct page *page)
{
	return page_flag(page, PG_locked);
}

static inline bool trylock_page(struct page *page)
{
	return !(__atomic_fetch_or(&page->flags, 1u << PG_locked,
				   __ATOMIC_ACQUIRE) &
		 1u << PG_locked);
}

void lock_page(struct page *page);
void page_wake_waiters(const struct page *page); /* the record isn't read */

static inline void unlock_page(struct page *page)
{
	u32 old = __atomic_fetch_and(&page->flags,
				     ~(1u << PG_locked | 1u << PG_waiters),
				     __ATOMIC_RELEASE);

	BUG_ON(!(old & 1u << PG_locked));
	/* The page may be gone from here on. */
	if (unlikely(old & 1u << PG_waiters))
		page_wake_waiters(page);
}

/*
 * Sleep until somebody unlocks the page (or for no reason: look again). Called
 * with the page-table lock held under which a migration entry was seen, so the
 * page is locked and will be unlocked after this; lets go of ptl. No reference
 * is taken, and the page isn't touched afterwards: it may be gone.
 */
void migration_entry_wait_on_locked(struct page *page, struct spinlock *ptl);

void page_lock_init(void);
