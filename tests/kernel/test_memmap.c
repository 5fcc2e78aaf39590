// SPDX-License-Identifier: MIT
#include <kernel/image.h>
#include <kernel/main.h>
#include <kernel/test.h>
#include <mm/memmap.h>
#include <mm/mm_state.h>

/* These look at the machine that booted; on the host at the made-up one. */

static struct page *image_page(void)
{
	return pfn_to_page(PFN_DOWN(kernel_image()->text));
}

TEST(memmap, records_agree_with_zones)
{
	EXPECT_EQ(memmap_check(kernel_mm()), 0);
}

TEST(memmap, check_finds_one_changed_record)
{
	struct page *page = image_page();

	page_flag_clear(page, PG_reserved);
	EXPECT_EQ(memmap_check(kernel_mm()), 1);
	page_flag_set(page, PG_reserved);
	EXPECT_EQ(memmap_check(kernel_mm()), 0);
}

TEST(memmap, image_is_reserved)
{
	struct page *page = image_page();

	EXPECT_TRUE(page_flag(page, PG_reserved));
	EXPECT_EQ(page->refcount, 1);
	EXPECT_EQ(page->mapcount, -1);
	EXPECT_EQ(page_to_pfn(page), PFN_DOWN(kernel_image()->text));
	EXPECT_TRUE(zone_spans_pfn(zone_by_index(kernel_mm(), page->zone_index),
				   page_to_pfn(page)));
}

/* Page 0 is never RAM, but shares a pageblock with RAM: a record, reserved. */
TEST(memmap, holes_beside_ram_have_records)
{
	struct mm_state *mm = kernel_mm();

	EXPECT_TRUE(pfn_valid(mm, 0));
	EXPECT_TRUE(page_flag(pfn_to_page(0), PG_reserved));
	EXPECT_TRUE(page_flag(pfn_to_page(PFN_DOWN(0xb8000)), PG_reserved));
	EXPECT_FALSE(pfn_valid(mm, ALIGN(mm->max_pfn, pageblock_nr_pages)));
	EXPECT_FALSE(pfn_valid(mm, UINT64_MAX >> PAGE_SHIFT));
}
