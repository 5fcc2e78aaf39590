// SPDX-License-Identifier: MIT
/*
 * mm/freelist.c - blocks on lists, by largest chunk, by fullness, by mixture
 *
 *	free_area[o].list[t]  blocks of type t whose largest free chunk has
 *	                      order o: where an allocation looks first
 *	fill[t][c]            the same blocks by how many frames are free:
 *	                      where a refill goes to fill up what is fullest
 *	mixed[t][c]           those with frames of other types in them, by how
 *	                      many: where pollution may go on
 *
 * A mutator notes where the block stands (struct place), changes map and
 * counts, and calls block_relink() of mm/freelist_link.c, which moves only what
 * has changed. A mask beside each array of heads says which are not empty, so
 * finding is one bit scan. What changes a block's type is mm/freelist_type.c.
 */
#include <kernel/panic.h>
#include <kernel/string.h>
#include <mm/buddy.h>
#include <mm/freelist.h>
#include <mm/zone.h>

#include "freelist_internal.h"

/* --- where is what --- */

u64 freelist_nr_blocks(const struct zone *zone)
{
	if (!zone->spanned_pages)
		return 0;
	return ((zone_end_pfn(zone) - 1) >> pageblock_order) -
	       (zone->zone_start_pfn >> pageblock_order) + 1;
}

void freelist_init(struct zone *zone, struct pageblock *blocks)
{
	struct freelists *fl = zone->fl;

	memset(fl, 0, sizeof(*fl));
	fl->blocks = blocks;
	fl->first_block = zone->zone_start_pfn >> pageblock_order;
	fl->nr_blocks = freelist_nr_blocks(zone);
	for (u32 t = 0; t < MIGRATE_TYPES; t++) {
		for (u32 o = 0; o < NR_PAGE_ORDERS; o++)
			INIT_LIST_HEAD(&fl->free_area[o].list[t]);
		for (u32 c = 0; c < NR_FILL_CLASSES; c++)
			INIT_LIST_HEAD(&fl->fill[t][c]);
		for (u32 c = 0; c < NR_MIXED_CLASSES; c++)
			INIT_LIST_HEAD(&fl->mixed[t][c]);
	}
}

struct pageblock *pfn_pageblock(const struct zone *zone, pfn_t pfn)
{
	return &zone->fl->blocks[(pfn >> pageblock_order) - zone->fl->first_block];
}

pfn_t pageblock_pfn(const struct zone *zone, const struct pageblock *b)
{
	return ((u64)(b - zone->fl->blocks) + zone->fl->first_block)
	       << pageblock_order;
}

static u32 block_offset(pfn_t pfn)
{
	return (u32)(pfn & (pageblock_nr_pages - 1));
}

struct pageblock *freelist_find(struct zone *zone, u32 order,
				enum migratetype type)
{
	struct freelists *fl = zone->fl;
	u32 fits = fl->order_mask[type] >> order << order;

	if (!fits)
		return NULL;
	return list_first_entry(&fl->free_area[__builtin_ctz(fits)].list[type],
				struct pageblock, chunk_link);
}

struct pageblock *freelist_find_fullest(struct zone *zone, enum migratetype type)
{
	struct freelists *fl = zone->fl;
	u64 mask = fl->fill_mask[type];

	if (!mask)
		return NULL;
	return list_first_entry(&fl->fill[type][__builtin_ctzl(mask)],
				struct pageblock, fill_link);
}

struct pageblock *freelist_find_mixed(struct zone *zone, u32 order,
				      enum migratetype type)
{
	struct freelists *fl = zone->fl;

	for (u32 mask = fl->mixed_mask[type]; mask;) {
		u32 n = 31 - (u32)__builtin_clz(mask);
		struct pageblock *b;

		list_for_each_entry(b, &fl->mixed[type][n], mixed_link)
			if (b->largest >= (s32)order)
				return b;
		mask &= ~(1u << n);
	}
	return NULL;
}

/* --- the short way of a plain block --- */

/* Neither isolated nor lent, and of the charge's own type. */
static inline bool is_plain(const struct pageblock *b, u32 charge)
{
	return (b->bits & ~(BLOCK_SKIP | BLOCK_COMPACTING)) == charge;
}

static __noinline void move_plain_chunk(struct freelists *fl,
					struct pageblock *b, s8 largest)
{
	u32 type = b->bits & BLOCK_TYPE_MASK;
	bool upper = block_number(fl, b) & 1;

