// SPDX-License-Identifier: MIT
/*
 * tests/programs/exec.c - execve: what it refuses, what it keeps, what it drops
 */
#include "program.h"
#include <fcntl.h>

static char *const no_environ[] = { NULL };

static long try_exec(const char *path)
{
	char *argv[] = { "x", NULL };

	return execve(path, argv, no_environ);
}

static void missing_files_are_refused(void)
{
	EXPECT_ERRNO(try_exec("/no/such/file"), ENOENT);
	EXPECT_ERRNO(try_exec(""), ENOENT);
	EXPECT_ERRNO(try_exec("/tmp"), EACCES);
	EXPECT_ERRNO(try_exec((char *)8), EFAULT);
}

static void write_file(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0755);

	EXPECT(fd >= 0);
	EXPECT_EQ(write(fd, data, size), size);
	EXPECT_OK(close(fd));
}

static void other_than_elf_is_refused(void)
{
	static const char text[200] = "not a program";

	write_file("/tmp/exec-text", text, sizeof(text));
	EXPECT_ERRNO(try_exec("/tmp/exec-text"), ENOEXEC);
	write_file("/tmp/exec-text", "\177ELF\2\1\1", 7);
	EXPECT_ERRNO(try_exec("/tmp/exec-text"), ENOEXEC);
	write_file("/tmp/exec-text", "", 0);
	EXPECT_ERRNO(try_exec("/tmp/exec-text"), ENOEXEC);
	EXPECT_OK(unlink("/tmp/exec-text"));
}

static void bad_vectors_are_refused(void)
{
	const char *path = sibling("hello");
	char *bad[] = { "hello", (char *)8, NULL };

	EXPECT_ERRNO(syscall(SYS_execve, path, bad, no_environ), EFAULT);
	EXPECT_ERRNO(syscall(SYS_execve, path, (char **)8, no_environ), EFAULT);
	EXPECT_ERRNO(syscall(SYS_execve, path, no_environ, (char **)8), EFAULT);
}

/* One string may have 128 KiB, Linux says. */
static void absurd_arguments_are_refused(void)
{
	size_t size = 256 * KIB;
	char *text = map_pages(size / PAGE);
	char *argv[] = { "hello", text, NULL };

	memset(text, 'x', size - 1);
	EXPECT_ERRNO(syscall(SYS_execve, sibling("hello"), argv, no_environ),
		     E2BIG);
	unmap_pages(text, size / PAGE);
}

static void exec_hello(void *status)
{
	char *argv[] = { "hello", status, NULL };

	if (dup2(open("/dev/null", O_WRONLY), 1) < 0)
		close(1);
	execve(sibling("hello"), argv, no_environ);
	_exit(98);
}

/* stdout is closed or /dev/null, so hello may see that it can't write. */
static void exec_write_end(void *arg)
{
	int *pipe_ends = arg;
	char *argv[] = { "hello", "7", NULL };

	dup2(pipe_ends[1], 1);
	execve(sibling("hello"), argv, no_environ);
	_exit(98);
}

static void open_files_stay_open(void)
{
	int pipe_ends[2];
	char text[200] = "";
	ssize_t nr = 0, got;

	REQUIRE(!pipe(pipe_ends));
	EXPECT_EXIT(exec_write_end, pipe_ends, 7);
	close(pipe_ends[1]);
	while ((got = read(pipe_ends[0], text + nr, sizeof(text) - 1 - nr)) > 0)
		nr += got;
	close(pipe_ends[0]);
	EXPECT_EQ(strcmp(text, "hello, by write\n"
			       "hello, by printf: 1 argument\n"),
		  0);
}

static void exec_with_cloexec(void *arg)
{
	int *pipe_ends = arg;

	fcntl(pipe_ends[1], F_SETFD, FD_CLOEXEC);
	exec_hello("0");
}

static void close_on_exec_closes(void)
{
	int pipe_ends[2];
	char c;

	REQUIRE(!pipe(pipe_ends));
	run_child(exec_with_cloexec, pipe_ends);
	close(pipe_ends[1]);
	EXPECT_EQ(read(pipe_ends[0], &c, 1), 0); /* nobody writes any more */
	close(pipe_ends[0]);
}

/* A failed execve leaves the caller as it was. */
static void failure_keeps_memory(void)
{
	char *p = map_pages(4);

	stamp_page(p, 1);
	EXPECT_ERRNO(try_exec("/no/such/file"), ENOENT);
	EXPECT(page_has_stamp(p, 1));
	unmap_pages(p, 4);
}

PROGRAM(CASE(missing_files_are_refused), CASE(other_than_elf_is_refused),
	CASE(bad_vectors_are_refused), CASE(absurd_arguments_are_refused),
	CASE(open_files_stay_open), CASE(close_on_exec_closes),
	CASE(failure_keeps_memory))
