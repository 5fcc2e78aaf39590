// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_zone.c - zones, Movable and zonelists over drawn memory
 *
 * Machines are drawn one character for 1 GiB: the digit is the node, '-' no
 * memory. The first GiB starts at page 1, as after trim_bios_range().
 */
#include <kernel/errno.h>
#include <kernel/test.h>

#include "mm_fixture.h"

#define GIB_PAGES (GiB / PAGE_SIZE)

static struct mm_state *new_machine(const char *map)
{
	struct mm_state *mm = fixture_mm();
	struct memblock *mb = &mm->memblock;

	memblock_init(mb);
	numa_init_info(&mm->numa);
	zone_params_init(&mm->params);
	for (u64 i = 0; map[i]; i++) {
		u64 start = i ? i * GiB : PAGE_SIZE;

		if (map[i] == '-')
			continue;
		memblock_add(mb, start, (i + 1) * GiB - start);
		memblock_set_node(mb, start, (i + 1) * GiB - start,
				  map[i] - '0');
		node_set(map[i] - '0', &mm->numa.nodes_parsed);
		mm->numa.nr_nodes =
			max(mm->numa.nr_nodes, (u32)(map[i] - '0') + 1);
	}
	mm->max_pfn = PFN_DOWN(memblock_end_of_DRAM(mb));
	return mm;
}

static int check_all(struct mm_state *mm)
{
	int findings = 0;

	for (u16 i = 0; i < MAX_NUMNODES * MAX_NR_ZONES; i++)
		findings += zone_check(mm, zone_by_index(mm, i));
	return findings;
}

static struct zone *zone(struct mm_state *mm, int nid, int type)
{
	return &mm->nodes[nid].zones[type];
}

#define EXPECT_ZONE(mm, nid, type, start, end, present)                        \
	do {                                                                   \
		struct zone *_z = zone(mm, nid, type);                         \
		EXPECT_EQ(_z->zone_start_pfn, start);                          \
		EXPECT_EQ(zone_end_pfn(_z), end);                              \
		EXPECT_EQ(_z->present_pages, present);                         \
	} while (0)

TEST(zone, one_node_three_zones)
{
	struct mm_state *mm = new_machine("000-00");

	free_area_init(mm);
	EXPECT_ZONE(mm, 0, ZONE_DMA, 1, 4096, 4095);
	EXPECT_ZONE(mm, 0, ZONE_DMA32, 4096, 4 * GIB_PAGES,
		    3 * GIB_PAGES - 4096);
	EXPECT_ZONE(mm, 0, ZONE_NORMAL, 4 * GIB_PAGES, 6 * GIB_PAGES,
		    2 * GIB_PAGES);
	EXPECT_ZONE(mm, 0, ZONE_MOVABLE, 0, 0, 0);
	EXPECT_ZONE(mm, 0, ZONE_DEVICE, 0, 0, 0);
	EXPECT_EQ(mm->nodes[0].node_present_pages, 5 * GIB_PAGES - 1);
	EXPECT_EQ(mm->nr_online_nodes, 1);
	EXPECT_EQ(zone(mm, 0, ZONE_NORMAL)->managed_pages, 2 * GIB_PAGES);
	EXPECT_EQ(check_all(mm), 0);
}

/* 8 MiB of memory: all of it is DMA; other zones are empty. */
TEST(zone, tiny_machine_is_dma_only)
{
	struct mm_state *mm = new_machine("0");

	memblock_remove(&mm->memblock, 8 * MiB, GiB);
	mm->max_pfn = 2048;
	free_area_init(mm);
	EXPECT_ZONE(mm, 0, ZONE_DMA, 1, 2048, 2047);
	EXPECT_EQ(mm->zone_limit[ZONE_DMA32][0], mm->zone_limit[ZONE_DMA32][1]);
	EXPECT_FALSE(populated_zone(zone(mm, 0, ZONE_DMA32)));
	EXPECT_EQ(find_usable_zone_for_movable(mm), ZONE_DMA);
	EXPECT_EQ(check_all(mm), 0);
}

