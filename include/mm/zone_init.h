/* SPDX-License-Identifier: MIT */
/*
 * include/mm/zone_init.h - give a laid-out zone its allocator
 *
 * Context  boot for real zones; tests make private ones later
 * Errors   -ENOMEM: no room for the pageblocks; the zone stays empty
 */
#pragma once

#include <kernel/types.h>

struct mm_state;
struct zone;

/* Indices, pageblock records (where there is RAM), owner records. */
int zone_init_freelists(struct mm_state *mm, struct zone *zone);
/* Free reserved frames [start, end): the largest aligned chunks at once. */
void zone_free_range(struct zone *zone, pfn_t start, pfn_t end);
