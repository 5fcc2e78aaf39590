// SPDX-License-Identifier: MIT
/*
 * kernel/slides_grouping.c - the slides on grouping by mobility
 *
 *	block 0 Unmovable   |UUUUUUUUUUUU...|    0 free
 *	block 1 Movable     |MMMM.MMMMMMM...|    8 free
 *	block 2 Movable     |..MMMMuMMM.M...|   30 free, lent to Unmovable
 *
 * Four pageblocks, a row each, a cell is 8 pages. Blocks 0 and 1 are buddies,
 * 2 and 3 too. What differs from policy to policy is in struct rules.
 *
 * Where `classic` departs from the talk: there each free chunk stands on a
 * list of its own, so chunks of one block can be on lists of two types, and a
 * freed page takes along only what it merges with. Here a block's free pages
 * are listed together, so the first page freed into a block takes all of its
 * lent pages back: lent_block_frees(). Single pages come from a block's lowest
 * free frames, larger chunks from its smallest, so requests are for pairs.
 */
#include <kernel/printk.h>
#include <kernel/string.h>
#include <mm/mm_state.h>

#include "frame_map.h"
#include "slides_internal.h"

#define NR_ROWS 4

/* What a policy does where they differ. */
struct rules {
	const char *name;
	bool lends;	/* all free pages of the block, not one chunk */
	u8 unmovable_block; /* that the first unmovable fallback goes to */
	u16 unmovable_page;	/* and where in it */
	u8 second_block; /* and the one after two blocks got a free cell */
};

static const struct rules all_rules[] = {
	{ "classic", true, 2, 6 * CELL_FRAMES, 2 },
	{ "linux", false, 1, 4 * CELL_FRAMES, 3 },
	{ "mixed", false, 1, 4 * CELL_FRAMES, 1 },
};

static const struct rules *find_rules(const char *name)
{
	for (u32 i = 0; i < ARRAY_SIZE(all_rules); i++)
		if (!strcmp(all_rules[i].name, name))
			return &all_rules[i];
	return NULL;
}

bool slides_know_policy(const char *name)
{
	return find_rules(name);
}

/* --- looking --- */

static struct pageblock *block(const struct slides *s, u32 row)
{
	return &s->zone->fl->blocks[row];
}

static u32 own_type(const struct pageblock *b)
{
	return b->bits & BLOCK_TYPE_MASK;
}

static bool is_lent(const struct pageblock *b)
{
	return b->bits & BLOCK_LENT_MASK;
}

static void draw_row(struct slides *s, u32 row)
{
	static char frames[pageblock_nr_pages];
	const struct pageblock *b = block(s, row);
	char cells[ROW_CELLS];

	frame_map_read(s->zone, block(s, row), frames);
	for (u32 i = 0; i < ROW_CELLS; i++)
		cells[i] = frame_map_join(frames + i * CELL_FRAMES,
					  CELL_FRAMES);
	console_printf("    %u %-11s |", row, migratetype_names[own_type(b)]);
	frame_map_print(cells, ROW_CELLS);
	console_printf("| %u free", b->nr[FRAME_FREE]);
	if (is_lent(b))
		console_printf(", lent to %s",
			       migratetype_names[pageblock_type(b)]);
	console_printf("\n");
}

static void draw(struct slides *s)
{
	if (s->options->quiet)
		return;
	for (u32 row = 0; row < NR_ROWS; row++)
		draw_row(s, row);
	slides_pause(s);
}

static s64 events(const struct slides *s)
{
	return (s64)(s->zone->fallback.nr_claims + s->zone->fallback.nr_steals);
}

static s64 nr_free(const struct slides *s, enum migratetype type)
{
	return (s64)s->zone->fl->nr_free[type];
}

static u32 page_at(u32 row, u32 cell)
{
	return row * (u32)pageblock_nr_pages + cell * CELL_FRAMES;
}

static void give_cells(struct slides *s, u32 row, u32 cell, u32 nr)
{
	slides_give(s, page_at(row, cell), nr * CELL_FRAMES);
}

/* Take what is free of a type, so that the next request must fall back. */
static void use_up(struct slides *s, enum migratetype type, u32 order)
{
	while (nr_free(s, type))
		slides_take(s, order, type);
}

/* --- the story --- */

static void set_the_stage(struct slides *s)
{
	u64 flags;

	/* Block 0 alone is free, or its buddy would change type with it. */
	use_up(s, MIGRATE_MOVABLE, CELL_ORDER);
	give_cells(s, 0, 0, ROW_CELLS);
	flags = spin_lock_irqsave(&s->zone->lock);
	freelist_retype(s->zone, block(s, 0), MIGRATE_UNMOVABLE);
	spin_unlock_irqrestore(&s->zone->lock, flags);
	use_up(s, MIGRATE_UNMOVABLE, CELL_ORDER);
	give_cells(s, 1, 4, 1);
	give_cells(s, 2, 0, 2);
	give_cells(s, 2, 6, 1);
	give_cells(s, 2, 10, 1);
	slides_say(s, "Memory is divided into pageblocks of 512 pages, each of "
		      "a type. The one Unmovable block is full, the Movable "
		      "ones have a few free pages.");
	slides_add(s, "A cell is 8 pages: . free, U M E handed out for that "
		      "type (small: some pages free), x several types");
	draw(s);
	slides_expect(s, "Unmovable free pages",
		      nr_free(s, MIGRATE_UNMOVABLE), 0);
	slides_expect(s, "Movable free pages", nr_free(s, MIGRATE_MOVABLE), 40);
	slides_expect(s, "block 2's largest order", block(s, 2)->largest, 4);
}

