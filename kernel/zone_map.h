/* SPDX-License-Identifier: MIT */
/*
 * kernel/zone_map.h - a zone as rows of letters, one or more pageblocks each
 *
 * Units    scale is the pageblocks of a cell, a power of two; a row has
 *          FRAME_MAP_COLUMNS cells and begins at a multiple of them
 * Locks    none: blocks are read as they are
 * Context  thread
 * Errors   none
 */
#pragma once

#include <mm/zone.h>

#include "frame_map.h"

struct zone_map_counts {
	u32 pure[MIGRATE_TYPES];
	u32 free, mixed, reserved, partly, isolated;
	u32 huge, pinned, compacting;
	/* Of all: nothing in them that can't be moved, huge pages aside. */
	u32 movable;
};

struct zone_map_row {
	paddr_t start;
	char cells[FRAME_MAP_COLUMNS];
	u8 marks[FRAME_MAP_COLUMNS]; /* compact_marks.h and now_source, ... */
};

/* Rows that the zone's span touches; some of them may have no block. */
u32 zone_map_nr_rows(const struct zone *zone, u64 scale);
/* Row `n` of these; false: no block of the zone is in it. Adds to counts. */
bool zone_map_row(const struct zone *zone, u64 scale, u32 n,
		  struct zone_map_row *row, struct zone_map_counts *counts);

/* Do strategy's scanners have places where they go on? */
bool zone_map_has_scanners(void);
/* Where pages are taken from, and put: now, else where scanners go on. 0: no. */
pfn_t zone_map_source(const struct zone *zone);
pfn_t zone_map_target(const struct zone *zone);

/* One letter for cells of several blocks: '@', else as frame_map_join(). */
char zone_map_join(char a, char b);
