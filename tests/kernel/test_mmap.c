// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_mmap.c - what mmap and its family answer: errors, limits,
 * files, the heap, the stack
 *
 * Error numbers are Linux's; each line of a table is one call. What calls do to
 * pages is tests/kernel/test_mmap_model.c's.
 */
#include <kernel/errno.h>
#include <mm/filemap.h>
#include <mm/mm_state.h>
#include <mm/pgtable.h>
#include <mm/rmap.h>
#include <uapi/mman.h>

#include "vma_fixture.h"

#define BASE  0x10000000UL
#define PG    PAGE_SIZE
#define RW    (PROT_READ | PROT_WRITE)
#define ANON  (MAP_PRIVATE | MAP_ANONYMOUS)
#define FIXED (ANON | MAP_FIXED)

static s64 map(struct mm_struct *mm, vaddr_t addr, u64 nr, u64 prot)
{
	return do_mmap(mm, NULL, addr, nr * PG, prot, FIXED, 0);
}

/* --- errors --- */

TEST(mmap, mmap_refuses_as_linux_does)
{
	static const struct {
		vaddr_t addr;
		u64 len, prot, flags, pgoff;
		s64 result;
	} calls[] = {
		{ 0, 0, RW, ANON, 0, -EINVAL },
		{ 0, ~0UL, RW, ANON, 0, -ENOMEM }, /* rounded up: 0 */
		{ 0, TASK_SIZE + PG, RW, ANON, 0, -ENOMEM },
		{ 0, PG, RW, MAP_ANONYMOUS, 0, -EINVAL }, /* no type */
		{ 0, PG, RW, MAP_ANONYMOUS | MAP_SHARED_VALIDATE, 0, -EINVAL },
		{ 0, PG, RW, ANON, ~0UL, -EOVERFLOW },
		{ BASE + 1, PG, RW, FIXED, 0, -EINVAL },
		{ 0, PG, RW, FIXED, 0, -EPERM },
		{ TASK_SIZE, PG, RW, FIXED, 0, -ENOMEM },
		{ TASK_SIZE - PG, 2 * PG, RW, FIXED, 0, -ENOMEM },
		{ ~0UL << 47, PG, RW, FIXED, 0, -ENOMEM },
		{ BASE, PG, RW, ANON | MAP_FIXED_NOREPLACE, 0, -EEXIST },
		{ BASE - PG, 2 * PG, RW, ANON | MAP_FIXED_NOREPLACE, 0, -EEXIST },
		{ 0, PG, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, 0,
		  -EINVAL },
		{ 0, PG, RW, ANON | MAP_HUGETLB, 0, -ENOMEM },
		{ 0, 1UL << 46, RW, ANON, 0, -ENOMEM }, /* never to be had */
		{ 0, 64 * MiB, RW, ANON | MAP_LOCKED, 0, -EAGAIN },
		{ TASK_SIZE - PG, PG, RW, FIXED, 0, TASK_SIZE - PG },
		{ MMAP_MIN_ADDR, PG, RW, FIXED, 0, MMAP_MIN_ADDR },
	};
	struct mm_struct *mm = mm_begin();

	map(mm, BASE, 1, RW);
	for (u32 i = 0; i < ARRAY_SIZE(calls); i++) {
		s64 result = do_mmap(mm, NULL, calls[i].addr, calls[i].len,
				     calls[i].prot, calls[i].flags,
				     calls[i].pgoff);

		if (result != calls[i].result)
			test_fail(t, __FILE__, __LINE__, "call %u: %ld, not %ld",
				  i, result, calls[i].result);
	}
	/* A promise that nobody asked for isn't counted. */
	EXPECT_GT(do_mmap(mm, NULL, 0, 1UL << 45, RW, ANON | MAP_NORESERVE, 0),
		  0);
	mm_end(t, mm);
}

