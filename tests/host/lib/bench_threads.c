// SPDX-License-Identifier: MIT
/*
 * tests/host/lib/bench_threads.c - native cost of one allocator by 1 or 2 threads
 *
 *	bench-threads-tangram MIB [REPEATS [NODES]]
 *
 * Built once for each subject (tests/host/peer/X/subject.h), as bench.c.
 *
 *	pair	each thread takes a frame and gives it back, again and again
 *	bulk	each thread takes its half of 15/16 of memory, then gives it
 *		back in order: of one zone, or (2 nodes) of its CPU's own
 *	free	one thread gives back half of memory, which it took itself
 *		(local) or another thread did (cross)
 *
 * Times are CPU time of the threads, waiting for locks included, an operation;
 * the median of the repeats. Threads begin together; busy says how much of the
 * time they had a CPU: with less than two, they hardly meet.
 *
 *	RESULT threads subject=tangram case=bulk_alloc threads=2 ns=5.9 busy=0.99
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "subject.h"

#define MAX_THREADS 2u
#define MAX_REPEATS 64u
#define NR_PAIRS    2000000UL

static u64 mib, repeats = 7, nr_each; /* frames of a thread */
static chunk_t *chunks[MAX_THREADS];

enum phase { PAIR, BULK_ALLOC, BULK_FREE, NR_PHASES };
static const char *const names[] = { "pair", "bulk_alloc", "bulk_free" };

static u32 nr_threads, arrived;
static double spent[NR_PHASES][MAX_THREADS]; /* ns an operation */
static double busy[MAX_THREADS];

static double clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double now_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values)
{
	qsort(values, repeats, sizeof(values[0]), compare);
	return values[repeats / 2];
}

/* Until all threads have come `times` times. */
static void meet(u32 times)
{
	__atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&arrived, __ATOMIC_SEQ_CST) < times * nr_threads)
		__builtin_ia32_pause();
}

/* --- what a thread does --- */

static void pairs(u64 nr)
{
	while (nr--)
		subject_free_shared(subject_alloc_shared(0), 0);
}

static void take(chunk_t *list)
{
	for (u64 i = 0; i < nr_each; i++)
		list[i] = subject_alloc_shared(0);
}

static void give(chunk_t *list)
{
	for (u64 i = 0; i < nr_each; i++)
		subject_free_shared(list[i], 0);
}

static void *work(void *arg)
{
	u32 me = (u32)(u64)arg;
	double start, begin, wall;

	subject_enter(me);
	pairs(1000);
	meet(1);
	wall = clock_ns(CLOCK_MONOTONIC);
	begin = now_ns();
	start = now_ns();
	pairs(NR_PAIRS);
	spent[PAIR][me] = (now_ns() - start) / NR_PAIRS;
	meet(2);
	start = now_ns();
	take(chunks[me]);
	spent[BULK_ALLOC][me] = (now_ns() - start) / (double)nr_each;
	meet(3);
	start = now_ns();
	give(chunks[me]);
	spent[BULK_FREE][me] = (now_ns() - start) / (double)nr_each;
	busy[me] = (now_ns() - begin) / (clock_ns(CLOCK_MONOTONIC) - wall);
	subject_leave();
	return NULL;
}

static void run_threads(u32 nr)
{
	pthread_t other;

	nr_threads = nr;
	arrived = 0;
	if (nr > 1)
		pthread_create(&other, NULL, work, (void *)1UL);
	work(NULL);
	if (nr > 1)
		pthread_join(other, NULL);
	subject_drain();
}

static void case_scaling(u32 nr)
{
	double times[NR_PHASES][MAX_REPEATS], share[MAX_REPEATS];

	for (u64 r = 0; r < repeats; r++) {
		run_threads(nr);
		for (u32 p = 0; p < NR_PHASES; p++)
			times[p][r] = (spent[p][0] + spent[p][nr - 1]) / 2;
		share[r] = min(busy[0], busy[nr - 1]);
	}
	for (u32 p = 0; p < NR_PHASES; p++)
		printf("RESULT threads subject=%s case=%s threads=%u ns=%.2f busy=%.2f\n",
		       SUBJECT_NAME, names[p], nr, median(times[p]),
		       median(share));
}

/* --- here or elsewhere --- */

static void *take_elsewhere(void *list)
{
	subject_enter(1);
	take(list);
	subject_leave();
	return NULL;
}

static void case_free(bool cross)
{
	double times[MAX_REPEATS];
	pthread_t other;

	for (u64 r = 0; r < repeats; r++) {
		double start;

		if (cross) {
			pthread_create(&other, NULL, take_elsewhere, chunks[0]);
			pthread_join(other, NULL);
		} else {
			take(chunks[0]);
		}
		start = now_ns();
		give(chunks[0]);
		times[r] = (now_ns() - start) / (double)nr_each;
		subject_drain();
	}
	printf("RESULT threads subject=%s case=%s threads=1 ns=%.2f\n",
	       SUBJECT_NAME, cross ? "free_cross" : "free_local", median(times));
}

int main(int argc, char **argv)
{
	u32 nodes = 1;

	if (argc < 2)
		return 2;
	mib = strtoul(argv[1], NULL, 0);
	if (argc > 2)
		repeats =
			clamp(strtoul(argv[2], NULL, 0), 1UL, (u64)MAX_REPEATS);
	if (argc > 3)
		nodes = (u32)strtoul(argv[3], NULL, 0);
	nr_each = mib * MiB / PAGE_SIZE * 15 / 16 / MAX_THREADS;
	for (u32 i = 0; i < MAX_THREADS; i++)
		chunks[i] = calloc(nr_each, sizeof(*chunks[i]));
	subject_create_shared(mib, nodes, MAX_THREADS);
	case_scaling(1);
	case_scaling(2);
	case_free(false);
	case_free(true);
	return 0;
}
