// SPDX-License-Identifier: MIT
/*
 * kernel/procfs/fallback.c - /sys/kernel/debug/fallback: what the policy did
 *
 * Tangram's own file; Linux shows these events in its trace only. One line a
 * zone: blocks claimed, chunks stolen, how many of both came from a block that
 * was not wholly free, and how often the watermarks were boosted for it. Policy
 * evacuate: blocks that movable pages were moved out of, how many pages, and
 * blocks that became Movable again.
 */
#include <kernel/main.h>

#include "procfs.h"

static void show_fallback(struct seq *s, u64 arg __unused)
{
	struct mm_state *mm = kernel_mm();
	struct zone *zone;

	seq_printf(s, "policy %s\n", mm->fallback_policy->name);
	for_each_populated_zone(mm, zone)
		seq_printf(s,
			   "Node %u, zone %8s claims %lu steals %lu fragmenting %lu boosts %lu evacuations %lu pages %lu returned %lu\n",
			   zone->nid, zone->name, zone->fallback.nr_claims,
			   zone->fallback.nr_steals,
			   zone->fallback.nr_fragmenting,
			   zone->fallback.nr_boosts,
			   zone->fallback.nr_evacuations,
			   zone->fallback.nr_evacuated_pages,
			   zone->fallback.nr_given_back);
}

VFILE(fallback, "/sys/kernel/debug/fallback", show_fallback, NULL);
