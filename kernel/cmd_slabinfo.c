// SPDX-License-Identifier: MIT
/*
 * kernel/cmd_slabinfo.c - slabinfo [GLOB] | slabinfo shrink: the caches, how
 * full they are, and what they keep for nobody
 */
#include <kernel/main.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/string.h>
#include <mm/mm_state.h>

/* Letters of slab_debug=, and r: charged Reclaimable. */
static const char *flag_text(u32 flags, char text[static 8])
{
	char *p = text;

	if (flags & SLAB_CONSISTENCY_CHECKS)
		*p++ = 'F';
	if (flags & SLAB_RED_ZONE)
		*p++ = 'Z';
	if (flags & SLAB_POISON)
		*p++ = 'P';
	if (flags & SLAB_STORE_USER)
		*p++ = 'U';
	if (flags & SLAB_RECLAIM_ACCOUNT)
		*p++ = 'r';
	*p = 0;
	return text;
}

static void show_cache(const struct slab_info *i)
{
	u64 used = i->nr_objects - i->nr_free, bytes = i->nr_pages * PAGE_SIZE;
	char text[8];

	console_printf("%-17s %7u %8lu %8lu %6lu %5lu %6lu %7lu %4lu%%  %s\n",
		       i->name, i->size, used, i->nr_objects, i->nr_slabs,
		       i->nr_partial, i->nr_empty, bytes / KiB,
		       bytes ? used * i->object_size * 100 / bytes : 0,
		       flag_text(i->flags, text));
}

static void show_caches(const char *glob)
{
	struct slab_info info;
	u64 pages = 0;

	console_printf("%-17s %7s %8s %8s %6s %5s %6s %7s %5s\n", "cache",
		       "bytes", "in use", "objects", "slabs", "part", "free",
		       "KiB", "full");
	for (u32 nth = 0; slab_get_info(kernel_mm(), nth, &info); nth++) {
		if (!glob_match(glob, info.name) ||
		    (!info.nr_slabs && !strcmp(glob, "*")))
			continue;
		show_cache(&info);
		pages += info.nr_pages;
	}
	console_printf("in all %lu KiB. part: slabs with free objects; free: "
		       "with nothing else; full: used bytes of all\n",
		       pages * PAGE_SIZE / KiB);
}

static int cmd_slabinfo(int argc, char **argv)
{
	if (argc > 2) {
		console_printf("usage: slabinfo [GLOB | shrink]\n");
		return 1;
	}
	if (argc == 2 && !strcmp(argv[1], "shrink")) {
		console_printf("slabinfo: %lu pages given back\n",
			       slab_shrink_all(kernel_mm()));
		return 0;
	}
	show_caches(argc == 2 ? argv[1] : "*");
	return 0;
}

static void complete_slabinfo(int arg, const char *prefix __unused,
			      void (*offer)(void *ctx, const char *word),
			      void *ctx)
{
	struct slab_info info;

	if (arg != 1)
		return;
	offer(ctx, "shrink");
	for (u32 nth = 0; slab_get_info(kernel_mm(), nth, &info); nth++)
		offer(ctx, info.name);
}

SHELL_COMMAND(slabinfo, cmd_slabinfo, "[GLOB | shrink]",
	      "show the caches of objects\n"
	      "Without GLOB those that have slabs. `slabinfo shrink` gives free "
	      "slabs back. slab_debug= on the kernel's command line has misuse "
	      "of objects found; its letters stand at the end of a line.",
	      complete_slabinfo);
