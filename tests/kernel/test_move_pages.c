// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_move_pages.c - move_pages(), migrate_pages(), mbind() to
 * nodes
 *
 * Two nodes; programs' pages go there and back, and each status says why not.
 */
#include <kernel/errno.h>
#include <kernel/main.h>
#include <kernel/point.h>
#include <mm/lru.h>
#include <mm/mempolicy.h>
#include <mm/mm_state.h>
#include <mm/node_stat.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>
#include <uapi/mempolicy.h>

#include "migrate_fixture.h"
#include "vma_fixture.h"

#define NR 40

static vaddr_t addrs[NR];
static int nodes[NR], status[NR];

static bool two_nodes(void)
{
	return kernel_mm()->nodes[0].node_present_pages &&
	       kernel_mm()->nodes[1].node_present_pages;
}

static int nid_at(struct mm_struct *mm, vaddr_t addr)
{
	const struct page *page = space_page(mm, addr);

	return page ? page_zone(page)->nid : -1;
}

/* NR pages, each with its number, and requests that send all to nid. */
static vaddr_t fill(struct test *t, struct mm_struct *mm, int nid)
{
	vaddr_t a = space_map(mm, NR);

	for (u32 i = 0; i < NR; i++) {
		addrs[i] = a + i * PAGE_SIZE;
		nodes[i] = nid;
		status[i] = -99;
		EXPECT_EQ(mm_write(mm, addrs[i], 100 + i), 0);
	}
	return a;
}

static void expect_numbers(struct test *t, struct mm_struct *mm)
{
	for (u32 i = 0; i < NR; i++) {
		const u64 *word = space_touch(mm, addrs[i], false);

		EXPECT_EQ(word ? *word : 0, 100 + i);
	}
}

TEST(move_pages, each_page_goes_to_the_node_it_is_sent_to)
{
	struct mm_struct *mm = mm_begin();

	if (!two_nodes())
		SKIP("needs two nodes with memory");
	ASSERT_TRUE(mm != NULL);
	fill(t, mm, 1);
	for (u32 i = 0; i < NR; i += 3)
		nodes[i] = 0;
	EXPECT_EQ(do_move_pages(mm, NR, addrs, nodes, status, MPOL_MF_MOVE), 0);
	for (u32 i = 0; i < NR; i++) {
		EXPECT_EQ(status[i], nodes[i]);
		EXPECT_EQ(nid_at(mm, addrs[i]), nodes[i]);
		nodes[i] = !nodes[i];
	}
	EXPECT_EQ(do_move_pages(mm, NR, addrs, nodes, status, MPOL_MF_MOVE), 0);
	EXPECT_EQ(do_move_pages(mm, NR, addrs, NULL, status, 0), 0);
	for (u32 i = 0; i < NR; i++)
		EXPECT_EQ(status[i], nodes[i]);
	expect_numbers(t, mm);
	EXPECT_EQ(migrate_check(), 0);
	mm_end(t, mm);
}

TEST(move_pages, statuses_say_why_not)
{
	struct mm_struct *mm = mm_begin(), *child;
	struct page *page;
	vaddr_t a;

	if (!two_nodes())
		SKIP("needs two nodes with memory");
	ASSERT_TRUE(mm != NULL);
	a = fill(t, mm, 1);
	for (u32 i = 0; i < NR; i++)
		nodes[i] = !nid_at(mm, addrs[i]);
	EXPECT_EQ(do_munmap(mm, addrs[0], PAGE_SIZE), 0);
	zap_page_range(vma_lookup(mm, a + PAGE_SIZE), addrs[1], PAGE_SIZE);
	zap_page_range(vma_lookup(mm, a + PAGE_SIZE), addrs[2], PAGE_SIZE);
	EXPECT_TRUE(space_touch(mm, addrs[2], false) != NULL); /* zero page */
	down_read(&mm->mmap_lock);
	EXPECT_EQ(get_user_pages(mm, addrs[3], 1, FOLL_PIN, &page), 1);
	up_read(&mm->mmap_lock);
	addrs[5] = addrs[4];
	EXPECT_EQ(do_move_pages(mm, 7, addrs, nodes, status, MPOL_MF_MOVE), 1);
	EXPECT_EQ(status[0], -EFAULT);
	EXPECT_EQ(status[1], -ENOENT);
	EXPECT_EQ(status[2], -EFAULT);
	EXPECT_EQ(status[3], -EBUSY);
	EXPECT_EQ(status[4], nodes[4]);
	EXPECT_EQ(status[6], nodes[6]);
	unpin_page(page);
	child = dup_mm(mm);
	ASSERT_TRUE(child != NULL);
	nodes[6] = !nodes[6];
	EXPECT_EQ(do_move_pages(mm, 1, &addrs[6], &nodes[6], status,
				MPOL_MF_MOVE),
		  0);
	EXPECT_EQ(status[0], -EACCES);
	EXPECT_EQ(do_move_pages(mm, 1, &addrs[6], &nodes[6], status,
				MPOL_MF_MOVE_ALL),
		  0);
	EXPECT_EQ(status[0], nodes[6]);
	EXPECT_EQ(nid_at(child, addrs[6]), nodes[6]);
	mmput(child);
	mm_end(t, mm);
}

