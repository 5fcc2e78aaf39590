/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/bench.h - what an operation costs, in guest instructions
 *
 *	static void run_pairs(struct bench_run *r)
 *	{
 *		BENCH_TIME(r, BENCH_ALLOC, 1, page = alloc_pages(gfp, 0));
 *		BENCH_TIME(r, BENCH_FREE, 1, free_pages(page, 0));
 *	}
 *	BENCH(order0_pair, run_pairs, 0);
 *
 * Units    what arch_cycles() counts: under QEMU's -icount shift=0 that is
 *          instructions executed, call, return and arguments included
 * Context  the boot thread, interrupts on as in most callers: the sti at the
 *          end of a fast path is part of its cost
 * Errors   a run that could not do its work calls bench_fail()
 *
 * Every single call is timed by itself, so there is no loop to subtract; what
 * the two readings of the counter cost is measured with an empty statement. A
 * sample into which a timer tick fell is thrown away.
 */
#pragma once

#include <kernel/types.h>
#include <arch/cpu.h>
#include <arch/irq.h>

enum bench_part { BENCH_ALLOC, BENCH_FREE, BENCH_DRAIN, NR_BENCH_PARTS };

struct bench_run {
	const struct bench *bench;
	bool drained;	 /* start each round with empty per-CPU stacks */
	bool alloc_only; /* the figure is; the rest is shown beside it */
	const char *failure;
	const char *skipped; /* why it has no figure on this machine */
	u64 dropped;	     /* samples that a tick spoilt */
	struct {
		u64 cost;
		u64 nr; /* operations in it */
	} part[NR_BENCH_PARTS];
};

struct bench {
	const char *name;
	void (*run)(struct bench_run *r);
	u32 arg;
};

/* clang-format off */
#define BENCH(name_, run_, arg_)                                               \
	static const struct bench bench_##name_ __used __section("benches")    \
		__aligned(8) __no_reorder = {                   \
			.name = #name_, .run = run_, .arg = arg_               \
	}
/* clang-format on */

/* Time a statement that does nr operations of this part. */
#define BENCH_TIME(r, part, nr, statement)                      \
	do {                                                    \
		u64 _ticks = timer_ticks(), _start, _end;       \
                                                                \
		barrier();                                      \
		_start = arch_cycles();                         \
		barrier();                                      \
		statement;                                      \
		barrier();                                      \
		_end = arch_cycles();                           \
		bench_note(r, part, nr, _end - _start, _ticks); \
	} while (0)

void bench_note(struct bench_run *r, enum bench_part part, u64 nr, u64 cost,
		u64 ticks);
void bench_fail(struct bench_run *r, const char *why);
