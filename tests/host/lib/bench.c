// SPDX-License-Identifier: MIT
/*
 * tests/host/lib/bench.c - native cost of one allocator, one case a run
 *
 *	bench-tangram CASE MIB [REPEATS [ops in thousands]]
 *
 * Built once for each subject (tests/host/peer/X/subject.h);
 * tools/bench_host.py runs the programs in turn and compares. Each case prepares,
 * then calls functions named measured_*, which hold nothing but the calls and
 * the loops around them: the clock (thread CPU time) runs in them, and
 * callgrind collects there. Random orders are made before.
 *
 *	RESULT host subject=tangram case=pair mib=1024 ns=5.1 ops=1000000
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <kernel/random.h>

#include "subject.h"

#define BURST	    64u
#define BLOCK	    512u
#define MAX_REPEATS 64u

static u64 mib, repeats = 7, thousands = 1000;
static struct rng rng = { .state = 88172645463325252UL };
static chunk_t *chunks; /* as many as there are frames */
static u64 nr_frames;
static double times[MAX_REPEATS];

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The median of times[] over that many operations. */
static void report(const char *name, u64 ops, const char *more)
{
	qsort(times, repeats, sizeof(times[0]), compare);
	printf("RESULT host subject=%s case=%s mib=%lu ns=%.2f ops=%lu%s\n",
	       SUBJECT_NAME, name, mib, times[repeats / 2] / (double)ops, ops,
	       more);
}

static void shuffle(chunk_t *list, u64 nr)
{
	for (u64 i = nr; i > 1; i--) {
		u64 j = rng_next(&rng) % i;
		chunk_t chunk = list[i - 1];

		list[i - 1] = list[j];
		list[j] = chunk;
	}
}

/* --- pairs and bursts --- */

static __noinline void measured_pairs(u32 order, u64 nr)
{
	for (u64 i = 0; i < nr; i++)
		subject_free(subject_alloc(order), order);
}

static void case_pairs(u32 order)
{
	u64 nr = thousands * 1000;

	for (u64 i = 0; i < nr / 100; i++)
		subject_free(subject_alloc(order), order);
	for (u64 r = 0; r < repeats; r++) {
		double start = now_ns();

		measured_pairs(order, nr);
		times[r] = now_ns() - start;
	}
	report(order ? "pair9" : "pair", nr, "");
}

static void case_pair0(void)
{
	case_pairs(0);
}

static void case_pair9(void)
{
	case_pairs(9);
}

static __noinline void measured_bursts(const u8 *order_of_free, u64 nr)
{
	chunk_t taken[BURST];

	while (nr--) {
		for (u32 i = 0; i < BURST; i++)
			taken[i] = subject_alloc(0);
		for (u32 i = 0; i < BURST; i++)
			subject_free(taken[order_of_free[i]], 0);
	}
}

static void case_burst(void)
{
	u64 nr = thousands * 1000 / BURST;
	u8 order_of_free[BURST];

	for (u32 i = 0; i < BURST; i++)
		order_of_free[i] = (u8)i;
	for (u32 i = BURST; i > 1; i--) {
		u32 j = rng_below(&rng, i);
		u8 n = order_of_free[i - 1];

		order_of_free[i - 1] = order_of_free[j];
		order_of_free[j] = n;
	}
	for (u64 i = 0; i < 2 * BURST; i++)
		chunks[i] = subject_alloc(0);
	for (u64 i = 0; i < 2 * BURST; i++)
		subject_free(chunks[i], 0);
	for (u64 r = 0; r < repeats; r++) {
		double start = now_ns();

		measured_bursts(order_of_free, nr);
		times[r] = now_ns() - start;
	}
	report("burst64", nr * BURST, "");
}

/* --- all of memory, but for a sixteenth --- */

static __noinline u64 measured_fill(u64 nr, u32 order)
{
	for (u64 i = 0; i < nr; i++) {
		chunks[i] = subject_alloc(order);
		if (!chunks[i])
			return i;
	}
	return nr;
}

