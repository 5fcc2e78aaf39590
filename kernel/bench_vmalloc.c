// SPDX-License-Identifier: MIT
/*
 * kernel/bench_vmalloc.c - what vmalloc costs
 *
 *	vmalloc_4pages_pair  vmalloc(16 KiB) and its vfree(); what the purges
 *			     cost that come of it is the drain, per area
 *
 * Page tables are there from the first call on. No vfree() purges by itself, as
 * fewer pages are queued than may be.
 */
#include <kernel/bench.h>
#include <mm/vmalloc.h>

#define PAIRS	   1000u
#define PURGE_EACH 50u
#define BYTES	   (4 * PAGE_SIZE)

static void run_pairs(struct bench_run *r)
{
	vfree(vmalloc(BYTES));
	vmalloc_purge();
	for (u32 i = 1; i <= PAIRS && !r->failure; i++) {
		void *addr;

		BENCH_TIME(r, BENCH_ALLOC, 1, addr = vmalloc(BYTES));
		if (!addr)
			bench_fail(r, "out of memory");
		BENCH_TIME(r, BENCH_FREE, 1, vfree(addr));
		if (r->drained)
			BENCH_TIME(r, BENCH_DRAIN, 1, vmalloc_purge());
		else if (i % PURGE_EACH == 0)
			BENCH_TIME(r, BENCH_DRAIN, PURGE_EACH, vmalloc_purge());
	}
}

BENCH(vmalloc_4pages_pair, run_pairs, 0);
