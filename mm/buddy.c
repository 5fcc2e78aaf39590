// SPDX-License-Identifier: MIT
/*
 * mm/buddy.c - the buddy system as arithmetic on a map of bits
 *
 * A textbook buddy allocator keeps lists of free chunks and merges two buddies
 * when the second one is freed. Here the 512 frames of a pageblock are 512
 * bits, and "a free chunk of order n" is an aligned run of 2^n ones:
 *
 *	offset  0       4       8       12
 *	map     1 1 1 1 0 1 1 1 1 1 1 1 0 0 1 0
 *	chunk   |--2--|   0 |1| |--2--|     0
 *
 * Runs inside one word are found by folding: w & w >> 1 has a one where two
 * neighbours are free, that & itself >> 2 where four are, and so on; a mask
 * keeps aligned starts only. Runs of whole words are found the same way in the
 * byte that says which words are all ones.
 */
#include <kernel/bitops.h>
#include <kernel/panic.h>
#include <mm/buddy.h>

#define WORD_ORDER 6 /* 64 frames */
#define ALL_FREE   UINT64_MAX

static const u64 aligned_starts[WORD_ORDER + 1] = {
	0xffffffffffffffff, 0x5555555555555555, 0x1111111111111111,
	0x0101010101010101, 0x0001000100010001, 0x0000000100000001,
	0x0000000000000001,
};

/* Where aligned runs of 2^order ones start in w. */
static inline u64 runs(u64 w, u32 order)
{
	u64 all = w;

	/* The steps may be taken in any order. */
	switch (order) {
	case 6:
		all &= all >> 32;
		/* fall through */
	case 5:
		all &= all >> 16;
		/* fall through */
	case 4:
		all &= all >> 8;
		/* fall through */
	case 3:
		all &= all >> 4;
		/* fall through */
	case 2:
		all &= all >> 2;
		/* fall through */
	case 1:
		all &= all >> 1;
		/* fall through */
	case 0:
		break;
	default:
		__builtin_unreachable();
	}
	return all & aligned_starts[order];
}

static inline s32 largest_run(u64 w)
{
	s32 order = NO_CHUNK;

	while (w) {
		order++;
		if (order == WORD_ORDER)
			break;
		w = w & w >> (1u << order) & aligned_starts[order + 1];
	}
	return order;
}

/* A bit for each word of the map that is all ones. */
static inline u64 full_words(const struct pageblock *b)
{
	u64 full = 0;

	for (u32 i = 0; i < BLOCK_WORDS; i++)
		full |= (u64)(b->free_map[i] == ALL_FREE) << i;
	return full;
}

s32 buddy_largest(const struct pageblock *b)
{
	u64 full = full_words(b);
	s32 best = NO_CHUNK;

	if (full)
		return WORD_ORDER + largest_run(full);
	for (u32 i = 0; i < BLOCK_WORDS; i++)
		best = max(best, largest_run(b->free_map[i]));
	return best;
}

/* Is there any run of this order? */
static bool has_run(const struct pageblock *b, u32 order)
{
	if (order >= WORD_ORDER)
		return runs(full_words(b), order - WORD_ORDER) != 0;
	for (u32 i = 0; i < BLOCK_WORDS; i++)
		if (runs(b->free_map[i], order))
			return true;
	return false;
}

/*
 * Start of the lowest among the smallest maximal runs in w, of order *order at
 * least and below `limit`; its order to *order. -1: there is none.
 */
static inline s32 smallest_run(u64 w, u32 *order, u32 limit)
{
	u64 here = runs(w, *order);

	for (u32 o = *order; here && o < limit; o++) {
		u64 larger = o < WORD_ORDER ? here & here >> (1u << o) &
						      aligned_starts[o + 1] :
					      0;
		u64 maximal = here & ~(larger | larger << (1u << o));

		if (maximal) {
			*order = o;
			return __builtin_ctzl(maximal);
		}
		here = larger;
	}
	return -1;
}

