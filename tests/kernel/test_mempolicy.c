// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_mempolicy.c - on which node a program's page lands
 *
 * On a machine of one node there is nothing to choose: those cases are skipped.
 */
#include <kernel/errno.h>
#include <kernel/main.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>
#include <mm/vmstat.h>
#include <arch/percpu.h>
#include <uapi/mempolicy.h>
#include <uapi/mman.h>

#include "vma_fixture.h"

#define BASE 0x10000000UL
#define NR   16
#define RW   (PROT_READ | PROT_WRITE)

/* Nodes 0 and 1 have memory, and this CPU's is one of them. */
static bool two_nodes(void)
{
	const struct mm_state *state = kernel_mm();

	return state->nodes[0].node_present_pages &&
	       state->nodes[1].node_present_pages && this_cpu_read(cpu_nid) <= 1;
}

static int other_node(void)
{
	return 1 - this_cpu_read(cpu_nid);
}

static struct vm_area_struct *mapped(struct mm_struct *mm)
{
	do_mmap(mm, NULL, BASE, NR * PAGE_SIZE, RW,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, 0);
	return find_vma(mm, BASE);
}

/* The node of a page allocated for the nth page of the VMA; freed again. */
static int node_of(struct vm_area_struct *vma, u32 n)
{
	struct page *page = alloc_page_vma(GFP_HIGHUSER_MOVABLE, vma,
					   vma->vm_start + n * PAGE_SIZE);
	int nid;

	if (!page)
		return NUMA_NO_NODE;
	nid = page_zone(page)->nid;
	put_page(page);
	return nid;
}

static u64 interleave_hits(int nid)
{
	struct zone *zone;
	u64 nr = 0;

	for_each_populated_zone(kernel_mm(), zone)
		if (zone->nid == nid)
			nr += zone_numa_events(zone, NUMA_INTERLEAVE);
	return nr;
}

/* --- making --- */

TEST(mempolicy, what_contradicts_itself_is_refused)
{
	static const struct {
		u16 mode, flags;
		u64 nodes;
		int err;
	} calls[] = {
		{ MPOL_MAX, 0, 1, -EINVAL },
		{ MPOL_BIND, 0, 0, -EINVAL },
		{ MPOL_INTERLEAVE, 0, 0, -EINVAL },
		{ MPOL_PREFERRED_MANY, 0, 0, -EINVAL },
		{ MPOL_DEFAULT, 0, 1, -EINVAL },
		{ MPOL_LOCAL, 0, 1, -EINVAL },
		{ MPOL_BIND, 0, 1UL << 63, -EINVAL }, /* not there */
		{ MPOL_BIND, MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES, 1,
		  -EINVAL },
		{ MPOL_INTERLEAVE, MPOL_F_NUMA_BALANCING, 1, -EINVAL },
		{ MPOL_BIND, 1, 1, -EINVAL },
		{ MPOL_PREFERRED, MPOL_F_STATIC_NODES, 0, -EINVAL },
		{ MPOL_DEFAULT, 0, 0, 0 },
	};

	for (u32 i = 0; i < ARRAY_SIZE(calls); i++) {
		int err;
		struct mempolicy *pol = mpol_new(calls[i].mode, calls[i].flags,
						 calls[i].nodes, &err);

		if (pol || err != calls[i].err)
			test_fail(t, __FILE__, __LINE__, "call %u: %d, not %d",
				  i, err, calls[i].err);
		mpol_put(pol);
	}
}

TEST(mempolicy, preferring_no_node_is_local)
{
	int err;
	struct mempolicy *pol = mpol_new(MPOL_PREFERRED, 0, 0, &err);

	ASSERT_TRUE(pol);
	EXPECT_EQ(pol->mode, MPOL_LOCAL);
	mpol_put(pol);
}

TEST(mempolicy, relative_nodes_count_along_those_there_are)
{
	int err;
	struct mempolicy *pol;

	if (!two_nodes() || kernel_mm()->nr_online_nodes != 2)
		SKIP("needs two nodes");
	pol = mpol_new(MPOL_BIND, MPOL_F_RELATIVE_NODES, 1UL << 3, &err);
	ASSERT_TRUE(pol);
	EXPECT_EQ(pol->nodes, 2); /* the fourth of two: the second */
	mpol_put(pol);
}

/* --- allocating --- */

static struct mempolicy *bound(struct mm_struct *mm, u16 mode, u64 nodes)
{
	int err;
	struct mempolicy *pol = mpol_new(mode, 0, nodes, &err);

	if (pol)
		do_mbind(mm, BASE, NR * PAGE_SIZE, pol);
	mpol_put(pol);
	return find_vma(mm, BASE)->vm_policy;
}

TEST(mempolicy, a_bound_page_is_on_its_node)
{
	struct mm_struct *mm = mm_begin();

	if (!two_nodes()) {
		mmput(mm);
		SKIP("needs two nodes");
	}
	mapped(mm);
	for (int nid = 0; nid < 2; nid++) {
		ASSERT_TRUE(bound(mm, MPOL_BIND, 1UL << nid));
		EXPECT_EQ(node_of(find_vma(mm, BASE), 3), nid);
		ASSERT_TRUE(bound(mm, MPOL_PREFERRED, 1UL << nid));
		EXPECT_EQ(node_of(find_vma(mm, BASE), 3), nid);
		ASSERT_TRUE(bound(mm, MPOL_PREFERRED_MANY, 1UL << nid));
		EXPECT_EQ(node_of(find_vma(mm, BASE), 3), nid);
	}
	bound(mm, MPOL_LOCAL, 0);
	EXPECT_EQ(node_of(find_vma(mm, BASE), 3), this_cpu_read(cpu_nid));
	mm_end(t, mm);
}

