// SPDX-License-Identifier: MIT
/*
 * mm/watermark.c - how many free pages a zone keeps back, and from whom
 *
 * min   the reserve: below it only requests of the reclaim path go on
 * low   an allocation that goes below wakes background reclaim and compaction
 * high  they stop here
 * promo promotion of hot pages from slower nodes stops here
 *
 *	0 .... min ........ low ........ high ........ promo ....... managed
 *	            delta        delta          delta
 *
 * The sum of all min is min_free_kbytes, which grows with the square root of
 * memory: 16 times the memory has 4 times the reserve. lowmem_reserve keeps
 * pages of a low zone from requests that could use a higher one.
 *
 * Linux: mm/page_alloc.c, the same formulas; the knobs are described in its
 * Documentation/admin-guide/sysctl/vm.rst.
 */
#include <kernel/point.h>
#include <kernel/printk.h>
#include <mm/mm_state.h>

#define MIN_FREE_KBYTES_MIN 128
#define MIN_FREE_KBYTES_MAX 262144
#define PAGE_KIB	    (PAGE_SIZE / KiB)
#define SWAP_CLUSTER_MAX    32UL

#define NR_ZONES (MAX_NUMNODES * MAX_NR_ZONES)

void zone_params_init(struct zone_params *params)
{
	*params = (struct zone_params){
		.watermark_scale_factor = 10,
		.lowmem_reserve_ratio = {
			[ZONE_DMA] = 256,
			[ZONE_DMA32] = 256,
			[ZONE_NORMAL] = 32,
		},
	};
}

static u64 int_sqrt(u64 x)
{
	u64 root = 0;

	for (u64 bit = 1UL << 31; bit; bit >>= 1)
		if ((root + bit) * (root + bit) <= x)
			root += bit;
	return root;
}

/* Managed pages of all zones but Movable and Device. */
static u64 lowmem_pages(struct mm_state *mm, bool above_high)
{
	u64 total = 0;

	for (u16 i = 0; i < NR_ZONES; i++) {
		const struct zone *zone = zone_by_index(mm, i);
		u64 kept = above_high ? zone->watermark[WMARK_HIGH] : 0;

		if (zone->type <= ZONE_NORMAL && zone->managed_pages > kept)
			total += zone->managed_pages - kept;
	}
	return total;
}

static void calculate_min_free_kbytes(struct mm_state *mm)
{
	u64 lowmem_kbytes = lowmem_pages(mm, true) * PAGE_KIB;
	u64 formula = int_sqrt(lowmem_kbytes * 16);
	u64 user = mm->params.user_min_free_kbytes;

	if (user >= formula && user) {
		pr_info("min_free_kbytes is not updated to %lu because user defined value %lu is preferred\n",
			formula, user);
		mm->min_free_kbytes = user;
		return;
	}
	mm->min_free_kbytes = clamp(formula, (u64)MIN_FREE_KBYTES_MIN,
				    (u64)MIN_FREE_KBYTES_MAX);
}

/* a * b / c where a * b may not fit: c pages are at most all memory. */
static u64 mul_div(u64 a, u64 b, u64 c)
{
	return a / c * b + a % c * b / c;
}

static void set_wmarks(const struct mm_state *mm, struct zone *zone, u64 lowmem)
{
	u64 share = 0, delta, min_pages;

	if (lowmem)
		share = mul_div(zone->managed_pages,
				mm->min_free_kbytes / PAGE_KIB, lowmem);
	min_pages = share;
	if (zone->type == ZONE_MOVABLE)
		min_pages = clamp(zone->managed_pages / 1024, SWAP_CLUSTER_MAX,
				  128UL);
	delta = max(share / 4,
		    mul_div(zone->managed_pages,
			    mm->params.watermark_scale_factor, 10000));
	zone->watermark_boost = 0;
	zone->watermark[WMARK_MIN] = min_pages;
	for (int i = WMARK_LOW; i < NR_WMARK; i++)
		zone->watermark[i] = zone->watermark[i - 1] + delta;
	POINT(mm_setup_per_zone_wmarks, zone->nid, zone->type, min_pages,
	      zone->watermark[WMARK_LOW], zone->watermark[WMARK_HIGH],
	      zone->watermark[WMARK_PROMO]);
}

/* What a zone keeps back at most: its largest lowmem_reserve and high. */
static u64 zone_reserve(const struct zone *zone)
{
	u64 most = 0;

	for (int j = zone->type; j < MAX_NR_ZONES; j++)
		most = max(most, zone->lowmem_reserve[j]);
	return min(most + zone->watermark[WMARK_HIGH], zone->managed_pages);
}

static void calculate_totalreserve_pages(struct mm_state *mm)
{
	mm->totalreserve_pages = 0;
	for (u16 i = 0; i < NR_ZONES; i++)
		mm->totalreserve_pages += zone_reserve(zone_by_index(mm, i));
}

void setup_per_zone_wmarks(struct mm_state *mm)
{
	u64 lowmem = lowmem_pages(mm, false);

	for (u16 i = 0; i < NR_ZONES; i++) {
		struct zone *zone = zone_by_index(mm, i);
		u64 flags;

		if (!populated_zone(zone))
			continue;
		flags = spin_lock_irqsave(&zone->lock);
		set_wmarks(mm, zone, lowmem);
		spin_unlock_irqrestore(&zone->lock, flags);
	}
	calculate_totalreserve_pages(mm);
}

static void set_lowmem_reserve(struct node *node, int type, u32 ratio)
{
	struct zone *zone = &node->zones[type];
	u64 above = 0;

	for (int j = type + 1; j < MAX_NR_ZONES; j++) {
		above += node->zones[j].managed_pages;
		zone->lowmem_reserve[j] =
			ratio && zone->managed_pages ? above / ratio : 0;
	}
}

void setup_per_zone_lowmem_reserve(struct mm_state *mm)
{
	for (int nid = 0; nid < MAX_NUMNODES; nid++)
		for (int type = 0; type < MAX_NR_ZONES - 1; type++)
			set_lowmem_reserve(&mm->nodes[nid], type,
					   mm->params.lowmem_reserve_ratio[type]);
	calculate_totalreserve_pages(mm);
}

void init_per_zone_wmark_min(struct mm_state *mm)
{
	calculate_min_free_kbytes(mm);
	setup_per_zone_wmarks(mm);
	setup_per_zone_lowmem_reserve(mm);
}
