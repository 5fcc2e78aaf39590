// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_vma.c - VMAs: merging and splitting, drawn; the largest gap
 *
 * Each picture is of eight pages from BASE on (vma_fixture.h): "ww..r|w..".
 */
#include <kernel/errno.h>
#include <mm/mm_state.h>
#include <mm/pgtable.h>
#include <uapi/mman.h>

#include "random.h"
#include "vma_fixture.h"

#define BASE  0x10000000UL
#define NR    8
#define ANON  (MAP_PRIVATE | MAP_ANONYMOUS)
#define FIXED (ANON | MAP_FIXED)
#define RW    (PROT_READ | PROT_WRITE)

static vaddr_t page(u32 n)
{
	return BASE + n * PAGE_SIZE;
}

static void map(struct mm_struct *mm, u32 from, u32 to, u64 prot)
{
	do_mmap(mm, NULL, page(from), (to - from) * PAGE_SIZE, prot, FIXED, 0);
}

static void protect(struct mm_struct *mm, u32 from, u32 to, u64 prot)
{
	do_mprotect(mm, page(from), (to - from) * PAGE_SIZE, prot);
}

static void touch(struct mm_struct *mm, u32 from, u32 to)
{
	for (; from < to; from++)
		mm_write(mm, page(from), from + 1);
}

#define EXPECT_DRAWN(picture)                                 \
	do {                                                  \
		EXPECT_STREQ(mm_draw(mm, BASE, NR), picture); \
		EXPECT_EQ(mm_check(mm), 0);                   \
	} while (0)

/* --- merging: the cases of mm/vma_merge.c --- */

TEST(vma, free_range_joins_both_sides)
{
	struct mm_struct *mm = mm_begin();

	map(mm, 0, 2, RW);
	map(mm, 4, 6, RW);
	EXPECT_DRAWN("ww..ww..");
	map(mm, 2, 4, RW); /* case 1 */
	EXPECT_DRAWN("wwwwww..");
	EXPECT_EQ(mm->map_count, 1);
	mm_end(t, mm);
}

TEST(vma, free_range_joins_one_side)
{
	struct mm_struct *mm = mm_begin();

	map(mm, 0, 2, RW);
	map(mm, 4, 6, PROT_READ);
	map(mm, 2, 4, RW); /* case 2 */
	EXPECT_DRAWN("wwww|rr..");
	do_munmap(mm, page(2), 2 * PAGE_SIZE);
	EXPECT_DRAWN("ww..rr..");
	map(mm, 3, 4, PROT_READ); /* case 3 */
	EXPECT_DRAWN("ww.rrr..");
	mm_end(t, mm);
}

TEST(vma, unlike_neighbours_stay_apart)
{
	struct mm_struct *mm = mm_begin();

	map(mm, 0, 2, RW);
	map(mm, 2, 4, PROT_READ);
	map(mm, 4, 6, PROT_READ | PROT_EXEC);
	map(mm, 6, 7, PROT_NONE);
	EXPECT_DRAWN("ww|rr|xx|n.");
	mm_end(t, mm);
}

TEST(vma, end_of_a_vma_goes_to_the_next)
{
	struct mm_struct *mm = mm_begin();

	map(mm, 0, 4, PROT_READ);
	map(mm, 4, 6, RW);
	protect(mm, 2, 4, RW); /* case 4 */
	EXPECT_DRAWN("rr|wwww..");
	EXPECT_EQ(find_vma(mm, page(3))->vm_pgoff, page(2) >> PAGE_SHIFT);
	mm_end(t, mm);
}

TEST(vma, beginning_of_a_vma_goes_to_the_one_before)
{
	struct mm_struct *mm = mm_begin();

	map(mm, 0, 2, RW);
	map(mm, 2, 6, PROT_READ);
	protect(mm, 2, 4, RW); /* case 5 */
	EXPECT_DRAWN("wwww|rr..");
	EXPECT_EQ(find_vma(mm, page(4))->vm_pgoff, page(4) >> PAGE_SHIFT);
	mm_end(t, mm);
}

TEST(vma, whole_vma_goes_to_both_neighbours)
{
	struct mm_struct *mm = mm_begin();

	map(mm, 0, 2, RW);
	map(mm, 2, 4, PROT_READ);
	map(mm, 4, 6, RW);
	protect(mm, 2, 4, RW); /* case 6 */
	EXPECT_DRAWN("wwwwww..");
	mm_end(t, mm);
}

