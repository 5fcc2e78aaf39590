// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_extfrag.c - the indices on counts worked out by hand, and
 * against a definition without shifts
 */
#include <kernel/test.h>
#include <mm/extfrag.h>

#include "random.h"

static struct contig_page_info info_of(u64 singles, u32 order, u64 chunks,
				       u32 wanted)
{
	u64 nr[NR_PAGE_ORDERS] = { 0 };
	struct contig_page_info info;

	nr[0] = singles;
	nr[order] += chunks;
	fill_contig_page_info(nr, wanted, &info);
	return info;
}

/* 1024 single frames, order 9: 1000 - (1000 + 2000) / 1024 = 998 */
TEST(extfrag, many_singles_are_fragmentation)
{
	struct contig_page_info info = info_of(1024, 0, 0, 9);

	EXPECT_EQ(info.free_pages, 1024);
	EXPECT_EQ(info.free_blocks, 1024);
	EXPECT_EQ(info.suitable_blocks, 0);
	EXPECT_EQ(fragmentation_index(&info, 9), 998);
	EXPECT_EQ(unusable_index(&info, 9), 1000);
	EXPECT_EQ(extfrag_percent(&info, 9), 100);
}

/* One chunk of order 8: 1000 - (1000 + 500) / 1 = -500 */
TEST(extfrag, one_large_chunk_is_lack_of_memory)
{
	struct contig_page_info info = info_of(0, 8, 1, 9);

	EXPECT_EQ(fragmentation_index(&info, 9), -500);
}

TEST(extfrag, no_failure_possible)
{
	struct contig_page_info info = info_of(7, 9, 1, 9);

	EXPECT_EQ(fragmentation_index(&info, 9), -1000);
	info = info_of(0, 10, 3, 9);
	EXPECT_EQ(info.suitable_blocks, 6);
	EXPECT_EQ(fragmentation_index(&info, 9), -1000);
}

TEST(extfrag, nothing_free)
{
	struct contig_page_info info = info_of(0, 0, 0, 9);

	EXPECT_EQ(fragmentation_index(&info, 9), 0);
	EXPECT_EQ(unusable_index(&info, 9), 1000);
	EXPECT_EQ(extfrag_percent(&info, 9), 0);
}

/* 512 frames in a block and 512 singles: half of it is unusable. */
TEST(extfrag, half_is_unusable)
{
	struct contig_page_info info = info_of(512, 9, 1, 9);

	EXPECT_EQ(unusable_index(&info, 9), 500);
	EXPECT_EQ(extfrag_percent(&info, 9), 50);
	info = info_of(512, 9, 1, 0);
	EXPECT_EQ(unusable_index(&info, 0), 0);
	/* 1 of 3 frames: cut, not rounded */
	info = info_of(1, 1, 1, 1);
	EXPECT_EQ(unusable_index(&info, 1), 333);
	EXPECT_EQ(extfrag_percent(&info, 1), 33);
}

/* Cut chunks one by one into pieces of the order; what is left is unusable. */
static u64 unusable_by_cutting(const u64 nr[NR_PAGE_ORDERS], u32 order)
{
	u64 left = 0;

	for (u32 o = 0; o < order; o++)
		for (u64 i = 0; i < nr[o]; i++)
			for (u64 size = 1, k = 0; k <= o; k++, size *= 2)
				left += k == o ? size : 0;
	return left;
}

TEST(extfrag, indices_of_random_counts)
{
	struct rng rng = { .state = 0x5eed1 };

	for (u32 round = 0; round < 500; round++) {
		u64 nr[NR_PAGE_ORDERS], pages = 0, blocks = 0, size = 1;
		u32 order = rng_below(&rng, NR_PAGE_ORDERS);
		struct contig_page_info info;
		s64 index;

		for (u32 o = 0; o < NR_PAGE_ORDERS; o++, size *= 2) {
			nr[o] = rng_below(&rng, 4) ? 0 : rng_below(&rng, 50);
			pages += nr[o] * size;
			blocks += nr[o];
		}
		fill_contig_page_info(nr, order, &info);
		EXPECT_EQ(info.free_pages, pages);
		EXPECT_EQ(info.free_blocks, blocks);
		if (!pages)
			continue;
		EXPECT_EQ(unusable_index(&info, order),
			  unusable_by_cutting(nr, order) * 1000 / pages);
		EXPECT_EQ(extfrag_percent(&info, order),
			  unusable_by_cutting(nr, order) * 100 / pages);
		index = fragmentation_index(&info, order);
		/* It fails just when all of it is unusable. */
		EXPECT_EQ(index == -1000,
			  unusable_by_cutting(nr, order) != pages);
		EXPECT_LT(index, 1000);
		EXPECT_GE(index, -1000);
	}
}
