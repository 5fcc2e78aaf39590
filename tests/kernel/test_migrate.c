// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_migrate.c - a page moves and nobody notices
 *
 * Each kind of page moves once: contents, counts, rights, accessed and dirty
 * bits are as before, and only the frame is another. Then what stops one: a
 * pin, a lock, a reference, no target; all of it is as it was then.
 */
#include <kernel/errno.h>
#include <kernel/main.h>
#include <kernel/point.h>
#include <kernel/thread.h>
#include <mm/lru.h>
#include <mm/mm_state.h>
#include <mm/node_stat.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>
#include <mm/rmap.h>

#include "migrate_fixture.h"
#include "vma_fixture.h"

#define WORD 0x1234567890abcdefUL

/* --- each kind of page --- */

TEST(migrate, an_anonymous_page_moves_with_all_it_is)
{
	struct mm_struct *mm = mm_begin();
	u64 ok = vm_event_sum(PGMIGRATE_SUCCESS);
	struct page *old, *new;
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	a = space_map(mm, 3) + PAGE_SIZE;
	EXPECT_EQ(mm_write(mm, a + 8, WORD), 0);
	old = space_page(mm, a);
	lru_add_drain_all();
	mark_page_accessed(old);
	mark_page_accessed(old);
	EXPECT_TRUE(page_flag(old, PG_active));
	EXPECT_EQ(migrate_at(mm, a, MIGRATE_ASYNC), 0);
	new = space_page(mm, a);
	EXPECT_TRUE(new != NULL &&new != old);
	EXPECT_EQ(page_kind(old), PAGE_NONE);
	EXPECT_EQ(page_ref_count(new), 1);
	EXPECT_EQ(page_mapcount(new), 1);
	EXPECT_EQ(rmap_check(new), 0);
	EXPECT_TRUE(page_flag(new, PG_anon_exclusive));
	EXPECT_TRUE(page_flag(new, PG_active) && page_flag(new, PG_lru));
	EXPECT_FALSE(page_flag(new, PG_locked));
	EXPECT_EQ(new->private_data, 0);
	EXPECT_EQ(*(u64 *)space_touch(mm, a + 8, false), WORD);
	EXPECT_EQ(vm_event_sum(PGMIGRATE_SUCCESS), ok + 1);
	EXPECT_EQ(mm->rss[MM_ANONPAGES], 1);
	EXPECT_EQ(migrate_check(), 0);
	mm_end(t, mm);
}

struct bits {
	const char *what;
	bool young, dirty, write;
};

static const struct bits all_bits[] = {
	{ "untouched, read-only", false, false, false },
	{ "read, read-only", true, false, false },
	{ "untouched, writable", false, false, true },
	{ "written", true, true, true },
	{ "dirty and old, read-only", false, true, false },
};

static void set_bits(struct mm_struct *mm, vaddr_t a, const struct bits *b)
{
	struct spinlock *ptl;
	pte_t *ptep = pte_offset_map_lock(mm, a, &ptl), pte = ptep_get(ptep);

	pte = b->young ? pte_mkyoung(pte) : pte_mkold(pte);
	pte = b->dirty ? pte_mkdirty(pte) : pte_mkclean(pte);
	set_pte(ptep, b->write ? pte_mkwrite(pte) : pte_wrprotect(pte));
	pte_unmap_unlock(ptep, ptl);
}

TEST(migrate, entries_keep_accessed_dirty_and_rights)
{
	struct mm_struct *mm = mm_begin();
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	a = space_map(mm, 1);
	EXPECT_EQ(mm_write(mm, a, WORD), 0);
	for (u32 i = 0; i < ARRAY_SIZE(all_bits); i++) {
		const struct bits *b = &all_bits[i];
		pte_t pte;

		set_bits(mm, a, b);
		EXPECT_EQ(migrate_at(mm, a, MIGRATE_ASYNC), 0);
		pte = entry_at(mm, a);
		if (pte_young(pte) != b->young || pte_dirty(pte) != b->dirty ||
		    pte_write(pte) != b->write || !pte_present(pte))
			test_fail(t, __FILE__, __LINE__, "%s: entry 0x%lx",
				  b->what, pte.val);
		EXPECT_TRUE(page_flag(space_page(mm, a), PG_anon_exclusive));
	}
	mm_end(t, mm);
}

