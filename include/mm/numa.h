/* SPDX-License-Identifier: MIT */
/*
 * include/mm/numa.h - which memory and which CPU belong to which node
 *
 * Units    bytes, ranges half-open; distances in SLIT units (10 is local)
 * Locks    none: boot only; constant after
 * Context  boot
 * Errors   -EINVAL: the configuration is unusable, the caller falls back
 * Owns     struct numa_info
 * Keeps    numa_check(info) == 0: blocks sorted, disjoint between nodes;
 *          every node of a block is in nodes_parsed
 */
#pragma once

#include <kernel/types.h>
#include <mm/memblock.h>

#define MAX_NUMNODES	128 /* QEMU's limit */
#define NR_NODE_MEMBLKS (MAX_NUMNODES * 2)
#define MAX_PXM_DOMAINS 1024 /* proximity domains are below this */
#define MAX_LOCAL_APIC	4096

#define LOCAL_DISTANCE	10
#define REMOTE_DISTANCE 20

struct nodemask {
	u64 bits[MAX_NUMNODES / 64];
};

static inline void node_set(int nid, struct nodemask *mask)
{
	mask->bits[nid / 64] |= 1UL << (nid % 64);
}

static inline void node_clear(int nid, struct nodemask *mask)
{
	mask->bits[nid / 64] &= ~(1UL << (nid % 64));
}

static inline bool node_isset(int nid, const struct nodemask *mask)
{
	return mask->bits[nid / 64] >> (nid % 64) & 1;
}

/* The first node of the mask from nid up; MAX_NUMNODES: none. */
static inline int next_node(int nid, const struct nodemask *mask)
{
	while (nid < MAX_NUMNODES && !node_isset(nid, mask))
		nid++;
	return nid;
}

#define for_each_node_mask(nid, mask)                      \
	for (nid = next_node(0, mask); nid < MAX_NUMNODES; \
	     nid = next_node(nid + 1, mask))

struct numa_memblk {
	paddr_t start;
	paddr_t end;
	s32 nid;
	u32 pxm;
	bool hotplug;
};

struct numa_meminfo {
	u32 nr_blks;
	struct numa_memblk blk[NR_NODE_MEMBLKS];
};

struct numa_cpu {
	u32 apic_id;
	s32 nid;
};

struct numa_info {
	struct numa_meminfo meminfo;  /* blocks that hold RAM, after clean-up */
	struct numa_meminfo reserved; /* blocks without RAM (hotplug windows) */
	struct nodemask nodes_parsed; /* named by an enabled SRAT entry */
	struct nodemask cpu_nodes;    /* have at least one CPU */
	u32 nr_nodes;		      /* ids given out so far: 0..nr_nodes-1 */
	u32 pxm[MAX_NUMNODES];	      /* node id -> proximity domain */
	u32 nr_cpus;
	struct numa_cpu cpus[MAX_LOCAL_APIC]; /* in SRAT order */
	bool has_distance; /* from SLIT or parents of fake nodes */
	u8 distance[MAX_NUMNODES][MAX_NUMNODES];
};

void numa_init_info(struct numa_info *info);

/*
 * The node of a proximity domain, a new id at first sight; -1: too many, or
 * a domain from MAX_PXM_DOMAINS up.
 */
int acpi_map_pxm_to_node(struct numa_info *info, u32 pxm);
/* The same without giving out an id; -1: not seen yet. */
int pxm_to_node(const struct numa_info *info, u32 pxm);
/* Empty ranges are ignored. -EINVAL: upside down, or too many. */
int numa_add_memblk(struct numa_info *info, int nid, paddr_t start, paddr_t end,
		    bool hotplug);
/*
 * A CPU and its node; NUMA_NO_NODE: firmware has a CPU without saying where,
 * numa_init() gives it one. A second mention of an APIC id is ignored.
 */
int numa_add_cpu(struct numa_info *info, u32 apic_id, int nid);
/* NULL: never named. */
const struct numa_cpu *numa_find_cpu(const struct numa_info *info, u32 apic_id);

/*
 * Clip blocks to [0, high), move those without RAM to `reserved`, reject
 * overlap between nodes, merge blocks of a node when no other lies between.
 * Linux's numa_cleanup_meminfo (v7.1); prints its "NUMA: Node ..." lines.
 */
int numa_cleanup_meminfo(struct numa_info *info, const struct memblock *mb);

/*
 * The whole decision: what firmware said (info, filled by SRAT/SLIT), the
 * command line (numa=off, numa=fake=N|SIZE|NU), coverage of RAM, fallback to
 * one node. Gives every memblock memory region its node. Never fails.
 */
void numa_init(struct numa_info *info, struct memblock *mb, const char *option,
	       bool firmware_ok);

/*
 * numa=fake=N|SIZE|NU over cleaned-up meminfo: replaces nodes, CPUs' nodes and
 * distances. -EINVAL leaves info alone.
 */
int numa_emulation(struct numa_info *info, const struct memblock *mb,
		   const char *text);

/* 10 and 20 where nothing else was said. */
int node_distance(const struct numa_info *info, int a, int b);
/* Round-robin over the nodes with memory for a CPU that was never named. */
int numa_cpu_node(const struct numa_info *info, u32 apic_id);
int numa_check(const struct numa_info *info);