TEST(move_pages, bad_requests_are_refused)
{
	struct mm_struct *mm = mm_begin();

	ASSERT_TRUE(mm != NULL);
	fill(t, mm, MAX_NUMNODES - 1);
	EXPECT_EQ(do_move_pages(mm, 1, addrs, nodes, status, MPOL_MF_MOVE),
		  -ENODEV);
	nodes[0] = -1;
	EXPECT_EQ(do_move_pages(mm, 1, addrs, nodes, status, MPOL_MF_MOVE),
		  -ENODEV);
	EXPECT_EQ(do_move_pages(mm, 1, addrs, nodes, status, MPOL_MF_STRICT),
		  -EINVAL);
	EXPECT_EQ(do_move_pages(mm, 0, addrs, nodes, status, MPOL_MF_MOVE), 0);
	mm_end(t, mm);
}

TEST(move_pages, no_room_there_is_told)
{
	struct mm_struct *mm = mm_begin();

	if (!two_nodes())
		SKIP("needs two nodes with memory");
	ASSERT_TRUE(mm != NULL);
	fill(t, mm, 0);
	for (u32 i = 0; i < NR; i++)
		nodes[i] = !nid_at(mm, addrs[0]);
	point_fail_nth("migrate_target", 10);
	EXPECT_EQ(do_move_pages(mm, NR, addrs, nodes, status, MPOL_MF_MOVE),
		  -ENOMEM);
	point_disable("migrate_target");
	EXPECT_EQ(status[0], nodes[0]);
	EXPECT_EQ(status[NR - 1], -ENOMEM);
	expect_numbers(t, mm);
	EXPECT_EQ(migrate_check(), 0);
	mm_end(t, mm);
}

static u32 killed;

static bool count_kill(struct mm_state *mm __unused, gfp_t gfp __unused,
		       u32 order __unused)
{
	killed++;
	return false;
}

static void raise_marks(u32 nid, u64 by)
{
	struct zone *zone;

	for_each_populated_zone(kernel_mm(), zone)
		for (u32 w = 0; zone->nid == nid && w < NR_WMARK; w++)
			zone->watermark[w] += by;
}

/* Pages that would like to lie elsewhere are worth nobody's life. */
TEST(move_pages, a_full_node_kills_nobody)
{
	struct mm_struct *mm = mm_begin();
	struct slowpath_ops ops = kernel_mm()->slowpath;
	struct mempolicy *pol;
	int err;
	u32 nid;

	if (!two_nodes())
		SKIP("needs two nodes with memory");
	ASSERT_TRUE(mm != NULL);
	fill(t, mm, 0);
	nid = !nid_at(mm, addrs[0]);
	pol = mpol_new(MPOL_BIND, 0, 1UL << nid, &err);
	ASSERT_TRUE(pol != NULL);
	for (u32 i = 0; i < NR; i++)
		nodes[i] = (int)nid;
	drain_all_pages(kernel_mm(), NULL);
	kernel_mm()->slowpath.oom = count_kill;
	killed = 0;
	raise_marks(nid, 1UL << 40);
	EXPECT_EQ(do_move_pages(mm, NR, addrs, nodes, status, MPOL_MF_MOVE),
		  -ENOMEM);
	EXPECT_EQ(do_mbind_move(mm, addrs[0], NR * PAGE_SIZE, pol,
				MPOL_MF_STRICT | MPOL_MF_MOVE),
		  -EIO);
	raise_marks(nid, -(1UL << 40));
	kernel_mm()->slowpath = ops;
	EXPECT_EQ(killed, 0);
	EXPECT_EQ(status[0], -ENOMEM);
	expect_numbers(t, mm);
	mpol_put(pol);
	mm_end(t, mm);
}

