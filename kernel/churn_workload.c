// SPDX-License-Identifier: MIT
/*
 * kernel/churn_workload.c - workload=churn: both placements side by side
 *
 *	workload=churn,mb=128,rounds=50,share=10,orders=0|mixed,
 *	         placement=both|buddy|fullest,seed=1
 *
 * mb=4 to 128 is a private zone of that size, mb=all the whole machine. The
 * columns are explained in kernel/churn.c, the bound in include/kernel/churn.h.
 */
#include <kernel/churn.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/workload.h>
#include <mm/mm_state.h>
#include <mm/zone_private.h>

#define BLOCK_MB   2
#define MB_MAX	   (PRIVATE_ZONE_BLOCKS_MAX * BLOCK_MB)
#define TABLE_ROWS 10

enum { BUDDY, FULLEST, NR_PLACEMENTS };

static const char *const placement_names[NR_PLACEMENTS] = { "buddy", "fullest" };

static struct churn_sample samples[NR_PLACEMENTS][CHURN_ROUNDS_MAX + 1];

/* --- options --- */

/* A quarter of what is free, at most what a private zone can have. */
static u64 default_mb(void)
{
	struct zone *zone;
	u64 free = 0;

	for_each_populated_zone(mm_active, zone)
		free += zone->nr_free_pages;
	return clamp(ALIGN_DOWN(PFN_PHYS(free) / MiB / 4, 4UL), 4UL,
		     (u64)MB_MAX);
}

static bool parse_size(const char *args, struct churn_options *options)
{
	char text[8];
	u64 mb = default_mb();

	if (workload_arg(args, "mb", text, sizeof(text)) && !strcmp(text, "all"))
		return true;
	if (!workload_number("churn", args, "mb", 4, MB_MAX, &mb))
		return false;
	options->nr_blocks = (u32)ALIGN_DOWN(mb / BLOCK_MB, 2UL);
	return true;
}

/* One of two words, as false and true. */
static bool parse_word(const char *args, const char *key, const char *no,
		       const char *yes, bool *value)
{
	char text[12];

	if (!workload_arg(args, key, text, sizeof(text)))
		return true;
	*value = !strcmp(text, yes);
	if (*value || !strcmp(text, no))
		return true;
	console_printf("churn: %s=%s: %s or %s\n", key, text, no, yes);
	return false;
}

static bool parse(const char *args, struct churn_options *options)
{
	u64 rounds = 50, share = 10;

	options->seed = 1;
	if (!parse_size(args, options) ||
	    !workload_number("churn", args, "rounds", 1, CHURN_ROUNDS_MAX,
			     &rounds) ||
	    !workload_number("churn", args, "share", 1, 90, &share) ||
	    !workload_number("churn", args, "seed", 1, UINT64_MAX,
			     &options->seed) ||
	    !parse_word(args, "orders", "0", "mixed", &options->mixed))
		return false;
	options->rounds = (u32)rounds;
	options->share = (u32)share;
	return true;
}

/* --- printing --- */

static u32 row_step(const struct churn_options *options)
{
	return max(options->rounds / TABLE_ROWS, 1u);
}

static u64 bound_at(const struct churn_options *options, u32 placement,
		    u32 round)
{
	return churn_bound(samples[placement][0].moves, options->share, round);
}

static void show_row(const struct churn_options *options, const bool *ran,
		     u32 round)
{
	console_printf("  %5u %9lu", round,
		       bound_at(options, ran[FULLEST] ? FULLEST : BUDDY, round));
	for (u32 p = 0; p < NR_PLACEMENTS; p++)
		if (ran[p])
			console_printf(" |%9lu %9lu %9lu",
				       samples[p][round].moves,
				       samples[p][round].order9,
				       samples[p][round].refused);
	console_printf("\n");
}

static void show_table(const struct churn_options *options, const bool *ran)
{
	console_printf("  %15s", "");
	for (u32 p = 0; p < NR_PLACEMENTS; p++)
		if (ran[p])
			console_printf(" | placement=%-18s", placement_names[p]);
	console_printf("\n  %5s %9s", "round", "bound");
	for (u32 p = 0; p < NR_PLACEMENTS; p++)
		if (ran[p])
			console_printf(" |%9s %9s %9s", "moves", "order 9",
				       "refused");
	console_printf("\n");
	for (u32 r = 0; r <= options->rounds; r += row_step(options))
		show_row(options, ran, r);
	console_printf("  moves: fewest that would free as many 2 MiB blocks "
		       "as fit; bound: for moves, by\n  churn alone; order 9: "
		       "blocks wholly free; refused: requests of order > 0\n");
}

static void show_results(const struct churn_options *options, u32 p)
{
	for (u32 r = 0; r <= options->rounds; r += row_step(options))
		console_printf("RESULT churn placement=%s orders=%s round=%u "
			       "moves=%lu bound=%lu order9=%lu used=%lu "
			       "refused=%lu\n",
			       placement_names[p],
			       options->mixed ? "mixed" : "0", r,
			       samples[p][r].moves, bound_at(options, p, r),
			       samples[p][r].order9, samples[p][r].used,
			       samples[p][r].refused);
}

/* --- the workload --- */

static bool which_placements(const char *args, bool ran[NR_PLACEMENTS])
{
	char text[12];
	bool both = !workload_arg(args, "placement", text, sizeof(text)) ||
		    !strcmp(text, "both");
	bool any = false;

	for (u32 p = 0; p < NR_PLACEMENTS; p++) {
		ran[p] = both || !strcmp(text, placement_names[p]);
		any |= ran[p];
	}
	if (!any)
		console_printf("churn: placement=%s: both, buddy or fullest\n",
			       text);
	return any;
}

static void say_what(const struct churn_options *options)
{
	if (options->nr_blocks)
		console_printf("churn: %u MiB of its own",
			       options->nr_blocks * BLOCK_MB);
	else
		console_printf("churn: all free memory");
	console_printf(" filled, half freed at random, then %u rounds of %u "
		       "%% churn,\n  orders %s, seed %lu\n",
		       options->rounds, options->share,
		       options->mixed ? "0 to 9" : "0", options->seed);
}

static int run_churn(const char *args)
{
	struct churn_options options = { 0 };
	bool ran[NR_PLACEMENTS];

	if (!parse(args, &options) || !which_placements(args, ran))
		return -1;
	say_what(&options);
	for (u32 p = 0; p < NR_PLACEMENTS; p++) {
		int err;

		options.fullest = p == FULLEST;
		err = ran[p] ? churn_run(&options, samples[p]) : 0;
		if (err) {
			console_printf("churn: no room for it (error %d); try "
				       "a smaller mb=\n",
				       err);
			return err;
		}
	}
	show_table(&options, ran);
	for (u32 p = 0; p < NR_PLACEMENTS; p++)
		if (ran[p])
			show_results(&options, p);
	return 0;
}

WORKLOAD(churn, run_churn,
	 "free memory when pages come and go [mb,rounds,share,orders,placement,seed]");
