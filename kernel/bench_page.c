// SPDX-License-Identifier: MIT
/*
 * kernel/bench_page.c - what alloc_pages and free_pages cost
 *
 *	orderN_pair          one chunk taken and given back
 *	order0_burst64       64 taken, given back in random order; per pair
 *	order0_bulk_random   100,000 taken, given back in random order; per page
 *	bulk64_alloc         alloc_pages_bulk() of 64, per page; freeing them
 *	                     one by one is shown, but not part of the figure
 *
 * Random orders are made between the timed calls. Where memory is small, the
 * bulk takes half of what is free.
 */
#include <kernel/bench.h>
#include <kernel/main.h>
#include <kernel/random.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>
#include <mm/pcp.h>

#define PAIRS	    1000u
#define BURST	    64u
#define BURSTS	    100u
#define BULK	    100000u
#define TABLE_ORDER 8u /* a chunk for the pointers of a bulk */

_Static_assert(BULK * sizeof(struct page *) <= PAGE_SIZE << TABLE_ORDER,
	       "the table holds a bulk");

static struct page *burst[BURST];
static struct rng rng = { .state = 0x9e3779b97f4a7c15UL };

static void shuffle(struct page **pages, u32 nr)
{
	for (u32 i = nr; i > 1; i--) {
		u32 j = rng_below(&rng, i);
		struct page *page = pages[i - 1];

		pages[i - 1] = pages[j];
		pages[j] = page;
	}
}

/* Empty stacks: at the start of a round, and timed at its end. */
static void begin(const struct bench_run *r)
{
	if (r->drained)
		drain_all_pages(kernel_mm(), NULL);
}

static void end(struct bench_run *r, struct zone *zone)
{
	if (r->drained)
		BENCH_TIME(r, BENCH_DRAIN, 1, drain_local_pages(zone));
}

/* How many there were; fewer than asked for only when memory is out. */
static u32 take(struct bench_run *r, struct page **pages, u32 nr, u32 order)
{
	for (u32 i = 0; i < nr; i++) {
		struct page *page;

		BENCH_TIME(r, BENCH_ALLOC, 1,
			   page = alloc_pages(GFP_KERNEL, order));
		if (!page) {
			bench_fail(r, "out of memory");
			return i;
		}
		pages[i] = page;
	}
	return nr;
}

static void give_back(struct bench_run *r, struct page **pages, u32 nr,
		      u32 order)
{
	for (u32 i = 0; i < nr; i++) {
		struct page *page = pages[i];

		BENCH_TIME(r, BENCH_FREE, 1, free_pages(page, order));
	}
}

static void run_round(struct bench_run *r, struct page **pages, u32 nr,
		      u32 order)
{
	struct zone *zone;

	begin(r);
	nr = take(r, pages, nr, order);
	if (!nr)
		return;
	zone = page_zone(pages[0]);
	shuffle(pages, nr);
	give_back(r, pages, nr, order);
	end(r, zone);
}

static void run_pairs(struct bench_run *r)
{
	for (u32 i = 0; i < PAIRS && !r->failure; i++)
		run_round(r, burst, 1, r->bench->arg);
}

static void run_bursts(struct bench_run *r)
{
	for (u32 i = 0; i < BURSTS && !r->failure; i++)
		run_round(r, burst, BURST, 0);
}

static u64 free_frames(void)
{
	struct zone *zone;
	u64 nr = 0;

	for_each_populated_zone(kernel_mm(), zone)
		nr += zone->nr_free_pages;
	return nr;
}

static void run_bulk_random(struct bench_run *r)
{
	struct page *table = alloc_pages(GFP_KERNEL, TABLE_ORDER);

	if (!table) {
		bench_fail(r, "no memory for the table");
		return;
	}
	run_round(r, page_address(table),
		  (u32)min((u64)BULK, free_frames() / 2), 0);
	free_pages(table, TABLE_ORDER);
}

static void run_alloc_bulk(struct bench_run *r)
{
	r->alloc_only = true;
	for (u32 i = 0; i < BURSTS && !r->failure; i++) {
		u32 nr;

		begin(r);
		BENCH_TIME(r, BENCH_ALLOC, BURST,
			   nr = alloc_pages_bulk(GFP_KERNEL, BURST, burst));
		if (nr < BURST)
			bench_fail(r, "out of memory");
		give_back(r, burst, nr, 0);
	}
}

BENCH(order0_pair, run_pairs, 0);
BENCH(order3_pair, run_pairs, 3);
BENCH(order4_pair, run_pairs, 4);
BENCH(order9_pair, run_pairs, 9);
BENCH(order10_pair, run_pairs, 10);
BENCH(order0_bulk_random, run_bulk_random, 0);
BENCH(order0_burst64, run_bursts, 0);
BENCH(bulk64_alloc, run_alloc_bulk, 0);
