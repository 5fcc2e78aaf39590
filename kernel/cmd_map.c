// SPDX-License-Identifier: MIT
/*
 * kernel/cmd_map.c - map: every pageblock by what it really holds
 *
 *	zone DMA32 of node 0, a cell is a pageblock of 2 MiB:
 *	  0x008000000 |UUxmmmM....................................|
 *
 * Rows of 64 blocks start at multiples of 128 MiB. A row in which the zone has
 * no block is left out. `block` shows the same with every frame.
 */
#include <kernel/main.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/string.h>
#include <mm/mm_state.h>

#include "block_show.h"
#include "frame_map.h"
#include "shell_args.h"

struct map_counts {
	u32 pure[MIGRATE_TYPES];
	u32 free, mixed, reserved, partly, isolated;
};

static char cell(const struct zone *zone, u64 number)
{
	pfn_t pfn = number << pageblock_order;

	if (!freelist_has_block(zone, pfn))
		return ' ';
	return frame_map_block_letter(pfn_pageblock(zone, pfn));
}

static void count_cell(struct map_counts *counts, char letter)
{
	const char *type;

	if (letter == ' ')
		return;
	if (letter == '.')
		counts->free++;
	else if (letter == 'x' || letter == 'X')
		counts->mixed++;
	else if (letter == 'R')
		counts->reserved++;
	else if (letter == 'r')
		counts->partly++;
	else if (letter == 'I')
		counts->isolated++;
	else {
		type = strchr(migratetype_letters, letter & ~0x20);
		counts->pure[type - migratetype_letters]++;
	}
}

static void show_row(const struct zone *zone, u64 row,
		     struct map_counts *counts)
{
	char cells[FRAME_MAP_COLUMNS];
	bool any = false;

	for (u32 i = 0; i < FRAME_MAP_COLUMNS; i++) {
		cells[i] = cell(zone, row + i);
		any |= cells[i] != ' ';
		count_cell(counts, cells[i]);
	}
	if (!any)
		return;
	console_printf("  0x%010lx |", PFN_PHYS(row << pageblock_order));
	frame_map_print(cells, FRAME_MAP_COLUMNS);
	console_printf("|\n");
}

static void show_counts(const struct map_counts *counts)
{
	console_printf("  blocks: %u free", counts->free);
	for (u32 t = 0; t < MIGRATE_ISOLATE; t++)
		if (t < MIGRATE_PCPTYPES || counts->pure[t])
			console_printf(", %u pure %s", counts->pure[t],
				       migratetype_names[t]);
	console_printf(", %u mixed,\n    %u partly reserved, %u reserved, %u "
		       "isolated\n", counts->mixed, counts->partly,
		       counts->reserved, counts->isolated);
}

static void show_zone(const struct zone *zone)
{
	struct map_counts counts = { .free = 0 };
	u64 first = zone->fl->first_block, end = first + zone->fl->nr_blocks;

	console_printf("zone %s of node %u, a cell is a pageblock of 2 MiB:\n",
		       zone->name, zone->nid);
	for (u64 row = ALIGN_DOWN(first, (u64)FRAME_MAP_COLUMNS); row < end;
	     row += FRAME_MAP_COLUMNS)
		show_row(zone, row, &counts);
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

static int show_zones(const struct map_filter *f)
{
	struct mm_state *mm = kernel_mm();
	struct zone *zone;
	u32 shown = 0;

	for_each_populated_zone(mm, zone)
		if (matches(f, zone)) {
			show_zone(zone);
			shown++;
		}
	if (!shown) {
		console_printf("map: no such zone with memory (`lsmem` lists "
			       "them)\n");
		return 1;
	}
	console_printf("  . all free; U M E H C pure: holds only its type; X "
		       "mixed: holds other types;\n  R reserved or another "
		       "zone's, r partly; I isolated; a small letter: some of it "
		       "is\n  free; blank: no RAM of the zone. `map N` (address "
		       "/ 2 MiB) zooms.\n");
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
	      "BLOCK`.",
	      complete_map);
