/* SPDX-License-Identifier: MIT */
/*
 * include/mm/vmstat.h - numbers about a zone, summed up when asked for
 *
 * Units    pages unless the name says chunks, blocks or events
 * Locks    takes zone->lock where free lists are walked; per-CPU counters are
 *          read as they are
 * Context  any; walks are as long as the zone is large
 * Errors   a zone without an allocator has 0 of everything
 * Owns     nothing: the allocator counts, on its own CPU's stacks and under
 *          the zone's lock; nothing is kept twice
 * Keeps    each number equals a recount (tests/kernel/test_vmstat.c)
 */
#pragma once

#include <mm/zone.h>

struct mm_state;

/* Free chunks of a zone. Isolated ones are free, but not in nr_free_pages. */
struct free_chunks {
	u64 nr[MIGRATE_TYPES][NR_PAGE_ORDERS];
};

void zone_free_chunks(struct zone *zone, struct free_chunks *chunks);
/* Of all types together, by order: a row of /proc/buddyinfo. */
void zone_free_area(struct zone *zone, u64 nr[static NR_PAGE_ORDERS]);
/* nr_free_pages by counting the free lists' chunks. */
u64 zone_nr_free_exact(struct zone *zone);
/* Free pages in chunks of pageblock_order and more, isolated ones aside. */
u64 zone_nr_free_blocks(struct zone *zone);

/* Pageblocks by type: those whose frame at each 512th of the span is ours. */
void zone_block_types(struct zone *zone, u64 nr[static MIGRATE_TYPES]);
/*
 * Of these, the ones that hold an allocation of another type, by block type;
 * CMA's count as Movable, as in Linux. Drain first: frames on stacks count.
 */
void zone_mixed_blocks(struct zone *zone, u64 nr[static MIGRATE_TYPES]);

u64 zone_nr_free_cma(const struct zone *zone);
u64 zone_nr_free_highatomic(const struct zone *zone);
/* Frames of CMA blocks, free or not. */
u64 zone_cma_pages(struct zone *zone);

/* Its pages on one of the node's LRU lists; batches of CPUs aside. */
u64 zone_nr_lru(const struct zone *zone, enum lru_list list);

/* Events since boot, in pages: handed out, given back. */
u64 zone_pgalloc(const struct zone *zone);
u64 zone_pgfree(const struct zone *zone);
/* Allocations by where they came from; chunks of any order count once. */
u64 zone_numa_events(const struct zone *zone, enum numa_item item);

/* Frames on one CPU's stacks of a zone. */
u64 pcp_count_cpu(const struct per_cpu_pages *pcp);

/* Sums over all zones of a node, or of all nodes (nid NUMA_NO_NODE). */
struct page_totals {
	u64 present;
	u64 managed;
	u64 free;
	u64 pcp;
	u64 cma;
	u64 free_cma;
	u64 slab_reclaimable;
	u64 slab_unreclaimable;
	u64 lru[NR_LRU_LISTS];
};

void count_pages(struct mm_state *mm, int nid, struct page_totals *totals);
