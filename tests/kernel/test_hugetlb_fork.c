// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_hugetlb_fork.c - huge pages of several processes: whose page
 * is it, who gets a copy, who gets a signal
 *
 * As test_hugetlb_map.c: no program runs.
 */
#include <kernel/errno.h>
#include <kernel/point.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>

#include "hugetlb_map_fixture.h"

TEST(hugetlb_fork, fork_copies_what_is_written)
{
	MAPPING_BEGIN(3, 2, PRIVATE);

	mm_write(mm, a + 8 * PAGE_SIZE, 1);
	mm_write(mm, a + HUGE, 2);
	CHILD_OF(mm, child);
	EXPECT_POOL(3, 1, 0, 0);
	EXPECT_EQ(checks(child), 0);
	EXPECT_EQ(word_at(child, a + 8 * PAGE_SIZE), 1);
	EXPECT_EQ(word_at(mm, a + 8 * PAGE_SIZE), 1);
	EXPECT_EQ(mm_write(child, a + 8 * PAGE_SIZE, 3), 0);
	EXPECT_POOL(3, 0, 0, 0);
	EXPECT_EQ(word_at(mm, a + 8 * PAGE_SIZE), 1);
	EXPECT_EQ(word_at(child, a + 8 * PAGE_SIZE), 3);
	/* The parent has its page alone again: no copy, as there is no page. */
	EXPECT_EQ(write_signal(mm, a), 0);
	/* The other is shared still, and the child can have no second one. */
	EXPECT_EQ(write_signal(child, a + HUGE), SIGBUS);
	EXPECT_EQ(checks(mm), 0);
	mmput(child);
	EXPECT_EQ(write_signal(mm, a + HUGE), 0);
	EXPECT_EQ(word_at(mm, a + HUGE), 2);
	end(t, mm);
}

static u64 hits_of(const char *point)
{
	return point_find(point)->hits;
}

static bool has_lost(struct mm_struct *mm, vaddr_t addr)
{
	u8 present = 1;

	return !do_mincore(mm, addr, 1, &present) && !present &&
	       is_taken_pte(hugetlb_entry_at(mm, addr)) &&
	       write_signal(mm, addr) == SIGBUS;
}

/*
 *		owner	child	grandchild
 *	place 0	  1	  1	  1		owner writes: its page again
 *	place 1	  2	  2	  2		child writes: none for it
 */
TEST(hugetlb_fork, an_owner_takes_its_page_back)
{
	MAPPING_BEGIN(2, 2, PRIVATE);
	vaddr_t b = BASE;

	mm_write(mm, a, 1);
	mm_write(mm, a + HUGE, 2);
	CHILD_OF(mm, child);
	CHILD_OF(child, grandchild);
	/* Wherever the place is by now, and whatever is allowed there. */
	EXPECT_EQ(do_mremap(child, a, 2 * HUGE, 2 * HUGE,
			    MREMAP_MAYMOVE | MREMAP_FIXED, b),
		  (s64)b);
	EXPECT_EQ(do_mprotect(grandchild, a, HUGE, PROT_NONE), 0);
	point_enable("hugetlb_taken_back", POINT_HOOK);
	EXPECT_EQ(write_signal(mm, a), 0);
	EXPECT_EQ(hits_of("hugetlb_taken_back"), 2);
	EXPECT_EQ(word_at(mm, a), 1);
	EXPECT_POOL(2, 0, 0, 0);
	EXPECT_TRUE(has_lost(child, b));
	EXPECT_EQ(do_mprotect(grandchild, a, HUGE, RW), 0);
	EXPECT_TRUE(has_lost(grandchild, a));
	/* The other place is all of theirs, and the promise was the owner's. */
	EXPECT_EQ(write_signal(child, b + HUGE), SIGBUS);
	EXPECT_EQ(word_at(grandchild, a + HUGE), 2);
	EXPECT_EQ(child->hugetlb_pages, 1);
	EXPECT_EQ(checks(child) + checks(grandchild), 0);
	mmput(grandchild);
	mmput(child);
	end(t, mm);
}

