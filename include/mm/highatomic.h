/* SPDX-License-Identifier: MIT */
/*
 * include/mm/highatomic.h - blocks set aside for urgent high orders
 *
 * Locks    takes zone->lock
 * Context  any; never sleeps
 * Source   Linux's MIGRATE_HIGHATOMIC; docs/fallback.md
 */
#pragma once

#include <mm/zone.h>

/* The block of a page that a HIGHATOMIC request got joins the reserve. */
void reserve_highatomic_pageblock(struct zone *zone, struct page *page);
/*
 * Give one block of the zone's reserve back, to `type`; the last one is kept
 * unless force. True: there was one.
 */
bool unreserve_highatomic_pageblock(struct zone *zone, enum migratetype type,
				    bool force);
