// SPDX-License-Identifier: MIT
/*
 * mm/highatomic.c - the reserve for urgent requests of high order
 *
 * Who may not wait and needs contiguous frames (a network driver) had to get
 * them from somewhere; that whole block is then kept for its like, up to one
 * per cent of the zone. When everybody else would fail, blocks are given back.
 */
#include <mm/freelist.h>
#include <mm/highatomic.h>
#include <mm/mm_state.h>

/* One per cent, in whole blocks; zones below 100 blocks have no reserve. */
static u64 most_reserved(const struct zone *zone)
{
	if (zone->managed_pages / 100 < pageblock_nr_pages)
		return 0;
	return ALIGN(zone->managed_pages / 100, pageblock_nr_pages);
}

void reserve_highatomic_pageblock(struct zone *zone, struct page *page)
{
	u64 flags = spin_lock_irqsave(&zone->lock);
	struct pageblock *b = pfn_pageblock(zone, page_to_pfn(page));

	if (zone->nr_reserved_highatomic + pageblock_nr_pages <=
		    most_reserved(zone) &&
	    migratetype_is_mergeable(pageblock_type(b)))
		freelist_retype(zone, b, MIGRATE_HIGHATOMIC);
	spin_unlock_irqrestore(&zone->lock, flags);
}

bool unreserve_highatomic_pageblock(struct zone *zone, enum migratetype type,
				    bool force)
{
	struct pageblock *b;
	bool found, last;
	u64 flags;

	if (!READ_ONCE(zone->nr_reserved_highatomic))
		return false;
	flags = spin_lock_irqsave(&zone->lock);
	b = freelist_find(zone, 0, MIGRATE_HIGHATOMIC);
	last = zone->nr_reserved_highatomic <= pageblock_nr_pages;
	found = b && (force || !last);
	if (found)
		freelist_retype(zone, b, type);
	spin_unlock_irqrestore(&zone->lock, flags);
	return found;
}