TEST(mmap, munmap_and_mprotect_refuse_as_linux_does)
{
	struct mm_struct *mm = mm_begin();

	map(mm, BASE, 4, RW);
	EXPECT_EQ(do_munmap(mm, BASE + 1, PG), -EINVAL);
	EXPECT_EQ(do_munmap(mm, BASE, 0), -EINVAL);
	EXPECT_EQ(do_munmap(mm, BASE, ~0UL), -EINVAL);
	EXPECT_EQ(do_munmap(mm, TASK_SIZE + PG, PG), -EINVAL);
	EXPECT_EQ(do_munmap(mm, BASE + 64 * PG, PG), 0);
	EXPECT_EQ(do_munmap(mm, BASE + 3 * PG, 1), 0); /* the whole page */
	EXPECT_STREQ(mm_draw(mm, BASE, 5), "www..");

	EXPECT_EQ(do_mprotect(mm, BASE + 1, PG, RW), -EINVAL);
	EXPECT_EQ(do_mprotect(mm, BASE, 0, RW), 0);
	EXPECT_EQ(do_mprotect(mm, BASE, ~0UL, RW), -ENOMEM);
	EXPECT_EQ(do_mprotect(mm, BASE, PG, 0x100), -EINVAL);
	EXPECT_EQ(do_mprotect(mm, BASE, PG, RW | PROT_GROWSDOWN), -EINVAL);
	EXPECT_EQ(do_mprotect(mm, BASE, PG, RW | PROT_GROWSDOWN | PROT_GROWSUP),
		  -EINVAL);
	EXPECT_EQ(do_mprotect(mm, BASE + 2 * PG, 2 * PG, PROT_READ), -ENOMEM);
	EXPECT_STREQ(mm_draw(mm, BASE, 5), "ww|r.."); /* up to the hole */
	EXPECT_EQ(do_mprotect(mm, BASE - PG, 2 * PG, PROT_READ), -ENOMEM);
	mm_end(t, mm);
}

TEST(mmap, mremap_refuses_as_linux_does)
{
	static const struct {
		vaddr_t addr;
		u64 old, new, flags;
		vaddr_t to;
		s64 result;
	} calls[] = {
		{ BASE, PG, PG, 8, 0, -EINVAL },
		{ BASE, PG, PG, MREMAP_FIXED, BASE + GiB, -EINVAL },
		{ BASE, PG, 2 * PG, MREMAP_DONTUNMAP | MREMAP_MAYMOVE, 0,
		  -EINVAL },
		{ BASE, PG, PG, MREMAP_DONTUNMAP, 0, -EINVAL },
		{ BASE + 1, PG, PG, 0, 0, -EINVAL },
		{ BASE, PG, 0, 0, 0, -EINVAL },
		{ BASE + 8 * PG, PG, 2 * PG, 0, 0, -EFAULT },
		{ BASE, 0, PG, MREMAP_MAYMOVE, 0, -EINVAL }, /* private */
		{ BASE, 3 * PG, 4 * PG, MREMAP_MAYMOVE, 0, -EFAULT },
		{ BASE, 2 * PG, 3 * PG, 0, 0, -ENOMEM }, /* no room */
		{ BASE, PG, 1UL << 46, MREMAP_MAYMOVE, 0, -ENOMEM },
		{ BASE, PG, PG, MREMAP_MAYMOVE | MREMAP_FIXED, BASE + 1,
		  -EINVAL },
		{ BASE, PG, PG, MREMAP_MAYMOVE | MREMAP_FIXED, BASE, -EINVAL },
		{ BASE, PG, PG, MREMAP_MAYMOVE | MREMAP_FIXED, TASK_SIZE,
		  -EINVAL },
		{ BASE, 2 * PG, 2 * PG, 0, 0, BASE },
	};
	struct mm_struct *mm = mm_begin();

	map(mm, BASE, 2, RW);
	map(mm, BASE + 2 * PG, 1, PROT_READ);
	for (u32 i = 0; i < ARRAY_SIZE(calls); i++) {
		s64 result = do_mremap(mm, calls[i].addr, calls[i].old,
				       calls[i].new, calls[i].flags,
				       calls[i].to);

		if (result != calls[i].result)
			test_fail(t, __FILE__, __LINE__, "call %u: %ld, not %ld",
				  i, result, calls[i].result);
	}
	EXPECT_STREQ(mm_draw(mm, BASE, 4), "ww|r.");
	mm_end(t, mm);
}

