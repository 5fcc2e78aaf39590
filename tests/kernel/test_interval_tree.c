// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_interval_tree.c - areas by page offset, against a list
 *
 *	offset 0    5    10   15   20
 *	a      [----------]
 *	b           [----------]
 *	c      [--]
 *	query       [==]		meets a and b, in order of their start
 */
#include <kernel/test.h>
#include <mm/rmap.h>

#include "../../mm/interval_tree.h"
#include "mm_fixture.h"

#define NR_AREAS 120
#define MAX_OFFSET 400

static struct vm_area_struct areas[NR_AREAS];
static struct anon_vma_chain chains[NR_AREAS];
static bool in[NR_AREAS];

static void set_range(struct vm_area_struct *vma, u64 first, u64 pages)
{
	vma->vm_pgoff = first;
	vma->vm_start = 0x10000;
	vma->vm_end = vma->vm_start + pages * PAGE_SIZE;
}

static bool meets(const struct vm_area_struct *vma, u64 first, u64 last)
{
	return vma->vm_pgoff <= last && vma->vm_pgoff + vma_pages(vma) > first;
}

static u32 count_meeting(u64 first, u64 last)
{
	u32 nr = 0;

	for (u32 i = 0; i < NR_AREAS; i++)
		nr += in[i] && meets(&areas[i], first, last);
	return nr;
}

static void query_files(struct test *t, struct rb_root *root, u64 first, u64 last)
{
	u64 previous = 0;
	u32 nr = 0;

	for (struct vm_area_struct *vma =
		     vma_interval_tree_iter_first(root, first, last);
	     vma; vma = vma_interval_tree_iter_next(vma, first, last)) {
		EXPECT_TRUE(meets(vma, first, last));
		EXPECT_TRUE(vma->vm_pgoff >= previous);
		previous = vma->vm_pgoff;
		nr++;
	}
	EXPECT_EQ(nr, count_meeting(first, last));
}

static void query_chains(struct test *t, struct rb_root *root, u64 first,
			 u64 last)
{
	u32 nr = 0;

	for (struct anon_vma_chain *avc =
		     anon_vma_interval_tree_iter_first(root, first, last);
	     avc; avc = anon_vma_interval_tree_iter_next(avc, first, last)) {
		EXPECT_TRUE(meets(avc->vma, first, last));
		nr++;
	}
	EXPECT_EQ(nr, count_meeting(first, last));
}

static void toggle(struct rb_root *files, struct rb_root *anon, u32 i, u64 *seed)
{
	if (in[i]) {
		vma_interval_tree_remove(&areas[i], files);
		anon_vma_interval_tree_remove(&chains[i], anon);
	} else {
		set_range(&areas[i], fixture_random(seed) % MAX_OFFSET,
			  1 + fixture_random(seed) % 60);
		chains[i].vma = &areas[i];
		vma_interval_tree_insert(&areas[i], files);
		anon_vma_interval_tree_insert(&chains[i], anon);
	}
	in[i] = !in[i];
}

TEST(interval_tree, finds_what_meets_a_range)
{
	struct rb_root files = RB_ROOT, anon = RB_ROOT;
	u64 seed = 11;

	memset(in, 0, sizeof(in));
	for (u32 step = 0; step < 1500; step++) {
		u64 first = fixture_random(&seed) % MAX_OFFSET;
		u64 last = first + fixture_random(&seed) % 30;

		toggle(&files, &anon, fixture_random(&seed) % NR_AREAS, &seed);
		query_files(t, &files, first, last);
		query_chains(t, &anon, first, last);
		if (step % 64 == 0) {
			ASSERT_EQ(interval_tree_check(&files, false), 0);
			ASSERT_EQ(interval_tree_check(&anon, true), 0);
		}
	}
}

TEST(interval_tree, a_wrong_subtree_value_is_found)
{
	struct rb_root files = RB_ROOT;

	for (u32 i = 0; i < 3; i++) {
		set_range(&areas[i], i * 10, 5);
		vma_interval_tree_insert(&areas[i], &files);
	}
	ASSERT_EQ(interval_tree_check(&files, false), 0);
	rb_entry(files.node, struct vm_area_struct, shared_rb)->shared_last = 3;
	EXPECT_EQ(interval_tree_check(&files, false), 1);
}
