/* SPDX-License-Identifier: MIT */
/*
 * include/mm/lru.h - lists of user pages by use, references, pins, page lock
 *
 *	inactive/active x anon/file, unevictable: five lists a node, lru_lock
 *
 * New pages pass through per-CPU batches of 31, so that the lock is taken once
 * for many. A batch holds a reference on each of its pages.
 *
 * Units    pages
 * Locks    lru_lock (class I) of the node; batches: their CPU, preemption off
 * Context  adding, put_page(): thread or, put_page(), interrupts if it is not
 *          the last reference of an LRU page (DESIGN section 5)
 * Errors   isolate_lru_page(): false
 * Owns     page->lru of user pages, PG_lru, PG_active, PG_unevictable,
 *          PG_isolated; refcount's end
 * Keeps    lru_check(mm) == 0: list lengths equal the counters, each page on
 *          the list that its flags say; an isolated page is not PG_lru and
 *          counted in NR_ISOLATED_*
 */
#pragma once

#include <kernel/list.h>
#include <kernel/spinlock.h>
#include <mm/page.h>

struct mm_state;
struct node;

enum lru_list {
	LRU_INACTIVE_ANON,
	LRU_ACTIVE_ANON,
	LRU_INACTIVE_FILE,
	LRU_ACTIVE_FILE,
	LRU_UNEVICTABLE,
	NR_LRU_LISTS
};

/* In struct node. */
struct lruvec {
	struct spinlock lru_lock;
	struct list_head lists[NR_LRU_LISTS]; /* [lru_lock] new ones first */
	u64 nr[NR_LRU_LISTS];		      /* [lru_lock] */
	u64 nr_zone[5][NR_LRU_LISTS];	      /* [lru_lock] by zone type */
};

#define PAGEVEC_SIZE 31

extern struct lock_class lru_lock_class;
void lruvec_init(struct lruvec *lruvec);

enum lru_list page_lru(const struct page *page);

/* --- references --- */

static inline void get_page(struct page *page)
{
	__atomic_add_fetch(&page->refcount, 1, __ATOMIC_RELAXED);
}
/* Of a page found by pfn or in the cache: false, it is being freed. */
bool get_page_unless_zero(struct page *page);
/* put_page() stays in mm/page_alloc.h; here for many at once. */
void release_pages(struct page **pages, u32 nr);

/* expected -> 0 if nobody else has a reference; back with unfreeze. */
bool page_ref_freeze(struct page *page, s32 expected);
void page_ref_unfreeze(struct page *page, s32 refs);

/* Long-term pins (vmsplice and its like): counted, each with a reference. */
void pin_page(struct page *page);
void unpin_page(struct page *page);
static inline bool page_pinned(const struct page *page)
{
	return READ_ONCE(page->pincount) > 0;
}

/* --- lists --- */

/* A new page: flags say which list; takes a reference while in a batch. */
void lru_cache_add(struct page *page);
/* vma says whether it is mlocked. */
void lru_cache_add_inactive_or_unevictable(struct page *page, u64 vm_flags);
void lru_add_drain(void);     /* this CPU's batches */
void lru_add_drain_all(void); /* every CPU's; sleeps */
/* Batches off and drained until enabled again (counted); migration. */
void lru_cache_disable(void);
void lru_cache_enable(void);

void mark_page_accessed(struct page *page);
void activate_page(struct page *page);
/* Locked in memory by a VMA, and no longer by any. */
void mlock_page(struct page *page);
void munlock_page(struct page *page);

/* Off its list, for the caller alone (PG_lru clear), with a reference. */
bool isolate_lru_page(struct page *page);
/* A page found by pfn (compaction): NULL, or isolated as above. lru_lock held. */
bool isolate_lru_page_locked(struct lruvec *lruvec, struct page *page);
/* Back on the list its flags say; drops isolation's reference. */
void putback_lru_page(struct page *page);

int lru_check(struct mm_state *mm);

/* --- page lock: PG_locked, waiters hashed by page --- */

bool trylock_page(struct page *page);
void lock_page(struct page *page); /* sleeps */
void unlock_page(struct page *page);
/* Until somebody unlocks it; takes no reference, never touches the page again.
 * For faults on migration entries: `still` is asked after queueing. */
void wait_on_page_unlock(struct page *page, bool (*still)(void *arg), void *arg);
static inline bool page_locked(const struct page *page)
{
	return page_flag(page, PG_locked);
}
