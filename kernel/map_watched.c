// SPDX-License-Identifier: MIT
/*
 * kernel/map_watched.c - the map as a frame of a moving picture
 *
 *	Normal of node 0: 112 free, 3 U, 30 M, 1 E, 9 mixed, 20 huge
 *	 0x0100000000|MMMMMMMMmmMM..mMMM<>...........................|
 *	free 240 MiB; huge pages: 112 whole, 140 with compaction; pool 20
 *	since the start: 34,816 pages moved, 71,020 frames scanned, 68 runs
 *	...legend
 *
 * What zones, counters and legend leave of the screen is for rows of cells; a
 * cell stands for as many blocks as it takes, the same number in all zones.
 */
#include <kernel/main.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/units.h>
#include <mm/mm_state.h>
#include <mm/node_stat.h>
#include <mm/vmstat.h>
#include <mm/watermark.h>

#include "compact_marks.h"
#include "map_watched.h"
#include "watch.h"
#include "zone_map.h"

#define OTHER_ROWS 4 /* counters and legend */
#define SCALE_MAX  (1u << 16)

struct sums {
	u64 free;  /* frames */
	u64 whole; /* blocks */
	u64 possible;
	u64 huge;
};

/* --- how many blocks a cell stands for --- */

static u64 rows_needed(struct zone *const *zones, u32 nr, u64 scale)
{
	u64 rows = nr;

	for (u32 i = 0; i < nr; i++)
		rows += zone_map_nr_rows(zones[i], scale);
	return rows;
}

static u64 scale_that_fits(struct zone *const *zones, u32 nr, u32 rows)
{
	u64 scale = 1;

	while (scale < SCALE_MAX &&
	       rows_needed(zones, nr, scale) + OTHER_ROWS > rows)
		scale *= 2;
	return scale;
}

/* --- one zone --- */

static u64 at_most(const struct zone *zone, const struct zone_map_counts *c)
{
	u64 free = READ_ONCE(zone->nr_free_pages);
	u64 min = wmark_pages(zone, WMARK_MIN);
	u64 worth = free > min ? (free - min) / pageblock_nr_pages : 0;

	return min(worth, (u64)c->movable);
}

static void show_row(const struct zone_map_row *row)
{
	console_printf(" 0x%010lx|", row->start);
	frame_map_print_marked(row->cells, row->marks, FRAME_MAP_COLUMNS);
	console_printf("|\n");
}

static void show_positions(const struct zone *zone)
{
	if (zone_map_has_scanners() && zone_map_source(zone))
		console_printf("; migrate_pfn 0x%lx, free_pfn 0x%lx",
			       zone_map_source(zone), zone_map_target(zone));
}

/* Counts come before the cells that they are taken from. */
static void show_header(const struct zone *zone, const struct zone_map_counts *c)
{
	console_printf("%s of node %u: %u free", zone->name, zone->nid, c->free);
	for (u32 t = 0; t < MIGRATE_PCPTYPES; t++)
		console_printf(", %u %c", c->pure[t], migratetype_letters[t]);
	console_printf(", %u mixed, %u huge", c->mixed, c->huge);
	show_positions(zone);
	console_printf("\n");
}

static void show_zone(const struct zone *zone, u64 scale, struct sums *sums)
{
	struct zone_map_counts counts = { .free = 0 }, again = counts;
	u32 nr = zone_map_nr_rows(zone, scale);
	struct zone_map_row row;

	for (u32 n = 0; n < nr; n++)
		zone_map_row(zone, scale, n, &row, &counts);
	show_header(zone, &counts);
	for (u32 n = 0; n < nr; n++)
		if (zone_map_row(zone, scale, n, &row, &again))
			show_row(&row);
	sums->free += READ_ONCE(zone->nr_free_pages);
	sums->whole += counts.free;
	sums->huge += counts.huge;
	sums->possible += at_most(zone, &counts);
}

/* --- below --- */

static void show_sums(const struct sums *sums)
{
	char size[SIZE_TEXT_MAX];

	console_printf("free %s; huge pages: %lu whole, %lu with compaction; "
		       "pool %lu\n",
		       format_size(sums->free << PAGE_SHIFT, size), sums->whole,
		       max(sums->possible, sums->whole), sums->huge);
}

static void show_events(void)
{
	console_printf("since the start: %lu pages moved, %lu failed, %lu "
		       "frames scanned, %lu stalls\n",
		       watch_events(PGMIGRATE_SUCCESS),
		       watch_events(PGMIGRATE_FAIL),
		       watch_events(COMPACTMIGRATE_SCANNED) +
			       watch_events(COMPACTFREE_SCANNED),
		       watch_events(COMPACTSTALL));
}

static void show_legend(u64 scale)
{
	char size[SIZE_TEXT_MAX];

	console_printf("a cell is %s; %s pages leave, %s pages arrive; @ being "
		       "emptied, I isolated\n",
		       format_size(scale * pageblock_nr_pages * PAGE_SIZE, size),
		       shell_is_plain() ? "<" : "\033[30;41mx\033[0m",
		       shell_is_plain() ? ">" : "\033[30;42mx\033[0m");
	console_printf(". free, M movable, U unmovable, E reclaimable, X mixed, "
		       "# huge, P pinned, R reserved\n");
}

void map_show_watched(struct zone *const *zones, u32 nr, u32 rows)
{
	u64 scale = scale_that_fits(zones, nr, rows);
	struct sums sums = { .free = 0 };

	for (u32 i = 0; i < nr; i++)
		show_zone(zones[i], scale, &sums);
	show_sums(&sums);
	show_events();
	show_legend(scale);
	compact_marks_forget();
}
