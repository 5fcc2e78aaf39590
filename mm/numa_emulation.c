// SPDX-License-Identifier: MIT
/*
 * mm/numa_emulation.c - numa=fake=: many small nodes out of few or one
 *
 *	numa=fake=N	N nodes of about equal memory
 *	numa=fake=SIZE	nodes of SIZE (with M or G)
 *	numa=fake=NU	each physical node in N of equal length
 *
 * Fake nodes are cut off the bottom of physical nodes in turn, in steps of 32
 * MiB:
 *
 *	physical  |------- 0 -------|------- 1 -------|
 *	fake=4    |-- 0 --|-- 2 ----|-- 1 --|--- 3 ---|
 *
 * Two rules keep remainders from becoming crippled nodes: a node that would
 * leave less than 32 MiB of memory below 4 GiB stretches to 4 GiB, and one
 * that would leave less than a node's worth takes all. Distances are those of
 * the physical parents; CPUs go to the first fake node of their parent.
 *
 * Linux: mm/numa_emulation.c; the sizes and borders are the same.
 */
#include <kernel/errno.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <mm/numa.h>

#define FAKE_NODE_MIN_SIZE (32 * MiB)
#define DMA32_END	   (4 * GiB)

/* Static: too large for a kernel stack. Boot code, one CPU. */
struct emulation {
	const struct memblock *mb;
	struct numa_info fake;	  /* what is being built */
	struct numa_meminfo rest; /* physical memory not yet given out */
	struct nodemask phys_nodes;
	s32 parent[MAX_NUMNODES]; /* physical node of a fake one */
	u32 nr_ids;		  /* ids wrap here */
	u64 size;		  /* wanted size of a node */
	u32 nr_big;		  /* so many nodes get 32 MiB more */
	bool ignore_holes;	  /* fake=NU splits by length */
};

static struct emulation emulation;

/* Bytes of whole frames in [start, end) that are not memory. */
static u64 mem_hole_size(const struct emulation *emu, paddr_t start, paddr_t end)
{
	pfn_t first = PFN_UP(start), last = PFN_DOWN(end), s, e;
	u64 present = 0;
	u32 i = 0;
	int nid;

	if (first >= last)
		return 0;
	while (memblock_next_mem_pfn_range(emu->mb, &i, NUMA_NO_NODE, &s, &e,
					   &nid)) {
		s = max(s, first);
		e = min(e, last);
		present += s < e ? e - s : 0;
	}
	return PFN_PHYS(last - first - present);
}

static u64 mem_size(const struct emulation *emu, paddr_t start, paddr_t end)
{
	return end - start - mem_hole_size(emu, start, end);
}

static int find_block(const struct emulation *emu, int nid)
{
	for (u32 i = 0; i < emu->rest.nr_blks; i++)
		if (emu->rest.blk[i].nid == nid)
			return (int)i;
	return -1;
}

/* Cut [start of block, end) off and give it to the fake node nid. */
static int emu_setup_memblk(struct emulation *emu, u32 block, int nid,
			    paddr_t end)
{
	struct numa_memblk *b = &emu->rest.blk[block];
	int err = numa_add_memblk(&emu->fake, nid, b->start, end, b->hotplug);

	if (err)
		return err;
	pr_info("Faking node %d at [mem 0x%016lx-0x%016lx] (%luMB)\n", nid,
		b->start, end - 1, (end - b->start) >> 20);
	if (emu->parent[nid] == NUMA_NO_NODE)
		emu->parent[nid] = b->nid;
	b->start = end;
	if (b->start < b->end)
		return 0;
	emu->rest.nr_blks--;
	memmove(b, b + 1, (emu->rest.nr_blks - block) * sizeof(*b));
	return 0;
}

/* The first whole frame of memory at or above addr; UINT64_MAX: none. */
static paddr_t next_memory(const struct emulation *emu, paddr_t addr)
{
	pfn_t s, e;
	u32 i = 0;
	int nid;

	while (memblock_next_mem_pfn_range(emu->mb, &i, NUMA_NO_NODE, &s, &e,
					   &nid))
		if (PFN_PHYS(e) > addr)
			return max(PFN_PHYS(s), addr);
	return UINT64_MAX;
}

/*
 * Move end up in steps of 32 MiB until [start, end) has a node's worth of
 * memory. All steps that cannot be enough are taken at once: a hole may be
 * terabytes.
 */
