// SPDX-License-Identifier: MIT
/*
 * kernel/bench.c - workload=bench[,op=GLOB]: instructions per operation
 *
 * Each operation is run twice by the clock, once to warm up, then for the
 * figures: as callers meet it, and as NAME_drained, where every round begins
 * and ends with empty per-CPU stacks, so that splitting and merging are in the
 * figure. One line an operation for people, one RESULT line for programs:
 *
 *	bench: order0_pair             83.0: alloc 50.0, free 33.0
 *	RESULT bench op=order0_pair insns=83 alloc=50 free=33 drain=0 dropped=0
 *
 * A figure reports, it never fails; that an operation could not run does.
 */
#include <kernel/bench.h>
#include <kernel/main.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/workload.h>
#include <mm/mm_state.h>
#include <mm/pcp.h>

extern const struct bench __start_benches[], __stop_benches[];

static u64 overhead; /* of the two readings of the counter */

void bench_note(struct bench_run *r, enum bench_part part, u64 nr, u64 cost,
		u64 ticks)
{
	if (timer_ticks() != ticks) {
		r->dropped++;
		return;
	}
	r->part[part].cost += cost - min(cost, overhead);
	r->part[part].nr += nr;
}

void bench_fail(struct bench_run *r, const char *why)
{
	if (!r->failure)
		r->failure = why;
}

/* --- is it instructions that the counter counts? --- */

static void measure_overhead(void)
{
	struct bench_run r = {};

	overhead = 0;
	for (u32 i = 0; i < 64; i++)
		BENCH_TIME(&r, BENCH_ALLOC, 1, barrier());
	overhead = r.part[BENCH_ALLOC].cost / max(r.part[BENCH_ALLOC].nr, 1UL);
}

#define CALIBRATION 10000u /* turns, two instructions each */

static bool counts_instructions(void)
{
	struct bench_run r = {};
	u64 cost;

	measure_overhead();
	while (!r.part[BENCH_ALLOC].nr)
		BENCH_TIME(&r, BENCH_ALLOC, 1, arch_count_down(CALIBRATION));
	cost = r.part[BENCH_ALLOC].cost;
	console_printf("bench: a loop of %u instructions counts %lu, an empty "
		       "statement %lu, taken off\n",
		       2 * CALIBRATION, cost, overhead);
	/* The loop's counter must be loaded, too. */
	return cost >= 2 * CALIBRATION && cost <= 2 * CALIBRATION + 2;
}

/* --- one operation --- */

/* Tenths, of one operation's share. */
static u64 tenths(const struct bench_run *r, enum bench_part part)
{
	/* Drains have no count of their own: they belong to what was freed. */
	u64 nr = r->part[part == BENCH_DRAIN ? BENCH_FREE : part].nr;

	return nr ? (r->part[part].cost * 10 + nr / 2) / nr : 0;
}

static void print_result(const struct bench_run *r, const char *name,
			 const char *unit)
{
	u64 alloc = tenths(r, BENCH_ALLOC), free = tenths(r, BENCH_FREE),
	    drain = tenths(r, BENCH_DRAIN),
	    sum = r->alloc_only ? alloc : alloc + free + drain;

	console_printf("bench: %-26s %6lu.%lu: alloc %lu.%lu, free %lu.%lu",
		       name, sum / 10, sum % 10, alloc / 10, alloc % 10,
		       free / 10, free % 10);
	if (drain)
		console_printf(", drain %lu.%lu", drain / 10, drain % 10);
	console_printf("\nRESULT bench op=%s %s=%lu alloc=%lu free=%lu "
		       "drain=%lu dropped=%lu\n",
		       name, unit, (sum + 5) / 10, (alloc + 5) / 10,
		       (free + 5) / 10, (drain + 5) / 10, r->dropped);
}

static bool run_one(const struct bench *b, bool drained, const char *name,
		    const char *unit)
{
	struct bench_run warm = { .bench = b, .drained = drained }, r = warm;

	drain_all_pages(kernel_mm(), NULL);
	b->run(&warm);
	b->run(&r);
	if (r.skipped) {
		console_printf("bench: %s: skipped: %s\n", name, r.skipped);
		return true;
	}
	if (!warm.failure && !r.failure) {
		print_result(&r, name, unit);
		return true;
	}
	console_printf("bench: %s: %s\n", name,
		       warm.failure ? warm.failure : r.failure);
	return false;
}

static int run_bench(const char *args)
{
	const char *unit = counts_instructions() ? "insns" : "cycles";
	char glob[64] = "*", name[64];
	u32 ran = 0;
	int err = 0;

	workload_arg(args, "op", glob, sizeof(glob));
	if (strcmp(unit, "insns"))
		console_printf("bench: the counter does not count instructions "
			       "(QEMU's -icount shift=0 does): cycles\n");
	for (const struct bench *b = __start_benches; b < __stop_benches; b++)
		for (u32 drained = 0; drained < 2; drained++) {
			snprintf(name, sizeof(name), "%s%s", b->name,
				 drained ? "_drained" : "");
			if (!glob_match(glob, name))
				continue;
			ran++;
			if (!run_one(b, drained, name, unit))
				err = 1;
		}
	if (!ran)
		console_printf("bench: no operation matches '%s'\n", glob);
	return ran ? err : 1;
}

WORKLOAD(bench, run_bench, "[,op=GLOB] instructions per operation");
