// SPDX-License-Identifier: MIT
/*
 * mm/freelist_type.c - blocks change type, are lent, fenced off; frames change
 * charge
 *
 *	retype		block and free frames serve another type
 *	lend		only the free frames do, until the next one is freed
 *	isolate		free frames serve nobody and are counted apart
 *	recharge	frames in use count for another type
 *
 * Frames of a block that is no ordinary one (isolated, highatomic, CMA) never
 * go to a CPU's stack: their records say so by CHARGE_BYPASS, also those of
 * frames that are in use meanwhile.
 */

#include <mm/buddy.h>

#include "freelist_internal.h"

static inline void mark_frame(struct page *page, bool on)
{
	u8 charge = page->charge;

	WRITE_PLAIN(page->charge, on ? (u8)(charge | CHARGE_BYPASS) :
				       (u8)(charge & CHARGE_MASK));
}

/* Heads of allocations in an isolated block learn to bypass the stacks. */
static void mark_bypass(struct zone *zone, const struct pageblock *b, bool on)
{
	struct page *page = pfn_to_page(pageblock_pfn(zone, b));
	struct page *end = page + pageblock_nr_pages;

	if (likely(!b->nr[FRAME_RESERVED])) {
		for (; page < end; page++)
			mark_frame(page, on);
		return;
	}
	for (; page < end; page++)
		if (!page_flag(page, PG_reserved) &&
		    page->zone_index == zone->index)
			mark_frame(page, on);
}

/* The reserve is the sum of its blocks, fenced ones included. */
static void count_reserve(struct zone *zone, u8 was, u8 is)
{
	zone->nr_reserved_highatomic += reserved_by(is) - reserved_by(was);
}

void freelist_retype(struct zone *zone, struct pageblock *b,
		     enum migratetype type)
{
	bool bypassed = !migratetype_is_mergeable(pageblock_type(b)), bypass;
	u8 bits = b->bits;

	block_unpair(zone->fl, b);
	block_set_type(zone->fl, b, type);
	count_reserve(zone, bits, b->bits);
	bypass = !migratetype_is_mergeable(pageblock_type(b));
	if (bypass != bypassed)
		mark_bypass(zone, b, bypass);
	block_try_pair(zone, b);
}

void freelist_lend(struct zone *zone, struct pageblock *b, enum migratetype type)
{
	block_unpair(zone->fl, b);
	block_set_bits(zone->fl, b,
		       (u8)((b->bits & ~BLOCK_LENT_MASK) |
			    ((u32)type + 1) << BLOCK_LENT_SHIFT));
}

void freelist_isolate(struct zone *zone, struct pageblock *b)
{
	struct place from;

	if (b->bits & BLOCK_ISOLATE)
		return;
	block_unpair(zone->fl, b);
	from = place_of(zone->fl, b);
	SUB_ONCE(zone->fl->nr_free[from.type], b->nr[FRAME_FREE]);
	SUB_ONCE(zone->nr_free_pages, b->nr[FRAME_FREE]);
	b->nr[FRAME_ISOLATED] = b->nr[FRAME_FREE];
	b->nr[FRAME_FREE] = 0;
	b->bits |= BLOCK_ISOLATE;
	block_relink(zone->fl, b, from);
	mark_bypass(zone, b, true);
}

void freelist_unisolate(struct zone *zone, struct pageblock *b,
			enum migratetype type)
{
	struct place from;
	u8 bits = b->bits;

	if (!(bits & BLOCK_ISOLATE))
		return;
	from = place_of(zone->fl, b);
	b->bits = (u8)((b->bits &
			~(BLOCK_ISOLATE | BLOCK_TYPE_MASK | BLOCK_LENT_MASK)) |
		       type);
	count_reserve(zone, bits, b->bits);
	b->nr[FRAME_FREE] = b->nr[FRAME_ISOLATED];
	b->nr[FRAME_ISOLATED] = 0;
	b->largest = (s8)buddy_largest(b);
	ADD_ONCE(zone->fl->nr_free[type], b->nr[FRAME_FREE]);
	ADD_ONCE(zone->nr_free_pages, b->nr[FRAME_FREE]);
	block_relink(zone->fl, b, from);
	mark_bypass(zone, b, !migratetype_is_mergeable(type));
	block_try_pair(zone, b);
}

void freelist_count_pinned(struct zone *zone, struct pageblock *b, s32 by)
{
	struct place from = place_of(zone->fl, b);

	b->nr_pinned = (u16)(b->nr_pinned + by);
	block_relink(zone->fl, b, from);
}

void freelist_recharge(struct zone *zone, pfn_t pfn, u32 order,
		       enum migratetype charge)
{
	pfn_t end = pfn + (1UL << order);
	u32 nr = min(1u << order, (u32)pageblock_nr_pages);
	u8 old = page_charge(pfn_to_page(pfn));

	set_charge(pfn_pageblock(zone, pfn), pfn, charge);
	for (; pfn < end; pfn += nr) {
		struct pageblock *b = pfn_pageblock(zone, pfn);
		struct place from = place_of(zone->fl, b);

		b->nr[old] -= (u16)nr;
		b->nr[charge] += (u16)nr;
		block_relink(zone->fl, b, from);
	}
}