TEST(migrate, a_page_that_fork_shares_stays_shared_and_read_only)
{
	struct mm_struct *mm = mm_begin(), *child, *grandchild;
	struct page *old, *new;
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	a = space_map(mm, 1);
	EXPECT_EQ(mm_write(mm, a, WORD), 0);
	child = dup_mm(mm);
	grandchild = dup_mm(child);
	ASSERT_TRUE(child && grandchild);
	old = space_page(mm, a);
	EXPECT_EQ(migrate_at(child, a, MIGRATE_ASYNC), 0);
	new = space_page(mm, a);
	EXPECT_TRUE(new != old);
	EXPECT_TRUE(space_page(child, a) == new);
	EXPECT_TRUE(space_page(grandchild, a) == new);
	EXPECT_EQ(page_mapcount(new), 3);
	EXPECT_EQ(page_ref_count(new), 3);
	EXPECT_FALSE(page_flag(new, PG_anon_exclusive));
	EXPECT_FALSE(pte_write(entry_at(mm, a)));
	EXPECT_EQ(rmap_check(new), 0);
	EXPECT_EQ(migrate_check(), 0);
	EXPECT_EQ(mm_write(child, a, 2), 0);
	EXPECT_EQ(*(u64 *)space_touch(mm, a, false), WORD);
	EXPECT_EQ(*(u64 *)space_touch(grandchild, a, false), WORD);
	mmput(grandchild);
	mmput(child);
	mm_end(t, mm);
}

TEST(migrate, a_file_page_moves_in_the_cache_and_in_all_spaces)
{
	struct mm_struct *mm = mm_begin(), *other = mm_alloc();
	struct file *file = test_file(4);
	struct page *old, *new;
	vaddr_t a, b;
	int err;

	ASSERT_TRUE(mm && other);
	a = map_file(mm, file, 4, PROT_READ | PROT_WRITE, MAP_SHARED);
	b = map_file(other, file, 4, PROT_READ, MAP_PRIVATE) + PAGE_SIZE;
	a += PAGE_SIZE;
	EXPECT_EQ(mm_write(mm, a, WORD), 0);
	EXPECT_EQ(*(u64 *)space_touch(other, b, false), WORD);
	old = space_page(mm, a);
	EXPECT_EQ(migrate_at(other, b, MIGRATE_ASYNC), 0);
	new = space_page(mm, a);
	EXPECT_TRUE(new != old &&space_page(other, b) == new);
	EXPECT_EQ(page_mapcount(new), 2);
	EXPECT_EQ(page_ref_count(new), 3);
	EXPECT_TRUE(pte_write(entry_at(mm, a)));
	EXPECT_FALSE(pte_write(entry_at(other, b)));
	EXPECT_TRUE(page_flag(new, PG_dirty) && page_flag(new, PG_uptodate));
	EXPECT_TRUE(read_cache_page(file->f_mapping, 1, &err) == new);
	put_page(new);
	EXPECT_EQ(filemap_check(file->f_mapping), 0);
	EXPECT_EQ(rmap_check(new), 0);
	EXPECT_EQ(migrate_check(), 0);
	mmput(other);
	EXPECT_EQ(do_munmap(mm, a - PAGE_SIZE, 4 * PAGE_SIZE), 0);
	test_file_end(t);
	mm_end(t, mm);
}

