// SPDX-License-Identifier: MIT
/*
 * kernel/procfs/compact.c - compact all of memory, or a node, now
 *
 *	echo 1 > /proc/sys/vm/compact_memory
 *	echo 1 > /sys/devices/system/node/node0/compact
 *
 * Linux takes just 1 for the first, and any text for the second.
 */
#include <kernel/errno.h>
#include <kernel/main.h>

#include "procfs.h"

static int store_compact_memory(const char *text, size_t len, u64 arg __unused)
{
	while (len && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	if (len != 1 || *text != '1')
		return -EINVAL;
	compact_node(kernel_mm(), NUMA_NO_NODE, false);
	return 0;
}

static int store_node_compact(const char *text __unused, size_t len __unused,
			      u64 nid)
{
	compact_node(kernel_mm(), (int)nid, false);
	return 0;
}

VFILE(compact_memory, "/proc/sys/vm/compact_memory", NULL,
      store_compact_memory);
VFILE_N(node_compact, "/sys/devices/system/node/node%/compact", NULL,
	store_node_compact, node_is_online);
