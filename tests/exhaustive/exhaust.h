/* SPDX-License-Identifier: MIT */
/*
 * tests/exhaustive/exhaust.h - a zone so small that all its states are visited
 *
 * mm's own freelist.c, buddy.c, pageblock.c and fallback.c are compiled with
 * tiny pageblocks. A program walks breadth first: load a state, apply each
 * possible operation, compare the outcome with a model, remember it if it is
 * new. What was visited is a set of keys; a key says all that the model knows.
 *
 * The order of blocks on a list is no part of a key: which of two equal blocks
 * comes first decides nothing that is checked.
 *
 * Units    frames; place: a frame's number in the zone
 * Errors   the first disagreement is printed with the state and the operation
 *          that led there, and ends the program with status 1
 */
#pragma once

#include <kernel/string.h>
#include <mm/freelist.h>
#include <mm/page.h>
#include <mm/page_alloc.h>
#include <mm/zone.h>

extern struct zone zone;
extern struct freelists lists;

/* The zone's records start over, all frames of [first, first + nr) reserved. */
void zone_begin(pfn_t first, u32 nr, struct pageblock *blocks);
/* Everything that operations change, kept and brought back. */
void zone_save(void);
void zone_restore(void);

/* --- the set of states, and the queue of those still to be expanded --- */

/* True if the key is new; the state is then queued. */
bool state_add(u64 key, u64 state);
bool state_next(u64 *state);
u64 states_seen(void);
void states_clear(void);

/* --- findings --- */

/* What is being done; the program can show the state it was done to. */
extern const char *doing;
extern u32 doing_place, doing_order;
void show_state(void); /* given by the program */

void disagree(const char *what, u64 is, u64 should) __noreturn;

static inline void agree(const char *what, u64 is, u64 should)
{
	if (unlikely(is != should))
		disagree(what, is, should);
}

static inline void now(const char *what, u32 place, u32 order)
{
	doing = what;
	doing_place = place;
	doing_order = order;
}

/* Counts of maximal free chunks by order in a map of up to 16 frames. */
void count_chunks(u32 map, u32 nr_frames, u64 nr[NR_PAGE_ORDERS]);

static inline u32 run_mask(u32 place, u32 order)
{
	return ((1u << (1u << order)) - 1) << place;
}
