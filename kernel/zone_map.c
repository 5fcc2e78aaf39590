// SPDX-License-Identifier: MIT
/*
 * kernel/zone_map.c - a zone as rows of letters
 *
 * A cell stands for one pageblock by what it really holds
 * (frame_map_block_letter()), '#' for a huge page of the pool. When memory is
 * large and the screen is small, a cell stands for 2, 4, 8, ... of them:
 *
 *	blocks  M M m . | . . . . | M U . . | R . @ .
 *	cell    m       | .       | x       | @
 *
 * The counts are of blocks all the same.
 */
#include <kernel/string.h>
#include <mm/isolate.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>

#include "compact_marks.h"
#include "zone_map.h"

/* --- one block --- */

/* A racy look: what the record says now, maybe not what it says next. */
static bool is_huge(const struct zone *zone, pfn_t pfn)
{
	const struct page *page = pfn_to_page(pfn);

	return zone_spans_pfn(zone, pfn) && page->kind_order &&
	       page_kind(page) == PAGE_HUGETLB;
}

static char block_letter(const struct zone *zone, const struct pageblock *b,
			 pfn_t pfn)
{
	char letter = frame_map_block_letter(b);

	if (letter != '.' && !b->nr[FRAME_FREE] && !b->nr[FRAME_RESERVED] &&
	    is_huge(zone, pfn))
		return '#';
	return letter;
}

static void count_pure(struct zone_map_counts *counts, char letter)
{
	const char *type = strchr(migratetype_letters, letter & ~0x20);

	if (type)
		counts->pure[type - migratetype_letters]++;
}

static void count_block(struct zone_map_counts *counts,
			const struct pageblock *b, char letter)
{
	counts->free += letter == '.';
	counts->mixed += letter == 'x' || letter == 'X';
	counts->reserved += letter == 'R';
	counts->partly += letter == 'r';
	counts->isolated += letter == 'I';
	counts->compacting += letter == '@';
	counts->pinned += letter == 'p' || letter == 'P';
	counts->huge += letter == '#';
	counts->movable += letter == '@' ||
			   (letter != '#' && block_is_movable(b));
	if (!strchr(".xXrRI@pP#", letter))
		count_pure(counts, letter);
}

/* --- several --- */

static bool is_small(char letter)
{
	return letter == '.' || (letter >= 'a' && letter <= 'z');
}

static char capital(char letter)
{
	return letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') :
						letter;
}

/* What could never be had, or is had, says less than the other one. */
static bool gives_way(char letter, char other)
{
	return letter == 'R' || letter == 'r' ||
	       (letter == '#' && !strchr("Rr.", other));
}

char zone_map_join(char a, char b)
{
	bool small = is_small(a) || is_small(b);
	char letter;

	if (a == b || b == ' ' || a == '@')
		return a;
	if (a == ' ' || b == '@' || gives_way(a, b))
		return b;
	if (gives_way(b, a))
		return a;
	if (a == '.')
		letter = capital(b);
	else if (b == '.' || capital(a) == capital(b))
		letter = capital(a);
	else
		letter = 'X';
	return letter >= 'A' && letter <= 'Z' && letter != 'I' && small ?
		       (char)(letter - 'A' + 'a') :
		       letter;
}

/* --- rows --- */

static u64 row_blocks(u64 scale)
{
	return FRAME_MAP_COLUMNS * scale;
}

static u64 first_row(const struct zone *zone, u64 scale)
{
	return zone->fl->first_block / row_blocks(scale);
}

u32 zone_map_nr_rows(const struct zone *zone, u64 scale)
{
	u64 end = zone->fl->first_block + zone->fl->nr_blocks;

	return (u32)(DIV_ROUND_UP(end, row_blocks(scale)) -
		     first_row(zone, scale));
}

/* 0: nowhere. Between runs scanners stay where they will go on. */
pfn_t zone_map_source(const struct zone *zone)
{
	const struct compact_zone_state *c = &zone->compact;
	pfn_t now = READ_ONCE(c->now_source);

	return now || !zone_map_has_scanners() ?
		       now :
		       READ_ONCE(c->cached_migrate_pfn[0]);
}

pfn_t zone_map_target(const struct zone *zone)
{
	const struct compact_zone_state *c = &zone->compact;
	pfn_t now = READ_ONCE(c->now_target);

	return now || !zone_map_has_scanners() ? now :
						 READ_ONCE(c->cached_free_pfn);
}

bool zone_map_has_scanners(void)
{
	return mm_active->compact.strategy->compact_zone != compact_guided;
}

static u8 position_mark(const struct zone *zone, u64 number)
{
	pfn_t source = zone_map_source(zone), target = zone_map_target(zone);
	u8 mark = 0;

	if (source && source >> pageblock_order == number)
		mark |= FRAME_MAP_SOURCE;
	if (target && target >> pageblock_order == number)
		mark |= FRAME_MAP_TARGET;
	return mark;
}

static void add_block(const struct zone *zone, u64 number,
		      struct zone_map_row *row, u32 i,
		      struct zone_map_counts *counts)
{
	pfn_t pfn = number << pageblock_order;
	const struct pageblock *b;
	char letter;

	if (!freelist_has_block(zone, pfn))
		return;
	b = pfn_pageblock(zone, pfn);
	letter = block_letter(zone, b, pfn);
	count_block(counts, b, letter);
	row->cells[i] = zone_map_join(row->cells[i], letter);
	row->marks[i] |= compact_marks_of(number) | position_mark(zone, number);
}

bool zone_map_row(const struct zone *zone, u64 scale, u32 n,
		  struct zone_map_row *row, struct zone_map_counts *counts)
{
	u64 first = (first_row(zone, scale) + n) * row_blocks(scale);
	bool any = false;

	row->start = PFN_PHYS(first << pageblock_order);
	memset(row->cells, ' ', sizeof(row->cells));
	memset(row->marks, 0, sizeof(row->marks));
	for (u64 i = 0; i < row_blocks(scale); i++)
		add_block(zone, first + i, row, (u32)(i / scale), counts);
	for (u32 i = 0; i < FRAME_MAP_COLUMNS; i++)
		any |= row->cells[i] != ' ';
	return any;
}