static void unmovable_fallback(struct slides *s, const struct rules *r)
{
	struct pageblock *b = block(s, r->unmovable_block);

	slides_say(s, r->lends ?
		   "Two unmovable pages are wanted and have to fall back. Block "
		   "2 has the largest free chunk: all its free pages go "
		   "to the Unmovable list (too few to repaint the block), "
		   "and the smallest chunk of them is used (cell 6)." :
		   "Two unmovable pages are wanted and have to fall back. No "
		   "block is worth claiming, so they are taken out of a "
		   "small chunk of a Movable block, which keeps the rest.");
	slides_expect(s, "the page", slides_take(s, 1, MIGRATE_UNMOVABLE),
		      r->unmovable_block * (s64)pageblock_nr_pages +
			      r->unmovable_page);
	draw(s);
	slides_expect(s, "fallback events", events(s), 1);
	slides_expect(s, "the block's own type", own_type(b), MIGRATE_MOVABLE);
	slides_expect(s, "lent", is_lent(b), r->lends);
	slides_expect(s, "Unmovable free pages",
		      nr_free(s, MIGRATE_UNMOVABLE), r->lends ? 30 : 0);

	slides_say(s, r->lends ?
		   "Three more pairs of unmovable pages: such pages are on the "
		   "Unmovable list now, nothing falls back." :
		   "Three more pairs of unmovable pages: each is a fallback "
		   "again, into the same hole.");
	for (u32 i = 0; i < 3; i++)
		slides_take(s, 1, MIGRATE_UNMOVABLE);
	draw(s);
	slides_expect(s, "fallback events", events(s), r->lends ? 1 : 4);
	slides_expect(s, "unmovable pages in the block",
		      b->nr[FRAME_UNMOVABLE], 8);
}

static void second_fallback(struct slides *s, const struct rules *r)
{
	s64 before = events(s), page;

	give_cells(s, 1, 40, 1);
	give_cells(s, 3, 7, 1);
	slides_say(s, r->lends ?
		   "Movable pages are freed in blocks 1 and 3. Eight unmovable "
		   "pages still come from what block 2 lent: no further "
		   "block is polluted." :
		   r->second_block == 3 ?
		   "Movable pages are freed in block 1 and in block 3, which is "
		   "pure. Eight unmovable pages are wanted: the chunk freed "
		   "last is taken, and pollutes a second block (an open "
		   "issue of the talk)." :
		   "Movable pages are freed in block 1 and in block 3, which is "
		   "pure. Eight unmovable pages are wanted: block 1 is "
		   "polluted already, so it is taken and block 3 stays pure.");
	page = slides_take(s, CELL_ORDER, MIGRATE_UNMOVABLE);
	draw(s);
	slides_expect(s, "the block it came from",
		      page / (s64)pageblock_nr_pages, r->second_block);
	slides_expect(s, "further fallback events", events(s) - before,
		      r->lends ? 0 : 1);
	slides_expect(s, "unmovable pages in block 3",
		      block(s, 3)->nr[FRAME_UNMOVABLE],
		      r->second_block == 3 ? CELL_FRAMES : 0);
}

static void later_frees(struct slides *s, const struct rules *r)
{
	slides_say(s, r->lends ?
		   "Movable pages (cells 2, 3) are freed in block 2. The block is "
		   "Movable, so they go to the Movable list; they merge "
		   "with the free pages beside them, and take these along." :
		   "Movable pages (cells 2, 3) are freed in block 2 and merge "
		   "with the free pages beside them. Pages go to the list of "
		   "their block's type, always.");
	give_cells(s, 2, 2, 2);
	draw(s);
	slides_expect(s, "lent", is_lent(block(s, 2)), false);
	slides_expect(s, "block 2's largest order", block(s, 2)->largest, 5);
	slides_expect(s, "Unmovable free pages",
		      nr_free(s, MIGRATE_UNMOVABLE), 0);

	slides_say(s, "Unmovable pages (cell 40) are freed in the Unmovable "
		      "block: to the Unmovable list.");
	give_cells(s, 0, 40, 1);
	draw(s);
	slides_expect(s, "Unmovable free pages",
		      nr_free(s, MIGRATE_UNMOVABLE), CELL_FRAMES);
}

