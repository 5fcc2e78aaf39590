/* SPDX-License-Identifier: MIT */
/*
 * include/mm/zone_private.h - a zone of one's own, over borrowed frames
 *
 * Tests own their memory: what they do to a private zone nobody else sees.
 *
 * Units    pageblocks
 * Context  thread; the frames come from alloc_pages and go back there
 * Errors   create: NULL when there is no memory; destroy: false when a frame
 *          of the zone is still in use
 */
#pragma once

#include <mm/zone.h>

#define PRIVATE_ZONE_BLOCKS_MAX 64 /* neighbours, as far as memory has them */

struct private_zone;

/*
 * Up to nr_blocks pageblocks (a multiple of two), all of their frames free and
 * Movable. frames: leave out those from there on (0: none), so that a zone
 * border can cut a block.
 */
struct zone *private_zone_create(u32 nr_blocks, u32 first_frame, u32 nr_frames);
bool private_zone_destroy(struct zone *zone);
