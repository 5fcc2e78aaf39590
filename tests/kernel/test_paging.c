// SPDX-License-Identifier: MIT
#include <kernel/image.h>
#include <kernel/test.h>
#include <mm/page_alloc.h>
#include <arch/layout.h>
#include <arch/paging.h>

/*
 * What the kernel half must look like (the host has no such tables and skips):
 *
 *	image text R-X, rodata R--, data and bss RW-
 *	direct map RW-, but R-- where it shows text and rodata
 */
static u32 rights(vaddr_t virt)
{
	paddr_t phys;
	u64 size;
	u32 prot;

	if (!paging_lookup(virt, &phys, &prot, &size))
		return 0xff;
	return prot;
}

static bool has_tables(void)
{
	return rights((vaddr_t)&paging_check) != 0xff;
}

TEST(paging, image_is_w_xor_x)
{
	static int in_bss;

	if (!has_tables())
		SKIP("no page tables on the host");
	EXPECT_EQ(rights((vaddr_t)&paging_check), MAP_X);
	EXPECT_EQ(rights((vaddr_t) "constant"), MAP_R);
	EXPECT_EQ(rights((vaddr_t)&in_bss), MAP_W);
	EXPECT_EQ(paging_check(), 0);
}

TEST(paging, direct_map_is_not_executable)
{
	const struct kernel_image *image = kernel_image();
	struct page *page;

	if (!has_tables())
		SKIP("no page tables on the host");
	page = alloc_pages(GFP_KERNEL, 0);
	ASSERT_TRUE(page != NULL);
	EXPECT_EQ(rights((vaddr_t)page_address(page)), MAP_W);
	free_pages(page, 0);
	EXPECT_EQ(rights((vaddr_t)phys_to_virt(image->text)), MAP_R);
	EXPECT_EQ(rights((vaddr_t)phys_to_virt(image->rodata_end)), MAP_W);
}

TEST(paging, only_ram_is_in_the_direct_map)
{
	if (!has_tables())
		SKIP("no page tables on the host");
	EXPECT_EQ(rights((vaddr_t)phys_to_virt(0xb8000)), 0xff);
	EXPECT_EQ(rights(0), 0xff); /* the identity map is gone */
}

TEST(paging, lookup_finds_frame_and_offset)
{
	const struct kernel_image *image = kernel_image();
	paddr_t phys = 0;
	u64 size = 0;
	u32 prot;

	if (!has_tables())
		SKIP("no page tables on the host");
	ASSERT_TRUE(paging_lookup((vaddr_t)phys_to_virt(image->end + 0x123),
				  &phys, &prot, &size));
	EXPECT_EQ(phys, image->end + 0x123);
	EXPECT_GE(size, PAGE_SIZE);
}
