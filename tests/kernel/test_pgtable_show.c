// SPDX-License-Identifier: MIT
#include <kernel/pgtable_show.h>

#include "pgtable_fixture.h"

#define ADDR (85UL << 39 | 420UL << 30 | 161UL << 21 | 5UL << 12)

static char text[1024];

static void append(struct seq *s, const char *more, size_t len)
{
	u64 have = s->written - len;

	if (have + len < sizeof(text))
		memcpy(text + have, more, len + 1);
}

static void show(struct mm_struct *mm, vaddr_t addr)
{
	struct seq s = { .write = append };

	memset(text, 0, sizeof(text));
	pgtable_show_walk(mm, addr, &s);
}

TEST(pgtable_show, walk_ends_where_an_entry_leads_no_further)
{
	struct mm_struct *mm = test_mm_begin(t);
	struct page *page = alloc_pages(GFP_KERNEL, 0);

	ASSERT_TRUE(mm && page);
	show(mm, ADDR);
	EXPECT_STREQ(text, "PGD[ 85] 0x0000000000000000 -> nothing\n");
	ASSERT_TRUE(map_page(t, mm, ADDR, page, USER_RW));
	show(mm, ADDR + 8);
	EXPECT_TRUE(strstr(text, "PGD[ 85] 0x"));
	EXPECT_TRUE(strstr(text, "PUD[420] 0x"));
	EXPECT_TRUE(strstr(text, "PMD[161] 0x"));
	EXPECT_TRUE(strstr(text, "067 P W U A D -> table at pfn 0x"));
	EXPECT_TRUE(strstr(text, "PTE[  5] 0x80000000"));
	EXPECT_TRUE(strstr(text, "007 P W U NX -> pfn 0x"));
	show(mm, ADDR + PAGE_SIZE);
	EXPECT_TRUE(strstr(text, "PTE[  6] 0x0000000000000000 -> nothing\n"));
	unmap_page(mm, ADDR);
	free_pages(page, 0);
	test_mm_end(t, mm);
}

TEST(pgtable_show, entries_that_are_not_present_are_named)
{
	struct mm_struct *mm = test_mm_begin(t);
	struct spinlock *ptl;
	pte_t *pte;

	ASSERT_TRUE(mm);
	pte = pte_alloc_map_lock(mm, ADDR, &ptl);
	ASSERT_TRUE(pte);
	set_pte_at(mm, ADDR, pte, swp_pte(SWP_MIGRATION_WRITE, 0x123, 0));
	pte_unmap_unlock(pte, ptl);
	show(mm, ADDR);
	EXPECT_TRUE(strstr(text, "-> pfn 0x123: migrating, writable\n"));
	unmap_page(mm, ADDR);
	show(mm, TASK_SIZE);
	EXPECT_STREQ(text, "0x7ffffffff000 is no address of a program's\n");
	test_mm_end(t, mm);
}
