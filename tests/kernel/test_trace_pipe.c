// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_trace_pipe.c - /sys/kernel/tracing as programs open it:
 * trace_pipe waits, > is not >>
 */
#include "fs_fixture.h"
#include "thread_fixture.h"
#include "trace_fixture.h"

/* "name: fields\n" of the next line, or less of it; -EAGAIN. */
static s64 read_line(struct file *pipe, char *line, u64 size)
{
	memset(line, 0, size);
	return fs_read(pipe, line, size - 1);
}

#define PIPE_BEGIN()                                                 \
	FS_BEGIN();                                                  \
	struct file *pipe = NULL;                                    \
	char line[256] __unused;                                     \
	TRACE_BEGIN(8);                                              \
	pipe = fs_open(TRACING "trace_pipe", O_RDONLY | O_NONBLOCK); \
	ASSERT_TRUE(pipe != NULL);                                   \
	EXPECT_EQ(trace_set_event("trace_test_one", true), 0)

#define PIPE_END()   \
	fput(pipe);  \
	TRACE_END(); \
	FS_END()

TEST(trace_pipe, gives_whole_lines_once)
{
	PIPE_BEGIN();
	s64 len;

	EXPECT_EQ(read_line(pipe, line, sizeof(line)), -EAGAIN);
	trace_test_pass(0x200, 3);
	len = read_line(pipe, line, sizeof(line));
	EXPECT_EQ(len, strlen(line));
	EXPECT_TRUE(strstr(line, ": trace_test_one: pfn=0x200 order=0x3\n"));
	EXPECT_EQ(line[len - 1], '\n');
	EXPECT_EQ(read_line(pipe, line, sizeof(line)), -EAGAIN);
	/* What it took is not shown any more. */
	EXPECT_TRUE(read_file(t, TRACING "trace"));
	EXPECT_EQ(count_text("trace_test_one:"), 0);
	PIPE_END();
}

TEST(trace_pipe, a_short_read_leaves_the_rest)
{
	PIPE_BEGIN();
	char all[256] = "";

	trace_test_pass(0x200, 3);
	while (read_line(pipe, line, 8) > 0)
		strscpy(all + strlen(all), line, sizeof(all) - strlen(all));
	EXPECT_TRUE(strstr(all, "] ") && strstr(all, "pfn=0x200 order=0x3\n"));
	PIPE_END();
}

/* More than one text holds: none is written behind its end, none is lost. */
TEST(trace_pipe, many_lines_come_in_several_texts)
{
	static char lines[TRACE_LINE_MAX * 3 / 2 + 16];
	u64 seen = 0;
	size_t len;

	TRACE_BEGIN(16);
	EXPECT_EQ(trace_set_event("trace_test_one", true), 0);
	stay_on_this_cpu();
	for (u64 i = 0; i < 100; i++)
		trace_test_pass(i, 0);
	go_where_it_may();
	memset(lines, 'x', sizeof(lines));
	while ((len = trace_take_lines(lines, sizeof(lines) - 16))) {
		EXPECT_LE(len, sizeof(lines) - 16);
		EXPECT_EQ(memcmp(lines + sizeof(lines) - 16, "xxxxxxxxxxxxxxxx",
				 16),
			  0);
		EXPECT_EQ(lines[len - 1], '\n');
		for (size_t i = 0; i < len; i++)
			seen += lines[i] == '\n';
	}
	EXPECT_EQ(seen, 100);
	TRACE_END();
}

TEST(trace_pipe, ends_when_recording_is_off_and_something_came)
{
	PIPE_BEGIN();

	trace_on = false;
	EXPECT_EQ(read_line(pipe, line, sizeof(line)), -EAGAIN);
	trace_on = true;
	trace_test_pass(1, 1);
	EXPECT_GT(read_line(pipe, line, sizeof(line)), 0);
	EXPECT_EQ(read_line(pipe, line, sizeof(line)), -EAGAIN);
	trace_on = false;
	EXPECT_EQ(read_line(pipe, line, sizeof(line)), 0);
	PIPE_END();
}

static s64 lines_read;

/* Sleeps until there is something, three times; then it is the end. */
static int read_blocking(void *arg __unused)
{
	struct file *pipe = fs_open(TRACING "trace_pipe", O_RDONLY);
	char line[256];

	while (pipe && read_line(pipe, line, sizeof(line)) > 0)
		__atomic_add_fetch(&lines_read, 1, __ATOMIC_RELAXED);
	if (pipe)
		fput(pipe);
	return pipe ? 0 : -ENOMEM;
}

