// SPDX-License-Identifier: MIT
/*
 * mm/zone.c - nodes and zones laid over memory
 *
 * A zone is a class of addresses within a node: what old DMA engines reach
 * (16 MiB), what 32-bit devices reach (4 GiB), the rest, and Movable, which is
 * cut from the top of nodes on request (zone_movable.c). Borders are the same
 * for all nodes; a node has of each zone what its memory spans:
 *
 *	pfn     0   16M       4G                  last page
 *	zones   |DMA|  DMA32  |      Normal       |
 *	node 0      [============ node 0 =====]
 *	node 1                                [= 1 =]
 *	zones   |DMA|  DMA32  |  Normal of 0  | of 1|
 *
 * spanned is end - start; present leaves out holes (and, where nodes are
 * interleaved, other nodes' memory); managed is what the allocator gets.
 *
 * The lines printed are Linux's own, to the letter: host tools compare them.
 * Zones end at the last usable page, as in Linux 3.19 to 6.11.
 */
#include <kernel/printk.h>
#include <kernel/wait.h>
#include <mm/mm_state.h>

#include "memblock_internal.h"

#define MAX_DMA_PFN   (16 * MiB >> PAGE_SHIFT)
#define MAX_DMA32_PFN (4 * GiB >> PAGE_SHIFT)

const char *const zone_names[MAX_NR_ZONES] = { "DMA", "DMA32", "Normal",
					       "Movable", "Device" };

DEFINE_LOCK_CLASS(zone_lock_class, "zone", true);

/* --- borders --- */

/* [start, end) pfn of each zone; Movable has none of its own. */
static void zone_limits(struct mm_state *mm)
{
	const pfn_t max_zone_pfn[MAX_NR_ZONES] = {
		[ZONE_DMA] = min(MAX_DMA_PFN, mm->max_pfn),
		[ZONE_DMA32] = min(MAX_DMA32_PFN, mm->max_pfn),
		[ZONE_NORMAL] = mm->max_pfn,
	};
	pfn_t start = PFN_UP(memblock_start_of_DRAM(&mm->memblock));

	for (int i = 0; i < MAX_NR_ZONES; i++) {
		pfn_t end = max(max_zone_pfn[i], start);

		mm->zone_limit[i][0] = mm->zone_limit[i][1] = 0;
		if (i == ZONE_MOVABLE)
			continue;
		mm->zone_limit[i][0] = start;
		mm->zone_limit[i][1] = end;
		start = end;
	}
}

static void print_zone_ranges(const struct mm_state *mm)
{
	pr_info("Zone ranges:\n");
	for (int i = 0; i < MAX_NR_ZONES; i++) {
		pfn_t start = mm->zone_limit[i][0], end = mm->zone_limit[i][1];

		if (i == ZONE_MOVABLE)
			continue;
		if (start == end)
			pr_info("  %-8s empty\n", zone_names[i]);
		else
			pr_info("  %-8s [mem 0x%016lx-0x%016lx]\n",
				zone_names[i], PFN_PHYS(start),
				PFN_PHYS(end) - 1);
	}
}

static void print_node_ranges(const struct mm_state *mm)
{
	pfn_t start, end;
	u32 i = 0;
	int nid;

	pr_info("Movable zone start for each node\n");
	for (nid = 0; nid < MAX_NUMNODES; nid++)
		if (mm->zone_movable_pfn[nid])
			pr_info("  Node %d: 0x%016lx\n", nid,
				PFN_PHYS(mm->zone_movable_pfn[nid]));
	pr_info("Early memory node ranges\n");
	while (memblock_next_mem_pfn_range(&mm->memblock, &i, NUMA_NO_NODE,
					   &start, &end, &nid))
		pr_info("  node %3d: [mem 0x%016lx-0x%016lx]\n", nid,
			PFN_PHYS(start), PFN_PHYS(end) - 1);
}

/* --- one node --- */

