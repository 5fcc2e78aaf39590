/* SPDX-License-Identifier: MIT */
/*
 * mm/freelist_internal.h - where a block belongs: for freelist.c, which puts it
 * there, and freelist_check.c, which looks whether it is
 */
#pragma once

#include <mm/freelist.h>
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
 * all that are nearly free share the last one.
 */
#define FILL_CLASS_WIDTH max(pageblock_nr_pages / NR_FILL_CLASSES, 1UL)

static inline u32 fill_class(u32 nr_free)
{
	u32 most = pageblock_nr_pages * 7 / 8;

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
	foreign = pageblock_nr_foreign(b);
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
