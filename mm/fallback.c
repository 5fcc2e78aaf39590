// SPDX-License-Identifier: MIT
/*
 * mm/fallback.c - rival answers to "no free chunk of my type"
 *
 * The question decides how fast unmovable pages spread over memory. The terms:
 *
 *	claim  the whole block changes type; later requests find it as theirs
 *	steal  one chunk is taken, the block keeps its type and is polluted
 *	X + Y  free frames of the block and those that suit the new type; from
 *	       half a block on, claiming is worth it
 *
 * Because a block counts what it holds by charge, X + Y needs no scan.
 * Sources: V. Babka's 2018 talk (classic); Linux 6.15's __rmqueue_claim and
 * __rmqueue_steal as described in the kernel's documentation of the change
 * (linux). "mixed" follows Babka's unmerged MIGRATE_MIXED idea with exact
 * counts in place of a type. "evacuate" is mm/fallback_evacuate.c.
 */
#include <kernel/point.h>
#include <kernel/string.h>

#include "fallback_internal.h"

#define HALF_BLOCK (pageblock_nr_pages / 2)

DEFINE_POINT(mm_page_alloc_extfrag,
	     "pfn, alloc_order, fallback_order, pageblock_order, "
	     "alloc_migratetype, fallback_migratetype, fragmenting, "
	     "change_ownership");

/* Unmovable and Reclaimable prefer each other: they pollute alike. */
static const u8 fallbacks[MIGRATE_PCPTYPES][2] = {
	[MIGRATE_UNMOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE },
	[MIGRATE_MOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE },
	[MIGRATE_RECLAIMABLE] = { MIGRATE_UNMOVABLE, MIGRATE_MOVABLE },
};

/* First fallback type with a block whose largest chunk has exactly c. */
struct pageblock *fallback_block_at(struct zone *zone, u32 c,
				    enum migratetype type)
{
	for (u32 i = 0; i < ARRAY_SIZE(fallbacks[0]); i++) {
		u8 ft = fallbacks[type][i];

		if (zone->fl->order_mask[ft] >> c & 1)
			return list_first_entry(&zone->fl->free_area[c].list[ft],
						struct pageblock, chunk_link);
	}
	return NULL;
}

/* A movable request may only claim through a chunk of half the orders. */
static bool worth_claiming(u32 order, enum migratetype type)
{
	return order >= pageblock_order / 2 || type != MIGRATE_MOVABLE;
}

bool find_suitable_fallback(const struct zone *zone, u32 order,
			    enum migratetype type)
{
	/* What is worth claiming for an order is so for larger chunks. */
	for (u32 i = 0; i < ARRAY_SIZE(fallbacks[0]); i++) {
		u32 mask =
			READ_PLAIN(zone->fl->order_mask[fallbacks[type][i]]) >>
			order << order;

		if (mask && worth_claiming(31 - (u32)__builtin_clz(mask), type))
			return true;
	}
	return false;
}

void boost_watermark(struct zone *zone)
{
	u64 most = max(pageblock_nr_pages, zone->watermark[WMARK_HIGH] *
						   zone->boost_factor / 10000);

	if (!zone->boost_factor || !zone->watermark[WMARK_HIGH] ||
	    zone->managed_pages < 4 * pageblock_nr_pages)
		return;
	WRITE_PLAIN(zone->watermark_boost,
		    min(zone->watermark_boost + pageblock_nr_pages, most));
	zone->fallback.nr_boosts++;
}

/* Before anything changes: whose block it was is a part of the event. */
static void note_event(struct zone *zone, const struct pageblock *b, u32 order,
		       enum migratetype type, bool claimed)
{
	bool fragmenting = b->largest < pageblock_order;

	if (claimed ? type != MIGRATE_MOVABLE && b->nr[FRAME_MOVABLE] :
		      type == MIGRATE_MOVABLE)
		WRITE_ONCE(zone->fallback.has_guests, true);
	if (claimed)
		zone->fallback.nr_claims++;
	else
		zone->fallback.nr_steals++;
	if (fragmenting)
		zone->fallback.nr_fragmenting++;
	(void)POINT_HIT(mm_page_alloc_extfrag, pageblock_pfn(zone, b), order,
			(u64)b->largest, pageblock_order, type,
			pageblock_type(b), fragmenting, claimed);
}

struct pageblock *fallback_claim(struct zone *zone, struct pageblock *b,
				 u32 order, enum migratetype type)
{
	note_event(zone, b, order, type, true);
	freelist_retype(zone, b, type); /* with its buddy if both are free */
	return b;
}

struct pageblock *fallback_steal(struct zone *zone, struct pageblock *b,
				 u32 order, enum migratetype type)
{
	note_event(zone, b, order, type, false);
	return b;
}

/*
 * Frames that would suit the block's new type. Linux can't tell Unmovable
 * from Reclaimable and neither do we here, so that "linux" means its rules.
 */
static u32 nr_alike(const struct pageblock *b, enum migratetype type)
{
	u32 movable = b->nr[FRAME_MOVABLE];

	if (type == MIGRATE_MOVABLE)
		return movable;
	if (pageblock_type(b) == MIGRATE_MOVABLE)
		return (u32)pageblock_nr_pages - b->nr[FRAME_FREE] - movable;
	return 0;
}

