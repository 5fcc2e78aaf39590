// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_buddy.c - chunks in the map of one block of 512
 *
 * tests/exhaustive proves all of a tiny block; here is what only a large one
 * has: chunks across words, and a plain list of bits as a model.
 *
 * Pictures: '1' free, '0' not; a digit is a run of that many words of 64.
 */
#include <kernel/bitops.h>
#include <kernel/random.h>
#include <kernel/test.h>
#include <mm/buddy.h>

static struct pageblock block;

static struct pageblock *empty_block(void)
{
	pageblock_init(&block, MIGRATE_MOVABLE);
	return &block;
}

static struct pageblock *free_block(void)
{
	buddy_put(empty_block(), 0, pageblock_order);
	return &block;
}

/*
 * word    0        1        2..7
 * before  11...1   11...1   all free
 * take(0) 01...1   			lowest frame; chunks 0-8 remain, one each
 */
TEST(buddy, splitting_leaves_one_chunk_of_each_order)
{
	struct pageblock *b = free_block();
	u64 nr[NR_PAGE_ORDERS] = { 0 };

	EXPECT_EQ(b->largest, pageblock_order);
	EXPECT_EQ(buddy_take(b, 0), 0);
	EXPECT_EQ(b->largest, pageblock_order - 1);
	buddy_count_chunks(b, nr);
	for (u32 o = 0; o < pageblock_order; o++)
		EXPECT_EQ(nr[o], 1);
	EXPECT_EQ(nr[pageblock_order], 0);
}

/* The reverse: the frame comes back and nine chunks coalesce. */
TEST(buddy, coalescing_restores_the_block)
{
	struct pageblock *b = free_block();

	buddy_take(b, 0);
	EXPECT_EQ(buddy_put(b, 0, 0), pageblock_order);
	EXPECT_EQ(b->largest, pageblock_order);
	EXPECT_TRUE(buddy_all_free(b, 0, pageblock_order));
}

/*
 * before  0..0 11110000 0..0 ; word 7: all free
 * take(1) prefers the chunk of 4 at 128 to splitting the chunk of 64
 */
TEST(buddy, smallest_sufficient_chunk_is_split)
{
	struct pageblock *b = empty_block();

	buddy_put(b, 448, 6);
	buddy_put(b, 128, 2);
	EXPECT_EQ(b->largest, 6);
	EXPECT_EQ(buddy_take(b, 1), 128);
	EXPECT_EQ(buddy_take(b, 1), 130);
	EXPECT_EQ(buddy_take(b, 1), 448);
	EXPECT_EQ(b->largest, 5);
}

/* Two words side by side are a chunk only if the pair is aligned. */
TEST(buddy, words_pair_only_aligned)
{
	struct pageblock *b = empty_block();

	EXPECT_EQ(buddy_put(b, 64, 6), 6);
	EXPECT_EQ(buddy_put(b, 128, 6), 6);
	EXPECT_EQ(b->largest, 6);
	EXPECT_EQ(buddy_put(b, 192, 6), 7);
	EXPECT_EQ(buddy_put(b, 0, 6), 8);
	EXPECT_EQ(b->largest, 8);
}

/* Frames in bulk come lowest first, across words, and no more than asked. */
TEST(buddy, frames_in_bulk_are_the_lowest)
{
	struct pageblock *b = empty_block();
	u16 out[8];

	buddy_put(b, 62, 1);
	buddy_put(b, 64, 1);
	buddy_put(b, 500, 2);
	EXPECT_EQ(buddy_take_frames(b, out, 5), 5);
	EXPECT_EQ(out[0], 62);
	EXPECT_EQ(out[1], 63);
	EXPECT_EQ(out[2], 64);
	EXPECT_EQ(out[3], 65);
	EXPECT_EQ(out[4], 500);
	EXPECT_EQ(b->largest, 1);
	EXPECT_EQ(buddy_take_frames(b, out, 8), 3);
	EXPECT_EQ(b->largest, NO_CHUNK);
}

/* --- random maps against a byte a frame --- */

static u8 is_free[512];

static bool run_is_free(u32 at, u32 order)
{
	for (u32 i = at; i < at + (1u << order); i++)
		if (!is_free[i])
			return false;
	return true;
}

static s32 model_largest(void)
{
	for (s32 o = pageblock_order; o >= 0; o--)
		for (u32 at = 0; at < 512; at += 1u << o)
			if (run_is_free(at, (u32)o))
				return o;
	return NO_CHUNK;
}

static void compare_chunks(struct test *t, const struct pageblock *b)
{
	u64 nr[NR_PAGE_ORDERS] = { 0 }, frames = 0;

	buddy_count_chunks(b, nr);
	for (u32 o = 0; o <= pageblock_order; o++) {
		u64 n = 0;

		for (u32 at = 0; at < 512; at += 1u << o)
			n += run_is_free(at, o) &&
			     (o == pageblock_order ||
			      !run_is_free(at & ~(1u << o), o + 1));
		EXPECT_EQ(nr[o], n);
		frames += n << o;
	}
	if (b->largest != NO_CHUNK)
		EXPECT_EQ(buddy_nr_largest(b), nr[b->largest]);
	for (u32 i = 0; i < 512; i++)
		frames -= is_free[i];
	EXPECT_EQ(frames, 0);
}

TEST(buddy, takes_and_puts_at_random_agree_with_a_list_of_bits)
{
	struct rng rng = { 0xb0dd1 };
	struct pageblock *b = empty_block();

	memset(is_free, 0, sizeof(is_free));
	for (u32 n = 0; n < 2000; n++) {
		u32 o = rng_below(&rng, pageblock_order + 1);
		u32 at = rng_below(&rng, 512 >> o) << o;

		if (!buddy_any_free(b, at, o)) {
			buddy_put(b, at, o);
			memset(&is_free[at], 1, 1u << o);
		} else if (buddy_all_free(b, at, o)) {
			buddy_take_at(b, at, o);
			memset(&is_free[at], 0, 1u << o);
		} else if (b->largest >= (s32)o) {
			at = buddy_take(b, o);
			EXPECT_TRUE(run_is_free(at, o));
			memset(&is_free[at], 0, 1u << o);
		}
		EXPECT_EQ(b->largest, model_largest());
		EXPECT_EQ(buddy_largest(b), model_largest());
		if (n % 16 == 0)
			compare_chunks(t, b);
	}
}
