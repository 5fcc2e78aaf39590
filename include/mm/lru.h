/* SPDX-License-Identifier: MIT */
/*
 * include/mm/lru.h - user pages by use: five lists a node
 *
 *	inactive/active x anon/file, unevictable
 *
 * New pages pass through a batch of this CPU, so that the lock is taken once
 * for many. A batch holds a reference on each of its pages.
 *
 * Units    pages
 * Locks    lru_lock (class I) of the node; batches: their CPU, interrupts off
 * Context  any, but lru_add_drain_all() and what builds on it: may sleep
 * Errors   isolate_lru_page(): false
 * Owns     page->lru of user pages, PG_lru, PG_active, PG_unevictable,
 *          PG_mlocked, PG_isolated; private_data: entries of VM_LOCKED areas
 * Keeps    lru_check(mm) == 0: list lengths equal the counters, each page on
 *          the list that its flags say; an isolated page is not PG_lru and
 *          counted in NR_ISOLATED_*
 */
#pragma once

#include <kernel/list.h>
#include <kernel/spinlock.h>
#include <mm/node_stat.h>
#include <mm/page.h>

struct mm_state;
struct zone;

enum lru_list {
	LRU_INACTIVE_ANON,
	LRU_ACTIVE_ANON,
	LRU_INACTIVE_FILE,
	LRU_ACTIVE_FILE,
	LRU_UNEVICTABLE,
	NR_LRU_LISTS
};

#define LRU_NR_ZONES 5 /* MAX_NR_ZONES, which is defined by who includes us */

/* In struct node. */
struct lruvec {
	struct spinlock lru_lock;
	struct list_head lists[NR_LRU_LISTS]; /* [lru_lock] new ones first */
	u64 nr[LRU_NR_ZONES][NR_LRU_LISTS];   /* [lru_lock] by zone type */
};

#define PAGEVEC_SIZE 31

extern struct lock_class lru_lock_class;
void lruvec_init(struct lruvec *lruvec);
struct lruvec *page_lruvec(const struct page *page);
u64 lruvec_size(const struct lruvec *lruvec, enum lru_list list);

enum lru_list page_lru(const struct page *page);

/* --- on the lists --- */

/* A new page: its flags say which list. */
void lru_cache_add(struct page *page);
void lru_add_drain(void);     /* this CPU's batch */
void lru_add_drain_all(void); /* every CPU's; sleeps */
/* No batches, and all drained, until enabled again (counted). Sleeps. */
void lru_cache_disable(void);
void lru_cache_enable(void);

/* Used: the second time moves it to the active list. */
void mark_page_accessed(struct page *page);
void activate_page(struct page *page);

/*
 * One more, or one less, entry of a VM_LOCKED area maps it: while there is
 * one, the page is unevictable. Page-table lock held.
 */
void mlock_page(struct page *page);
void munlock_page(struct page *page);

/* --- off the lists --- */

/*
 * For the caller alone: PG_isolated, counted, with a reference of its own. The
 * caller holds a reference already; false: it isn't on a list.
 */
bool isolate_lru_page(struct page *page);
/*
 * A reference on a page found by pfn, while it is on a list: false, it is not,
 * and may be anything's.
 */
bool get_lru_page(struct page *page);
/* A page found by pfn: nobody but the list may hold it. lru_lock held. */
bool isolate_lru_page_locked(struct lruvec *lruvec, struct page *page);
/*
 * The same for many: of 64 frames of the zone from first on, those of the mask
 * that are on a list and not pinned, and evictable unless others are wanted, too.
 * To the end of pages; how many. Takes lru_lock.
 */
u32 isolate_lru_frames(struct zone *zone, struct page *first, u64 mask,
		       bool unevictable, struct list_head *pages);
/* Back on the list that its flags say; drops isolation's reference. */
void putback_lru_page(struct page *page);
/* The same for a list linked by page->lru, which is empty afterwards. */
void putback_lru_pages(struct list_head *list);
/* Of up to 64 pages at once, by bits: those that it could be done with. The
 * caller's reference is isolation's then. */
u64 isolate_lru_pages(struct page *const *pages, u32 nr);
/* Isolation ends otherwise: drop its reference, the page isn't put back. */
void isolated_page_put(struct page *page);
/*
 * The same for many. Those that nobody else refers to come to the front, how
 * many: free frames, for the caller to put to the stacks (free_pages_bulk()) or
 * lists. mm/page_ref.c
 */
u32 isolated_pages_free_prepare(struct page **pages, u32 nr);

static inline enum node_stat_item isolated_item(const struct page *page)
{
	return page_flag(page, PG_swapbacked) ? NR_ISOLATED_ANON :
						NR_ISOLATED_FILE;
}

/*
 * Pages that are isolated, or no longer, one after the other and mostly of one
 * zone: counted together till one isn't, and at the end. {}: begins.
 */
struct isolated_sum {
	u16 zone_index;
	s32 all, anon;
};

static inline void isolated_sum_end(const struct isolated_sum *sum)
{
	u32 nid = sum->zone_index / ZONES_PER_NODE;

	mod_node_page_state(nid, NR_ISOLATED_ANON, sum->anon);
	mod_node_page_state(nid, NR_ISOLATED_FILE, sum->all - sum->anon);
}

static inline void isolated_sum_add(struct isolated_sum *sum,
				    const struct page *page, s32 delta)
{
	if (unlikely(page->zone_index != sum->zone_index)) {
		isolated_sum_end(sum);
		*sum = (struct isolated_sum){ .zone_index = page->zone_index };
	}
	sum->all += delta;
	sum->anon += page_flag(page, PG_swapbacked) ? delta : 0;
}

/*
 * New pages go to their lists at once and not by the batch; the reference that
 * the caller has on each is dropped.
 */
void lru_add_pages(struct page **pages, u32 nr);

/* Pages whose last reference is gone leave their lists, if they are on one. */
void lru_pages_released(struct page *const *pages, u32 nr);

int lru_check(struct mm_state *mm);
