// SPDX-License-Identifier: MIT
/*
 * tests/programs/pipes.c - pipes, file descriptors, readv and writev
 */
#include "program.h"
#include <fcntl.h>
#include <sys/uio.h>

static void bytes_come_out_in_order(void)
{
	int p[2];
	char text[16] = "";

	REQUIRE(!pipe(p));
	EXPECT_EQ(write(p[1], "hello, ", 7), 7);
	EXPECT_EQ(write(p[1], "world", 5), 5);
	EXPECT_EQ(read(p[0], text, 3), 3);
	EXPECT_EQ(read(p[0], text + 3, sizeof(text)), 9);
	EXPECT_EQ(memcmp(text, "hello, world", 12), 0);
	close(p[1]);
	EXPECT_EQ(read(p[0], text, 1), 0); /* the end */
	close(p[0]);
}

static void nonblocking_says_so(void)
{
	static char buffer[4096];
	size_t written = 0;
	int p[2];
	char c;

	REQUIRE(!pipe2(p, O_NONBLOCK));
	EXPECT_ERRNO(read(p[0], &c, 1), EAGAIN);
	while (write(p[1], buffer, sizeof(buffer)) == sizeof(buffer))
		written += sizeof(buffer);
	EXPECT_EQ(errno, EAGAIN);
	EXPECT_EQ(written, 64 * KIB);
	close(p[0]);
	close(p[1]);
}

/* More than fits: both sides must wait for each other. */
static void a_full_pipe_waits(void)
{
	static u64 words[32 * KIB];
	u64 word, expected = 0;
	int p[2], status;
	pid_t pid;

	REQUIRE(!pipe(p));
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = i * 3;
	pid = fork();
	if (pid == 0) {
		close(p[0]);
		_exit(write(p[1], words, sizeof(words)) != sizeof(words));
	}
	close(p[1]);
	while (read(p[0], &word, sizeof(word)) == sizeof(word))
		if (word != 3 * expected++)
			break;
	EXPECT_EQ(expected, ARRAY_SIZE(words));
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	close(p[0]);
}

static void bad_descriptors_are_refused(void)
{
	int p[2];
	char c = 0;

	REQUIRE(!pipe(p));
	EXPECT_ERRNO(read(p[1], &c, 1), EBADF);
	EXPECT_ERRNO(write(p[0], &c, 1), EBADF);
	EXPECT_ERRNO(read(-1, &c, 1), EBADF);
	EXPECT_ERRNO(read(1000, &c, 1), EBADF);
	EXPECT_ERRNO(close(1000), EBADF);
	EXPECT_ERRNO(lseek(p[0], 0, SEEK_SET), ESPIPE);
	EXPECT_ERRNO(pread(p[0], &c, 1, 0), ESPIPE);
	EXPECT_ERRNO(syscall(SYS_pipe2, p, 0x7), EINVAL);
	EXPECT_ERRNO(syscall(SYS_pipe2, 8, 0), EFAULT);
	EXPECT_ERRNO(write(p[1], (void *)8, 1), EFAULT);
	EXPECT_EQ(write(p[1], "x", 1), 1);
	EXPECT_ERRNO(read(p[0], (void *)8, 1), EFAULT);
	close(p[0]);
	close(p[1]);
}

static void vectors_are_gathered_and_scattered(void)
{
	char a[4] = "", b[8] = "";
	struct iovec out[3] = { { "abc", 3 }, { "", 0 }, { "defgh", 5 } };
	struct iovec in[2] = { { a, 4 }, { b, 8 } };
	int p[2];

	REQUIRE(!pipe(p));
	EXPECT_EQ(writev(p[1], out, 3), 8);
	EXPECT_EQ(readv(p[0], in, 2), 8);
	EXPECT_EQ(memcmp(a, "abcd", 4), 0);
	EXPECT_EQ(memcmp(b, "efgh", 4), 0);
	EXPECT_ERRNO(writev(p[1], out, -1), EINVAL);
	EXPECT_ERRNO(writev(p[1], out, 1025), EINVAL);
	EXPECT_ERRNO(writev(p[1], (void *)8, 1), EFAULT);
	out[0].iov_len = ~0ul;
	EXPECT_ERRNO(writev(p[1], out, 1), EINVAL);
	close(p[0]);
	close(p[1]);
}

static void descriptors_are_copied(void)
{
	int p[2], copy;
	char c;

	REQUIRE(!pipe(p));
	EXPECT_EQ(dup2(p[1], 50), 50);
	close(p[1]);
	EXPECT_EQ(write(50, "x", 1), 1);
	EXPECT_EQ(read(p[0], &c, 1), 1);
	EXPECT_EQ(dup2(50, 50), 50);
	EXPECT_ERRNO(dup2(49, 51), EBADF);
	EXPECT_ERRNO(dup2(50, -1), EBADF);
	copy = fcntl(50, F_DUPFD, 60);
	EXPECT(copy >= 60);
	EXPECT_EQ(fcntl(copy, F_GETFD), 0);
	EXPECT_OK(fcntl(copy, F_SETFD, FD_CLOEXEC));
	EXPECT_EQ(fcntl(copy, F_GETFD), FD_CLOEXEC);
	EXPECT_EQ(fcntl(50, F_GETFD), 0);
	EXPECT_EQ(fcntl(50, F_GETFL) & O_ACCMODE, O_WRONLY);
	EXPECT_ERRNO(fcntl(49, F_GETFD), EBADF);
	EXPECT_ERRNO(fcntl(50, 9999), EINVAL);
	close(50);
	EXPECT_EQ(write(copy, "y", 1), 1);
	close(copy);
	EXPECT_EQ(read(p[0], &c, 1), 1);
	EXPECT_EQ(read(p[0], &c, 1), 0);
	close(p[0]);
}

static void the_lowest_number_is_taken(void)
{
	int p[2], q[2];

	REQUIRE(!pipe(p));
	REQUIRE(!pipe(q));
	close(p[0]);
	EXPECT_EQ(fcntl(q[0], F_DUPFD, 0), p[0]);
	for (int i = 0; i < 2; i++) {
		close(p[i]);
		close(q[i]);
	}
}

/* Writes of up to 4096 bytes are not torn apart. */
static void small_writes_stay_whole(void)
{
	enum { WRITERS = 4, RECORDS = 200 };
	static u8 record[512];
	size_t got = 0;
	bool whole = true;
	int p[2];

	REQUIRE(!pipe(p));
	for (int w = 0; w < WRITERS; w++)
		if (fork() == 0) {
			memset(record, w + 1, sizeof(record));
			for (int i = 0; i < RECORDS; i++)
				if (write(p[1], record, sizeof(record)) !=
				    sizeof(record))
					_exit(1);
			_exit(0);
		}
	close(p[1]);
	while (read(p[0], record, sizeof(record)) == sizeof(record)) {
		got++;
		for (size_t i = 1; i < sizeof(record); i++)
			whole = whole && record[i] == record[0];
	}
	EXPECT(whole);
	EXPECT_EQ(got, WRITERS * RECORDS);
	for (int w = 0; w < WRITERS; w++) {
		int status = -1;

		EXPECT(waitpid(-1, &status, 0) > 0);
		EXPECT_EQ(status, 0);
	}
	close(p[0]);
}

PROGRAM(CASE(bytes_come_out_in_order), CASE(nonblocking_says_so),
	CASE(a_full_pipe_waits), CASE(bad_descriptors_are_refused),
	CASE(vectors_are_gathered_and_scattered), CASE(descriptors_are_copied),
	CASE(the_lowest_number_is_taken), CASE(small_writes_stay_whole))
