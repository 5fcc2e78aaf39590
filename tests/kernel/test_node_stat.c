// SPDX-License-Identifier: MIT
#include <kernel/smp.h>
#include <kernel/test.h>
#include <mm/mm_state.h>
#include <mm/node_stat.h>
#include <mm/page_alloc.h>

static void add_here(void *info)
{
	mod_node_page_state(0, NR_PINNED, *(s64 *)info);
	count_vm_events(DROP_PAGECACHE, 2);
}

static void add_on(u32 cpu, s64 delta)
{
	smp_call_function_single(cpu, add_here, &delta, true);
}

static u32 last_cpu(void)
{
	u32 last = 0, cpu;

	for_each_online_cpu(cpu)
		last = cpu;
	return last;
}

/* Counted up by one CPU, down by another: copies below 0, a sum that isn't. */
TEST(node_stat, sum_is_of_all_cpus)
{
	u64 before = node_page_state(0, NR_PINNED);
	u64 all = global_node_page_state(NR_PINNED);
	u64 events = vm_event_sum(DROP_PAGECACHE);

	add_on(0, 10);
	add_on(last_cpu(), -7);
	EXPECT_EQ(node_page_state(0, NR_PINNED), before + 3);
	EXPECT_EQ(global_node_page_state(NR_PINNED), all + 3);
	add_on(last_cpu(), -3);
	EXPECT_EQ(node_page_state(0, NR_PINNED), before);
	EXPECT_EQ(vm_event_sum(DROP_PAGECACHE), events + 6);
}

TEST(node_stat, sum_below_0_reads_0)
{
	u64 before = node_page_state(0, NR_PINNED);

	mod_node_page_state(0, NR_PINNED, -(s64)before - 5);
	EXPECT_EQ(node_page_state(0, NR_PINNED), 0);
	mod_node_page_state(0, NR_PINNED, (s64)before + 5);
	EXPECT_EQ(node_page_state(0, NR_PINNED), before);
}

/* A page counts for the node that it is of, whoever counts. */
TEST(node_stat, page_counts_for_its_node)
{
	for (u32 nid = 0; nid < MAX_NUMNODES; nid++) {
		struct page *page;
		u64 before;

		if (!mm_active->nodes[nid].online ||
		    !mm_active->nodes[nid].node_present_pages)
			continue;
		page = alloc_pages_node((int)nid, GFP_KERNEL | __GFP_THISNODE,
					0);
		ASSERT_TRUE(page);
		before = node_page_state(nid, NR_PINNED);
		mod_page_state(page, NR_PINNED, 1);
		EXPECT_EQ(node_page_state(nid, NR_PINNED), before + 1);
		mod_page_state(page, NR_PINNED, -1);
		free_pages(page, 0);
	}
}