TEST(migrate, a_cached_page_that_nobody_maps_moves)
{
	struct mm_struct *mm = mm_begin();
	struct file *file = test_file(2);
	struct page *old, *new;
	struct list_head list = LIST_HEAD_INIT(list);
	int err;

	ASSERT_TRUE(mm != NULL);
	old = read_cache_page(file->f_mapping, 0, &err);
	ASSERT_TRUE(old != NULL);
	lru_add_drain_all();
	*(u64 *)page_address(old) = WORD;
	EXPECT_TRUE(isolate_lru_page(old));
	list_add(&old->lru, &list);
	/* Ours is a reference too many. */
	EXPECT_EQ(migrate_pages(&list, any_target, NULL, NULL, MIGRATE_ASYNC,
				MR_SYSCALL, NULL),
		  1);
	EXPECT_FALSE(list_empty(&list));
	EXPECT_FALSE(page_flag(old, PG_locked));
	put_page(old);
	EXPECT_EQ(migrate_pages(&list, any_target, NULL, NULL, MIGRATE_ASYNC,
				MR_SYSCALL, NULL),
		  0);
	EXPECT_TRUE(list_empty(&list));
	new = read_cache_page(file->f_mapping, 0, &err);
	EXPECT_TRUE(new != old);
	EXPECT_EQ(*(u64 *)page_address(new), WORD);
	put_page(new);
	test_file_end(t);
	mm_end(t, mm);
}

/* It is nobody's, but for who still looks at it. */
TEST(migrate, a_page_that_was_cut_off_its_file_does_not_move)
{
	struct mm_struct *mm = mm_begin();
	struct file *file = test_file(1);
	struct list_head list = LIST_HEAD_INIT(list);
	struct page *page;
	int err;

	ASSERT_TRUE(mm != NULL);
	page = read_cache_page(file->f_mapping, 0, &err);
	ASSERT_TRUE(page != NULL);
	lru_add_drain_all();
	EXPECT_TRUE(isolate_lru_page(page));
	list_add(&page->lru, &list);
	truncate_inode_pages(file->f_mapping, 0);
	EXPECT_EQ(migrate_pages(&list, any_target, NULL, NULL, MIGRATE_SYNC,
				MR_SYSCALL, NULL),
		  1);
	EXPECT_FALSE(page_flag(page, PG_locked));
	putback_lru_pages(&list);
	put_page(page);
	test_file_end(t);
	mm_end(t, mm);
}

TEST(migrate, a_page_of_an_area_without_rights_moves)
{
	struct mm_struct *mm = mm_begin();
	struct page *old;
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	a = space_map(mm, 1);
	EXPECT_EQ(mm_write(mm, a, WORD), 0);
	EXPECT_EQ(do_mprotect(mm, a, PAGE_SIZE, PROT_NONE), 0);
	old = space_page(mm, a);
	EXPECT_EQ(migrate_at(mm, a, MIGRATE_ASYNC), 0);
	EXPECT_TRUE(space_page(mm, a) != old);
	EXPECT_EQ(pte_swap_type(entry_at(mm, a)), SWP_PROT_NONE);
	EXPECT_TRUE(space_touch(mm, a, false) == NULL);
	EXPECT_EQ(migrate_check(), 0);
	EXPECT_EQ(do_mprotect(mm, a, PAGE_SIZE, PROT_READ | PROT_WRITE), 0);
	EXPECT_TRUE(pte_dirty(entry_at(mm, a)) && pte_young(entry_at(mm, a)));
	EXPECT_EQ(*(u64 *)space_touch(mm, a, true), WORD);
	mm_end(t, mm);
}

TEST(migrate, a_locked_page_stays_locked_in_memory)
{
	struct mm_struct *mm = mm_begin();
	u64 locked = global_node_page_state(NR_MLOCK);
	struct page *old, *new;
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	mm->rlimit_memlock = RLIM_INFINITY;
	a = space_map(mm, 2);
	EXPECT_EQ(do_mlock(mm, a, 2 * PAGE_SIZE, false), 0);
	old = space_page(mm, a);
	ASSERT_TRUE(old != NULL);
	EXPECT_EQ(migrate_at(mm, a, MIGRATE_ASYNC), 0);
	new = space_page(mm, a);
	EXPECT_TRUE(new != old);
	EXPECT_EQ(new->private_data, 1);
	EXPECT_EQ(page_lru(new), LRU_UNEVICTABLE);
	EXPECT_EQ(global_node_page_state(NR_MLOCK), locked + 2);
	EXPECT_EQ(migrate_check(), 0);
	EXPECT_EQ(do_munlock(mm, a, 2 * PAGE_SIZE), 0);
	EXPECT_EQ(global_node_page_state(NR_MLOCK), locked);
	EXPECT_EQ(migrate_check(), 0);
	mm_end(t, mm);
}

