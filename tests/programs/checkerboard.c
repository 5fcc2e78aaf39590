// SPDX-License-Identifier: MIT
/*
 * tests/programs/checkerboard.c - huge pages out of memory full of holes
 *
 *	fill	|MMMMMMMM|MMMMMMMM|MMMMMMMM|	processes stamp their pages
 *	halve	|M.M.M.M.|M.M.M.M.|M.M.M.M.|	half is free, no block is
 *	ask	|HHHHHHHH|MMMMMMMM|M.M.M.M.|	through nr_hugepages, one by one,
 *						while what stayed is checked
 *
 *	checkerboard [fill=90] [pattern=regular|random] [keep=50] [procs=2]
 *	             [seed=1] [steps=20] [compact=0] [quiet=0]
 *	             [strategy=NAME[,NAME...]]
 *
 *	fill	per cent of free memory; keep: of that, what is not given back
 *	steps	so many rows of progress; quiet=1: none, and no maps
 *	compact	1: have all of memory compacted first
 *	strategy  of vm.compact_strategy, each on the same seed; none: as it is
 *
 * Possible, least: tests/programs/lib/frames.h. Latencies are nanoseconds of
 * the clock, which counts instructions under QEMU's -icount shift=0; scanned is
 * what both scanners looked at. Status 0: no byte was wrong.
 */
#include "frames.h"
#include "tenants.h"
#include <time.h>

#define POOL	      "/proc/sys/vm/nr_hugepages"
#define STRATEGY      "/proc/sys/vm/compact_strategy"
#define MAX_RUNS      4
#define MAX_PAGES     16384 /* huge ones */
#define MAX_REFUSED   3	    /* in a row: then there are no more */
#define FRAMES_SPARED 1024  /* page tables and what else comes up meanwhile */

static struct options {
	u64 fill, keep, procs, seed, steps;
	bool at_random, compact, quiet;
	const char *pattern;
} o;

struct result {
	char strategy[24];
	u64 filled, free, possible, obtained, refused;
	u64 migrated, evacuated, least, scanned;
	u64 p50, p99, max, compact_ns;
	u64 looks, wrong;
};

static struct frames frames;
static u64 latency[MAX_PAGES];

static u64 now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ul + time.tv_nsec;
}

static void show_map(const char *title)
{
	if (o.quiet)
		return;
	frames_read(&frames);
	frames_print(&frames, title);
}

/* --- fill, halve --- */

/* As asked, but no more than processes may have. */
static u64 pages_to_fill(void)
{
	struct memory m;
	u64 pages, most;

	frames_read(&frames);
	memory_read(&m, &frames);
	pages = m.free * o.fill / 100;
	most = m.usable - m.usable / BLOCK_FRAMES;
	most = most > FRAMES_SPARED ? most - FRAMES_SPARED : 1;
	return pages < most ? pages : most;
}

static struct tenants *make_checkerboard(struct result *r)
{
	u64 pages = pages_to_fill();
	struct tenants *t = tenants_start(o.procs, pages, o.seed);

	tenants_fill(t);
	r->filled = tenants_pages(t);
	tenants_keep(t, o.keep, o.at_random);
	if (!o.quiet)
		printf("checkerboard: %lu MiB filled, %lu MiB kept (%s)\n",
		       r->filled / 256, tenants_pages(t) / 256, o.pattern);
	return t;
}

/* --- ask --- */

static u64 scanned_frames(void)
{
	return vm_event("compact_migrate_scanned") +
	       vm_event("compact_free_scanned");
}

/* One more; false: there is none, it seems. */
static bool one_more(struct result *r)
{
	u64 start = now(), cost;

	if (!file_write_number(POOL, r->obtained + 1))
		return false;
	cost = now() - start;
	if (file_number(POOL) <= r->obtained)
		return false;
	latency[r->obtained++] = cost;
	return true;
}

