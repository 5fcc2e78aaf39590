// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_watermark.c - reserves against numbers worked out by hand
 *
 * The machine is that of reference kernels in QEMU: one node of DMA, DMA32 and
 * Normal; managed pages are set directly.
 */
#include <kernel/test.h>

#include "mm_fixture.h"

static struct mm_state *new_machine(u64 dma, u64 dma32, u64 normal,
				    u64 movable)
{
	const u64 managed[] = { dma, dma32, normal, movable };
	struct mm_state *mm = fixture_mm();

	memblock_init(&mm->memblock);
	zone_params_init(&mm->params);
	free_area_init(mm);
	for (int i = 0; i < 4; i++) {
		struct zone *zone = &mm->nodes[0].zones[i];

		zone->present_pages = zone->managed_pages = managed[i];
	}
	return mm;
}

static struct zone *zone(struct mm_state *mm, int type)
{
	return &mm->nodes[0].zones[type];
}

/* sqrt(16 * 4,000,000 kB) = 8,000 kB = 2,000 pages over 1,000,000 pages. */
TEST(watermark, min_is_spread_by_managed)
{
	struct mm_state *mm = new_machine(4000, 496000, 500000, 0);

	init_per_zone_wmark_min(mm);
	EXPECT_EQ(mm->min_free_kbytes, 8000);
	EXPECT_EQ(zone(mm, ZONE_DMA)->watermark[WMARK_MIN], 8);
	EXPECT_EQ(zone(mm, ZONE_DMA32)->watermark[WMARK_MIN], 992);
	EXPECT_EQ(zone(mm, ZONE_NORMAL)->watermark[WMARK_MIN], 1000);
	/* delta: max(1000 / 4, 500000 * 10 / 10000) */
	EXPECT_EQ(zone(mm, ZONE_NORMAL)->watermark[WMARK_LOW], 1500);
	EXPECT_EQ(zone(mm, ZONE_NORMAL)->watermark[WMARK_HIGH], 2000);
	EXPECT_EQ(zone(mm, ZONE_NORMAL)->watermark[WMARK_PROMO], 2500);
	EXPECT_EQ(zone(mm, ZONE_DMA)->watermark[WMARK_LOW], 8 + 4);
}

TEST(watermark, quarter_of_min_when_larger_than_the_scale)
{
	struct mm_state *mm = new_machine(0, 0, 10000, 0);

	/* sqrt(16 * 40000) = 800 kB = 200 pages; 200/4 > 10000/1000 */
	init_per_zone_wmark_min(mm);
	EXPECT_EQ(zone(mm, ZONE_NORMAL)->watermark[WMARK_MIN], 200);
	EXPECT_EQ(zone(mm, ZONE_NORMAL)->watermark[WMARK_LOW], 250);
	mm->params.watermark_scale_factor = 3000;
	zone(mm, ZONE_NORMAL)->watermark_boost = 77;
	setup_per_zone_wmarks(mm);
	EXPECT_EQ(zone(mm, ZONE_NORMAL)->watermark[WMARK_LOW], 3200);
	EXPECT_EQ(zone(mm, ZONE_NORMAL)->watermark_boost, 0);
}

/* The reference's table: lowmem in MiB, min_free_kbytes. */
TEST(watermark, min_free_kbytes_by_memory)
{
	static const u32 table[][2] = { { 16, 512 },	 { 64, 1024 },
					{ 128, 1448 },	 { 256, 2048 },
					{ 1024, 4096 },	 { 4096, 8192 },
					{ 16384, 16384 } };

	for (u32 i = 0; i < ARRAY_SIZE(table); i++) {
		struct mm_state *mm = new_machine(0, 0, table[i][0] * 256UL, 0);

		init_per_zone_wmark_min(mm);
		EXPECT_EQ(mm->min_free_kbytes, table[i][1]);
	}
}

/* 1 GiB with min 1024 pages: delta max(256, 262) */
TEST(watermark, marks_of_one_gib)
{
	struct mm_state *mm = new_machine(0, 0, 262144, 0);

	init_per_zone_wmark_min(mm);
	EXPECT_EQ(zone(mm, ZONE_NORMAL)->watermark[WMARK_MIN], 1024);
	EXPECT_EQ(zone(mm, ZONE_NORMAL)->watermark[WMARK_LOW], 1286);
	EXPECT_EQ(zone(mm, ZONE_NORMAL)->watermark[WMARK_HIGH], 1548);
}

