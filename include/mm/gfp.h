/* SPDX-License-Identifier: MIT */
/*
 * include/mm/gfp.h - how an allocation may behave: Linux's names and bits
 *
 * Bits and composites are those of Linux 7.1 (its gfp_types.h), so
 * that masks in reports and traces read the same.
 */
#pragma once

#include <kernel/types.h>
#include <mm/pageblock.h>

typedef u32 gfp_t;

#define __GFP_DMA	     0x1u
#define __GFP_HIGHMEM	     0x2u
#define __GFP_DMA32	     0x4u
#define __GFP_MOVABLE	     0x8u
#define __GFP_RECLAIMABLE    0x10u
#define __GFP_HIGH	     0x20u
#define __GFP_IO	     0x40u
#define __GFP_FS	     0x80u
#define __GFP_ZERO	     0x100u
#define __GFP_DIRECT_RECLAIM 0x400u
#define __GFP_KSWAPD_RECLAIM 0x800u
#define __GFP_WRITE	     0x1000u
#define __GFP_NOWARN	     0x2000u
#define __GFP_RETRY_MAYFAIL  0x4000u
#define __GFP_NOFAIL	     0x8000u
#define __GFP_NORETRY	     0x10000u
#define __GFP_MEMALLOC	     0x20000u
#define __GFP_COMP	     0x40000u
#define __GFP_NOMEMALLOC     0x80000u
#define __GFP_HARDWALL	     0x100000u
#define __GFP_THISNODE	     0x200000u
#define __GFP_ACCOUNT	     0x400000u
#define __GFP_BITS	     0x7ffdffu /* all of the above */

#define __GFP_RECLAIM (__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)

#define GFP_ATOMIC	     (__GFP_HIGH | __GFP_KSWAPD_RECLAIM)
#define GFP_KERNEL	     (__GFP_RECLAIM | __GFP_IO | __GFP_FS)
#define GFP_NOWAIT	     (__GFP_KSWAPD_RECLAIM | __GFP_NOWARN)
#define GFP_NOIO	     __GFP_RECLAIM
#define GFP_NOFS	     (__GFP_RECLAIM | __GFP_IO)
#define GFP_USER	     (GFP_KERNEL | __GFP_HARDWALL)
#define GFP_DMA		     __GFP_DMA
#define GFP_DMA32	     __GFP_DMA32
#define GFP_HIGHUSER	     (GFP_USER | __GFP_HIGHMEM)
#define GFP_HIGHUSER_MOVABLE (GFP_HIGHUSER | __GFP_MOVABLE)
#define GFP_TRANSHUGE_LIGHT                                                      \
	((GFP_HIGHUSER_MOVABLE | __GFP_COMP | __GFP_NOMEMALLOC | __GFP_NOWARN) & \
	 ~__GFP_RECLAIM)
#define GFP_TRANSHUGE (GFP_TRANSHUGE_LIGHT | __GFP_DIRECT_RECLAIM)

#define GFP_ZONEMASK	  (__GFP_DMA | __GFP_HIGHMEM | __GFP_DMA32 | __GFP_MOVABLE)
#define GFP_MOVABLE_SHIFT 3

/* The charge; 3 when both __GFP_MOVABLE and __GFP_RECLAIMABLE are given. */
static inline u32 gfp_migratetype(gfp_t gfp)
{
	return gfp >> GFP_MOVABLE_SHIFT & 3;
}

/*
 * Highest zone type that may serve the request, two bits for each value of
 * GFP_ZONEMASK; contradictions (DMA with DMA32, say) are found by gfp_bad().
 */
static inline u32 gfp_zone(gfp_t gfp)
{
	/* none 2, DMA 0, HIGHMEM 2, DMA32 1, MOVABLE 2, HIGHMEM|MOVABLE 3 */
	const u64 table = 2UL << 0 * 2 | 0UL << 1 * 2 | 2UL << 2 * 2 |
			  1UL << 4 * 2 | 2UL << 8 * 2 | 0UL << 9 * 2 |
			  3UL << 10 * 2 | 1UL << 12 * 2;

	return (u32)(table >> (gfp & GFP_ZONEMASK) * 2) & 3;
}

/* What contradicts itself in a mask, in words; NULL: nothing. */
const char *gfp_bad(gfp_t gfp);

/* "GFP_KERNEL|__GFP_COMP", as Linux's %pGg. */
const char *gfp_text(gfp_t gfp, char *buf, size_t size);
