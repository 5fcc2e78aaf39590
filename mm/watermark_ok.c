// SPDX-License-Identifier: MIT
/*
 * mm/watermark_ok.c - the test in front of every frame that leaves a zone
 *
 * First arithmetic: what stays must be more than the mark (lowered for those
 * who may dip into the reserve) and what is kept from higher zones' requests.
 * Then, for higher orders, existence: a chunk that large must be there, or
 * the zone would be asked in vain. Source: Linux's __zone_watermark_ok as the
 * kernel's documentation and commit messages describe it.
 */
#include <mm/freelist.h>
#include <mm/page_alloc.h>
#include <mm/watermark.h>

static u64 minus(u64 a, u64 b)
{
	return a > b ? a - b : 0;
}

bool watermark_allows(const struct zone *zone, u32 order, u64 mark,
		      u32 highest_zone, u32 alloc_flags, u64 free)
{
	u64 min = mark;

	free = minus(free, (1UL << order) - 1);
	if (!(alloc_flags & (ALLOC_NON_BLOCK | ALLOC_MIN_RESERVE |
			     ALLOC_HIGHATOMIC | ALLOC_OOM)))
		free = minus(free,
			     READ_PLAIN(zone->fl->nr_free[MIGRATE_HIGHATOMIC]));
	if (!(alloc_flags & ALLOC_CMA))
		free = minus(free, READ_PLAIN(zone->fl->nr_free[MIGRATE_CMA]));
	if (alloc_flags & ALLOC_MIN_RESERVE) {
		min -= min / 2;
		if (alloc_flags & ALLOC_NON_BLOCK)
			min -= min / 4;
	}
	if (alloc_flags & ALLOC_OOM)
		min -= min / 2;
	return free > min + zone->lowmem_reserve[highest_zone];
}

static bool has_chunk(const struct zone *zone, u32 order, enum migratetype type)
{
	return READ_PLAIN(zone->fl->order_mask[type]) >> order != 0;
}

bool zone_watermark_ok(const struct zone *zone, u32 order, u64 mark,
		       u32 highest_zone, u32 alloc_flags)
{
	if (!watermark_allows(zone, order, mark, highest_zone, alloc_flags,
			      READ_ONCE(zone->nr_free_pages)))
		return false;
	if (!order)
		return true;
	for (u32 t = 0; t < MIGRATE_PCPTYPES; t++)
		if (has_chunk(zone, order, (enum migratetype)t))
			return true;
	if ((alloc_flags & ALLOC_CMA) && has_chunk(zone, order, MIGRATE_CMA))
		return true;
	return (alloc_flags & (ALLOC_HIGHATOMIC | ALLOC_OOM)) &&
	       has_chunk(zone, order, MIGRATE_HIGHATOMIC);
}
