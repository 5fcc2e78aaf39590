/* SPDX-License-Identifier: MIT */
/*
 * include/mm/zone.h - nodes, zones, zonelists
 *
 * Units    pfn and pages; ranges half-open
 * Locks    (c) constant after boot, (z) zone->lock, (b) boot and sysctl writes
 * Context  layout functions: boot only. Reading: any.
 * Errors   none: every frame of memory ends in exactly one zone
 * Owns     struct node and struct zone of one struct mm_state
 * Keeps    zone_check(zone) == 0: spanned >= present >= managed, counts equal
 *          a recount over memblock
 */
#pragma once

#include <kernel/types.h>
#include <kernel/spinlock.h>
#include <mm/compact.h>
#include <mm/fallback.h>
#include <mm/freelist.h>
#include <mm/lru.h>
#include <mm/numa.h>
#include <mm/pcp.h>
#include <mm/pageblock.h>

enum zone_type {
	ZONE_DMA,   /* below 16 MiB */
	ZONE_DMA32, /* below 4 GiB */
	ZONE_NORMAL,
	ZONE_MOVABLE, /* carved from the top of nodes */
	ZONE_DEVICE,  /* always empty; keeps Linux's five columns */
	MAX_NR_ZONES,
};

enum zone_watermark { WMARK_MIN, WMARK_LOW, WMARK_HIGH, WMARK_PROMO, NR_WMARK };

struct node;
struct mm_state;

struct zone {
	u8 type;			  /* (c) enum zone_type */
	u8 nid;				  /* (c) */
	u16 index;			  /* (c) nid * MAX_NR_ZONES + type */
	const char *name;		  /* (c) "DMA32" */
	struct node *node;		  /* (c) */
	struct lruvec *lruvec;		  /* (c) its node's */
	pfn_t zone_start_pfn;		  /* (c) */
	u64 spanned_pages;		  /* (c) end - start, holes included */
	u64 present_pages;		  /* (c) spanned minus holes */
	u64 managed_pages;		  /* (z) handed to the allocator */
	u64 nr_free_pages;		  /* (z) */
	u64 watermark[NR_WMARK];	  /* (b) */
	u64 watermark_boost;		  /* (z) */
	u64 lowmem_reserve[MAX_NR_ZONES]; /* (b) pages kept from requests that
					   * could use a higher zone */
	u64 nr_reserved_highatomic;	  /* (z) pages of blocks set aside */
	u64 boost_factor;		  /* (b) vm.watermark_boost_factor */
	const struct fallback_policy *policy; /* (b) */
	bool place_fullest;		      /* (b) vm.placement=fullest */
	struct fallback_stats fallback;	      /* (z) */
	struct spinlock lock;
	struct freelists *fl;	       /* (z) populated zones only */
	struct per_cpu_pages **pcp;    /* (c) by CPU; populated zones only */
	u32 pcp_disabled;	       /* (z) how many want no stacks now */
	struct page_owner *page_owner; /* (c) by pfn - start; NULL: off */
	struct compact_zone_state compact;
};

static inline pfn_t zone_end_pfn(const struct zone *zone)
{
	return zone->zone_start_pfn + zone->spanned_pages;
}

static inline bool populated_zone(const struct zone *zone)
{
	return zone->present_pages != 0;
}

static inline bool zone_spans_pfn(const struct zone *zone, pfn_t pfn)
{
	return zone->zone_start_pfn <= pfn && pfn < zone_end_pfn(zone);
}

/* Zones in the order in which a request on this node tries them. */
struct zonelist {
	u16 nr;
	u16 zone_index[MAX_NUMNODES * MAX_NR_ZONES];
};

enum { ZONELIST_FALLBACK, ZONELIST_NOFALLBACK, MAX_ZONELISTS };

struct node {
	s32 nid;		/* (c) */
	bool online;		/* (c) has memory or CPUs */
	bool has_cpu;		/* (c) */
	pfn_t node_start_pfn;	/* (c) first and last frame of memory */
	u64 node_spanned_pages; /* (c) */
	u64 node_present_pages; /* (c) */
	struct lruvec lruvec;
	struct zone zones[MAX_NR_ZONES];
	u16 node_order[MAX_NUMNODES]; /* (c) nodes by preference, self first */
	u16 nr_node_order;
};

/* What the command line and sysctl ask of the zones. */
struct zone_params {
	u64 kernelcore_pages;  /* kernelcore=; 0: not given */
	u64 movablecore_pages; /* movablecore=; 0: not given */
	u32 kernelcore_percent;
	u32 movablecore_percent;
	u64 user_min_free_kbytes; /* 0: by formula */
	bool has_min_free_kbytes; /* vm.min_free_kbytes was written */
	u32 watermark_scale_factor;
	u32 lowmem_reserve_ratio[MAX_NR_ZONES];
};

/* Linux's defaults. */
void zone_params_init(struct zone_params *params);
/* Values of kernelcore= and movablecore=: SIZE or P%; -EINVAL: malformed. */
int zone_param_kernelcore(struct zone_params *params, const char *value);
int zone_param_movablecore(struct zone_params *params, const char *value);

/*
 * Lay out the zones of every node over memblock's memory regions: Linux's
 * free_area_init of 3.19-6.11 (zones end at the last usable page). Prints
 * Linux's lines from "Zone ranges:" to "Initmem setup node". Until memory is
 * handed over, managed_pages is what is present.
 */
void free_area_init(struct mm_state *mm);

/* Fill mm->zone_movable_pfn from kernelcore= and movablecore=. */
void find_zone_movable_pfns_for_nodes(struct mm_state *mm);
/* The highest zone below Movable that has a range: Movable is cut from it. */
enum zone_type find_usable_zone_for_movable(const struct mm_state *mm);

void build_all_zonelists(struct mm_state *mm);

/* min_free_kbytes, watermarks and lowmem_reserve from managed pages. */
void setup_per_zone_wmarks(struct mm_state *mm);
void setup_per_zone_lowmem_reserve(struct mm_state *mm);
void init_per_zone_wmark_min(struct mm_state *mm);

extern struct lock_class zone_lock_class;

struct zone *zone_by_index(struct mm_state *mm, u16 index);
/* The populated zone that spans pfn and owns its page, or NULL. */
struct zone *pfn_zone(struct mm_state *mm, pfn_t pfn);

extern const char *const zone_names[MAX_NR_ZONES];

/* First and last+1 frame of a node's memory; 0, 0 when it has none. */
void get_pfn_range_for_nid(const struct memblock *mb, int nid, pfn_t *start,
			   pfn_t *end);

int zone_check(struct mm_state *mm, struct zone *zone);
