// SPDX-License-Identifier: MIT
/*
 * mm/numa_memblks.c - the ranges of nodes: collect them, clean them up
 *
 * Firmware's ranges are wishes: they reach beyond memory (windows for hotplug),
 * leave holes between parts of one node, overlap.
 *
 *	SRAT      |--- 0 ---|  |-- 0 --|------ 1 ------|~~~ 1, hotplug ~~~|
 *	memory      |=====|      |=====|========|
 *	cleaned   |-------- 0 ---------|--- 1 --|       (rest: reserved list)
 *
 * Two blocks of a node become one across a hole if no other node's memory lies
 * between. Two nodes that overlap make the whole configuration unusable.
 *
 * Real world: Linux mm/numa_memblks.c.
 */
#include <kernel/errno.h>
#include <kernel/printk.h>
#include <kernel/sort.h>
#include <kernel/string.h>
#include <mm/numa.h>

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

int numa_add_memblk(struct numa_info *info, int nid, paddr_t start, paddr_t end,
		    bool hotplug)
{
	struct numa_memblk blk = { .start = start, .end = end, .nid = nid };

	if (start == end)
		return 0;
	if (start > end || nid < 0 || nid >= MAX_NUMNODES) {
		pr_warn("NUMA: Warning: invalid memblk node %d [mem 0x%08lx-0x%08lx]\n",
			nid, start, end - 1);
		return -EINVAL;
	}
	blk.pxm = info->pxm[nid];
	blk.hotplug = hotplug;
	node_set(nid, &info->nodes_parsed);
	return meminfo_add(&info->meminfo, &blk);
}

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