/* It goes where entries go, and away with its place. */
TEST(hugetlb_fork, a_page_that_was_taken_back_stays_lost)
{
	MAPPING_BEGIN(2, 2, PRIVATE);
	vaddr_t b = BASE;

	mm_write(mm, a, 1);
	mm_write(mm, a + HUGE, 1);
	CHILD_OF(mm, child);
	EXPECT_EQ(write_signal(mm, a) + write_signal(mm, a + HUGE), 0);
	pool_resize(4); /* too late: not even then */
	EXPECT_TRUE(has_lost(child, a));
	EXPECT_EQ(do_mprotect(child, a, HUGE, PROT_READ), 0);
	EXPECT_EQ(do_mremap(child, a, HUGE, HUGE, MREMAP_MAYMOVE | MREMAP_FIXED,
			    b),
		  (s64)b);
	EXPECT_EQ(do_mprotect(child, b, HUGE, RW), 0);
	EXPECT_TRUE(has_lost(child, b));
	CHILD_OF(child, grandchild);
	EXPECT_TRUE(has_lost(grandchild, b));
	EXPECT_EQ(checks(grandchild), 0);
	mmput(grandchild);
	EXPECT_EQ(do_madvise(child, b, HUGE, MADV_DONTNEED), 0);
	EXPECT_EQ(word_at(child, b), 0);
	EXPECT_EQ(do_munmap(child, a + HUGE, HUGE), 0);
	EXPECT_EQ(checks(child), 0);
	mmput(child);
	end(t, mm);
}

/* Nothing was promised to it. */
TEST(hugetlb_fork, without_a_reservation_nobody_is_an_owner)
{
	MAPPING_BEGIN(1, 1, PRIVATE | MAP_NORESERVE);

	mm_write(mm, a, 1);
	CHILD_OF(mm, child);
	EXPECT_EQ(write_signal(mm, a), SIGBUS);
	EXPECT_EQ(word_at(child, a), 1);
	mmput(child);
	end(t, mm);
}

/* A child's place that nobody has touched is not reserved for it. */
TEST(hugetlb_fork, reservations_are_the_parents)
{
	MAPPING_BEGIN(1, 1, PRIVATE);

	CHILD_OF(mm, child);
	EXPECT_EQ(write_signal(child, a), SIGBUS);
	EXPECT_EQ(do_munmap(child, a, HUGE), 0);
	EXPECT_POOL(1, 1, 0, 1);
	EXPECT_EQ(write_signal(mm, a), 0);
	mmput(child);
	end(t, mm);
}

TEST(hugetlb_fork, shared_pages_are_shared)
{
	MAPPING_BEGIN(2, 2, SHARED);

	EXPECT_POOL(2, 2, 0, 2);
	mm_write(mm, a, 1);
	CHILD_OF(mm, child);
	EXPECT_EQ(word_at(child, a), 1);
	mm_write(child, a + HUGE, 2); /* with the mapping's reservation */
	mm_write(child, a, 3);
	EXPECT_EQ(word_at(mm, a), 3);
	EXPECT_EQ(word_at(mm, a + HUGE), 2);
	EXPECT_POOL(2, 0, 0, 0);
	EXPECT_EQ(checks(child), 0);
	/* Forgetting drops the entry, not the page. */
	EXPECT_EQ(do_madvise(mm, a, HUGE, MADV_DONTNEED), 0);
	EXPECT_EQ(word_at(mm, a), 3);
	EXPECT_EQ(do_munmap(mm, a, 2 * HUGE), 0);
	EXPECT_EQ(word_at(child, a), 3);
	EXPECT_POOL(2, 0, 0, 0);
	mmput(child);
	EXPECT_POOL(2, 2, 0, 0);
	end(t, mm);
}

