/* SPDX-License-Identifier: MIT */
/*
 * mm/fallback_internal.h - what the policies share
 *
 * Locks    zone->lock held
 */
#pragma once

#include <mm/fallback.h>
#include <mm/freelist.h>
#include <mm/page_alloc.h>
#include <mm/zone.h>

/* First fallback type with a block whose largest chunk has exactly order c. */
struct pageblock *fallback_block_at(struct zone *zone, u32 c,
				    enum migratetype type);
/* The block changes its type, or gives one chunk: noted, and returned. */
struct pageblock *fallback_claim(struct zone *zone, struct pageblock *b,
				 u32 order, enum migratetype type);
struct pageblock *fallback_steal(struct zone *zone, struct pageblock *b,
				 u32 order, enum migratetype type);

/* mm/fallback_evacuate.c */
struct pageblock *evacuate_pick(struct zone *zone, u32 order,
				enum migratetype type, u32 alloc_flags);
/* The movable block with the fewest movable pages and a chunk; NULL: none. */
struct pageblock *evacuate_cheapest(struct zone *zone, u32 order);
