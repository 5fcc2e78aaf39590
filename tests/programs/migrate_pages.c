// SPDX-License-Identifier: MIT
/*
 * tests/programs/migrate_pages.c - whole programs, and areas with a policy, move
 *
 * migrate_pages() takes all that a process has on some nodes to others;
 * mbind(MPOL_MF_MOVE) takes the pages of a range to where their new policy wants
 * them. Contents are checked by stamps, places by move_pages().
 */
#include "nodes.h"
#include <sys/uio.h>

#define NR 40

static u64 bit(int node)
{
	return 1ul << node;
}

static char *stamped_pages(void)
{
	char *p = small_pages(NR);

	for (size_t i = 0; i < NR; i++)
		stamp_page(p + i * PAGE, i);
	return p;
}

static bool all_hold(const char *p)
{
	for (size_t i = 0; i < NR; i++)
		if (!EXPECT(page_has_stamp(p + i * PAGE, i)))
			return false;
	return true;
}

static void drop_pages(char *p)
{
	all_hold(p);
	unmap_pages(p, NR);
}

/* --- migrate_pages() --- */

static void all_pages_change_their_node(void)
{
	char *p, on_stack[PAGE];
	int home, there;

	if (!two_nodes())
		return;
	p = stamped_pages();
	home = node_of(p);
	there = next_node(home);
	EXPECT_OK(send_pages(0, p, NR, home, MPOL_MF_MOVE));
	stamp_page(on_stack, 9);
	EXPECT_OK(migrate_pages(0, bit(home), bit(there)));
	all_on_node(p, NR, there);
	EXPECT_EQ(node_of(on_stack), there);
	EXPECT_OK(migrate_pages(0, bit(there), bit(home)));
	all_on_node(p, NR, home);
	EXPECT(page_has_stamp(on_stack, 9));
	drop_pages(p);
}

static void pages_of_other_nodes_stay(void)
{
	char *p;
	int home;

	if (!two_nodes())
		return;
	p = stamped_pages();
	home = node_of(p);
	EXPECT_OK(send_pages(0, p, NR, home, MPOL_MF_MOVE));
	EXPECT_OK(migrate_pages(0, bit(next_node(home)), bit(home)));
	all_on_node(p, NR, home);
	EXPECT_OK(migrate_pages(0, 0, bit(next_node(home))));
	all_on_node(p, NR, home);
	/* As many as there are: each to itself. */
	EXPECT_OK(migrate_pages(0, memory_nodes(), memory_nodes()));
	all_on_node(p, NR, home);
	drop_pages(p);
}

static void many_nodes_become_one(void)
{
	char *p;

	if (!two_nodes())
		return;
	p = stamped_pages();
	EXPECT_OK(send_pages(0, p, NR / 2, first_node(), MPOL_MF_MOVE));
	EXPECT_OK(send_pages(0, p + NR / 2 * PAGE, NR / 2, last_node(),
			     MPOL_MF_MOVE));
	EXPECT_OK(migrate_pages(0, memory_nodes(), bit(last_node())));
	all_on_node(p, NR, last_node());
	drop_pages(p);
}

static void another_process_moves(void)
{
	int ends[2], status = -1, home;
	char *p, byte;
	pid_t pid;

	if (!two_nodes())
		return;
	p = stamped_pages();
	home = node_of(p);
	EXPECT_OK(send_pages(0, p, NR, home, MPOL_MF_MOVE));
	REQUIRE(!pipe(ends));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		close(ends[1]);
		_exit(read(ends[0], &byte, 1) == 0 && all_hold(p) &&
				      all_on_node(p, NR, next_node(home)) ?
			      0 :
			      CHILD_FAILED);
	}
	REQUIRE(pid > 0);
	EXPECT_OK(migrate_pages(pid, bit(home), bit(next_node(home))));
	/* They are ours, too: shared until one of us writes. */
	all_on_node(p, NR, next_node(home));
	close(ends[1]);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	close(ends[0]);
	drop_pages(p);
}

static long hold(int fd, void *page)
{
	struct iovec vector = { page, PAGE };

	return syscall(SYS_vmsplice, fd, &vector, 1, 0);
}

