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
 * Owns     pages of kind PAGE_HUGETLB; their heads' lru link, entire_mapcount
 *          and private_data (not 0: of a shared mapping)
 * Keeps    hugetlb_check(mm) == 0: each sum equals a recount, reserved pages
 *          are free ones, every page of the kind is counted
 */
#pragma once

#include <kernel/list.h>
#include <kernel/mutex.h>
#include <kernel/spinlock.h>
#include <kernel/types.h>
#include <mm/numa.h>

#include <mm/mm_struct.h>

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

/* Everything but resize_lock: [lock], or another. */
struct hugetlb_pool {
	struct spinlock lock;
	struct mutex resize_lock;
	bool ready;		      /* (c) zones can be asked */
	u64 wanted;		      /* see hugetlb_nr() */
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
/*
 * What /proc/sys/vm/nr_hugepages shows: how far the last writer got, without
 * surplus pages; before the pool is ready, what it is to be.
 */
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

/* --- mappings: areas with VM_HUGETLB, which begin and end at 2 MiB --- */

static inline bool is_vm_hugetlb(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_HUGETLB;
}

/*
 * A new area, in no tree yet, gets its mapping, and its pages are reserved.
 * -ENOMEM. mmap lock (write).
 */
int hugetlb_vma_init(struct vm_area_struct *vma);
/* Another area has its places and reservations: mremap(). */
void hugetlb_vma_moved(struct vm_area_struct *vma);
/* VM_FAULT_*; mmap lock (read). */
u32 hugetlb_fault(struct vm_area_struct *vma, vaddr_t addr, u32 flags);

/*
 * What mm/zap.c, fork.c, protect.c, move_tables.c and gup.c do for areas of
 * small pages; addresses are aligned. mmap lock as there.
 */
void hugetlb_unmap_range(struct mmu_gather *tlb, vaddr_t start, vaddr_t end);
int hugetlb_copy_range(struct vm_area_struct *dst, struct vm_area_struct *src);
u64 hugetlb_change_protection(struct vm_area_struct *vma, vaddr_t start,
			      vaddr_t end);
/* How far it got; less: no memory for a table. */
u64 hugetlb_move_entries(struct vm_area_struct *vma, vaddr_t from, vaddr_t to,
			 u64 len);
/* Places that MADV_DONTNEED emptied are reserved again, as far as pages go. */
void hugetlb_reserve_again(struct vm_area_struct *vma, vaddr_t start,
			   vaddr_t end);
/* The frame at addr, with a reference on it (and by FOLL_PIN a pin); NULL. */
struct page *hugetlb_follow(struct vm_area_struct *vma, vaddr_t addr, u32 flags);

/* The entry for addr now, 0: none; mmap lock (read). vm_normal_page(): head. */
pte_t hugetlb_entry_at(struct mm_struct *mm, vaddr_t addr);
bool hugetlb_is_present(struct vm_area_struct *vma, vaddr_t addr);

/* --- inside mm/ --- */

/* A page of the node from the buddy allocator, of the kind, no reference. */
struct page *hugetlb_page_alloc(struct mm_state *mm, int nid);
/* It goes back there; likewise several, linked by lru. No lock held. */
void hugetlb_page_free(struct page *page);
void hugetlb_pages_free(struct list_head *pages);
/* hugetlb_reserve() from pages that are there. */
bool hugetlb_try_reserve(struct mm_state *mm, u64 nr);
/* pool->lock held: into the pool as a free page; out of a node with one. */
void hugetlb_enqueue(struct hugetlb_pool *pool, struct page *page);
struct page *hugetlb_dequeue(struct hugetlb_pool *pool, int nid);
