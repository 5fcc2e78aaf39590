/* SPDX-License-Identifier: MIT */
/*
 * kernel/slides_internal.h - what the parts of the slides share
 *
 * A cell is 8 frames: a pageblock is one row of 64 cells. Chunks of order 3
 * fill whole cells, so the row shows them exactly.
 */
#pragma once

#include <kernel/slides.h>
#include <mm/zone.h>

#define CELL_ORDER  3
#define CELL_FRAMES (1u << CELL_ORDER)
#define ROW_CELLS   ((u32)pageblock_nr_pages / CELL_FRAMES)

struct slides {
	const struct slides_options *options;
	struct zone *zone;
	u32 step, failures;
	char *failure;
};

/* Print the next step's number and caption, wrapped. */
void slides_say(struct slides *s, const char *caption);
/* One more paragraph below it. */
void slides_add(const struct slides *s, const char *text);
/* Is it so? Counts and reports if not. */
void slides_expect(struct slides *s, const char *what, s64 is, s64 should);
void slides_pause(const struct slides *s);

/* Zone of one's own without stacks in the way; false: no memory. */
bool slides_open(struct slides *s, u32 nr_blocks, u32 nr_frames);
/* Give back all that is in use, and the zone. */
void slides_close(struct slides *s);

/* A chunk's frame number, counted from the zone's first; -1: none. */
s64 slides_take(struct slides *s, u32 order, enum migratetype type);
/* Free all chunks that start in [first, first + nr), stacks drained. */
void slides_give(struct slides *s, u32 first, u32 nr);

void slides_buddy(struct slides *s);
void slides_grouping(struct slides *s);
/* Is it said what a policy is to do in these? */
bool slides_know_policy(const char *name);
/* Opens zones of its own; failures, -1: no memory. */
int slides_compaction(struct slides *s);
