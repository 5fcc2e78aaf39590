/* SPDX-License-Identifier: MIT */
/*
 * mm/migrate_internal.h - what the parts of migration share
 *
 *	migrate.c	lists, passes, statuses, undoing
 *	migrate_unmap.c	entries become migration entries, and again entries
 *	migrate_move.c	one page's contents, place and flags
 *	migrate_target.c frames of a node for do_move_pages() and the like
 *
 * Locks    the page lock of each src is held in all of them
 */
#pragma once

#include <mm/migrate.h>
#include <mm/rmap.h>
#include <mm/tlb.h>

#define MIGRATE_RUN	 32  /* pages; faults of their tables wait for it */
#define MIGRATE_RUN_SPAN 512 /* indices: one table's worth */

/*
 * Pages that are worked on together: of one anon_vma and near each other in
 * it, so that its lock and the locks of tables are taken once for all of them.
 * A page of a file is alone.
 */
struct migrate_run {
	struct anon_vma *anon_vma; /* NULL: a file's */
	u64 index;		   /* of the first one */
	bool mapped;		   /* there were entries */
	u32 nr;
	struct page *src[MIGRATE_RUN];
	struct page *dst[MIGRATE_RUN]; /* where entries are to lead */
};

static inline bool run_takes(const struct migrate_run *run,
			     const struct anon_vma *anon_vma, u64 index)
{
	return anon_vma && anon_vma == run->anon_vma && run->nr &&
	       run->nr < MIGRATE_RUN && (index ^ run->index) < MIGRATE_RUN_SPAN;
}

static inline void run_begin(struct migrate_run *run, struct anon_vma *anon_vma,
			     bool mapped, u64 index)
{
	run->anon_vma = anon_vma;
	run->mapped = mapped;
	run->index = index;
	run->nr = 0;
}

static inline void run_add(struct migrate_run *run, struct page *src,
			   struct page *dst)
{
	run->src[run->nr] = src;
	run->dst[run->nr++] = dst;
}

/*
 * Every entry of the run's src pages, which are locked; the anon_vma is
 * referenced by the caller. Those that became migration entries stay so. A page
 * that is mapped still is pinned, or not all of its entries were found.
 */
void try_to_migrate(struct migrate_run *run, struct tlb_batch *batch);
/* Migration entries of src lead to dst from now on; the same, src: to undo. */
void remove_migration_ptes(struct migrate_run *run);

/*
 * Everything that src is, dst becomes. src is unmapped, dst nobody's. 0, after
 * which dst is locked and in src's place, and src has the isolation's reference
 * only; -EAGAIN: somebody else refers to src.
 */
int move_to_new_page(struct page *dst, struct page *src, enum migrate_mode mode);

/* Targets on one node and on no other, taken many at a time. */
struct node_targets {
	int nid;
	u32 next, nr; /* pages[next..nr) are to be had */
	struct page *pages[MIGRATE_RUN];
};
static inline void node_targets_begin(struct node_targets *targets, int nid)
{
	targets->nid = nid;
	targets->next = 0;
	targets->nr = 0;
}

struct page *migrate_target_on_node(struct page *src, void *targets);
/* What wasn't needed is free again. */
void node_targets_end(struct node_targets *targets);
