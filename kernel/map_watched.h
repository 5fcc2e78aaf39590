/* SPDX-License-Identifier: MIT */
/*
 * kernel/map_watched.h - the map as a frame of a moving picture
 *
 * Context  thread of a watch (watch.h)
 */
#pragma once

#include <mm/zone.h>

/*
 * All of the zones in at most `rows` lines, what compaction did since the frame
 * before, and counters since the watch began.
 */
void map_show_watched(struct zone *const *zones, u32 nr, u32 rows);
