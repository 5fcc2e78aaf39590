/* SPDX-License-Identifier: MIT */
/*
 * include/mm/hugetlb.h - pages of 2 MiB, set aside before they are wanted
 *
 * Units    pages are huge ones (2 MiB) here, unless "base" is said
 * Locks    pool->lock (class I, nothing taken inside); pool->resize_lock
 *          (class S) keeps changes of the pool's size apart
 * Context  asking for pages sleeps; giving one back: any
 * Errors   -ENOMEM, NULL: the pool has none, and may not have more. Growing
 *          stops where memory gives out: nr_hugepages then says how far it got
 * Owns     pages of kind PAGE_HUGETLB; their heads' lru link and
 *          entire_mapcount
 * Keeps    hugetlb_check(mm) == 0: each sum equals a recount, reserved pages
 *          are free ones, every page of the kind is counted
 */
#pragma once

#include <kernel/list.h>
#include <kernel/mutex.h>
#include <kernel/spinlock.h>
#include <kernel/types.h>
#include <mm/numa.h>

struct mm_state;
struct page;

#define HUGETLB_ORDER  9u
#define HUGETLB_FRAMES (1UL << HUGETLB_ORDER)

struct hugetlb_counts {
	u64 nr;	     /* pages, free or in use, surplus ones too */
	u64 free;    /* of these: mapped nowhere */
	u64 surplus; /* of these: to be given back when freed */
};

struct hugetlb_node {
	struct list_head free;
	struct hugetlb_counts counts;
};

/* Everything but resize_lock and `wanted`: [lock]. */
struct hugetlb_pool {
	struct spinlock lock;
	struct mutex resize_lock;
	bool ready;		      /* (c) zones can be asked */
	u64 wanted;		      /* vm.nr_hugepages= before that */
	struct hugetlb_counts counts; /* sums over the nodes */
	u64 reserved;		      /* free pages that mappings count on */
	u64 overcommit;		      /* surplus pages there may be */
	int next_to_grow, next_to_shrink; /* nodes take turns */
	struct hugetlb_node node[MAX_NUMNODES];
};

void hugetlb_init(struct mm_state *mm); /* zones are there */
/* What the command line asked for, once threads run. */
void hugetlb_boot(struct mm_state *mm);

/* --- size: /proc/sys/vm and /sys --- */

/*
 * The pool gets `nr` pages besides surplus ones (of node nid alone, or
 * NUMA_NO_NODE: of all), as far as memory goes. Pages in use become surplus.
 */
void hugetlb_resize(struct mm_state *mm, int nid, u64 nr);
void hugetlb_set_overcommit(struct mm_state *mm, u64 nr);
/* Of a node, or of all. */
struct hugetlb_counts hugetlb_count(struct mm_state *mm, int nid);
/* What nr_hugepages shows: before the pool is ready, what it is to be. */
u64 hugetlb_nr(const struct mm_state *mm);

/* --- pages --- */

/* nr free pages are kept for later; -ENOMEM: there are not so many. */
int hugetlb_reserve(struct mm_state *mm, u64 nr);
void hugetlb_unreserve(struct mm_state *mm, u64 nr);

/*
 * A page with one reference, contents undefined: the nearest to nid, on nodes
 * of the mask only (NULL: any). `reserved`: one of those kept. NULL: none.
 */
struct page *hugetlb_take(struct mm_state *mm, int nid,
			  const struct nodemask *nodes, bool reserved);
/* The last reference is gone (put_page() of the head). */
void hugetlb_give(struct page *page);

int hugetlb_check(struct mm_state *mm);

/* --- inside mm/ --- */

/* A page of the node from the buddy allocator, of the kind, no reference. */
struct page *hugetlb_page_alloc(struct mm_state *mm, int nid);
/* It goes back there; likewise several, linked by lru. No lock held. */
void hugetlb_page_free(struct page *page);
void hugetlb_pages_free(struct list_head *pages);
/* pool->lock held: into the pool as a free page; out of a node with one. */
void hugetlb_enqueue(struct hugetlb_pool *pool, struct page *page);
struct page *hugetlb_dequeue(struct hugetlb_pool *pool, int nid);