static __noinline void measured_empty(u64 nr, u32 order)
{
	for (u64 i = 0; i < nr; i++)
		subject_free(chunks[i], order);
}

/* One part of a bulk is timed: taking, or giving back in some order. */
enum bulk_part { BULK_ALLOC, BULK_FREE, BULK_FREE_RANDOM };

static void case_bulk(enum bulk_part part, const char *name, u32 order)
{
	u64 most = (nr_frames - nr_frames / 16) >> order, nr = most;

	for (u64 r = 0; r < repeats; r++) {
		double start = now_ns(), middle;

		nr = measured_fill(most, order);
		middle = now_ns();
		times[r] = middle - start;
		if (part == BULK_FREE_RANDOM)
			shuffle(chunks, nr);
		start = now_ns();
		measured_empty(nr, order);
		if (part != BULK_ALLOC)
			times[r] = now_ns() - start;
		subject_drain();
	}
	report(name, nr, "");
}

static void case_bulk_alloc(void)
{
	case_bulk(BULK_ALLOC, "bulk_alloc", 0);
}

static void case_bulk_free(void)
{
	case_bulk(BULK_FREE, "bulk_free", 0);
}

static void case_bulk_random(void)
{
	case_bulk(BULK_FREE_RANDOM, "bulk_free_random", 0);
}

static void case_bulk9(void)
{
	case_bulk(BULK_ALLOC, "bulk9_alloc", 9);
}

/* --- orders 0 to 9 mixed, memory 70 to 90 % full --- */

struct step {
	u32 slot;
	u8 order;
	bool take;
};

static u64 refused[10], asked[10];

static __noinline void measured_mix(const struct step *steps, u64 nr)
{
	for (u64 i = 0; i < nr; i++) {
		const struct step *s = &steps[i];

		if (s->take) {
			chunks[s->slot] = subject_alloc(s->order);
			asked[s->order]++;
			refused[s->order] += !chunks[s->slot];
		} else if (chunks[s->slot]) {
			subject_free(chunks[s->slot], s->order);
			chunks[s->slot] = NULL;
		}
	}
}

/*
 * Steps that move the load between 70 and 90 % and back, orders even, what is
 * freed at random. live[] keeps, without the allocator, what is taken.
 */
static u64 write_steps(struct step *steps, u64 nr)
{
	struct step *live = malloc(nr * sizeof(*live));
	u64 used = 0, nr_live = 0, nr_slots = 0, warm = 0;
	bool filling = true;

	for (u64 i = 0; i < nr; i++) {
		if (used > nr_frames / 10 * 9 || !nr_live)
			filling = !nr_live;
		else if (used < nr_frames / 10 * 7)
			filling = true;
		if (!filling && !warm)
			warm = i;
		if (filling) {
			u8 order = (u8)rng_below(&rng, 10);

			live[nr_live] =
				(struct step){ (u32)nr_slots++, order, true };
			steps[i] = live[nr_live++];
			used += 1UL << order;
			continue;
		}
		struct step *pick = &live[rng_next(&rng) % nr_live];

		steps[i] = *pick;
		steps[i].take = false;
		used -= 1UL << pick->order;
		*pick = live[--nr_live];
	}
	free(live);
	return warm;
}

static void case_mix(void)
{
	u64 nr = thousands * 1000 + nr_frames / 100, warm;
	struct step *steps = malloc(nr * sizeof(*steps));
	u64 all = 0, all_refused = 0;
	char more[128];

	free(chunks);
	chunks = calloc(nr, sizeof(*chunks));
	warm = write_steps(steps, nr);
	measured_mix(steps, 0);
	for (u64 r = 0; r < repeats; r++) {
		double start;

		subject_create(mib);
		memset(chunks, 0, nr * sizeof(*chunks));
		memset(asked, 0, sizeof(asked));
		memset(refused, 0, sizeof(refused));
		for (u64 i = 0; i < warm; i++)
			chunks[steps[i].slot] = subject_alloc(steps[i].order);
		start = now_ns();
		measured_mix(steps + warm, nr - warm);
		times[r] = now_ns() - start;
	}
	for (u32 o = 0; o < 10; o++) {
		all += asked[o];
		all_refused += refused[o];
	}
	snprintf(more, sizeof(more),
		 " asked=%lu refused=%lu asked9=%lu refused9=%lu", all,
		 all_refused, asked[9], refused[9]);
	report("mix", nr - warm, more);
	free(steps);
}