TEST(watermark, min_free_kbytes_is_clamped)
{
	struct mm_state *mm = new_machine(100, 0, 0, 0);

	init_per_zone_wmark_min(mm); /* sqrt(6400) = 80 */
	EXPECT_EQ(mm->min_free_kbytes, 128);
	mm = new_machine(0, 0, 16UL << 28, 0); /* 16 TiB */
	init_per_zone_wmark_min(mm);
	EXPECT_EQ(mm->min_free_kbytes, 262144);
}

TEST(watermark, users_value_counts_if_larger)
{
	struct mm_state *mm = new_machine(4000, 496000, 500000, 0);

	mm->params.user_min_free_kbytes = 5000;
	init_per_zone_wmark_min(mm);
	EXPECT_EQ(mm->min_free_kbytes, 8000);
	mm = new_machine(4000, 496000, 500000, 0);
	mm->params.user_min_free_kbytes = 40000;
	init_per_zone_wmark_min(mm);
	EXPECT_EQ(mm->min_free_kbytes, 40000);
	EXPECT_EQ(zone(mm, ZONE_NORMAL)->watermark[WMARK_MIN], 5000);
}

/* Movable takes no part in the sum; its own min is managed / 1024 in 32..128. */
TEST(watermark, movable_has_a_min_of_its_own)
{
	struct mm_state *mm = new_machine(0, 0, 10000, 1000000);

	init_per_zone_wmark_min(mm);
	EXPECT_EQ(mm->min_free_kbytes, 800);
	EXPECT_EQ(zone(mm, ZONE_NORMAL)->watermark[WMARK_MIN], 200);
	EXPECT_EQ(zone(mm, ZONE_MOVABLE)->watermark[WMARK_MIN], 128);
	/* Linux: its delta is that of the share it would have had. */
	EXPECT_EQ(zone(mm, ZONE_MOVABLE)->watermark[WMARK_LOW], 128 + 5000);
	mm = new_machine(0, 0, 10000, 2000);
	init_per_zone_wmark_min(mm);
	EXPECT_EQ(zone(mm, ZONE_MOVABLE)->watermark[WMARK_MIN], 32);
}

TEST(watermark, lowmem_reserve_by_ratio_of_higher_zones)
{
	struct mm_state *mm = new_machine(4000, 496000, 512000, 64000);

	setup_per_zone_lowmem_reserve(mm);
	EXPECT_EQ(zone(mm, ZONE_DMA)->lowmem_reserve[ZONE_DMA], 0);
	EXPECT_EQ(zone(mm, ZONE_DMA)->lowmem_reserve[ZONE_DMA32], 496000 / 256);
	EXPECT_EQ(zone(mm, ZONE_DMA)->lowmem_reserve[ZONE_NORMAL],
		  1008000 / 256);
	EXPECT_EQ(zone(mm, ZONE_DMA)->lowmem_reserve[ZONE_DEVICE],
		  1072000 / 256);
	EXPECT_EQ(zone(mm, ZONE_DMA32)->lowmem_reserve[ZONE_NORMAL], 2000);
	EXPECT_EQ(zone(mm, ZONE_NORMAL)->lowmem_reserve[ZONE_MOVABLE], 2000);
	EXPECT_EQ(zone(mm, ZONE_MOVABLE)->lowmem_reserve[ZONE_DEVICE], 0);
	mm->params.lowmem_reserve_ratio[ZONE_DMA] = 0; /* off */
	setup_per_zone_lowmem_reserve(mm);
	EXPECT_EQ(zone(mm, ZONE_DMA)->lowmem_reserve[ZONE_NORMAL], 0);
}

TEST(watermark, empty_zones_reserve_nothing)
{
	struct mm_state *mm = new_machine(0, 0, 512000, 0);

	init_per_zone_wmark_min(mm);
	EXPECT_EQ(zone(mm, ZONE_DMA32)->lowmem_reserve[ZONE_NORMAL], 0);
	EXPECT_EQ(zone(mm, ZONE_DMA32)->watermark[WMARK_HIGH], 0);
}

/* DMA: reserve 3937 + high, but not more than it has. */
TEST(watermark, totalreserve_is_capped_by_the_zone)
{
	struct mm_state *mm = new_machine(4000, 496000, 500000, 0);
	u64 dma32, normal;

	init_per_zone_wmark_min(mm);
	dma32 = 500000 / 256 + zone(mm, ZONE_DMA32)->watermark[WMARK_HIGH];
	normal = zone(mm, ZONE_NORMAL)->watermark[WMARK_HIGH];
	EXPECT_EQ(mm->totalreserve_pages,
		  996000 / 256 + 16 + dma32 + normal);
	zone(mm, ZONE_DMA)->managed_pages = 100;
	setup_per_zone_lowmem_reserve(mm);
	EXPECT_EQ(mm->totalreserve_pages, 100 + dma32 + normal);
}
