// SPDX-License-Identifier: MIT
/*
 * arch/host/machine.c - made-up machines for host programs
 *
 * The one of the self-tests:
 *
 *	0   4K        636K  1M      2M-4M            24M    32M      128M
 *	| r | node 0   |    | node 0 (kernel inside) | hole | node 1  |
 *	|   |-------- DMA below 16M --------|- DMA32-|      |- DMA32 -|
 *
 * Firmware's word (the e820 map, nodes, distances, CPUs) is made up; all
 * that follows from it is done by mm/'s own code over simulated memory, so
 * the allocator that tests use here has gone through the boot it goes through
 * in the kernel.
 */
#include <kernel/acpi.h>
#include <kernel/bootinfo.h>
#include <kernel/image.h>
#include <kernel/main.h>
#include <kernel/panic.h>
#include <kernel/rcu.h>
#include <kernel/smp.h>
#include <kernel/string.h>
#include <kernel/test.h>
#include <kernel/thread.h>
#include <mm/init.h>
#include <mm/mm_state.h>
#include <arch/host.h>

#include "internal.h"

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

static struct madt_info madt;
static bool cpus_are_running; /* so the machine is there to stay */

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

static void make_e820(const struct host_machine_desc *desc)
{
	for (u32 i = 0; i < desc->nr_entries; i++)
		e820__range_add(&mm.e820_firmware, desc->entries[i].addr,
				desc->entries[i].size, desc->entries[i].type);
}

static void make_cpus(const struct host_machine_desc *desc)
{
	memset(&madt, 0, sizeof(madt));
	madt.nr_cpus = min(desc->nr_cpus, (u32)ARRAY_SIZE(madt.apic_id));
	for (u32 cpu = 0; cpu < madt.nr_cpus; cpu++)
		madt.apic_id[cpu] = cpu;
}

static void make_nodes(const struct host_machine_desc *desc)
{
	struct numa_info *info = &mm.numa;

	numa_init_info(info);
	for (u32 n = 0; n < desc->nr_nodes; n++)
		acpi_map_pxm_to_node(info, n);
	for (u32 cpu = 0; cpu < madt.nr_cpus; cpu++)
		numa_add_cpu(info, cpu, (int)(cpu % desc->nr_nodes));
	for (u32 i = 0; i < desc->nr_memory; i++)
		numa_add_memblk(info, (int)desc->memory[i].nid,
				desc->memory[i].start, desc->memory[i].end,
				false);
	info->has_distance = desc->nr_nodes > 1;
	for (u32 a = 0; a < desc->nr_nodes; a++)
		for (u32 b = 0; b < desc->nr_nodes; b++)
			if (a != b)
				info->distance[a][b] = 21;
	numa_init(info, &mm.memblock, "", true);
}

/* As many of them as shall run. */
static void make_areas(const struct host_machine_desc *desc)
{
	static struct madt_info running;

	running = madt;
	running.nr_cpus = clamp(desc->nr_running, 1u, madt.nr_cpus);
	smp_prepare(&mm, &running);
}

void host_machine_drop(void)
{
	u32 cpu;

	BUG_ON(cpus_are_running);
	kcompactd_stop(&mm);
	host_mmu_reset();
	for_each_online_cpu(cpu)
		if (cpu)
			set_cpu_offline(cpu);
	percpu_forget();
	host_phys_drop();
	memset(&mm, 0, sizeof(mm));
	memset(pcp_of_zone, 0, sizeof(pcp_of_zone));
	memset(pcp_local, 0, sizeof(pcp_local));
	mm_active = NULL;
}

void host_machine_build(const struct host_machine_desc *desc)
{
	bool quiet = host_console_quiet;

	host_machine_drop();
	host_console_quiet = true;
	host_phys_init(desc->phys_size);
	make_e820(desc);
	make_cpus(desc);
	mm_params_init(&mm);
	mm_init_e820(&mm, "", &image);
	mm_init_memblock(&mm, &boot, &image);
	make_nodes(desc);
	mm_init_paging(&mm, &image);
	make_areas(desc);
	mm_init_zones(&mm, &image);
	host_console_quiet = quiet;
}

void host_machine_init(u32 nr_cpus)
{
	static const struct e820_entry entries[] = {
		{ 0, 636 * KiB, E820_TYPE_RAM },
		{ 636 * KiB, 388 * KiB, E820_TYPE_RESERVED },
		{ 1 * MiB, 23 * MiB, E820_TYPE_RAM },
		{ 24 * MiB, 64 * KiB, E820_TYPE_ACPI },
		{ 32 * MiB, 96 * MiB, E820_TYPE_RAM },
		{ 0xfeffc000, 16 * KiB, E820_TYPE_RESERVED },
	};
	static const struct host_node_memory memory[] = {
		{ 0, 0, 24 * MiB },
		{ 1, 32 * MiB, 128 * MiB },
	};

	host_machine_build(&(struct host_machine_desc){
		.phys_size = HOST_PHYS_SIZE,
		.entries = entries,
		.nr_entries = ARRAY_SIZE(entries),
		.memory = memory,
		.nr_memory = ARRAY_SIZE(memory),
		.nr_nodes = 2,
		.nr_cpus = max(nr_cpus, 2u),
		.nr_running = nr_cpus,
	});
	BUG_ON(slab_init(&mm) || vmalloc_init(&mm) || mm_init_users());
}

void host_machine_run(void)
{
	bool quiet = host_console_quiet;

	host_console_quiet = true;
	sched_init();
	rcu_init();
	smp_init(&mm);
	BUG_ON(kcompactd_run(&mm));
	host_console_quiet = quiet;
	cpus_are_running = num_online_cpus() > 1;
}

u32 host_test_scale = 10;

u32 test_scale(void)
{
	return host_test_scale;
}
