// SPDX-License-Identifier: MIT
/*
 * kernel/procfs/hugepages.c - /sys/kernel/mm/hugepages and each node's share
 *
 *	/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
 *	/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages
 *
 * The pool is mm/hugetlb.c's. Writing nr_hugepages never fails for want of
 * memory: reading it tells how far that got.
 */
#include <kernel/errno.h>
#include <kernel/main.h>
#include <kernel/string.h>

#include "procfs.h"

#define DIR	 "/sys/kernel/mm/hugepages/hugepages-2048kB/"
#define NODE_DIR "/sys/devices/system/node/node%/hugepages/hugepages-2048kB/"

#define SHOW_COUNT(name, nid, field)                                           \
	static void show_##name(struct seq *s, u64 arg __unused)               \
	{                                                                      \
		seq_printf(s, "%lu\n", hugetlb_count(kernel_mm(), nid).field); \
	}

SHOW_COUNT(nr, NUMA_NO_NODE, nr)
SHOW_COUNT(free, NUMA_NO_NODE, free)
SHOW_COUNT(surplus, NUMA_NO_NODE, surplus)
SHOW_COUNT(node_nr, (int)arg, nr)
SHOW_COUNT(node_free, (int)arg, free)
SHOW_COUNT(node_surplus, (int)arg, surplus)

static void show_reserved(struct seq *s, u64 arg __unused)
{
	seq_printf(s, "%lu\n", READ_ONCE(kernel_mm()->hugetlb.reserved));
}

static void show_overcommit(struct seq *s, u64 arg __unused)
{
	seq_printf(s, "%lu\n", READ_ONCE(kernel_mm()->hugetlb.overcommit));
}

static int store_nr(const char *text, size_t len, u64 arg __unused)
{
	u64 nr;

	if (vfile_number(text, len, 0, &nr))
		return -EINVAL;
	hugetlb_resize(kernel_mm(), NUMA_NO_NODE, nr);
	return 0;
}

static int store_node_nr(const char *text, size_t len, u64 nid)
{
	u64 nr;

	if (vfile_number(text, len, 0, &nr))
		return -EINVAL;
	hugetlb_resize(kernel_mm(), (int)nid, nr);
	return 0;
}

static int store_overcommit(const char *text, size_t len, u64 arg __unused)
{
	u64 nr;

	if (vfile_number(text, len, 0, &nr))
		return -EINVAL;
	hugetlb_set_overcommit(kernel_mm(), nr);
	return 0;
}

VFILE(huge_nr, DIR "nr_hugepages", show_nr, store_nr);
VFILE(huge_free, DIR "free_hugepages", show_free, NULL);
VFILE(huge_reserved, DIR "resv_hugepages", show_reserved, NULL);
VFILE(huge_surplus, DIR "surplus_hugepages", show_surplus, NULL);
VFILE(huge_overcommit, DIR "nr_overcommit_hugepages", show_overcommit,
      store_overcommit);
VFILE_N(node_huge_nr, NODE_DIR "nr_hugepages", show_node_nr, store_node_nr,
	node_is_online);
VFILE_N(node_huge_free, NODE_DIR "free_hugepages", show_node_free, NULL,
	node_is_online);
VFILE_N(node_huge_surplus, NODE_DIR "surplus_hugepages", show_node_surplus,
	NULL, node_is_online);