/* --- a file that is written to meanwhile --- */

struct writer {
	struct address_space *mapping;
	u64 word; /* the last one written */
	u32 nr;
};

/* As tmpfs does: a page that isn't up to date is waited for, here passed by. */
static void write_by_reference(void *ctx, const u64 *values __unused,
			       u32 nr __unused)
{
	struct writer *w = ctx;
	struct page *page = filemap_get_page(w->mapping, 0);

	if (page_flag(page, PG_uptodate)) {
		*(u64 *)page_address(page) = ++w->word;
		w->nr++;
	}
	put_page(page);
}

/* Neither the page lock nor an entry holds such a write back. */
TEST(migrate, what_is_written_by_reference_is_not_lost)
{
	static const char *const steps[] = {
		"migrate_locked", "migrate_unmapped", "migrate_flushed",
		"migrate_copied", "migrate_replaced", "migrate_restored",
	};
	struct mm_struct *mm = mm_begin();
	struct file *file = test_file(1);
	struct writer w = { .mapping = file->f_mapping, .word = WORD };
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	a = map_file(mm, file, 1, PROT_READ | PROT_WRITE, MAP_SHARED);
	EXPECT_EQ(mm_write(mm, a, WORD), 0);
	for (u32 i = 0; i < ARRAY_SIZE(steps); i++) {
		const struct page *old = space_page(mm, a);

		point_callback(steps[i], write_by_reference, &w);
		EXPECT_EQ(migrate_at(mm, a, MIGRATE_ASYNC), 0);
		point_disable(steps[i]);
		EXPECT_TRUE(space_page(mm, a) != old);
		if (*(u64 *)space_touch(mm, a, false) != w.word)
			test_fail(t, __FILE__, __LINE__, "lost at %s", steps[i]);
	}
	EXPECT_GE(w.nr, 3);
	EXPECT_EQ(migrate_check(), 0);
	EXPECT_EQ(do_munmap(mm, a, PAGE_SIZE), 0);
	test_file_end(t);
	mm_end(t, mm);
}

/* --- many at once --- */

#define MANY 700 /* more than a batch */

TEST(migrate, a_list_longer_than_a_batch_moves_with_a_flush_a_batch)
{
	struct mm_struct *mm = mm_begin();
	struct list_head list = LIST_HEAD_INIT(list);
	struct tlb_stats before, after;
	u32 moved = 0;
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	a = space_map(mm, MANY);
	for (u32 i = 0; i < MANY; i++)
		EXPECT_EQ(mm_write(mm, a + i * PAGE_SIZE, WORD + i), 0);
	lru_add_drain_all();
	for (u32 i = 0; i < MANY; i++) {
		struct page *page = space_page(mm, a + i * PAGE_SIZE);

		if (isolate_lru_page(page))
			list_add_tail(&page->lru, &list);
	}
	tlb_get_stats(&before);
	EXPECT_EQ(migrate_pages(&list, any_target, NULL, NULL, MIGRATE_SYNC,
				MR_SYSCALL, &moved),
		  0);
	tlb_get_stats(&after);
	EXPECT_EQ(moved, MANY);
	EXPECT_EQ(after.flushes[TLB_MIGRATE] - before.flushes[TLB_MIGRATE], 2);
	for (u32 i = 0; i < MANY; i++)
		EXPECT_EQ(*(u64 *)space_touch(mm, a + i * PAGE_SIZE, false),
			  WORD + i);
	EXPECT_EQ(migrate_check(), 0);
	mm_end(t, mm);
}

/* --- what stands in the way --- */

struct obstacle {
	struct mm_struct *mm;
	vaddr_t addr;
	struct page *page, *pinned;
	pte_t entry;
	struct migrate_stats before, after;
};

static bool obstacle_begin(struct obstacle *o)
{
	o->mm = mm_begin();
	if (!o->mm)
		return false;
	o->addr = space_map(o->mm, 1);
	if (mm_write(o->mm, o->addr, WORD))
		return false;
	o->page = space_page(o->mm, o->addr);
	o->entry = entry_at(o->mm, o->addr);
	migrate_get_stats(&o->before);
	return true;
}

