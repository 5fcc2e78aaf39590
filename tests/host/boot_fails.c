// SPDX-License-Identifier: MIT
/*
 * tests/host/boot_fails.c - boot the made-up machine while an allocation fails
 *
 *	build/host/boot_fails [POINT N]
 *
 * The Nth pass of POINT fails. Either the boot panics, saying what it had no
 * memory for; or it goes on, and then every check must find nothing. Prints
 * "passes N" (how often the point was passed) and "booted". Exit status 0:
 * booted and sound; 1: not sound, or a panic.
 */
#include <stdio.h>
#include <stdlib.h>

#include <arch/host.h>
#include <kernel/main.h>
#include <kernel/point.h>
#include <mm/memmap.h>
#include <mm/mm_state.h>
#include <mm/zone_check.h>

/* Zones without an allocator hand nothing out and have nothing to check. */
static int findings(struct mm_state *mm)
{
	struct zone *zone;
	int nr = 0;

	for_each_populated_zone(mm, zone)
		if (zone->fl)
			nr += zone_check(mm, zone) + zone_check_all(mm, zone);
	return nr + memmap_check(mm);
}

/* What is there can be used, and comes back. */
static bool allocates(void)
{
	struct page *pages[64];
	u32 nr = alloc_pages_bulk(GFP_KERNEL | __GFP_NOWARN, ARRAY_SIZE(pages),
				  pages);

	for (u32 i = 0; i < nr; i++)
		free_pages(pages[i], 0);
	return nr == ARRAY_SIZE(pages);
}

int main(int argc, char **argv)
{
	const char *name = argc > 2 ? argv[1] : "memblock_alloc";
	int found;

	host_console_hook = host_console_to_stderr; /* not quieted by the boot */
	point_enable(name, POINT_HOOK);
	if (argc > 2)
		point_fail_nth(name, (u32)atoi(argv[2]));
	host_machine_init(1);
	printf("passes %lu\n", point_find(name)->hits);
	point_disable(name);
	found = findings(kernel_mm());
	printf("booted, %d findings\n", found);
	fflush(stdout);
	return found != 0 || !allocates();
}
