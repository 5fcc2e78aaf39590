// SPDX-License-Identifier: MIT
/*
 * arch/host/machine.c - a small made-up machine for host programs
 *
 *	0   4K        636K  1M      2M-4M            24M    32M      40M
 *	| r | node 0   |    | node 0 (kernel inside) | hole | node 1  |
 *	|   |-------- DMA below 16M --------|- DMA32-|      |- DMA32 -|
 *
 * Two nodes with one CPU each, filled in by hand: files and commands have
 * something to show without a boot.
 */
#include <kernel/acpi.h>
#include <kernel/bootinfo.h>
#include <kernel/image.h>
#include <kernel/main.h>
#include <kernel/string.h>
#include <mm/mm_state.h>
#include <arch/host.h>

#define MACHINE_END (40 * MiB)
#define PHYS_SIZE   (64 * MiB) /* tests simulate firmware tables in it */

static struct mm_state mm;
static u64 valid_leaf[512];
static u64 *valid_root[1] = { valid_leaf };

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

static const struct memblock_region ram[] = {
	{ 4 * KiB, 632 * KiB, MEMBLOCK_NONE, 0 },
	{ 1 * MiB, 23 * MiB, MEMBLOCK_NONE, 0 },
	{ 32 * MiB, 8 * MiB, MEMBLOCK_NONE, 1 },
};

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

static void fill_e820(void)
{
	static const struct e820_entry entries[] = {
		{ 0, 4 * KiB, E820_TYPE_RESERVED },
		{ 4 * KiB, 632 * KiB, E820_TYPE_RAM },
		{ 636 * KiB, 388 * KiB, E820_TYPE_RESERVED },
		{ 1 * MiB, 23 * MiB, E820_TYPE_RAM },
		{ 24 * MiB, 64 * KiB, E820_TYPE_ACPI },
		{ 32 * MiB, 8 * MiB, E820_TYPE_RAM },
		{ 0xfeffc000, 16 * KiB, E820_TYPE_RESERVED },
	};

	memcpy(mm.e820.entries, entries, sizeof(entries));
	mm.e820.nr_entries = ARRAY_SIZE(entries);
	mm.e820_firmware = mm.e820;
}

static void fill_memblock(void)
{
	struct memblock *mb = &mm.memblock;

	memcpy(mb->memory_init, ram, sizeof(ram));
	mb->memory = (struct memblock_type){ .cnt = ARRAY_SIZE(ram),
					     .max = MEMBLOCK_INIT_REGIONS,
					     .total_size = 632 * KiB +
							   31 * MiB,
					     .regions = mb->memory_init,
					     .name = "memory" };
	mb->reserved_init[0] = (struct memblock_region){
		image.start, image.end - image.start, MEMBLOCK_NONE,
		NUMA_NO_NODE
	};
	mb->reserved = (struct memblock_type){ .cnt = 1,
					       .max = MEMBLOCK_INIT_REGIONS,
					       .total_size = 2 * MiB,
					       .regions = mb->reserved_init,
					       .name = "reserved" };
}

static void fill_numa(void)
{
	struct numa_info *info = &mm.numa;

	info->nr_nodes = 2;
	info->pxm[1] = 1;
	info->meminfo.nr_blks = 2;
	info->meminfo.blk[0] = (struct numa_memblk){ 0, 24 * MiB, 0, 0, false };
	info->meminfo.blk[1] =
		(struct numa_memblk){ 32 * MiB, 40 * MiB, 1, 1, false };
	for (int n = 0; n < 2; n++) {
		node_set(n, &info->nodes_parsed);
		node_set(n, &info->cpu_nodes);
		info->cpus[n] = (struct numa_cpu){ (u32)n, n };
	}
	info->nr_cpus = 2;
	info->has_distance = true;
	for (int a = 0; a < MAX_NUMNODES; a++)
		for (int b = 0; b < MAX_NUMNODES; b++)
			info->distance[a][b] = a == b ? 10 : 21;
}

static void fill_zone(int nid, enum zone_type type, pfn_t start, u64 spanned,
		      u64 holes, u64 reserved)
{
	struct zone *zone = &mm.nodes[nid].zones[type];

	zone->zone_start_pfn = start;
	zone->spanned_pages = spanned;
	zone->present_pages = spanned - holes;
	zone->managed_pages = spanned - holes - reserved;
	zone->nr_free_pages = zone->managed_pages;
	zone->watermark[WMARK_MIN] = 16;
	zone->watermark[WMARK_LOW] = 20;
	zone->watermark[WMARK_HIGH] = 24;
	zone->watermark[WMARK_PROMO] = 28;
}

static void fill_node(int nid, pfn_t start, pfn_t end, u64 present)
{
	static const char *const names[] = { "DMA", "DMA32", "Normal",
					     "Movable", "Device" };
	struct node *node = &mm.nodes[nid];

	node->nid = nid;
	node->online = true;
	node->has_cpu = true;
	node->node_start_pfn = start;
	node->node_spanned_pages = end - start;
	node->node_present_pages = present;
	for (u32 z = 0; z < MAX_NR_ZONES; z++) {
		node->zones[z].type = (u8)z;
		node->zones[z].nid = (u8)nid;
		node->zones[z].index = (u16)(nid * MAX_NR_ZONES + (int)z);
		node->zones[z].name = names[z];
		node->zones[z].node = node;
	}
}

static void fill_records(pfn_t start, pfn_t end, int nid)
{
	for (pfn_t pfn = start; pfn < end; pfn++) {
		struct page *page = pfn_to_page(pfn);
		bool low = pfn < PFN_DOWN(16 * MiB);
		bool kernel = pfn >= PFN_DOWN(image.start) &&
			      pfn < PFN_DOWN(image.end);
		bool hole = pfn < 1 || (pfn >= 159 && pfn < 256);

		page->zone_index = (u16)(nid * MAX_NR_ZONES + !low);
		page->flags = kernel || hole ? 1u << PG_reserved : 0;
		page->refcount = kernel || hole;
		page->mapcount = -1;
		INIT_LIST_HEAD(&page->lru);
		valid_leaf[pfn >> 15] |= 1UL << (pfn >> pageblock_order & 63);
	}
}

void host_machine_init(void)
{
	host_phys_init(PHYS_SIZE);
	fill_e820();
	fill_memblock();
	fill_numa();
	mm.max_pfn = mm.max_low_pfn = PFN_DOWN(MACHINE_END);
	mm.nr_online_nodes = 2;
	mm.totalreserve_pages = 72;
	mm.valid_root = valid_root;
	mm.nr_valid_root = 1;
	fill_node(0, 1, 6144, 158 + 5888);
	fill_node(1, 8192, 10240, 2048);
	fill_zone(0, ZONE_DMA, 1, 4095, 97, 512);
	fill_zone(0, ZONE_DMA32, 4096, 2048, 0, 0);
	fill_zone(1, ZONE_DMA32, 8192, 2048, 0, 0);
	fill_records(0, 6144, 0);
	fill_records(8192, 10240, 1);
}
