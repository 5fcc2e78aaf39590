/* SPDX-License-Identifier: MIT */
/*
 * include/mm/mm_state.h - all state of the memory manager in one struct
 *
 * The kernel has one; host tests build and drop many. Functions take it (or a
 * part of it): there are no hidden globals in mm/.
 */
#pragma once

#include <mm/e820.h>
#include <mm/hugetlb.h>
#include <mm/memblock.h>
#include <mm/numa.h>
#include <mm/page.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include <mm/zone.h>

struct slab_state;

struct mm_state {
	struct e820_table e820_firmware; /* as it came, sanitised */
	struct e820_table e820;		 /* what Tangram goes by */
	struct memblock memblock;
	struct numa_info numa;
	pfn_t max_pfn;	   /* end of the highest usable frame */
	pfn_t max_low_pfn; /* the same below 4 GiB */

	struct zone_params params;
	u64 zone_limit[MAX_NR_ZONES][2]; /* [start, end) pfn of "Zone ranges" */
	pfn_t zone_movable_pfn[MAX_NUMNODES];
	u32 nr_online_nodes;
	u32 nr_zone_indices; /* all above are of zones without memory */
	struct node nodes[MAX_NUMNODES];
	struct zonelist zonelists[MAX_NUMNODES][MAX_ZONELISTS];
	u64 min_free_kbytes;
	u64 totalreserve_pages;

	/*
	 * pfn_valid: a bit for each 2 MiB, in words of 64 bits (128 MiB), in
	 * leaves of 512 words (64 GiB), found through valid_root.
	 */
	u64 **valid_root;
	u64 nr_valid_root;

	u32 nr_cpus;		   /* 0 counts as 1 */
	u32 cpu_apic_id[MAX_CPUS]; /* by number; 0: the boot CPU's */
	const struct fallback_policy *fallback_policy; /* vm.fallback_policy */
	bool place_fullest;			       /* vm.placement */
	u64 watermark_boost_factor; /* vm.watermark_boost_factor */
	bool defrag_mode;	    /* vm.defrag_mode */
	u32 pcp_high_fraction;	    /* vm.percpu_pagelist_high_fraction */
	struct zone *zone_table[MAX_ZONES]; /* by struct zone.index */
	struct slowpath_ops slowpath;
	struct compact_params compact; /* vm.compact* */
	struct slab_params slab_params; /* slab_debug=, slab_nomerge */
	struct slab_state *slab;	/* NULL: not there yet */
	struct vmalloc_state vmalloc;
	struct hugetlb_pool hugetlb;
	u64 next_alloc_report_ns; /* warn_alloc() is silent until then */
};

/* All zones with memory of their own, in the order of their index. */
struct zone *next_populated_zone(struct mm_state *mm, const struct zone *after);
#define for_each_populated_zone(mm, zone)                \
	for (zone = next_populated_zone(mm, NULL); zone; \
	     zone = next_populated_zone(mm, zone))

/*
 * The machine whose memory alloc_pages() hands out. There is one at a time;
 * host tests change it between machines.
 */
extern struct mm_state *mm_active;

static inline struct zone *page_zone(const struct page *page)
{
	return mm_active->zone_table[page->zone_index];
}

/* Zeroed memory from memblock, near nid; NULL. Boot only. */
void *mm_boot_alloc(struct mm_state *mm, u64 size, u64 align, int nid);