static paddr_t grow_over_holes(const struct emulation *emu, paddr_t start,
			       paddr_t end, paddr_t limit)
{
	u64 have = mem_size(emu, start, end);

	while (have < emu->size) {
		u64 hole = next_memory(emu, end) - end;
		u64 step = ALIGN_DOWN(hole, FAKE_NODE_MIN_SIZE);

		if (hole >= limit - end)
			return limit;
		step += ALIGN(emu->size - have, FAKE_NODE_MIN_SIZE);
		if (step > limit - end)
			return limit;
		end += step;
		have = mem_size(emu, start, end);
	}
	return end;
}

/* Where a fake node ends that starts at the bottom of b. */
static paddr_t node_end(const struct emulation *emu,
			const struct numa_memblk *b, u32 nr_made)
{
	paddr_t end = b->start + emu->size;

	if (nr_made < emu->nr_big)
		end += FAKE_NODE_MIN_SIZE;
	if (end >= b->end)
		return b->end;
	if (!emu->ignore_holes)
		end = grow_over_holes(emu, b->start, end, b->end);
	if (end < DMA32_END && mem_size(emu, end, DMA32_END) < FAKE_NODE_MIN_SIZE)
		end = DMA32_END;
	if (end >= b->end)
		return b->end;
	if (!emu->ignore_holes && mem_size(emu, end, b->end) < emu->size)
		end = b->end;
	return end;
}

/* One fake node from each physical node that has something left. */
static int cut_round(struct emulation *emu, struct nodemask *mask, u32 *nr_made)
{
	int phys;

	for_each_node_mask(phys, mask) {
		int block = find_block(emu, phys), err;
		paddr_t end;

		if (block < 0) {
			node_clear(phys, mask);
			continue;
		}
		end = node_end(emu, &emu->rest.blk[block], *nr_made);
		err = emu_setup_memblk(emu, (u32)block,
				       (int)(*nr_made % emu->nr_ids), end);
		if (err)
			return err;
		++*nr_made;
	}
	return 0;
}

/* Cut up the physical nodes of mask until nothing is left. */
static int cut_nodes(struct emulation *emu, struct nodemask mask, u32 *nr_made)
{
	while (next_node(0, &mask) < MAX_NUMNODES) {
		int err = cut_round(emu, &mask, nr_made);

		if (err)
			return err;
	}
	return 0;
}

static int split_nodes_interleave(struct emulation *emu, u64 nr)
{
	u64 size = mem_size(emu, 0, memblock_end_of_DRAM(emu->mb));
	u32 nr_made = 0;

	if (nr > MAX_NUMNODES) {
		pr_info("numa=fake=%lu too large, reducing to %d\n", nr,
			MAX_NUMNODES);
		nr = MAX_NUMNODES;
	}
	size = ALIGN_DOWN(size / nr, PAGE_SIZE);
	emu->size = ALIGN_DOWN(size, FAKE_NODE_MIN_SIZE);
	emu->nr_big = (u32)((size - emu->size) * nr / FAKE_NODE_MIN_SIZE);
	emu->nr_ids = (u32)nr;
	if (!emu->size) {
		pr_err("Not enough memory for each node.  NUMA emulation disabled.\n");
		return -EINVAL;
	}
	return cut_nodes(emu, emu->phys_nodes, &nr_made);
}

static void set_size(struct emulation *emu, u64 size, u64 min_size)
{
	min_size = ALIGN(max(min_size, FAKE_NODE_MIN_SIZE), FAKE_NODE_MIN_SIZE);
	if (size < min_size) {
		pr_err("Fake node size %luMB too small, increasing to %luMB\n",
		       size >> 20, min_size >> 20);
		size = min_size;
	}
	emu->size = ALIGN_DOWN(size, FAKE_NODE_MIN_SIZE);
}

static int split_nodes_size_interleave(struct emulation *emu, u64 size)
{
	paddr_t end = memblock_end_of_DRAM(emu->mb);
	u32 nr_made = 0;

	set_size(emu, min(size, ALIGN(end, FAKE_NODE_MIN_SIZE)),
		 ALIGN_DOWN(mem_size(emu, 0, end) / MAX_NUMNODES, PAGE_SIZE));
	return cut_nodes(emu, emu->phys_nodes, &nr_made);
}

static int split_one_uniform(struct emulation *emu, int phys, u64 nr,
			     u32 *nr_made)
{
	int block = find_block(emu, phys);
	struct nodemask mask = { 0 };
	u32 before = *nr_made;
	u64 size;
	int err;

	if (block < 0)
		return 0;
	size = emu->rest.blk[block].end - emu->rest.blk[block].start;
	size = ALIGN_DOWN(size / nr, PAGE_SIZE);
	set_size(emu, size, size);
	node_set(phys, &mask);
	err = cut_nodes(emu, mask, nr_made);
	if (!err && *nr_made - before < nr) {
		pr_info("numa=fake: node %d only got %u of %lu nodes, failing\n",
			phys, *nr_made - before, nr);
		err = -EINVAL;
	}
	return err;
}

