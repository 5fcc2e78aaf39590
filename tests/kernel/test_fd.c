// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_fd.c - tables of descriptors
 */
#include <kernel/point.h>

#include "fs_fixture.h"

static struct file *open_null(void)
{
	return fs_open("/dev/null", O_RDWR);
}

TEST(fd, the_lowest_number_is_taken)
{
	struct files *files = files_new();
	struct file *file = open_null();

	ASSERT_TRUE(files && file);
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(fd_install(files, get_file(file), 0, false), i);
	EXPECT_EQ(fd_close(files, 1), 0);
	EXPECT_EQ(fd_close(files, 1), -EBADF);
	EXPECT_TRUE(fget(files, 1) == NULL);
	EXPECT_TRUE(fget(files, ~0u) == NULL);
	EXPECT_EQ(fd_install(files, get_file(file), 0, false), 1);
	EXPECT_EQ(fd_install(files, get_file(file), 60, false), 60);
	EXPECT_EQ(file->f_count, 5);
	files_put(files);
	EXPECT_EQ(file->f_count, 1);
	fput(file);
}

TEST(fd, all_numbers_can_be_used_and_no_more)
{
	struct files *files = files_new(), *copy;
	struct file *file = open_null();

	ASSERT_TRUE(files && file);
	for (int i = 0; i < NR_OPEN; i++)
		EXPECT_EQ(fd_install(files, get_file(file), 0, false), i);
	EXPECT_EQ(fd_install(files, file, 0, false), -EMFILE);
	EXPECT_EQ(fd_install(files, file, NR_OPEN, false), -EINVAL);
	copy = files_dup(files);
	ASSERT_TRUE(copy != NULL);
	EXPECT_EQ(file->f_count, 1 + 2 * NR_OPEN);
	files_put(copy);
	files->limit = 10;
	EXPECT_EQ(fd_close(files, 900), 0);
	EXPECT_EQ(fd_install(files, file, 0, false), -EMFILE);
	EXPECT_EQ(fd_dup2(files, 0, 900, false), -EBADF);
	files_put(files);
	EXPECT_EQ(file->f_count, 1);
	fput(file);
}

TEST(fd, copies_replace_what_was_there)
{
	struct files *files = files_new();
	struct file *a = open_null(), *b = open_null(), *got;

	ASSERT_TRUE(files && a && b);
	EXPECT_EQ(fd_install(files, a, 0, false), 0);
	EXPECT_EQ(fd_install(files, get_file(b), 0, true), 1);
	EXPECT_EQ(b->f_count, 2);
	EXPECT_EQ(fd_dup2(files, 0, 1, false), 1);
	EXPECT_EQ(b->f_count, 1);
	EXPECT_EQ(fd_get_cloexec(files, 1), 0);
	got = fget(files, 1);
	EXPECT_TRUE(got == a);
	fput(got);
	EXPECT_EQ(fd_dup2(files, 0, 0, false), 0);
	EXPECT_EQ(fd_dup2(files, 7, 8, false), -EBADF);
	EXPECT_EQ(fd_dup2(files, 0, NR_OPEN, false), -EBADF);
	EXPECT_EQ(fd_dup2(files, 0, 500, true), 500);
	EXPECT_EQ(fd_get_cloexec(files, 500), 1);
	EXPECT_EQ(fd_get_cloexec(files, 501), -EBADF);
	files_put(files);
	fput(b);
}

TEST(fd, exec_closes_what_says_so)
{
	struct files *files = files_new();
	struct file *file = open_null();

	ASSERT_TRUE(files && file);
	EXPECT_EQ(fd_install(files, get_file(file), 0, true), 0);
	EXPECT_EQ(fd_install(files, get_file(file), 0, false), 1);
	EXPECT_EQ(fd_install(files, get_file(file), 200, true), 200);
	EXPECT_EQ(fd_set_cloexec(files, 200, false), 0);
	files_close_on_exec(files);
	EXPECT_EQ(file->f_count, 3);
	EXPECT_TRUE(fget(files, 0) == NULL);
	files_put(files);
	fput(file);
}

TEST(fd, failed_allocations_are_errors)
{
	struct files *files = files_new();
	struct file *file = open_null();

	ASSERT_TRUE(files && file);
	point_fail_nth("files_alloc", 1);
	EXPECT_TRUE(files_dup(files) == NULL);
	point_disable("files_alloc");
	point_fail_nth("files_grow", 1);
	EXPECT_EQ(fd_install(files, file, 100, false), -ENOMEM);
	point_disable("files_grow");
	EXPECT_EQ(fd_install(files, get_file(file), 100, false), 100);
	point_fail_nth("files_grow", 1);
	EXPECT_TRUE(files_dup(files) == NULL);
	point_disable("files_grow");
	EXPECT_EQ(file->f_count, 2);
	files_put(files);
	fput(file);
}