/* Offset of the smallest chunk below a word's size, or -1. */
static s32 find_in_words(const struct pageblock *b, u32 *order)
{
	u32 smallest = WORD_ORDER, wanted = *order;
	s32 offset = -1;

	for (u32 i = 0; i < BLOCK_WORDS; i++) {
		u64 w = b->free_map[i];
		u32 o = wanted;
		s32 at;

		if (w + 1 <= 1) /* none or all of it */
			continue;
		at = smallest_run(w, &o, smallest);
		if (at < 0)
			continue;
		offset = (s32)(i * 64) + at;
		smallest = o;
		if (o == wanted)
			break;
	}
	*order = smallest;
	return offset;
}

static s32 find_whole_words(const struct pageblock *b, u32 *order)
{
	u32 words = max(*order, (u32)WORD_ORDER) - WORD_ORDER;
	s32 at = smallest_run(full_words(b), &words, WORD_ORDER);

	*order = WORD_ORDER + words;
	return at < 0 ? at : at * 64;
}

static inline u64 chunk_mask(u32 offset, u32 order)
{
	return (order >= WORD_ORDER ? ALL_FREE : (1UL << (1u << order)) - 1)
	       << (offset % 64);
}

static inline u32 chunk_words(u32 order)
{
	return order <= WORD_ORDER ? 1 : 1u << (order - WORD_ORDER);
}

bool buddy_all_free(const struct pageblock *b, u32 offset, u32 order)
{
	u64 mask = chunk_mask(offset, order);

	for (u32 i = 0; i < chunk_words(order); i++)
		if ((b->free_map[offset / 64 + i] & mask) != mask)
			return false;
	return true;
}

bool buddy_any_free(const struct pageblock *b, u32 offset, u32 order)
{
	u64 mask = chunk_mask(offset, order);

	for (u32 i = 0; i < chunk_words(order); i++)
		if (b->free_map[offset / 64 + i] & mask)
			return true;
	return false;
}

static void clear_chunk(struct pageblock *b, u32 offset, u32 order)
{
	u64 mask = chunk_mask(offset, order);

	for (u32 i = 0; i < chunk_words(order); i++)
		b->free_map[offset / 64 + i] &= ~mask;
}

/*
 * A chunk of `order` left a maximal chunk of `from`. If that was the last of
 * the largest: its other half is the largest now, unless it was used up, and
 * then smaller ones have to be looked for.
 */
static void largest_after_take(struct pageblock *b, u32 order, u32 from)
{
	if ((s32)from < b->largest || has_run(b, from))
		return;
	if (from > order) {
		b->largest = (s8)(from - 1);
		return;
	}
	do
		b->largest--;
	while (b->largest >= 0 && !has_run(b, (u32)b->largest));
}

u32 buddy_take(struct pageblock *b, u32 order)
{
	s32 offset = -1;
	u32 from = order;

	/* A wholly free block is one chunk: its lower end goes. */
	if (b->largest == pageblock_order && order < pageblock_order) {
		clear_chunk(b, 0, order);
		b->largest = pageblock_order - 1;
		return 0;
	}
	if (order < WORD_ORDER)
		offset = find_in_words(b, &from);
	if (offset < 0)
		offset = find_whole_words(b, &from);
	BUG_ON(offset < 0);
	clear_chunk(b, (u32)offset, order);
	largest_after_take(b, order, from);
	return (u32)offset;
}

u32 buddy_take_frames(struct pageblock *b, u16 *out, u32 max)
{
	u32 nr = 0;

	for (u32 i = 0; i < BLOCK_WORDS && nr < max; i++) {
		u64 w = b->free_map[i];

		for (; w && nr < max; w &= w - 1)
			out[nr++] = (u16)(i * 64 + (u32)__builtin_ctzl(w));
		b->free_map[i] = w;
	}
	b->largest = (s8)buddy_largest(b);
	return nr;
}

void buddy_take_at(struct pageblock *b, u32 offset, u32 order)
{
	BUG_ON(!buddy_all_free(b, offset, order));
	clear_chunk(b, offset, order);
	b->largest = (s8)buddy_largest(b);
}

