// SPDX-License-Identifier: MIT
/*
 * tests/programs/forks.c - many lives: what a process takes it gives back
 *
 *	forks [n=10000]		n of each kind: fork, vfork and exec, thread
 *
 * A page that is lost each time would be 40 MiB at the end, more than what the
 * kernel may hold back for a while (stacks of threads that have ended). Less is
 * found from inside: tests/kernel/x86_64/test_process.c counts every frame.
 */
#include "program.h"
#include <pthread.h>

#define WARM_UP 200
#define SLACK	(36 * 1024l) /* KiB */

static u64 rounds = 10000;

static long free_kib(void)
{
	char text[4096], *at;
	FILE *file = fopen("/proc/meminfo", "r");
	size_t nr = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	if (file)
		fclose(file);
	text[nr] = '\0';
	at = strstr(text, "MemFree:");
	return at ? atol(at + 8) : -1;
}

static void fork_once(void)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(7);
	if (waitpid(pid, &status, 0) != pid || status != 7 << 8)
		EXPECT_EQ(status, 7 << 8);
}

static void exec_once(void)
{
	char *argv[] = { "exit", "5", NULL };
	int status = -1;
	pid_t pid = vfork();

	if (pid == 0) {
		execv(sibling("exit"), argv);
		_exit(98);
	}
	if (waitpid(pid, &status, 0) != pid || status != 5 << 8)
		EXPECT_EQ(status, 5 << 8);
}

static void *nothing(void *arg)
{
	return arg;
}

static void thread_once(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, nothing, NULL) ||
	    pthread_join(thread, NULL))
		EXPECT(!"a thread");
}

static void nothing_is_lost(void (*once)(void), u64 nr)
{
	long before;

	for (int i = 0; i < WARM_UP; i++)
		once();
	before = free_kib();
	for (u64 i = 0; i < nr; i++)
		once();
	EXPECT(before > 0);
	/* Stacks go after a grace period, many at a time. */
	for (int i = 0; i < 50 && free_kib() < before - SLACK; i++)
		usleep(100000);
	if (free_kib() < before - SLACK)
		EXPECT_EQ(free_kib(), before);
}

static void forks_lose_nothing(void)
{
	nothing_is_lost(fork_once, rounds);
}

static void execs_lose_nothing(void)
{
	nothing_is_lost(exec_once, rounds / 4);
}

static void threads_lose_nothing(void)
{
	nothing_is_lost(thread_once, rounds);
}

static const struct program_case cases[] = {
	CASE(forks_lose_nothing),
	CASE(execs_lose_nothing),
	CASE(threads_lose_nothing),
};

int main(int argc, char **argv)
{
	rounds = argument(argc, argv, "n", rounds);
	return run_cases(1, argv, cases, ARRAY_SIZE(cases));
}
