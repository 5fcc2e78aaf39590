// SPDX-License-Identifier: MIT
/*
 * mm/zone_movable.c - where Movable starts in each node
 *
 * kernelcore=X asks that X of memory stay usable for everything; the rest
 * becomes Movable, which only takes pages that can be migrated, so that it can
 * always be emptied. movablecore=X asks for X of Movable instead.
 *
 * The kernel's share is spread evenly over the nodes with memory: each node
 * gives from its bottom. A node smaller than its share gives all it has, and a
 * further pass spreads what is missing over the others. Memory below the
 * highest zone (below 4 GiB in larger machines) always counts as the kernel's.
 *
 *	node 0  |====kernel====|----Movable----|
 *	node 1  |====kernel====|-Movable-|
 *	node 2  |==kernel==|
 *
 * Linux: mm/mm_init.c, whose function has the same name.
 */
#include <kernel/errno.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <mm/mm_state.h>

/* --- what the command line asks --- */

static int parse_core(const char *value, u64 *pages, u32 *percent)
{
	bool overflow = false;
	const char *end;
	u64 v = memparse(value, &end, &overflow);

	if (end == value)
		return -EINVAL;
	if (*end == '%' && !end[1] && v <= 100) {
		*percent = (u32)v;
		*pages = 0;
		return 0;
	}
	if (*end)
		return -EINVAL;
	if (overflow)
		pr_warn("zone: %s is too large, taken as 2^64-1\n", value);
	*pages = PFN_DOWN(v);
	*percent = 0;
	return 0;
}

int zone_param_kernelcore(struct zone_params *params, const char *value)
{
	return parse_core(value, &params->kernelcore_pages,
			  &params->kernelcore_percent);
}

int zone_param_movablecore(struct zone_params *params, const char *value)
{
	return parse_core(value, &params->movablecore_pages,
			  &params->movablecore_percent);
}

/* How many pages must stay outside of Movable; 0: there is no Movable. */
static u64 required_kernelcore(const struct zone_params *params, u64 total)
{
	u64 core = params->kernelcore_pages;
	u64 movable = params->movablecore_pages;

	if (params->kernelcore_percent)
		core = total * 100 * params->kernelcore_percent / 10000;
	if (params->movablecore_percent)
		movable = total * 100 * params->movablecore_percent / 10000;
	if (movable) {
		/* Rounded up, so that at least what was asked for moves. */
		movable = min(movable, total);
		movable = ALIGN(movable, MAX_ORDER_NR_PAGES);
		movable = min(movable, total);
		core = max(core, total - movable);
	}
	return core < total ? core : 0;
}

/* --- spreading it --- */

struct spread {
	struct mm_state *mm;
	pfn_t usable_start; /* no Movable below */
	u64 required;	    /* still to be placed */
	u64 nr_nodes;	    /* over which a pass spreads */
	struct nodemask memory_nodes;
};

static u64 count_memory(struct spread *s)
{
	pfn_t start, end;
	u64 total = 0;
	u32 i = 0;
	int nid;

	while (memblock_next_mem_pfn_range(&s->mm->memblock, &i, NUMA_NO_NODE,
					   &start, &end, &nid)) {
		total += end - start;
		if (!node_isset(nid, &s->memory_nodes))
			s->nr_nodes++;
		node_set(nid, &s->memory_nodes);
	}
	return total;
}

static void take(u64 *from, u64 pages)
{
	*from -= min(*from, pages);
}

/*
 * Let the kernel have what it needs of one range. *movable, the node's
 * Movable start so far, moves to the end of that; *share is what the node
 * still has to give. True when the node is done.
 */
static bool spread_range(struct spread *s, pfn_t start, pfn_t end,
			 pfn_t *movable, u64 *share)
{
	u64 pages;

	start = max(start, *movable);
	if (start >= end)
		return false;
	if (start < s->usable_start) {
		pages = min(end, s->usable_start) - start;
		take(share, pages);
		take(&s->required, pages);
		start += pages;
		*movable = start;
		if (start == end)
			return false;
	}
	pages = min(end - start, *share);
	*movable = start + pages;
	take(share, pages);
	take(&s->required, pages);
	return !*share;
}

static void spread_node(struct spread *s, int nid, u64 share)
{
	pfn_t *movable = &s->mm->zone_movable_pfn[nid];
	pfn_t start, end;
	u32 i = 0;
	int n;

	while (memblock_next_mem_pfn_range(&s->mm->memblock, &i, nid, &start,
					   &end, &n))
		if (spread_range(s, start, end, movable, &share))
			break;
}

static void spread_pass(struct spread *s)
{
	/* NOLINTNEXTLINE: the caller loops while there are nodes */
	u64 share = s->required / s->nr_nodes;
	int nid;

	for_each_node_mask(nid, &s->memory_nodes) {
		if (s->required < share)
			share = s->required / s->nr_nodes;
		spread_node(s, nid, share);
	}
}

static void align_starts(struct spread *s)
{
	pfn_t *movable = s->mm->zone_movable_pfn;
	pfn_t start, end;
	int nid;

	for_each_node_mask(nid, &s->memory_nodes) {
		movable[nid] = ALIGN(movable[nid], MAX_ORDER_NR_PAGES);
		get_pfn_range_for_nid(&s->mm->memblock, nid, &start, &end);
		if (movable[nid] >= end)
			movable[nid] = 0;
	}
}

enum zone_type find_usable_zone_for_movable(const struct mm_state *mm)
{
	int type = ZONE_NORMAL;

	while (type > ZONE_DMA &&
	       mm->zone_limit[type][0] == mm->zone_limit[type][1])
		type--;
	return (enum zone_type)type;
}

void find_zone_movable_pfns_for_nodes(struct mm_state *mm)
{
	enum zone_type from = find_usable_zone_for_movable(mm);
	struct spread s = { .mm = mm, .usable_start = mm->zone_limit[from][0] };
	u64 total = count_memory(&s);

	memset(mm->zone_movable_pfn, 0, sizeof(mm->zone_movable_pfn));
	s.required = required_kernelcore(&mm->params, total);
	if (!s.required)
		return;
	do
		spread_pass(&s);
	while (--s.nr_nodes && s.required > s.nr_nodes);
	align_starts(&s);
}