TEST(vma, whole_vma_goes_to_one_neighbour)
{
	struct mm_struct *mm = mm_begin();

	map(mm, 0, 2, RW);
	map(mm, 2, 4, PROT_READ);
	map(mm, 4, 6, PROT_NONE);
	protect(mm, 2, 4, RW); /* case 7 */
	EXPECT_DRAWN("wwww|nn..");
	protect(mm, 0, 4, PROT_READ);
	EXPECT_DRAWN("rrrr|nn..");
	map(mm, 2, 4, PROT_READ);
	/* What was writable once stays accounted: it is not alike. */
	EXPECT_DRAWN("rr|rr|nn..");
	protect(mm, 2, 4, PROT_NONE); /* case 8 */
	EXPECT_DRAWN("rr|nnnn..");
	mm_end(t, mm);
}

TEST(vma, the_middle_is_split_off)
{
	struct mm_struct *mm = mm_begin();

	map(mm, 0, 8, RW);
	protect(mm, 3, 5, PROT_READ);
	EXPECT_DRAWN("www|rr|www");
	protect(mm, 3, 5, RW);
	EXPECT_DRAWN("wwwwwwww");
	do_munmap(mm, page(3), PAGE_SIZE);
	EXPECT_DRAWN("www.wwww");
	mm_end(t, mm);
}

/* --- merging, when there are pages --- */

TEST(vma, pages_of_two_anon_vmas_are_not_joined)
{
	struct mm_struct *mm = mm_begin();

	map(mm, 0, 2, RW);
	map(mm, 4, 6, RW);
	touch(mm, 0, 2);
	touch(mm, 4, 6);
	map(mm, 2, 4, RW); /* only one may have it */
	EXPECT_DRAWN("wwww|ww..");
	mm_end(t, mm);
}

TEST(vma, who_takes_pages_over_leads_to_them)
{
	struct mm_struct *mm = mm_begin();
	u64 value;

	map(mm, 0, 2, RW);
	map(mm, 2, 4, PROT_READ);
	map(mm, 4, 6, RW);
	touch(mm, 4, 6); /* the last has chains, the first none */
	EXPECT_DRAWN("ww|rr|ww..");
	EXPECT_TRUE(!find_vma(mm, page(0))->anon_vma);
	protect(mm, 2, 4, RW); /* case 6 */
	EXPECT_DRAWN("wwwwww..");
	EXPECT_TRUE(find_vma(mm, page(0))->anon_vma);
	EXPECT_EQ(page_table_check_all(), 0);
	EXPECT_EQ(mm_read(mm, page(5), &value), 0);
	EXPECT_EQ(value, 6);
	mm_end(t, mm);
}

TEST(vma, split_parts_both_lead_to_their_pages)
{
	struct mm_struct *mm = mm_begin();
	u64 value;

	map(mm, 0, 8, RW);
	touch(mm, 0, 8);
	protect(mm, 2, 4, PROT_READ);
	EXPECT_DRAWN("ww|rr|wwww");
	EXPECT_EQ(page_table_check_all(), 0);
	for (u32 i = 0; i < 8; i++) {
		EXPECT_EQ(mm_read(mm, page(i), &value), 0);
		EXPECT_EQ(value, i + 1);
	}
	EXPECT_EQ(mm_write(mm, page(3), 7), -EFAULT);
	protect(mm, 2, 4, RW);
	EXPECT_DRAWN("wwwwwwww");
	EXPECT_EQ(mm_write(mm, page(3), 7), 0);
	mm_end(t, mm);
}

/* Its pages may be of its ancestors: nothing new joins them. */
TEST(vma, what_came_by_fork_stays_apart)
{
	struct mm_struct *mm = mm_begin(), *child;

	map(mm, 0, 2, RW);
	touch(mm, 0, 2);
	child = dup_mm(mm);
	ASSERT_TRUE(child);
	map(child, 2, 4, RW);
	EXPECT_STREQ(mm_draw(child, BASE, 5), "ww|ww.");
	map(mm, 2, 4, RW);
	EXPECT_DRAWN("wwww....");
	EXPECT_EQ(mm_check(child), 0);
	mmput(child);
	mm_end(t, mm);
}

/* --- the largest gap, against a search of every page --- */

