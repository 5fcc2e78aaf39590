// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_hugetlb.c - the pool of huge pages: size, surplus,
 * reservations, and its files
 *
 * The pool is the machine's: each case begins with an empty one, and ends with
 * as many free frames as there were.
 */
#include <kernel/errno.h>
#include <kernel/main.h>
#include <kernel/point.h>
#include <kernel/test.h>
#include <kernel/vfile.h>
#include <mm/hugetlb.h>
#include <mm/mm_state.h>
#include <mm/node_stat.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>

#include "free_frames.h"
#include "hugetlb_fixture.h"
#include "vfile_fixture.h"

static struct page *take(bool reserved)
{
	return hugetlb_take(kernel_mm(), 0, NULL, reserved);
}

TEST(hugetlb, grows_and_shrinks_on_all_nodes_in_turn)
{
	u64 most = 0, least = ~0UL, frames;

	NEEDS_PAGES(4);
	EXPECT_POOL(4, 4, 0, 0);
	pool_resize(0);
	frames = free_frames_and_kept();
	pool_resize(4);
	EXPECT_EQ(free_frames_and_kept(), frames - 4 * HUGETLB_FRAMES);
	for (int nid = 0; nid < MAX_NUMNODES; nid++) {
		u64 nr = hugetlb_count(kernel_mm(), nid).nr;

		if (!kernel_mm()->nodes[nid].node_present_pages)
			continue;
		most = max(most, nr);
		least = min(least, nr);
	}
	if (kernel_mm()->nr_online_nodes <= 4)
		EXPECT_TRUE(most - least <= 1);
	pool_resize(1);
	EXPECT_POOL(1, 1, 0, 0);
	pool_end(t);
}

/* Each node is asked once more than it can give, and no oftener. */
TEST(hugetlb, growing_ends_where_memory_does)
{
	u64 failed, nodes = 0, nr;

	pool_begin();
	for (int nid = 0; nid < MAX_NUMNODES; nid++)
		nodes += kernel_mm()->nodes[nid].node_present_pages != 0;
	failed = vm_event_sum(HTLB_BUDDY_PGALLOC_FAIL);
	pool_resize(~0UL);
	EXPECT_EQ(vm_event_sum(HTLB_BUDDY_PGALLOC_FAIL) - failed, nodes);
	nr = pool_counts().nr;
	EXPECT_POOL(nr, nr, 0, 0);
	EXPECT_GT(nr, 0);
	pool_end(t);
}

TEST(hugetlb, one_node_alone)
{
	int nid = 0;

	NEEDS_PAGES(3);
	while (!hugetlb_count(kernel_mm(), nid).nr)
		nid++;
	pool_resize(0);
	hugetlb_resize(kernel_mm(), nid, 1);
	EXPECT_EQ(hugetlb_count(kernel_mm(), nid).nr, 1);
	EXPECT_POOL(1, 1, 0, 0);
	hugetlb_resize(kernel_mm(), nid, 0);
	EXPECT_POOL(0, 0, 0, 0);
	pool_end(t);
}

/* What is surplus elsewhere was given up, and is nothing to be kept. */
TEST(hugetlb, one_node_grows_by_what_it_was_asked_for)
{
	struct page *page;
	int nid;

	NEEDS_PAGES(3);
	if (kernel_mm()->nr_online_nodes < 2) {
		pool_end(t);
		SKIP("one node");
	}
	page = take(false);
	ASSERT_TRUE(page != NULL);
	pool_resize(0);
	EXPECT_POOL(1, 0, 1, 0);
	nid = !page_zone(page)->nid;
	hugetlb_resize(kernel_mm(), nid, 1);
	EXPECT_EQ(hugetlb_count(kernel_mm(), nid).nr, 1);
	EXPECT_POOL(2, 1, 1, 0);
	put_page(page);
	pool_end(t);
}

