/* SPDX-License-Identifier: MIT */
/*
 * include/mm/evacuate.h - movable pages leave blocks that others need
 *
 * Units    pages, blocks
 * Locks    takes zone->lock, lru_lock, and what migrate_pages() takes; the
 *          caller holds no class I lock. In a request it may hold class S locks:
 *          nothing is waited for
 * Context  thread, interrupts on; not from within itself or compaction
 *          (current->memalloc)
 * Errors   false, 0: nothing became free; what can't be moved stays
 * Owns     BLOCK_ISOLATE and BLOCK_COMPACTING of the block meanwhile
 * Keeps    zone_check() == 0; no block is fenced off afterwards
 *
 * For fallback policies that say `evacuates`: mm/fallback_evacuate.c.
 */
#pragma once

#include <kernel/types.h>
#include <mm/pageblock.h>

struct node;
struct zone;

/* Guests leave one of the zone's kept blocks, if any has some: is there room? */
bool evacuate_guests(struct zone *zone);
/*
 * A request for `type` would have to claim a block for it: is there room in the
 * kept ones now? The guests of one are moved away; if they won't go, the pages
 * of the cheapest movable block, which is claimed.
 */
bool evacuate_for_request(struct zone *zone, u32 order, enum migratetype type);
/* kcompactd's: the guests of all zones' kept blocks. How many were left. */
u32 evacuate_node(struct node *node);
