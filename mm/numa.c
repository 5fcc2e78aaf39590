// SPDX-License-Identifier: MIT
/*
 * mm/numa.c - which memory and which CPU belong to which node
 *
 * Firmware (ACPI's SRAT) lists ranges of addresses with a "proximity domain";
 * domains become nodes 0, 1, ... in the order in which they are first named.
 * What must come out: every frame of memory and every CPU has one node.
 *
 * numa_init() decides: the firmware's word, cleaned up (numa_memblks.c), if it
 * covers memory, else one node of all memory. numa=off and numa=fake=
 * (numa_emulation.c) come in here.
 *
 * Real world: Linux arch/x86/mm/numa.c. A small rest of memory that no range
 * covers is left without a node there; here it joins the block below it.
 */
#include <kernel/errno.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <mm/numa.h>

/* Firmware may forget this much memory before it is not believed. */
#define MAX_UNCOVERED MiB

/* --- memory and CPUs get their nodes --- */

static u64 bytes_without_node(const struct memblock *mb)
{
	pfn_t start, end;
	u64 bytes = 0;
	u32 i = 0;
	int nid;

	while (memblock_next_mem_pfn_range(mb, &i, NUMA_NO_NODE, &start, &end,
					   &nid))
		if (nid == NUMA_NO_NODE)
			bytes += PFN_PHYS(end - start);
	return bytes;
}

/*
 * Linux: memory of a node that holds anything of the kernel cannot be
 * unplugged.
 */
static void numa_clear_kernel_node_hotplug(const struct numa_meminfo *mi,
					   struct memblock *mb)
{
	struct nodemask kernel_nodes = { 0 };

	for (u32 i = 0; i < mi->nr_blks; i++)
		if (memblock_is_region_reserved(mb, mi->blk[i].start,
						mi->blk[i].end -
							mi->blk[i].start))
			node_set(mi->blk[i].nid, &kernel_nodes);
	for (u32 i = 0; i < mi->nr_blks; i++)
		if (node_isset(mi->blk[i].nid, &kernel_nodes))
			memblock_clear_hotplug(mb, mi->blk[i].start,
					       mi->blk[i].end - mi->blk[i].start);
}

static void set_nodes(const struct numa_meminfo *mi, struct memblock *mb)
{
	memblock_set_node(mb, 0, UINT64_MAX, NUMA_NO_NODE);
	for (u32 i = 0; i < mi->nr_blks; i++)
		memblock_set_node(mb, mi->blk[i].start,
				  mi->blk[i].end - mi->blk[i].start,
				  mi->blk[i].nid);
}

/* The node of the last block that starts below addr, else of the first. */
static int nearest_node(const struct numa_meminfo *mi, paddr_t addr)
{
	int nid = mi->blk[0].nid;

	for (u32 i = 0; i < mi->nr_blks && mi->blk[i].start <= addr; i++)
		nid = mi->blk[i].nid;
	return nid;
}

static void adopt_uncovered(const struct numa_meminfo *mi, struct memblock *mb)
{
	for (u32 i = 0; i < mb->memory.cnt;) {
		struct memblock_region r = mb->memory.regions[i++];
		int nid = nearest_node(mi, r.base);

		if (r.nid != NUMA_NO_NODE)
			continue;
		/* Whole regions need no room, so this cannot fail. */
		pr_info("NUMA: [mem 0x%08lx-0x%08lx] is in no node's range, given to node %d\n",
			r.base, r.base + r.size - 1, nid);
		memblock_set_node(mb, r.base, r.size, nid);
		i = 0; /* it may have merged with its neighbours */
	}
}

static int numa_register_memblks(struct numa_info *info, struct memblock *mb)
{
	u64 missing;

	if (!info->meminfo.nr_blks)
		return -EINVAL;
	set_nodes(&info->meminfo, mb);
	missing = bytes_without_node(mb);
	if (missing > MAX_UNCOVERED) {
		pr_err("NUMA: no nodes coverage for %luMB of %luMB RAM\n",
		       missing / MiB, mb->memory.total_size / MiB);
		return -EINVAL;
	}
	numa_clear_kernel_node_hotplug(&info->meminfo, mb);
	adopt_uncovered(&info->meminfo, mb);
	return 0;
}

static void mark_hotplug(const struct numa_meminfo *mi, struct memblock *mb)
{
	for (u32 i = 0; i < mi->nr_blks; i++)
		if (mi->blk[i].hotplug)
			memblock_mark_hotplug(mb, mi->blk[i].start,
					      mi->blk[i].end - mi->blk[i].start);
}

static void memory_nodes(const struct numa_info *info, struct nodemask *mask)
{
	*mask = (struct nodemask){ 0 };
	for (u32 i = 0; i < info->meminfo.nr_blks; i++)
		node_set(info->meminfo.blk[i].nid, mask);
}

/* The nth node (modulo their number) that has memory. */
static int round_robin(const struct numa_info *info, u32 n)
{
	struct nodemask mask;
	u32 nr = 0;
	int nid;

	memory_nodes(info, &mask);
	for_each_node_mask(nid, &mask)
		nr++;
	if (!nr)
		return 0;
	n %= nr;
	for_each_node_mask(nid, &mask)
		if (!n--)
			break;
	return nid;
}

