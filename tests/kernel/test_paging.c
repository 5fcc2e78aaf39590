// SPDX-License-Identifier: MIT
#include <kernel/image.h>
#include <kernel/test.h>
#include <mm/page_alloc.h>
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

/*
 * Two CPUs need the same table at once. Here the second one's turn comes while
 * the first is waiting for its page: in the page source. The tables stay.
 */
struct rival {
	vaddr_t virt;
	paddr_t phys;
	u32 nr_tables, depth;
};

static paddr_t rival_page(void *ctx)
{
	struct rival *r = ctx;
	struct page_source source = { rival_page, r };
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_ZERO, 0);

	r->nr_tables++;
	if (r->depth++ == 0 &&
	    paging_map(r->virt + PAGE_SIZE, r->phys, PAGE_SIZE, MAP_4K, &source))
		return 0;
	return page ? PFN_PHYS(page_to_pfn(page)) : 0;
}

/* Of the two tables made for the first range one is left, for the second. */
TEST(paging, a_table_made_by_two_is_linked_once)
{
	struct rival r = { .phys = kernel_image()->text };
	struct page_source source = { rival_page, &r };

	if (!has_tables())
		SKIP("no page tables on the host");
	for (u32 i = 0; i < 2; i++) {
		r.virt = ALIGN(paging_reserve(4 * MiB), 2 * MiB);
		ASSERT_EQ(paging_map(r.virt, r.phys, PAGE_SIZE, MAP_4K,
				     &source), 0);
		EXPECT_EQ(rights(r.virt), MAP_R);
		EXPECT_EQ(rights(r.virt + PAGE_SIZE), i ? 0xff : MAP_R);
		EXPECT_EQ(r.nr_tables, 2);
		EXPECT_EQ(paging_count_mapped(r.virt, r.virt + 2 * MiB),
			  i ? 1 : 2);
		paging_unmap(r.virt, 2 * MiB);
		EXPECT_EQ(paging_count_mapped(r.virt, r.virt + 2 * MiB), 0);
	}
	EXPECT_EQ(paging_check(), 0);
}
