/* SPDX-License-Identifier: MIT */
/*
 * mm/migrate_internal.h - what the parts of migration share
 *
 *	migrate.c	lists, passes, statuses, undoing
 *	migrate_unmap.c	entries become migration entries, and again entries
 *	migrate_move.c	one page's contents, place and flags
 *
 * Locks    the page lock of src is held in all of them
 */
#pragma once

#include <mm/migrate.h>
#include <mm/rmap.h>
#include <mm/tlb.h>

/*
 * Every entry of a locked page. The anon_vma is referenced by the caller; NULL
 * for a file's page. 0; -EBUSY: a pin forbids it, -EAGAIN: not all were found.
 * Those that became migration entries stay so.
 */
int try_to_migrate(struct page *page, struct anon_vma *anon_vma,
		   struct tlb_batch *batch);
/* Migration entries of old lead to new from now on; the same to undo. */
void remove_migration_ptes(struct page *old, struct page *new,
			   struct anon_vma *anon_vma);

/*
 * Everything that src is, dst becomes. src is unmapped, dst nobody's. 0, after
 * which dst is locked and in src's place, and src has the isolation's reference
 * only; -EAGAIN: somebody else refers to src.
 */
int move_to_new_page(struct page *dst, struct page *src, enum migrate_mode mode);

/* A target on the node *private and on no other. mm/move_pages.c */
struct page *migrate_target_on_node(struct page *src, void *private);
