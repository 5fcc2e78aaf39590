// SPDX-License-Identifier: MIT
/*
 * kernel/procfs/drop_caches.c - /proc/sys/vm/drop_caches
 *
 *	echo 1 > /proc/sys/vm/drop_caches	clean pages of files
 *	echo 2 > ...				free slabs
 *	echo 3 > ...				both
 */
#include <kernel/errno.h>
#include <kernel/fs.h>
#include <kernel/main.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/vfile.h>
#include <mm/node_stat.h>
#include <mm/slab.h>

#define DROP_PAGES 1
#define DROP_SLAB  2

static int store_drop_caches(const char *text, size_t len, u64 arg __unused)
{
	u64 what;

	if (vfile_number(text, len, 10, &what) || !what ||
	    what > (DROP_PAGES | DROP_SLAB))
		return -EINVAL;
	if (what & DROP_PAGES) {
		count_vm_event(DROP_PAGECACHE);
		pr_info("drop_caches: %lu pages of files\n", drop_page_cache());
	}
	if (what & DROP_SLAB)
		pr_info("drop_caches: %lu pages of slabs\n",
			slab_shrink_all(kernel_mm()));
	return 0;
}

VFILE(drop_caches, "/proc/sys/vm/drop_caches", NULL, store_drop_caches);
