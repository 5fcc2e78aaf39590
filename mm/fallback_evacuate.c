// SPDX-License-Identifier: MIT
/*
 * mm/fallback_evacuate.c - policy "evacuate": few blocks for what can't move
 *
 *	kept block	of type Unmovable or Reclaimable. Movable pages in it are
 *			guests, which mm/evacuate.c moves out when room is needed
 *	movable block	all others
 *
 * An unmovable request without a block of its type looks for
 *	1. a kept block of the other kind: both pollute alike
 *	2. a wholly free block, claimed; not with ALLOC_NOCLAIM
 *	3. a movable block with frames in it that can't move, claimed: it will
 *	   never be whole, so it may as well be kept
 *	4. the movable block that is cheapest to evacuate, claimed
 * and a movable one for
 *	1. a wholly free block, claimed
 *	2. a kept block without anything in it to keep it for, claimed
 *	3. the kept block with most guests: one more is to leave there
 *
 * Before a request that may wait comes to 2, it has guests moved away, and before
 * it comes to 3 or 4 all pages of the block that it would claim. So the frames
 * of kept blocks are used up before another block becomes one, even where
 * compaction makes whole blocks all the time, and moves pages to kept ones for
 * that. A request that can't wait does all this at once, and kcompactd moves the
 * pages afterwards.
 *
 * A claim for the few frames a block has left would be repeated for each frame
 * of a refill: the policy is asked for the first one only (`sparing`).
 */
#include "fallback_internal.h"

#define LOOK 64 /* blocks of a list that are compared */

static bool is_spoilt(const struct pageblock *b)
{
	return b->nr[FRAME_UNMOVABLE] || b->nr[FRAME_RECLAIMABLE];
}

static struct pageblock *claim_and_note(struct zone *zone, struct pageblock *b,
					u32 order, enum migratetype type)
{
	if (b->nr[FRAME_MOVABLE])
		WRITE_ONCE(zone->fallback.evacuation_wanted, true);
	return fallback_claim(zone, b, order, type);
}

/* Blocks that nobody has anything in; both of a pair. */
static struct pageblock *whole_block(struct zone *zone, u32 order,
				     enum migratetype type)
{
	for (u32 c = MAX_ORDER + 1; c-- > max(order, (u32)pageblock_order);) {
		struct pageblock *b = fallback_block_at(zone, c, type);

		if (b)
			return fallback_claim(zone, b, order, type);
	}
	return NULL;
}

/* --- for what can't move --- */

/* The fullest with a chunk; none that has only guests. */
static struct pageblock *kept_block(struct zone *zone, u32 order,
				    enum migratetype other)
{
	struct freelists *fl = zone->fl;
	u32 looked = 0;

	for (u64 mask = fl->fill_mask[other]; mask; mask &= mask - 1) {
		struct list_head *list = &fl->fill[other][__builtin_ctzl(mask)];
		struct pageblock *b;

		list_for_each_entry(b, list, fill_link) {
			if (b->largest >= (s32)order && is_spoilt(b))
				return b;
			if (++looked == LOOK)
				return NULL;
		}
	}
	return NULL;
}

/* Of one fill list: fewest movable pages, a chunk of the order. */
static struct pageblock *cheapest_of(struct list_head *list, u32 order)
{
	struct pageblock *b, *best = NULL;
	u32 looked = 0;

	list_for_each_entry(b, list, fill_link) {
		if (b->largest >= (s32)order &&
		    (!best || b->nr[FRAME_MOVABLE] < best->nr[FRAME_MOVABLE]))
			best = b;
		if (++looked == LOOK)
			break;
	}
	return best;
}

struct pageblock *evacuate_cheapest(struct zone *zone, u32 order)
{
	struct freelists *fl = zone->fl;
	u64 mask = fl->fill_mask[MIGRATE_MOVABLE];
	struct pageblock *best = NULL;

	while (mask && !best) {
		u32 class = 63 - (u32)__builtin_clzl(mask);

		best = cheapest_of(&fl->fill[MIGRATE_MOVABLE][class], order);
		mask &= ~(1UL << class);
	}
	return best;
}

static struct pageblock *pick_to_keep(struct zone *zone, u32 order,
				      enum migratetype type, u32 alloc_flags)
{
	enum migratetype other = type == MIGRATE_UNMOVABLE ?
					 MIGRATE_RECLAIMABLE :
					 MIGRATE_UNMOVABLE;
	struct pageblock *b = kept_block(zone, order, other);

	if (b)
		return fallback_steal(zone, b, order, type);
	if (alloc_flags & ALLOC_NOCLAIM)
		return NULL;
	b = whole_block(zone, order, type);
	if (b && zone->fallback.has_guests)
		WRITE_ONCE(zone->fallback.evacuation_wanted, true);
	if (b || (alloc_flags & ALLOC_NOFRAGMENT))
		return b;
	b = freelist_find_mixed(zone, order, MIGRATE_MOVABLE);
	if (!b)
		b = evacuate_cheapest(zone, order);
	return b ? claim_and_note(zone, b, order, type) : NULL;
}

/* --- for what can --- */

static struct pageblock *kept_for_nothing(struct zone *zone, u32 order,
					  enum migratetype type)
{
	struct freelists *fl = zone->fl;
	u32 looked = 0;

	for (u32 mask = fl->mixed_mask[type]; mask; mask &= mask - 1) {
		struct list_head *list = &fl->mixed[type][__builtin_ctz(mask)];
		struct pageblock *b;

		list_for_each_entry(b, list, mixed_link) {
			if (b->largest >= (s32)order && !is_spoilt(b))
				return b;
			if (++looked == LOOK)
				return NULL;
		}
	}
	return NULL;
}

static const enum migratetype kept_types[] = { MIGRATE_RECLAIMABLE,
					       MIGRATE_UNMOVABLE };

static struct pageblock *pick_for_movable(struct zone *zone, u32 order,
					  u32 alloc_flags)
{
	struct pageblock *b = whole_block(zone, order, MIGRATE_MOVABLE);

	if (b || (alloc_flags & ALLOC_NOFRAGMENT))
		return b;
	for (u32 i = 0; i < ARRAY_SIZE(kept_types); i++) {
		b = kept_for_nothing(zone, order, kept_types[i]);
		if (b)
			return fallback_claim(zone, b, order, MIGRATE_MOVABLE);
	}
	for (u32 i = 0; i < ARRAY_SIZE(kept_types) && !b; i++)
		b = freelist_find_mixed(zone, order, kept_types[i]);
	for (u32 i = 0; i < ARRAY_SIZE(kept_types) && !b; i++)
		b = freelist_find(zone, order, kept_types[i]);
	return b ? fallback_steal(zone, b, order, MIGRATE_MOVABLE) : NULL;
}

struct pageblock *evacuate_pick(struct zone *zone, u32 order,
				enum migratetype type, u32 alloc_flags)
{
	if (type == MIGRATE_MOVABLE)
		return pick_for_movable(zone, order, alloc_flags);
	return pick_to_keep(zone, order, type, alloc_flags);
}