TEST(mmap, madvise_refuses_as_linux_does)
{
	struct mm_struct *mm = mm_begin();

	map(mm, BASE, 2, RW);
	map(mm, BASE + 2 * PG, 1, PROT_READ);
	EXPECT_EQ(do_madvise(mm, BASE, PG, 77), -EINVAL);
	EXPECT_EQ(do_madvise(mm, BASE + 1, PG, MADV_NORMAL), -EINVAL);
	EXPECT_EQ(do_madvise(mm, BASE, ~0UL, MADV_NORMAL), -EINVAL);
	EXPECT_EQ(do_madvise(mm, BASE, 0, MADV_DONTNEED), 0);
	EXPECT_EQ(do_madvise(mm, BASE, 4 * PG, MADV_DONTNEED), -ENOMEM);
	EXPECT_EQ(do_madvise(mm, BASE, PG, MADV_REMOVE), -EINVAL);
	EXPECT_EQ(do_madvise(mm, BASE, 3 * PG, MADV_POPULATE_READ), 0);
	EXPECT_EQ(do_madvise(mm, BASE, 4 * PG, MADV_POPULATE_READ), -ENOMEM);
	EXPECT_EQ(do_madvise(mm, BASE, 2 * PG, MADV_POPULATE_WRITE), 0);
	EXPECT_EQ(do_madvise(mm, BASE, 3 * PG, MADV_POPULATE_WRITE), -EINVAL);
	EXPECT_EQ(mm->rss[MM_ANONPAGES], 2);
	EXPECT_EQ(do_mlock(mm, BASE, PG, false), 0);
	EXPECT_EQ(do_madvise(mm, BASE, PG, MADV_DONTNEED), -EINVAL);
	EXPECT_EQ(do_madvise(mm, BASE, PG, MADV_DONTNEED_LOCKED), 0);
	EXPECT_EQ(do_madvise(mm, BASE, PG, MADV_PAGEOUT), -EINVAL);
	EXPECT_EQ(mm->rss[MM_ANONPAGES], 1);
	mm_end(t, mm);
}

TEST(mmap, mincore_says_what_is_there)
{
	struct mm_struct *mm = mm_begin();
	u8 vec[4] = { 9, 9, 9, 9 };

	map(mm, BASE, 3, RW);
	mm_write(mm, BASE + PG, 1);
	EXPECT_EQ(do_mincore(mm, BASE, 3, vec), 0);
	EXPECT_TRUE(!vec[0] && vec[1] == 1 && !vec[2] && vec[3] == 9);
	do_mprotect(mm, BASE, 3 * PG, PROT_NONE);
	EXPECT_EQ(do_mincore(mm, BASE, 3, vec), 0);
	EXPECT_TRUE(!vec[0] && vec[1] == 1 && !vec[2]);
	EXPECT_EQ(do_mincore(mm, BASE + 1, 1, vec), -EINVAL);
	EXPECT_EQ(do_mincore(mm, BASE, 4, vec), -ENOMEM);
	EXPECT_EQ(do_mincore(mm, TASK_SIZE, 1, vec), -ENOMEM);
	EXPECT_EQ(do_mincore(mm, BASE, ~0UL, vec), -ENOMEM);
	mm_end(t, mm);
}

/* --- limits --- */

TEST(mmap, limits_are_kept)
{
	struct mm_struct *mm = mm_begin();

	map(mm, BASE, 8, RW);
	mm->rlimit_as = 10 * PG;
	EXPECT_EQ(do_mmap(mm, NULL, 0, 3 * PG, PROT_READ, ANON, 0), -ENOMEM);
	EXPECT_EQ(map(mm, BASE + 6 * PG, 4, RW), BASE + 6 * PG);
	mm->rlimit_as = RLIM_INFINITY;
	mm->rlimit_data = 10 * PG;
	EXPECT_EQ(do_mmap(mm, NULL, 0, PG, RW, ANON, 0), -ENOMEM);
	EXPECT_GT(do_mmap(mm, NULL, 0, PG, PROT_READ, ANON, 0), 0);
	EXPECT_EQ(do_mprotect(mm, mm->mmap_base - PG, PG, RW), -ENOMEM);
	mm->rlimit_data = RLIM_INFINITY;
	mm->rlimit_memlock = 2 * PG;
	EXPECT_EQ(do_mlock(mm, BASE, 3 * PG, false), -ENOMEM);
	EXPECT_EQ(do_mlock(mm, BASE, 2 * PG, false), 0);
	EXPECT_EQ(do_mlock(mm, BASE, 2 * PG, false), 0); /* the same ones */
	EXPECT_EQ(do_mlock(mm, BASE + 2 * PG, PG, false), -ENOMEM);
	EXPECT_EQ(do_mlockall(mm, MCL_CURRENT), -ENOMEM);
	EXPECT_EQ(do_munlock(mm, BASE, PG), 0);
	EXPECT_EQ(mm->locked_vm, 1);
	mm->rlimit_memlock = 0;
	EXPECT_EQ(do_mlock(mm, BASE, PG, false), -EPERM);
	EXPECT_EQ(do_mlockall(mm, MCL_FUTURE), -EPERM);
	mm_end(t, mm);
}