	if (largest != MAX_ORDER || !upper)
		unlink_chunk(fl, b, type, (u32)largest);
	if (b->largest != MAX_ORDER || !upper)
		link_chunk(fl, b, type, (u32)b->largest);
}

static __noinline void move_plain_fill(struct freelists *fl,
				       struct pageblock *b, u32 was, u32 is)
{
	u32 type = b->bits & BLOCK_TYPE_MASK;

	unlink_fill(fl, b, type, was);
	link_fill(fl, b, type, is);
}

/*
 * The same for a plain block (is_plain()) that had and has free frames: its
 * type and its foreign count stay, so order and fullness say all.
 */
static inline void relink_plain(struct freelists *fl, struct pageblock *b,
				s8 largest, u32 nr_free)
{
	u32 was = fill_class(nr_free), is = fill_class(b->nr[FRAME_FREE]);

	if (unlikely(largest != b->largest))
		move_plain_chunk(fl, b, largest);
	if (unlikely(was != is))
		move_plain_fill(fl, b, was, is);
}

/* --- take and put --- */

static void count_taken(struct zone *zone, struct pageblock *b, u32 nr,
			enum migratetype charge)
{
	b->nr[FRAME_FREE] -= (u16)nr;
	b->nr[charge] += (u16)nr;
	SUB_ONCE(zone->fl->nr_free[pageblock_type(b)], nr);
	if (likely(pageblock_type(b) != MIGRATE_ISOLATE))
		SUB_ONCE(zone->nr_free_pages, nr);
}

/* A wholly free block goes at once; it is on its lists, or the upper half. */
static void take_whole(struct zone *zone, struct pageblock *b,
		       enum migratetype charge, bool listed)
{
	struct freelists *fl = zone->fl;
	u32 type = pageblock_type(b);

	if (listed)
		unlink_chunk(fl, b, type, (u32)b->largest);
	unlink_fill(fl, b, type, fill_class(pageblock_nr_pages));
	__builtin_memset(b->free_map, 0, sizeof(b->free_map));
	b->largest = NO_CHUNK;
	count_taken(zone, b, pageblock_nr_pages, charge);
}

static pfn_t take_pair(struct zone *zone, struct pageblock *b,
		       enum migratetype charge)
{
	pfn_t pfn = pageblock_pfn(zone, b);

	take_whole(zone, b, charge, true);
	take_whole(zone, buddy_block(zone->fl, b), charge, false);
	set_charge(b, pfn, charge);
	return pfn;
}

static pfn_t take_block(struct zone *zone, struct pageblock *b,
			enum migratetype charge)
{
	pfn_t pfn = pageblock_pfn(zone, b);
	bool listed = !is_upper_of_pair(zone->fl, b);
	s8 largest = b->largest;

	leave_pair(zone->fl, b);
	b->largest = largest; /* where it is linked */
	take_whole(zone, b, charge, listed);
	set_charge(b, pfn, charge);
	return pfn;
}

static pfn_t take_chunk(struct zone *zone, struct pageblock *b, u32 order,
			enum migratetype charge)
{
	u32 nr = 1u << order, nr_free = b->nr[FRAME_FREE];
	s8 largest = b->largest;
	struct place from;
	pfn_t pfn = pageblock_pfn(zone, b);

	if (likely(is_plain(b, charge) && nr_free > nr)) {
		leave_pair(zone->fl, b);
		pfn += buddy_take(b, order);
		count_taken(zone, b, nr, charge);
		relink_plain(zone->fl, b, largest, nr_free);
	} else {
		from = place_of(zone->fl, b);
		leave_pair(zone->fl, b);
		pfn += buddy_take(b, order);
		count_taken(zone, b, nr, charge);
		block_relink(zone->fl, b, from);
	}
	set_charge(b, pfn, charge);
	return pfn;
}

pfn_t freelist_take(struct zone *zone, struct pageblock *b, u32 order,
		    enum migratetype charge)
{
	if (order < pageblock_order)
		return take_chunk(zone, b, order, charge);
	if (order == pageblock_order)
		return take_block(zone, b, charge);
	return take_pair(zone, b, charge);
}

u32 freelist_take_frames(struct zone *zone, struct pageblock *b,
			 enum migratetype charge, struct page **out, u32 max)
{
	u16 offsets[64];
	struct place from;
	struct page *first;
	u32 nr;