TEST(zone, memory_only_above_4_gib)
{
	struct mm_state *mm = new_machine("-----0");

	free_area_init(mm);
	EXPECT_EQ(mm->zone_limit[ZONE_DMA][0], 5 * GIB_PAGES);
	EXPECT_EQ(mm->zone_limit[ZONE_DMA][1], 5 * GIB_PAGES);
	EXPECT_ZONE(mm, 0, ZONE_NORMAL, 5 * GIB_PAGES, 6 * GIB_PAGES,
		    GIB_PAGES);
	EXPECT_EQ(check_all(mm), 0);
}

TEST(zone, no_memory_at_all)
{
	struct mm_state *mm = new_machine("");

	free_area_init(mm);
	build_all_zonelists(mm);
	init_per_zone_wmark_min(mm);
	EXPECT_EQ(mm->nr_online_nodes, 0);
	EXPECT_TRUE(pfn_zone(mm, 0) == NULL);
	EXPECT_EQ(check_all(mm), 0);
}

/*
 *	0011001122: a node's Normal spans the other node's memory, which does
 *	not count as present
 */
TEST(zone, interleaved_nodes)
{
	struct mm_state *mm = new_machine("0011001122");

	free_area_init(mm);
	EXPECT_ZONE(mm, 0, ZONE_NORMAL, 4 * GIB_PAGES, 6 * GIB_PAGES,
		    2 * GIB_PAGES);
	EXPECT_ZONE(mm, 0, ZONE_DMA32, 4096, 4 * GIB_PAGES,
		    2 * GIB_PAGES - 4096);
	EXPECT_ZONE(mm, 1, ZONE_DMA32, 2 * GIB_PAGES, 4 * GIB_PAGES,
		    2 * GIB_PAGES);
	EXPECT_ZONE(mm, 1, ZONE_NORMAL, 4 * GIB_PAGES, 8 * GIB_PAGES,
		    2 * GIB_PAGES);
	EXPECT_ZONE(mm, 1, ZONE_DMA, 0, 0, 0);
	/* Both span 4..6 GiB, which is node 0's. */
	EXPECT_TRUE(pfn_zone(mm, 5 * GIB_PAGES) == zone(mm, 0, ZONE_NORMAL));
	EXPECT_TRUE(pfn_zone(mm, 7 * GIB_PAGES) == zone(mm, 1, ZONE_NORMAL));
	EXPECT_TRUE(pfn_zone(mm, 2 * GIB_PAGES) == zone(mm, 1, ZONE_DMA32));
	EXPECT_TRUE(pfn_zone(mm, 9 * GIB_PAGES) == zone(mm, 2, ZONE_NORMAL));
	EXPECT_TRUE(pfn_zone(mm, 10 * GIB_PAGES) == NULL);
	EXPECT_TRUE(pfn_zone(mm, 0) == NULL); /* below the first zone */
	EXPECT_EQ(check_all(mm), 0);
}

TEST(zone, holes_belong_to_the_first_node_that_spans_them)
{
	struct mm_state *mm = new_machine("00---0-1-1");

	free_area_init(mm);
	EXPECT_TRUE(pfn_zone(mm, 3 * GIB_PAGES) == zone(mm, 0, ZONE_DMA32));
	EXPECT_TRUE(pfn_zone(mm, 4 * GIB_PAGES) == zone(mm, 0, ZONE_NORMAL));
	EXPECT_TRUE(pfn_zone(mm, 6 * GIB_PAGES) == NULL);
	EXPECT_TRUE(pfn_zone(mm, 8 * GIB_PAGES) == zone(mm, 1, ZONE_NORMAL));
}

