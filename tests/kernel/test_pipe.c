// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_pipe.c - bytes through pipes: order, ends, whole writes
 */
#include <kernel/point.h>
#include <kernel/thread.h>

#include "fs_fixture.h"

static u8 page[PAGE_SIZE];

TEST(pipe, bytes_come_out_in_order)
{
	struct file *ends[2];
	char text[16] = "";

	ASSERT_EQ(pipe_create(ends, 0), 0);
	EXPECT_EQ(fs_write(ends[1], "hello, ", 7), 7);
	EXPECT_EQ(fs_write(ends[1], "world", 5), 5);
	EXPECT_EQ(fs_read(ends[0], text, 3), 3);
	EXPECT_EQ(fs_read(ends[0], text + 3, 13), 9);
	EXPECT_STREQ(text, "hello, world");
	EXPECT_EQ(fs_write(ends[0], text, 1), -EBADF);
	EXPECT_EQ(fs_read(ends[1], text, 1), -EBADF);
	EXPECT_EQ(vfs_lseek(ends[0], 0, SEEK_CUR), -ESPIPE);
	fput(ends[1]);
	EXPECT_EQ(fs_read(ends[0], text, 1), 0);
	fput(ends[0]);
}

TEST(pipe, without_waiting_it_says_so)
{
	struct file *ends[2];
	u64 written = 0;
	s64 ret;

	ASSERT_EQ(pipe_create(ends, O_NONBLOCK), 0);
	EXPECT_EQ(fs_read(ends[0], page, 1), -EAGAIN);
	while ((ret = fs_write(ends[1], page, PAGE_SIZE)) == PAGE_SIZE)
		written += PAGE_SIZE;
	EXPECT_EQ(ret, -EAGAIN);
	EXPECT_EQ(written, 64 * KiB);
	EXPECT_EQ(fs_read(ends[0], page, 100), 100);
	/* Not even a part of a short write: there is no place for all of it. */
	EXPECT_EQ(fs_write(ends[1], page, 50), -EAGAIN);
	EXPECT_EQ(fs_read(ends[0], page, PAGE_SIZE), PAGE_SIZE);
	EXPECT_EQ(fs_write(ends[1], page, 50), 50);
	fput(ends[0]);
	fput(ends[1]);
}

TEST(pipe, nobody_reads_any_more)
{
	struct file *ends[2];

	ASSERT_EQ(pipe_create(ends, 0), 0);
	EXPECT_EQ(fs_write(ends[1], "lost", 4), 4);
	fput(ends[0]);
	EXPECT_EQ(fs_write(ends[1], "x", 1), -EPIPE);
	fput(ends[1]);
}

TEST(pipe, short_writes_share_a_page)
{
	struct file *ends[2];

	ASSERT_EQ(pipe_create(ends, O_NONBLOCK), 0);
	for (u32 i = 0; i < 64 * KiB / 512; i++)
		EXPECT_EQ(fs_write(ends[1], page, 512), 512);
	EXPECT_EQ(fs_write(ends[1], page, 1), -EAGAIN);
	fput(ends[0]);
	fput(ends[1]);
}

TEST(pipe, failed_allocations_are_errors)
{
	static const char *const points[] = { "inode_alloc", "file_alloc" };
	struct file *ends[2];

	for (u32 i = 0; i < ARRAY_SIZE(points); i++) {
		point_fail_nth(points[i], 1);
		EXPECT_EQ(pipe_create(ends, 0), -ENOMEM);
		point_disable(points[i]);
	}
	point_fail_nth("file_alloc", 2);
	EXPECT_EQ(pipe_create(ends, 0), -ENOMEM);
	point_disable("file_alloc");
	ASSERT_EQ(pipe_create(ends, 0), 0);
	point_fail_nth("pipe_page_alloc", 1);
	EXPECT_EQ(fs_write(ends[1], "x", 1), -ENOMEM);
	point_disable("pipe_page_alloc");
	EXPECT_EQ(fs_write(ends[1], "x", 1), 1);
	fput(ends[0]);
	fput(ends[1]);
	EXPECT_EQ(fs_check(), 0);
}

/* --- more than fits: both sides wait for each other --- */

#define NR_WORDS 40000

static int write_words(void *arg)
{
	static u64 words[700];
	struct file *file = arg;
	u64 next = 0;

	while (next < NR_WORDS) {
		u64 nr = min((u64)ARRAY_SIZE(words), NR_WORDS - next);

		for (u64 i = 0; i < nr; i++)
			words[i] = (next + i) * 3;
		if (fs_write(file, words, nr * 8) != (s64)nr * 8)
			return -EIO;
		next += nr;
	}
	fput(file);
	return 0;
}

TEST(pipe, both_sides_wait_for_each_other)
{
	struct thread *writer;
	struct file *ends[2];
	u64 word, expected = 0;

	ASSERT_EQ(pipe_create(ends, 0), 0);
	writer = kthread_run(write_words, ends[1], "pipe writer");
	ASSERT_TRUE(writer != NULL);
	while (fs_read(ends[0], &word, sizeof(word)) == sizeof(word))
		if (word != 3 * expected++)
			break;
	EXPECT_EQ(expected, NR_WORDS);
	EXPECT_EQ(kthread_join(writer), 0);
	fput(ends[0]);
}

/* --- several writers: short writes stay whole --- */

#define NR_WRITERS 3
#define NR_RECORDS 200
#define RECORD	   500

struct writer {
	struct file *file;
	u8 stamp, record[RECORD];
};

static int write_records(void *arg)
{
	struct writer *w = arg;
	int ret = 0;

	memset(w->record, w->stamp, RECORD);
	for (u32 i = 0; i < NR_RECORDS && !ret; i++)
		ret = fs_write(w->file, w->record, RECORD) == RECORD ? 0 : -EIO;
	fput(w->file);
	return ret;
}

static bool is_whole(const u8 *record)
{
	for (u32 i = 1; i < RECORD; i++)
		if (record[i] != record[0])
			return false;
	return true;
}

TEST(pipe, short_writes_stay_whole)
{
	static struct writer writers[NR_WRITERS];
	struct thread *threads[NR_WRITERS];
	struct file *ends[2];
	static u8 record[RECORD];
	u32 got = 0, torn = 0;

	ASSERT_EQ(pipe_create(ends, 0), 0);
	for (u32 i = 0; i < NR_WRITERS; i++) {
		writers[i].file = get_file(ends[1]);
		writers[i].stamp = (u8)(i + 1);
		threads[i] = kthread_run(write_records, &writers[i], "writer");
		ASSERT_TRUE(threads[i] != NULL);
	}
	fput(ends[1]);
	while (fs_read(ends[0], record, RECORD) == RECORD) {
		got++;
		torn += !is_whole(record);
	}
	EXPECT_EQ(got, NR_WRITERS * NR_RECORDS);
	EXPECT_EQ(torn, 0);
	for (u32 i = 0; i < NR_WRITERS; i++)
		EXPECT_EQ(kthread_join(threads[i]), 0);
	fput(ends[0]);
}
