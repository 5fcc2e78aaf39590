// SPDX-License-Identifier: MIT
/*
 * tests/exhaustive/one_type.c - all sets of allocated blocks of 16 frames
 *
 * Two pageblocks of 8 frames, one migratetype, orders 0 to 4. A state is the
 * set of allocated (place, order). How many there are: a region of one frame
 * is free or allocated, s(0) = 2; a region of order k + 1 is allocated as a
 * whole, or each half is in some state of its own: s(k + 1) = s(k)^2 + 1.
 * So s(4) = 458,330. Over two blocks that are not buddies the last step is
 * missing its whole: s(3)^2 = 458,329.
 *
 * From each state: free each allocated block; take each free place by
 * freelist_take_at(); allocate each order, and single frames in bulk, where
 * the allocator likes; free single frames in bulk.
 */
#include <stdio.h>

#include <mm/buddy.h>

#include "exhaust.h"

#define NR_FRAMES 16
#define TYPE	  MIGRATE_MOVABLE

/* Four bits a frame: free, head of order n (n + 1), or tail. */
#define CELL_FREE 0
#define CELL_TAIL 15

static struct pageblock blocks[2];
static pfn_t base;
static u8 cell[NR_FRAMES];
static u32 map; /* a bit for each free cell */
static u64 loaded;
static u64 nr_transitions;

static u64 encode(void)
{
	u64 state = 0;

	for (u32 i = 0; i < NR_FRAMES; i++)
		state |= (u64)cell[i] << (4 * i);
	return state;
}

static void decode(u64 state)
{
	map = 0;
	for (u32 i = 0; i < NR_FRAMES; i++) {
		cell[i] = state >> (4 * i) & 15;
		map |= (u32)(cell[i] == CELL_FREE) << i;
	}
}

void show_state(void)
{
	static const char letters[] = ".01234         -";

	printf("# state before: ");
	for (u32 i = 0; i < NR_FRAMES; i++)
		printf("%c", letters[loaded >> (4 * i) & 15]);
	printf("  (., free; n, head of order n; -, tail)\n");
}

static void model_take(u32 place, u32 order)
{
	memset(&cell[place], CELL_TAIL, 1u << order);
	cell[place] = (u8)(order + 1);
	map &= ~run_mask(place, order);
}

static void model_put(u32 place, u32 order)
{
	memset(&cell[place], CELL_FREE, 1u << order);
	map |= run_mask(place, order);
}

static void load(u64 state)
{
	now("load", 0, 0);
	decode(state);
	loaded = state;
	zone_begin(base, NR_FRAMES, blocks);
	for (u32 i = 0; i < ARRAY_SIZE(blocks); i++) {
		pageblock_init(&blocks[i], TYPE);
		freelist_put_reserved(&zone, base + i * pageblock_nr_pages,
				      pageblock_order);
	}
	for (u32 i = 0; i < NR_FRAMES; i++)
		if (cell[i] != CELL_FREE && cell[i] != CELL_TAIL)
			freelist_take_at(&zone, base + i, cell[i] - 1u, TYPE);
}

/* --- the comparison --- */

static void check_maps(void)
{
	u32 nr_free = 0;

	for (u32 i = 0; i < ARRAY_SIZE(blocks); i++) {
		const struct pageblock *b = &blocks[i];
		u32 part = map >> (i * pageblock_nr_pages) &
			   run_mask(0, pageblock_order);
		u32 nr = (u32)__builtin_popcount(part);

		nr_free += nr;
		agree("free map", b->free_map[0], part);
		agree("free count", b->nr[FRAME_FREE], nr);
		agree("charged count", b->nr[TYPE], pageblock_nr_pages - nr);
	}
	agree("free frames", zone.nr_free_pages, nr_free);
}

static void check_chunks(void)
{
	u64 is[NR_PAGE_ORDERS], should[NR_PAGE_ORDERS];

	freelist_count(&zone, TYPE, is);
	count_chunks(map, NR_FRAMES, should);
	if (base % MAX_ORDER_NR_PAGES && should[MAX_ORDER]) {
		should[MAX_ORDER] = 0;
		should[pageblock_order] += 2;
	}
	for (u32 o = 0; o < NR_PAGE_ORDERS; o++)
		agree("chunks of an order", is[o], should[o]);
}

/* After an operation the zone must be what the model says. */
static void check(void)
{
	agree("freelist_check()", (u64)freelist_check(&zone), 0);
	check_maps();
	check_chunks();
}

static void arrived(void)
{
	u64 state = encode();

	nr_transitions++;
	check();
	state_add(state, state);
}

static void back(void)
{
	zone_restore();
	decode(loaded);
}

/* --- operations --- */

static bool place_exists(u32 place, u32 order)
{
	return order < MAX_ORDER || IS_ALIGNED(base + place, MAX_ORDER_NR_PAGES);
}

static bool is_free(u32 place, u32 order)
{
	u32 mask = run_mask(place, order);

	return (map & mask) == mask && place_exists(place, order);
}

static void try_free(u32 place)
{
	u32 order = cell[place] - 1u;

	now("freelist_put", place, order);
	freelist_put(&zone, base + place, order, TYPE);
	model_put(place, order);
	arrived();
	back();
}

static void try_take_at(u32 place, u32 order)
{
	now("freelist_take_at", place, order);
	freelist_take_at(&zone, base + place, order, TYPE);
	model_take(place, order);
	arrived();
	back();
}

/* A flush: the first `max` single frames in use. */
static void try_flush(u32 max)
{
	struct page *pages[NR_FRAMES];
	u32 nr = 0;

	now("freelist_put_frames", 0, max);
	for (u32 i = 0; i < NR_FRAMES && nr < max; i++) {
		if (cell[i] != 1)
			continue;
		pages[nr++] = pfn_to_page(base + i);
		model_put(i, 0);
	}
	freelist_put_frames(&zone, pages, nr, TYPE);
	arrived();
	back();
}

