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
 * Owns     mm_state's node_stat areas
 * Keeps    no sum is negative at rest; each equals a recount
 */
#pragma once

#include <kernel/types.h>
#include <mm/page.h>

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
	OOM_KILL,
	DROP_PAGECACHE,
	NR_VM_EVENT_ITEMS
};

void mod_node_page_state(int nid, enum node_stat_item item, s64 delta);
/* Of the node that the page belongs to. */
void mod_page_state(const struct page *page, enum node_stat_item item,
		    s64 delta);
u64 node_page_state(int nid, enum node_stat_item item); /* not below 0 */
u64 global_node_page_state(enum node_stat_item item);

void count_vm_events(enum vm_event_item item, u64 nr);
static inline void count_vm_event(enum vm_event_item item)
{
	count_vm_events(item, 1);
}
u64 vm_event_sum(enum vm_event_item item);
