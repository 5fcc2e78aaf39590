// SPDX-License-Identifier: MIT
/*
 * tests/programs/lib/nodes.c - nodes.h
 */
#include "nodes.h"

/* --- which there are --- */

u64 memory_nodes(void)
{
	static u64 nodes;

	if (!nodes && syscall(SYS_get_mempolicy, NULL, &nodes, MASK_BITS, NULL,
			      MPOL_F_MEMS_ALLOWED)) {
		printf("Bail out! get_mempolicy: %s\n", strerror(errno));
		exit(1);
	}
	return nodes;
}

int nr_nodes(void)
{
	return __builtin_popcountl(memory_nodes());
}

int first_node(void)
{
	return __builtin_ctzl(memory_nodes());
}

int last_node(void)
{
	return 63 - __builtin_clzl(memory_nodes());
}

int next_node(int node)
{
	u64 above = memory_nodes() & ~0ul << node << 1;

	return above ? __builtin_ctzl(above) : first_node();
}

bool two_nodes(void)
{
	if (nr_nodes() > 1)
		return true;
	skip_case("needs two nodes with memory");
	return false;
}

/* --- pages --- */

char *small_pages(size_t nr)
{
	char *p = map_pages(nr);

	madvise(p, nr * PAGE, MADV_NOHUGEPAGE);
	return p;
}

/* --- system calls --- */

long move_pages(int pid, size_t nr, void *const *addrs, const int *nodes,
		int *status, int flags)
{
	return syscall(SYS_move_pages, pid, nr, addrs, nodes, status, flags);
}

long migrate_pages(int pid, u64 from, u64 to)
{
	return syscall(SYS_migrate_pages, pid, MASK_BITS, &from, &to);
}

long bind_pages(void *p, size_t nr, int mode, u64 mask, int flags)
{
	return syscall(SYS_mbind, p, nr * PAGE, mode, &mask, MASK_BITS, flags);
}

long set_policy(int mode, u64 mask)
{
	return syscall(SYS_set_mempolicy, mode, &mask, MASK_BITS);
}

int node_of(void *p)
{
	int status = -1;

	return move_pages(0, 1, &p, NULL, &status, 0) ? -errno : status;
}

/* Of nr entries each, for one call. */
static long with_arrays(int pid, char *p, size_t nr, int node, int flags,
			void **addrs, int *nodes, int *status)
{
	for (size_t i = 0; i < nr; i++) {
		addrs[i] = p + i * PAGE;
		nodes[i] = node;
	}
	return move_pages(pid, nr, addrs, nodes, status, flags);
}

long send_pages(int pid, char *p, size_t nr, int node, int flags)
{
	void **addrs = calloc(nr, sizeof(*addrs));
	int *nodes = calloc(nr, sizeof(*nodes));
	int *status = calloc(nr, sizeof(*status));
	long result = -1;

	if (addrs && nodes && status)
		result = with_arrays(pid, p, nr, node, flags, addrs, nodes,
				     status);
	free(addrs);
	free(nodes);
	free(status);
	return result;
}

bool all_on_node(char *p, size_t nr, int node)
{
	for (size_t i = 0; i < nr; i++)
		if (!EXPECT_EQ(node_of(p + i * PAGE), node))
			return false;
	return true;
}
