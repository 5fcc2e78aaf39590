// SPDX-License-Identifier: MIT
/*
 * mm/node_stat.c - counters of nodes, and events, one copy a CPU
 *
 *	CPU 0   node 0: +120   node 1: -3
 *	CPU 1   node 0:  -20   node 1: +5	a page mapped there, unmapped here
 *	sum             100             2
 *
 * Adding is one instruction on the CPU's own copy: no lock, no cache line that
 * moves, and an interrupt comes before or after it. Copies go below 0 where
 * one CPU undoes what another did; only the sum means something. It is made
 * when somebody reads, so reading is as dear as there are CPUs.
 *
 * Real world: Linux folds its per-CPU differences into one word a node when
 * they pass a threshold, as reclaim reads some of these numbers all the time.
 */
#include <kernel/smp.h>
#include <kernel/string.h>
#include <mm/mm_state.h>
#include <mm/node_stat.h>

DEFINE_PER_CPU(s64, node_stat_diff[MAX_NUMNODES][NR_NODE_STAT_ITEMS]);
DEFINE_PER_CPU(u64, vm_events[NR_VM_EVENT_ITEMS]);

_Static_assert(ZONES_PER_NODE == MAX_NR_ZONES, "struct zone.index");

static s64 sum_of_node(u32 nid, enum node_stat_item item)
{
	s64 sum = 0;
	u32 cpu;

	for_each_online_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(&node_stat_diff[nid][item], cpu));
	return sum;
}

u64 node_page_state(u32 nid, enum node_stat_item item)
{
	return (u64)max(sum_of_node(nid, item), 0L);
}

u64 global_node_page_state(enum node_stat_item item)
{
	s64 sum = 0;

	for (u32 nid = 0; nid < MAX_NUMNODES; nid++)
		sum += sum_of_node(nid, item);
	return (u64)max(sum, 0L);
}

u64 vm_event_sum(enum vm_event_item item)
{
	u64 sum = 0;
	u32 cpu;

	for_each_online_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(&vm_events[item], cpu));
	return sum;
}

void node_stat_init(void)
{
	u32 cpu;

	for_each_online_cpu(cpu) {
		memset(per_cpu_ptr(&node_stat_diff, cpu), 0,
		       sizeof(node_stat_diff));
		memset(per_cpu_ptr(&vm_events, cpu), 0, sizeof(vm_events));
	}
}