static void pages_that_stay_are_counted(void)
{
	int ends[2], home;
	char *p;

	if (!two_nodes())
		return;
	p = stamped_pages();
	home = node_of(p);
	EXPECT_OK(send_pages(0, p, NR, home, MPOL_MF_MOVE));
	REQUIRE(!pipe(ends));
	EXPECT_EQ(hold(ends[1], p + 3 * PAGE), PAGE);
	EXPECT_EQ(hold(ends[1], p + 5 * PAGE), PAGE);
	EXPECT_EQ(migrate_pages(0, bit(home), bit(next_node(home))), 2);
	EXPECT_EQ(node_of(p + 3 * PAGE), home);
	EXPECT_EQ(node_of(p + 4 * PAGE), next_node(home));
	EXPECT_EQ(node_of(p + 5 * PAGE), home);
	close(ends[0]);
	close(ends[1]);
	EXPECT_OK(migrate_pages(0, bit(next_node(home)), bit(home)));
	all_on_node(p, NR, home);
	drop_pages(p);
}

static void bad_requests_are_refused(void)
{
	u64 mask = memory_nodes(), none = 0;

	EXPECT_ERRNO(migrate_pages(999999, mask, mask), ESRCH);
	EXPECT_ERRNO(migrate_pages(0, mask, 0), EINVAL);
	EXPECT_ERRNO(migrate_pages(0, mask, bit(MAX_NODES - 1)), EINVAL);
	EXPECT_ERRNO(syscall(SYS_migrate_pages, 0, MASK_BITS, 8, &mask), EFAULT);
	EXPECT_ERRNO(syscall(SYS_migrate_pages, 0, MASK_BITS, &mask, 8), EFAULT);
	EXPECT_ERRNO(syscall(SYS_migrate_pages, 0, 0, &mask, &mask), EINVAL);
	EXPECT_ERRNO(syscall(SYS_migrate_pages, 0, 1, &mask, &mask), EINVAL);
	EXPECT_ERRNO(syscall(SYS_migrate_pages, 0, PAGE * 8 + 2, &mask, &mask),
		     EINVAL);
	EXPECT_OK(migrate_pages(0, none, mask));
}

/* --- mbind() --- */

static int policy_of(void *p)
{
	int mode = -1;

	EXPECT_OK(syscall(SYS_get_mempolicy, &mode, NULL, 0, p, MPOL_F_ADDR));
	return mode;
}

static void a_policy_takes_its_pages_along(void)
{
	char *p;
	int home, there;

	if (!two_nodes())
		return;
	p = stamped_pages();
	home = node_of(p);
	there = next_node(home);
	EXPECT_OK(send_pages(0, p, NR, home, MPOL_MF_MOVE));
	EXPECT_OK(bind_pages(p, NR, MPOL_BIND, bit(there), 0));
	all_on_node(p, NR, home); /* nobody asked */
	EXPECT_OK(bind_pages(p, NR, MPOL_BIND, bit(there), MPOL_MF_MOVE));
	all_on_node(p, NR, there);
	EXPECT_OK(bind_pages(p + 8 * PAGE, 8, MPOL_PREFERRED, bit(home),
			     MPOL_MF_MOVE | MPOL_MF_STRICT));
	all_on_node(p, 8, there);
	all_on_node(p + 8 * PAGE, 8, home);
	all_on_node(p + 16 * PAGE, NR - 16, there);
	drop_pages(p);
}

static void strict_alone_only_looks(void)
{
	char *p;
	int home;

	if (!two_nodes())
		return;
	p = stamped_pages();
	home = node_of(p);
	EXPECT_OK(send_pages(0, p, NR, home, MPOL_MF_MOVE));
	EXPECT_ERRNO(bind_pages(p, NR, MPOL_BIND, bit(next_node(home)),
				MPOL_MF_STRICT),
		     EIO);
	EXPECT_EQ(policy_of(p), MPOL_DEFAULT);
	all_on_node(p, NR, home);
	EXPECT_OK(bind_pages(p, NR, MPOL_BIND, bit(home), MPOL_MF_STRICT));
	EXPECT_EQ(policy_of(p), MPOL_BIND);
	/* Without a policy every place is right. */
	EXPECT_OK(bind_pages(p, NR, MPOL_DEFAULT, 0, MPOL_MF_STRICT));
	EXPECT_EQ(policy_of(p), MPOL_DEFAULT);
	drop_pages(p);
}

