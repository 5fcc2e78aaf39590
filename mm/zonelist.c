// SPDX-License-Identifier: MIT
/*
 * mm/zonelist.c - in which order a request on a node tries the zones
 *
 * Nearest node first, and within a node the highest zone first, so that the
 * scarce low zones last:
 *
 *	node 0: Normal, DMA32, DMA, then node 1: Normal, ...
 *
 * Of nodes at the same distance those without CPUs come first, then higher
 * numbers (counting on from the node itself), then those that fewer other
 * nodes prefer already ("load"), so that the neighbours of a full node do not
 * all fall back on the same one.
 *
 * Linux: build_zonelists() and find_next_best_node() in mm/page_alloc.c.
 */
#include <kernel/printk.h>
#include <kernel/string.h>
#include <mm/mm_state.h>

struct builder {
	struct mm_state *mm;
	u8 load[MAX_NUMNODES]; /* how often first of a distance group */
};

static u64 node_cost(const struct builder *b, int local, int nid)
{
	u64 cost = (u64)node_distance(&b->mm->numa, local, nid);

	cost += nid < local;
	cost += b->mm->nodes[nid].has_cpu;
	return cost * MAX_NUMNODES + b->load[nid];
}

static bool has_memory(const struct builder *b, int nid)
{
	return b->mm->nodes[nid].node_present_pages != 0;
}

/* -1 when every node with memory has been used. */
static int find_next_best_node(const struct builder *b, int local,
			       struct nodemask *used)
{
	u64 best_cost = UINT64_MAX;
	int best = -1;

	if (!node_isset(local, used) && has_memory(b, local)) {
		node_set(local, used);
		return local;
	}
	for (int nid = 0; nid < MAX_NUMNODES; nid++) {
		u64 cost;

		if (!has_memory(b, nid) || node_isset(nid, used))
			continue;
		cost = node_cost(b, local, nid);
		if (cost < best_cost) {
			best_cost = cost;
			best = nid;
		}
	}
	if (best >= 0)
		node_set(best, used);
	return best;
}

static void order_nodes(struct builder *b, struct node *node)
{
	const struct numa_info *numa = &b->mm->numa;
	struct nodemask used = { 0 };
	int prev = node->nid, next;

	node->nr_node_order = 0;
	while ((next = find_next_best_node(b, node->nid, &used)) >= 0) {
		if (node_distance(numa, node->nid, next) !=
		    node_distance(numa, node->nid, prev))
			b->load[next]++;
		node->node_order[node->nr_node_order++] = (u16)next;
		prev = next;
	}
}

/* A zone that manages nothing (it lacks its own records) is of no use. */
static void add_node_zones(struct zonelist *list, const struct node *node)
{
	for (int type = MAX_NR_ZONES - 1; type >= 0; type--)
		if (node->zones[type].managed_pages)
			list->zone_index[list->nr++] = node->zones[type].index;
}

static void print_order(const struct node *node)
{
	char line[MAX_NUMNODES * 4 + 1] = ""; /* up to "127 " each */
	size_t len = 0;

	for (u32 i = 0; i < node->nr_node_order; i++)
		len += (size_t)snprintf(line + len, sizeof(line) - len, "%u ",
					node->node_order[i]);
	pr_info("Fallback order for Node %d: %s\n", node->nid, line);
}

static void build_zonelists(struct builder *b, struct node *node)
{
	struct zonelist *lists = b->mm->zonelists[node->nid];

	order_nodes(b, node);
	lists[ZONELIST_FALLBACK].nr = 0;
	for (u32 i = 0; i < node->nr_node_order; i++)
		add_node_zones(&lists[ZONELIST_FALLBACK],
			       &b->mm->nodes[node->node_order[i]]);
	lists[ZONELIST_NOFALLBACK].nr = 0;
	add_node_zones(&lists[ZONELIST_NOFALLBACK], node);
	print_order(node);
}

/* Pages that are free to use: above the high watermarks. */
static u64 nr_free_pagecache_pages(struct mm_state *mm)
{
	u64 total = 0;

	for (u16 i = 0; i < MAX_NUMNODES * MAX_NR_ZONES; i++) {
		const struct zone *zone = zone_by_index(mm, i);
		u64 high = zone->watermark[WMARK_HIGH];

		if (zone->managed_pages > high)
			total += zone->managed_pages - high;
	}
	return total;
}

/* The highest zone type that memory policies bind: never Movable. */
static const char *policy_zone(struct mm_state *mm)
{
	int type = ZONE_NORMAL;

	for (; type > ZONE_DMA; type--)
		for (int nid = 0; nid < MAX_NUMNODES; nid++)
			if (populated_zone(&mm->nodes[nid].zones[type]))
				return zone_names[type];
	return zone_names[type];
}

void build_all_zonelists(struct mm_state *mm)
{
	struct builder b = { .mm = mm };
	u64 total = nr_free_pagecache_pages(mm);
	/* Linux: a block for each of 6 types, or grouping is in the way. */
	bool grouping = total >= 6 * pageblock_nr_pages;

	for (int nid = 0; nid < MAX_NUMNODES; nid++)
		if (mm->nodes[nid].online)
			build_zonelists(&b, &mm->nodes[nid]);
	pr_info("Built %u zonelists, mobility grouping %s.  Total pages: %ld\n",
		mm->nr_online_nodes, grouping ? "on" : "off", (s64)total);
	pr_info("Policy zone: %s\n", policy_zone(mm));
}
