// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_bitops.c - counting bits
 */
#include <kernel/bitops.h>
#include <kernel/test.h>

#include <kernel/random.h>

TEST(bitops, hweight64_of_edges)
{
	EXPECT_EQ(hweight64(0), 0);
	EXPECT_EQ(hweight64(UINT64_MAX), 64);
	for (u32 i = 0; i < 64; i++) {
		EXPECT_EQ(hweight64(1UL << i), 1);
		EXPECT_EQ(hweight64((1UL << i) - 1), i);
		EXPECT_EQ(hweight64(UINT64_MAX << i), 64 - i);
	}
}

TEST(bitops, hweight64_is_the_sum_of_the_bits)
{
	struct rng rng = { 0x1717171717 };

	for (u32 n = 0; n < 1000; n++) {
		u64 w = rng_next(&rng);
		u32 sum = 0;

		for (u32 i = 0; i < 64; i++)
			sum += w >> i & 1;
		EXPECT_EQ(hweight64(w), sum);
	}
}