static void strict_tells_of_pages_that_stay(void)
{
	int ends[2], home, there;
	char *p;

	if (!two_nodes())
		return;
	p = stamped_pages();
	home = node_of(p);
	there = next_node(home);
	EXPECT_OK(send_pages(0, p, NR, home, MPOL_MF_MOVE));
	REQUIRE(!pipe(ends));
	EXPECT_EQ(hold(ends[1], p + 3 * PAGE), PAGE);
	EXPECT_ERRNO(bind_pages(p, NR, MPOL_BIND, bit(there),
				MPOL_MF_MOVE | MPOL_MF_STRICT),
		     EIO);
	EXPECT_EQ(policy_of(p), MPOL_BIND);
	EXPECT_EQ(node_of(p + 2 * PAGE), there);
	EXPECT_EQ(node_of(p + 3 * PAGE), home);
	EXPECT_EQ(node_of(p + 4 * PAGE), there);
	EXPECT_OK(bind_pages(p, NR, MPOL_BIND, bit(there), MPOL_MF_MOVE));
	EXPECT_EQ(node_of(p + 3 * PAGE), home);
	close(ends[0]);
	close(ends[1]);
	EXPECT_OK(bind_pages(p, NR, MPOL_BIND, bit(there),
			     MPOL_MF_MOVE | MPOL_MF_STRICT));
	all_on_node(p, NR, there);
	drop_pages(p);
}

/* Runs while a child has the pages, too. */
static void bind_shared(char *p, int home)
{
	int there = next_node(home);

	EXPECT_OK(bind_pages(p, NR, MPOL_BIND, bit(there),
			     MPOL_MF_MOVE | MPOL_MF_STRICT));
	all_on_node(p, NR, home);
	EXPECT_OK(bind_pages(p, NR, MPOL_BIND, bit(there),
			     MPOL_MF_MOVE_ALL | MPOL_MF_STRICT));
	all_on_node(p, NR, there);
}

static void shared_pages_move_on_demand(void)
{
	int ends[2], status = -1, home;
	char *p, byte;
	pid_t pid;

	if (!two_nodes())
		return;
	p = stamped_pages();
	home = node_of(p);
	EXPECT_OK(send_pages(0, p, NR, home, MPOL_MF_MOVE));
	REQUIRE(!pipe(ends));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		close(ends[1]);
		_exit(read(ends[0], &byte, 1) == 0 && all_hold(p) ?
			      0 :
			      CHILD_FAILED);
	}
	REQUIRE(pid > 0);
	bind_shared(p, home);
	close(ends[1]);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	close(ends[0]);
	drop_pages(p);
}

static void without_a_policy_the_threads_decides(void)
{
	char *p;

	if (!two_nodes())
		return;
	p = stamped_pages();
	EXPECT_OK(send_pages(0, p, NR, first_node(), MPOL_MF_MOVE));
	EXPECT_OK(set_policy(MPOL_BIND, bit(last_node())));
	EXPECT_OK(bind_pages(p, NR, MPOL_DEFAULT, 0, MPOL_MF_MOVE));
	all_on_node(p, NR, last_node());
	EXPECT_OK(set_policy(MPOL_DEFAULT, 0));
	drop_pages(p);
}

static void a_hole_is_refused_before_anything_changes(void)
{
	char *p = stamped_pages();
	u64 last = bit(last_node());

	EXPECT_OK(munmap(p + 20 * PAGE, PAGE));
	EXPECT_ERRNO(bind_pages(p, NR, MPOL_BIND, last, MPOL_MF_MOVE), EFAULT);
	EXPECT_EQ(policy_of(p), MPOL_DEFAULT);
	EXPECT_ERRNO(bind_pages(p, NR, MPOL_BIND, last, 0), EFAULT);
	EXPECT_EQ(policy_of(p), MPOL_DEFAULT);
	EXPECT_OK(bind_pages(p, NR, MPOL_DEFAULT, 0, 0));
	EXPECT_ERRNO(bind_pages(p + 20 * PAGE, 1, MPOL_DEFAULT, 0, 0), EFAULT);
	EXPECT_OK(bind_pages(p + 20 * PAGE, 0, MPOL_BIND, last, MPOL_MF_MOVE));
	EXPECT_ERRNO(bind_pages(p, 20, MPOL_BIND, last, 8), EINVAL);
	EXPECT_ERRNO(bind_pages(p + 1, 20, MPOL_BIND, last, MPOL_MF_MOVE),
		     EINVAL);
	unmap_pages(p, NR);
}

PROGRAM(CASE(all_pages_change_their_node), CASE(pages_of_other_nodes_stay),
	CASE(many_nodes_become_one), CASE(another_process_moves),
	CASE(pages_that_stay_are_counted), CASE(bad_requests_are_refused),
	CASE(a_policy_takes_its_pages_along), CASE(strict_alone_only_looks),
	CASE(strict_tells_of_pages_that_stay), CASE(shared_pages_move_on_demand),
	CASE(without_a_policy_the_threads_decides),
	CASE(a_hole_is_refused_before_anything_changes))
