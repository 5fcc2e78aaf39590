/* SPDX-License-Identifier: MIT */
/*
 * kernel/procfs/procfs.h - what the files of /proc and /sys share
 */
#pragma once

#include <kernel/vfile.h>
#include <mm/mm_state.h>

/* Names of counters in Linux's order, NULL at the end: vmstat_names.c. */
extern const char *const vmstat_zone_names[];
extern const char *const vmstat_numa_names[];
extern const char *const vmstat_node_names[];

/* Counters of one zone or of a node's zones. */
u64 zone_counter(const struct zone *zone, const char *name);

bool node_is_online(u64 nid);

/* pages of all zones of a node, or of all nodes (nid NUMA_NO_NODE) */
struct page_totals {
	u64 managed;
	u64 free;
};

struct page_totals count_pages(const struct mm_state *mm, int nid);
