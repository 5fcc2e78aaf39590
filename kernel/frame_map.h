/* SPDX-License-Identifier: MIT */
/*
 * kernel/frame_map.h - who has each frame, as letters
 *
 * Units    frames; a cell is one letter
 * Locks    frame_map_read(), frame_stack_find() take zone->lock
 * Context  thread; reads this CPU's stacks and, while they rest, the others'
 *
 *	.  free			I  free, but isolated	R  reserved
 *	U  M  E  handed out for Unmovable, Movable, Reclaimable
 *	#  a huge page of the pool	P  a program's, but pinned
 *	s  on a CPU's stack	?  quarantined: nobody has it
 */
#pragma once

#include <mm/zone.h>

#define FRAME_MAP_COLUMNS 64
#define FRAME_MAP_LEGEND                                                       \
	"  . free, U Unmovable, M Movable, E Reclaimable (handed out), "       \
	"s on a CPU's stack,\n  # huge page, P pinned, I isolated, "         \
	"R reserved, ? quarantined\n"

/* The letters of a block's frames. */
void frame_map_read(struct zone *zone, struct pageblock *b,
		    char cells[static pageblock_nr_pages]);

/*
 * One letter for a whole block, by what it really holds:
 *	.  all free		U M E H C  only charges that suit its type
 *	X  charges of others	I isolated, R all reserved, r partly
 *	P  pure but for pins	@ being emptied by compaction
 * A small letter: some of it is free.
 */
char frame_map_block_letter(const struct pageblock *b);

/* One letter for several frames: '.', a charge, 'x' mixed; small as above. */
char frame_map_join(const char *cells, u32 nr);

/* Print cells, each kind in its colour if the terminal has colours. */
void frame_map_print(const char *cells, u32 nr);

/* What compaction does there, laid over the colour: FRAME_MAP_* of each cell. */
#define FRAME_MAP_SOURCE 1u /* pages leave: black on red, or '<' */
#define FRAME_MAP_TARGET 2u /* pages arrive: black on green, or '>' */
void frame_map_print_marked(const char *cells, const u8 *marks, u32 nr);

struct frame_stack {
	u32 cpu;
	u32 order;
	enum migratetype charge;
	pfn_t head;
};

/* The chunk on a CPU's stack that pfn lies in. */
bool frame_stack_find(struct zone *zone, pfn_t pfn, struct frame_stack *found);
