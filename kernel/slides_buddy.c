// SPDX-License-Identifier: MIT
/*
 * kernel/slides_buddy.c - the slides on splitting and coalescing
 *
 *	pages         |M.......MMMM....|
 *	free_list[0] 1  [1] 1  [2] 2  [3] 0  [4] 0
 *
 * Sixteen pages, so that one sees each of them. The zone cuts a pageblock:
 * only its first 16 frames are there.
 */
#include <kernel/printk.h>
#include <mm/buddy.h>

#include "frame_map.h"
#include "slides_internal.h"

#define NR_PAGES 16
#define NR_LISTS 5

static void count(const struct slides *s, u64 nr[NR_PAGE_ORDERS])
{
	freelist_count(s->zone, MIGRATE_MOVABLE, nr);
}

static void draw(struct slides *s)
{
	static char cells[pageblock_nr_pages];
	u64 nr[NR_PAGE_ORDERS];

	if (s->options->quiet)
		return;
	frame_map_read(s->zone, &s->zone->fl->blocks[0], cells);
	console_printf("    pages |");
	frame_map_print(cells, NR_PAGES);
	console_printf("|  %lu free\n    free_list", s->zone->nr_free_pages);
	count(s, nr);
	for (u32 o = 0; o < NR_LISTS; o++)
		console_printf(" [%u] %lu ", o, nr[o]);
	console_printf("\n");
	slides_pause(s);
}

/* The number of free chunks of order 0 to 4. */
static void expect_lists(struct slides *s, const u8 should[NR_LISTS])
{
	static const char *const what[NR_LISTS] = {
		"free chunks of order 0", "free chunks of order 1",
		"free chunks of order 2", "free chunks of order 3",
		"free chunks of order 4",
	};
	u64 nr[NR_PAGE_ORDERS];

	count(s, nr);
	for (u32 o = 0; o < NR_LISTS; o++)
		slides_expect(s, what[o], (s64)nr[o], should[o]);
}

static void split(struct slides *s)
{
	slides_say(s, "16 pages, all free: one chunk of order 4.");
	slides_add(s, ". free, M handed out; free_list[n] counts free chunks "
		      "of 2^n pages");
	draw(s);
	expect_lists(s, (const u8[]){ 0, 0, 0, 0, 1 });

	slides_say(s, "One page is wanted. The chunk is halved until one page "
		      "is left over; the other halves stay free, one of "
		      "each order.");
	slides_expect(s, "the page", slides_take(s, 0, MIGRATE_MOVABLE), 0);
	draw(s);
	expect_lists(s, (const u8[]){ 1, 1, 1, 1, 0 });

	slides_say(s, "Four pages are wanted. A chunk of just that order is "
		      "there: nothing is split.");
	slides_expect(s, "the chunk", slides_take(s, 2, MIGRATE_MOVABLE), 4);
	draw(s);
	expect_lists(s, (const u8[]){ 1, 1, 0, 1, 0 });
}

static void coalesce(struct slides *s)
{
	slides_say(s, "The single page comes back. It joins its buddy, the "
		      "pair joins its own; there it ends, as the next "
		      "buddy (pages 4-7) is in use.");
	slides_give(s, 0, 1);
	draw(s);
	expect_lists(s, (const u8[]){ 0, 0, 1, 1, 0 });

	slides_say(s, "The four pages come back: all is one chunk again.");
	slides_give(s, 4, 1);
	draw(s);
	expect_lists(s, (const u8[]){ 0, 0, 0, 0, 1 });
}

static void fragment(struct slides *s)
{
	static const u8 freed[] = { 0, 1, 2, 3, 5, 8, 9, 12, 14 };

	slides_say(s, "All pages are handed out one by one, then nine come "
		      "back, here and there. Nine pages are free, yet an "
		      "order-3 request (eight pages) fails.");
	for (u32 i = 0; i < NR_PAGES; i++)
		slides_take(s, 0, MIGRATE_MOVABLE);
	slides_expect(s, "free pages", (s64)s->zone->nr_free_pages, 0);
	for (u32 i = 0; i < sizeof(freed); i++)
		slides_give(s, freed[i], 1);
	draw(s);
	slides_expect(s, "free pages", (s64)s->zone->nr_free_pages, 9);
	expect_lists(s, (const u8[]){ 3, 1, 1, 0, 0 });
	slides_expect(s, "the order-3 chunk",
		      slides_take(s, 3, MIGRATE_MOVABLE), -1);

	slides_say(s, "Three more pages come back, the right ones: now there "
		      "is one.");
	slides_give(s, 4, 1);
	slides_give(s, 6, 2);
	draw(s);
	expect_lists(s, (const u8[]){ 2, 1, 0, 1, 0 });
	slides_expect(s, "the order-3 chunk",
		      slides_take(s, 3, MIGRATE_MOVABLE), 0);
}

void slides_buddy(struct slides *s)
{
	split(s);
	coalesce(s);
	fragment(s);
}
