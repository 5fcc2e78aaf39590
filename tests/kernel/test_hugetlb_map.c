// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_hugetlb_map.c - mappings of huge pages: contents, rights,
 * moves, and what can't be had
 *
 * No program runs: words go through the frames that the page tables name. Each
 * case ends with an empty pool, clean checks, and as many free frames as there
 * were.
 */
#include <kernel/errno.h>
#include <kernel/point.h>
#include <kernel/thread.h>
#include <mm/migrate.h>
#include <mm/page_alloc.h>
#include <arch/mmu.h>
#include <uapi/mempolicy.h>

#include "hugetlb_map_fixture.h"

TEST(hugetlb_map, every_frame_keeps_its_word)
{
	struct mm_struct *mm;
	s64 place;
	vaddr_t a;

	NEEDS_PAGES(3);
	mm = mm_alloc();
	place = map_huge(mm, 3, PRIVATE);
	ASSERT_TRUE(place > 0);
	a = (vaddr_t)place;
	EXPECT_TRUE(IS_ALIGNED(a, HUGE));
	EXPECT_POOL(3, 3, 0, 3);
	for (u64 at = 0; at < 2 * HUGE; at += PAGE_SIZE) {
		EXPECT_EQ(word_at(mm, a + at), 0);
		EXPECT_EQ(mm_write(mm, a + at, at), 0);
	}
	EXPECT_POOL(3, 1, 0, 1);
	EXPECT_EQ(mm->hugetlb_pages, 2);
	EXPECT_EQ(mm->rss[MM_ANONPAGES], 0);
	for (u64 at = 0; at < 2 * HUGE; at += PAGE_SIZE)
		EXPECT_EQ(word_at(mm, a + at), at);
	EXPECT_TRUE(pte_huge(hugetlb_entry_at(mm, a)));
	EXPECT_EQ(checks(mm), 0);
	/* The second goes, and comes back empty. */
	EXPECT_EQ(do_munmap(mm, a + HUGE, HUGE), 0);
	EXPECT_POOL(3, 2, 0, 1);
	EXPECT_EQ(word_at(mm, a), 0);
	EXPECT_EQ(write_signal(mm, a + HUGE), SIGSEGV);
	EXPECT_EQ(do_mmap(mm, NULL, a + HUGE, HUGE, RW, PRIVATE | MAP_FIXED, 0),
		  (s64)(a + HUGE));
	EXPECT_EQ(word_at(mm, a + HUGE + PAGE_SIZE), 0);
	end(t, mm);
}

TEST(hugetlb_map, mmap_refuses_as_linux_does)
{
	static const struct {
		vaddr_t addr;
		u64 len, flags;
		s64 result;
	} calls[] = {
		{ 0, 0, PRIVATE, -EINVAL },
		{ 0, 3 * HUGE, PRIVATE, -ENOMEM },
		{ BASE + PAGE_SIZE, HUGE, PRIVATE | MAP_FIXED, -EINVAL },
		{ 0, HUGE, PRIVATE | 30UL << MAP_HUGE_SHIFT, -EINVAL },
		{ BASE, HUGE, PRIVATE | MAP_FIXED | 21UL << MAP_HUGE_SHIFT,
		  BASE },
		{ BASE + HUGE, 1, PRIVATE | MAP_FIXED, BASE + HUGE },
		{ 0, HUGE, PRIVATE, -ENOMEM }, /* both are spoken for */
		{ BASE + 8 * HUGE, HUGE, PRIVATE | MAP_FIXED | MAP_NORESERVE,
		  BASE + 8 * HUGE },
	};
	struct mm_struct *mm;

	NEEDS_PAGES(2);
	mm = mm_alloc();
	for (u32 i = 0; i < ARRAY_SIZE(calls); i++) {
		s64 got = do_mmap(mm, NULL, calls[i].addr, calls[i].len, RW,
				  calls[i].flags, 0);

		if (got != calls[i].result)
			test_fail(t, __FILE__, __LINE__, "call %u gave %ld", i,
				  got);
	}
	EXPECT_EQ(mm->total_vm, 3 * HUGETLB_FRAMES);
	EXPECT_EQ(do_munmap(mm, BASE + HUGE / 2, HUGE), -EINVAL);
	EXPECT_EQ(do_munmap(mm, BASE, PAGE_SIZE), -EINVAL);
	EXPECT_EQ(do_mprotect(mm, BASE, PAGE_SIZE, PROT_READ), -EINVAL);
	EXPECT_EQ(do_madvise(mm, BASE + PAGE_SIZE, HUGE, MADV_DONTNEED),
		  -EINVAL);
	EXPECT_EQ(do_madvise(mm, BASE, HUGE, MADV_FREE), -EINVAL);
	EXPECT_POOL(2, 2, 0, 2);
	/* It is there, then, and counts as locked nowhere. */
	EXPECT_EQ(do_mlock(mm, BASE, HUGE, false), 0);
	EXPECT_EQ(mm->locked_vm, 0);
	EXPECT_POOL(2, 1, 0, 1);
	end(t, mm);
}

