/* SPDX-License-Identifier: MIT */
/*
 * kernel/procfs/procfs.h - what the files of /proc and /sys share
 */
#pragma once

#include <kernel/vfile.h>
#include <mm/mm_state.h>
#include <mm/sysctl.h>
#include <mm/vmstat.h>

/*
 * A number with Linux's name, from one of three sources; without any Tangram
 * doesn't have it, reads 0.
 */
struct counter {
	const char *name;
	u64 (*value)(struct zone *zone);
	u8 zone_type; /* of events: the zones that it is summed over */
	u8 node_item; /* enum node_stat_item, plus 1 */
	u8 event;     /* enum vm_event_item, plus 1 */
};

#define ALL_ZONES MAX_NR_ZONES

/* In Linux's order, without a name at the end: counters.c. */
extern const struct counter zone_counters[];
extern const struct counter numa_counters[];
extern const struct counter node_counters[];
extern const struct counter global_counters[]; /* of /proc/vmstat only */

/* Sum over the zones of a node, or of all nodes (nid NUMA_NO_NODE). */
u64 counter_sum(const struct counter *counter, int nid);
/* A number of /proc/vmstat by its name; 0: there is no such. */
u64 vmstat_value(const char *name);
/* "name value" a line. */
void show_counters(struct seq *s, const struct counter *counters, int nid);

bool node_is_online(u64 nid);
/* Is it the lowest zone of its node that has memory? */
bool is_first_populated(const struct zone *zone);

/* Write a knob; what isn't accepted is told with the knob's range. */
int sysctl_store(const struct sysctl *ctl, const char *text, size_t len);