	from = place_of(zone->fl, b);
	leave_pair(zone->fl, b);
	nr = buddy_take_frames(b, offsets, min(max, 64u));
	first = pfn_to_page(pageblock_pfn(zone, b));
	for (u32 i = 0; i < nr; i++) {
		out[i] = first + offsets[i];
		out[i]->charge = charge_byte(b, charge);
	}
	count_taken(zone, b, nr, charge);
	block_relink(zone->fl, b, from);
	return nr;
}

void freelist_take_at(struct zone *zone, pfn_t pfn, u32 order,
		      enum migratetype charge)
{
	struct pageblock *b = pfn_pageblock(zone, pfn);
	struct place from;

	if (order == MAX_ORDER) {
		freelist_take_at(zone, pfn + pageblock_nr_pages,
				 pageblock_order, charge);
		order = pageblock_order;
	}
	from = place_of(zone->fl, b);
	leave_pair(zone->fl, b);
	buddy_take_at(b, block_offset(pfn), order);
	if (b->bits & BLOCK_ISOLATE) {
		b->nr[FRAME_ISOLATED] -= (u16)(1u << order);
		b->nr[charge] += (u16)(1u << order);
	} else {
		count_taken(zone, b, 1u << order, charge);
	}
	set_charge(b, pfn, charge);
	block_relink(zone->fl, b, from);
}

static void count_put(struct zone *zone, struct pageblock *b, u32 nr,
		      enum frame_state was, enum migratetype type)
{
	b->nr[was] -= (u16)nr;
	b->nr[FRAME_FREE] += (u16)nr;
	ADD_ONCE(zone->fl->nr_free[type], nr);
	ADD_ONCE(zone->nr_free_pages, nr);
}

/* Any block, any charge. */
static __noinline void put_and_relink(struct zone *zone, struct pageblock *b,
				      pfn_t pfn, u32 order, enum frame_state was)
{
	u32 nr = 1u << order;
	struct place from;

	if (unlikely(b->bits & BLOCK_LENT_MASK))
		block_set_bits(zone->fl, b, (u8)(b->bits & ~BLOCK_LENT_MASK));
	from = place_of(zone->fl, b);
	buddy_put(b, block_offset(pfn), order);
	if (unlikely(b->bits & BLOCK_ISOLATE)) {
		b->nr[was] -= (u16)nr;
		b->nr[FRAME_ISOLATED] += (u16)nr;
		return;
	}
	count_put(zone, b, nr, was, (enum migratetype)from.type);
	if (b->largest == pageblock_order)
		block_join_pair(zone, b);
	block_relink(zone->fl, b, from);
}

/* A block that was all one allocation: no foreign frames, on no list. */
static void put_whole(struct zone *zone, struct pageblock *b,
		      enum frame_state was)
{
	u32 type = b->bits & BLOCK_TYPE_MASK;

	__builtin_memset(b->free_map, 0xff, sizeof(b->free_map));
	b->largest = pageblock_order;
	count_put(zone, b, pageblock_nr_pages, was, (enum migratetype)type);
	block_join_pair(zone, b);
	if (!is_upper_of_pair(zone->fl, b))
		link_chunk(zone->fl, b, type, (u32)b->largest);
	link_fill(zone->fl, b, type, fill_class(pageblock_nr_pages));
}

/* Frames in state `was` become free, or isolated in an isolated block. */
static void put_block(struct zone *zone, pfn_t pfn, u32 order,
		      enum frame_state was)
{
	struct pageblock *b = pfn_pageblock(zone, pfn);
	u32 nr = 1u << order, nr_free = b->nr[FRAME_FREE];
	s8 largest = b->largest;

	if (likely(is_plain(b, was) && nr_free)) {
		if (nr_free + nr == pageblock_nr_pages)
			buddy_put_last(b, block_offset(pfn), order);
		else
			buddy_put(b, block_offset(pfn), order);
		count_put(zone, b, nr, was, (enum migratetype)was);
		if (unlikely(b->largest == pageblock_order))
			block_join_pair(zone, b);
		relink_plain(zone->fl, b, largest, nr_free);
	} else if (order == pageblock_order &&
		   BLOCK_WORDS * 64 == pageblock_nr_pages &&
		   !(b->bits & (BLOCK_ISOLATE | BLOCK_LENT_MASK))) {
		put_whole(zone, b, was);
	} else {
		put_and_relink(zone, b, pfn, order, was);
	}
}

