// SPDX-License-Identifier: MIT
/*
 * tests/host/lib/example.c - the library and its one header, nothing else
 *
 * Machine after machine in one process: take all of its memory, write to some,
 * give it back, have everything checked. Exit status 0: nothing was lost.
 */
#include <stdio.h>
#include <string.h>

#include <tangram-mm.h>

static struct page *taken[1 << 16];

static u32 take_all(u32 order)
{
	u32 nr = 0;

	while (nr < ARRAY_SIZE(taken)) {
		taken[nr] = alloc_pages(GFP_KERNEL | __GFP_NOWARN, order);
		if (!taken[nr])
			break;
		memset(page_address(taken[nr]), 0xa5, PAGE_SIZE);
		nr++;
	}
	return nr;
}

/* Findings. */
static int use_machine(u64 mib, u32 nodes, u32 order)
{
	struct zone *zone;
	int findings = 0;
	u64 before;
	u32 nr;

	if (tangram_machine_create(mib, nodes, 1))
		return 1;
	before = tangram_free_frames();
	nr = take_all(order);
	for (u32 i = 0; i < nr; i++)
		free_pages(taken[i], order);
	drain_all_pages(mm_active, NULL);
	for_each_populated_zone(mm_active, zone)
		findings += zone_check_all(mm_active, zone);
	findings += tangram_free_frames() != before;
	printf("%4lu MiB, %u nodes: %6u chunks of order %2u, %lu frames free, %d findings\n",
	       mib, nodes, nr, order, before, findings);
	tangram_machine_drop();
	return findings;
}

int main(void)
{
	int findings = 0;

	for (u32 order = 0; order < NR_PAGE_ORDERS; order++)
		findings += use_machine(64 + 16 * order, 1 + order % 3, order);
	findings += tangram_machine_create(0, 1, 1) == 0;
	findings += tangram_machine_create(64, 0, 1) == 0;
	return findings != 0;
}
