// SPDX-License-Identifier: MIT
/*
 * kernel/check_boot.c - the invariants of what boot built, from the firmware's
 * map up to the page array
 */
#include <kernel/check.h>
#include <mm/hugetlb.h>
#include <mm/memmap.h>
#include <mm/mm_state.h>
#include <mm/pgtable.h>
#include <mm/zone_check.h>
#include <arch/paging.h>

static int check_e820(struct mm_state *mm)
{
	return e820_check(&mm->e820_firmware) + e820_check(&mm->e820);
}

static int check_memblock(struct mm_state *mm)
{
	return memblock_check(&mm->memblock);
}

static int check_numa(struct mm_state *mm)
{
	return numa_check(&mm->numa);
}

static int check_zones(struct mm_state *mm)
{
	int findings = 0;

	for (u32 n = 0; n < MAX_NUMNODES; n++)
		for (u32 z = 0; z < MAX_NR_ZONES && mm->nodes[n].online; z++)
			findings += zone_check(mm, &mm->nodes[n].zones[z]);
	return findings;
}

static int check_paging(struct mm_state *mm __unused)
{
	return paging_check();
}

CHECK(e820, check_e820);
CHECK(memblock, check_memblock);
CHECK(numa, check_numa);
CHECK(zones, check_zones);
CHECK(memmap, memmap_check);
CHECK(paging, check_paging);

static int check_frames(struct mm_state *mm)
{
	struct zone *zone;
	int findings = 0;

	for_each_populated_zone(mm, zone)
		if (zone->fl)
			findings += zone_check_all(mm, zone);
	return findings;
}

CHECK(frames, check_frames);
CHECK(slab, slab_check);
CHECK(hugetlb, hugetlb_check);

static void check_one_mm(struct mm_struct *mm, void *findings)
{
	down_read(&mm->mmap_lock);
	*(int *)findings += mm_check(mm);
	up_read(&mm->mmap_lock);
}

static int check_address_spaces(struct mm_state *mm __unused)
{
	int findings = 0;

	for_each_mm(check_one_mm, &findings);
	return findings;
}

static int check_page_tables(struct mm_state *mm __unused)
{
	return page_table_check_all();
}

CHECK(vmas, check_address_spaces);
CHECK(page_tables, check_page_tables);
CHECK(vmalloc, vmalloc_check);