static void put_blocks(struct zone *zone, pfn_t pfn, u32 order,
		       enum frame_state was)
{
	if (order == MAX_ORDER) {
		order = pageblock_order;
		put_block(zone, pfn + pageblock_nr_pages, order, was);
	}
	put_block(zone, pfn, order, was);
}

void freelist_put(struct zone *zone, pfn_t pfn, u32 order,
		  enum migratetype charge)
{
	put_blocks(zone, pfn, order, (enum frame_state)charge);
}

/*
 * A flush gives back frames from all over the zone. Most of them only set a
 * bit and two counts: a plain block, neither empty nor at the end of a fill
 * class, and no larger chunk than it has. The zone's sums follow at the end.
 */
void freelist_put_frames(struct zone *zone, struct page **pages, u32 nr,
			 enum migratetype charge)
{
	struct freelists *fl = zone->fl;
	u32 quick = 0;

	for (u32 i = 0; i < nr; i++) {
		pfn_t pfn = page_to_pfn(pages[i]);
		struct pageblock *b =
			&fl->blocks[(pfn >> pageblock_order) - fl->first_block];

		if (is_plain(b, charge) && b->nr[FRAME_FREE] % FILL_CLASS_WIDTH &&
		    buddy_put_frame(b, block_offset(pfn))) {
			b->nr[charge]--;
			b->nr[FRAME_FREE]++;
			quick++;
		} else {
			put_block(zone, pfn, 0, (enum frame_state)charge);
		}
	}
	ADD_ONCE(fl->nr_free[charge], quick);
	ADD_ONCE(zone->nr_free_pages, quick);
}

/*
 * An isolated block is on no list, so nothing is to be moved. How large its
 * largest chunk has become is asked once, when it is isolated no longer.
 */
void freelist_put_isolated(struct zone *zone, struct page **pages, u32 nr)
{
	for (u32 i = 0; i < nr; i++) {
		pfn_t pfn = page_to_pfn(pages[i]);
		struct pageblock *b = pfn_pageblock(zone, pfn);
		u32 offset = block_offset(pfn);

		BUG_ON(!(b->bits & BLOCK_ISOLATE) ||
		       block_frame_is_free(b, offset));
		b->free_map[offset / 64] |= 1UL << offset % 64;
		b->nr[page_charge(pages[i])]--;
		b->nr[FRAME_ISOLATED]++;
	}
}

void freelist_put_reserved(struct zone *zone, pfn_t pfn, u32 order)
{
	put_blocks(zone, pfn, order, FRAME_RESERVED);
}

void freelist_reserve(struct zone *zone, pfn_t pfn, enum migratetype charge)
{
	struct pageblock *b = pfn_pageblock(zone, pfn);
	struct place from = place_of(zone->fl, b);

	b->nr[charge]--;
	b->nr[FRAME_RESERVED]++;
	block_relink(zone->fl, b, from);
}

/* --- looking --- */

bool freelist_has_block(const struct zone *zone, pfn_t pfn)
{
	const struct freelists *fl = zone->fl;
	u64 n = (pfn >> pageblock_order) - fl->first_block;

	return n < fl->nr_blocks && (!fl->sparse || pfn_valid(fl->sparse, pfn));
}

void freelist_count(struct zone *zone, enum migratetype type,
		    u64 nr[NR_PAGE_ORDERS])
{
	struct freelists *fl = zone->fl;
	struct pageblock *b;

	memset(nr, 0, NR_PAGE_ORDERS * sizeof(nr[0]));
	for (u32 o = 0; o < MAX_ORDER; o++)
		list_for_each_entry(b, &fl->free_area[o].list[type], chunk_link)
			buddy_count_chunks(b, nr);
	list_for_each_entry(b, &fl->free_area[MAX_ORDER].list[type], chunk_link)
		nr[MAX_ORDER]++;
}

u64 freelist_nr_chunks(const struct zone *zone, enum migratetype type, u64 most)
{
	u64 nr[NR_PAGE_ORDERS] = { 0 }, sum = 0;
	const struct pageblock *b;

	for (u32 order = 0; order < MAX_ORDER; order++)
		list_for_each_entry(b, &zone->fl->free_area[order].list[type],
				    chunk_link) {
			buddy_count_chunks(b, nr);
			sum = 0;
			for (u32 o = 0; o < MAX_ORDER; o++)
				sum += nr[o];
			if (sum > most)
				return sum;
		}
	return sum;
}