TEST(zone, nodes_with_cpus_only_are_online)
{
	struct mm_state *mm = new_machine("1111-33");

	node_set(0, &mm->numa.cpu_nodes);
	node_set(0, &mm->numa.nodes_parsed);
	node_set(2, &mm->numa.nodes_parsed); /* a window without memory */
	free_area_init(mm);
	EXPECT_TRUE(mm->nodes[0].online);
	EXPECT_FALSE(mm->nodes[2].online);
	EXPECT_EQ(mm->nr_online_nodes, 3);
	EXPECT_EQ(mm->nodes[0].node_spanned_pages, 0);
	build_all_zonelists(mm);
	EXPECT_EQ(mm->zonelists[0][ZONELIST_NOFALLBACK].nr, 0);
	EXPECT_EQ(mm->zonelists[0][ZONELIST_FALLBACK].nr, 3);
	EXPECT_EQ(mm->nodes[0].nr_node_order, 2);
}

TEST(zone, check_finds_each_fault)
{
	struct mm_state *mm = new_machine("000-00");
	struct zone *z = zone(mm, 0, ZONE_NORMAL);

	free_area_init(mm);
	EXPECT_EQ(zone_check(mm, z), 0);
	z->present_pages++;
	EXPECT_EQ(zone_check(mm, z), 1);
	z->present_pages--;
	z->managed_pages++;
	EXPECT_EQ(zone_check(mm, z), 1);
	z->managed_pages -= 2;
	z->nr_free_pages = z->present_pages;
	EXPECT_EQ(zone_check(mm, z), 1);
	z->nr_free_pages = 0;
	z->index++;
	EXPECT_EQ(zone_check(mm, z), 1);
	z->index--;
	z->spanned_pages -= 1; /* present is recounted within the span */
	EXPECT_EQ(zone_check(mm, z), 1);
}

/* --- Movable --- */

TEST(zone_movable, params)
{
	struct zone_params p = { 0 };

	EXPECT_EQ(zone_param_kernelcore(&p, "512M"), 0);
	EXPECT_EQ(p.kernelcore_pages, 131072);
	EXPECT_EQ(zone_param_kernelcore(&p, "30%"), 0);
	EXPECT_EQ(p.kernelcore_pages, 0);
	EXPECT_EQ(p.kernelcore_percent, 30);
	EXPECT_EQ(zone_param_movablecore(&p, "100%"), 0);
	EXPECT_EQ(zone_param_movablecore(&p, "1G"), 0);
	EXPECT_EQ(p.movablecore_percent, 0);
	EXPECT_EQ(p.movablecore_pages, 262144);
	EXPECT_EQ(zone_param_movablecore(&p, "101%"), -EINVAL);
	EXPECT_EQ(zone_param_movablecore(&p, ""), -EINVAL);
	EXPECT_EQ(zone_param_movablecore(&p, "mirror"), -EINVAL);
	EXPECT_EQ(zone_param_movablecore(&p, "1Gx"), -EINVAL);
	EXPECT_EQ(p.movablecore_pages, 262144);
	EXPECT_EQ(zone_param_kernelcore(&p, "99999999999999999999"), 0);
	EXPECT_EQ(p.kernelcore_pages, PFN_DOWN(UINT64_MAX));
}

/* 8 GiB, 5 of them above 4 GiB; movablecore=2G: the top 2. */
TEST(zone_movable, movablecore_is_cut_from_the_top)
{
	struct mm_state *mm = new_machine("000-00000");

	zone_param_movablecore(&mm->params, "2G");
	free_area_init(mm);
	EXPECT_EQ(mm->zone_movable_pfn[0], 7 * GIB_PAGES);
	EXPECT_ZONE(mm, 0, ZONE_NORMAL, 4 * GIB_PAGES, 7 * GIB_PAGES,
		    3 * GIB_PAGES);
	EXPECT_ZONE(mm, 0, ZONE_MOVABLE, 7 * GIB_PAGES, 9 * GIB_PAGES,
		    2 * GIB_PAGES);
	EXPECT_TRUE(pfn_zone(mm, 8 * GIB_PAGES) == zone(mm, 0, ZONE_MOVABLE));
	EXPECT_EQ(check_all(mm), 0);
}