static void numa_init_array(struct numa_info *info)
{
	struct nodemask mask = { 0 };
	u32 nr = 0;

	for (u32 i = 0; i < info->nr_cpus; i++) {
		if (info->cpus[i].nid == NUMA_NO_NODE)
			info->cpus[i].nid = round_robin(info, nr++);
		node_set(info->cpus[i].nid, &mask);
	}
	/* Unnamed CPUs: at least the one that runs this is somewhere. */
	if (!info->nr_cpus)
		node_set(round_robin(info, 0), &mask);
	for (u32 i = 0; i < ARRAY_SIZE(mask.bits); i++)
		info->cpu_nodes.bits[i] |= mask.bits[i];
}

/* --- the decision --- */

struct numa_option {
	bool off, noacpi;
	const char *fake;
};

static void parse_option(const char *text, struct numa_option *opt)
{
	*opt = (struct numa_option){ 0 };
	if (!text || !*text)
		return;
	if (!strcmp(text, "off"))
		opt->off = true;
	else if (!strcmp(text, "noacpi"))
		opt->noacpi = true;
	else if (str_has_prefix(text, "fake="))
		opt->fake = text + 5;
	else
		pr_warn("NUMA: numa=%s ignored: not off, noacpi or fake=\n",
			text);
}

static int firmware_init(struct numa_info *info, struct memblock *mb,
			 const struct numa_option *opt)
{
	int err;

	mark_hotplug(&info->meminfo, mb);
	err = numa_cleanup_meminfo(info, mb);
	if (err)
		return err;
	if (opt->fake)
		numa_emulation(info, mb, opt->fake);
	return numa_register_memblks(info, mb);
}

/* Forget the firmware's nodes; its CPUs stay, without a node. */
static void reset_info(struct numa_info *info, struct memblock *mb)
{
	info->meminfo.nr_blks = 0;
	info->reserved.nr_blks = 0;
	info->nodes_parsed = (struct nodemask){ 0 };
	info->cpu_nodes = (struct nodemask){ 0 };
	info->has_distance = false;
	info->nr_nodes = 0;
	for (u32 i = 0; i < info->nr_cpus; i++)
		info->cpus[i].nid = NUMA_NO_NODE;
	memblock_clear_hotplug(mb, 0, UINT64_MAX);
}

static void dummy_numa_init(struct numa_info *info, struct memblock *mb,
			    const struct numa_option *opt)
{
	paddr_t end = memblock_end_of_DRAM(mb);

	pr_info("%s\n",
		opt->off ? "NUMA turned off" : "No NUMA configuration found");
	pr_info("Faking a node at [mem 0x%016lx-0x%016lx]\n", 0UL,
		end ? end - 1 : 0);
	reset_info(info, mb);
	acpi_map_pxm_to_node(info, 0);
	node_set(0, &info->nodes_parsed);
	numa_add_memblk(info, 0, 0, end, false);
	if (opt->fake)
		numa_emulation(info, mb, opt->fake);
	set_nodes(&info->meminfo, mb);
	/* Many fake nodes can be more than memblock has room to tell apart. */
	adopt_uncovered(&info->meminfo, mb);
}

void numa_init(struct numa_info *info, struct memblock *mb, const char *option,
	       bool firmware_ok)
{
	struct numa_option opt;

	parse_option(option, &opt);
	if (opt.off || opt.noacpi || !firmware_ok ||
	    firmware_init(info, mb, &opt))
		dummy_numa_init(info, mb, &opt);
	numa_init_array(info);
}

/* --- asking --- */

int numa_cpu_node(const struct numa_info *info, u32 apic_id)
{
	const struct numa_cpu *cpu = numa_find_cpu(info, apic_id);

	if (cpu && cpu->nid != NUMA_NO_NODE)
		return cpu->nid;
	return round_robin(info, apic_id);
}

static int finding(const char *what, u32 i)
{
	pr_err("NUMA: %s (%u)\n", what, i);
	return 1;
}

static int check_block(const struct numa_info *info, u32 i)
{
	const struct numa_memblk *b = &info->meminfo.blk[i];
	int findings = 0;

	if (b->start >= b->end)
		findings += finding("block is empty", i);
	if (i && b[-1].start > b->start)
		findings += finding("block is before its neighbour", i);
	else if (i && b[-1].end > b->start && b[-1].nid != b->nid)
		findings += finding("block overlaps another node's", i);
	if (b->nid < 0 || b->nid >= MAX_NUMNODES)
		findings += finding("block's node is out of range", i);
	else if (!node_isset(b->nid, &info->nodes_parsed))
		findings += finding("block's node was not parsed", i);
	return findings;
}

int numa_check(const struct numa_info *info)
{
	int findings = 0;

	for (u32 i = 0; i < info->meminfo.nr_blks; i++)
		findings += check_block(info, i);
	for (u32 i = 0; i < info->nr_cpus; i++)
		if (info->cpus[i].nid < 0 ||
		    !node_isset(info->cpus[i].nid, &info->nodes_parsed))
			findings += finding("CPU's node was not parsed", i);
	for (u32 i = 0; info->has_distance && i < info->nr_nodes; i++)
		if (info->distance[i][i] != LOCAL_DISTANCE)
			findings += finding("node is far from itself", i);
	return findings;
}