static bool block_is_whole(const struct zone *zone, const struct pageblock *b)
{
	pfn_t pfn = pageblock_pfn(zone, b);

	return pfn >= zone->zone_start_pfn &&
	       pfn + pageblock_nr_pages <= zone_end_pfn(zone);
}

static bool half_suits(const struct zone *zone, const struct pageblock *b,
		       enum migratetype type)
{
	return block_is_whole(zone, b) &&
	       b->nr[FRAME_FREE] + nr_alike(b, type) >= HALF_BLOCK;
}

/* --- linux --- */

static struct pageblock *linux_claim(struct zone *zone, u32 order,
				     enum migratetype type, u32 alloc_flags)
{
	u32 lowest = order;

	if (alloc_flags & ALLOC_NOFRAGMENT)
		lowest = max(order, (u32)pageblock_order);
	for (u32 c = MAX_ORDER + 1; c-- > lowest;) {
		struct pageblock *b;

		if (!worth_claiming(c, type))
			return NULL;
		b = fallback_block_at(zone, c, type);
		if (!b)
			continue;
		if (c >= pageblock_order)
			return fallback_claim(zone, b, order, type);
		boost_watermark(zone);
		if (half_suits(zone, b, type))
			return fallback_claim(zone, b, order, type);
	}
	return NULL;
}

static struct pageblock *linux_pick(struct zone *zone, u32 order,
				    enum migratetype type, u32 alloc_flags)
{
	struct pageblock *b = linux_claim(zone, order, type, alloc_flags);

	if (b || (alloc_flags & ALLOC_NOFRAGMENT))
		return b;
	for (u32 c = order; c <= MAX_ORDER; c++) {
		b = fallback_block_at(zone, c, type);
		if (b)
			return fallback_steal(zone, b, order, type);
	}
	return NULL;
}

/* --- classic --- */

/*
 * The block with the largest free chunk gives all its free frames: they are
 * lent to the request's type until a frame of the block is freed, which goes
 * by the block's own type and takes the rest along.
 */
static struct pageblock *classic_pick(struct zone *zone, u32 order,
				      enum migratetype type, u32 alloc_flags)
{
	if (alloc_flags & ALLOC_NOFRAGMENT)
		return linux_claim(zone, order, type, alloc_flags);
	for (u32 c = MAX_ORDER + 1; c-- > order;) {
		struct pageblock *b = fallback_block_at(zone, c, type);

		if (!b)
			continue;
		if (!worth_claiming(c, type))
			return fallback_steal(zone, b, order, type);
		if (c >= pageblock_order || half_suits(zone, b, type))
			return fallback_claim(zone, b, order, type);
		boost_watermark(zone);
		fallback_steal(zone, b, order, type);
		freelist_lend(zone, b, type);
		return b;
	}
	return NULL;
}

/* --- mixed --- */

/* The block of a fallback type that is polluted most and has room. */
static struct pageblock *most_polluted(struct zone *zone, u32 order,
				       enum migratetype type)
{
	for (u32 i = 0; i < ARRAY_SIZE(fallbacks[0]); i++) {
		struct pageblock *b = freelist_find_mixed(
			zone, order, (enum migratetype)fallbacks[type][i]);

		if (b)
			return b;
	}
	return NULL;
}

/*
 * 1. a block that already holds frames of a foreign type, the most first
 * 2. a wholly free block, claimed
 * 3. a block that half suits, claimed
 * 4. any chunk: a pure block gets its first stain
 */
static struct pageblock *mixed_pick(struct zone *zone, u32 order,
				    enum migratetype type, u32 alloc_flags)
{
	struct pageblock *b = NULL;

	if (!(alloc_flags & ALLOC_NOFRAGMENT))
		b = most_polluted(zone, order, type);
	if (b && half_suits(zone, b, type))
		return fallback_claim(zone, b, order, type);
	if (b)
		return fallback_steal(zone, b, order, type);
	return linux_pick(zone, order, type, alloc_flags);
}

const struct fallback_policy fallback_policies[] = {
	{ .name = "linux",
	  .help = "claim a block or steal a chunk, as Linux 6.15 and later",
	  .pick = linux_pick },
	{ .name = "classic",
	  .help = "take all free frames of the largest, as the 2018 talk",
	  .pick = classic_pick },
	{ .name = "mixed",
	  .help = "polluted blocks first, pure ones last, by true charges",
	  .pick = mixed_pick },
	{ .name = "evacuate",
	  .help = "few blocks for what can't move: what can leaves them",
	  .pick = evacuate_pick,
	  .sparing = true,
	  .evacuates = true },
};
const u32 nr_fallback_policies = ARRAY_SIZE(fallback_policies);

const struct fallback_policy *fallback_policy_find(const char *name)
{
	for (u32 i = 0; i < nr_fallback_policies; i++)
		if (!strcmp(fallback_policies[i].name, name))
			return &fallback_policies[i];
	return NULL;
}