TEST(mmap, mlockall_reaches_the_future)
{
	struct mm_struct *mm = mm_begin();

	map(mm, BASE, 4, RW);
	EXPECT_EQ(do_mlockall(mm, 0), -EINVAL);
	EXPECT_EQ(do_mlockall(mm, MCL_ONFAULT), -EINVAL);
	EXPECT_EQ(do_mlockall(mm, 8), -EINVAL);
	EXPECT_EQ(do_mlockall(mm, MCL_CURRENT | MCL_FUTURE), 0);
	EXPECT_EQ(mm->rss[MM_ANONPAGES], 4);
	map(mm, BASE + 16 * PG, 2, RW);
	EXPECT_EQ(mm->rss[MM_ANONPAGES], 6);
	EXPECT_EQ(mm->locked_vm, 6);
	EXPECT_EQ(do_munlockall(mm), 0);
	EXPECT_EQ(mm->locked_vm, 0);
	EXPECT_EQ(do_mlockall(mm, MCL_FUTURE | MCL_ONFAULT), 0);
	map(mm, BASE + 32 * PG, 2, RW);
	EXPECT_EQ(mm->rss[MM_ANONPAGES], 6);
	EXPECT_EQ(mm->locked_vm, 2);
	mm_end(t, mm);
}

/* One page in two is protected: a VMA each. */
TEST(mmap, there_is_an_end_of_vmas)
{
	struct mm_struct *mm = mm_begin();
	u64 nr = MAX_MAP_COUNT + 10;
	vaddr_t at = BASE;

	map(mm, BASE, nr, PROT_READ);
	while (mm->map_count + 2 <= MAX_MAP_COUNT) {
		ASSERT_EQ(do_mprotect(mm, at + PG, PG, PROT_NONE), 0);
		at += 2 * PG;
	}
	EXPECT_EQ(do_mprotect(mm, at + PG, PG, PROT_NONE), -ENOMEM);
	EXPECT_EQ(do_munmap(mm, BASE, PG), 0);
	EXPECT_EQ(mm_check(mm), 0);
	mm_end(t, mm);
}

/* --- heap and stack --- */

TEST(mmap, the_heap_grows_and_shrinks)
{
	struct mm_struct *mm = mm_begin();
	u64 value;

	mm->start_brk = mm->brk = BASE;
	EXPECT_EQ(do_brk(mm, 0), (s64)BASE);
	EXPECT_EQ(do_brk(mm, BASE + 5), (s64)BASE + 5);
	EXPECT_STREQ(mm_draw(mm, BASE, 3), "w..");
	EXPECT_EQ(do_brk(mm, BASE + 2 * PG), (s64)(BASE + 2 * PG));
	EXPECT_STREQ(mm_draw(mm, BASE, 3), "ww.");
	EXPECT_EQ(mm_write(mm, BASE + PG, 7), 0);
	EXPECT_EQ(do_brk(mm, BASE + PG), (s64)(BASE + PG));
	EXPECT_EQ(do_brk(mm, BASE + 2 * PG), (s64)(BASE + 2 * PG));
	EXPECT_EQ(mm_read(mm, BASE + PG, &value), 0);
	EXPECT_EQ(value, 0); /* it came back empty */
	map(mm, BASE + 4 * PG, 1, RW);
	/* One page is left free before what is mapped. */
	EXPECT_EQ(do_brk(mm, BASE + 4 * PG), (s64)(BASE + 2 * PG));
	EXPECT_EQ(do_brk(mm, BASE + 3 * PG), (s64)(BASE + 3 * PG));
	EXPECT_EQ(do_brk(mm, ~0UL), (s64)(BASE + 3 * PG));
	mm->rlimit_data = 3 * PG;
	do_munmap(mm, BASE + 4 * PG, PG);
	EXPECT_EQ(do_brk(mm, BASE + 4 * PG), (s64)(BASE + 3 * PG));
	mm_end(t, mm);
}