/* Not more than what lies in the highest zone. */
TEST(zone_movable, stops_at_the_zone_below)
{
	struct mm_state *mm = new_machine("000-00");

	zone_param_kernelcore(&mm->params, "1G");
	free_area_init(mm);
	EXPECT_EQ(mm->zone_movable_pfn[0], 4 * GIB_PAGES);
	EXPECT_FALSE(populated_zone(zone(mm, 0, ZONE_NORMAL)));
	EXPECT_ZONE(mm, 0, ZONE_MOVABLE, 4 * GIB_PAGES, 6 * GIB_PAGES,
		    2 * GIB_PAGES);
	EXPECT_EQ(check_all(mm), 0);
}

/*
 *	0000|1111|22      kernelcore=6G: 2 each; node 2 gives its all
 *	nodes 0 to 3 GiB are below the highest zone and count as the kernel's
 */
TEST(zone_movable, kernelcore_spreads_over_nodes)
{
	struct mm_state *mm = new_machine("----0000111122");

	zone_param_kernelcore(&mm->params, "6G");
	free_area_init(mm);
	EXPECT_EQ(mm->zone_movable_pfn[0], 6 * GIB_PAGES);
	EXPECT_EQ(mm->zone_movable_pfn[1], 10 * GIB_PAGES);
	EXPECT_EQ(mm->zone_movable_pfn[2], 0);
	EXPECT_EQ(check_all(mm), 0);
}

/* kernelcore=7G: 2 1/3 each, node 2 has only 1; the rest is spread again. */
TEST(zone_movable, small_nodes_give_all_and_others_more)
{
	struct mm_state *mm = new_machine("----000011112");

	zone_param_kernelcore(&mm->params, "7G");
	free_area_init(mm);
	EXPECT_EQ(mm->zone_movable_pfn[0], 7 * GIB_PAGES);
	EXPECT_EQ(mm->zone_movable_pfn[1], 11 * GIB_PAGES);
	EXPECT_EQ(mm->zone_movable_pfn[2], 0);
	EXPECT_EQ(check_all(mm), 0);
}

TEST(zone_movable, percent_and_rounding)
{
	struct mm_state *mm = new_machine("----0000000000");

	zone_param_movablecore(&mm->params, "25%");
	free_area_init(mm);
	EXPECT_EQ(mm->zone_movable_pfn[0],
		  ALIGN(14 * GIB_PAGES -
				ALIGN(10 * GIB_PAGES / 4, MAX_ORDER_NR_PAGES),
			MAX_ORDER_NR_PAGES));
	mm = new_machine("----0000");
	zone_param_movablecore(&mm->params, "5000K");
	free_area_init(mm);
	EXPECT_EQ(mm->zone_movable_pfn[0], 8 * GIB_PAGES - 2048);
	mm = new_machine("----0000");
	mm->params.kernelcore_pages = 5; /* start rounded up to 1,024 */
	free_area_init(mm);
	EXPECT_EQ(mm->zone_movable_pfn[0], 4 * GIB_PAGES + 1024);
	EXPECT_EQ(check_all(mm), 0);
}

/* The larger wish for kernel memory counts. */
TEST(zone_movable, both_given)
{
	struct mm_state *mm = new_machine("----0000");

	zone_param_kernelcore(&mm->params, "1G");
	zone_param_movablecore(&mm->params, "1G");
	free_area_init(mm);
	EXPECT_EQ(mm->zone_movable_pfn[0], 7 * GIB_PAGES);
}

TEST(zone_movable, too_much_means_none)
{
	struct mm_state *mm = new_machine("----0000");

	zone_param_kernelcore(&mm->params, "100%");
	free_area_init(mm);
	EXPECT_EQ(mm->zone_movable_pfn[0], 0);
	mm = new_machine("----0000");
	zone_param_kernelcore(&mm->params, "99999999999999999999");
	free_area_init(mm);
	EXPECT_EQ(mm->zone_movable_pfn[0], 0);
	mm = new_machine("----0000");
	zone_param_movablecore(&mm->params, "99999999999999999999");
	free_area_init(mm);
	EXPECT_EQ(check_all(mm), 0);
}

