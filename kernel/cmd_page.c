// SPDX-License-Identifier: MIT
/*
 * kernel/cmd_page.c - page PFN: one record of the page array
 */
#include <kernel/main.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <mm/mm_state.h>

#include "shell_args.h"

static const char *const flag_names[NR_PAGEFLAGS] = {
	"locked",    "reserved", "referenced", "uptodate", "dirty",
	"lru",	     "active",	 "writeback",  "swapbacked",
	"unevictable", "mlocked", "isolated",  "waiters", "quarantined",
	"slab",	     "anon_exclusive",
};

static const char *const kind_names[] = { "none", "kernel", "slab",
					  "page table", "huge page",
					  "anonymous", "file" };

static void show_flags(const struct page *page)
{
	const char *comma = "";

	console_printf("  flags     0x%x (", page->flags);
	for (u32 i = 0; i < NR_PAGEFLAGS; i++) {
		if (!page_flag(page, i))
			continue;
		console_printf("%s%s", comma, flag_names[i]);
		comma = ", ";
	}
	console_printf("%s)\n", *comma ? "" : "none");
}

static void show_zone(pfn_t pfn, const struct page *page)
{
	const struct zone *zone =
		zone_by_index(kernel_mm(), page->zone_index);

	console_printf("  zone      %s of node %u, pfn 0x%lx to 0x%lx%s\n",
		       zone->name, zone->nid, zone->zone_start_pfn,
		       zone_end_pfn(zone) - 1,
		       zone_spans_pfn(zone, pfn) ? "" : " (a hole beside it)");
}

static void show_kind(const struct page *page)
{
	u32 kind = page->kind_order >> 4, order = page->kind_order & 15;

	console_printf("  kind      %s, order %u (%lu KiB)\n",
		       kind < ARRAY_SIZE(kind_names) ? kind_names[kind] : "?",
		       order, PAGE_SIZE << order >> 10);
}

static void show_count(const char *name, s32 n, const char *what)
{
	console_printf("  %-9s %d %s%s\n", name, n, what, n == 1 ? "" : "s");
}

static void show_page(pfn_t pfn, const struct page *page)
{
	console_printf("pfn 0x%lx (%lu), address 0x%lx, record at %p\n", pfn,
		       pfn, PFN_PHYS(pfn), page);
	show_zone(pfn, page);
	show_flags(page);
	show_kind(page);
	show_count("refcount", page->refcount, "user");
	show_count("mapcount", page->mapcount + 1, "page table");
	show_count("pincount", page->pincount, "pin");
}

static int cmd_page(int argc, char **argv)
{
	pfn_t pfn;

	if (argc != 2) {
		console_printf("usage: page PFN\n");
		return 1;
	}
	if (!shell_arg_pfn("page", argv[1], &pfn))
		return 1;
	show_page(pfn, pfn_to_page(pfn));
	return 0;
}

SHELL_COMMAND(page, cmd_page, "PFN",
	      "show the record of one page frame\n"
	      "PFN is a frame number, decimal or 0x hexadecimal: an address "
	      "divided by 4,096.",
	      shell_complete_nothing);
