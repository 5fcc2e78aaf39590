// SPDX-License-Identifier: MIT
/*
 * kernel/procfs/slabinfo.c - /proc/slabinfo: Linux's version 2.1
 *
 * Objects on a CPU's stack count as active, as in Linux. The tunables are
 * those of an allocator that Linux no longer has: 0 there, too.
 */
#include <kernel/main.h>

#include "procfs.h"

static void show_cache(struct seq *s, const struct slab_info *i)
{
	seq_printf(s,
		   "%-17s %6lu %6lu %6u %4u %4u : tunables %4u %4u %4u : slabdata %6lu %6lu %6u\n",
		   i->name, i->nr_objects - i->nr_free, i->nr_objects, i->size,
		   i->objects, 1u << i->order, 0, 0, 0, i->nr_slabs,
		   i->nr_slabs, 0);
}

static void show_slabinfo(struct seq *s, u64 arg __unused)
{
	struct slab_info info;

	seq_puts(s, "slabinfo - version: 2.1\n"
		    "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>"
		    " : tunables <limit> <batchcount> <sharedfactor>"
		    " : slabdata <active_slabs> <num_slabs> <sharedavail>\n");
	for (u32 nth = 0; slab_get_info(kernel_mm(), nth, &info); nth++)
		show_cache(s, &info);
}

VFILE(slabinfo, "/proc/slabinfo", show_slabinfo, NULL);
