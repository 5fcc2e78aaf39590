// SPDX-License-Identifier: MIT
/*
 * kernel/procfs/pagetypeinfo.c - /proc/pagetypeinfo: free chunks and
 * pageblocks by migratetype
 *
 * Linux's text: for each node with memory a table of free chunks by type and
 * order, then one of pageblocks by type, and with page_owner=on one of those
 * pageblocks that hold allocations of another type.
 */
#include <kernel/main.h>
#include <mm/page_debug.h>

#include "procfs.h"

#define MANY_CHUNKS 100000UL /* Linux stops counting there */

static void show_chunk_row(struct seq *s, const struct zone *zone, u32 type,
			   const u64 nr[NR_PAGE_ORDERS])
{
	seq_printf(s, "Node %4u, zone %8s, type %12s ", zone->nid, zone->name,
		   migratetype_names[type]);
	for (u32 o = 0; o < NR_PAGE_ORDERS; o++)
		seq_printf(s, "%s%6lu ", nr[o] >= MANY_CHUNKS ? ">" : "",
			   min(nr[o], MANY_CHUNKS));
	seq_puts(s, "\n");
}

static void show_chunks(struct seq *s, int nid)
{
	struct free_chunks chunks;
	struct zone *zone;

	seq_printf(s, "%-43s ", "Free pages count per migrate type at order");
	for (u32 o = 0; o < NR_PAGE_ORDERS; o++)
		seq_printf(s, "%6u ", o);
	seq_puts(s, "\n");
	for_each_populated_zone(kernel_mm(), zone) {
		if (zone->nid != nid)
			continue;
		zone_free_chunks(zone, &chunks);
		for (u32 t = 0; t < MIGRATE_TYPES; t++)
			show_chunk_row(s, zone, t, chunks.nr[t]);
	}
}

static void show_blocks(struct seq *s, int nid, const char *title,
			void (*count)(struct zone *zone,
				      u64 nr[static MIGRATE_TYPES]))
{
	u64 nr[MIGRATE_TYPES];
	struct zone *zone;

	seq_printf(s, "\n%-23s", title);
	for (u32 t = 0; t < MIGRATE_TYPES; t++)
		seq_printf(s, "%12s ", migratetype_names[t]);
	seq_puts(s, "\n");
	for_each_populated_zone(kernel_mm(), zone) {
		if (zone->nid != nid)
			continue;
		count(zone, nr);
		seq_printf(s, "Node %u, zone %8s ", zone->nid, zone->name);
		for (u32 t = 0; t < MIGRATE_TYPES; t++)
			seq_printf(s, "%12lu ", nr[t]);
		seq_puts(s, "\n");
	}
}

static void show_node(struct seq *s, int nid)
{
	seq_printf(s,
		   "Page block order: %d\n"
		   "Pages per block:  %lu\n"
		   "\n",
		   pageblock_order, pageblock_nr_pages);
	show_chunks(s, nid);
	show_blocks(s, nid, "Number of blocks type ", zone_block_types);
	if (!(page_debug_on & DEBUG_PAGE_OWNER))
		return;
	/* Frames on stacks are charged, but nobody holds them. */
	drain_all_pages(kernel_mm(), NULL);
	show_blocks(s, nid, "Number of mixed blocks ", zone_mixed_blocks);
}

static void show_pagetypeinfo(struct seq *s, u64 arg __unused)
{
	for (int nid = 0; nid < MAX_NUMNODES; nid++)
		if (kernel_mm()->nodes[nid].node_present_pages)
			show_node(s, nid);
}

VFILE(pagetypeinfo, "/proc/pagetypeinfo", show_pagetypeinfo, NULL);
