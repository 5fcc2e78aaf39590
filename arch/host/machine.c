// SPDX-License-Identifier: MIT
/*
 * arch/host/machine.c - a small made-up machine for host programs
 *
 *	0   4K        636K  1M      2M-4M            24M    32M      128M
 *	| r | node 0   |    | node 0 (kernel inside) | hole | node 1  |
 *	|   |-------- DMA below 16M --------|- DMA32-|      |- DMA32 -|
 *
 * Firmware's word (the e820 map, nodes, distances, two CPUs) is made up; all
 * that follows from it is done by mm/'s own code over simulated memory, so
 * the allocator that tests use here has gone through the boot it goes through
 * in the kernel.
 */
#include <kernel/acpi.h>
#include <kernel/bootinfo.h>
#include <kernel/image.h>
#include <kernel/main.h>
#include <kernel/string.h>
#include <kernel/test.h>
#include <mm/init.h>
#include <mm/mm_state.h>
#include <arch/host.h>

static struct mm_state mm;

static const struct boot_info boot = { .cmdline = "host=1 term=ansi" };

static const struct kernel_image image = {
	.start = 2 * MiB,
	.text = 2 * MiB + 64 * KiB,
	.text_end = 3 * MiB,
	.rodata_end = 3 * MiB + 256 * KiB,
	.data_end = 3 * MiB + 512 * KiB,
	.end = 4 * MiB,
};

static const struct madt_info madt = { .nr_cpus = 2, .apic_id = { 0, 1 } };

struct mm_state *kernel_mm(void)
{
	return &mm;
}

const struct boot_info *kernel_boot_info(void)
{
	return &boot;
}

const struct kernel_image *kernel_image(void)
{
	return &image;
}

const struct madt_info *kernel_madt(void)
{
	return &madt;
}

static void make_e820(void)
{
	static const struct e820_entry entries[] = {
		{ 0, 636 * KiB, E820_TYPE_RAM },
		{ 636 * KiB, 388 * KiB, E820_TYPE_RESERVED },
		{ 1 * MiB, 23 * MiB, E820_TYPE_RAM },
		{ 24 * MiB, 64 * KiB, E820_TYPE_ACPI },
		{ 32 * MiB, 96 * MiB, E820_TYPE_RAM },
		{ 0xfeffc000, 16 * KiB, E820_TYPE_RESERVED },
	};

	for (u32 i = 0; i < ARRAY_SIZE(entries); i++)
		e820__range_add(&mm.e820_firmware, entries[i].addr,
				entries[i].size, entries[i].type);
}

static void make_nodes(void)
{
	struct numa_info *info = &mm.numa;

	numa_init_info(info);
	for (u32 n = 0; n < 2; n++) {
		acpi_map_pxm_to_node(info, n);
		numa_add_cpu(info, n, (int)n);
	}
	numa_add_memblk(info, 0, 0, 24 * MiB, false);
	numa_add_memblk(info, 1, 32 * MiB, 128 * MiB, false);
	info->has_distance = true;
	info->distance[0][1] = info->distance[1][0] = 21;
	numa_init(info, &mm.memblock, "", true);
}

void host_machine_init(void)
{
	host_console_quiet = true;
	host_phys_init(HOST_PHYS_SIZE);
	make_e820();
	mm_params_init(&mm);
	mm_init_e820(&mm, "", &image);
	mm_init_memblock(&mm, &boot, &image);
	make_nodes();
	mm_init_paging(&mm, &image);
	mm_init_zones(&mm, &image);
	host_console_quiet = false;
}

u32 test_scale(void)
{
	return 10;
}