/* The highest place below mmap_base: what the tree must find. */
static vaddr_t brute_force(struct mm_struct *mm, u64 len)
{
	vaddr_t end = mm->mmap_base;
	struct rb_node *node = rb_last(&mm->mmap);

	for (; node; node = rb_prev(node)) {
		struct vm_area_struct *vma =
			rb_entry(node, struct vm_area_struct, vm_rb);

		if (vma->vm_end <= end && end - vma->vm_end >= len)
			return end - len;
		/* The guard gap is for the neighbour only. */
		end = min(mm->mmap_base, vma->vm_flags & VM_GROWSDOWN ?
						 vma->vm_start - STACK_GUARD_GAP :
						 vma->vm_start);
	}
	return end - len;
}

TEST(vma, new_areas_go_to_the_highest_gap)
{
	struct mm_struct *mm = mm_begin();
	struct rng rng = { 11 };

	for (u32 i = 0; i < 300 * test_scale(); i++) {
		u64 len = (1 + rng_below(&rng, 16)) * PAGE_SIZE;
		u64 flags = ANON | (rng_below(&rng, 16) ? 0 : MAP_GROWSDOWN);
		u64 prot = rng_below(&rng, 2) ? RW : PROT_READ;
		vaddr_t expected = brute_force(mm, len);

		ASSERT_EQ((u64)do_mmap(mm, NULL, 0, len, prot, flags, 0),
			  expected);
		ASSERT_EQ(mm_check(mm), 0);
		if (rng_below(&rng, 2)) {
			vaddr_t at = mm->mmap_base -
				     rng_below(&rng, 1000) * PAGE_SIZE;

			do_munmap(mm, at - len, len);
		}
	}
	mm_end(t, mm);
}

TEST(vma, a_hint_is_taken_when_it_is_free)
{
	struct mm_struct *mm = mm_begin();

	EXPECT_EQ(do_mmap(mm, NULL, page(0) + 5, PAGE_SIZE, RW, ANON, 0),
		  (s64)page(0));
	EXPECT_NE(do_mmap(mm, NULL, page(0), PAGE_SIZE, RW, ANON, 0),
		  (s64)page(0));
	/* Too low a hint is raised to what may be mapped. */
	EXPECT_EQ(do_mmap(mm, NULL, 1, PAGE_SIZE, RW, ANON, 0), MMAP_MIN_ADDR);
	mm_end(t, mm);
}

/* All of the space in use below mmap_base: what is above serves. */
TEST(vma, the_space_above_mmap_base_is_the_last_resort)
{
	struct mm_struct *mm = mm_begin();
	u64 all = mm->mmap_base - MMAP_MIN_ADDR;

	EXPECT_EQ(do_mmap(mm, NULL, MMAP_MIN_ADDR, all, PROT_NONE, FIXED, 0),
		  MMAP_MIN_ADDR);
	EXPECT_EQ(do_mmap(mm, NULL, 0, PAGE_SIZE, RW, ANON, 0),
		  (s64)(TASK_SIZE - PAGE_SIZE));
	EXPECT_EQ(do_mmap(mm, NULL, 0, TASK_SIZE / 2, PROT_NONE, ANON, 0),
		  -ENOMEM);
	mm_end(t, mm);
}

/* --- what mm_check() finds --- */

TEST(vma, check_finds_broken_fields)
{
	struct mm_struct *mm = mm_begin();
	struct vm_area_struct *vma;

	map(mm, 0, 2, RW);
	map(mm, 4, 6, PROT_READ);
	vma = find_vma(mm, page(4));
	vma->gap++;
	EXPECT_EQ(mm_check(mm), 2); /* and that of its subtree */
	vma->gap--;
	rb_entry(mm->mmap.node, struct vm_area_struct, vm_rb)->rb_gap--;
	EXPECT_EQ(mm_check(mm), 1);
	rb_entry(mm->mmap.node, struct vm_area_struct, vm_rb)->rb_gap++;
	vma->vm_page_prot ^= _PAGE_NX;
	EXPECT_EQ(mm_check(mm), 1);
	vma->vm_page_prot ^= _PAGE_NX;
	mm->total_vm++;
	EXPECT_EQ(mm_check(mm), 1);
	mm->total_vm--;
	mm->locked_vm++;
	EXPECT_EQ(mm_check(mm), 1);
	mm->locked_vm--;
	vma->vm_mm = NULL;
	EXPECT_EQ(mm_check(mm), 1);
	vma->vm_mm = mm;
	mm_end(t, mm);
}