static int split_nodes_uniform(struct emulation *emu, u64 nr)
{
	u32 nr_made = 0;
	int phys, err;

	emu->ignore_holes = true;
	for_each_node_mask(phys, &emu->phys_nodes) {
		err = split_one_uniform(emu, phys, nr, &nr_made);
		if (err)
			return err;
	}
	return 0;
}

static int split(struct emulation *emu, const char *text)
{
	const char *end;
	bool overflow = false;
	u64 value = memparse(text, &end, &overflow);

	if (end == text || !value || overflow)
		return -EINVAL;
	if (*end == 'U' && !end[1])
		return split_nodes_uniform(emu, value);
	if (*end)
		return -EINVAL;
	if (strchr("kKmMgGtTpP", end[-1]))
		return split_nodes_size_interleave(emu, value);
	return split_nodes_interleave(emu, value);
}

/* --- what else changes with the nodes --- */

static int first_child(const struct emulation *emu, int phys)
{
	for (int nid = 0; nid < MAX_NUMNODES; nid++)
		if (emu->parent[nid] == phys)
			return nid;
	return 0;
}

static void move_cpus(const struct emulation *emu, struct numa_info *info)
{
	struct nodemask cpu_phys = { 0 };
	int nid;

	for (u32 i = 0; i < info->nr_cpus; i++) {
		struct numa_cpu *cpu = &info->cpus[i];

		if (cpu->nid == NUMA_NO_NODE)
			continue;
		node_set(cpu->nid, &cpu_phys);
		cpu->nid = first_child(emu, cpu->nid);
	}
	/* A CPU of the parent is as near to each of its children. */
	for_each_node_mask(nid, &emu->fake.nodes_parsed)
		if (node_isset(emu->parent[nid], &cpu_phys))
			node_set(nid, &info->cpu_nodes);
}

static void set_distances(struct emulation *emu, const struct numa_info *phys)
{
	struct numa_info *fake = &emu->fake;

	for (u32 a = 0; a < fake->nr_nodes; a++)
		for (u32 b = 0; b < fake->nr_nodes; b++)
			fake->distance[a][b] = (u8)node_distance(
				phys, emu->parent[a], emu->parent[b]);
	for (u32 a = 0; a < fake->nr_nodes; a++)
		fake->pxm[a] = phys->pxm[emu->parent[a]];
}

/* Ids that no block got (they all went to lower ones) have node 0's parent. */
static void close_ids(struct emulation *emu)
{
	int nid;

	for_each_node_mask(nid, &emu->fake.nodes_parsed)
		emu->fake.nr_nodes = (u32)nid + 1;
	for (u32 i = 0; i < emu->fake.nr_nodes; i++)
		if (emu->parent[i] == NUMA_NO_NODE)
			emu->parent[i] = emu->parent[0];
}

static void commit(struct emulation *emu, struct numa_info *info)
{
	info->cpu_nodes = (struct nodemask){ 0 };
	info->meminfo = emu->fake.meminfo;
	info->nodes_parsed = emu->fake.nodes_parsed;
	info->nr_nodes = emu->fake.nr_nodes;
	memcpy(info->pxm, emu->fake.pxm, sizeof(info->pxm));
	memcpy(info->distance, emu->fake.distance, sizeof(info->distance));
	info->has_distance = true;
	move_cpus(emu, info);
}

int numa_emulation(struct numa_info *info, const struct memblock *mb,
		   const char *text)
{
	struct emulation *emu = &emulation;
	int err;

	memset(emu, 0, sizeof(*emu));
	emu->mb = mb;
	emu->rest = info->meminfo;
	emu->nr_ids = MAX_NUMNODES;
	for (u32 i = 0; i < info->meminfo.nr_blks; i++)
		node_set(info->meminfo.blk[i].nid, &emu->phys_nodes);
	for (u32 i = 0; i < MAX_NUMNODES; i++)
		emu->parent[i] = NUMA_NO_NODE;
	err = split(emu, text);
	if (!err)
		err = numa_cleanup_meminfo(&emu->fake, mb);
	if (!emu->fake.meminfo.nr_blks) /* no memory, no nodes */
		err = -EINVAL;
	if (err) {
		pr_warn("NUMA: numa=fake=%s: nodes stay as they are\n", text);
		return err;
	}
	close_ids(emu);
	set_distances(emu, info);
	commit(emu, info);
	return 0;
}