TEST(mmap, the_stack_grows_down_to_its_limit)
{
	vaddr_t top = 64 * GiB;
	struct mm_struct *mm = mm_begin();
	struct vm_area_struct *vma;

	do_mmap(mm, NULL, top - PG, PG, RW, FIXED | MAP_GROWSDOWN, 0);
	mm->rlimit_stack = 16 * PG;
	EXPECT_EQ(mm_write(mm, top - 4 * PG, 1), 0);
	vma = find_vma(mm, top - PG);
	EXPECT_EQ(vma->vm_start, top - 4 * PG);
	EXPECT_EQ(vma->vm_pgoff, (top - 4 * PG) >> PAGE_SHIFT);
	EXPECT_EQ(mm->stack_vm, 4);
	EXPECT_EQ(mm_write(mm, top - 16 * PG, 1), 0);
	EXPECT_EQ(mm_write(mm, top - 17 * PG, 1), -EFAULT);
	EXPECT_EQ(mm_check(mm), 0);
	mm_end(t, mm);
}

TEST(mmap, a_guard_gap_stays_below_the_stack)
{
	vaddr_t top = 64 * GiB, below = top - 400 * PG;
	struct mm_struct *mm = mm_begin();
	struct vm_area_struct *vma;

	do_mmap(mm, NULL, top - PG, PG, RW, FIXED | MAP_GROWSDOWN, 0);
	map(mm, below, 1, RW); /* ends 398 pages below the stack */
	vma = find_vma(mm, top - PG);
	EXPECT_EQ(expand_stack(mm, vma, below + 256 * PG), -ENOMEM);
	EXPECT_EQ(expand_stack(mm, vma, below + 257 * PG), 0);
	EXPECT_EQ(vma->vm_start, below + 257 * PG);
	/* What can't be reached is as good as a gap. */
	do_mprotect(mm, below, PG, PROT_NONE);
	EXPECT_EQ(expand_stack(mm, vma, below + 2 * PG), 0);
	EXPECT_EQ(expand_stack(mm, find_vma(mm, below), below), -EFAULT);
	EXPECT_EQ(mm_check(mm), 0);
	mm_end(t, mm);
}

/* --- moving --- */

TEST(mmap, mremap_moves_pages_with_their_contents)
{
	struct mm_struct *mm = mm_begin();
	vaddr_t to = BASE + GiB;
	u64 value;

	map(mm, BASE, 8, RW);
	for (u32 i = 0; i < 8; i++)
		mm_write(mm, BASE + i * PG, i + 1);
	EXPECT_EQ(do_mremap(mm, BASE + 2 * PG, 4 * PG, 6 * PG,
			    MREMAP_MAYMOVE | MREMAP_FIXED, to),
		  (s64)to);
	EXPECT_STREQ(mm_draw(mm, BASE, 8), "ww....ww");
	EXPECT_STREQ(mm_draw(mm, to, 7), "wwwwww.");
	for (u32 i = 0; i < 4; i++) {
		EXPECT_EQ(mm_read(mm, to + i * PG, &value), 0);
		EXPECT_EQ(value, i + 3);
	}
	EXPECT_EQ(page_table_check_all(), 0);
	/* And back: it becomes one VMA again. */
	EXPECT_EQ(do_mremap(mm, to, 4 * PG, 4 * PG,
			    MREMAP_MAYMOVE | MREMAP_FIXED, BASE + 2 * PG),
		  (s64)(BASE + 2 * PG));
	EXPECT_STREQ(mm_draw(mm, BASE, 8), "wwwwwwww");
	mm_end(t, mm);
}

TEST(mmap, mremap_grows_where_there_is_room)
{
	struct mm_struct *mm = mm_begin();
	s64 to;

	map(mm, BASE, 2, RW);
	map(mm, BASE + 4 * PG, 2, RW);
	EXPECT_EQ(do_mremap(mm, BASE, 2 * PG, 4 * PG, 0, 0), (s64)BASE);
	EXPECT_STREQ(mm_draw(mm, BASE, 6), "wwwwww"); /* met its like */
	EXPECT_EQ(do_mremap(mm, BASE, 2 * PG, 3 * PG, 0, 0), -ENOMEM);
	to = do_mremap(mm, BASE, 2 * PG, 3 * PG, MREMAP_MAYMOVE, 0);
	EXPECT_EQ(to, (s64)(mm->mmap_base - 3 * PG));
	EXPECT_STREQ(mm_draw(mm, BASE, 6), "..wwww");
	EXPECT_EQ(do_mremap(mm, BASE + 2 * PG, 4 * PG, PG, 0, 0),
		  (s64)(BASE + 2 * PG));
	EXPECT_STREQ(mm_draw(mm, BASE, 6), "..w...");
	mm_end(t, mm);
}