void get_pfn_range_for_nid(const struct memblock *mb, int nid, pfn_t *start,
			   pfn_t *end)
{
	pfn_t s, e;
	u32 i = 0;
	int n;

	*start = *end = 0;
	while (memblock_next_mem_pfn_range(mb, &i, nid, &s, &e, &n)) {
		if (!*end)
			*start = s;
		*end = e;
	}
}

/* Frames of the node's memory in [start, end). */
static u64 present_pages(const struct memblock *mb, int nid, pfn_t start,
			 pfn_t end)
{
	u64 present = 0;
	pfn_t s, e;
	u32 i = 0;
	int n;

	while (memblock_next_mem_pfn_range(mb, &i, nid, &s, &e, &n)) {
		s = max(s, start);
		e = min(e, end);
		present += s < e ? e - s : 0;
	}
	return present;
}

/* Give the part from the node's Movable start on to Movable. */
static void adjust_zone_range_for_zone_movable(const struct mm_state *mm,
					       const struct zone *zone,
					       pfn_t *start, pfn_t *end)
{
	pfn_t movable = mm->zone_movable_pfn[zone->nid];

	if (!movable)
		return;
	if (zone->type == ZONE_MOVABLE) {
		enum zone_type from = find_usable_zone_for_movable(mm);
		const struct node *node = zone->node;

		*start = movable;
		*end = min(node->node_start_pfn + node->node_spanned_pages,
			   mm->zone_limit[from][1]);
	} else {
		*start = min(*start, movable);
		*end = min(*end, movable);
	}
}

static void zone_init(struct mm_state *mm, struct node *node, int type)
{
	struct zone *zone = &node->zones[type];
	pfn_t low = mm->zone_limit[type][0], high = mm->zone_limit[type][1];
	pfn_t start, end;

	zone->type = (u8)type;
	zone->nid = (u8)node->nid;
	zone->index = (u16)(node->nid * MAX_NR_ZONES + type);
	zone->name = zone_names[type];
	zone->node = node;
	zone->lruvec = &node->lruvec;
	spin_lock_init(&zone->lock, &zone_lock_class);
	/* So a wake-up under it is found the first time (DESIGN section 5). */
	lockdep_order(&wait_queue_class, &zone_lock_class);

	start = clamp(node->node_start_pfn, low, high);
	end = clamp(node->node_start_pfn + node->node_spanned_pages, low, high);
	adjust_zone_range_for_zone_movable(mm, zone, &start, &end);
	zone->spanned_pages = start < end ? end - start : 0;
	zone->zone_start_pfn = zone->spanned_pages ? start : 0;
	zone->present_pages = present_pages(&mm->memblock, node->nid, start,
					    end);
	zone->managed_pages = zone->present_pages;
	if (populated_zone(zone))
		mm->nr_zone_indices = zone->index + 1u;
}

/* Linux's batch of the per-CPU lists, which its log line ends with. */
static u32 zone_batchsize(const struct zone *zone)
{
	u64 batch = min(zone->managed_pages >> 10, MiB / PAGE_SIZE) / 4;

	batch = max(batch, 1UL);
	batch += batch / 2;
	return (1u << (31 - __builtin_clz((u32)batch))) - 1;
}

static void print_node(const struct node *node)
{
	pfn_t start = node->node_start_pfn;
	pfn_t end = start + node->node_spanned_pages;

	if (node->node_spanned_pages)
		pr_info("Initmem setup node %d [mem 0x%016lx-0x%016lx]\n",
			node->nid, PFN_PHYS(start), PFN_PHYS(end) - 1);
	else
		pr_info("Initmem setup node %d as memoryless\n", node->nid);
	pr_debug("On node %d totalpages: %lu\n", node->nid,
		 node->node_present_pages);
	for (int i = 0; i < MAX_NR_ZONES; i++) {
		const struct zone *zone = &node->zones[i];

		if (populated_zone(zone))
			pr_debug("  %s zone: %lu pages, LIFO batch:%u\n",
				 zone->name, zone->present_pages,
				 zone_batchsize(zone));
	}
}

