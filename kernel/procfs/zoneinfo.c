// SPDX-License-Identifier: MIT
/*
 * kernel/procfs/zoneinfo.c - /proc/zoneinfo: every zone of every online node
 *
 * Linux 7.1's text. Zones without memory end behind "protection". Numbers are
 * pages unless the name says otherwise.
 */
#include <kernel/main.h>
#include <kernel/smp.h>

#include "procfs.h"

static void show_row(struct seq *s, const char *name, u64 value)
{
	seq_printf(s, "\n      %-12s %lu", name, value);
}

static void show_zone_counters(struct seq *s, struct zone *zone,
			       const struct counter *counters)
{
	for (const struct counter *c = counters; c->name; c++)
		show_row(s, c->name, c->value ? c->value(zone) : 0);
}

static void show_node_counters(struct seq *s, int nid)
{
	seq_puts(s, "\n  per-node stats");
	for (const struct counter *c = node_counters; c->name; c++)
		show_row(s, c->name, counter_sum(c, nid));
}

bool is_first_populated(const struct zone *zone)
{
	const struct zone *first = zone->node->zones;

	while (first < zone && !populated_zone(first))
		first++;
	return first == zone && populated_zone(zone);
}

static void show_sizes(struct seq *s, struct zone *zone)
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
		   "\n        cma      %lu",
		   zone->nr_free_pages, boost,
		   zone->watermark[WMARK_MIN] + boost,
		   zone->watermark[WMARK_LOW] + boost,
		   zone->watermark[WMARK_HIGH] + boost,
		   zone->watermark[WMARK_PROMO] + boost, zone->spanned_pages,
		   zone->present_pages, zone->managed_pages,
		   zone_cma_pages(zone));
	seq_printf(s, "\n        protection: (%lu, %lu, %lu, %lu, %lu)",
		   zone->lowmem_reserve[0], zone->lowmem_reserve[1],
		   zone->lowmem_reserve[2], zone->lowmem_reserve[3],
		   zone->lowmem_reserve[4]);
}

/* high is that of the stacks of order 0: each stack has its own. */
static void show_pageset(struct seq *s, const struct per_cpu_pages *pcp)
{
	seq_printf(s,
		   "\n    cpu: %u"
		   "\n              count:    %lu"
		   "\n              high:     %u"
		   "\n              batch:    %u"
		   "\n              high_min: %u"
		   "\n              high_max: %u"
		   "\n  vm stats threshold: 0",
		   pcp->cpu, pcp_count_cpu(pcp), pcp->stack[0][0].high,
		   pcp->batch, pcp->high_min, pcp->high_max);
}

static void show_pagesets(struct seq *s, const struct zone *zone)
{
	u32 cpu;

	seq_puts(s, "\n  pagesets");
	for_each_online_cpu(cpu)
		if (zone->pcp && zone->pcp[cpu])
			show_pageset(s, zone->pcp[cpu]);
}

static void show_zone(struct seq *s, struct zone *zone)
{
	seq_printf(s, "Node %u, zone %8s", zone->nid, zone->name);
	if (is_first_populated(zone))
		show_node_counters(s, zone->nid);
	show_sizes(s, zone);
	if (populated_zone(zone)) {
		show_zone_counters(s, zone, zone_counters);
		show_zone_counters(s, zone, numa_counters);
		show_pagesets(s, zone);
		seq_printf(s,
			   "\n  node_unreclaimable:  0"
			   "\n  start_pfn:           %lu"
			   "\n  reserved_highatomic: %lu"
			   "\n  free_highatomic:     %lu",
			   zone->zone_start_pfn, zone->nr_reserved_highatomic,
			   zone_nr_free_highatomic(zone));
	}
	seq_puts(s, "\n");
}

static void show_zoneinfo(struct seq *s, u64 arg __unused)
{
	struct mm_state *mm = kernel_mm();

	for (u32 n = 0; n < MAX_NUMNODES; n++)
		for (u32 z = 0; z < MAX_NR_ZONES && node_is_online(n); z++)
			show_zone(s, &mm->nodes[n].zones[z]);
}

VFILE(zoneinfo, "/proc/zoneinfo", show_zoneinfo, NULL);
