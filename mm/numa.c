// SPDX-License-Identifier: MIT
/*
 * mm/numa.c - which memory and which CPU belong to which node
 *
 * Firmware (ACPI's SRAT) lists ranges of addresses with a "proximity domain";
 * domains become nodes 0, 1, ... in the order in which they are first named.
 * The ranges are wishes: they reach beyond memory (windows for hotplug), hold
 * holes, overlap. What must come out: every frame of memory has one node.
 *
 *	SRAT      |--- 0 ---|  |-- 0 --|------ 1 ------|~~~ 1, hotplug ~~~|
 *	memory      |=====|      |=====|========|
 *	cleaned   |-------- 0 ---------|--- 1 --|       (rest: reserved list)
 *
 * numa_init() decides: the firmware's word if it holds, else one node of all
 * memory. numa=off and numa=fake= (numa_emulation.c) come in here.
 *
 * Real world: Linux mm/numa_memblks.c, arch/x86/mm/numa.c. A small rest of
 * memory that no range covers is left without a node there; here it joins the
 * block below it.
 */
#include <kernel/errno.h>
#include <kernel/printk.h>
#include <kernel/sort.h>
#include <kernel/string.h>
#include <mm/numa.h>

/* Firmware may forget this much memory before it is not believed. */
#define MAX_UNCOVERED MiB

static int meminfo_add(struct numa_meminfo *mi, const struct numa_memblk *blk)
{
	if (mi->nr_blks == NR_NODE_MEMBLKS) {
		pr_err("NUMA: too many memblk ranges\n");
		return -EINVAL;
	}
	mi->blk[mi->nr_blks++] = *blk;
	return 0;
}

static void meminfo_delete(struct numa_meminfo *mi, u32 i)
{
	mi->nr_blks--;
	memmove(&mi->blk[i], &mi->blk[i + 1],
		(mi->nr_blks - i) * sizeof(mi->blk[0]));
}

/* --- clean-up --- */

static bool holds_memory(const struct memblock *mb, paddr_t start, paddr_t end)
{
	for (u32 i = 0; i < mb->memory.cnt; i++) {
		const struct memblock_region *r = &mb->memory.regions[i];

		if (r->base < end && start < r->base + r->size)
			return true;
	}
	return false;
}

/* Move what lies outside memory to the reserved list. */
static void trim_blocks(struct numa_info *info, const struct memblock *mb)
{
	struct numa_meminfo *mi = &info->meminfo;
	paddr_t high = memblock_end_of_DRAM(mb);

	for (u32 i = 0; i < mi->nr_blks;) {
		struct numa_memblk rest = mi->blk[i];

		if (!holds_memory(mb, rest.start, rest.end)) {
			meminfo_add(&info->reserved, &rest);
			meminfo_delete(mi, i);
			continue;
		}
		if (rest.end > high) {
			rest.start = high;
			meminfo_add(&info->reserved, &rest);
			mi->blk[i].end = high;
		}
		i++;
	}
}

static bool overlap(const struct numa_memblk *a, const struct numa_memblk *b)
{
	return a->start < b->end && b->start < a->end;
}

static int check_overlap(const struct numa_memblk *a,
			 const struct numa_memblk *b)
{
	if (!overlap(a, b))
		return 0;
	if (a->nid != b->nid) {
		pr_err("NUMA: node %d [mem 0x%08lx-0x%08lx] overlaps with node %d [mem 0x%08lx-0x%08lx]\n",
		       a->nid, a->start, a->end - 1, b->nid, b->start,
		       b->end - 1);
		return -EINVAL;
	}
	pr_warn("NUMA: Warning: node %d [mem 0x%08lx-0x%08lx] overlaps with itself [mem 0x%08lx-0x%08lx]\n",
		a->nid, a->start, a->end - 1, b->start, b->end - 1);
	return 0;
}

static bool other_node_between(const struct numa_meminfo *mi,
			       const struct numa_memblk *span)
{
	for (u32 i = 0; i < mi->nr_blks; i++)
		if (mi->blk[i].nid != span->nid && overlap(&mi->blk[i], span))
			return true;
	return false;
}

/* Merge b into a if they are one node's and nobody else's memory is between. */
static bool join_blocks(struct numa_meminfo *mi, struct numa_memblk *a,
			const struct numa_memblk *b)
{
	struct numa_memblk span = *a;

	span.start = min(a->start, b->start);
	span.end = max(a->end, b->end);
	if (a->nid != b->nid || other_node_between(mi, &span))
		return false;
	pr_info("NUMA: Node %d [mem 0x%08lx-0x%08lx] + [mem 0x%08lx-0x%08lx] -> [mem 0x%08lx-0x%08lx]\n",
		a->nid, a->start, a->end - 1, b->start, b->end - 1, span.start,
		span.end - 1);
	span.hotplug = a->hotplug && b->hotplug;
	*a = span;
	return true;
}

/* Check block i against all behind it and take in those that it can. */
static int merge_into(struct numa_meminfo *mi, u32 i)
{
	for (u32 j = i + 1; j < mi->nr_blks;) {
		if (check_overlap(&mi->blk[i], &mi->blk[j]))
			return -EINVAL;
		if (join_blocks(mi, &mi->blk[i], &mi->blk[j]))
			meminfo_delete(mi, j);
		else
			j++;
	}
	return 0;
}

static int cmp_block(const void *a, const void *b)
{
	const struct numa_memblk *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

int numa_cleanup_meminfo(struct numa_info *info, const struct memblock *mb)
{
	struct numa_meminfo *mi = &info->meminfo;

	trim_blocks(info, mb);
	for (u32 i = 0; i < mi->nr_blks; i++)
		if (merge_into(mi, i))
			return -EINVAL;
	/* Joining goes by the firmware's order; all that follows by address. */
	sort(mi->blk, mi->nr_blks, sizeof(mi->blk[0]), cmp_block);
	return 0;
}

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
					       mi->blk[i].end -
						       mi->blk[i].start);
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
		pr_info("NUMA: [mem 0x%08lx-0x%08lx] is in no SRAT range, given to node %d\n",
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
					      mi->blk[i].end -
						      mi->blk[i].start);
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

	pr_info("%s\n", opt->off ? "NUMA turned off" :
				   "No NUMA configuration found");
	pr_info("Faking a node at [mem 0x%016lx-0x%016lx]\n", 0UL,
		end ? end - 1 : 0);
	reset_info(info, mb);
	acpi_map_pxm_to_node(info, 0);
	node_set(0, &info->nodes_parsed);
	numa_add_memblk(info, 0, 0, end, false);
	if (opt->fake)
		numa_emulation(info, mb, opt->fake);
	set_nodes(&info->meminfo, mb);
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