static void show_progress(const struct result *r)
{
	printf("  %3lu %% of possible: %5lu huge pages, %8lu moved, %10lu scanned\n",
	       r->obtained * 100 / (r->possible ? r->possible : 1), r->obtained,
	       vm_event("pgmigrate_success") - r->migrated,
	       scanned_frames() - r->scanned);
	fflush(stdout);
}

static void ask_for_all(struct result *r)
{
	u64 in_a_row = 0, steps = o.steps ? o.steps : 1;
	u64 step = (r->possible + steps - 1) / steps;

	while (in_a_row < MAX_REFUSED && r->obtained < MAX_PAGES) {
		if (!one_more(r)) {
			in_a_row++;
			r->refused++;
			continue;
		}
		in_a_row = 0;
		if (o.quiet || !step)
			continue;
		if (r->obtained % step == 0)
			show_progress(r);
		if (r->obtained == r->possible / 2)
			show_map("During: half of them are there");
	}
}

static int compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return (x > y) - (x < y);
}

static void sum_up_latency(struct result *r)
{
	if (!r->obtained)
		return;
	qsort(latency, r->obtained, sizeof(latency[0]), compare);
	r->p50 = latency[r->obtained / 2];
	r->p99 = latency[r->obtained * 99 / 100];
	r->max = latency[r->obtained - 1];
}

static void compact_all(struct result *r)
{
	u64 start = now();

	if (!file_write("/proc/sys/vm/compact_memory", "1"))
		printf("checkerboard: compact_memory: %s\n", strerror(errno));
	r->compact_ns = now() - start;
}

/*
 * Pages that left a block which unmovable ones had got into, for these (Tangram's
 * policy evacuate): moved meanwhile, though not for a huge page.
 */
static u64 evacuated_pages(void)
{
	FILE *file = fopen("/sys/kernel/debug/fallback", "r");
	char line[256], *pages;
	u64 sum = 0;

	while (file && fgets(line, sizeof(line), file)) {
		pages = strstr(line, " pages ");
		sum += pages ? strtoul(pages + strlen(" pages "), NULL, 10) : 0;
	}
	if (file)
		fclose(file);
	return sum;
}

static void measure(struct result *r)
{
	/* migrated and so on: what they began at, until the end */
	r->migrated = vm_event("pgmigrate_success");
	r->evacuated = evacuated_pages();
	r->scanned = scanned_frames();
	if (o.compact)
		compact_all(r);
	ask_for_all(r);
	r->evacuated = evacuated_pages() - r->evacuated;
	r->migrated = vm_event("pgmigrate_success") - r->migrated - r->evacuated;
	r->scanned = scanned_frames() - r->scanned;
	sum_up_latency(r);
}

/* --- one run --- */

static void print_result(const struct result *r)
{
	printf("RESULT checkerboard strategy=%s pattern=%s fill=%lu keep=%lu "
	       "procs=%lu seed=%lu compact=%d filled=%lu free=%lu possible=%lu "
	       "obtained=%lu refused=%lu migrated=%lu evacuated=%lu least=%lu "
	       "scanned=%lu p50=%lu p99=%lu max=%lu compact_ns=%lu looks=%lu "
	       "wrong=%lu\n",
	       r->strategy, o.pattern, o.fill, o.keep, o.procs, o.seed,
	       o.compact, r->filled, r->free, r->possible, r->obtained,
	       r->refused, r->migrated, r->evacuated, r->least, r->scanned,
	       r->p50, r->p99, r->max, r->compact_ns, r->looks, r->wrong);
	fflush(stdout);
}

static void run(struct result *r)
{
	struct tenants *t = make_checkerboard(r);
	struct frames before;
	struct memory m;

	frames_init(&before);
	memory_read(&m, &before);
	r->free = m.free / BLOCK_FRAMES;
	r->possible = m.huge_pages;
	show_map("Before");
	tenants_play(t, true);
	measure(r);
	tenants_play(t, false);
	r->least = frames_least(&before, r->obtained);
	show_map("After");
	r->looks = tenants_looks(t);
	r->wrong = tenants_end(t);
	frames_free(&before);
	file_write_number(POOL, 0);
	print_result(r);
}

/* --- side by side --- */

