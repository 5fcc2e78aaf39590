// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_migrate_run.c - pages that move in one list
 *
 * Neighbours of one anon_vma share locks (mm/migrate.c: runs). So lists are
 * made here that have such neighbours and others: of several spaces, in any
 * order, across tables, with files between, and with pages that stay; each page
 * must go, or stay, as if it were alone. And the old frames are handed over.
 */
#include <kernel/errno.h>
#include <kernel/point.h>
#include <kernel/string.h>
#include <mm/lru.h>
#include <mm/misuse.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>
#include <mm/rmap.h>
#include <uapi/mempolicy.h>

#include "migrate_fixture.h"
#include "vma_fixture.h"

#define NR   80 /* more than two runs */
#define WORD 0x7000UL

static struct page *old[NR];

/* Pages at a, a + step, ... of mm, isolated, to the end of list; how many. */
static u32 isolate_some(struct mm_struct *mm, vaddr_t a, s64 step, u32 nr,
			struct list_head *list)
{
	u32 done = 0;

	for (u32 i = 0; i < nr; i++, a += (u64)step) {
		struct page *page = space_page(mm, a);

		if (!page || !isolate_lru_page(page))
			continue;
		list_add_tail(&page->lru, list);
		done++;
	}
	return done;
}

static void fill(struct test *t, struct mm_struct *mm, vaddr_t a, u32 nr)
{
	for (u32 i = 0; i < nr; i++)
		EXPECT_EQ(mm_write(mm, a + i * PAGE_SIZE, WORD + i), 0);
	lru_add_drain_all();
}

static void note_old(struct mm_struct *mm, vaddr_t a, u32 nr)
{
	for (u32 i = 0; i < nr; i++)
		old[i] = space_page(mm, a + i * PAGE_SIZE);
}

/* Words are as filled; how many pages are where note_old() saw them. */
static u32 check(struct test *t, struct mm_struct *mm, vaddr_t a, u32 nr)
{
	u32 stayed = 0;

	for (u32 i = 0; i < nr; i++) {
		u64 word = 0;

		EXPECT_EQ(mm_read(mm, a + i * PAGE_SIZE, &word), 0);
		EXPECT_EQ(word, WORD + i);
		stayed += space_page(mm, a + i * PAGE_SIZE) == old[i];
	}
	return stayed;
}

static int move(struct list_head *list, enum migrate_mode mode)
{
	return migrate_pages(list, any_target, NULL, NULL, mode, MR_COMPACTION,
			     NULL);
}

TEST(migrate_run, pages_move_in_any_order_and_across_tables)
{
	struct mm_struct *mm = mm_begin();
	struct list_head list = LIST_HEAD_INIT(list);
	vaddr_t a, border;

	ASSERT_TRUE(mm != NULL);
	a = space_map(mm, 1024 + NR);
	border = ALIGN(a + NR * PAGE_SIZE, PMD_SIZE) - NR / 2 * PAGE_SIZE;
	fill(t, mm, border, NR);
	note_old(mm, border, NR);
	EXPECT_EQ(isolate_some(mm, border, PAGE_SIZE, NR, &list), NR);
	EXPECT_EQ(move(&list, MIGRATE_ASYNC), 0);
	EXPECT_EQ(check(t, mm, border, NR), 0);
	note_old(mm, border, NR);
	/* Backwards, odd ones first. */
	EXPECT_EQ(isolate_some(mm, border + (NR - 1) * PAGE_SIZE,
			       -2 * (s64)PAGE_SIZE, NR / 2, &list),
		  NR / 2);
	EXPECT_EQ(isolate_some(mm, border + (NR - 2) * PAGE_SIZE,
			       -2 * (s64)PAGE_SIZE, NR / 2, &list),
		  NR / 2);
	EXPECT_EQ(move(&list, MIGRATE_SYNC), 0);
	EXPECT_EQ(check(t, mm, border, NR), 0);
	EXPECT_EQ(migrate_check(), 0);
	mm_end(t, mm);
}

