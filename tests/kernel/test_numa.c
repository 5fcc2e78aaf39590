// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_numa.c - SRAT-like input to nodes of memory and CPUs
 *
 * Pictures: one character is 1 GiB; the digit is the node, '-' no memory.
 */
#include <kernel/errno.h>
#include <kernel/test.h>

#include "mm_fixture.h"

static struct mm_state *mm;
static struct numa_info *info;
static struct memblock *mb;

static void new_machine(void)
{
	mm = fixture_mm();
	info = &mm->numa;
	mb = &mm->memblock;
	memblock_init(mb);
	numa_init_info(info);
}

/* "mm-m": memory of a machine, 1 GiB a character. */
static void add_memory(const char *map)
{
	for (u64 i = 0; map[i]; i++)
		if (map[i] != '-')
			memblock_add(mb, i * GiB, GiB);
}

static void add_srat(int nid, u64 start_gib, u64 end_gib)
{
	info->nr_nodes = max(info->nr_nodes, (u32)nid + 1);
	info->pxm[nid] = (u32)nid;
	numa_add_memblk(info, nid, start_gib * GiB, end_gib * GiB, false);
}

/* Which node each GiB of memory got. */
static const char *draw_nodes(u32 gib)
{
	static char map[65];
	pfn_t start, end;
	u32 i = 0;
	int nid;

	memset(map, '-', sizeof(map));
	map[gib] = '\0';
	while (memblock_next_mem_pfn_range(mb, &i, NUMA_NO_NODE, &start, &end,
					   &nid))
		for (u64 p = PFN_PHYS(start) / GiB; p < PFN_PHYS(end) / GiB; p++)
			if (p < gib)
				map[p] = nid < 0 ? '?' : (char)('0' + nid);
	return map;
}

TEST(numa, pxm_ids_in_order_of_first_sight)
{
	new_machine();
	EXPECT_EQ(acpi_map_pxm_to_node(info, 7), 0);
	EXPECT_EQ(acpi_map_pxm_to_node(info, ~0u), -1); /* no domain */
	EXPECT_EQ(acpi_map_pxm_to_node(info, 99), 1);
	EXPECT_EQ(acpi_map_pxm_to_node(info, 7), 0);
	for (u32 i = 0; i < MAX_NUMNODES - 2; i++)
		EXPECT_EQ(acpi_map_pxm_to_node(info, 100 + i), 2 + i);
	EXPECT_EQ(acpi_map_pxm_to_node(info, 1), -1);
	EXPECT_EQ(acpi_map_pxm_to_node(info, 99), 1);
}

TEST(numa, invalid_blocks_are_refused)
{
	new_machine();
	EXPECT_EQ(numa_add_memblk(info, 0, 5, 5, false), 0);
	EXPECT_EQ(numa_add_memblk(info, 0, 6, 5, false), -EINVAL);
	EXPECT_EQ(numa_add_memblk(info, -1, 0, 5, false), -EINVAL);
	EXPECT_EQ(numa_add_memblk(info, MAX_NUMNODES, 0, 5, false), -EINVAL);
	EXPECT_EQ(info->meminfo.nr_blks, 0);
	for (u64 i = 0; i < NR_NODE_MEMBLKS; i++)
		EXPECT_EQ(numa_add_memblk(info, 0, i, i + 1, false), 0);
	EXPECT_EQ(numa_add_memblk(info, 0, 999, 1000, false), -EINVAL);
}

/*
 *	memory  mmm-mmmm
 *	SRAT    0000        node 0 across the PCI hole
 *	            0011
 */
TEST(numa, joins_blocks_across_a_hole)
{
	new_machine();
	add_memory("mmm-mmmm");
	add_srat(0, 0, 3);
	add_srat(0, 4, 6);
	add_srat(1, 6, 8);
	EXPECT_EQ(numa_cleanup_meminfo(info, mb), 0);
	EXPECT_EQ(info->meminfo.nr_blks, 2);
	EXPECT_EQ(info->meminfo.blk[0].end, 6 * GiB);
	numa_init(info, mb, "", true);
	EXPECT_STREQ(draw_nodes(8), "000-0011");
	EXPECT_EQ(numa_check(info), 0);
	EXPECT_EQ(memblock_check(mb), 0);
}