/* Nothing has happened. */
static void expect_unmoved(struct test *t, struct obstacle *o)
{
	migrate_get_stats(&o->after);
	EXPECT_TRUE(space_page(o->mm, o->addr) == o->page);
	EXPECT_EQ(entry_at(o->mm, o->addr).val, o->entry.val);
	EXPECT_TRUE(page_flag(o->page, PG_anon_exclusive));
	EXPECT_TRUE(page_flag(o->page, PG_lru));
	EXPECT_FALSE(page_flag(o->page, PG_isolated));
	EXPECT_EQ(o->after.moved, o->before.moved);
	EXPECT_EQ(o->after.failed, o->before.failed + 1);
	EXPECT_EQ(migrate_check(), 0);
}

TEST(migrate, a_pinned_page_fails_at_once)
{
	struct obstacle o;
	struct page *page;

	ASSERT_TRUE(obstacle_begin(&o));
	down_read(&o.mm->mmap_lock);
	EXPECT_EQ(get_user_pages(o.mm, o.addr, 1, FOLL_WRITE | FOLL_PIN, &page),
		  1);
	up_read(&o.mm->mmap_lock);
	EXPECT_EQ(migrate_at(o.mm, o.addr, MIGRATE_SYNC), 1);
	expect_unmoved(t, &o);
	EXPECT_EQ(o.after.pinned, o.before.pinned + 1);
	EXPECT_EQ(o.after.retried, o.before.retried);
	EXPECT_EQ(o.after.undone, o.before.undone);
	unpin_page(page);
	mm_end(t, o.mm);
}

static void pin_it(void *ctx, const u64 *values __unused, u32 nr __unused)
{
	struct obstacle *o = ctx;

	down_read(&o->mm->mmap_lock);
	get_user_pages(o->mm, o->addr, 1, FOLL_WRITE | FOLL_PIN, &o->pinned);
	up_read(&o->mm->mmap_lock);
}

static void count_hit(void *ctx, const u64 *values __unused, u32 nr __unused)
{
	++*(u32 *)ctx;
}

/*
 * Were it unmapped for a moment only, a fork just then would share it, and the
 * next write go to a copy that the pinner doesn't see.
 */
TEST(migrate, a_page_that_is_pinned_at_the_last_moment_keeps_its_entry)
{
	struct obstacle o;
	u32 unmapped = 0;

	ASSERT_TRUE(obstacle_begin(&o));
	point_callback("migrate_locked", pin_it, &o);
	point_callback("set_migration_pte", count_hit, &unmapped);
	EXPECT_EQ(migrate_at(o.mm, o.addr, MIGRATE_SYNC), 1);
	point_disable("migrate_locked");
	point_disable("set_migration_pte");
	EXPECT_TRUE(o.pinned == o.page);
	EXPECT_EQ(unmapped, 0);
	expect_unmoved(t, &o);
	EXPECT_EQ(o.after.pinned, o.before.pinned + 1);
	unpin_page(o.pinned);
	mm_end(t, o.mm);
}

TEST(migrate, somebody_elses_reference_undoes)
{
	struct obstacle o;

	ASSERT_TRUE(obstacle_begin(&o));
	get_page(o.page);
	EXPECT_EQ(migrate_at(o.mm, o.addr, MIGRATE_ASYNC), 1);
	expect_unmoved(t, &o);
	EXPECT_EQ(o.after.undone, o.before.undone + 1);
	EXPECT_GE(o.after.retried, o.before.retried + 9);
	put_page(o.page);
	mm_end(t, o.mm);
}

TEST(migrate, async_does_not_wait_for_a_page_lock)
{
	struct obstacle o;

	ASSERT_TRUE(obstacle_begin(&o));
	lock_page(o.page);
	EXPECT_EQ(migrate_at(o.mm, o.addr, MIGRATE_ASYNC), 1);
	unlock_page(o.page);
	expect_unmoved(t, &o);
	mm_end(t, o.mm);
}

