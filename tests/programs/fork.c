// SPDX-License-Identifier: MIT
/*
 * tests/programs/fork.c - fork, copy on write, exit and wait
 */
#include "program.h"
#include <sched.h>

/* --- contents --- */

static void overwrite(void *arg)
{
	char *p = arg;

	for (size_t i = 0; i < 64; i++) {
		EXPECT(page_has_stamp(p + i * PAGE, i));
		stamp_page(p + i * PAGE, 1000 + i);
	}
	for (size_t i = 0; i < 64; i++)
		EXPECT(page_has_stamp(p + i * PAGE, 1000 + i));
}

static void both_sides_keep_their_own(void)
{
	char *p = map_pages(64);

	for (size_t i = 0; i < 64; i++)
		stamp_page(p + i * PAGE, i);
	for (int round = 0; round < 4; round++)
		EXPECT_EXIT(overwrite, p, 0);
	for (size_t i = 0; i < 64; i++)
		EXPECT(page_has_stamp(p + i * PAGE, i));
	unmap_pages(p, 64);
}

/* The parent writes while the child waits; the child must see the old. */
static void the_child_sees_the_moment_of_the_fork(void)
{
	char *p = map_pages(16), c;
	int go[2], status;
	pid_t pid;

	for (size_t i = 0; i < 16; i++)
		stamp_page(p + i * PAGE, i);
	REQUIRE(!pipe(go));
	pid = fork();
	if (pid == 0) {
		bool good = read(go[0], &c, 1) == 1;

		for (size_t i = 0; i < 16; i++)
			good = good && page_has_stamp(p + i * PAGE, i);
		_exit(!good);
	}
	for (size_t i = 0; i < 16; i++)
		stamp_page(p + i * PAGE, 77);
	EXPECT_EQ(write(go[1], "x", 1), 1);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	close(go[0]);
	close(go[1]);
	unmap_pages(p, 16);
}

/* A chain: each generation writes its own page and checks its elders'. */
static int generation(char *p, int number)
{
	int status = 0;
	pid_t pid;

	for (int i = 0; i < number; i++)
		if (!page_has_stamp(p + i * PAGE, 500 + i))
			return 1;
	if (number == 12)
		return 0;
	stamp_page(p + number * PAGE, 500 + number);
	pid = fork();
	if (pid == 0)
		_exit(generation(p, number + 1));
	if (waitpid(pid, &status, 0) != pid)
		return 2;
	for (int i = number + 1; i < 12; i++)
		if (p[i * PAGE])
			return 3;
	return status != 0;
}

static void twelve_generations(void)
{
	char *p = map_pages(12);

	EXPECT_EQ(generation(p, 0), 0);
	unmap_pages(p, 12);
}

/* Never written before the fork: the zero page stays the zero page. */
static void untouched_memory_is_zero_in_both(void)
{
	char *p = map_pages(8);
	int status;
	pid_t pid;

	EXPECT_EQ(p[PAGE], 0);
	pid = fork();
	if (pid == 0) {
		p[PAGE] = 1;
		p[2 * PAGE] = 2;
		_exit(p[0] || p[3 * PAGE]);
	}
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	EXPECT_EQ(p[PAGE] + p[2 * PAGE], 0);
	unmap_pages(p, 8);
}

/* --- identity, exit, wait --- */

static void child_is_another_process(void)
{
	pid_t parent = getpid(), pid = fork();
	int status;

	if (pid == 0)
		_exit(getpid() == parent || getppid() != parent ||
		      gettid() != getpid());
	EXPECT(pid > 0 && pid != parent);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
}

static void exit_with(void *arg)
{
	_exit((int)(long)arg);
}

static void status_is_eight_bits(void)
{
	EXPECT_EXIT(exit_with, (void *)0, 0);
	EXPECT_EXIT(exit_with, (void *)1, 1);
	EXPECT_EXIT(exit_with, (void *)255, 255);
	EXPECT_EXIT(exit_with, (void *)256, 0);
	EXPECT_EXIT(exit_with, (void *)-1, 255);
}

static void wait_without_children_says_so(void)
{
	int status;

	EXPECT_ERRNO(waitpid(-1, &status, 0), ECHILD);
	EXPECT_ERRNO(waitpid(getpid(), &status, 0), ECHILD);
	EXPECT_ERRNO(waitpid(-1, &status, 0x8000), EINVAL);
}

static void nohang_does_not_wait(void)
{
	int pipe_ends[2], status = 5;
	pid_t pid;
	char c;

	REQUIRE(!pipe(pipe_ends));
	pid = fork();
	if (pid == 0) {
		close(pipe_ends[1]);
		_exit(read(pipe_ends[0], &c, 1) + 3);
	}
	EXPECT_EQ(waitpid(pid, &status, WNOHANG), 0);
	EXPECT_EQ(waitpid(-1, &status, WNOHANG), 0);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	EXPECT_EQ(waitpid(-1, &status, 0), pid);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 3);
	EXPECT_ERRNO(waitpid(pid, &status, 0), ECHILD);
}

static void each_child_is_reaped_once(void)
{
	enum { NR = 20 };
	pid_t pids[NR];
	u32 seen = 0;
	int status;

	for (int i = 0; i < NR; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(i);
		EXPECT(pids[i] > 0);
	}
	for (int i = 0; i < NR; i++) {
		pid_t pid = waitpid(-1, &status, 0);

		EXPECT(WIFEXITED(status));
		EXPECT_EQ(pid, pids[WEXITSTATUS(status) % NR]);
		seen |= 1u << WEXITSTATUS(status);
	}
	EXPECT_EQ(seen, (1u << NR) - 1);
	EXPECT_ERRNO(waitpid(-1, &status, 0), ECHILD);
}

static void a_bad_status_pointer_is_efault(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	EXPECT_ERRNO(syscall(SYS_wait4, pid, 8, 0, 0), EFAULT);
	EXPECT_ERRNO(waitpid(pid, NULL, 0), ECHILD); /* it was reaped */
}

/* Its own children become somebody else's: nobody waits in vain. */
static void orphans_are_adopted(void)
{
	int pipe_ends[2], status;
	pid_t pid, parent = getpid(), foster = parent;

	REQUIRE(!pipe(pipe_ends));
	pid = fork();
	if (pid == 0) {
		pid_t middle = getpid();

		if (fork() == 0) {
			while (getppid() == middle)
				sched_yield();
			foster = getppid();
			_exit(write(pipe_ends[1], &foster, sizeof(foster)) !=
			      sizeof(foster));
		}
		_exit(0);
	}
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(read(pipe_ends[0], &foster, sizeof(foster)), sizeof(foster));
	EXPECT(foster != parent && foster != pid);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
}

PROGRAM(CASE(both_sides_keep_their_own),
	CASE(the_child_sees_the_moment_of_the_fork), CASE(twelve_generations),
	CASE(untouched_memory_is_zero_in_both), CASE(child_is_another_process),
	CASE(status_is_eight_bits), CASE(wait_without_children_says_so),
	CASE(nohang_does_not_wait), CASE(each_child_is_reaped_once),
	CASE(a_bad_status_pointer_is_efault), CASE(orphans_are_adopted))