/* Node 1 lies between two parts of node 0: no join. */
TEST(numa, interleaved_nodes_stay_apart)
{
	new_machine();
	add_memory("mmmmmmmm");
	add_srat(0, 0, 2);
	add_srat(0, 4, 6);
	add_srat(1, 6, 8);
	add_srat(1, 2, 4);
	numa_init(info, mb, "", true);
	EXPECT_EQ(info->meminfo.nr_blks, 4);
	EXPECT_STREQ(draw_nodes(8), "00110011");
	EXPECT_EQ(numa_check(info), 0);
}

/*
 *	memory  mm--mm
 *	SRAT    0022111~~~~~     2 has none, 1 reaches beyond the end
 */
TEST(numa, ranges_without_memory_are_put_aside)
{
	new_machine();
	add_memory("mm--mm");
	add_srat(0, 0, 2);
	add_srat(2, 2, 4);
	add_srat(1, 4, 12);
	add_srat(0, 20, 24);
	numa_init(info, mb, "", true);
	EXPECT_STREQ(draw_nodes(6), "00--11");
	EXPECT_EQ(info->meminfo.nr_blks, 2);
	EXPECT_EQ(info->meminfo.blk[1].end, 6 * GiB);
	EXPECT_EQ(info->reserved.nr_blks, 3);
	EXPECT_TRUE(node_isset(2, &info->nodes_parsed));
	EXPECT_EQ(numa_check(info), 0);
}

TEST(numa, overlap_of_two_nodes_falls_back)
{
	new_machine();
	add_memory("mmmm");
	add_srat(0, 0, 3);
	add_srat(1, 2, 4);
	numa_add_cpu(info, 9, 1);
	numa_init(info, mb, "", true);
	EXPECT_STREQ(draw_nodes(4), "0000");
	EXPECT_EQ(info->nr_nodes, 1);
	EXPECT_FALSE(node_isset(1, &info->nodes_parsed));
	EXPECT_EQ(numa_cpu_node(info, 9), 0);
	EXPECT_EQ(numa_check(info), 0);
}

TEST(numa, overlap_within_a_node_merges)
{
	new_machine();
	add_memory("mmmm");
	add_srat(0, 0, 3);
	add_srat(0, 1, 4);
	numa_init(info, mb, "", true);
	EXPECT_EQ(info->meminfo.nr_blks, 1);
	EXPECT_STREQ(draw_nodes(4), "0000");
}

TEST(numa, more_than_1_mib_uncovered_falls_back)
{
	new_machine();
	add_memory("mmmm");
	add_srat(0, 0, 2);
	add_srat(1, 2, 4);
	info->meminfo.blk[1].start += MiB + PAGE_SIZE;
	numa_init(info, mb, "", true);
	EXPECT_STREQ(draw_nodes(4), "0000");
	EXPECT_EQ(info->nr_nodes, 1);
}

TEST(numa, up_to_1_mib_uncovered_joins_the_block_below)
{
	new_machine();
	add_memory("mmmm");
	add_srat(1, 0, 2);
	add_srat(0, 2, 4);
	info->meminfo.blk[0].start += MiB / 2;
	info->meminfo.blk[1].start += MiB / 2;
	numa_init(info, mb, "", true);
	EXPECT_STREQ(draw_nodes(4), "1100");
	EXPECT_EQ(mb->memory.cnt, 2);
	EXPECT_EQ(mb->memory.regions[0].size, 2 * GiB + MiB / 2);
	EXPECT_EQ(mb->memory.regions[1].nid, 0);
}

