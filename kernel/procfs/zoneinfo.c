// SPDX-License-Identifier: MIT
/*
 * kernel/procfs/zoneinfo.c - /proc/zoneinfo: every zone of every online node
 *
 * Linux 7.1's text. Zones without memory end behind "protection". Numbers are
 * pages unless the name says otherwise.
 */
#include <kernel/main.h>

#include "procfs.h"

static void show_names(struct seq *s, const struct zone *zone,
		       const char *const *names)
{
	for (; *names; names++)
		seq_printf(s, "\n      %-12s %lu", *names,
			   zone ? zone_counter(zone, *names) : 0);
}

static bool is_first_populated(const struct zone *zone)
{
	const struct zone *first = zone->node->zones;

	while (first < zone && !populated_zone(first))
		first++;
	return first == zone && populated_zone(zone);
}

static void show_sizes(struct seq *s, const struct zone *zone)
{
	u64 boost = zone->watermark_boost;

	seq_printf(s,
		   "\n  pages free     %lu"
		   "\n        boost    %lu"
		   "\n        min      %lu"
		   "\n        low      %lu"
		   "\n        high     %lu"
		   "\n        promo    %lu"
		   "\n        spanned  %lu"
		   "\n        present  %lu"
		   "\n        managed  %lu"
		   "\n        cma      0",
		   zone->nr_free_pages, boost,
		   zone->watermark[WMARK_MIN] + boost,
		   zone->watermark[WMARK_LOW] + boost,
		   zone->watermark[WMARK_HIGH] + boost,
		   zone->watermark[WMARK_PROMO] + boost, zone->spanned_pages,
		   zone->present_pages, zone->managed_pages);
	seq_printf(s, "\n        protection: (%lu, %lu, %lu, %lu, %lu)",
		   zone->lowmem_reserve[0], zone->lowmem_reserve[1],
		   zone->lowmem_reserve[2], zone->lowmem_reserve[3],
		   zone->lowmem_reserve[4]);
}

/* There are no per-CPU lists yet: the one CPU's are empty. */
static void show_pagesets(struct seq *s)
{
	seq_puts(s, "\n  pagesets"
		    "\n    cpu: 0"
		    "\n              count:    0"
		    "\n              high:     0"
		    "\n              batch:    0"
		    "\n              high_min: 0"
		    "\n              high_max: 0"
		    "\n  vm stats threshold: 0");
}

static void show_zone(struct seq *s, const struct zone *zone)
{
	seq_printf(s, "Node %u, zone %8s", zone->nid, zone->name);
	if (is_first_populated(zone)) {
		seq_puts(s, "\n  per-node stats");
		show_names(s, NULL, vmstat_node_names);
	}
	show_sizes(s, zone);
	if (populated_zone(zone)) {
		show_names(s, zone, vmstat_zone_names);
		show_names(s, zone, vmstat_numa_names);
		show_pagesets(s);
		seq_printf(s,
			   "\n  node_unreclaimable:  0"
			   "\n  start_pfn:           %lu"
			   "\n  reserved_highatomic: 0"
			   "\n  free_highatomic:     0",
			   zone->zone_start_pfn);
	}
	seq_puts(s, "\n");
}

static void show_zoneinfo(struct seq *s, u64 arg __unused)
{
	const struct mm_state *mm = kernel_mm();

	for (u32 n = 0; n < MAX_NUMNODES; n++)
		for (u32 z = 0; z < MAX_NR_ZONES && node_is_online(n); z++)
			show_zone(s, &mm->nodes[n].zones[z]);
}

VFILE(zoneinfo, "/proc/zoneinfo", show_zoneinfo, NULL);