/* All that the policy lets have, chained; how many, and all on this node? */
static u32 take_all(struct vm_area_struct *vma, struct list_head *held, int nid,
		    bool *all_there)
{
	const gfp_t gfp = GFP_HIGHUSER_MOVABLE | __GFP_NOWARN | __GFP_NORETRY;
	struct page *page;
	u32 nr = 0;

	*all_there = true;
	while ((page = alloc_page_vma(gfp, vma, vma->vm_start))) {
		*all_there &= page_zone(page)->nid == nid;
		list_add(&page->lru, held);
		nr++;
	}
	return nr;
}

static void give_back(struct list_head *held)
{
	while (!list_empty(held)) {
		struct page *page = list_first_entry(held, struct page, lru);

		list_del(&page->lru);
		put_page(page);
	}
}

/* BIND never leaves its nodes, PREFERRED does. */
TEST(mempolicy, a_full_node_is_left_by_wishes_only)
{
	struct list_head held = LIST_HEAD_INIT(held);
	struct mm_struct *mm = mm_begin();
	struct vm_area_struct *vma = mapped(mm);
	int other = other_node();
	bool all_there;

	if (!two_nodes()) {
		mmput(mm);
		SKIP("needs two nodes");
	}
	ASSERT_TRUE(bound(mm, MPOL_BIND, 1UL << other));
	EXPECT_GT(take_all(vma, &held, other, &all_there), 1000);
	EXPECT_TRUE(all_there);
	/* The nearest one: of four nodes any. */
	bound(mm, MPOL_PREFERRED, 1UL << other);
	EXPECT_NE(node_of(vma, 0), other);
	bound(mm, MPOL_PREFERRED_MANY, 1UL << other);
	EXPECT_EQ(node_of(vma, 0), this_cpu_read(cpu_nid));
	give_back(&held);
	mm_end(t, mm);
}

TEST(mempolicy, a_vma_interleaves_by_offset)
{
	struct mm_struct *mm = mm_begin();
	u64 hits[2] = { interleave_hits(0), interleave_hits(1) };
	struct vm_area_struct *vma;

	if (!two_nodes()) {
		mmput(mm);
		SKIP("needs two nodes");
	}
	vma = mapped(mm);
	ASSERT_TRUE(bound(mm, MPOL_INTERLEAVE, 3));
	for (u32 n = 0; n < NR; n++) {
		int nid = linear_page_index(vma, BASE + n * PAGE_SIZE) & 1;

		EXPECT_EQ(node_of(vma, n), nid);
		EXPECT_EQ(node_of(vma, n), nid); /* whoever asks, and when */
	}
	EXPECT_EQ(interleave_hits(0) - hits[0], NR);
	EXPECT_EQ(interleave_hits(1) - hits[1], NR);
	mm_end(t, mm);
}

static struct mempolicy *task_policy;

static struct mempolicy *policy_of_thread(void)
{
	return task_policy;
}

TEST(mempolicy, a_thread_interleaves_by_turns)
{
	struct mm_struct *mm = mm_begin();
	struct vm_area_struct *vma;
	int err, first;

	if (!two_nodes()) {
		mmput(mm);
		SKIP("needs two nodes");
	}
	vma = mapped(mm);
	task_policy = mpol_new(MPOL_INTERLEAVE, 0, 3, &err);
	ASSERT_TRUE(task_policy);
	mpol_set_task_source(policy_of_thread);
	first = node_of(vma, 0);
	for (u32 n = 1; n < 8; n++)
		EXPECT_EQ(node_of(vma, 0), n & 1 ? 1 - first : first);
	/* The VMA's goes before the thread's. */
	ASSERT_TRUE(bound(mm, MPOL_BIND, 1));
	EXPECT_EQ(node_of(vma, 0), 0);
	EXPECT_EQ(node_of(vma, 0), 0);
	mpol_set_task_source(NULL);
	mpol_put(task_policy);
	mm_end(t, mm);
}

/* --- VMAs --- */

TEST(mempolicy, a_policy_splits_and_merges_vmas)
{
	struct mm_struct *mm = mm_begin();
	struct mempolicy *a, *b;
	int err;

	mapped(mm);
	a = mpol_new(MPOL_BIND, 0, 1, &err);
	b = mpol_new(MPOL_BIND, 0, 1, &err);
	ASSERT_TRUE(a && b);
	EXPECT_TRUE(mpol_equal(a, b) && !mpol_equal(a, NULL));
	EXPECT_EQ(do_mbind(mm, BASE + 2 * PAGE_SIZE, 2 * PAGE_SIZE, a), 0);
	EXPECT_STREQ(mm_draw(mm, BASE, 8), "ww|ww|wwww");
	EXPECT_EQ(do_mbind(mm, BASE + 4 * PAGE_SIZE, 2 * PAGE_SIZE, b), 0);
	EXPECT_STREQ(mm_draw(mm, BASE, 8), "ww|wwww|ww");
	EXPECT_EQ(do_mbind(mm, BASE, NR * PAGE_SIZE, NULL), 0);
	EXPECT_STREQ(mm_draw(mm, BASE, 8), "wwwwwwww");
	EXPECT_EQ(do_mbind(mm, BASE, (NR + 1) * PAGE_SIZE, a), -EFAULT);
	EXPECT_EQ(do_mbind(mm, BASE, (NR + 1) * PAGE_SIZE, NULL), 0);
	EXPECT_EQ(do_mbind(mm, BASE + 1, PAGE_SIZE, a), -EINVAL);
	EXPECT_EQ(a->refs, 1);
	EXPECT_EQ(b->refs, 1);
	mpol_put(a);
	mpol_put(b);
	mm_end(t, mm);
}
