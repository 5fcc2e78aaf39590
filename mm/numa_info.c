// SPDX-License-Identifier: MIT
/*
 * mm/numa_info.c - the record of nodes: ids, blocks, distances, CPUs
 *
 * Firmware names nodes by proximity domain (PXM), any number it likes. A node
 * id is the rank of a domain by first appearance, so ids have no gaps:
 *
 *	PXM seen:  4  1  4  7	->  pxm[] = { 4, 1, 7 }, ids 0, 1, 0, 2
 *
 * What the blocks mean together (overlap, coverage, fallback) is mm/numa.c's.
 */
#include <kernel/errno.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <mm/numa.h>

void numa_init_info(struct numa_info *info)
{
	memset(info, 0, sizeof(*info));
	memset(info->distance, REMOTE_DISTANCE, sizeof(info->distance));
	for (int nid = 0; nid < MAX_NUMNODES; nid++)
		info->distance[nid][nid] = LOCAL_DISTANCE;
}

int pxm_to_node(const struct numa_info *info, u32 pxm)
{
	for (u32 nid = 0; nid < info->nr_nodes; nid++)
		if (info->pxm[nid] == pxm)
			return (int)nid;
	return -1;
}

int acpi_map_pxm_to_node(struct numa_info *info, u32 pxm)
{
	int nid = pxm_to_node(info, pxm);

	if (nid >= 0)
		return nid;
	if (pxm >= MAX_PXM_DOMAINS || info->nr_nodes == MAX_NUMNODES)
		return -1;
	info->pxm[info->nr_nodes] = pxm;
	return (int)info->nr_nodes++;
}

int node_distance(const struct numa_info *info, int a, int b)
{
	if (!info->has_distance || a < 0 || b < 0 || a >= MAX_NUMNODES ||
	    b >= MAX_NUMNODES)
		return a == b ? LOCAL_DISTANCE : REMOTE_DISTANCE;
	return info->distance[a][b];
}

const struct numa_cpu *numa_find_cpu(const struct numa_info *info, u32 apic_id)
{
	for (u32 i = 0; i < info->nr_cpus; i++)
		if (info->cpus[i].apic_id == apic_id)
			return &info->cpus[i];
	return NULL;
}

int numa_add_cpu(struct numa_info *info, u32 apic_id, int nid)
{
	if (nid < NUMA_NO_NODE || nid >= MAX_NUMNODES)
		return -EINVAL;
	if (numa_find_cpu(info, apic_id))
		return 0;
	if (info->nr_cpus == MAX_LOCAL_APIC)
		return -EINVAL;
	info->cpus[info->nr_cpus++] = (struct numa_cpu){ apic_id, nid };
	if (nid != NUMA_NO_NODE)
		node_set(nid, &info->nodes_parsed);
	return 0;
}
