// SPDX-License-Identifier: MIT
/*
 * kernel/procfs/buddyinfo.c - /proc/buddyinfo and debugfs' extfrag: free
 * memory by the size of its chunks, and two indices made of that
 *
 *	Node 0, zone    DMA32      3      2      1  ...      number of chunks
 *	Node 0, zone    DMA32 0.000 0.003 0.007  ...         unusable_index
 *	Node 0, zone    DMA32 -1.000 -1.000 -1.000  ...      extfrag_index
 *
 * One column an order, from 0 up. A column of the indices asks: for requests
 * of this order, which share of free memory is too small; and, if they fail,
 * is memory short (0) or fragmented (1)? An index between -1 and 0 prints
 * oddly, " 0.-500", as it does in Linux.
 */
#include <kernel/main.h>
#include <mm/extfrag.h>

#include "procfs.h"

typedef void (*show_order)(struct seq *s, const u64 nr[NR_PAGE_ORDERS],
			   u32 order);

static void show_rows(struct seq *s, show_order show)
{
	u64 nr[NR_PAGE_ORDERS];
	struct zone *zone;

	for_each_populated_zone(kernel_mm(), zone) {
		seq_printf(s, "Node %u, zone %8s ", zone->nid, zone->name);
		zone_free_area(zone, nr);
		for (u32 o = 0; o < NR_PAGE_ORDERS; o++)
			show(s, nr, o);
		seq_puts(s, "\n");
	}
}

static void show_count(struct seq *s, const u64 nr[NR_PAGE_ORDERS], u32 order)
{
	seq_printf(s, "%6lu ", nr[order]);
}

static void show_unusable(struct seq *s, const u64 nr[NR_PAGE_ORDERS],
			  u32 order)
{
	struct contig_page_info info;
	u64 index;

	fill_contig_page_info(nr, order, &info);
	index = unusable_index(&info, order);
	seq_printf(s, "%lu.%03lu ", index / 1000, index % 1000);
}

static void show_fragmentation(struct seq *s, const u64 nr[NR_PAGE_ORDERS],
			       u32 order)
{
	struct contig_page_info info;
	int index;

	fill_contig_page_info(nr, order, &info);
	index = (int)fragmentation_index(&info, order);
	seq_printf(s, "%2d.%03d ", index / 1000, index % 1000);
}

static void show_buddyinfo(struct seq *s, u64 arg __unused)
{
	show_rows(s, show_count);
}

static void show_unusable_index(struct seq *s, u64 arg __unused)
{
	show_rows(s, show_unusable);
}

static void show_extfrag_index(struct seq *s, u64 arg __unused)
{
	show_rows(s, show_fragmentation);
}

VFILE(buddyinfo, "/proc/buddyinfo", show_buddyinfo, NULL);
VFILE(unusable_index, "/sys/kernel/debug/extfrag/unusable_index",
      show_unusable_index, NULL);
VFILE(extfrag_index, "/sys/kernel/debug/extfrag/extfrag_index",
      show_extfrag_index, NULL);
