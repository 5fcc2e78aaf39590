// SPDX-License-Identifier: MIT
/*
 * kernel/frame_map.c - who has each frame, as letters
 *
 * Four sources are laid over each other: the block's map says what is free,
 * the page records which allocation a frame belongs to and what is reserved,
 * the stacks what waits there. A frame that none of them knows is quarantined.
 */
#include <kernel/main.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/string.h>
#include <mm/mm_state.h>
#include <mm/page_ref.h>

#include "frame_map.h"

/* --- stacks --- */

struct stack_visit {
	struct zone *zone;
	void (*visit)(void *ctx, const struct frame_stack *place);
	void *ctx;
};

static void visit_cpu(const struct stack_visit *v, u32 cpu)
{
	struct frame_stack place = { .cpu = cpu };
	const struct per_cpu_pages *pcp = v->zone->pcp[cpu];

	for (u32 i = 0; i < NR_PCP_ORDERS * MIGRATE_PCPTYPES; i++) {
		u32 index = i / MIGRATE_PCPTYPES, c = i % MIGRATE_PCPTYPES;
		const struct pcp_stack *st = &pcp->stack[index][c];

		place.order = pcp_order(index);
		place.charge = (enum migratetype)c;
		for (u32 n = 0; n < st->count; n++) {
			place.head = page_to_pfn(st->entries[n]);
			v->visit(v->ctx, &place);
		}
	}
}

static void visit_stacks(const struct stack_visit *v)
{
	for (u32 cpu = 0; v->zone->pcp && cpu < MAX_CPUS; cpu++)
		if (v->zone->pcp[cpu])
			visit_cpu(v, cpu);
}

struct stack_search {
	pfn_t pfn;
	struct frame_stack *found;
	bool there;
};

static void compare_place(void *ctx, const struct frame_stack *place)
{
	struct stack_search *search = ctx;

	if (search->pfn < place->head ||
	    search->pfn >= place->head + (1UL << place->order))
		return;
	*search->found = *place;
	search->there = true;
}

bool frame_stack_find(struct zone *zone, pfn_t pfn, struct frame_stack *found)
{
	struct stack_search search = { .pfn = pfn, .found = found };
	struct stack_visit v = { zone, compare_place, &search };
	u64 flags = spin_lock_irqsave(&zone->lock);

	visit_stacks(&v);
	spin_unlock_irqrestore(&zone->lock, flags);
	return search.there;
}

struct block_cells {
	pfn_t first;
	char *cells;
};

static void mark_stacked(void *ctx, const struct frame_stack *place)
{
	struct block_cells *bc = ctx;

	if (place->head >= bc->first &&
	    place->head < bc->first + pageblock_nr_pages)
		memset(bc->cells + (place->head - bc->first), 's',
		       1UL << place->order);
}

/* --- letters --- */

static char frame_letter(const struct zone *zone, const struct pageblock *b,
			 pfn_t pfn)
{
	const struct page *page = pfn_to_page(pfn), *head;

	if (block_frame_is_free(b, (u32)(pfn & (pageblock_nr_pages - 1))))
		return b->bits & BLOCK_ISOLATE ? 'I' : '.';
	if (page_flag(page, PG_reserved) || page->zone_index != zone->index)
		return 'R';
	head = page_head(kernel_mm(), pfn);
	if (!head)
		return '?';
	if (page_kind(head) == PAGE_HUGETLB)
		return '#';
	return page_pinned(head) ? 'P' : migratetype_letters[page_charge(head)];
}

void frame_map_read(struct zone *zone, struct pageblock *b,
		    char cells[static pageblock_nr_pages])
{
	struct block_cells bc = { pageblock_pfn(zone, b), cells };
	struct stack_visit v = { zone, mark_stacked, &bc };
	u64 flags = spin_lock_irqsave(&zone->lock);

	for (u32 i = 0; i < pageblock_nr_pages; i++)
		cells[i] = frame_letter(zone, b, bc.first + i);
	visit_stacks(&v);
	spin_unlock_irqrestore(&zone->lock, flags);
}

static char small_if(char letter, bool small)
{
	return small ? (char)(letter + 'a' - 'A') : letter;
}

char frame_map_block_letter(const struct pageblock *b)
{
	u32 free = b->nr[FRAME_FREE];

	if (b->nr[FRAME_RESERVED])
		return small_if('R', b->nr[FRAME_RESERVED] <
					     pageblock_nr_pages);
	if (b->bits & BLOCK_COMPACTING)
		return '@';
	if (b->bits & BLOCK_ISOLATE)
		return 'I';
	if (free == pageblock_nr_pages)
		return '.';
	if (pageblock_nr_foreign(b))
		return small_if('X', free);
	if (b->nr_pinned)
		return small_if('P', free);
	return small_if(migratetype_letters[b->bits & BLOCK_TYPE_MASK], free);
}

char frame_map_join(const char *cells, u32 nr)
{
	u32 free = 0;
	char letter = '.';

	for (u32 i = 0; i < nr; i++) {
		if (cells[i] == '.')
			free++;
		else if (letter == '.' || letter == cells[i])
			letter = cells[i];
		else
			letter = 'X';
	}
	return letter == '.' ? '.' : small_if(letter, free);
}

/* ANSI foreground colours; 39 is the terminal's own. */
static u32 colour_of(char letter)
{
	static const struct {
		const char *letters;
		u32 colour;
	} kinds[] = {
		{ "Uu", 31 },	{ "Mm", 32 }, { "Ee", 33 },    { "Xx?", 35 },
		{ "IHhCc", 36 }, { "s", 34 }, { "Rr", 90 },
		{ "#", 96 },	{ "Pp", 93 }, { "@", 91 },
	};

	for (u32 i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strchr(kinds[i].letters, letter))
			return kinds[i].colour;
	return 39;
}

static u8 mark_of(const u8 *marks, u32 i)
{
	return marks ? marks[i] : 0;
}

static u32 run_length(const char *cells, const u8 *marks, u32 from, u32 nr)
{
	u32 n = 1;

	while (from + n < nr && cells[from + n] == cells[from] &&
	       mark_of(marks, from + n) == mark_of(marks, from))
		n++;
	return n;
}

/* Both at once is a source: what leaves decides what the block will be. */
static void print_plain(const char *cells, u32 nr, u8 mark)
{
	if (!mark)
		console_printf("%.*s", (int)nr, cells);
	for (u32 i = 0; mark && i < nr; i++)
		console_printf("%c", mark & FRAME_MAP_SOURCE ? '<' : '>');
}

static void print_coloured(const char *cells, u32 nr, u8 mark)
{
	if (mark)
		console_printf("\033[30;%um%.*s\033[0m",
			       mark & FRAME_MAP_SOURCE ? 41u : 42u, (int)nr,
			       cells);
	else if (*cells == ' ')
		console_printf("%.*s", (int)nr, cells);
	else
		console_printf("\033[%um%.*s\033[0m", colour_of(*cells),
			       (int)nr, cells);
}

void frame_map_print_marked(const char *cells, const u8 *marks, u32 nr)
{
	for (u32 i = 0; i < nr;) {
		u32 n = run_length(cells, marks, i, nr);

		if (shell_is_plain())
			print_plain(cells + i, n, mark_of(marks, i));
		else
			print_coloured(cells + i, n, mark_of(marks, i));
		i += n;
	}
}

void frame_map_print(const char *cells, u32 nr)
{
	frame_map_print_marked(cells, NULL, nr);
}
