// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_fault_fails.c - faults and forks that get no memory
 *
 * For each kind of fault, and for fork of areas of all kinds: the first
 * allocation fails, then the second, ... until one goes through untouched. The
 * caller gets an error, what was there stays as it was, the same again
 * succeeds, and at the end every frame is free.
 */
#include <kernel/errno.h>
#include <kernel/point.h>
#include <kernel/string.h>
#include <mm/filemap.h>
#include <mm/page_ref.h>

#include "free_frames.h"
#include "space_fixture.h"

#define MAX_NTH 60

static const char *const points[] = { "anon_vma_alloc", "anon_vma_chain_alloc",
				      "pte_alloc_one",	"fault_alloc_page",
				      "xa_node_alloc",	"kmem_cache_alloc",
				      "fail_page_alloc" };

/* --- a file --- */

static struct address_space mapping;
static struct file file;

static void no_release(struct file *unused __unused)
{
}

static void file_begin(void)
{
	address_space_init(&mapping, NULL, NULL);
	mapping.i_size = 100 * PAGE_SIZE;
	file = (struct file){ .f_count = 1,
			      .f_mode = FMODE_READ | FMODE_WRITE,
			      .f_mapping = &mapping,
			      .mmap = generic_file_mmap,
			      .release = no_release };
}

/* Not the first page: the tree needs a node. */
static vaddr_t map_file(struct mm_struct *mm, u64 flags)
{
	return (vaddr_t)do_mmap(mm, &file, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
				flags, 70);
}

/* --- one that fails at its nth allocation --- */

/* True: it did. */
static bool end_failing(const char *name)
{
	bool failed = (s32)point_find(name)->fail_at <= 0;

	point_disable(name);
	return failed;
}

enum fault_kind {
	ANON_READ,
	ANON_WRITE,
	ZERO_COPY,
	FORK_COPY,
	FILE_READ,
	FILE_COPY,
	FILE_SHARED,
	NR_FAULT_KINDS
};

static vaddr_t map_for(struct mm_struct *mm, enum fault_kind kind)
{
	vaddr_t a = kind < FILE_READ ?
			    space_map(mm, 1) :
			    map_file(mm, kind == FILE_SHARED ? MAP_SHARED :
							       MAP_PRIVATE);

	if (kind == ZERO_COPY)
		space_touch(mm, a, false);
	if (kind == FORK_COPY)
		*(u64 *)space_touch(mm, a, true) = 5;
	return a;
}

static bool fault_fails(struct test *t, enum fault_kind kind, const char *name,
			u32 nth)
{
	u32 flags =
		FAULT_FLAG_USER |
		(kind == ANON_READ || kind == FILE_READ ? 0 : FAULT_FLAG_WRITE);
	struct mm_struct *mm = mm_alloc(), *child;
	struct fault_error error;
	vaddr_t a = map_for(mm, kind);
	bool failed;
	int err;

	child = kind == FORK_COPY ? dup_mm(mm) : NULL;
	point_fail_nth(name, nth);
	err = do_user_fault(mm, a, flags, &error);
	failed = end_failing(name);
	EXPECT_TRUE(!err || (failed && err == -ENOMEM && !error.signo));
	EXPECT_EQ(page_table_check_all(), 0);
	EXPECT_EQ(do_user_fault(mm, a, flags, &error), 0);
	EXPECT_EQ(*(u64 *)space_touch(mm, a, flags & FAULT_FLAG_WRITE),
		  kind == FORK_COPY ? 5 : 0);
	if (child)
		mmput(child);
	mmput(mm);
	truncate_inode_pages(&mapping, 0);
	return failed;
}

