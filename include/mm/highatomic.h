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
 * Give one block of the reserve back, to `type`; keeps the last one of a zone
 * unless force. True: there was one.
 */
bool unreserve_highatomic_pageblock(struct mm_state *mm, enum migratetype type,
				    bool force);