/* Nor does who makes room for itself, nor, if it reads, SYNC_LIGHT. */
TEST(migrate, some_locks_are_not_waited_for_in_the_slower_modes)
{
	struct obstacle o;

	ASSERT_TRUE(obstacle_begin(&o));
	lock_page(o.page);
	current->memalloc = true;
	EXPECT_EQ(migrate_at(o.mm, o.addr, MIGRATE_SYNC), 1);
	current->memalloc = false;
	page_flag_clear(o.page, PG_uptodate);
	EXPECT_EQ(migrate_at(o.mm, o.addr, MIGRATE_SYNC_LIGHT), 1);
	page_flag_set(o.page, PG_uptodate);
	unlock_page(o.page);
	EXPECT_TRUE(space_page(o.mm, o.addr) == o.page);
	mm_end(t, o.mm);
}

TEST(migrate, without_a_target_nothing_moves)
{
	struct obstacle o;

	ASSERT_TRUE(obstacle_begin(&o));
	point_fail_nth("migrate_target", 1);
	EXPECT_EQ(migrate_at(o.mm, o.addr, MIGRATE_SYNC), -ENOMEM);
	point_disable("migrate_target");
	expect_unmoved(t, &o);
	mm_end(t, o.mm);
}

TEST(migrate, an_isolated_page_that_was_unmapped_is_freed_not_moved)
{
	struct mm_struct *mm = mm_begin();
	struct list_head list;
	struct migrate_stats before, after;
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	a = space_map(mm, 1);
	EXPECT_EQ(mm_write(mm, a, WORD), 0);
	EXPECT_TRUE(isolate_at(mm, a, &list));
	EXPECT_EQ(do_munmap(mm, a, PAGE_SIZE), 0);
	migrate_get_stats(&before);
	EXPECT_EQ(migrate_pages(&list, any_target, NULL, NULL, MIGRATE_ASYNC,
				MR_SYSCALL, NULL),
		  0);
	migrate_get_stats(&after);
	EXPECT_EQ(after.vanished, before.vanished + 1);
	EXPECT_EQ(after.moved, before.moved);
	EXPECT_TRUE(list_empty(&list));
	mm_end(t, mm);
}

/* As long as somebody refers to it, its mapping may name anything: it stays. */
TEST(migrate, an_unmapped_page_gives_no_anon_vma)
{
	struct mm_struct *mm = mm_begin();
	struct list_head list;
	struct page *page;
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	a = space_map(mm, 1);
	EXPECT_EQ(mm_write(mm, a, WORD), 0);
	page = space_page(mm, a);
	EXPECT_TRUE(isolate_at(mm, a, &list));
	get_page(page);
	EXPECT_EQ(do_munmap(mm, a, PAGE_SIZE), 0);
	EXPECT_EQ(migrate_pages(&list, any_target, NULL, NULL, MIGRATE_SYNC,
				MR_SYSCALL, NULL),
		  1);
	putback_lru_pages(&list);
	EXPECT_EQ(page_ref_count(page), 1);
	put_page(page);
	mm_end(t, mm);
}

/*
 * A lock of theirs, held by who may have to wait for compaction. It is the outer
 * one, so that the checker learns nothing wrong from what it lets pass here.
 */
TEST(migrate, a_request_that_compaction_might_hang_is_found)
{
	struct rwsem *i_mmap;
	struct file *file;
	struct page *page;

	if (!CONFIG_DEBUG)
		SKIP("no lock checker in this build");
	file = test_file(1);
	ASSERT_TRUE(file != NULL);
	i_mmap = &file->f_mapping->i_mmap_rwsem;
	for (u32 order = 0; order < 2; order++) {
		lockdep_expect();
		down_read(i_mmap);
		/* On a certain node: not by the fast path. */
		page = alloc_pages(GFP_KERNEL | __GFP_THISNODE, order);
		up_read(i_mmap);
		EXPECT_EQ(lockdep_take(),
			  order ? LOCKDEP_RECURSION : LOCKDEP_NONE);
		if (page)
			free_pages(page, order);
	}
	test_file_end(t);
}