TEST(move_pages, a_whole_space_changes_nodes)
{
	struct mm_struct *mm = mm_begin();
	struct nodemask a = {}, b = {};

	if (!two_nodes())
		SKIP("needs two nodes with memory");
	ASSERT_TRUE(mm != NULL);
	node_set(0, &a);
	node_set(1, &b);
	fill(t, mm, 0);
	EXPECT_EQ(do_migrate_pages(mm, &a, &b, MPOL_MF_MOVE), 0);
	for (u32 i = 0; i < NR; i++)
		EXPECT_EQ(nid_at(mm, addrs[i]), 1);
	EXPECT_EQ(do_migrate_pages(mm, &b, &a, MPOL_MF_MOVE), 0);
	for (u32 i = 0; i < NR; i++)
		EXPECT_EQ(nid_at(mm, addrs[i]), 0);
	node_set(1, &a); /* both, changing places */
	node_set(0, &b);
	EXPECT_EQ(do_migrate_pages(mm, &a, &b, MPOL_MF_MOVE), 0);
	expect_numbers(t, mm);
	EXPECT_EQ(do_migrate_pages(mm, &a, &(struct nodemask){}, MPOL_MF_MOVE),
		  -EINVAL);
	EXPECT_EQ(migrate_check(), 0);
	mm_end(t, mm);
}

/* 0 to 1 and 1 to 2: those of 1 first. */
TEST(move_pages, no_page_moves_twice_in_one_request)
{
	struct mm_struct *mm = mm_begin();
	struct nodemask from = {}, to = {};

	if (!two_nodes() || !node_has_memory(2))
		SKIP("needs three nodes with memory");
	ASSERT_TRUE(mm != NULL);
	fill(t, mm, 0);
	for (u32 i = 0; i < NR; i++)
		nodes[i] = i % 2;
	EXPECT_EQ(do_move_pages(mm, NR, addrs, nodes, status, MPOL_MF_MOVE), 0);
	node_set(0, &from);
	node_set(1, &from);
	node_set(1, &to);
	node_set(2, &to);
	EXPECT_EQ(do_migrate_pages(mm, &from, &to, MPOL_MF_MOVE), 0);
	for (u32 i = 0; i < NR; i++)
		EXPECT_EQ(nid_at(mm, addrs[i]), nodes[i] + 1);
	expect_numbers(t, mm);
	mm_end(t, mm);
}

TEST(move_pages, a_page_at_two_addresses_is_no_failure)
{
	struct mm_struct *mm = mm_begin();
	struct nodemask from = {}, to = {};
	struct file *file = test_file(1);
	vaddr_t a, b;
	int nid;

	if (!two_nodes())
		SKIP("needs two nodes with memory");
	ASSERT_TRUE(mm != NULL);
	a = map_file(mm, file, 1, PROT_READ | PROT_WRITE, MAP_SHARED);
	b = map_file(mm, file, 1, PROT_READ, MAP_SHARED);
	EXPECT_EQ(mm_write(mm, a, 7), 0);
	EXPECT_TRUE(space_touch(mm, b, false) != NULL);
	nid = nid_at(mm, a);
	node_set(nid, &from);
	node_set(!nid, &to);
	EXPECT_EQ(do_migrate_pages(mm, &from, &to, MPOL_MF_MOVE_ALL), 0);
	EXPECT_EQ(nid_at(mm, a), !nid);
	EXPECT_EQ(nid_at(mm, b), !nid);
	EXPECT_EQ(do_munmap(mm, a, PAGE_SIZE), 0);
	EXPECT_EQ(do_munmap(mm, b, PAGE_SIZE), 0);
	test_file_end(t);
	mm_end(t, mm);
}

TEST(move_pages, what_is_counted_by_node_moves_along)
{
	static const enum node_stat_item items[] = { NR_FILE_PAGES,
						     NR_FILE_MAPPED,
						     NR_ANON_MAPPED };
	struct mm_struct *mm = mm_begin();
	struct file *file = test_file(1);
	s64 before[ARRAY_SIZE(items)];
	vaddr_t anon;

	if (!two_nodes())
		SKIP("needs two nodes with memory");
	ASSERT_TRUE(mm != NULL);
	addrs[0] = map_file(mm, file, 1, PROT_READ | PROT_WRITE, MAP_SHARED);
	addrs[1] = anon = space_map(mm, 1);
	EXPECT_EQ(mm_write(mm, addrs[0], 7) | mm_write(mm, anon, 7), 0);
	for (int nid = 0; nid < 3; nid++) {
		nodes[0] = nodes[1] = nid % 2;
		EXPECT_EQ(do_move_pages(mm, 2, addrs, nodes, status,
					MPOL_MF_MOVE),
			  0);
		for (u32 i = 0; i < ARRAY_SIZE(items); i++) {
			s64 now = (s64)node_page_state(0, items[i]);

			if (nid)
				EXPECT_EQ(now, before[i] + (nid == 1 ? -1 : 1));
			before[i] = now;
		}
	}
	EXPECT_EQ(do_munmap(mm, addrs[0], PAGE_SIZE), 0);
	test_file_end(t);
	mm_end(t, mm);
}

