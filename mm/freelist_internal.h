/* SPDX-License-Identifier: MIT */
/*
 * mm/freelist_internal.h - where a block belongs, and its single links
 *
 * For freelist.c (taking and putting frames), freelist_link.c (moving a block
 * between lists), freelist_type.c (types and charges), and freelist_check.c,
 * which looks whether each block is where it belongs. Inline is what the page
 * allocator's refills and flushes pass through.
 */
#pragma once

#include <mm/freelist.h>
#include <mm/page_alloc.h>
#include <mm/zone.h>

#define NOWHERE 0xff

/* On which lists a block is, or should be. */
struct place {
	u8 type;
	u8 order; /* NOWHERE: on none */
	u8 fill;
	u8 mixed;
};

/*
 * Eight frames a class where it matters, among blocks that are nearly full;
 * all that are nearly free share one. Wholly free ones have the last for
 * themselves: who looks for a block to empty isn't interested in them.
 */
#define FILL_CLASS_WIDTH max(pageblock_nr_pages / NR_FILL_CLASSES, 1UL)

static inline u32 fill_class(u32 nr_free)
{
	u32 most = pageblock_nr_pages * 7 / 8;

	if (nr_free == pageblock_nr_pages)
		return NR_FILL_CLASSES - 1;
	return min(nr_free - 1, most) * NR_FILL_CLASSES / pageblock_nr_pages;
}

static inline u64 block_number(const struct freelists *fl,
			       const struct pageblock *b)
{
	return (u64)(b - fl->blocks) + fl->first_block;
}

static inline bool is_upper_of_pair(const struct freelists *fl,
				    const struct pageblock *b)
{
	return b->largest == MAX_ORDER && (block_number(fl, b) & 1);
}

static inline struct place place_of(const struct freelists *fl,
				    const struct pageblock *b)
{
	u32 nr_free = b->nr[FRAME_FREE], foreign;
	struct place p = { (u8)pageblock_type(b), NOWHERE, NOWHERE, NOWHERE };

	if (!nr_free)
		return p;
	if (!is_upper_of_pair(fl, b))
		p.order = (u8)b->largest;
	p.fill = (u8)fill_class(nr_free);
	foreign = pageblock_nr_foreign(b) + b->nr_pinned;
	if (foreign)
		p.mixed = (u8)(31 - __builtin_clz(foreign));
	return p;
}

static inline struct pageblock *buddy_block(const struct freelists *fl,
					    const struct pageblock *b)
{
	u64 other = (block_number(fl, b) ^ 1) - fl->first_block;

	return other < fl->nr_blocks ? &fl->blocks[other] : NULL;
}

/* What a block with these bits adds to the highatomic reserve. */
static inline u64 reserved_by(u8 bits)
{
	return (bits & BLOCK_TYPE_MASK) == MIGRATE_HIGHATOMIC ?
		       pageblock_nr_pages :
		       0;
}

/* --- one link of one block --- */

static inline void unlink_chunk(struct freelists *fl, struct pageblock *b,
				u32 type, u32 order)
{
	list_del(&b->chunk_link);
	if (list_empty(&fl->free_area[order].list[type]))
		WRITE_PLAIN(fl->order_mask[type],
			    fl->order_mask[type] & ~(1u << order));
}

static inline void link_chunk(struct freelists *fl, struct pageblock *b,
			      u32 type, u32 order)
{
	list_add(&b->chunk_link, &fl->free_area[order].list[type]);
	WRITE_PLAIN(fl->order_mask[type], fl->order_mask[type] | 1u << order);
}

static inline void unlink_fill(struct freelists *fl, struct pageblock *b,
			       u32 type, u32 n)
{
	list_del(&b->fill_link);
	if (list_empty(&fl->fill[type][n]))
		fl->fill_mask[type] &= ~(1UL << n);
}

static inline void link_fill(struct freelists *fl, struct pageblock *b,
			     u32 type, u32 n)
{
	list_add(&b->fill_link, &fl->fill[type][n]);
	fl->fill_mask[type] |= 1UL << n;
}

/* --- pairs: two free buddy blocks are one chunk of MAX_ORDER --- */

/*
 * b leaves its pair: the partner is a chunk of its own again. b itself says so
 * but stays where it is linked; the caller relinks it.
 */
static inline void leave_pair(struct freelists *fl, struct pageblock *b)
{
	struct pageblock *other;
	u32 type;

	if (b->largest != MAX_ORDER)
		return;
	other = buddy_block(fl, b);
	type = pageblock_type(other);
	if (!(block_number(fl, other) & 1))
		unlink_chunk(fl, other, type, MAX_ORDER);
	link_chunk(fl, other, type, pageblock_order);
	other->largest = pageblock_order;
	b->largest = pageblock_order;
}

/* --- charges --- */

/* Frames of reserves, CMA and isolated blocks never go to a stack. */
static inline u8 charge_byte(const struct pageblock *b, enum migratetype charge)
{
	bool bypass = !migratetype_is_mergeable(pageblock_type(b));

	return (u8)(charge | (bypass ? CHARGE_BYPASS : 0));
}

static inline void set_charge(const struct pageblock *b, pfn_t pfn,
			      enum migratetype charge)
{
	pfn_to_page(pfn)->charge = charge_byte(b, charge);
}

/* --- mm/freelist_link.c --- */

/* The block stood at `from`; move it to where it belongs now. */
void block_relink(struct freelists *fl, struct pageblock *b, struct place from);
/* Its lists are those of other bits: its type, or the one it is lent to. */
void block_set_bits(struct freelists *fl, struct pageblock *b, u8 bits);
void block_set_type(struct freelists *fl, struct pageblock *b,
		    enum migratetype type);
/* A pair becomes two blocks, both on their lists. */
void block_unpair(struct freelists *fl, struct pageblock *b);
/*
 * b has just become wholly free. Its buddy block joins it, and takes its type,
 * if both types are mergeable (Linux's rule across pageblocks). The partner is
 * relinked; b only says what it is now, and the caller relinks it.
 */
void block_join_pair(struct zone *zone, struct pageblock *b);
/* The same for a block that stands on its lists. */
void block_try_pair(struct zone *zone, struct pageblock *b);