/* Some of the child's are copies of its own, in an anon_vma of its own. */
TEST(migrate_run, spaces_and_files_are_mixed_in_one_list)
{
	struct mm_struct *mm = mm_begin(), *child;
	struct list_head list = LIST_HEAD_INIT(list);
	struct file *file = test_file(8);
	vaddr_t a, f;
	u32 nr = 0;

	ASSERT_TRUE(mm != NULL);
	a = space_map(mm, 40);
	f = map_file(mm, file, 8, PROT_READ | PROT_WRITE, MAP_SHARED);
	fill(t, mm, a, 40);
	fill(t, mm, f, 8);
	child = dup_mm(mm);
	ASSERT_TRUE(child != NULL);
	for (u32 i = 0; i < 40; i += 4)
		EXPECT_EQ(mm_write(child, a + i * PAGE_SIZE, WORD + i), 0);
	lru_add_drain_all();
	for (u32 i = 0; i < 40; i++) {
		nr += isolate_some(child, a + i * PAGE_SIZE, 0, 1, &list);
		nr += isolate_some(mm, a + i * PAGE_SIZE, 0, i % 4 == 0, &list);
		nr += isolate_some(mm, f + i / 5 * PAGE_SIZE, 0, i % 5 == 0,
				   &list);
	}
	EXPECT_EQ(nr, 40 + 10 + 8);
	note_old(mm, a, 40);
	EXPECT_EQ(move(&list, MIGRATE_SYNC_LIGHT), 0);
	EXPECT_EQ(check(t, mm, a, 40), 0);
	note_old(child, a, 40);
	EXPECT_EQ(check(t, child, a, 40), 40);
	note_old(mm, f, 8);
	EXPECT_EQ(check(t, child, f, 8), 8);
	EXPECT_TRUE(space_page(mm, a) != space_page(child, a));
	EXPECT_TRUE(space_page(mm, a + PAGE_SIZE) ==
		    space_page(child, a + PAGE_SIZE));
	EXPECT_EQ(migrate_check(), 0);
	mmput(child);
	EXPECT_EQ(do_munmap(mm, f, 8 * PAGE_SIZE), 0);
	test_file_end(t);
	mm_end(t, mm);
}

/* Pinned, locked, referred to, gone: the neighbours go all the same. */
TEST(migrate_run, one_that_stays_holds_no_neighbour_back)
{
	struct mm_struct *mm = mm_begin();
	struct list_head list = LIST_HEAD_INIT(list);
	struct page *pinned;
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	a = space_map(mm, NR);
	fill(t, mm, a, NR);
	note_old(mm, a, NR);
	EXPECT_EQ(isolate_some(mm, a, PAGE_SIZE, NR, &list), NR);
	down_read(&mm->mmap_lock);
	EXPECT_EQ(get_user_pages(mm, a + 5 * PAGE_SIZE, 1,
				 FOLL_WRITE | FOLL_PIN, &pinned),
		  1);
	up_read(&mm->mmap_lock);
	lock_page(old[7]);
	get_page(old[9]);
	EXPECT_EQ(do_munmap(mm, a + 11 * PAGE_SIZE, PAGE_SIZE), 0);
	EXPECT_EQ(move(&list, MIGRATE_ASYNC), 3);
	EXPECT_TRUE(list.next == &old[5]->lru); /* it failed first */
	EXPECT_EQ(check(t, mm, a, 11), 3);
	EXPECT_TRUE(space_page(mm, a + 11 * PAGE_SIZE) == NULL);
	for (u32 i = 12; i < NR; i++)
		EXPECT_TRUE(space_page(mm, a + i * PAGE_SIZE) != old[i]);
	putback_lru_pages(&list);
	unpin_page(pinned);
	unlock_page(old[7]);
	put_page(old[9]);
	EXPECT_EQ(migrate_check(), 0);
	mm_end(t, mm);
}

TEST(migrate_run, pages_of_two_nodes_are_counted_by_node)
{
	static vaddr_t addrs[8];
	static int nodes[8], status[8];
	struct mm_struct *mm = mm_begin();
	struct list_head list = LIST_HEAD_INIT(list);
	u64 before[2];
	vaddr_t a;

	if (!node_has_memory(0) || !node_has_memory(1))
		SKIP("needs two nodes with memory");
	ASSERT_TRUE(mm != NULL);
	for (u32 nid = 0; nid < 2; nid++)
		before[nid] = node_page_state(nid, NR_ISOLATED_ANON);
	a = space_map(mm, 8);
	fill(t, mm, a, 8);
	for (u32 i = 0; i < 8; i++) {
		addrs[i] = a + i * PAGE_SIZE;
		nodes[i] = i % 2;
	}
	EXPECT_EQ(do_move_pages(mm, 8, addrs, nodes, status, MPOL_MF_MOVE), 0);
	EXPECT_EQ(isolate_some(mm, a, PAGE_SIZE, 8, &list), 8);
	EXPECT_EQ(move(&list, MIGRATE_ASYNC), 0);
	for (u32 nid = 0; nid < 2; nid++)
		EXPECT_EQ(node_page_state(nid, NR_ISOLATED_ANON), before[nid]);
	mm_end(t, mm);
}