TEST(hugetlb, a_page_that_cannot_be_had_is_not_counted)
{
	NEEDS_PAGES(3);
	pool_resize(0);
	for (u32 nth = 1; nth <= 3; nth++) {
		/* The node that failed is left out, another may have it. */
		point_fail_nth("hugetlb_alloc_page", nth);
		pool_resize(3);
		point_fail_nth("hugetlb_alloc_page", 0);
		EXPECT_TRUE(pool_counts().nr >= nth - 1);
		EXPECT_EQ(hugetlb_check(kernel_mm()), 0);
		pool_resize(0);
	}
	pool_end(t);
}

static bool told_to_end(void)
{
	return true;
}

TEST(hugetlb, growing_ends_when_its_thread_is_to)
{
	bool (*before)(void) = kernel_mm()->slowpath.interrupted;

	pool_begin();
	kernel_mm()->slowpath.interrupted = told_to_end;
	pool_resize(3);
	EXPECT_POOL(0, 0, 0, 0);
	kernel_mm()->slowpath.interrupted = before;
	pool_end(t);
}

/*
 *	in use	 A B	pool made empty: both are surplus
 *	give A		goes to the buddy allocator
 *	wanted 1	B is the pool's own again
 */
TEST(hugetlb, pages_in_use_become_surplus)
{
	struct page *a, *b;

	NEEDS_PAGES(3);
	a = take(false);
	b = take(false);
	ASSERT_TRUE(a && b);
	EXPECT_EQ(a->refcount, 1);
	EXPECT_EQ(page_kind(a), PAGE_HUGETLB);
	EXPECT_EQ(global_node_page_state(NR_HUGETLB), 2 * HUGETLB_FRAMES);
	EXPECT_POOL(3, 1, 0, 0);
	pool_resize(0);
	EXPECT_POOL(2, 0, 2, 0);
	put_page(a);
	EXPECT_POOL(1, 0, 1, 0);
	pool_resize(1);
	EXPECT_POOL(1, 0, 0, 0);
	get_page(b);
	put_page(b);
	put_page(b);
	EXPECT_POOL(1, 1, 0, 0);
	EXPECT_EQ(global_node_page_state(NR_HUGETLB), 0);
	pool_end(t);
}

TEST(hugetlb, reserved_pages_are_kept)
{
	struct page *page;

	NEEDS_PAGES(2);
	EXPECT_EQ(hugetlb_reserve(kernel_mm(), 3), -ENOMEM);
	EXPECT_EQ(hugetlb_reserve(kernel_mm(), 2), 0);
	EXPECT_EQ(hugetlb_reserve(kernel_mm(), 1), -ENOMEM);
	EXPECT_TRUE(take(false) == NULL);
	EXPECT_POOL(2, 2, 0, 2);
	page = take(true);
	ASSERT_TRUE(page != NULL);
	EXPECT_POOL(2, 1, 0, 1);
	/* The one that is reserved stays, and becomes surplus with the other. */
	pool_resize(0);
	EXPECT_POOL(2, 1, 2, 1);
	put_page(page);
	EXPECT_EQ(kernel_mm()->hugetlb.reserved, 1);
	hugetlb_unreserve(kernel_mm(), 1);
	pool_end(t);
}

TEST(hugetlb, surplus_pages_come_and_go)
{
	struct page *page;

	NEEDS_PAGES(2);
	pool_resize(0);
	EXPECT_TRUE(take(false) == NULL);
	hugetlb_set_overcommit(kernel_mm(), 2);
	EXPECT_EQ(hugetlb_reserve(kernel_mm(), 3), -ENOMEM);
	EXPECT_POOL(0, 0, 0, 0);
	EXPECT_EQ(hugetlb_reserve(kernel_mm(), 1), 0);
	EXPECT_POOL(1, 1, 1, 1);
	page = take(false);
	ASSERT_TRUE(page != NULL);
	EXPECT_POOL(2, 1, 2, 1);
	EXPECT_TRUE(take(false) == NULL);
	put_page(page);
	EXPECT_POOL(1, 1, 1, 1);
	hugetlb_unreserve(kernel_mm(), 1);
	EXPECT_POOL(0, 0, 0, 0);
	pool_end(t);
}