TEST(numa, no_firmware_off_and_noacpi)
{
	static const char *const options[] = { "", "off", "noacpi", "nonsense" };

	for (u32 i = 0; i < ARRAY_SIZE(options); i++) {
		new_machine();
		add_memory("mm-m");
		add_srat(0, 0, 2);
		add_srat(1, 2, 4);
		numa_init(info, mb, options[i], i == 3);
		EXPECT_STREQ(draw_nodes(4), i == 3 ? "00-1" : "00-0");
		EXPECT_EQ(info->nr_nodes, i == 3 ? 2 : 1);
		EXPECT_EQ(numa_check(info), 0);
	}
	new_machine(); /* no memory at all */
	numa_init(info, mb, NULL, true);
	EXPECT_EQ(info->nr_nodes, 1);
	EXPECT_EQ(numa_check(info), 0);
}

/* Node 0 has CPUs only, node 1 memory only, APIC 5 is nowhere. */
TEST(numa, cpus_without_memory_and_without_a_node)
{
	new_machine();
	add_memory("mmmm");
	acpi_map_pxm_to_node(info, 0);
	add_srat(1, 0, 2);
	add_srat(2, 2, 4);
	numa_add_cpu(info, 0, 0);
	numa_add_cpu(info, 1, 2);
	numa_add_cpu(info, 5, NUMA_NO_NODE);
	numa_add_cpu(info, 6, NUMA_NO_NODE);
	numa_add_cpu(info, 7, NUMA_NO_NODE);
	EXPECT_EQ(numa_add_cpu(info, 1, 0), 0); /* ignored */
	EXPECT_EQ(numa_add_cpu(info, 8, MAX_NUMNODES), -EINVAL);
	numa_init(info, mb, "", true);
	EXPECT_EQ(numa_cpu_node(info, 0), 0);
	EXPECT_EQ(numa_cpu_node(info, 1), 2);
	EXPECT_EQ(numa_cpu_node(info, 5), 1);
	EXPECT_EQ(numa_cpu_node(info, 6), 2);
	EXPECT_EQ(numa_cpu_node(info, 7), 1);
	EXPECT_EQ(numa_cpu_node(info, 100), 1); /* by APIC id */
	EXPECT_EQ(numa_cpu_node(info, 101), 2);
	EXPECT_TRUE(node_isset(0, &info->cpu_nodes));
	EXPECT_EQ(numa_check(info), 0);
}

/* The node of the kernel cannot be unplugged; the other keeps its flag. */
TEST(numa, hotplug_flag_stays_off_the_kernels_node)
{
	new_machine();
	add_memory("mmmm");
	numa_add_memblk(info, 0, 0, GiB, false);
	numa_add_memblk(info, 0, GiB, 2 * GiB, true);
	numa_add_memblk(info, 1, 2 * GiB, 3 * GiB, false);
	numa_add_memblk(info, 1, 3 * GiB, 4 * GiB, true);
	info->nr_nodes = 2;
	memblock_reserve(mb, 16 * MiB, MiB);
	numa_init(info, mb, "", true);
	EXPECT_STREQ(draw_nodes(4), "0011");
	EXPECT_EQ(mb->memory.cnt, 3);
	EXPECT_EQ(mb->memory.regions[0].flags, 0);
	EXPECT_EQ(mb->memory.regions[2].flags, MEMBLOCK_HOTPLUG);
}

TEST(numa, distances)
{
	new_machine();
	info->nr_nodes = 3;
	EXPECT_EQ(node_distance(info, 1, 1), 10);
	EXPECT_EQ(node_distance(info, 0, 1), 20);
	info->has_distance = true;
	info->distance[0][1] = 31;
	EXPECT_EQ(node_distance(info, 0, 1), 31);
	EXPECT_EQ(node_distance(info, 0, 3), 20); /* unknown to SLIT */
	EXPECT_EQ(node_distance(info, -1, 3), 20);
}

