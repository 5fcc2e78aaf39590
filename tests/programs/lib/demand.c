// SPDX-License-Identifier: MIT
/*
 * tests/programs/lib/demand.c - memory that the kernel needs for a program
 *
 * A kind of demand has numbered units. In `ids` stand the numbers in use, those
 * of this round last, and behind them the ones that can be taken: so a random
 * one of this round is given back by a swap. The shares, in frames:
 *
 *	pipes	20 %	of sixteen pages
 *	files	10 %	empty ones in /tmp: inodes and dentries
 *	threads	10 %	kernel stacks and what else belongs to them
 *	tables		a page table for each 2 MiB of a sparse area: the rest
 */
#include "demand.h"
#include <pthread.h>
#include <semaphore.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define FOLDER	     "/tmp/pollution"
#define TABLES_BASE  0x100000000000ul
#define PIPE_PAGES   16
#define STACK_SIZE   (16 * KIB)
#define MAX_FAILURES 8 /* of a kind in a round: tables make up for it */

struct kind {
	double share;  /* of a round's frames */
	double frames; /* of a unit, roughly */
	bool (*take)(u32 id);
	void (*release)(u32 id);
	u32 *ids;
	u32 nr, max;
	u32 fresh; /* units of this round */
};

static double a_round, keep; /* frames; per cent that stay */
static struct rng rng;

/* --- page tables --- */

static bool take_table(u32 id)
{
	volatile char *p = mmap(
		(char *)TABLES_BASE + id * 2 * MIB, 2 * MIB, PROT_READ,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);

	if (p == MAP_FAILED)
		return false;
	(void)*p; /* the zero page, behind a table of its own */
	return true;
}

static void release_table(u32 id)
{
	munmap((char *)TABLES_BASE + id * 2 * MIB, 2 * MIB);
}

/* --- pipes --- */

static int (*pipes)[2];

static void release_pipe(u32 id)
{
	close(pipes[id][0]);
	close(pipes[id][1]);
}

static bool take_pipe(u32 id)
{
	static char page[PAGE];

	if (pipe(pipes[id]))
		return false;
	for (u32 i = 0; i < PIPE_PAGES; i++) {
		if (write(pipes[id][1], page, PAGE) != PAGE) {
			release_pipe(id);
			return false;
		}
	}
	return true;
}

/* --- files --- */

static const char *file_name(u32 id)
{
	static char name[64];

	snprintf(name, sizeof(name), FOLDER "/%u", id);
	return name;
}

static bool take_file(u32 id)
{
	return !mknod(file_name(id), S_IFREG | 0600, 0);
}

static void release_file(u32 id)
{
	unlink(file_name(id));
}

/* --- threads --- */

static struct waiter {
	pthread_t thread;
	sem_t end;
} * waiters;

static void *wait_for_end(void *arg)
{
	struct waiter *w = arg;

	while (sem_wait(&w->end))
		;
	return NULL;
}

static bool take_thread(u32 id)
{
	struct waiter *w = &waiters[id];
	pthread_attr_t attr;
	bool done;

	sem_init(&w->end, 0, 0);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	done = !pthread_create(&w->thread, &attr, wait_for_end, w);
	pthread_attr_destroy(&attr);
	return done;
}

static void release_thread(u32 id)
{
	sem_post(&waiters[id].end);
	pthread_join(waiters[id].thread, NULL);
}

/* --- all kinds --- */

enum { PIPES, FILES, THREADS, TABLES, NR_KINDS };

static struct kind kinds[NR_KINDS] = {
	[PIPES] = { .share = 0.2,
		    .frames = PIPE_PAGES + 0.5,
		    .take = take_pipe,
		    .release = release_pipe },
	[FILES] = { .share = 0.1,
		    .frames = 0.25,
		    .take = take_file,
		    .release = release_file },
	[THREADS] = { .share = 0.1,
		      .frames = 6,
		      .take = take_thread,
		      .release = release_thread },
	[TABLES] = { .share = 1,
		     .frames = 1,
		     .take = take_table,
		     .release = release_table },
};

static void *room_for(u64 nr, size_t size)
{
	void *room = calloc(nr + 1, size);

	if (!room) {
		printf("demand: no memory for %lu records\n", nr);
		exit(1);
	}
	return room;
}

static u32 most_pipes(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur > 64 ? (limit.rlim_cur - 64) / 2 : 0;
}

void demand_prepare(double frames, double percent, u64 rounds, u64 seed)
{
	u32 pipes_max = most_pipes();

	a_round = frames;
	keep = percent;
	rng.state = seed * 2 + 1;
	for (u32 i = 0; i < NR_KINDS; i++) {
		struct kind *k = &kinds[i];
		u32 nr = a_round * k->share / k->frames;

		k->max = nr + (u32)(nr * keep / 100 + 1) * rounds;
		if (i == PIPES && k->max > pipes_max)
			k->max = pipes_max;
		k->ids = room_for(k->max, sizeof(u32));
		for (u32 n = 0; n < k->max; n++)
			k->ids[n] = n;
	}
	pipes = room_for(kinds[PIPES].max, sizeof(*pipes));
	waiters = room_for(kinds[THREADS].max, sizeof(*waiters));
	mkdir(FOLDER, 0700);
}

/* As many of a kind as there are to be had. */
static void take_units(struct kind *k, u32 wanted)
{
	u32 failures = 0;

	k->fresh = 0;
	while (k->fresh < wanted && failures < MAX_FAILURES) {
		if (k->nr < k->max && k->take(k->ids[k->nr])) {
			k->nr++;
			k->fresh++;
		} else {
			failures++;
		}
	}
}

u64 demand_take(void)
{
	double left = a_round;

	for (u32 i = 0; i < NR_KINDS; i++) {
		struct kind *k = &kinds[i];
		double share = a_round * k->share;

		/* Tables: what the others left. */
		take_units(k, (share < left ? share : left) / k->frames);
		left -= k->fresh * k->frames;
	}
	return left > 0 ? (u64)left : 0;
}

static void swap_ids(struct kind *k, u32 a, u32 b)
{
	u32 id = k->ids[a];

	k->ids[a] = k->ids[b];
	k->ids[b] = id;
}

static void release_most(struct kind *k)
{
	u32 stay = k->fresh * keep / 100 + 0.5;

	for (; k->fresh > stay; k->fresh--) {
		u32 i = k->nr - 1 - rng_below(&rng, k->fresh);

		k->release(k->ids[i]);
		swap_ids(k, i, --k->nr);
	}
}

void demand_release_most(void)
{
	for (u32 i = 0; i < NR_KINDS; i++)
		release_most(&kinds[i]);
}

void demand_release_all(void)
{
	for (u32 i = 0; i < NR_KINDS; i++)
		while (kinds[i].nr)
			kinds[i].release(kinds[i].ids[--kinds[i].nr]);
	rmdir(FOLDER);
}
