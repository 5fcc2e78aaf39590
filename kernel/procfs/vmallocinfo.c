// SPDX-License-Identifier: MIT
/*
 * kernel/procfs/vmallocinfo.c - /proc/vmallocinfo, as Linux prints it
 *
 *	start-end		size, guard page included
 *	caller			who asked
 *	pages=, N0=		frames, and how many of them on which node
 *	phys=			of a device
 *
 * What is freed but not purged yet is an "unpurged vm_area".
 */
#include <kernel/ksyms.h>
#include <kernel/main.h>

#include "procfs.h"

static void show_use(struct seq *s, const struct vmalloc_info *info)
{
	char name[KSYM_TEXT_MAX];

	seq_printf(s, " %s pages=%lu vmalloc",
		   ksym_format(info->caller - 1, 1, name), info->nr_pages);
	for (u32 n = 0; n < MAX_NUMNODES; n++)
		if (info->on_node[n])
			seq_printf(s, " N%u=%u", n, info->on_node[n]);
}

static void show_device(struct seq *s, const struct vmalloc_info *info)
{
	char name[KSYM_TEXT_MAX];

	seq_printf(s, " %s phys=0x%016lx ioremap",
		   ksym_format(info->caller - 1, 1, name), info->phys);
}

static void show_vmallocinfo(struct seq *s, u64 arg __unused)
{
	struct vmalloc_info info;

	for (u32 nth = 0; vmalloc_get_info(kernel_mm(), nth, &info); nth++) {
		seq_printf(s, "0x%016lx-0x%016lx %7lu", info.start, info.end,
			   info.end - info.start);
		if (info.in_use && info.is_device)
			show_device(s, &info);
		else if (info.in_use)
			show_use(s, &info);
		else
			seq_puts(s, " unpurged vm_area");
		seq_puts(s, "\n");
	}
}

VFILE(vmallocinfo, "/proc/vmallocinfo", show_vmallocinfo, NULL);
