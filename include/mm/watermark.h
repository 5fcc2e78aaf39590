/* SPDX-License-Identifier: MIT */
/*
 * include/mm/watermark.h - may this zone give this much now?
 *
 * Units    pages
 * Locks    none: counts are read as they are
 * Context  any
 */
#pragma once

#include <mm/zone.h>

/* A mark with the zone's boost on top. */
static inline u64 wmark_pages(const struct zone *zone, u32 mark)
{
	return zone->watermark[mark] + READ_PLAIN(zone->watermark_boost);
}

/*
 * Would the zone stay above mark, and has it a chunk of the order for one of
 * the types that the flags allow? highest_zone: of the request, for
 * lowmem_reserve. Linux: __zone_watermark_ok().
 */
bool zone_watermark_ok(const struct zone *zone, u32 order, u64 mark,
		       u32 highest_zone, u32 alloc_flags);
/* The arithmetic alone: `free` pages against mark. */
bool watermark_allows(const struct zone *zone, u32 order, u64 mark,
		      u32 highest_zone, u32 alloc_flags, u64 free);