#define ROW(what, field)                              \
	do {                                          \
		printf("  %-28s", what);              \
		for (u32 i_ = 0; i_ < nr; i_++)       \
			printf("%16lu", r[i_].field); \
		printf("\n");                         \
	} while (0)

static void print_table(const struct result *r, u32 nr)
{
	printf("\n  %-28s", "strategy");
	for (u32 i = 0; i < nr; i++)
		printf("%16s", r[i].strategy);
	printf("\n");
	ROW("huge pages possible", possible);
	ROW("obtained", obtained);
	ROW("pages moved", migrated);
	ROW("least possible for these", least);
	ROW("moved for unmovable ones", evacuated);
	ROW("frames scanned", scanned);
	ROW("latency in us, p50", p50 / 1000);
	ROW("  p99", p99 / 1000);
	ROW("  max", max / 1000);
	ROW("pages checked meanwhile", looks);
	ROW("wrong bytes", wrong);
	printf("  possible: what free memory suffices for, above the marks "
	       "that are kept for\n  others; least: the used frames of the "
	       "emptiest blocks that can be emptied\n\n");
}

/* The next name of a,b,c; NULL: there is none. */
static const char *next_name(const char *names, char *name, size_t size)
{
	size_t length = strcspn(names, ",");

	if (!*names)
		return NULL;
	snprintf(name, size, "%.*s", (int)length, names);
	return names + length + (names[length] == ',');
}

/* What holds now, if the kernel lets one choose. */
static void name_own_strategy(struct result *r)
{
	if (!file_text(STRATEGY, r->strategy, sizeof(r->strategy)))
		snprintf(r->strategy, sizeof(r->strategy), "own");
}

static u32 run_strategies(struct result *r, const char *names)
{
	u32 nr = 0;

	while (nr < MAX_RUNS && (names = next_name(names, r[nr].strategy,
						   sizeof(r[nr].strategy)))) {
		if (!file_write(STRATEGY, r[nr].strategy)) {
			printf("checkerboard: no strategy %s here\n",
			       r[nr].strategy);
			continue;
		}
		if (!o.quiet)
			printf("\n--- vm.compact_strategy=%s ---\n",
			       r[nr].strategy);
		run(&r[nr++]);
	}
	return nr;
}

static u32 run_all(struct result *r, const char *names)
{
	char before[24];
	bool can_choose = file_text(STRATEGY, before, sizeof(before));
	u32 nr = can_choose ? run_strategies(r, names) : 0;

	if (nr)
		file_write(STRATEGY, before);
	if (nr || (can_choose && *names))
		return nr;
	name_own_strategy(&r[0]);
	run(&r[0]);
	return 1;
}

static void read_options(int argc, char **argv)
{
	o.fill = argument(argc, argv, "fill", 90);
	o.keep = argument(argc, argv, "keep", 50);
	o.procs = argument(argc, argv, "procs", 2);
	o.seed = argument(argc, argv, "seed", 1);
	o.steps = argument(argc, argv, "steps", 20);
	o.compact = argument(argc, argv, "compact", 0);
	o.quiet = argument(argc, argv, "quiet", 0);
	o.pattern = argument_text(argc, argv, "pattern", "regular");
	o.at_random = !strcmp(o.pattern, "random");
	if (!o.procs || o.fill > 100 || o.keep > 100 ||
	    (!o.at_random && strcmp(o.pattern, "regular"))) {
		printf("usage: checkerboard [fill=90] [keep=50] [procs=2] "
		       "[pattern=regular|random]\n    [seed=1] [steps=20] "
		       "[compact=0] [quiet=0] [strategy=NAME,NAME]\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	static struct result results[MAX_RUNS];
	u64 wrong = 0;
	u32 nr;

	read_options(argc, argv);
	frames_init(&frames);
	nr = run_all(results, argument_text(argc, argv, "strategy", ""));
	if (!o.quiet)
		print_table(results, nr);
	for (u32 i = 0; i < nr; i++)
		wrong += results[i].wrong;
	return !nr || wrong;
}
