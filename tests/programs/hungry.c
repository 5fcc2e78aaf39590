// SPDX-License-Identifier: MIT
/*
 * tests/programs/hungry.c - more memory than there is, wanted by several
 *
 * oom.c has one process that writes to page after page until it is killed. Here
 * it has threads, or rivals, or shares pages with its parent. Linux's way of
 * choosing is the same, but it may need minutes for it: so this is for Tangram.
 */
#include "program.h"
#include <pthread.h>
#include <signal.h>

#define CHUNK (8 * MIB)

static void eat_memory(void *arg)
{
	(void)arg;
	for (;;) {
		char *p = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			_exit(97);
		for (size_t i = 0; i < CHUNK; i += PAGE)
			p[i] = 1;
	}
}

static void *eat_in_a_thread(void *arg)
{
	eat_memory(arg);
	return NULL;
}

static void eat_in_threads(void *arg)
{
	pthread_t thread;

	for (int i = 0; i < 4; i++)
		pthread_create(&thread, NULL, eat_in_a_thread, arg);
	eat_memory(arg);
}

static void threads_are_killed_together(void)
{
	EXPECT_SIGNAL(eat_in_threads, NULL, SIGKILL);
}

/* Several at once: each is killed in its turn, or the others' end helps it. */
static void several_may_eat(void)
{
	pid_t pids[4];
	int status;

	for (int i = 0; i < 4; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			eat_memory(NULL);
		EXPECT(pids[i] > 0);
	}
	for (int i = 0; i < 4; i++) {
		EXPECT_EQ(waitpid(pids[i], &status, 0), pids[i]);
		EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
}

/* Written in the parent, then in children until there is no room for copies. */
static void write_all(void *arg)
{
	char *p = arg;

	for (size_t i = 0; i < 4 * CHUNK; i += PAGE)
		p[i] = 2;
	eat_memory(NULL);
}

static void copies_count_too(void)
{
	char *p = map_pages(4 * CHUNK / PAGE);

	memset(p, 1, 4 * CHUNK);
	EXPECT_SIGNAL(write_all, p, SIGKILL);
	for (size_t i = 0; i < 4 * CHUNK; i += PAGE)
		if (p[i] != 1) {
			EXPECT_EQ(p[i], 1);
			break;
		}
	unmap_pages(p, 4 * CHUNK / PAGE);
}

PROGRAM(CASE(threads_are_killed_together),
	CASE(several_may_eat), CASE(copies_count_too))