/* No page is promised: who comes too late gets a signal. */
TEST(hugetlb_map, an_empty_pool_is_sigbus)
{
	MAPPING_BEGIN(1, 1, PRIVATE);
	vaddr_t b;

	b = (vaddr_t)map_huge(mm, 1, PRIVATE | MAP_NORESERVE);
	EXPECT_EQ(write_signal(mm, b), SIGBUS); /* it is a's */
	EXPECT_EQ(write_signal(mm, a), 0);
	EXPECT_EQ(write_signal(mm, b), SIGBUS);
	EXPECT_EQ(do_munmap(mm, a, HUGE), 0);
	EXPECT_EQ(write_signal(mm, b), 0);
	end(t, mm);
}

/* Whoever had the pages before. */
TEST(hugetlb_map, pages_come_empty)
{
	MAPPING_BEGIN(2, 2, PRIVATE);
	static const u64 flags[] = { PRIVATE, SHARED };

	for (u32 i = 0; i < ARRAY_SIZE(flags); i++) {
		mm_write(mm, a, ~0UL);
		mm_write(mm, a + HUGE, ~0UL);
		EXPECT_EQ(do_munmap(mm, a, 2 * HUGE), 0);
		a = (vaddr_t)map_huge(mm, 2, flags[i]);
		EXPECT_EQ(word_at(mm, a) | word_at(mm, a + HUGE), 0);
	}
	end(t, mm);
}

/* A page of a shared mapping that can't be recorded is still promised. */
TEST(hugetlb_map, without_a_record_a_shared_page_goes_back)
{
	MAPPING_BEGIN(2, 2, SHARED);
	struct fault_error error;

	point_fail_nth("xa_node_alloc", 1);
	EXPECT_EQ(do_user_fault(mm, a + HUGE, FAULT_FLAG_USER, &error), -ENOMEM);
	point_disable("xa_node_alloc");
	EXPECT_POOL(2, 2, 0, 2);
	EXPECT_EQ(write_signal(mm, a + HUGE), 0);
	EXPECT_POOL(2, 1, 0, 1);
	end(t, mm);
}

/* A mapping that only reads may be the first to touch a place. */
TEST(hugetlb_map, rights_follow)
{
	MAPPING_BEGIN(3, 2, PRIVATE);
	vaddr_t s;

	s = (vaddr_t)map_huge(mm, 1, SHARED);
	mm_write(mm, a, 1);
	mm_write(mm, s, 2);
	EXPECT_EQ(do_mprotect(mm, a, HUGE, PROT_READ), 0);
	EXPECT_EQ(do_mprotect(mm, s, HUGE, PROT_READ), 0);
	EXPECT_EQ(write_signal(mm, a), SIGSEGV);
	EXPECT_EQ(write_signal(mm, s), SIGSEGV);
	EXPECT_TRUE(space_walk(mm, a, true) == NULL);
	EXPECT_EQ(word_at(mm, a), 1);
	EXPECT_EQ(do_mprotect(mm, a, 2 * HUGE, PROT_NONE), 0);
	EXPECT_TRUE(space_walk(mm, a, false) == NULL);
	EXPECT_EQ(checks(mm), 0);
	EXPECT_EQ(do_mprotect(mm, a, 2 * HUGE, RW), 0);
	EXPECT_EQ(do_mprotect(mm, s, HUGE, RW), 0);
	EXPECT_TRUE(space_walk(mm, a, true) != NULL);
	EXPECT_TRUE(space_walk(mm, s, true) != NULL);
	EXPECT_EQ(word_at(mm, a), 1);
	EXPECT_EQ(word_at(mm, s), 2);
	EXPECT_POOL(3, 1, 0, 1);
	end(t, mm);
}

