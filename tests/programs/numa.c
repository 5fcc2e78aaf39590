// SPDX-License-Identifier: MIT
/*
 * tests/programs/numa.c - memory policies: on which node does a page come?
 *
 * get_mempolicy, set_mempolicy, mbind, and move_pages with no target nodes,
 * which only asks. Made for any number of nodes; with one, that is the answer.
 * Moving pages: move_pages.c, migrate_pages.c.
 */
#include "nodes.h"
#include <sched.h>

static void nodes_are_told(void)
{
	EXPECT(nr_nodes() >= 1);
	printf("# %d node%s with memory\n", nr_nodes(),
	       nr_nodes() == 1 ? "" : "s");
}

/* On each CPU we may use: new pages come from its own node. */
static void first_touch_decides(void)
{
	cpu_set_t all, one;

	REQUIRE(!sched_getaffinity(0, sizeof(all), &all));
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		unsigned int node;
		char *p;

		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		EXPECT_OK(sched_setaffinity(0, sizeof(one), &one));
		EXPECT_OK(syscall(SYS_getcpu, NULL, &node, NULL));
		p = small_pages(4);
		memset(p, 1, 4 * PAGE);
		if (memory_nodes() & 1ul << node)
			for (int i = 0; i < 4; i++)
				EXPECT_EQ(node_of(p + i * PAGE), node);
		unmap_pages(p, 4);
	}
	EXPECT_OK(sched_setaffinity(0, sizeof(all), &all));
}

static void interleave_takes_turns(void)
{
	int count[MAX_NODES] = {};
	char *p = small_pages(60);

	EXPECT_OK(set_policy(MPOL_INTERLEAVE, memory_nodes()));
	memset(p, 1, 60 * PAGE);
	EXPECT_OK(set_policy(MPOL_DEFAULT, 0));
	for (int i = 0; i < 60; i++) {
		int node = node_of(p + i * PAGE);

		if (node < 0 || node >= MAX_NODES)
			EXPECT_EQ(node, 0);
		else
			count[node]++;
	}
	for (int node = 0; node < MAX_NODES; node++)
		if (memory_nodes() & 1ul << node)
			EXPECT(count[node] >= 60 / nr_nodes() - 1 &&
			       count[node] <= 60 / nr_nodes() + 1);
	unmap_pages(p, 60);
}

static void bind_takes_only_those(void)
{
	char *p = small_pages(16);

	for (int node = 0; node < MAX_NODES; node++) {
		if (!(memory_nodes() & 1ul << node))
			continue;
		EXPECT_OK(set_policy(MPOL_BIND, 1ul << node));
		EXPECT_OK(madvise(p, 16 * PAGE, MADV_DONTNEED));
		memset(p, 1, 16 * PAGE);
		for (int i = 0; i < 16; i++)
			EXPECT_EQ(node_of(p + i * PAGE), node);
	}
	EXPECT_OK(set_policy(MPOL_DEFAULT, 0));
	unmap_pages(p, 16);
}

static void mbind_rules_one_range(void)
{
	char *p = small_pages(16);

	EXPECT_OK(bind_pages(p + 4 * PAGE, 4, MPOL_BIND, 1ul << last_node(), 0));
	EXPECT_OK(bind_pages(p + 8 * PAGE, 4, MPOL_PREFERRED,
			     1ul << last_node(), 0));
	memset(p, 1, 16 * PAGE);
	for (int i = 4; i < 12; i++)
		EXPECT_EQ(node_of(p + i * PAGE), last_node());
	unmap_pages(p, 16);
}

static void policies_are_told(void)
{
	char *p = small_pages(4);
	int mode = -1, node = -1;
	u64 mask = 0;

	EXPECT_OK(syscall(SYS_get_mempolicy, &mode, NULL, 0, NULL, 0));
	EXPECT_EQ(mode, MPOL_DEFAULT);
	EXPECT_OK(set_policy(MPOL_INTERLEAVE, memory_nodes()));
	EXPECT_OK(syscall(SYS_get_mempolicy, &mode, &mask, MASK_BITS, NULL, 0));
	EXPECT_EQ(mode, MPOL_INTERLEAVE);
	EXPECT_EQ(mask, memory_nodes());
	EXPECT_OK(set_policy(MPOL_DEFAULT, 0));
	EXPECT_OK(bind_pages(p, 4, MPOL_BIND, 1ul << last_node(), 0));
	EXPECT_OK(syscall(SYS_get_mempolicy, &mode, &mask, MASK_BITS, p,
			  MPOL_F_ADDR));
	EXPECT_EQ(mode, MPOL_BIND);
	EXPECT_EQ(mask, 1ul << last_node());
	*p = 1;
	EXPECT_OK(syscall(SYS_get_mempolicy, &node, NULL, 0, p,
			  MPOL_F_ADDR | MPOL_F_NODE));
	EXPECT_EQ(node, last_node());
	unmap_pages(p, 4);
}