/* What is given back is not what others have reserved. */
TEST(hugetlb, surplus_pages_stay_for_reservations)
{
	NEEDS_PAGES(2);
	pool_resize(0);
	hugetlb_set_overcommit(kernel_mm(), 2);
	EXPECT_EQ(hugetlb_reserve(kernel_mm(), 2), 0);
	EXPECT_POOL(2, 2, 2, 2);
	hugetlb_unreserve(kernel_mm(), 1);
	EXPECT_POOL(1, 1, 1, 1);
	hugetlb_unreserve(kernel_mm(), 1);
	EXPECT_POOL(0, 0, 0, 0);
	pool_end(t);
}

static void forbid_surplus(void *ctx __unused, const u64 *values __unused,
			   u32 nr __unused)
{
	hugetlb_set_overcommit(kernel_mm(), 0);
}

/* While a block is made, the limit may be reached by others. */
TEST(hugetlb, the_limit_of_surplus_pages_is_kept)
{
	NEEDS_PAGES(1);
	pool_resize(0);
	hugetlb_set_overcommit(kernel_mm(), 1);
	point_callback("hugetlb_alloc_page", forbid_surplus, NULL);
	EXPECT_TRUE(take(false) == NULL);
	point_disable("hugetlb_alloc_page");
	EXPECT_POOL(0, 0, 0, 0);
	pool_end(t);
}

/*
 *	node a	1 own page, free	the pool is made empty:
 *	node b	1 surplus page, free	a's goes, b's stays as it is reserved
 */
TEST(hugetlb, a_node_of_surplus_pages_has_none_to_give)
{
	struct hugetlb_pool *pool = &kernel_mm()->hugetlb;
	int a = 0, b;

	NEEDS_PAGES(2);
	pool_resize(0);
	hugetlb_set_overcommit(kernel_mm(), 1);
	EXPECT_EQ(hugetlb_reserve(kernel_mm(), 1), 0);
	while (hugetlb_count(kernel_mm(), a).nr ||
	       !kernel_mm()->nodes[a].node_present_pages)
		if (++a == MAX_NUMNODES) {
			hugetlb_unreserve(kernel_mm(), 1);
			pool_end(t);
			SKIP("one node");
		}
	for (b = 0; !hugetlb_count(kernel_mm(), b).nr; b++)
		;
	hugetlb_resize(kernel_mm(), a, 1);
	EXPECT_POOL(2, 2, 1, 1);
	pool->next_to_shrink = b;
	pool_resize(0);
	EXPECT_EQ(hugetlb_count(kernel_mm(), b).surplus, 1);
	EXPECT_POOL(1, 1, 1, 1);
	hugetlb_unreserve(kernel_mm(), 1);
	pool_end(t);
}

/* The largest number, too, is only what may be. */
TEST(hugetlb, any_number_of_surplus_pages_may_be_allowed)
{
	NEEDS_PAGES(1);
	hugetlb_set_overcommit(kernel_mm(), ~0UL);
	EXPECT_EQ(hugetlb_reserve(kernel_mm(), 1), 0);
	EXPECT_POOL(1, 1, 0, 1);
	hugetlb_unreserve(kernel_mm(), 1);
	pool_end(t);
}

/* A reservation that fails half way gives back what it got. */
TEST(hugetlb, a_failed_reservation_leaves_nothing)
{
	NEEDS_PAGES(2);
	pool_resize(0);
	hugetlb_set_overcommit(kernel_mm(), 2);
	for (u32 nth = 1; nth <= 2; nth++) {
		point_fail_nth("hugetlb_alloc_page", nth);
		if (!hugetlb_reserve(kernel_mm(), 2))
			hugetlb_unreserve(kernel_mm(), 2); /* another node's */
		point_fail_nth("hugetlb_alloc_page", 0);
		EXPECT_POOL(0, 0, 0, 0);
	}
	pool_end(t);
}