TEST(fault_fails, each_kind_of_fault_reports_it_and_succeeds_later)
{
	u32 failures = 0, nth;
	u64 before;

	file_begin();
	for (u32 kind = 0; kind < NR_FAULT_KINDS; kind++)
		fault_fails(t, kind, points[0], MAX_NTH); /* first use */
	before = free_frames_after_purge();
	for (u32 kind = 0; kind < NR_FAULT_KINDS; kind++)
		for (u32 i = 0; i < ARRAY_SIZE(points); i++)
			for (nth = 1; fault_fails(t, kind, points[i], nth) &&
				      nth < MAX_NTH;
			     nth++)
				failures++;
	test_note(t, "%u failures", failures);
	EXPECT_GE(failures, 20);
	EXPECT_EQ(filemap_check(&mapping), 0);
	EXPECT_EQ(file.f_count, 1);
	EXPECT_EQ(free_frames_after_purge(), before);
}

/* --- fork --- */

struct family {
	struct mm_struct *mm;
	vaddr_t anon, far, pinned, private, shared;
	struct page *pin;
};

/* Two tables' worth of anonymous pages, a pinned one, and a file's. */
static void family_begin(struct family *f)
{
	f->mm = mm_alloc();
	f->anon = space_map(f->mm, 3);
	f->far = (vaddr_t)do_mmap(f->mm, NULL, f->anon - GiB, PAGE_SIZE,
				  PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, 0);
	f->pinned = (vaddr_t)do_mmap(f->mm, NULL, 0, PAGE_SIZE,
				     PROT_READ | PROT_WRITE | PROT_EXEC,
				     MAP_PRIVATE | MAP_ANONYMOUS, 0);
	f->private = map_file(f->mm, MAP_PRIVATE);
	f->shared = map_file(f->mm, MAP_SHARED);
	*(u64 *)space_touch(f->mm, f->anon, true) = 1;
	*(u64 *)space_touch(f->mm, f->far, true) = 2;
	*(u64 *)space_touch(f->mm, f->pinned, true) = 3;
	*(u64 *)space_touch(f->mm, f->private, true) = 4;
	*(u64 *)space_touch(f->mm, f->shared, true) = 5;
	f->pin = space_page(f->mm, f->pinned);
	pin_page(f->pin);
}

static void family_check(struct test *t, struct mm_struct *mm,
			 const struct family *f)
{
	EXPECT_EQ(*(u64 *)space_touch(mm, f->anon, true), 1);
	EXPECT_EQ(*(u64 *)space_touch(mm, f->far, true), 2);
	EXPECT_EQ(*(u64 *)space_touch(mm, f->pinned, true), 3);
	EXPECT_EQ(*(u64 *)space_touch(mm, f->private, true), 4);
	EXPECT_EQ(*(u64 *)space_touch(mm, f->shared, true), 5);
	EXPECT_EQ(mm_check(mm), 0);
}

static bool fork_fails(struct test *t, const char *name, u32 nth)
{
	struct mm_struct *child;
	struct family f;
	bool failed;

	family_begin(&f);
	point_fail_nth(name, nth);
	child = dup_mm(f.mm);
	failed = end_failing(name);
	EXPECT_TRUE(child || failed);
	EXPECT_EQ(page_table_check_all(), 0);
	family_check(t, f.mm, &f);
	EXPECT_TRUE(space_page(f.mm, f.pinned) == f.pin);
	if (child) {
		family_check(t, child, &f);
		mmput(child);
	}
	unpin_page(f.pin);
	mmput(f.mm);
	truncate_inode_pages(&mapping, 0);
	return failed;
}

TEST(fault_fails, fork_leaves_the_parent_as_it_was)
{
	u32 failures = 0, nth;
	u64 before;

	file_begin();
	fork_fails(t, points[0], MAX_NTH);
	before = free_frames_after_purge();
	for (u32 i = 0; i < ARRAY_SIZE(points); i++)
		for (nth = 1; fork_fails(t, points[i], nth) && nth < MAX_NTH;
		     nth++)
			failures++;
	test_note(t, "%u failures", failures);
	EXPECT_GE(failures, 20);
	EXPECT_EQ(file.f_count, 1);
	EXPECT_EQ(free_frames_after_purge(), before);
}
