// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_user_io.c - reading and writing a program's memory
 *
 * The test's thread runs an address space of its own, whose pages come by
 * faults while files are copied. The worst case is the file's own page: the
 * copy faults on what it copies from, so nobody may hold that page's lock.
 */
#include <kernel/thread.h>
#include <kernel/user_ops.h>
#include <mm/fault.h>
#include <mm/page_ref.h>

#include "fs_fixture.h"
#include "space_fixture.h"

static bool page_fault(struct pt_regs *regs __unused, vaddr_t addr, u32 flags)
{
	struct fault_error error;

	return !do_user_fault(current->mm, addr, flags, &error);
}

static const struct user_ops ops = { .page_fault = page_fault };

static struct mm_struct *space_begin(struct test *t)
{
	struct mm_struct *mm = mm_alloc();

	EXPECT_TRUE(mm != NULL);
	bare_user_ops = &ops;
	use_mm(mm);
	return mm;
}

static void space_end(struct mm_struct *mm)
{
	use_mm(NULL);
	bare_user_ops = NULL;
	mmput(mm);
}

static s64 user_read(struct file *file, vaddr_t to, u64 len, u64 pos)
{
	struct io_buf io = { to, len, false };

	return vfs_read(file, &io, &pos);
}

static s64 user_write(struct file *file, vaddr_t from, u64 len, u64 pos)
{
	struct io_buf io = { from, len, false };

	return vfs_write(file, &io, &pos);
}

TEST(user_io, copies_fault_pages_in)
{
	FS_BEGIN();
	struct mm_struct *mm = space_begin(t);
	struct file *file = fs_open("/tmp/f", O_RDWR | O_CREAT);
	vaddr_t a = space_map(mm, 4);
	char text[6] = "";

	ASSERT_TRUE(file != NULL);
	EXPECT_EQ(fs_write(file, "hello", 5), 5);
	EXPECT_EQ(user_read(file, a + PAGE_SIZE - 2, 100, 0), 5);
	EXPECT_EQ(*(char *)space_touch(mm, a + PAGE_SIZE + 2, false), 'o');
	EXPECT_EQ(user_write(file, a + PAGE_SIZE - 2, 5, 5), 5);
	EXPECT_EQ(kernel_read(file, text, 5, 5), 5);
	EXPECT_STREQ(text, "hello");
	fput(file);
	EXPECT_EQ(vfs_unlink(NULL, "/tmp/f", false), 0);
	space_end(mm);
	FS_END();
}

TEST(user_io, a_bad_address_ends_it_there)
{
	FS_BEGIN();
	struct mm_struct *mm = space_begin(t);
	struct file *file = fs_open("/tmp/f", O_RDWR | O_CREAT);
	vaddr_t a = space_map(mm, 2);

	ASSERT_TRUE(file != NULL);
	EXPECT_EQ(user_write(file, a + PAGE_SIZE, 2 * PAGE_SIZE, 0), PAGE_SIZE);
	EXPECT_EQ(user_write(file, 8, 5, PAGE_SIZE), -EFAULT);
	EXPECT_EQ(user_write(file, ~0UL - 2, 5, PAGE_SIZE), -EFAULT);
	EXPECT_EQ(fs_size("/tmp/f"), PAGE_SIZE);
	EXPECT_EQ(user_read(file, a + 2 * PAGE_SIZE - 7, 100, 0), 7);
	EXPECT_EQ(user_read(file, 8, 5, 0), -EFAULT);
	fput(file);
	EXPECT_EQ(vfs_unlink(NULL, "/tmp/f", false), 0);
	space_end(mm);
	FS_END();
}

TEST(user_io, a_file_is_copied_onto_its_own_mapping)
{
	FS_BEGIN();
	struct mm_struct *mm = space_begin(t);
	struct file *file = fs_open("/tmp/f", O_RDWR | O_CREAT);
	char text[8] = "";
	vaddr_t a;

	ASSERT_TRUE(file != NULL);
	EXPECT_EQ(fs_write(file, "01234567", 8), 8);
	a = (vaddr_t)do_mmap(mm, file, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
			     MAP_SHARED, 0);
	/* Neither access has an entry yet: both fault on the page. */
	EXPECT_EQ(user_read(file, a + 4, 4, 0), 4);
	zap_page_range(vma_lookup(mm, a), a, PAGE_SIZE);
	EXPECT_EQ(user_write(file, a + 4, 2, 0), 2);
	EXPECT_EQ(kernel_read(file, text, 8, 0), 8);
	EXPECT_EQ(memcmp(text, "01230123", 8), 0);
	/* A hole that is written from itself. */
	EXPECT_EQ(vfs_truncate(file, 0), 0);
	EXPECT_EQ(vfs_truncate(file, PAGE_SIZE), 0);
	EXPECT_EQ(user_write(file, a + 100, 50, 0), 50);
	fput(file);
	EXPECT_EQ(vfs_unlink(NULL, "/tmp/f", false), 0);
	space_end(mm);
	FS_END();
}

TEST(user_io, spliced_pages_stay_pinned_until_read)
{
	FS_BEGIN();
	u64 pinned = global_node_page_state(NR_PINNED);
	struct mm_struct *mm = space_begin(t);
	vaddr_t a = space_map(mm, 20);
	struct file *ends[2];
	char text[16] = "";
	struct page *page;

	ASSERT_EQ(pipe_create(ends, O_NONBLOCK), 0);
	memcpy(space_touch(mm, a, true), "before", 6);
	EXPECT_EQ(pipe_vmsplice(ends[1], a, 6, 0), 6);
	page = space_page(mm, a);
	EXPECT_TRUE(page_pinned(page));
	memcpy(space_touch(mm, a, true), "after!", 6); /* no copy was made */
	EXPECT_EQ(fs_write(ends[1], "own", 3), 3);     /* not into that page */
	EXPECT_EQ(do_munmap(mm, a, PAGE_SIZE), 0);
	lru_add_drain_all(); /* its batch has a reference, too */
	EXPECT_EQ(page_ref_count(page), 1);
	EXPECT_EQ(fs_read(ends[0], text, 4), 4);
	EXPECT_TRUE(page_pinned(page));
	EXPECT_EQ(fs_read(ends[0], text + 4, 12), 5);
	EXPECT_STREQ(text, "after!own");
	EXPECT_EQ(global_node_page_state(NR_PINNED), pinned);
	EXPECT_EQ(pipe_vmsplice(ends[1], a, 8, 0), -EFAULT);
	EXPECT_EQ(pipe_vmsplice(ends[0], a, 8, 0), -EBADF);
	/* Sixteen places: what did not fit is said. */
	EXPECT_EQ(pipe_vmsplice(ends[1], a + PAGE_SIZE, 19 * PAGE_SIZE, 0),
		  16 * PAGE_SIZE);
	EXPECT_EQ(pipe_vmsplice(ends[1], a + PAGE_SIZE, 1, 0), -EAGAIN);
	EXPECT_EQ(global_node_page_state(NR_PINNED), pinned + 16);
	fput(ends[0]);
	EXPECT_EQ(pipe_vmsplice(ends[1], a + PAGE_SIZE, 1, 0), -EPIPE);
	fput(ends[1]);
	EXPECT_EQ(global_node_page_state(NR_PINNED), pinned);
	EXPECT_EQ(page_table_check(mm), 0);
	space_end(mm);
	FS_END();
}
