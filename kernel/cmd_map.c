// SPDX-License-Identifier: MIT
/*
 * kernel/cmd_map.c - map: every pageblock by what it really holds
 *
 *	zone DMA32 of node 0, a cell is a pageblock of 2 MiB:
 *	  0x008000000 |UUxmmmM....................................|
 *
 * Rows of 64 blocks start at multiples of 128 MiB. A row in which the zone has
 * no block is left out. `block` shows the same with every frame.
 *
 * Under `watch` all zones have to fit on the screen, so a cell may stand for
 * several blocks (zone_map.h), and what compaction does is marked.
 */
#include <kernel/main.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/string.h>
#include <mm/mm_state.h>

#include "block_show.h"
#include "map_watched.h"
#include "shell_args.h"
#include "watch.h"
#include "zone_map.h"

static void show_row(const struct zone *zone, u32 n,
		     struct zone_map_counts *counts)
{
	struct zone_map_row row;

	if (!zone_map_row(zone, 1, n, &row, counts))
		return;
	console_printf("  0x%010lx |", row.start);
	frame_map_print(row.cells, FRAME_MAP_COLUMNS);
	console_printf("|\n");
}

static void show_if_any(u32 nr, const char *what)
{
	if (nr)
		console_printf(", %u %s", nr, what);
}

static void show_counts(const struct zone_map_counts *counts)
{
	console_printf("  blocks: %u free", counts->free);
	for (u32 t = 0; t < MIGRATE_ISOLATE; t++)
		if (t < MIGRATE_PCPTYPES || counts->pure[t])
			console_printf(", %u pure %s", counts->pure[t],
				       migratetype_names[t]);
	console_printf(", %u mixed,\n    %u partly reserved, %u reserved, %u "
		       "isolated",
		       counts->mixed, counts->partly, counts->reserved,
		       counts->isolated);
	show_if_any(counts->huge, "huge");
	show_if_any(counts->pinned, "with pins");
	show_if_any(counts->compacting, "being emptied");
	console_printf("\n");
}

static void show_zone(const struct zone *zone)
{
	struct zone_map_counts counts = { .free = 0 };

	console_printf("zone %s of node %u, a cell is a pageblock of 2 MiB:\n",
		       zone->name, zone->nid);
	for (u32 n = 0; n < zone_map_nr_rows(zone, 1); n++)
		show_row(zone, n, &counts);
	show_counts(&counts);
}

static const struct map_filter {
	u64 nid;
	const char *zone; /* NULL: any */
} every_zone = { UINT64_MAX, NULL };

static bool matches(const struct map_filter *f, const struct zone *zone)
{
	return zone->fl && (f->nid == UINT64_MAX || f->nid == zone->nid) &&
	       (!f->zone || !strcmp(f->zone, zone->name));
}

static u32 find_zones(const struct map_filter *f, struct zone **zones)
{
	struct mm_state *mm = kernel_mm();
	struct zone *zone;
	u32 nr = 0;

	for_each_populated_zone(mm, zone)
		if (matches(f, zone) && nr < MAX_ZONES)
			zones[nr++] = zone;
	return nr;
}

static void show_all(struct zone **zones, u32 nr)
{
	for (u32 i = 0; i < nr; i++)
		show_zone(zones[i]);
	console_printf(
		"  . all free; U M E H C pure: holds only its type; X "
		"mixed: holds other types;\n  # a huge page of the pool; "
		"P with pinned pages; @ being emptied, I isolated; R "
		"reserved\n  or another zone's, r partly; a small letter: "
		"some of it is free; blank: no RAM of\n  the zone. `map "
		"N` (address / 2 MiB) zooms, `watch map` goes on.\n");
}

static int show_zones(const struct map_filter *f)
{
	static struct zone *zones[MAX_ZONES];
	u32 nr = find_zones(f, zones);

	if (!nr) {
		console_printf("map: no such zone with memory (`lsmem` lists "
			       "them)\n");
		return 1;
	}
	if (watch_rows())
		map_show_watched(zones, nr, watch_rows());
	else
		show_all(zones, nr);
	return 0;
}

static int cmd_map(int argc, char **argv)
{
	struct map_filter f = every_zone;

	if (argc == 2 && shell_is_number(argv[1]))
		return block_show("map", argv[1]);
	if (argc > 3 || (argc == 3 && !shell_is_number(argv[1]))) {
		console_printf("usage: map [[NODE] ZONE | BLOCK]\n");
		return 1;
	}
	if (argc == 3 && !shell_arg_number("map", argv[1], "node", &f.nid))
		return 1;
	if (argc > 1)
		f.zone = argv[argc - 1];
	return show_zones(&f);
}

static void complete_map(int arg, const char *prefix __unused,
			 void (*offer)(void *ctx, const char *word), void *ctx)
{
	for (u32 z = 0; arg < 3 && z < MAX_NR_ZONES; z++)
		offer(ctx, zone_names[z]);
}

SHELL_COMMAND(map, cmd_map, "[[NODE] ZONE | BLOCK]",
	      "draw memory, a cell a pageblock\n"
	      "By what a block really holds, not by its type. BLOCK: as `block "
	      "BLOCK`. `watch map`\n"
	      "draws it again and again, with what compaction does.",
	      complete_map);
