// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_tlb_gather.c - pages that are gathered go after their flush
 */
#include <kernel/point.h>
#include <kernel/thread.h>

#include "tlb_fixture.h"

/* --- gathers --- */

/* nr pages mapped in a row, the gather's references the last ones. */
static void gather_pages(struct test *t, struct mm_struct *mm, u32 nr)
{
	struct mmu_gather tlb;
	u32 early = 0;

	for (u32 i = 0; i < nr; i++) {
		struct page *page = marked_page(A);

		ASSERT_TRUE(page && map_page(t, mm, ADDR + i * PAGE_SIZE, page,
					     USER_RW));
		EXPECT_EQ(peek(ADDR + i * PAGE_SIZE), A);
	}
	tlb_gather_mmu(&tlb, mm, TLB_UNMAP);
	for (u32 i = 0; i < nr; i++) {
		pte_t pte = unmap_page(mm, ADDR + i * PAGE_SIZE);

		tlb_note_entry(&tlb, ADDR + i * PAGE_SIZE);
		if (tlb_remove_page(&tlb, pfn_to_page(pte_pfn(pte)))) {
			early++;
			tlb_flush_mmu(&tlb);
		}
	}
	test_note(t, "%u pages: %u flushes on the way", nr, early);
	tlb_finish_mmu(&tlb);
	EXPECT_EQ(peek(ADDR), 0);
	EXPECT_EQ(peek(ADDR + (nr - 1) * PAGE_SIZE), 0);
}

static const u32 gather_sizes[] = { 1, 31, 32, 33, 511, 512, 513, 1100 };

TEST(tlb_gather, gathered_pages_go_after_their_flush)
{
	struct mm_struct *mm = test_mm_begin(t);

	ASSERT_TRUE(mm);
	use_mm(mm);
	for (u32 i = 0; i < ARRAY_SIZE(gather_sizes); i++)
		gather_pages(t, mm, gather_sizes[i]);
	use_mm(NULL);
	test_mm_end(t, mm);
}

TEST(tlb_gather, gather_without_memory_flushes_more_often)
{
	struct mm_struct *mm = test_mm_begin(t);
	struct tlb_stats before, after;

	ASSERT_TRUE(mm);
	use_mm(mm);
	point_fail_nth("tlb_grow", 1);
	tlb_get_stats(&before);
	gather_pages(t, mm, 33);
	tlb_get_stats(&after);
	point_disable("tlb_grow");
	EXPECT_EQ(after.flushes[TLB_UNMAP], before.flushes[TLB_UNMAP] + 2);
	EXPECT_EQ(after.pages, before.pages + 33);
	use_mm(NULL);
	test_mm_end(t, mm);
}

TEST(tlb_gather, gather_of_nothing_flushes_nothing)
{
	struct mm_struct *mm = test_mm_begin(t);
	struct tlb_stats before, after;
	struct mmu_gather tlb;

	ASSERT_TRUE(mm);
	tlb_get_stats(&before);
	tlb_gather_mmu(&tlb, mm, TLB_UNMAP);
	tlb_finish_mmu(&tlb);
	tlb_get_stats(&after);
	EXPECT_EQ(memcmp(&before, &after, sizeof(before)), 0);
	test_mm_end(t, mm);
}

TEST(tlb_gather, a_batch_reaches_the_cpus_of_every_space)
{
	static struct mm_struct a, b;
	struct tlb_batch batch = { .reason = TLB_MIGRATE };
	u64 gen = a.tlb.tlb_gen;

	a.tlb.cpus = 1;
	b.tlb.cpus = 4;
	tlb_batch_add(&batch, &a, 2);
	tlb_batch_add(&batch, &b, 1);
	EXPECT_EQ(batch.cpus, 5);
	EXPECT_EQ(batch.nr, 3);
	EXPECT_EQ(a.tlb.tlb_gen, gen + 1);
}
