// SPDX-License-Identifier: MIT
/*
 * tests/host/lib/trace.c - single operations, watched by tools/bench_lines.py
 *
 * Run under valgrind's lackey, which lists every instruction, load and store.
 * Calls of mark() cut that list: it is called before and after each part of
 * each operation, in the order of the lines printed here ("order0_pair alloc").
 * What lies in this file's functions is not counted.
 */
#include <stdio.h>

#include <tangram-mm.h>

#define BURST 64u

static struct page *pages[BURST];

static __noinline void mark(void)
{
	barrier();
}

enum part { ALLOC, ALLOC_BULK, FREE, DRAIN };
static const char *const part_names[] = {"alloc", "bulk", "free", "drain"};

static __noinline void trace_part(const char *name, enum part part, u32 order,
				  u32 nr)
{
	struct zone *zone = pages[0] ? page_zone(pages[0]) : NULL;

	printf("%s %s %u\n", name, part_names[part], nr);
	mark();
	if (part == DRAIN)
		drain_local_pages(zone);
	else if (part == ALLOC_BULK)
		alloc_pages_bulk(GFP_KERNEL, nr, pages);
	for (u32 i = 0; i < nr && part == ALLOC; i++)
		pages[i] = alloc_pages(GFP_KERNEL, order);
	for (u32 i = 0; i < nr && part == FREE; i++)
		free_pages(pages[i], order);
	mark();
}

static __noinline void trace_pair(const char *name, u32 order, u32 nr,
				  bool drained)
{
	for (u32 i = 0; i < 100; i++)
		free_pages(alloc_pages(GFP_KERNEL, order), order);
	for (u32 i = 0; i < nr; i++)
		pages[i] = alloc_pages(GFP_KERNEL, order);
	for (u32 i = 0; i < nr; i++)
		free_pages(pages[i], order);
	if (drained)
		drain_all_pages(mm_active, NULL);
	trace_part(name, ALLOC, order, nr);
	trace_part(name, FREE, order, nr);
	if (drained)
		trace_part(name, DRAIN, order, nr);
}

int main(void)
{
	struct zone *zone;

	/* The trace of its boot is long: small, but with large batches. */
	tangram_machine_create(64, 1, 1);
	for_each_populated_zone(mm_active, zone) zone->pcp[0]->batch = 64;
	trace_pair("order0_pair", 0, 1, false);
	trace_pair("order3_pair", 3, 1, false);
	trace_pair("order4_pair", 4, 1, false);
	trace_pair("order9_pair", 9, 1, false);
	trace_pair("order10_pair", 10, 1, false);
	trace_pair("order0_burst64", 0, BURST, false);
	trace_pair("order0_pair_drained", 0, 1, true);
	trace_pair("order0_burst64_drained", 0, BURST, true);
	alloc_pages_bulk(GFP_KERNEL, BURST, pages);
	for (u32 i = 0; i < BURST; i++)
		free_pages(pages[i], 0);
	trace_part("bulk64_alloc", ALLOC_BULK, 0, BURST);
	trace_part("bulk64_alloc", FREE, 0, BURST);
	tangram_machine_drop();
	return 0;
}
