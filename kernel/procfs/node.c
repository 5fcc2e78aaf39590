// SPDX-License-Identifier: MIT
/*
 * kernel/procfs/node.c - /sys/devices/system/node: which nodes there are, how
 * far apart, with which CPUs
 *
 * Sets are printed as Linux prints them: "0-2,5". A CPU's number is its place
 * in the MADT.
 */
#include <kernel/acpi.h>
#include <kernel/main.h>
#include <kernel/smp.h>

#include "procfs.h"

#define DIR "/sys/devices/system/node"

bool node_is_online(u64 nid)
{
	return nid < MAX_NUMNODES && kernel_mm()->nodes[nid].online;
}

typedef bool (*member_fn)(u32 number, u64 arg);

/* The members of [0, limit) as "0-2,5". */
static void show_set(struct seq *s, u32 limit, member_fn is_member, u64 arg)
{
	const char *comma = "";

	for (u32 first = 0; first < limit; first++) {
		u32 last = first;

		if (!is_member(first, arg))
			continue;
		while (last + 1 < limit && is_member(last + 1, arg))
			last++;
		seq_printf(s, last > first ? "%s%u-%u" : "%s%u", comma, first,
			   last);
		comma = ",";
		first = last;
	}
	seq_puts(s, "\n");
}

static bool is_online(u32 nid, u64 arg __unused)
{
	return node_is_online(nid);
}

static bool is_possible(u32 nid, u64 arg __unused)
{
	return node_is_online(nid) ||
	       node_isset((int)nid, &kernel_mm()->numa.nodes_parsed);
}

static bool has_memory(u32 nid, u64 arg __unused)
{
	return kernel_mm()->nodes[nid].node_present_pages != 0;
}

static bool has_normal_memory(u32 nid, u64 arg __unused)
{
	const struct zone *zones = kernel_mm()->nodes[nid].zones;

	return populated_zone(&zones[ZONE_DMA]) ||
	       populated_zone(&zones[ZONE_DMA32]) ||
	       populated_zone(&zones[ZONE_NORMAL]);
}

/* A CPU that runs: the MADT may list others. */
static bool cpu_on_node(u32 cpu, u64 nid)
{
	u32 apic_id = kernel_madt()->apic_id[cpu];
	int of_cpu = numa_cpu_node(&kernel_mm()->numa, apic_id);

	/* A CPU that firmware gave no node counts on node 0. */
	return cpu_online(cpu) && max(of_cpu, 0) == (int)nid;
}

static bool has_cpu(u32 nid, u64 arg __unused)
{
	u32 cpu;

	for_each_online_cpu(cpu)
		if (cpu_on_node(cpu, nid))
			return true;
	return false;
}

#define NODE_SET(name)                                           \
	static void show_##name(struct seq *s, u64 arg __unused) \
	{                                                        \
		show_set(s, MAX_NUMNODES, name, 0);              \
	}

NODE_SET(is_online)
NODE_SET(is_possible)
NODE_SET(has_memory)
NODE_SET(has_normal_memory)
NODE_SET(has_cpu)

VFILE(node_online, DIR "/online", show_is_online, NULL);
VFILE(node_possible, DIR "/possible", show_is_possible, NULL);
VFILE(node_has_memory, DIR "/has_memory", show_has_memory, NULL);
VFILE(node_has_normal, DIR "/has_normal_memory", show_has_normal_memory, NULL);
VFILE(node_has_cpu, DIR "/has_cpu", show_has_cpu, NULL);

static void show_distance(struct seq *s, u64 nid)
{
	const char *blank = "";

	for (u32 n = 0; n < MAX_NUMNODES; n++) {
		if (!node_is_online(n))
			continue;
		seq_printf(s, "%s%d", blank,
			   node_distance(&kernel_mm()->numa, (int)nid, (int)n));
		blank = " ";
	}
	seq_puts(s, "\n");
}

/* Without a MADT there is the boot CPU, on node 0. */
static u32 nr_cpus(void)
{
	return max(kernel_madt()->nr_cpus, 1u);
}

static void show_cpulist(struct seq *s, u64 nid)
{
	show_set(s, nr_cpus(), cpu_on_node, nid);
}

/* Hexadecimal, highest CPU first, a comma every 32. */
static void show_cpumap(struct seq *s, u64 nid)
{
	for (u32 digit = DIV_ROUND_UP(nr_cpus(), 4); digit--;) {
		u32 bits = 0;

		for (u32 i = 0; i < 4; i++)
			if (digit * 4 + i < nr_cpus() &&
			    cpu_on_node(digit * 4 + i, nid))
				bits |= 1u << i;
		seq_printf(s, digit && digit % 8 == 0 ? "%x," : "%x", bits);
	}
	seq_puts(s, "\n");
}

/* Linux's names of these differ from those in vmstat. */
static void show_numastat(struct seq *s, u64 nid)
{
	static const char *const names[] = { "numa_hit",     "numa_miss",
					     "numa_foreign", "interleave_hit",
					     "local_node",   "other_node" };

	for (u32 i = 0; i < ARRAY_SIZE(names); i++)
		seq_printf(s, "%s %lu\n", names[i],
			   counter_sum(&numa_counters[i], (int)nid));
}

static void show_node_vmstat(struct seq *s, u64 nid)
{
	show_counters(s, zone_counters, (int)nid);
	show_counters(s, numa_counters, (int)nid);
	show_counters(s, node_counters, (int)nid);
}

#define NODE_FILE(name)                                              \
	VFILE_N(node_##name, DIR "/node%/" #name, show_##name, NULL, \
		node_is_online)

NODE_FILE(distance);
NODE_FILE(cpulist);
NODE_FILE(cpumap);
NODE_FILE(numastat);
VFILE_N(node_vmstat, DIR "/node%/vmstat", show_node_vmstat, NULL,
	node_is_online);
