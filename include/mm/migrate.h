/* SPDX-License-Identifier: MIT */
/*
 * include/mm/migrate.h - moving pages to other frames under who uses them
 *
 *	isolate (the caller)	off the LRU list, a reference of its own
 *	lock			nobody else changes what the page is
 *	unmap			every entry becomes a migration entry: who needs
 *				the page waits for its lock
 *	flush			once for the batch
 *	copy			nobody can write any more
 *	switch			page cache or anonymous mapping name the new page
 *				(of a file: before the copy)
 *	restore			entries again, with rights, accessed and dirty
 *	put back		the new page to the LRU; the old one is free
 *
 * What stands in the way leaves everything as it was: the entries come back,
 * the page stays on the list and with its caller.
 *
 * Units    pages
 * Locks    takes page locks, i_mmap or anon_vma root, page-table locks,
 *          i_pages.lock; the caller holds none of them, nor an mmap lock
 * Context  may sleep
 * Errors   how many stayed, or -ENOMEM (no target); they are still on the list
 * Owns     pages of the list between isolation and putback; migration entries
 * Keeps    page_table_check(), rmap_check(), lru_check(), filemap_check() == 0;
 *          a page is mapped at the old frame, at the new one, or waited for
 */
#pragma once

#include <kernel/list.h>
#include <mm/page.h>

struct address_space;
struct mempolicy;
struct mm_struct;
struct nodemask;

enum migrate_mode {
	MIGRATE_ASYNC,	    /* never sleeps for a page */
	MIGRATE_SYNC_LIGHT, /* not for one that is being read */
	MIGRATE_SYNC
};

enum migrate_reason {
	MR_COMPACTION,
	MR_MEMORY_FAILURE,
	MR_MEMORY_HOTPLUG,
	MR_SYSCALL, /* move_pages(), migrate_pages() */
	MR_MEMPOLICY_MBIND,
	MR_NUMA_MISPLACED,
	MR_CONTIG_RANGE,
	MR_LONGTERM_PIN,
	MR_DEMOTION,
	NR_MIGRATE_REASONS
};

#define MIGRATE_BATCH 512 /* pages that are on their way at the same time */

/*
 * A frame for src, fresh from alloc_pages(); NULL: there is none. Asked for a
 * page at a time: who takes them in bulk hands them out here. May sleep.
 */
typedef struct page *(*new_page_fn)(struct page *src, void *private);
/* One that wasn't needed after all; NULL as an argument: put_page(). */
typedef void (*put_page_fn)(struct page *dst, void *private);
/*
 * Old frames, up to 32 at a time, of any zone and charge. Each is in a free
 * frame's state (free_pages_bulk_prepare()), on no stack and no list: they are the
 * caller's to put there, by free_pages_bulk() or freelist_put_frames(). No lock is
 * held, interrupts are on. NULL as an argument: free_pages_bulk().
 */
typedef void (*take_freed_fn)(struct page **frames, u32 nr, void *private);

struct migrate_control {
	new_page_fn new_page;
	put_page_fn put_page;
	take_freed_fn take_freed;
	void *private;
	enum migrate_mode mode;
	enum migrate_reason reason;
	u32 nr_moved; /* out: pages that are gone from the list */
};

/*
 * Isolated pages, linked by page->lru. Those that moved, or that nobody wanted
 * any more, are gone from the list; the caller puts back the others. 0, how many
 * these are, or -ENOMEM.
 *
 * A page that somebody looked at in passing as it moved is freed by who lets go
 * last, so take_freed may get fewer frames than nr_moved.
 */
int migrate_list(struct list_head *from, struct migrate_control *mc);
/* The same, its arguments one by one; *nr_moved if not NULL. */
int migrate_pages(struct list_head *from, new_page_fn new_page,
		  put_page_fn put_page, void *private, enum migrate_mode mode,
		  enum migrate_reason reason, u32 *nr_moved);

/*
 * Debug builds: who calls this holds no lock that moving pages takes, and may
 * sleep. Asked where memory is requested that pages may have to be moved for.
 */
void might_migrate(void);

/* --- between nodes, mm/move_pages.c; these take the mmap lock --- */

/* Can pages be moved there? nid may be any number. */
bool node_has_memory(int nid);

/*
 * move_pages(2): the page at addrs[i] to nodes[i]; status[i] is the node where
 * it is then, or why not: -ENOENT nothing there, -EFAULT no memory of this
 * space, -EACCES others map it too (without MPOL_MF_MOVE_ALL), -EBUSY it would
 * not move, -ENOMEM no room there. nodes NULL: only tells. 0, how many could not
 * be moved, or -ENODEV for a node without memory, -EINVAL for flags.
 */
int do_move_pages(struct mm_struct *mm, u64 nr, const vaddr_t *addrs,
		  const int *nodes, int *status, int flags);
/* The same for one node, with lru_cache_disable() held by the caller. */
int move_pages_to_node(struct mm_struct *mm, u64 nr, const vaddr_t *addrs,
		       int nid, int *status, int flags);
/*
 * migrate_pages(2): what lies on nodes of `from` to nodes of `to`, place by
 * place. 0, how many pages could not be moved, or -errno.
 */
int do_migrate_pages(struct mm_struct *mm, const struct nodemask *from,
		     const struct nodemask *to, int flags);
/*
 * mbind()'s MPOL_MF_MOVE: pages of the range that lie where pol (NULL: the
 * running thread's) forbids. 0; flags with MPOL_MF_STRICT: -EIO if some are left.
 */
int mpol_move_range(struct mm_struct *mm, vaddr_t start, vaddr_t end,
		    struct mempolicy *pol, int flags);

/* --- looking --- */

struct migrate_stats {
	u64 moved;
	u64 vanished; /* nobody wanted them any more */
	u64 failed;   /* given back to the caller */
	u64 pinned;   /* of these, for a pin */
	u64 undone;   /* were unmapped, and mapped again where they were */
	u64 retried;  /* looked at once more */
	u64 batches;
};
void migrate_get_stats(struct migrate_stats *stats);