TEST(trace_pipe, a_reader_waits_for_what_comes)
{
	struct thread *reader;

	TRACE_BEGIN(8);
	lines_read = 0;
	reader = kthread_run(read_blocking, NULL, "reader");
	ASSERT_TRUE(reader != NULL);
	EXPECT_TRUE(sleep_until(thread_sleeps(reader)));
	EXPECT_EQ(trace_set_event("trace_test_one", true), 0);
	for (s64 i = 1; i <= 3; i++) {
		EXPECT_EQ(READ_ONCE(lines_read), i - 1);
		trace_test_pass((u64)i, 0);
		EXPECT_TRUE(sleep_until(READ_ONCE(lines_read) >= i));
		EXPECT_EQ(READ_ONCE(lines_read), i);
	}
	EXPECT_EQ(trace_write_file(TRACING "tracing_on", "0"), 0);
	EXPECT_EQ(kthread_join(reader), 0);
	TRACE_END();
}

static int write_words(struct test *t, const char *path, u32 flags,
		       const char *words)
{
	struct file *file = fs_open(path, O_WRONLY | flags);
	s64 ret;

	EXPECT_TRUE(file != NULL);
	if (!file)
		return -ENOENT;
	ret = fs_write(file, words, strlen(words));
	fput(file);
	return ret < 0 ? (int)ret : 0;
}

TEST(trace_pipe, programs_tell_overwriting_from_adding)
{
	PIPE_BEGIN();

	EXPECT_EQ(write_words(t, TRACING "set_event", O_APPEND, "kfree"), 0);
	EXPECT_TRUE(read_file(t, TRACING "set_event"));
	EXPECT_STREQ(text, "kmem:kfree\ntangram:trace_test_one\n");
	EXPECT_EQ(write_words(t, TRACING "set_event", O_TRUNC, "trace_test_two"),
		  0);
	EXPECT_TRUE(read_file(t, TRACING "set_event"));
	EXPECT_STREQ(text, "tangram:trace_test_two\n");
	EXPECT_EQ(write_words(t, TRACING "set_event", 0, "nothing"), -EINVAL);
	trace_test_pass_other(1);
	EXPECT_EQ(write_words(t, TRACING "trace", O_APPEND, "x"), 0);
	EXPECT_TRUE(read_file(t, TRACING "trace"));
	EXPECT_EQ(count_text("trace_test_two:"), 1);
	EXPECT_EQ(write_words(t, TRACING "trace", O_TRUNC, "x"), 0);
	EXPECT_TRUE(read_file(t, TRACING "trace"));
	EXPECT_EQ(count_text("trace_test_two:"), 0);
	EXPECT_EQ(fs_open_error(TRACING "trace_pipe", O_WRONLY), -EACCES);
	PIPE_END();
}

/* The first read makes the open file's text. */
TEST(trace_pipe, without_memory_a_read_fails_and_nothing_is_lost)
{
	PIPE_BEGIN();

	trace_test_pass(7, 0);
	point_fail_nth("kmem_cache_alloc", 1);
	EXPECT_EQ(read_line(pipe, line, sizeof(line)), -ENOMEM);
	point_disable("kmem_cache_alloc");
	EXPECT_GT(read_line(pipe, line, sizeof(line)), 0);
	EXPECT_TRUE(strstr(line, "pfn=0x7 order=0x0\n"));
	PIPE_END();
}

TEST(trace_pipe, pages_of_a_file_name_it)
{
	PIPE_BEGIN();
	struct file *file = fs_open("/tmp/traced", O_RDWR | O_CREAT);
	char expected[96];
	struct stat st;

	ASSERT_TRUE(file != NULL);
	EXPECT_EQ(trace_set_event("filemap:", true), 0);
	EXPECT_EQ(fs_write_at(file, "x", 1, 5 * PAGE_SIZE), 1);
	EXPECT_EQ(vfs_fstat(file, &st), 0);
	EXPECT_EQ(vfs_unlink(NULL, "/tmp/traced", false), 0);
	fput(file);
	trace_all_off();
	EXPECT_TRUE(read_file(t, TRACING "trace"));
	EXPECT_EQ(count_text(": mm_filemap_add_to_page_cache: "), 1);
	EXPECT_EQ(count_text(": mm_filemap_delete_from_page_cache: "), 1);
	snprintf(expected, sizeof(expected), ": dev 0:%lu ino %lx pfn=0x",
		 (u64)st.st_dev, (u64)st.st_ino);
	EXPECT_EQ(count_text(expected), 2);
	EXPECT_EQ(count_text(" ofs=20480 order=0\n"), 2);
	PIPE_END();
}
