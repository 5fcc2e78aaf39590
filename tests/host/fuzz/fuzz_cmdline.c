// SPDX-License-Identifier: MIT
/*
 * tests/host/fuzz/fuzz_cmdline.c - libFuzzer: any command line over a small map
 *
 * The text goes to every parser of mm/ that reads a command line: mem= and
 * memmap=, numa=, kernelcore= and movablecore=; then zones are laid out over
 * what is left. Whatever it says, every check holds and each frame of memory
 * has one node and one zone.
 */
#include <stdlib.h>
#include <string.h>

#include <arch/host.h>
#include <kernel/params.h>
#include <mm/mm_state.h>

static struct mm_state mm;

static void expect(bool ok)
{
	if (!ok)
		abort();
}

static void firmware_map(void)
{
	memset(&mm, 0, sizeof(mm));
	e820__range_add(&mm.e820, 0, 0x9fc00, E820_TYPE_RAM);
	e820__range_add(&mm.e820, 0x9fc00, 0x400, E820_TYPE_RESERVED);
	e820__range_add(&mm.e820, 0xf0000, 0x10000, E820_TYPE_RESERVED);
	e820__range_add(&mm.e820, MiB, 3 * GiB - MiB, E820_TYPE_RAM);
	e820__range_add(&mm.e820, 4 * GiB, 4 * GiB, E820_TYPE_RAM);
	e820__update_table(&mm.e820);
	numa_init_info(&mm.numa);
	mm.numa.nr_nodes = 2;
	numa_add_memblk(&mm.numa, 0, 0, 5 * GiB, false);
	numa_add_memblk(&mm.numa, 1, 5 * GiB, 8 * GiB, true);
	numa_add_cpu(&mm.numa, 0, 0);
	numa_add_cpu(&mm.numa, 3, NUMA_NO_NODE);
}

static void build_nodes(const char *cmdline)
{
	char name[64], value[512], numa[512] = "";

	zone_params_init(&mm.params);
	while (params_next(&cmdline, name, sizeof(name), value,
			   sizeof(value))) {
		if (!strcmp(name, "numa"))
			strcpy(numa, value);
		else if (!strcmp(name, "kernelcore"))
			zone_param_kernelcore(&mm.params, value);
		else if (!strcmp(name, "movablecore"))
			zone_param_movablecore(&mm.params, value);
	}
	numa_init(&mm.numa, &mm.memblock, numa, true);
}

static void check_zones(void)
{
	u64 present = 0, memory = 0;
	pfn_t start, end;
	u32 i = 0;
	int nid;

	for (u16 z = 0; z < MAX_NUMNODES * MAX_NR_ZONES; z++) {
		expect(zone_check(&mm, zone_by_index(&mm, z)) == 0);
		present += zone_by_index(&mm, z)->present_pages;
	}
	while (memblock_next_mem_pfn_range(&mm.memblock, &i, NUMA_NO_NODE,
					   &start, &end, &nid)) {
		expect(nid >= 0 && nid < MAX_NUMNODES);
		expect(pfn_zone(&mm, start) && pfn_zone(&mm, end - 1));
		memory += end - start;
	}
	expect(present == memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *cmdline = malloc(size + 1);

	host_console_quiet = true;
	memcpy(cmdline, data, size);
	cmdline[size] = '\0';
	firmware_map();
	e820__parse_cmdline(&mm.e820, cmdline);
	expect(e820_check(&mm.e820) == 0);
	trim_bios_range(&mm.e820);
	e820__limit_phys(&mm.e820, 46, 73UL << 40);
	mm.max_pfn = e820__end_of_ram_pfn(&mm.e820, ~0UL);
	memblock_init(&mm.memblock);
	e820__memblock_setup(&mm.e820, &mm.memblock);
	build_nodes(cmdline);
	free(cmdline);
	expect(numa_check(&mm.numa) == 0);
	expect(memblock_check(&mm.memblock) == 0);
	free_area_init(&mm);
	build_all_zonelists(&mm);
	init_per_zone_wmark_min(&mm);
	check_zones();
	return 0;
}