TEST(hugetlb_fork, rights_of_a_page_that_a_child_has_too)
{
	MAPPING_BEGIN(2, 1, PRIVATE);

	mm_write(mm, a, 1);
	EXPECT_EQ(do_mprotect(mm, a, HUGE, PROT_NONE), 0);
	CHILD_OF(mm, child);
	EXPECT_EQ(do_mprotect(mm, a, HUGE, RW), 0);
	EXPECT_EQ(do_mprotect(child, a, HUGE, RW), 0);
	EXPECT_TRUE(space_walk(mm, a, true) == NULL);
	EXPECT_EQ(checks(mm), 0);
	mm_write(mm, a, 2);
	EXPECT_EQ(word_at(child, a), 1);
	mmput(child);
	end(t, mm);
}

static struct page *pin_at(struct mm_struct *mm, vaddr_t addr)
{
	struct page *page = NULL;

	down_read(&mm->mmap_lock);
	if (get_user_pages(mm, addr, 1, FOLL_PIN, &page) != 1)
		page = NULL;
	up_read(&mm->mmap_lock);
	return page;
}

/* Else the pin would show what was, and not what the pinner writes. */
TEST(hugetlb_fork, a_pin_wants_a_page_of_its_own)
{
	MAPPING_BEGIN(2, 1, PRIVATE);
	struct page *page;

	mm_write(mm, a + 5 * PAGE_SIZE, 1);
	CHILD_OF(mm, child);
	page = pin_at(mm, a + 5 * PAGE_SIZE);
	ASSERT_TRUE(page != NULL);
	EXPECT_POOL(2, 0, 0, 0);
	mm_write(mm, a + 5 * PAGE_SIZE, 2);
	EXPECT_EQ(*(u64 *)page_address(page), 2);
	EXPECT_EQ(word_at(child, a + 5 * PAGE_SIZE), 1);
	unpin_page(page);
	mmput(child);
	end(t, mm);
}

/* Frames in the middle have references of their own, which hold the page. */
TEST(hugetlb_fork, a_pin_keeps_the_page)
{
	MAPPING_BEGIN(2, 1, PRIVATE);
	struct page *page[3];

	mm_write(mm, a + 5 * PAGE_SIZE, 1);
	page[0] = pin_at(mm, a + 5 * PAGE_SIZE);
	page[1] = pin_at(mm, a + 5 * PAGE_SIZE);
	page[2] = pin_at(mm, a);
	ASSERT_TRUE(page[0] && page[1] && page[2]);
	EXPECT_EQ(page[0] - page[2], 5);
	EXPECT_TRUE(page[0] == page[1]);
	EXPECT_EQ(page[2]->refcount, 3);
	/* The child gets a copy at once, the owner goes on with the page. */
	CHILD_OF(mm, child);
	EXPECT_POOL(2, 0, 0, 0);
	mm_write(mm, a + 5 * PAGE_SIZE, 2);
	EXPECT_EQ(*(u64 *)page_address(page[0]), 2);
	EXPECT_EQ(word_at(child, a + 5 * PAGE_SIZE), 1);
	EXPECT_EQ(checks(child), 0);
	mmput(child);
	/* Unmapped, it still is the pinner's. */
	EXPECT_EQ(do_munmap(mm, a, HUGE), 0);
	EXPECT_POOL(2, 1, 0, 0);
	unpin_page(page[2]);
	unpin_page(page[0]);
	EXPECT_POOL(2, 1, 0, 0);
	EXPECT_EQ(*(u64 *)page_address(page[1]), 2);
	unpin_page(page[1]);
	EXPECT_POOL(2, 2, 0, 0);
	end(t, mm);
}

TEST(hugetlb_fork, no_page_for_a_pinned_one_s_copy_fails_the_fork)
{
	MAPPING_BEGIN(1, 1, PRIVATE);
	struct page *page;

	page = pin_at(mm, a + PAGE_SIZE);
	ASSERT_TRUE(page != NULL);
	EXPECT_TRUE(dup_mm(mm) == NULL);
	EXPECT_EQ(write_signal(mm, a), 0);
	unpin_page(page);
	end(t, mm);
}