/* --- churn: half full, then a tenth of it renewed each round --- */

static u16 *block_used; /* frames in use, by block */

static void count_block(chunk_t chunk, int by)
{
	block_used[subject_frame(chunk) / BLOCK] =
		(u16)(block_used[subject_frame(chunk) / BLOCK] + by);
}

/* Frames to move so that as many blocks are empty as free frames would fill. */
static u64 least_moves(u64 used)
{
	u64 nr_blocks = nr_frames / BLOCK, histogram[BLOCK + 1] = {};
	u64 want = (nr_frames - used) / BLOCK, moves = 0;

	for (u64 b = 0; b < nr_blocks; b++)
		histogram[block_used[b]]++;
	for (u32 n = 0; n <= BLOCK && want; n++) {
		u64 take = min(histogram[n], want);

		moves += take * n;
		want -= take;
	}
	return moves;
}

static u64 count_order9(void)
{
	static chunk_t got[1 << 18];
	u64 nr = 0;

	subject_drain();
	while (nr < ARRAY_SIZE(got) && (got[nr] = subject_alloc(9)))
		nr++;
	for (u64 i = 0; i < nr; i++)
		subject_free(got[i], 9);
	subject_drain();
	return nr;
}

static void release(u64 nr, u64 *live)
{
	shuffle(chunks, *live);
	while (nr--) {
		chunk_t chunk = chunks[--*live];

		count_block(chunk, -1);
		subject_free(chunk, 0);
	}
}

static void case_churn(void)
{
	u64 live = 0, tenth;
	double bound;

	block_used = calloc(nr_frames / BLOCK + 1, sizeof(*block_used));
	while (live < nr_frames && (chunks[live] = subject_alloc(0)))
		count_block(chunks[live++], 1);
	release(live / 2, &live);
	bound = (double)least_moves(live);
	tenth = live / 10;
	for (u32 r = 0; r <= 100; r++) {
		if (r == 0 || r == 10 || r == 30 || r == 50 || r == 75 ||
		    r == 100)
			printf("RESULT churn subject=%s mib=%lu round=%u moves=%lu bound=%.0f order9=%lu\n",
			       SUBJECT_NAME, mib, r, least_moves(live), bound,
			       count_order9());
		release(tenth, &live);
		for (u64 i = 0; i < tenth; i++) {
			chunks[live] = subject_alloc(0);
			count_block(chunks[live++], 1);
		}
		bound *= 0.9;
	}
	free(block_used);
}

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	{"pair", case_pair0},	       {"pair9", case_pair9},
	{"burst64", case_burst},       {"bulk_alloc", case_bulk_alloc},
	{"bulk_free", case_bulk_free}, {"bulk_free_random", case_bulk_random},
	{"bulk9_alloc", case_bulk9},   {"mix", case_mix},
	{"churn", case_churn},
};

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	mib = strtoul(argv[2], NULL, 0);
	if (argc > 3)
		repeats =
			clamp(strtoul(argv[3], NULL, 0), 1UL, (u64)MAX_REPEATS);
	if (argc > 4)
		thousands = strtoul(argv[4], NULL, 0);
	nr_frames = mib * MiB / PAGE_SIZE;
	chunks = calloc(nr_frames, sizeof(*chunks));
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++)
		if (!strcmp(cases[i].name, argv[1])) {
			subject_create(mib);
			cases[i].run();
			return 0;
		}
	return 2;
}