/* Largest free chunk of one block; MAX_ORDER for both. */
static s32 largest_of(u32 block)
{
	if (is_free(0, MAX_ORDER))
		return MAX_ORDER;
	for (s32 o = pageblock_order; o >= 0; o--)
		for (u32 at = 0; at < pageblock_nr_pages; at += 1u << o)
			if (is_free((u32)(block * pageblock_nr_pages) + at,
				    (u32)o))
				return o;
	return NO_CHUNK;
}

/* Smallest order >= order of a maximal chunk of the block, and its place. */
static u32 best_fit(u32 block, u32 order, u32 *place)
{
	u32 first = (u32)(block * pageblock_nr_pages);

	if (largest_of(block) == MAX_ORDER) {
		*place = order < MAX_ORDER ? first : 0;
		return MAX_ORDER;
	}
	for (u32 o = order; o <= pageblock_order; o++)
		for (u32 at = first; at < first + pageblock_nr_pages;
		     at += 1u << o)
			if (is_free(at, o) &&
			    (o == pageblock_order ||
			     !is_free(at & ~(1u << o), o + 1))) {
				*place = at;
				return o;
			}
	return NO_CHUNK;
}

static void try_alloc(u32 order)
{
	struct pageblock *b;
	s32 best = MAX_ORDER + 1;
	u32 place, expected = 0;

	now("freelist_find, freelist_take", 0, order);
	for (u32 i = 0; i < ARRAY_SIZE(blocks); i++)
		if (largest_of(i) >= (s32)order)
			best = min(best, largest_of(i));
	b = freelist_find(&zone, order, TYPE);
	agree("whether a block is found", b != NULL, best <= MAX_ORDER);
	if (!b)
		return;
	agree("largest chunk of the chosen block", (u64)b->largest, (u64)best);
	best_fit((u32)(b - blocks), order, &expected);
	place = (u32)(freelist_take(&zone, b, order, TYPE) - base);
	agree("place taken", place, expected);
	model_take(place, order);
	arrived();
	back();
}

static u32 fill_class(const struct pageblock *b)
{
	return (b->nr[FRAME_FREE] - 1u) * NR_FILL_CLASSES / pageblock_nr_pages;
}

/* A refill: up to max single frames, lowest first, of the fullest block. */
static void try_bulk(u32 max)
{
	struct pageblock *b = freelist_find_fullest(&zone, TYPE);
	struct page *out[NR_FRAMES];
	u32 nr, frames;

	now("freelist_find_fullest, freelist_take_frames", max, 0);
	agree("whether a block is found", b != NULL, map != 0);
	if (!b)
		return;
	for (u32 i = 0; i < ARRAY_SIZE(blocks); i++)
		if (blocks[i].nr[FRAME_FREE])
			agree("in no emptier class than the other",
			      fill_class(b) <= fill_class(&blocks[i]), 1);
	nr = freelist_take_frames(&zone, b, TYPE, out, max);
	frames = map & run_mask((u32)((b - blocks) * pageblock_nr_pages),
				pageblock_order);
	agree("frames taken", nr, min((u32)__builtin_popcount(frames), max));
	for (u32 i = 0; i < nr; i++, frames &= frames - 1) {
		agree("frame taken", page_to_pfn(out[i]) - base,
		      (u64)__builtin_ctz(frames));
		model_take((u32)__builtin_ctz(frames), 0);
	}
	arrived();
	back();
}

/* The questions that change nothing, at every place. */
static void ask(void)
{
	for (u32 o = 0; o <= pageblock_order; o++)
		for (u32 i = 0; i < NR_FRAMES; i += 1u << o) {
			const struct pageblock *b =
				&blocks[i / pageblock_nr_pages];
			u32 offset = i % pageblock_nr_pages;

			now("buddy_all_free, buddy_any_free", i, o);
			agree("all free", buddy_all_free(b, offset, o),
			      (map & run_mask(i, o)) == run_mask(i, o));
			agree("any free", buddy_any_free(b, offset, o),
			      (map & run_mask(i, o)) != 0);
		}
}

static void expand(u64 state)
{
	load(state);
	check();
	ask();
	zone_save();
	for (u32 o = 0; o <= MAX_ORDER; o++)
		for (u32 i = 0; i < NR_FRAMES; i += 1u << o)
			if (is_free(i, o))
				try_take_at(i, o);
	for (u32 i = 0; i < NR_FRAMES; i++)
		if (cell[i] != CELL_FREE && cell[i] != CELL_TAIL)
			try_free(i);
	for (u32 o = 0; o <= MAX_ORDER; o++)
		try_alloc(o);
	try_bulk(3);
	try_bulk(NR_FRAMES);
	try_flush(3);
	try_flush(NR_FRAMES);
}

static void walk(u32 number, const char *name, pfn_t first, u64 expected)
{
	u64 state;

	base = first;
	nr_transitions = 0;
	states_clear();
	state_add(0, 0);
	while (state_next(&state))
		expand(state);
	printf("# %lu states, %lu transitions\n", states_seen(), nr_transitions);
	now("the end", 0, 0);
	agree("number of states", states_seen(), expected);
	printf("ok %u %s\n", number, name);
}

int main(void)
{
	printf("KTAP version 1\n1..2\n");
	walk(1, "one_chunk_of_16", MAX_ORDER_NR_PAGES, 458330);
	walk(2, "blocks_that_are_no_buddies", pageblock_nr_pages, 458329);
	return 0;
}
