// SPDX-License-Identifier: MIT
/*
 * mm/freelist_link.c - a block moves from list to list
 *
 * A block stands on up to three lists: by largest chunk, by fullness, by
 * mixture (mm/freelist.c). block_relink() compares where it stood with where it
 * belongs and moves only what differs. Two buddy blocks, both wholly free and
 * of one type, make a pair: a chunk of MAX_ORDER, for which the lower one
 * stands on the list.
 */
#include <mm/buddy.h>

#include "freelist_internal.h"

/* --- one link of one block --- */

static void unlink_mixed(struct freelists *fl, struct pageblock *b, u32 type,
			 u32 n)
{
	list_del(&b->mixed_link);
	if (list_empty(&fl->mixed[type][n]))
		fl->mixed_mask[type] &= ~(1u << n);
}

static void link_mixed(struct freelists *fl, struct pageblock *b, u32 type,
		       u32 n)
{
	list_add(&b->mixed_link, &fl->mixed[type][n]);
	fl->mixed_mask[type] |= 1u << n;
}

static void move_chunk(struct freelists *fl, struct pageblock *b,
		       struct place from, struct place to)
{
	if (from.order != NOWHERE)
		unlink_chunk(fl, b, from.type, from.order);
	if (to.order != NOWHERE)
		link_chunk(fl, b, to.type, to.order);
}

static void move_fill(struct freelists *fl, struct pageblock *b,
		      struct place from, struct place to)
{
	if (from.fill != NOWHERE)
		unlink_fill(fl, b, from.type, from.fill);
	if (to.fill != NOWHERE)
		link_fill(fl, b, to.type, to.fill);
}

static void move_mixed(struct freelists *fl, struct pageblock *b,
		       struct place from, struct place to)
{
	if (from.mixed != NOWHERE)
		unlink_mixed(fl, b, from.type, from.mixed);
	if (to.mixed != NOWHERE)
		link_mixed(fl, b, to.type, to.mixed);
}

void block_relink(struct freelists *fl, struct pageblock *b, struct place from)
{
	struct place to = place_of(fl, b);

	if (from.type != to.type || from.order != to.order)
		move_chunk(fl, b, from, to);
	if (from.type != to.type || from.fill != to.fill)
		move_fill(fl, b, from, to);
	if (from.type != to.type || from.mixed != to.mixed)
		move_mixed(fl, b, from, to);
}

void freelist_begin_at(struct zone *zone, struct pageblock *b)
{
	struct place at = place_of(zone->fl, b);

	/* A list is a ring: its head takes another place in it. */
	list_move_tail(&zone->fl->free_area[at.order].list[at.type],
		       &b->chunk_link);
}

void freelist_begin_after(struct zone *zone, struct pageblock *b)
{
	struct place at = place_of(zone->fl, b);

	list_move(&zone->fl->free_area[at.order].list[at.type], &b->chunk_link);
}

/* --- pairs: two free buddy blocks are one chunk of MAX_ORDER --- */

void block_unpair(struct freelists *fl, struct pageblock *b)
{
	struct place from = place_of(fl, b);

	leave_pair(fl, b);
	block_relink(fl, b, from);
}

void block_set_bits(struct freelists *fl, struct pageblock *b, u8 bits)
{
	struct place from = place_of(fl, b);

	SUB_ONCE(fl->nr_free[from.type], b->nr[FRAME_FREE]);
	b->bits = bits;
	ADD_ONCE(fl->nr_free[pageblock_type(b)], b->nr[FRAME_FREE]);
	block_relink(fl, b, from);
}

void block_set_type(struct freelists *fl, struct pageblock *b,
		    enum migratetype type)
{
	block_set_bits(fl, b,
		       (u8)((b->bits & ~(BLOCK_TYPE_MASK | BLOCK_LENT_MASK)) |
			    type));
}

/* b is in the zone's range; whether it has a record is to be seen first. */
static bool is_whole(const struct freelists *fl, const struct pageblock *b)
{
	if (fl->sparse &&
	    !pfn_valid(fl->sparse, block_number(fl, b) << pageblock_order))
		return false;
	return b->nr[FRAME_FREE] == pageblock_nr_pages;
}

void block_join_pair(struct zone *zone, struct pageblock *b)
{
	struct freelists *fl = zone->fl;
	struct pageblock *other = buddy_block(fl, b);
	enum migratetype type = pageblock_type(b);

	if (!other || !is_whole(fl, other))
		return;
	if (pageblock_type(other) != type) {
		if (!migratetype_is_mergeable(type) ||
		    !migratetype_is_mergeable(pageblock_type(other)))
			return;
		block_set_type(fl, other, type);
	}
	unlink_chunk(fl, other, type, pageblock_order);
	if (!(block_number(fl, other) & 1))
		link_chunk(fl, other, type, MAX_ORDER);
	other->largest = MAX_ORDER;
	b->largest = MAX_ORDER;
}

void block_try_pair(struct zone *zone, struct pageblock *b)
{
	struct place from = place_of(zone->fl, b);

	if (b->largest != pageblock_order || (b->bits & BLOCK_ISOLATE))
		return;
	block_join_pair(zone, b);
	block_relink(zone->fl, b, from);
}