static void expect_all_on(struct test *t, struct mm_struct *mm, int nid)
{
	for (u32 i = 0; i < NR; i++)
		EXPECT_EQ(nid_at(mm, addrs[i]), nid);
}

TEST(move_pages, a_policy_takes_its_pages_along)
{
	struct mm_struct *mm = mm_begin();
	u64 len = NR * PAGE_SIZE;
	int err;

	if (!two_nodes())
		SKIP("needs two nodes with memory");
	ASSERT_TRUE(mm != NULL);
	fill(t, mm, 0);
	for (u32 nid = 0; nid < 4; nid++) {
		struct mempolicy *pol =
			mpol_new(MPOL_BIND, 0, 1UL << nid % 2, &err);

		ASSERT_TRUE(pol != NULL);
		if (nid) /* where it is moved to by the first turn is no news */
			EXPECT_EQ(do_mbind_move(mm, addrs[0], len, pol,
						MPOL_MF_STRICT),
				  -EIO);
		EXPECT_EQ(do_mbind_move(mm, addrs[0], len, pol,
					MPOL_MF_STRICT | MPOL_MF_MOVE),
			  0);
		expect_all_on(t, mm, nid % 2);
		EXPECT_EQ(do_mbind_move(mm, addrs[0], len, pol, MPOL_MF_STRICT),
			  0);
		mpol_put(pol);
	}
	expect_numbers(t, mm);
	EXPECT_EQ(migrate_check(), 0);
	mm_end(t, mm);
}

static const struct mempolicy *policy_at(struct mm_struct *mm, vaddr_t addr)
{
	return vma_lookup(mm, addr)->vm_policy;
}

TEST(move_pages, a_policy_that_is_refused_changes_nothing)
{
	struct mm_struct *mm = mm_begin();
	u64 len = NR * PAGE_SIZE;
	struct mempolicy *pol;
	int err, flags = MPOL_MF_MOVE | MPOL_MF_STRICT;

	if (!two_nodes())
		SKIP("needs two nodes with memory");
	ASSERT_TRUE(mm != NULL);
	fill(t, mm, 0);
	pol = mpol_new(MPOL_BIND, 0, 1UL << !nid_at(mm, addrs[0]), &err);
	ASSERT_TRUE(pol != NULL);
	EXPECT_EQ(do_mbind_move(mm, addrs[0], len, pol, MPOL_MF_STRICT), -EIO);
	EXPECT_TRUE(policy_at(mm, addrs[0]) == NULL);
	EXPECT_EQ(do_munmap(mm, addrs[NR - 1], PAGE_SIZE), 0);
	EXPECT_EQ(do_mbind_move(mm, addrs[0], len, pol, flags), -EFAULT);
	EXPECT_TRUE(policy_at(mm, addrs[0]) == NULL);
	EXPECT_EQ(do_mbind_move(mm, addrs[0], len - PAGE_SIZE, pol, flags), 0);
	EXPECT_TRUE(mpol_equal(policy_at(mm, addrs[0]), pol));
	/* No policy, no hole that matters; but something must be there. */
	EXPECT_EQ(do_mbind_move(mm, addrs[0], len, NULL, MPOL_MF_STRICT), 0);
	EXPECT_EQ(do_mbind_move(mm, addrs[NR - 1], PAGE_SIZE, NULL, 0), -EFAULT);
	mpol_put(pol);
	mm_end(t, mm);
}

/* A page that a child has, too, is left to it; that is no failure. */
TEST(move_pages, a_shared_page_does_not_spoil_a_strict_policy)
{
	struct mm_struct *mm = mm_begin(), *child;
	struct mempolicy *pol;
	int err, nid;

	if (!two_nodes())
		SKIP("needs two nodes with memory");
	ASSERT_TRUE(mm != NULL);
	fill(t, mm, 0);
	nid = nid_at(mm, addrs[0]);
	child = dup_mm(mm);
	pol = mpol_new(MPOL_BIND, 0, 1UL << !nid, &err);
	ASSERT_TRUE(child && pol);
	EXPECT_EQ(do_mbind_move(mm, addrs[0], PAGE_SIZE, pol,
				MPOL_MF_MOVE | MPOL_MF_STRICT),
		  0);
	EXPECT_EQ(nid_at(mm, addrs[0]), nid);
	EXPECT_EQ(do_mbind_move(mm, addrs[0], PAGE_SIZE, pol,
				MPOL_MF_MOVE_ALL | MPOL_MF_STRICT),
		  0);
	EXPECT_EQ(nid_at(child, addrs[0]), !nid);
	mpol_put(pol);
	mmput(child);
	mm_end(t, mm);
}