TEST(hugetlb_map, mremap_moves_and_shrinks)
{
	MAPPING_BEGIN(3, 3, PRIVATE);
	vaddr_t b = BASE;

	mm_write(mm, a, 1);
	EXPECT_EQ(do_mremap(mm, a, 3 * HUGE, 4 * HUGE, MREMAP_MAYMOVE, 0),
		  -EINVAL);
	EXPECT_EQ(do_mremap(mm, a + PAGE_SIZE, HUGE, HUGE, MREMAP_MAYMOVE, 0),
		  -EINVAL);
	EXPECT_EQ(do_mremap(mm, a, 3 * HUGE, 2 * HUGE, 0, 0), (s64)a);
	EXPECT_POOL(3, 2, 0, 1);
	EXPECT_EQ(do_mremap(mm, a, 2 * HUGE, 2 * HUGE,
			    MREMAP_MAYMOVE | MREMAP_FIXED, b + PAGE_SIZE),
		  -EINVAL);
	EXPECT_EQ(do_mremap(mm, a, 2 * HUGE, 2 * HUGE,
			    MREMAP_MAYMOVE | MREMAP_FIXED, b),
		  (s64)b);
	EXPECT_EQ(word_at(mm, b), 1);
	EXPECT_EQ(write_signal(mm, a), SIGSEGV);
	/* What was reserved for the old place is for the new one. */
	EXPECT_POOL(3, 2, 0, 1);
	EXPECT_EQ(write_signal(mm, b + HUGE), 0);
	EXPECT_POOL(3, 1, 0, 0);
	end(t, mm);
}

TEST(hugetlb_map, dontneed_forgets_whole_pages)
{
	MAPPING_BEGIN(2, 2, PRIVATE);
	u8 present[4];

	mm_write(mm, a, 1);
	mm_write(mm, a + HUGE, 2);
	EXPECT_EQ(do_mincore(mm, a + HUGE - 2 * PAGE_SIZE, 4, present), 0);
	EXPECT_EQ(present[0] & present[3], 1);
	/* Half of the second is left alone. */
	EXPECT_EQ(do_madvise(mm, a, HUGE + HUGE / 2, MADV_DONTNEED), 0);
	/* The first is still promised, and may come back. */
	EXPECT_POOL(2, 1, 0, 1);
	EXPECT_EQ(map_huge(mm, 1, PRIVATE), -ENOMEM);
	EXPECT_EQ(do_mincore(mm, a + HUGE - 2 * PAGE_SIZE, 4, present), 0);
	EXPECT_EQ(present[0], 0);
	EXPECT_EQ(present[3], 1);
	EXPECT_EQ(word_at(mm, a), 0);
	EXPECT_EQ(word_at(mm, a + HUGE), 2);
	EXPECT_POOL(2, 0, 0, 0);
	end(t, mm);
}

/* Twice, with a child's page, and when the page isn't the pool's any more. */
TEST(hugetlb_map, dontneed_promises_only_what_there_is)
{
	MAPPING_BEGIN(2, 1, PRIVATE);

	mm_write(mm, a, 1);
	CHILD_OF(mm, child);
	EXPECT_EQ(do_madvise(child, a, HUGE, MADV_DONTNEED), 0);
	EXPECT_POOL(2, 1, 0, 0); /* a child was promised nothing */
	EXPECT_EQ(do_madvise(mm, a, HUGE, MADV_DONTNEED), 0);
	EXPECT_EQ(do_madvise(mm, a, HUGE, MADV_DONTNEED), 0);
	EXPECT_POOL(2, 2, 0, 1);
	mm_write(mm, a, 1);
	pool_resize(0);
	EXPECT_POOL(1, 0, 1, 0);
	EXPECT_EQ(do_madvise(mm, a, HUGE, MADV_DONTNEED), 0);
	EXPECT_POOL(0, 0, 0, 0);
	EXPECT_EQ(write_signal(mm, a), SIGBUS);
	mmput(child);
	end(t, mm);
}

TEST(hugetlb_map, a_mapping_without_its_record_promises_nothing)
{
	struct mm_struct *mm;

	NEEDS_PAGES(2);
	mm = mm_alloc();
	point_fail_nth("hugetlb_map_alloc", 1);
	EXPECT_EQ(map_huge(mm, 2, PRIVATE), -ENOMEM);
	point_disable("hugetlb_map_alloc");
	EXPECT_POOL(2, 2, 0, 0);
	EXPECT_EQ(mm->map_count, 0);
	end(t, mm);
}

