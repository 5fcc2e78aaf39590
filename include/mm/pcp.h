/* SPDX-License-Identifier: MIT */
/*
 * include/mm/pcp.h - stacks of frames that one CPU touches alone
 *
 * Units    entries are chunks: heads of 2^order frames
 * Locks    none: a stack is touched by its CPU with interrupts off. Refill and
 *          flush take zone->lock inside.
 * Context  any, interrupts included; never sleeps. Draining another CPU is an
 *          IPI and needs interrupts on.
 * Errors   refill returns false when the zone has nothing for it
 * Owns     struct per_cpu_pages; frames on it are charged, kind 0, refcount 0
 * Keeps    pcp_check(): each entry is in the state above, of this zone, of the
 *          stack's charge, and there once
 *
 * A stack for each charge and order 0-3 and 9. The charge of a page, not the
 * type of its block, names its stack, so the hot paths read no block.
 */
#pragma once

#include <arch/percpu.h>
#include <kernel/types.h>
#include <mm/pageblock.h>

struct mm_state;
struct page;
struct zone;

#define PCP_ORDER_MAX  3		   /* PAGE_ALLOC_COSTLY_ORDER */
#define PCP_HUGE       (PCP_ORDER_MAX + 1) /* index of pageblock_order */
#define NR_PCP_ORDERS  (PCP_HUGE + 1)
#define PCP_CAPACITY   1024 /* most entries of the order-0 stacks */
#define NR_PCP_CHARGES 4    /* the fourth is for no charge and always empty */
#define MAX_ZONES      (128 * 5)

struct pcp_stack {
	struct page **entries; /* (c) */
	u32 count;
	u32 high;     /* flushed when count gets there; 0: switched off */
	u64 nr_taken; /* chunks popped by alloc_pages' fast path, ever */
	u64 nr_given; /* and pushed by free_pages' */
};

enum numa_item {
	NUMA_HIT,
	NUMA_MISS,
	NUMA_FOREIGN,
	NUMA_LOCAL,
	NUMA_OTHER,
	NUMA_INTERLEAVE, /* and it was the node that was meant */
	NR_NUMA_ITEMS,
};

struct per_cpu_pages {
	struct pcp_stack stack[NR_PCP_ORDERS][NR_PCP_CHARGES];
	struct zone *zone;
	u32 cpu;
	u32 batch;    /* frames moved at once */
	u32 high_min; /* frames */
	u32 high_max;
	u32 capacity; /* entries of the order-0 stacks */
	u32 off;      /* never refilled: for who counts single frames */
	u64 nr_refills, nr_flushes;
	/* What did not take the fast paths; a fast pop is a hit and local. */
	u64 nr_general_alloc, nr_general_free; /* frames */
	u64 numa[NR_NUMA_ITEMS];
};

/* This CPU's stacks of a zone, by struct zone.index. */
DECLARE_PER_CPU(struct per_cpu_pages *, pcp_of_zone[MAX_ZONES]);
/* Of the zone that this CPU's requests try first, by gfp & GFP_ZONEMASK. */
DECLARE_PER_CPU(struct per_cpu_pages *, pcp_local[16]);
/*
 * The same a step further: the stack of order 0 that a request's zone and type
 * bits lead to; those of higher orders follow at NR_PCP_CHARGES' distance.
 */
#define PCP_ROW_MASK 0x1fu
DECLARE_PER_CPU(struct pcp_stack *, pcp_row[PCP_ROW_MASK + 1]);
DECLARE_PER_CPU(s32, cpu_nid); /* the CPU's own node */

/* This CPU's stacks of the zone; interrupts off, or only to count roughly. */
static inline struct per_cpu_pages *this_pcp(u16 zone_index)
{
	return *this_cpu_ptr(&pcp_of_zone[zone_index]);
}

static inline bool pcp_has_order(u32 order)
{
	return order <= PCP_ORDER_MAX || order == pageblock_order;
}

/* Index of the stacks of an order that has some. */
static inline u32 pcp_index(u32 order)
{
	return order <= PCP_ORDER_MAX ? order : PCP_HUGE;
}

static inline u32 pcp_order(u32 index)
{
	return index == PCP_HUGE ? pageblock_order : index;
}

/* batch and high by the zone's size, as Linux's; capacities, pointers. */
void pcp_init_zone(struct mm_state *mm, struct zone *zone);
/* pcp_local and cpu_nid of one CPU, once zonelists and stacks are there. */
void pcp_init_cpu(struct mm_state *mm, u32 cpu, s32 nid);
void pcp_update_high(struct mm_state *mm, struct zone *zone);
/* Stacks in zeroed memory of pcp_bytes(capacity). */
u64 pcp_bytes(u32 capacity);
struct per_cpu_pages *pcp_build(struct zone *zone, u32 cpu, u32 capacity,
				void *memory);

/*
 * Pop a chunk; NULL: empty and nothing to refill it with. alloc_flags go to
 * rmqueue_bulk(). Interrupts may be on.
 */
struct page *pcp_alloc(struct zone *zone, u32 order, enum migratetype charge,
		       u32 alloc_flags);
/* Push a chunk of this charge; the page is in the state of a free frame. */
void pcp_free(struct zone *zone, struct page *page, u32 order,
	      enum migratetype charge);

void drain_local_pages(struct zone *zone);
/*
 * All CPUs, one zone or (NULL) all. Interrupts on and no class I lock held;
 * with interrupts off only this CPU is drained.
 */
void drain_all_pages(struct mm_state *mm, struct zone *zone);
/* The same for the frames of one block. */
void drain_pageblock(struct zone *zone, struct pageblock *b);

/*
 * While a zone is worked on (frames of it moved, a block emptied) stacks only
 * hide frames. From the return of zone_pcp_disable() until zone_pcp_enable() no
 * frame of the zone is on any stack, nor gets there: each goes to the lists and
 * comes from there, under zone->lock. A count, so users need not know of each
 * other; each of them waits until the stacks are empty. The fast paths find a
 * stack without entries whose limit is 0, and no further test.
 *
 * Context  disable: thread, interrupts on, no class I lock held; enable: any
 */
void zone_pcp_disable(struct zone *zone);
void zone_pcp_enable(struct zone *zone);

/* Frames on all CPUs' stacks of a zone, now. */
u64 pcp_count(const struct zone *zone);
int pcp_check(struct zone *zone);
