// SPDX-License-Identifier: MIT
/*
 * tests/programs/pollution.c - memory that can't be moved among memory that can
 *
 *	fill	processes stamp their pages (lib/tenants.h)
 *	each round, in per cent of memory:
 *	drop	churn %, at random places
 *	take	unmovable % of what the kernel needs (lib/demand.h); of these
 *	free	keep % stay, by chance
 *	touch	what was dropped, if it fits
 *
 *	pollution [rounds=60] [fill=92] [churn=0.3] [unmovable=0.2] [keep=30]
 *	          [procs=2] [seed=1] [quiet=0]
 *
 * Ten rows show how many blocks hold immovable frames, beside the least that the
 * most there ever were of them in each zone would fill, and for how many huge
 * pages what is free suffices. In the end all movable memory goes, and all huge
 * pages that there are come through nr_hugepages. Status 0: no byte was wrong.
 */
#include "demand.h"
#include "frames.h"
#include "tenants.h"
#include <sys/prctl.h>

#ifndef PR_SET_THP_DISABLE
#define PR_SET_THP_DISABLE 41
#endif

#define POOL	  "/proc/sys/vm/nr_hugepages"
#define ROWS	  10
#define MAX_ZONES 64
#define MARGIN	  512 /* pages that are not touched again */

static struct options {
	double fill, churn, unmovable, keep;
	u64 rounds, procs, seed, quiet;
} o;

static struct frames frames;
static struct zone_blocks zones[MAX_ZONES];
static size_t nr_zones;
static u64 peak[MAX_ZONES]; /* immovable frames, when there were most of them */

/* --- rounds --- */

struct result {
	u64 filled, polluted, mixed, least, refused;
	u64 free, possible, obtained, wrong;
};

static u64 memory_frames(void)
{
	return proc_number("/proc/meminfo", "MemTotal:") / 4;
}

static u64 fixed_in(const struct zone_blocks *zone)
{
	u64 fixed = 0;

	for (u64 i = zone->first; i < zone->end && i < frames.nr; i++)
		fixed += frames.blocks[i].fixed;
	return fixed;
}

static void note_peak(struct result *r)
{
	frames_read(&frames);
	r->least = 0;
	for (size_t z = 0; z < nr_zones; z++) {
		u64 fixed = fixed_in(&zones[z]);

		if (fixed > peak[z])
			peak[z] = fixed;
		r->least += (peak[z] + BLOCK_FRAMES - 1) / BLOCK_FRAMES;
	}
}

static void touch_again(struct tenants *t, u64 *debt)
{
	u64 before = tenants_pages(t), pages = *debt;
	struct memory m;

	memory_read(&m, &frames);
	m.usable = m.usable > MARGIN ? m.usable - MARGIN : 0;
	tenants_touch(t, pages < m.usable ? pages : m.usable);
	*debt -= tenants_pages(t) - before;
}

static void show_round(struct result *r, const struct tenants *t, u64 round)
{
	struct memory m;

	frames_read(&frames);
	memory_read(&m, &frames);
	r->polluted = frames_polluted(&frames);
	r->mixed = frames_mixed(&frames);
	if (o.quiet)
		return;
	printf("  %5lu %10lu %8lu %8lu %12lu %12lu\n", round, r->polluted,
	       r->mixed, r->least, m.huge_pages, tenants_pages(t) / 256);
	fflush(stdout);
}

static void play(struct result *r, struct tenants *t)
{
	u64 memory = memory_frames(), churn = memory * o.churn / 100, debt = 0;
	u64 step = o.rounds > ROWS ? o.rounds / ROWS : 1;

	for (u64 round = 1; round <= o.rounds; round++) {
		tenants_drop(t, churn);
		debt += churn;
		r->refused += demand_take();
		note_peak(r); /* when there is most of it */
		demand_release_most();
		touch_again(t, &debt);
		if (round % step == 0 || round == o.rounds)
			show_round(r, t, round);
	}
}

/* --- the end: what the kernel has is left --- */

static void ask_for_huge_pages(struct result *r)
{
	struct memory m;

	frames_read(&frames);
	memory_read(&m, &frames);
	r->free = m.free / BLOCK_FRAMES;
	r->possible = m.huge_pages;
	file_write_number(POOL, r->free);
	r->obtained = file_number(POOL);
	file_write_number(POOL, 0);
}

static struct tenants *fill(struct result *r)
{
	struct memory m;
	struct tenants *t;
	u64 pages;

	frames_read(&frames);
	memory_read(&m, &frames);
	m.usable = m.usable > 2 * MARGIN ? m.usable - 2 * MARGIN : 1;
	pages = m.free * o.fill / 100;
	t = tenants_start(o.procs, pages < m.usable ? pages : m.usable, o.seed);
	tenants_fill(t);
	r->filled = tenants_pages(t);
	if (!o.quiet)
		printf("pollution: %lu MiB filled; a block is 2 MiB\n"
		       "  %5s %10s %8s %8s %12s %12s\n",
		       r->filled / 256, "round", "immovable", "mixed", "least",
		       "huge pages", "movable MiB");
	return t;
}

static void read_options(int argc, char **argv)
{
	o.rounds = argument(argc, argv, "rounds", 60);
	o.fill = atof(argument_text(argc, argv, "fill", "92"));
	o.churn = atof(argument_text(argc, argv, "churn", "0.3"));
	o.unmovable = atof(argument_text(argc, argv, "unmovable", "0.2"));
	o.keep = atof(argument_text(argc, argv, "keep", "30"));
	o.procs = argument(argc, argv, "procs", 2);
	o.seed = argument(argc, argv, "seed", 1);
	o.quiet = argument(argc, argv, "quiet", 0);
	if (!o.procs || o.fill > 100 || o.keep > 100) {
		printf("usage: pollution [rounds=60] [fill=92] [churn=0.3] "
		       "[unmovable=0.2] [keep=30]\n    [procs=2] [seed=1] "
		       "[quiet=0]\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct result r = { 0 };
	struct tenants *t;

	read_options(argc, argv);
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	demand_prepare(memory_frames() * o.unmovable / 100, o.keep, o.rounds,
		       o.seed);
	frames_init(&frames);
	nr_zones = zones_read(zones, MAX_ZONES);
	t = fill(&r);
	play(&r, t);
	r.wrong = tenants_end(t);
	ask_for_huge_pages(&r);
	demand_release_all();
	printf("RESULT pollution rounds=%lu fill=%g churn=%g unmovable=%g "
	       "keep=%g procs=%lu seed=%lu filled=%lu polluted=%lu mixed=%lu "
	       "least=%lu refused=%lu free=%lu possible=%lu obtained=%lu "
	       "wrong=%lu\n",
	       o.rounds, o.fill, o.churn, o.unmovable, o.keep, o.procs, o.seed,
	       r.filled, r.polluted, r.mixed, r.least, r.refused, r.free,
	       r.possible, r.obtained, r.wrong);
	return r.wrong != 0;
}