/* How far the chunk of `order` at bit `at` of w has grown inside its word. */
static inline u32 grow_in_word(u64 w, u32 at, u32 order)
{
	while (order < WORD_ORDER && order < pageblock_order) {
		u64 buddy = ((1UL << (1u << order)) - 1) << (at ^ 1u << order);

		if ((w & buddy) != buddy)
			break;
		at &= ~(1u << order);
		order++;
	}
	return order;
}

/* From whole words on, chunks grow by whole words. */
static __noinline u32 put_words(struct pageblock *b, u32 offset, u32 order)
{
	for (u32 i = 0; i < chunk_words(order); i++)
		b->free_map[offset / 64 + i] = ALL_FREE;
	while (order < pageblock_order &&
	       buddy_all_free(b, offset ^ (1u << order), order)) {
		offset &= ~(1u << order);
		order++;
	}
	if ((s32)order > b->largest)
		b->largest = (s8)order;
	return order;
}

u32 buddy_put(struct pageblock *b, u32 offset, u32 order)
{
	u64 *word = &b->free_map[offset / 64];

	if (order < WORD_ORDER) {
		*word |= ((1UL << (1u << order)) - 1) << (offset % 64);
		order = grow_in_word(*word, offset % 64, order);
	}
	if (unlikely(order >= WORD_ORDER))
		return put_words(b, offset & ~((1u << order) - 1), order);
	if ((s32)order > b->largest)
		b->largest = (s8)order;
	return order;
}

void buddy_put_last(struct pageblock *b, u32 offset, u32 order)
{
	if (order < WORD_ORDER)
		b->free_map[offset / 64] |= ((1UL << (1u << order)) - 1)
					    << (offset % 64);
	else
		for (u32 i = 0; i < chunk_words(order); i++)
			b->free_map[offset / 64 + i] = ALL_FREE;
	b->largest = pageblock_order;
}

s32 buddy_chunk_at(const struct pageblock *b, u32 offset)
{
	s32 order = 0;

	if (!block_frame_is_free(b, offset))
		return NO_CHUNK;
	for (; order < pageblock_order; order++) {
		u32 buddy = offset ^ 1u << order;

		if (!buddy_all_free(b, buddy, (u32)order))
			break;
		if (buddy < offset)
			return NO_CHUNK;
	}
	return order;
}

/* There are few in a word: faster than counting all of its bits. */
static inline u32 nr_runs(const struct pageblock *b, u32 order)
{
	u32 nr = 0;

	for (u32 i = 0; i < BLOCK_WORDS; i++)
		for (u64 w = runs(b->free_map[i], order); w; w &= w - 1)
			nr++;
	return nr;
}

u32 buddy_nr_largest(const struct pageblock *b)
{
	u32 order = (u32)b->largest;

	if (order >= WORD_ORDER)
		return hweight64(runs(full_words(b), order - WORD_ORDER));
	/* What memory full of holes has most of, by constants. */
	if (order == 1)
		return nr_runs(b, 1);
	if (order == 2)
		return nr_runs(b, 2);
	return nr_runs(b, order);
}

/* Of two runs side by side is made a larger one: they don't count then. */
static void count_runs(u64 w, u64 *nr)
{
	for (u32 o = 0, here = hweight64(w), larger; here; o++, here = larger) {
		larger = 0;
		if (o < WORD_ORDER) {
			w = w & w >> (1u << o) & aligned_starts[o + 1];
			larger = hweight64(w);
		}
		nr[o] += here - 2 * larger;
	}
}

void buddy_count_chunks(const struct pageblock *b, u64 nr[NR_PAGE_ORDERS])
{
	count_runs(full_words(b), nr + WORD_ORDER);
	for (u32 i = 0; i < BLOCK_WORDS; i++)
		if (b->free_map[i] != ALL_FREE)
			count_runs(b->free_map[i], nr);
}