static void free_area_init_node(struct mm_state *mm, int nid)
{
	struct node *node = &mm->nodes[nid];
	pfn_t start, end;

	get_pfn_range_for_nid(&mm->memblock, nid, &start, &end);
	node->nid = nid;
	lruvec_init(&node->lruvec);
	node->node_start_pfn = start;
	node->node_spanned_pages = end - start;
	node->node_present_pages = present_pages(&mm->memblock, nid, start,
						 end);
	node->has_cpu = node_isset(nid, &mm->numa.cpu_nodes);
	node->online = node->has_cpu || node->node_present_pages;
	for (int type = 0; type < MAX_NR_ZONES; type++)
		zone_init(mm, node, type);
	mm->nr_online_nodes += node->online;
	if (node->online || node_isset(nid, &mm->numa.nodes_parsed))
		print_node(node);
}

void free_area_init(struct mm_state *mm)
{
	zone_limits(mm);
	find_zone_movable_pfns_for_nodes(mm);
	print_zone_ranges(mm);
	print_node_ranges(mm);
	mm->nr_online_nodes = 0;
	mm->nr_zone_indices = 0;
	for (int nid = 0; nid < MAX_NUMNODES; nid++)
		free_area_init_node(mm, nid);
}

/* --- asking --- */

struct zone *zone_by_index(struct mm_state *mm, u16 index)
{
	return &mm->nodes[index / MAX_NR_ZONES].zones[index % MAX_NR_ZONES];
}

static struct zone *node_zone(struct node *node, pfn_t pfn)
{
	for (int i = 0; i < MAX_NR_ZONES; i++)
		if (populated_zone(&node->zones[i]) &&
		    zone_spans_pfn(&node->zones[i], pfn))
			return &node->zones[i];
	return NULL;
}

/*
 * Memory belongs to its node. A hole that several nodes span belongs to the
 * first of them.
 */
struct zone *pfn_zone(struct mm_state *mm, pfn_t pfn)
{
	const struct memblock_type *memory = &mm->memblock.memory;
	u32 i = memblock_first_ending_above(memory, PFN_PHYS(pfn));

	if (i < memory->cnt && memory->regions[i].base <= PFN_PHYS(pfn))
		return node_zone(&mm->nodes[memory->regions[i].nid], pfn);
	for (int nid = 0; nid < MAX_NUMNODES; nid++) {
		struct zone *zone = node_zone(&mm->nodes[nid], pfn);

		if (zone)
			return zone;
	}
	return NULL;
}

/* --- checking --- */

static int mismatch(const struct zone *zone, const char *what, u64 have,
		    u64 want)
{
	pr_err("zone: node %u %s: %s is %lu, should be %lu\n", zone->nid,
	       zone->name, what, have, want);
	return 1;
}

int zone_check(struct mm_state *mm, struct zone *zone)
{
	u64 present = present_pages(&mm->memblock, zone->nid,
				    zone->zone_start_pfn, zone_end_pfn(zone));
	u64 index = zone->nid * MAX_NR_ZONES + zone->type;
	int findings = 0;

	if (zone->present_pages != present)
		findings += mismatch(zone, "present", zone->present_pages,
				     present);
	if (zone->spanned_pages < present)
		findings += mismatch(zone, "spanned", zone->spanned_pages,
				     present);
	if (zone->managed_pages > zone->present_pages)
		findings += mismatch(zone, "managed", zone->managed_pages,
				     zone->present_pages);
	if (zone->nr_free_pages > zone->managed_pages)
		findings += mismatch(zone, "free", zone->nr_free_pages,
				     zone->managed_pages);
	if (zone->index != index)
		findings += mismatch(zone, "index", zone->index, index);
	return findings;
}
