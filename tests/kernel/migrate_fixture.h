/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/migrate_fixture.h - what tests of migration share
 *
 *	struct page *old = space_page(mm, addr);
 *	EXPECT_EQ(migrate_at(mm, addr, MIGRATE_ASYNC), 0);
 *	space_page(mm, addr) is another one, with the same contents
 */
#pragma once

#include <mm/file.h>
#include <mm/filemap.h>
#include <mm/migrate.h>

#include "space_fixture.h"

/* Any frame. */
struct page *any_target(struct page *src, void *unused);

/* The page at addr, off its list, on a list of its own; false: can't be. */
bool isolate_at(struct mm_struct *mm, vaddr_t addr, struct list_head *list);
/* Move it; what migrate_pages() says, -EBUSY: it could not be isolated. */
int migrate_at(struct mm_struct *mm, vaddr_t addr, enum migrate_mode mode);

/* The entry as it is. */
pte_t entry_at(struct mm_struct *mm, vaddr_t addr);

/* All of it at rest: tables, counts, lists. How much is wrong. */
int migrate_check(void);

/* Frames that programs have, and their page tables: none may be lost. */
u64 user_frames(void);

/* A file of so many pages in memory; one at a time. */
struct file *test_file(u64 pages);
/* Its pages are dropped. */
void test_file_end(struct test *t);
vaddr_t map_file(struct mm_struct *mm, struct file *file, u64 pages, u64 prot,
		 u64 flags);
