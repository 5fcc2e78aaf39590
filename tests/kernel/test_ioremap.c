// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_ioremap.c - devices in vmalloc's address space
 *
 * The device is a page of the BIOS's ROM, at the end of the first MiB: no
 * firmware calls it RAM, and reading it changes nothing.
 */
#include <kernel/main.h>
#include <kernel/point.h>
#include <kernel/test.h>
#include <arch/extable.h>
#include <arch/paging.h>
#include <mm/misuse.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>
#include <mm/vmap_area.h>

#include "free_frames.h"

#define ROM 0xff000UL

static bool is_mapped(const void *addr)
{
	u64 value;

	return arch_probe_u64(addr, &value);
}

static u64 begin(void)
{
	iounmap(ioremap(ROM, 1));
	vmalloc_purge();
	return free_frames_and_kept();
}

static void end(struct test *t, u64 before)
{
	vmalloc_purge();
	EXPECT_EQ(vmalloc_check(kernel_mm()), 0);
	EXPECT_EQ(free_frames_and_kept(), before);
}

TEST(ioremap, registers_are_mapped_uncached_where_asked)
{
	u64 before = begin(), size;
	char *whole = ioremap(ROM, PAGE_SIZE), *part = ioremap(ROM + 0x7f8, 8);
	paddr_t phys;
	u32 prot;

	ASSERT_TRUE(whole && part && whole != part);
	EXPECT_EQ((u64)part % PAGE_SIZE, 0x7f8);
	EXPECT_EQ(*(u64 *)part, *(u64 *)(whole + 0x7f8));
	ASSERT_TRUE(paging_lookup((vaddr_t)part, &phys, &prot, &size));
	EXPECT_EQ(phys, ROM + 0x7f8);
	EXPECT_TRUE(prot & MAP_UNCACHED);
	EXPECT_FALSE(prot & MAP_X);
	EXPECT_FALSE(is_mapped(whole + PAGE_SIZE));
	EXPECT_EQ(vmalloc_check(kernel_mm()), 0);
	iounmap(part);
	EXPECT_FALSE(is_mapped(part));
	EXPECT_TRUE(is_mapped(whole));
	iounmap(whole);
	end(t, before);
}

/* Bytes on both sides of a border need two pages. */
TEST(ioremap, a_range_across_pages_is_mapped_whole)
{
	u64 before = begin();
	char *addr = ioremap(ROM - 4, 8);

	ASSERT_TRUE(addr != NULL);
	EXPECT_TRUE(is_mapped(addr - 4));
	EXPECT_TRUE(is_mapped(addr + 4));
	EXPECT_FALSE(is_mapped(addr + 4 + PAGE_SIZE));
	iounmap(addr);
	end(t, before);
}

TEST(ioremap, addresses_are_used_again_after_the_purge)
{
	u64 before = begin();
	void *first = ioremap(ROM, PAGE_SIZE), *second, *third;

	iounmap(first);
	second = ioremap(ROM, PAGE_SIZE);
	EXPECT_TRUE(second != first);
	iounmap(second);
	vmalloc_purge();
	third = vmalloc(PAGE_SIZE);
	EXPECT_EQ((u64)third, (u64)first);
	vfree(third);
	end(t, before);
}

TEST(ioremap, ram_and_what_no_address_can_be_are_refused)
{
	u64 before = begin();
	struct page *page = alloc_pages(GFP_KERNEL, 0);
	paddr_t ram;

	ASSERT_TRUE(page != NULL);
	ram = PFN_PHYS(page_to_pfn(page));
	EXPECT_TRUE(ioremap(ram, 1) == NULL);
	EXPECT_TRUE(ioremap(ram - PAGE_SIZE, PAGE_SIZE + 1) == NULL);
	EXPECT_TRUE(ioremap(ROM, 0) == NULL);
	EXPECT_TRUE(ioremap(~0UL - 10, 100) == NULL);
	EXPECT_TRUE(ioremap(1UL << 60, 8) == NULL);
	free_pages(page, 0);
	end(t, before);
}

/* A device has no frame, so vfree() must not look for one. */
TEST(ioremap, devices_and_memory_are_not_mixed_up)
{
	u64 before = begin();
	char *device = ioremap(ROM, PAGE_SIZE), *memory = vmalloc(PAGE_SIZE);

	ASSERT_TRUE(device && memory);
	EXPECT_TRUE(vmalloc_to_page(device) == NULL);
	expect_bug(BUG_VFREE);
	vfree(device);
	iounmap(memory);
	iounmap(memory + PAGE_SIZE);
	EXPECT_EQ(bug_seen(BUG_VFREE), 3);
	EXPECT_TRUE(is_mapped(device));
	EXPECT_TRUE(is_mapped(memory));
	iounmap(device);
	expect_bug(BUG_VFREE);
	iounmap(device);
	EXPECT_EQ(bug_seen(BUG_VFREE), 1);
	vfree(memory);
	end(t, before);
}

static bool remap_and_back(void)
{
	void *addr = ioremap(ROM - PAGE_SIZE, PAGE_SIZE + 1);

	iounmap(addr);
	return addr;
}

TEST(ioremap, no_record_no_mapping)
{
	u64 before = begin();

	point_fail_nth("kmem_cache_alloc", 1);
	EXPECT_FALSE(remap_and_back());
	point_disable("kmem_cache_alloc");
	EXPECT_EQ(vmalloc_check(kernel_mm()), 0);
	EXPECT_TRUE(remap_and_back());
	end(t, before);
}

TEST(ioremap, the_checker_sees_another_device)
{
	u64 before = begin();
	void *addr = ioremap(ROM, PAGE_SIZE);
	struct vmap_area *area;

	ASSERT_TRUE(addr != NULL);
	area = vmap_area_find_device(kernel_mm(), (u64)addr);
	ASSERT_TRUE(area != NULL);
	area->phys -= PAGE_SIZE;
	EXPECT_EQ(vmalloc_check(kernel_mm()), 1);
	area->phys += PAGE_SIZE;
	iounmap(addr);
	end(t, before);
}