/* Tables that can't be had: an error, and nothing has changed. */
TEST(hugetlb_map, failing_tables_leave_all_as_it_was)
{
	MAPPING_BEGIN(2, 2, PRIVATE);
	struct fault_error error;

	for (u32 nth = 1; nth <= 2; nth++) {
		point_fail_nth("pte_alloc_one", nth);
		EXPECT_EQ(do_user_fault(mm, a, FAULT_FLAG_USER, &error),
			  -ENOMEM);
		point_disable("pte_alloc_one");
		EXPECT_POOL(2, 2, 0, 2);
		EXPECT_EQ(checks(mm), 0);
	}
	mm_write(mm, a, 7);
	for (u32 nth = 2; nth <= 3; nth++) {
		point_fail_nth("pte_alloc_one", nth);
		EXPECT_TRUE(dup_mm(mm) == NULL);
		point_disable("pte_alloc_one");
		EXPECT_EQ(checks(mm), 0);
	}
	EXPECT_EQ(word_at(mm, a), 7);
	/* To where there are no tables; it goes back. */
	point_fail_nth("pte_alloc_one", 1);
	EXPECT_EQ(do_mremap(mm, a, 2 * HUGE, 2 * HUGE,
			    MREMAP_MAYMOVE | MREMAP_FIXED, BASE),
		  -ENOMEM);
	point_disable("pte_alloc_one");
	EXPECT_EQ(word_at(mm, a), 7);
	EXPECT_POOL(2, 1, 0, 1);
	EXPECT_EQ(checks(mm), 0);
	CHILD_OF(mm, child);
	mmput(child);
	end(t, mm);
}

/* They are on a node, and stay there. */
TEST(hugetlb_map, move_pages_says_where_they_are)
{
	struct mm_struct *mm;
	int status[2], nodes[2], nid;
	vaddr_t a[2];

	NEEDS_PAGES(2);
	mm = mm_alloc();
	a[0] = (vaddr_t)map_huge(mm, 2, PRIVATE) + 3 * PAGE_SIZE;
	a[1] = a[0] + HUGE;
	mm_write(mm, a[0], 1);
	nid = page_zone(vm_normal_page(hugetlb_entry_at(mm, a[0])))->nid;
	nodes[0] = nodes[1] = nid;
	EXPECT_EQ(do_move_pages(mm, 2, a, nodes, status, MPOL_MF_MOVE), 0);
	EXPECT_EQ(status[0], nid);
	EXPECT_EQ(status[1], -ENOENT);
	nodes[0] = !nid;
	if (kernel_mm()->nodes[!nid].node_present_pages) {
		do_move_pages(mm, 1, a, nodes, status, MPOL_MF_MOVE);
		EXPECT_EQ(status[0], -EBUSY);
	}
	EXPECT_EQ(word_at(mm, a[0]), 1);
	end(t, mm);
}

/* Through the CPU's own translations: what was unmapped is forgotten. */
TEST(hugetlb_map, translations_are_forgotten)
{
	MAPPING_BEGIN(2, 1, PRIVATE);
	u64 value = 0;

	mm_write(mm, a, 1);
	use_mm(mm);
	for (u64 at = 0; at < HUGE; at += 37 * PAGE_SIZE)
		EXPECT_TRUE(arch_user_poke(a + at, at + 1));
	CHILD_OF(mm, child);
	EXPECT_FALSE(arch_user_poke(a + 37 * PAGE_SIZE, 5)); /* to be copied */
	mm_write(mm, a, 9);
	EXPECT_TRUE(arch_user_poke(a + 37 * PAGE_SIZE, 5));
	EXPECT_EQ(word_at(child, a + 37 * PAGE_SIZE), 37 * PAGE_SIZE + 1);
	EXPECT_EQ(do_mprotect(mm, a, HUGE, PROT_READ), 0);
	EXPECT_FALSE(arch_user_poke(a + 74 * PAGE_SIZE, 5));
	EXPECT_TRUE(arch_user_peek(a + 37 * PAGE_SIZE, &value));
	EXPECT_EQ(value, 5);
	EXPECT_EQ(do_munmap(mm, a, HUGE), 0);
	for (u64 at = 0; at < HUGE; at += 37 * PAGE_SIZE)
		EXPECT_FALSE(arch_user_peek(a + at, &value));
	use_mm(NULL);
	mmput(child);
	end(t, mm);
}

/* The check is tested, too. */
TEST(hugetlb_map, the_checks_find_what_is_wrong)
{
	MAPPING_BEGIN(1, 1, PRIVATE);
	struct page *page;

	mm_write(mm, a, 1);
	page = vm_normal_page(hugetlb_entry_at(mm, a));
	page->entire_mapcount++;
	EXPECT_GT(page_table_check(mm), 0);
	page->entire_mapcount--;
	mm->hugetlb_pages++;
	EXPECT_EQ(page_table_check(mm), 1);
	mm->hugetlb_pages--;
	page->kind_order = kind_order(PAGE_KERNEL, HUGETLB_ORDER);
	EXPECT_GT(page_table_check(mm), 0);
	page->kind_order = kind_order(PAGE_HUGETLB, HUGETLB_ORDER);
	end(t, mm);
}