/* --- zonelists --- */

static const char *draw_order(const struct mm_state *mm, int nid)
{
	static char text[MAX_NUMNODES + 1];
	const struct node *node = &mm->nodes[nid];

	for (u32 i = 0; i < node->nr_node_order; i++)
		text[i] = (char)('0' + node->node_order[i]);
	text[node->nr_node_order] = '\0';
	return text;
}

TEST(zonelist, zones_from_high_to_low)
{
	struct mm_state *mm = new_machine("000-00");
	const struct zonelist *list = &mm->zonelists[0][ZONELIST_FALLBACK];

	zone_param_movablecore(&mm->params, "1G");
	free_area_init(mm);
	build_all_zonelists(mm);
	ASSERT_EQ(list->nr, 4);
	EXPECT_EQ(list->zone_index[0], ZONE_MOVABLE);
	EXPECT_EQ(list->zone_index[1], ZONE_NORMAL);
	EXPECT_EQ(list->zone_index[2], ZONE_DMA32);
	EXPECT_EQ(list->zone_index[3], ZONE_DMA);
	EXPECT_EQ(mm->zonelists[0][ZONELIST_NOFALLBACK].nr, 4);
}

/* Without distances: on from the node itself, then from the start. */
TEST(zonelist, equal_distances_go_on_upward)
{
	struct mm_state *mm = new_machine("0123");

	free_area_init(mm);
	build_all_zonelists(mm);
	EXPECT_STREQ(draw_order(mm, 0), "0123");
	EXPECT_STREQ(draw_order(mm, 1), "1230");
	EXPECT_STREQ(draw_order(mm, 2), "2301");
	EXPECT_STREQ(draw_order(mm, 3), "3012");
	EXPECT_EQ(mm->zonelists[3][ZONELIST_FALLBACK].nr, 5);
	EXPECT_EQ(mm->zonelists[0][ZONELIST_NOFALLBACK].nr, 2);
}

/*
 *	     0  1  2  3
 *	0   10 20 30 20    a ring: the neighbours first
 */
TEST(zonelist, distance_counts_first)
{
	struct mm_state *mm = new_machine("0123");
	static const u8 ring[4] = { 10, 20, 30, 20 };

	mm->numa.has_distance = true;
	for (u32 a = 0; a < 4; a++)
		for (u32 b = 0; b < 4; b++)
			mm->numa.distance[a][b] = ring[(b - a) & 3];
	free_area_init(mm);
	build_all_zonelists(mm);
	EXPECT_STREQ(draw_order(mm, 0), "0132");
	/* 2 before 0: "n < self" costs one, as distance 1 would. */
	EXPECT_STREQ(draw_order(mm, 1), "1203");
	EXPECT_STREQ(draw_order(mm, 2), "2310");
	EXPECT_STREQ(draw_order(mm, 3), "3021");
}

/*
 * Two pairs, 0-1 and 2-3, far from each other: 0 falls back on 2 first, so 1
 * takes 3.
 */
TEST(zonelist, load_spreads_over_equals)
{
	struct mm_state *mm = new_machine("0123");

	mm->numa.has_distance = true;
	for (u32 a = 0; a < 4; a++)
		for (u32 b = 0; b < 4; b++)
			mm->numa.distance[a][b] = a == b	   ? 10 :
						  a / 2 == b / 2 ? 15 :
								   30;
	free_area_init(mm);
	build_all_zonelists(mm);
	EXPECT_STREQ(draw_order(mm, 0), "0123");
	EXPECT_STREQ(draw_order(mm, 1), "1032");
}

TEST(zonelist, nodes_without_cpus_come_first)
{
	struct mm_state *mm = new_machine("0123");

	node_set(0, &mm->numa.cpu_nodes);
	node_set(1, &mm->numa.cpu_nodes);
	free_area_init(mm);
	build_all_zonelists(mm);
	EXPECT_STREQ(draw_order(mm, 0), "0231");
}