static void movable_fallback(struct slides *s, const struct rules *r)
{
	s64 before;

	use_up(s, MIGRATE_MOVABLE, CELL_ORDER);
	before = events(s);
	slides_say(s, "No movable page is left: two are wanted. The largest "
		      "other chunk has order 3, below 4: they are taken "
		      "from it, the rest stays with the Unmovable block.");
	slides_expect(s, "the page", slides_take(s, 1, MIGRATE_MOVABLE),
		      page_at(0, 40));
	draw(s);
	slides_expect(s, "lent", is_lent(block(s, 0)), false);
	slides_expect(s, "Unmovable free pages",
		      nr_free(s, MIGRATE_UNMOVABLE), 6);

	give_cells(s, 0, 16, 4);
	slides_say(s, r->lends ?
		   "Cells 16-19 are freed there: a chunk of order 5. For the "
		   "next movable pages all free pages of the block go to "
		   "the Movable list, and the smallest chunk is used (cell 40)." :
		   "Cells 16-19 are freed there: a chunk of order 5. The next "
		   "movable pages are still taken alone: block 0 holds too "
		   "little that is free or movable to be claimed.");
	slides_expect(s, "the page", slides_take(s, 1, MIGRATE_MOVABLE),
		      page_at(0, 40) + 2);
	draw(s);
	slides_expect(s, "fallback events", events(s) - before, 2);
	slides_expect(s, "lent", is_lent(block(s, 0)), r->lends);
	slides_expect(s, "Movable free pages", nr_free(s, MIGRATE_MOVABLE),
		      r->lends ? 36 : 0);
}

static void lent_block_frees(struct slides *s, const struct rules *r)
{
	slides_say(s, "A page of the Unmovable block (cell 21) is freed: to "
		      "the Unmovable list.");
	if (r->lends) {
		slides_add(s, "In the talk the rest of the block stays on the "
			      "Movable list, as it doesn't merge with "
			      "this page. Here a block's free pages stand on "
			      "one list, so all of them go back.");
	}
	give_cells(s, 0, 21, 1);
	draw(s);
	slides_expect(s, "lent", is_lent(block(s, 0)), false);
	slides_expect(s, "Unmovable free pages",
		      nr_free(s, MIGRATE_UNMOVABLE), 44);
	slides_expect(s, "Movable free pages", nr_free(s, MIGRATE_MOVABLE), 0);
}

static void repaint(struct slides *s)
{
	s64 claims = (s64)s->zone->fallback.nr_claims, page;

	use_up(s, MIGRATE_UNMOVABLE, 0);
	give_cells(s, 3, 32, 32);
	slides_say(s, "No unmovable page is left. In block 3 half is free "
		      "(X = 256); with the Y pages in it that suit "
		      "Unmovable, X + Y >= 256: the whole block changes type.");
	page = slides_take(s, 1, MIGRATE_UNMOVABLE);
	draw(s);
	slides_expect(s, "the page", page, page_at(3, 32));
	slides_expect(s, "block 3's type", own_type(block(s, 3)),
		      MIGRATE_UNMOVABLE);
	slides_expect(s, "claims", (s64)s->zone->fallback.nr_claims - claims,
		      1);

	slides_say(s, "Movable pages (cell 0) are freed in it: the block is "
		      "Unmovable, so are they now.");
	give_cells(s, 3, 0, 1);
	draw(s);
	slides_expect(s, "Unmovable free pages",
		      nr_free(s, MIGRATE_UNMOVABLE), 256 - 2 + CELL_FRAMES);
	slides_expect(s, "Movable free pages", nr_free(s, MIGRATE_MOVABLE), 0);
}

static void merge(struct slides *s)
{
	give_cells(s, 2, 0, ROW_CELLS);
	slides_say(s, "All of block 2 is freed: an order-9 chunk on the Movable "
		      "list.");
	draw(s);
	slides_expect(s, "block 2's largest order", block(s, 2)->largest,
		      pageblock_order);
	slides_expect(s, "block 2's type", own_type(block(s, 2)),
		      MIGRATE_MOVABLE);

	give_cells(s, 3, 0, ROW_CELLS);
	slides_say(s, "All of block 3, its buddy, is freed. They merge across "
		      "types to order 10: the type that started the merge "
		      "wins, so block 2 is Unmovable too.");
	draw(s);
	slides_expect(s, "block 2's largest order", block(s, 2)->largest,
		      MAX_ORDER);
	slides_expect(s, "block 2's type", own_type(block(s, 2)),
		      MIGRATE_UNMOVABLE);
	slides_expect(s, "block 3's type", own_type(block(s, 3)),
		      MIGRATE_UNMOVABLE);
}

void slides_grouping(struct slides *s)
{
	const struct rules *r = find_rules(s->options->expected ?:
						   s->options->policy);

	set_the_stage(s);
	unmovable_fallback(s, r);
	second_fallback(s, r);
	later_frees(s, r);
	movable_fallback(s, r);
	lent_block_frees(s, r);
	repaint(s);
	merge(s);
}
