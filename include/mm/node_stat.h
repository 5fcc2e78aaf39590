/* SPDX-License-Identifier: MIT */
/*
 * include/mm/node_stat.h - counters of a node that change on fast paths
 *
 * Each CPU adds to its own copy; reading sums them up. A sum read while others
 * count may be off by what is under way; single copies may be negative.
 *
 * Units    pages, or KiB where the name says so
 * Locks    none
 * Context  adding: any; one instruction that no interrupt can split
 * Errors   none
 * Owns     node_stat_diff, vm_events: one copy a CPU
 * Keeps    no sum is negative at rest; each equals a recount
 */
#pragma once

#include <kernel/types.h>
#include <mm/numa.h>
#include <mm/page.h>
#include <arch/percpu.h>

#define ZONES_PER_NODE 5 /* MAX_NR_ZONES, which mm/zone.h defines */

enum node_stat_item {
	NR_ANON_MAPPED, /* nr_anon_pages */
	NR_FILE_MAPPED, /* nr_mapped */
	NR_FILE_PAGES,
	NR_FILE_DIRTY,
	NR_SHMEM,
	NR_ISOLATED_ANON,
	NR_ISOLATED_FILE,
	NR_KERNEL_STACK_KB,
	NR_PAGETABLE,
	NR_MLOCK,
	NR_PINNED,
	NR_HUGETLB, /* in use; base pages */
	NR_NODE_STAT_ITEMS
};

enum vm_event_item {
	PGFAULT,
	PGMAJFAULT,
	PGREUSE,
	PGACTIVATE,
	PGDEACTIVATE,
	PGROTATED,
	UNEVICTABLE_PGS_MLOCKED,
	UNEVICTABLE_PGS_MUNLOCKED,
	PGMIGRATE_SUCCESS,
	PGMIGRATE_FAIL,
	COMPACTMIGRATE_SCANNED,
	COMPACTFREE_SCANNED,
	COMPACTISOLATED,
	COMPACTSTALL,
	COMPACTFAIL,
	COMPACTSUCCESS,
	KCOMPACTD_WAKE,
	KCOMPACTD_MIGRATE_SCANNED,
	KCOMPACTD_FREE_SCANNED,
	HTLB_BUDDY_PGALLOC,
	HTLB_BUDDY_PGALLOC_FAIL,
	OOM_KILL,
	DROP_PAGECACHE,
	NR_VM_EVENT_ITEMS
};

DECLARE_PER_CPU(s64, node_stat_diff[MAX_NUMNODES][NR_NODE_STAT_ITEMS]);
DECLARE_PER_CPU(u64, vm_events[NR_VM_EVENT_ITEMS]);

static inline void mod_node_page_state(u32 nid, enum node_stat_item item,
				       s64 delta)
{
	this_cpu_add(node_stat_diff[nid][item], delta);
}

/* Of the node that the page belongs to: a zone's index tells. */
static inline void mod_page_state(const struct page *page,
				  enum node_stat_item item, s64 delta)
{
	mod_node_page_state(page->zone_index / ZONES_PER_NODE, item, delta);
}

u64 node_page_state(u32 nid, enum node_stat_item item); /* not below 0 */
u64 global_node_page_state(enum node_stat_item item);

static inline void count_vm_events(enum vm_event_item item, u64 nr)
{
	this_cpu_add(vm_events[item], nr);
}

static inline void count_vm_event(enum vm_event_item item)
{
	count_vm_events(item, 1);
}
u64 vm_event_sum(enum vm_event_item item);

/* A machine begins: nothing is counted yet. */
void node_stat_init(void);