TEST(numa, check_finds_each_fault)
{
	new_machine();
	add_memory("mmmm");
	add_srat(0, 0, 2);
	add_srat(1, 2, 4);
	numa_add_cpu(info, 0, 0);
	numa_init(info, mb, "", true);
	EXPECT_EQ(numa_check(info), 0);
	info->meminfo.blk[1].start -= 1;
	EXPECT_EQ(numa_check(info), 1);
	info->meminfo.blk[1].start = 4 * GiB;
	EXPECT_EQ(numa_check(info), 1);
	info->meminfo.blk[1].start = 2 * GiB;
	info->meminfo.blk[1].nid = 5;
	EXPECT_EQ(numa_check(info), 1);
	info->meminfo.blk[1].nid = 1;
	info->cpus[0].nid = 9;
	EXPECT_EQ(numa_check(info), 1);
	info->cpus[0].nid = 1;
	info->has_distance = true;
	info->distance[0][0] = 10;
	info->distance[1][1] = 11;
	EXPECT_EQ(numa_check(info), 1);
}

/* --- numa=fake= --- */

TEST(numa_fake, n_equal_nodes)
{
	new_machine();
	add_memory("mmmmmmmm");
	numa_init(info, mb, "fake=4", false);
	EXPECT_STREQ(draw_nodes(8), "00112233");
	EXPECT_EQ(info->nr_nodes, 4);
	EXPECT_EQ(node_distance(info, 0, 3), 10);
	EXPECT_EQ(numa_check(info), 0);
}

/* 8 GiB + 64 MiB in 4: 2,064 MiB each are two of 2,080 and two of 2,048. */
TEST(numa_fake, remainders_make_the_first_nodes_larger)
{
	new_machine();
	memblock_add(mb, 0, 8 * GiB + 64 * MiB);
	numa_init(info, mb, "fake=4", false);
	ASSERT_EQ(info->meminfo.nr_blks, 4);
	EXPECT_EQ(info->meminfo.blk[0].end, 2080 * MiB);
	EXPECT_EQ(info->meminfo.blk[1].end, 4160 * MiB);
	EXPECT_EQ(info->meminfo.blk[2].end, 6208 * MiB);
}

/* After 2 * 2,016 MiB only 16 MiB are left below the hole at 4 GiB. */
TEST(numa_fake, no_crumbs_below_4_gib)
{
	new_machine();
	memblock_add(mb, 0, 4 * GiB - 48 * MiB);
	memblock_add(mb, 4 * GiB, 4 * GiB);
	numa_init(info, mb, "fake=2016M", false);
	EXPECT_EQ(info->meminfo.blk[0].end, 2016 * MiB);
	EXPECT_EQ(info->meminfo.blk[1].end, 4 * GiB);
	EXPECT_EQ(info->meminfo.blk[2].start, 4 * GiB);
	EXPECT_EQ(numa_check(info), 0);
}

/* Two physical nodes take turns: even ids from node 0, odd from node 1. */
TEST(numa_fake, physical_nodes_in_turn_with_their_distances)
{
	new_machine();
	add_memory("mmmmmmmm");
	add_srat(0, 0, 4);
	add_srat(1, 4, 8);
	numa_add_cpu(info, 3, 1);
	numa_init(info, mb, "fake=4", true);
	EXPECT_STREQ(draw_nodes(8), "00221133");
	EXPECT_EQ(node_distance(info, 0, 2), 10);
	EXPECT_EQ(node_distance(info, 0, 1), 20);
	EXPECT_EQ(numa_cpu_node(info, 3), 1);
	EXPECT_TRUE(node_isset(3, &info->cpu_nodes));
	EXPECT_FALSE(node_isset(0, &info->cpu_nodes));
	EXPECT_EQ(numa_check(info), 0);
}

TEST(numa_fake, fixed_size)
{
	new_machine();
	add_memory("mmmmmmmm");
	numa_init(info, mb, "fake=2G", false);
	EXPECT_STREQ(draw_nodes(8), "00112233");
	new_machine();
	add_memory("mmmmmmmm");
	numa_init(info, mb, "fake=3072M", false);
	EXPECT_STREQ(draw_nodes(8), "00011111");
}

/* Holes do not count: node 0 reaches over the hole to its 2 GiB. */
TEST(numa_fake, size_counts_memory_not_holes)
{
	new_machine();
	add_memory("m---mm-mmm");
	numa_init(info, mb, "fake=2G", false);
	EXPECT_STREQ(draw_nodes(10), "0---01-122");
}

