// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_numa_info.c - ids, blocks, distances, CPUs
 */
#include <kernel/errno.h>
#include <kernel/test.h>
#include <mm/numa.h>

static struct numa_info info;

TEST(numa_info, ids_follow_first_appearance)
{
	static const u32 seen[] = { 4, 1, 4, 7, 1 };
	static const int ids[] = { 0, 1, 0, 2, 1 };

	numa_init_info(&info);
	EXPECT_EQ(pxm_to_node(&info, 4), -1);
	for (size_t i = 0; i < ARRAY_SIZE(seen); i++)
		EXPECT_EQ(acpi_map_pxm_to_node(&info, seen[i]), ids[i]);
	EXPECT_EQ(info.nr_nodes, 3);
	EXPECT_EQ(info.pxm[2], 7);
	EXPECT_EQ(pxm_to_node(&info, 7), 2);
}

TEST(numa_info, too_many_domains)
{
	numa_init_info(&info);
	EXPECT_EQ(acpi_map_pxm_to_node(&info, UINT32_MAX), -1);
	EXPECT_EQ(acpi_map_pxm_to_node(&info, MAX_PXM_DOMAINS), -1);
	for (u32 i = 0; i < MAX_NUMNODES; i++)
		EXPECT_EQ(acpi_map_pxm_to_node(&info, 2 * i), (int)i);
	EXPECT_EQ(acpi_map_pxm_to_node(&info, 1), -1);
	EXPECT_EQ(acpi_map_pxm_to_node(&info, 2), 1);
	EXPECT_EQ(info.nr_nodes, MAX_NUMNODES);
}

TEST(numa_info, blocks_are_checked_and_counted)
{
	numa_init_info(&info);
	acpi_map_pxm_to_node(&info, 9);
	EXPECT_EQ(numa_add_memblk(&info, -1, 0, 1, false), -EINVAL);
	EXPECT_EQ(numa_add_memblk(&info, MAX_NUMNODES, 0, 1, false), -EINVAL);
	EXPECT_EQ(numa_add_memblk(&info, 0, 5, 5, false), 0);
	EXPECT_EQ(numa_add_memblk(&info, 0, 6, 5, false), -EINVAL);
	for (u64 i = 0; i < NR_NODE_MEMBLKS; i++)
		EXPECT_EQ(numa_add_memblk(&info, 0, i, i + 1, true), 0);
	EXPECT_EQ(numa_add_memblk(&info, 0, 0, 1, false), -EINVAL);
	EXPECT_EQ(info.meminfo.nr_blks, NR_NODE_MEMBLKS);
	EXPECT_EQ(info.meminfo.blk[1].start, 1);
	EXPECT_EQ(info.meminfo.blk[1].end, 2);
	EXPECT_EQ(info.meminfo.blk[1].pxm, 9);
	EXPECT_TRUE(info.meminfo.blk[1].hotplug);
}

TEST(numa_info, distances_without_a_table)
{
	numa_init_info(&info);
	EXPECT_EQ(node_distance(&info, 3, 3), LOCAL_DISTANCE);
	EXPECT_EQ(node_distance(&info, 3, 4), REMOTE_DISTANCE);
	info.has_distance = true;
	EXPECT_EQ(node_distance(&info, 3, 3), LOCAL_DISTANCE);
	info.distance[3][4] = 31;
	EXPECT_EQ(node_distance(&info, 3, 4), 31);
	EXPECT_EQ(node_distance(&info, 4, 3), REMOTE_DISTANCE);
	EXPECT_EQ(node_distance(&info, -1, 0), REMOTE_DISTANCE);
	EXPECT_EQ(node_distance(&info, 0, MAX_NUMNODES), REMOTE_DISTANCE);
}

TEST(numa_info, first_mention_of_a_cpu_counts)
{
	numa_init_info(&info);
	EXPECT_FALSE(numa_find_cpu(&info, 7));
	EXPECT_EQ(numa_add_cpu(&info, 7, 1), 0);
	EXPECT_EQ(numa_add_cpu(&info, 8, NUMA_NO_NODE), 0);
	EXPECT_EQ(numa_add_cpu(&info, 7, 3), 0);
	EXPECT_EQ(numa_add_cpu(&info, 9, MAX_NUMNODES), -EINVAL);
	EXPECT_EQ(info.nr_cpus, 2);
	ASSERT_TRUE(numa_find_cpu(&info, 7) && numa_find_cpu(&info, 8));
	EXPECT_EQ(numa_find_cpu(&info, 7)->nid, 1);
	EXPECT_EQ(numa_find_cpu(&info, 8)->nid, NUMA_NO_NODE);
	EXPECT_TRUE(node_isset(1, &info.nodes_parsed));
	EXPECT_FALSE(node_isset(3, &info.nodes_parsed));
	for (u32 id = 100; info.nr_cpus < MAX_LOCAL_APIC; id++)
		numa_add_cpu(&info, id, 0);
	EXPECT_EQ(numa_add_cpu(&info, 5, 0), -EINVAL);
}