TEST(mmap, mremap_may_leave_the_old_place_mapped)
{
	struct mm_struct *mm = mm_begin();
	u64 value;
	s64 to;

	map(mm, BASE, 2, RW);
	mm_write(mm, BASE, 5);
	to = do_mremap(mm, BASE, 2 * PG, 2 * PG,
		       MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
	ASSERT_TRUE(to > 0);
	EXPECT_EQ(mm_read(mm, (vaddr_t)to, &value), 0);
	EXPECT_EQ(value, 5);
	EXPECT_EQ(mm_read(mm, BASE, &value), 0);
	EXPECT_EQ(value, 0);
	EXPECT_EQ(mm_write(mm, BASE, 6), 0);
	EXPECT_EQ(page_table_check_all(), 0);
	mm_end(t, mm);
}

/* --- files: what the VMAs say, no page is touched --- */

static struct address_space test_mapping;
static u32 nr_open;

static void test_open(struct vm_area_struct *vma __unused)
{
	nr_open++;
}

static void test_close(struct vm_area_struct *vma __unused)
{
	nr_open--;
}

static const struct vm_operations plain_ops = { .fault = filemap_fault };
static const struct vm_operations counting_ops = { .fault = filemap_fault,
						   .open = test_open,
						   .close = test_close };

static int plain_mmap(struct file *file __unused, struct vm_area_struct *vma)
{
	vma->vm_ops = &plain_ops;
	return 0;
}

static int counting_mmap(struct file *file __unused, struct vm_area_struct *vma)
{
	vma->vm_ops = &counting_ops;
	test_open(vma);
	return 0;
}

static int refusing_mmap(struct file *file __unused, struct vm_area_struct *vma)
{
	vma->vm_ops = &counting_ops;
	return -EACCES;
}

static void test_release(struct file *file __unused)
{
}

static struct file *test_file(u32 mode, int (*mmap)(struct file *file,
						    struct vm_area_struct *vma))
{
	static struct file file;

	address_space_init(&test_mapping, NULL, NULL);
	nr_open = 0;
	file = (struct file){ .f_count = 1,
			      .f_mode = mode,
			      .f_mapping = &test_mapping,
			      .mmap = mmap,
			      .release = test_release };
	return &file;
}

static u32 nr_in_tree(u64 first, u64 last)
{
	struct vm_area_struct *vma =
		vma_interval_tree_iter_first(&test_mapping.i_mmap, first, last);
	u32 nr = 0;

	for (; vma; vma = vma_interval_tree_iter_next(vma, first, last))
		nr++;
	return nr;
}

TEST(mmap, files_refuse_as_linux_does)
{
	struct mm_struct *mm = mm_begin();
	struct file *file = test_file(FMODE_READ, plain_mmap);

	EXPECT_EQ(do_mmap(mm, file, 0, PG, RW, MAP_SHARED, 0), -EACCES);
	EXPECT_EQ(do_mmap(mm, file, 0, PG, RW, 0, 0), -EINVAL);
	EXPECT_EQ(do_mmap(mm, file, 0, PG, PROT_READ,
			  MAP_SHARED_VALIDATE | MAP_SYNC, 0),
		  -EOPNOTSUPP);
	EXPECT_EQ(do_mmap(mm, file, 0, PG, RW, MAP_PRIVATE | MAP_GROWSDOWN, 0),
		  -EINVAL);
	/* It can never be made writable. */
	EXPECT_EQ(do_mmap(mm, file, BASE, PG, PROT_READ, MAP_SHARED, 0),
		  (s64)BASE);
	EXPECT_EQ(do_mprotect(mm, BASE, PG, RW), -EACCES);
	EXPECT_EQ(test_mapping.i_mmap_writable, 0);
	file->f_mode = FMODE_WRITE;
	EXPECT_EQ(do_mmap(mm, file, 0, PG, PROT_READ, MAP_PRIVATE, 0), -EACCES);
	file->f_mode = FMODE_READ;
	file->mmap = refusing_mmap;
	EXPECT_EQ(do_mmap(mm, file, 0, PG, PROT_READ, MAP_PRIVATE, 0), -EACCES);
	EXPECT_EQ(nr_open, 0);
	file->mmap = NULL;
	EXPECT_EQ(do_mmap(mm, file, 0, PG, PROT_READ, MAP_PRIVATE, 0), -ENODEV);
	EXPECT_EQ(file->f_count, 2);
	do_munmap(mm, BASE, PG);
	EXPECT_EQ(file->f_count, 1);
	mm_end(t, mm);
}

TEST(mmap, file_mappings_are_in_the_files_tree)
{
	struct mm_struct *mm = mm_begin();
	struct file *file = test_file(FMODE_READ | FMODE_WRITE, plain_mmap);

	do_mmap(mm, file, BASE, 4 * PG, RW, MAP_SHARED | MAP_FIXED, 10);
	do_mmap(mm, file, BASE + 4 * PG, 2 * PG, RW, MAP_SHARED | MAP_FIXED, 14);
	EXPECT_STREQ(mm_draw(mm, BASE, 7), "SSSSSS."); /* one goes on */
	do_mmap(mm, file, BASE + 6 * PG, PG, RW, MAP_SHARED | MAP_FIXED, 20);
	EXPECT_STREQ(mm_draw(mm, BASE, 7), "SSSSSS|S");
	EXPECT_EQ(nr_in_tree(0, ~0UL), 2);
	EXPECT_EQ(nr_in_tree(15, 15), 1);
	EXPECT_EQ(nr_in_tree(16, 19), 0);
	EXPECT_EQ(test_mapping.i_mmap_writable, 2);
	do_munmap(mm, BASE + 2 * PG, PG);
	EXPECT_STREQ(mm_draw(mm, BASE, 7), "SS.SSS|S");
	EXPECT_EQ(nr_in_tree(0, ~0UL), 3);
	EXPECT_EQ(nr_in_tree(12, 12), 0);
	EXPECT_EQ(nr_in_tree(13, 13), 1);
	EXPECT_EQ(find_vma(mm, BASE + 3 * PG)->vm_pgoff, 13);
	EXPECT_EQ(do_mremap(mm, BASE, 2 * PG, 3 * PG,
			    MREMAP_MAYMOVE | MREMAP_FIXED, BASE + GiB),
		  (s64)(BASE + GiB));
	EXPECT_EQ(nr_in_tree(12, 12), 1);
	/* Length 0: the same pages a second time. */
	EXPECT_GT(do_mremap(mm, BASE + GiB, 0, PG, MREMAP_MAYMOVE, 0), 0);
	EXPECT_EQ(nr_in_tree(10, 10), 2);
	do_munmap(mm, 0, TASK_SIZE);
	EXPECT_EQ(nr_in_tree(0, ~0UL), 0);
	EXPECT_EQ(test_mapping.i_mmap_writable, 0);
	EXPECT_EQ(file->f_count, 1);
	mm_end(t, mm);
}

TEST(mmap, each_vma_of_a_file_is_opened_and_closed_once)
{
	struct mm_struct *mm = mm_begin();
	struct file *file = test_file(FMODE_READ, counting_mmap);

	do_mmap(mm, file, BASE, 8 * PG, PROT_READ, MAP_PRIVATE | MAP_FIXED, 0);
	EXPECT_EQ(nr_open, 1);
	do_munmap(mm, BASE + 3 * PG, PG);
	EXPECT_EQ(nr_open, 2);
	do_mprotect(mm, BASE, PG, PROT_NONE);
	EXPECT_EQ(nr_open, 3);
	EXPECT_EQ(do_mremap(mm, BASE + 4 * PG, 4 * PG, 4 * PG,
			    MREMAP_MAYMOVE | MREMAP_FIXED, BASE + GiB),
		  (s64)(BASE + GiB));
	EXPECT_EQ(nr_open, 3);
	EXPECT_EQ(file->f_count, 4);
	do_munmap(mm, 0, TASK_SIZE);
	EXPECT_EQ(nr_open, 0);
	EXPECT_EQ(file->f_count, 1);
	mm_end(t, mm);
}