static void check_policy(void *arg)
{
	int mode = -1;

	EXPECT_OK(syscall(SYS_get_mempolicy, &mode, NULL, 0, NULL, 0));
	EXPECT_EQ(mode, MPOL_INTERLEAVE);
	(void)arg;
}

static void fork_keeps_the_policy(void)
{
	EXPECT_OK(set_policy(MPOL_INTERLEAVE, memory_nodes()));
	EXPECT_EXIT(check_policy, NULL, 0);
	EXPECT_OK(set_policy(MPOL_DEFAULT, 0));
}

static void move_pages_answers_for_each(void)
{
	char *p = small_pages(3);
	void *list[4] = { p, p + PAGE, p + 2 * PAGE, (void *)8 };
	int status[4] = { 77, 77, 77, 77 };

	p[0] = 1; /* the second is the zero page, the third nothing */
	(void)*(volatile char *)(p + PAGE);
	EXPECT_OK(syscall(SYS_move_pages, 0, 4ul, list, NULL, status, 0));
	EXPECT(status[0] >= 0 && memory_nodes() & 1ul << status[0]);
	/* Which of the two changed with Linux 6.2 and again later. */
	EXPECT(status[1] == -EFAULT || status[1] == -ENOENT);
	EXPECT(status[2] == -EFAULT || status[2] == -ENOENT);
	EXPECT_EQ(status[3], -EFAULT);
	unmap_pages(p, 3);
}

static void bad_arguments_are_refused(void)
{
	char *p = small_pages(2);
	u64 mask = memory_nodes();
	int status;

	EXPECT_ERRNO(set_policy(99, memory_nodes()), EINVAL);
	EXPECT_ERRNO(set_policy(MPOL_BIND, 0), EINVAL);
	EXPECT_ERRNO(set_policy(MPOL_DEFAULT, memory_nodes()), EINVAL);
	EXPECT_ERRNO(set_policy(MPOL_BIND, 1ul << 63), EINVAL);
	EXPECT_ERRNO(bind_pages(p + 1, 1, MPOL_BIND, memory_nodes(), 0), EINVAL);
	EXPECT_ERRNO(syscall(SYS_mbind, p, PAGE, MPOL_BIND, &mask, MASK_BITS,
			     0x80),
		     EINVAL);
	EXPECT_OK(munmap(p + PAGE, PAGE));
	EXPECT_ERRNO(bind_pages(p, 2, MPOL_BIND, memory_nodes(), 0), EFAULT);
	EXPECT_ERRNO(syscall(SYS_set_mempolicy, MPOL_BIND, 8, MASK_BITS),
		     EFAULT);
	EXPECT_ERRNO(syscall(SYS_get_mempolicy, 8, NULL, 0, NULL, 0), EFAULT);
	EXPECT_ERRNO(syscall(SYS_get_mempolicy, NULL, NULL, 0, p + PAGE,
			     MPOL_F_ADDR),
		     EFAULT);
	EXPECT_ERRNO(syscall(SYS_move_pages, 0, 1ul, 8, NULL, &status, 0),
		     EFAULT);
	EXPECT_ERRNO(syscall(SYS_move_pages, 999999, 1ul, &p, NULL, &status, 0),
		     ESRCH);
	unmap_pages(p, 1);
}

PROGRAM(CASE(nodes_are_told), CASE(first_touch_decides),
	CASE(interleave_takes_turns), CASE(bind_takes_only_those),
	CASE(mbind_rules_one_range), CASE(policies_are_told),
	CASE(fork_keeps_the_policy), CASE(move_pages_answers_for_each),
	CASE(bad_arguments_are_refused))
