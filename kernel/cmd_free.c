// SPDX-License-Identifier: MIT
/*
 * kernel/cmd_free.c - free: how much memory there is left, and where
 *
 * The first lines are those of `free -k` on Linux. Frames on a CPU's stack
 * belong to nobody but are off the free lists: a column of their own.
 */
#include <kernel/main.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <mm/mm_state.h>
#include <mm/watermark.h>

#define KB(pages) ((pages) << (PAGE_SHIFT - 10))

struct sums {
	u64 managed, free, stacked;
};

static struct sums sum_zones(struct mm_state *mm)
{
	struct sums s = { 0 };
	struct zone *zone;

	for_each_populated_zone(mm, zone) {
		s.managed += zone->managed_pages;
		s.free += zone->nr_free_pages;
		s.stacked += pcp_count(zone);
	}
	return s;
}

static void show_total(const struct mm_state *mm, struct sums s)
{
	u64 reserve = mm->totalreserve_pages;

	console_printf("%-8s%12s%12s%12s%12s%12s%12s\n", "kB", "total", "used",
		       "free", "shared", "buff/cache", "available");
	console_printf("%-8s%12lu%12lu%12lu%12u%12u%12lu\n", "Mem:",
		       KB(s.managed), KB(s.managed - s.free), KB(s.free), 0, 0,
		       KB(s.free > reserve ? s.free - reserve : 0));
	console_printf("%-8s%12u%12u%12u\n", "Swap:", 0, 0, 0);
	console_printf("Used includes %lu kB on the CPUs' stacks, ready to be "
		       "handed out.\n", KB(s.stacked));
}

static void show_zone(const struct zone *zone)
{
	console_printf("%-5u%-9s%11lu%11lu%9lu%8lu%8lu%8lu%8lu\n", zone->nid,
		       zone->name, KB(zone->managed_pages),
		       KB(zone->nr_free_pages), KB(pcp_count(zone)),
		       KB(wmark_pages(zone, WMARK_MIN)),
		       KB(wmark_pages(zone, WMARK_LOW)),
		       KB(wmark_pages(zone, WMARK_HIGH)),
		       KB(zone->watermark_boost));
}

static void show_types(const struct zone *zone)
{
	console_printf("%-5u%-9s", zone->nid, zone->name);
	for (u32 t = 0; t < MIGRATE_ISOLATE; t++)
		console_printf("%12lu", KB(zone->fl->nr_free[t]));
	console_printf("\n");
}

static int cmd_free(int argc __unused, char **argv __unused)
{
	struct mm_state *mm = kernel_mm();
	struct zone *zone;

	show_total(mm, sum_zones(mm));
	console_printf("\nBy zone, kB (watermarks include the boost):\n"
		       "%-5s%-9s%11s%11s%9s%8s%8s%8s%8s\n", "node", "zone",
		       "managed", "free", "stacks", "min", "low", "high",
		       "boost");
	for_each_populated_zone(mm, zone)
		show_zone(zone);
	console_printf("\nFree by the type of the pageblock, kB:\n%-5s%-9s",
		       "node", "zone");
	for (u32 t = 0; t < MIGRATE_ISOLATE; t++)
		console_printf("%12s", migratetype_names[t]);
	console_printf("\n");
	for_each_populated_zone(mm, zone)
		if (zone->fl)
			show_types(zone);
	return 0;
}

SHELL_COMMAND(free, cmd_free, "",
	      "show how much memory is free, in kB\n"
	      "In all (like free -k on Linux), by zone with watermarks, and by "
	      "type.",
	      shell_complete_nothing);