/* 1 GiB, then nothing up to 2^50: no step for each 32 MiB of the hole. */
TEST(numa_fake, huge_holes_take_no_time)
{
	new_machine();
	memblock_add(mb, 0, GiB);
	memblock_add(mb, 1UL << 50, 5 * GiB);
	numa_init(info, mb, "fake=2G", false);
	ASSERT_EQ(info->meminfo.nr_blks, 3);
	EXPECT_EQ(info->meminfo.blk[0].end, (1UL << 50) + GiB);
	EXPECT_EQ(info->meminfo.blk[1].end, (1UL << 50) + 3 * GiB);
	EXPECT_EQ(numa_check(info), 0);
}

TEST(numa_fake, uniform_splits_each_node)
{
	new_machine();
	add_memory("mmmmmmmm");
	add_srat(0, 0, 6);
	add_srat(1, 6, 8);
	numa_init(info, mb, "fake=2U", true);
	EXPECT_STREQ(draw_nodes(8), "00011123");
	EXPECT_EQ(numa_check(info), 0);
}

/* 64 MiB cannot be cut in 4 nodes of 32 MiB. */
TEST(numa_fake, too_little_memory_and_nonsense_change_nothing)
{
	static const char *const options[] = { "fake=4",  "fake=0", "fake=",
					       "fake=-1", "fake=x", "fake=4Q",
					       "fake=99999999999999999999",
					       "fake=9U", "fake=4:10,20" };

	for (u32 i = 0; i < ARRAY_SIZE(options); i++) {
		new_machine();
		memblock_add(mb, 0, 64 * MiB);
		numa_init(info, mb, options[i], false);
		EXPECT_EQ(info->nr_nodes, 1);
		EXPECT_EQ(mb->memory.cnt, 1);
		EXPECT_EQ(mb->memory.regions[0].nid, 0);
		EXPECT_EQ(numa_check(info), 0);
	}
}

TEST(numa_fake, no_memory_no_fake_nodes)
{
	new_machine();
	numa_add_cpu(info, 3, NUMA_NO_NODE);
	numa_init(info, mb, "fake=4U", false); /* found by fuzzing */
	EXPECT_EQ(info->nr_nodes, 1);
	EXPECT_EQ(numa_check(info), 0);
}

/* 128 nodes and a hole are 129 regions: one too many. (Found by fuzzing.) */
TEST(numa_fake, full_memblock_leaves_no_memory_without_a_node)
{
	new_machine();
	memblock_add(mb, PAGE_SIZE, 636 * KiB);
	memblock_add(mb, MiB, 8 * GiB - MiB);
	add_srat(0, 0, 5);
	add_srat(1, 5, 8);
	numa_init(info, mb, "fake=128", true);
	EXPECT_EQ(mb->memory.cnt, MEMBLOCK_INIT_REGIONS);
	for (u32 i = 0; i < mb->memory.cnt; i++)
		EXPECT_GE(mb->memory.regions[i].nid, 0);
	EXPECT_EQ(memblock_check(mb), 0);
	EXPECT_EQ(numa_check(info), 0);
}

TEST(numa_fake, more_nodes_than_there_can_be)
{
	new_machine();
	add_memory("mmmmmmmmmmmmmmmm");
	numa_init(info, mb, "fake=1000", false);
	EXPECT_EQ(info->nr_nodes, MAX_NUMNODES);
	EXPECT_EQ(numa_check(info), 0);
	EXPECT_EQ(memblock_check(mb), 0);
	new_machine();
	add_memory("mmmmmmmmmmmmmmmm");
	numa_init(info, mb, "fake=1M", false);
	EXPECT_LE(info->nr_nodes, MAX_NUMNODES);
	EXPECT_GT(info->nr_nodes, 100);
	new_machine();
	add_memory("mmmm");
	numa_init(info, mb, "fake=1000000G", false);
	EXPECT_EQ(info->nr_nodes, 1);
}