static void let_go(void *page, const u64 *values __unused, u32 nr __unused)
{
	put_page(page);
}

/* Its neighbour's anon_vma is held, but nothing says that it is its own. */
TEST(migrate_run, one_that_was_unmapped_does_not_go_along)
{
	struct mm_struct *mm = mm_begin();
	struct list_head list = LIST_HEAD_INIT(list);
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	a = space_map(mm, 3);
	fill(t, mm, a, 3);
	note_old(mm, a, 3);
	EXPECT_EQ(isolate_some(mm, a, PAGE_SIZE, 3, &list), 3);
	get_page(old[1]);
	EXPECT_EQ(do_munmap(mm, a + PAGE_SIZE, PAGE_SIZE), 0);
	point_callback("migrate_flushed", let_go, old[1]);
	EXPECT_EQ(move(&list, MIGRATE_ASYNC), 1);
	point_disable("migrate_flushed");
	EXPECT_TRUE(list.next == &old[1]->lru);
	putback_lru_pages(&list);
	EXPECT_EQ(check(t, mm, a, 1), 0);
	EXPECT_EQ(migrate_check(), 0);
	mm_end(t, mm);
}

TEST(migrate_run, without_a_target_the_rest_stays)
{
	struct mm_struct *mm = mm_begin();
	struct list_head list = LIST_HEAD_INIT(list);
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	a = space_map(mm, NR);
	fill(t, mm, a, NR);
	note_old(mm, a, NR);
	EXPECT_EQ(isolate_some(mm, a, PAGE_SIZE, NR, &list), NR);
	point_fail_nth("migrate_target", 41);
	EXPECT_EQ(move(&list, MIGRATE_SYNC), -ENOMEM);
	point_disable("migrate_target");
	putback_lru_pages(&list);
	EXPECT_EQ(check(t, mm, a, NR), NR - 40);
	EXPECT_EQ(migrate_check(), 0);
	mm_end(t, mm);
}

/* --- the old frames --- */

static struct {
	struct page *page[NR];
	u32 nr;
	u32 wrong;
} taken;

static void take(struct page **frames, u32 nr, void *private __unused)
{
	for (u32 i = 0; i < nr; i++) {
		const struct page *page = frames[i];

		taken.wrong += page->kind_order || page->flags ||
			       page->refcount || page->mapcount != -1;
		taken.page[taken.nr++] = frames[i];
	}
}

TEST(migrate_run, old_frames_are_handed_over_free)
{
	struct mm_struct *mm = mm_begin();
	struct list_head list = LIST_HEAD_INIT(list);
	struct migrate_control mc = { .new_page = any_target,
				      .take_freed = take,
				      .mode = MIGRATE_ASYNC,
				      .reason = MR_COMPACTION };
	u32 found = 0;
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	memset(&taken, 0, sizeof(taken));
	a = space_map(mm, NR);
	fill(t, mm, a, NR);
	EXPECT_EQ(isolate_some(mm, a, PAGE_SIZE, NR, &list), NR);
	/* Nobody wants it any more: it is handed over, too. */
	EXPECT_EQ(do_munmap(mm, a + 3 * PAGE_SIZE, PAGE_SIZE), 0);
	note_old(mm, a, NR);
	EXPECT_EQ(migrate_list(&list, &mc), 0);
	EXPECT_EQ(mc.nr_moved, NR);
	EXPECT_EQ(taken.nr, NR);
	EXPECT_EQ(taken.wrong, 0);
	for (u32 i = 0; i < NR; i++)
		for (u32 k = 0; k < taken.nr; k++)
			found += taken.page[k] == old[i];
	EXPECT_EQ(found, NR - 1);
	free_pages_bulk(taken.page, taken.nr);
	EXPECT_EQ(check(t, mm, a, 3), 0);
	mm_end(t, mm); /* as many frames as before */
}
