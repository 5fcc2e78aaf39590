// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_tenants.c - address spaces of stamped pages, and workloads
 * that are made of them
 */
#include <kernel/main.h>
#include <kernel/tenants.h>
#include <kernel/test.h>
#include <kernel/workload.h>
#include <mm/mm_state.h>
#include <mm/pgtable.h>

#include "space_fixture.h"

#define PAGES 64u

static struct tenants tenants;

static bool filled(struct test *t)
{
	EXPECT_EQ(tenants_open(&tenants, 2, PAGES, 1), 0);
	EXPECT_EQ(tenants.nr, PAGES);
	EXPECT_EQ(tenants_fill(&tenants), 0);
	EXPECT_EQ(tenants.held, PAGES);
	return tenants.held == PAGES;
}

static struct page *page_of(u64 i)
{
	return space_page(tenants.mm[i / tenants.each],
			  tenants.base[i / tenants.each] +
				  i % tenants.each * PAGE_SIZE);
}

TEST(tenants, every_page_is_there_and_right)
{
	ASSERT_TRUE(filled(t));
	for (u32 i = 0; i < PAGES; i++)
		EXPECT_TRUE(page_of(i) != NULL);
	tenants_look(&tenants);
	EXPECT_EQ(tenants.wrong, 0);
	EXPECT_EQ(page_table_check_all(), 0);
	tenants_close(&tenants);
}

/* What it is there for: one bit, anywhere. */
TEST(tenants, a_changed_byte_is_found)
{
	ASSERT_TRUE(filled(t));
	((u8 *)page_address(page_of(PAGES - 1)))[PAGE_SIZE - 1] ^= 0x10;
	((u8 *)page_address(page_of(3)))[77] ^= 1;
	tenants_look(&tenants);
	EXPECT_EQ(tenants.wrong, 2);
	tenants_close(&tenants);
}

TEST(tenants, every_second_page_goes)
{
	ASSERT_TRUE(filled(t));
	tenants_keep(&tenants, 50, false);
	EXPECT_EQ(tenants.held, PAGES / 2);
	for (u32 i = 0; i < PAGES; i++)
		EXPECT_EQ(page_of(i) != NULL, i % 2 == 1);
	tenants_look(&tenants);
	EXPECT_EQ(tenants.wrong, 0);
	tenants_close(&tenants);
}

TEST(tenants, dropped_pages_come_back)
{
	ASSERT_TRUE(filled(t));
	EXPECT_EQ(tenants_drop(&tenants, 10), 10);
	EXPECT_EQ(tenants.held, PAGES - 10);
	EXPECT_EQ(tenants_touch(&tenants, 4), 4);
	EXPECT_EQ(tenants_touch(&tenants, 1000), 6);
	EXPECT_EQ(tenants_drop(&tenants, 1000), PAGES);
	EXPECT_EQ(tenants_touch(&tenants, PAGES), PAGES);
	tenants_look(&tenants);
	EXPECT_EQ(tenants.wrong, 0);
	tenants_close(&tenants);
}

/* --- workloads, in little: they check contents and give all back --- */

static u64 free_frames(void)
{
	struct zone *zone;
	u64 free = 0;

	vmalloc_purge();
	drain_all_pages(kernel_mm(), NULL);
	for_each_populated_zone(kernel_mm(), zone)
		free += zone->nr_free_pages;
	return free;
}

TEST(tenants, checkerboard_gives_all_back)
{
	u64 before;

	EXPECT_EQ(workload_run("checkerboard,fill=5"), 0); /* caches fill */
	before = free_frames();
	EXPECT_EQ(workload_run("checkerboard,fill=5,seed=2"), 0);
	EXPECT_EQ(workload_run("checkerboard,fill=3,pattern=second,order=3,"
			       "keep=30"),
		  0);
	EXPECT_GE(free_frames() + 64, before);
	EXPECT_NE(workload_run("checkerboard,pattern=third"), 0);
	EXPECT_NE(workload_run("checkerboard,fill=0"), 0);
	EXPECT_NE(workload_run("checkerboard,strategy=nosuch"), 0);
}

TEST(tenants, pollution_gives_all_back)
{
	u64 before;

	EXPECT_EQ(workload_run("pollution,rounds=1,fill=5"), 0);
	before = free_frames();
	EXPECT_EQ(workload_run("pollution,rounds=3,fill=10,policy=mixed"), 0);
	EXPECT_EQ(workload_run("pollution,rounds=3,fill=5.5,churn=2,"
			       "unmovable=1.25,keep=50,policy=classic"),
		  0);
	EXPECT_GE(free_frames() + 64, before);
	EXPECT_NE(workload_run("pollution,churn=x"), 0);
	EXPECT_NE(workload_run("pollution,churn=101"), 0);
	EXPECT_NE(workload_run("pollution,keep=1.2345"), 0);
	EXPECT_NE(workload_run("pollution,policy=nosuch"), 0);
}