TEST(hugetlb, a_node_that_is_not_allowed_gives_none)
{
	struct nodemask nowhere = { { 0 } };

	NEEDS_PAGES(2);
	EXPECT_TRUE(hugetlb_take(kernel_mm(), 0, &nowhere, false) == NULL);
	EXPECT_EQ(hugetlb_reserve(kernel_mm(), 1), 0);
	EXPECT_TRUE(hugetlb_take(kernel_mm(), 0, &nowhere, true) == NULL);
	EXPECT_POOL(2, 2, 0, 1);
	hugetlb_unreserve(kernel_mm(), 1);
	pool_end(t);
}

static int write_file(const char *path, const char *value)
{
	return vfile_write(path, value, strlen(value));
}

#define SYS "/sys/kernel/mm/hugepages/hugepages-2048kB/"

TEST(hugetlb, files_set_and_show_it)
{
	NEEDS_PAGES(2);
	pool_resize(0);
	EXPECT_EQ(write_file("/proc/sys/vm/nr_hugepages", "2\n"), 0);
	EXPECT_POOL(2, 2, 0, 0);
	EXPECT_EQ(hugetlb_reserve(kernel_mm(), 1), 0);
	ASSERT_TRUE(read_file(t, "/proc/meminfo"));
	EXPECT_EQ(value_of(t, "HugePages_Total:"), 2);
	EXPECT_EQ(value_of(t, "HugePages_Free:"), 2);
	EXPECT_EQ(value_of(t, "HugePages_Rsvd:"), 1);
	EXPECT_EQ(value_of(t, "HugePages_Surp:"), 0);
	EXPECT_EQ(value_of(t, "Hugetlb:"), 4096);
	hugetlb_unreserve(kernel_mm(), 1);
	EXPECT_EQ(write_file(SYS "nr_hugepages", "1"), 0);
	ASSERT_TRUE(read_file(t, SYS "free_hugepages"));
	EXPECT_STREQ(text, "1\n");
	EXPECT_EQ(write_file(SYS "nr_overcommit_hugepages", "7"), 0);
	ASSERT_TRUE(read_file(t, "/proc/sys/vm/nr_overcommit_hugepages"));
	EXPECT_STREQ(text, "7\n");
	EXPECT_EQ(write_file(SYS "nr_hugepages", "one"), -EINVAL);
	EXPECT_EQ(write_file("/proc/sys/vm/nr_hugepages", "-1"), -EINVAL);
	pool_end(t);
}

/* As on Linux: one file says what was asked for, the other what there is. */
TEST(hugetlb, files_tell_own_pages_from_surplus_ones)
{
	struct page *page;

	NEEDS_PAGES(2);
	page = take(false);
	ASSERT_TRUE(page != NULL);
	pool_resize(0);
	ASSERT_TRUE(read_file(t, "/proc/sys/vm/nr_hugepages"));
	EXPECT_STREQ(text, "0\n");
	ASSERT_TRUE(read_file(t, SYS "nr_hugepages"));
	EXPECT_STREQ(text, "1\n");
	ASSERT_TRUE(read_file(t, SYS "surplus_hugepages"));
	EXPECT_STREQ(text, "1\n");
	put_page(page);
	pool_end(t);
}

/* The check is tested, too: one field wrong, something is found. */
TEST(hugetlb, the_check_finds_what_is_wrong)
{
	struct hugetlb_pool *pool = &kernel_mm()->hugetlb;

	NEEDS_PAGES(2);
#define FINDS(field)                                      \
	do {                                              \
		(field)++;                                \
		EXPECT_GT(hugetlb_check(kernel_mm()), 0); \
		(field)--;                                \
		EXPECT_EQ(hugetlb_check(kernel_mm()), 0); \
	} while (0)
	FINDS(pool->counts.nr);
	FINDS(pool->counts.free);
	FINDS(pool->counts.surplus);
	FINDS(pool->node[0].counts.nr);
	FINDS(pool->node[0].counts.free);
	pool->reserved = 3;
	EXPECT_GT(hugetlb_check(kernel_mm()), 0);
	pool->reserved = 0;
	pool_end(t);
}
