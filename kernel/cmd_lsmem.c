// SPDX-License-Identifier: MIT
/*
 * kernel/cmd_lsmem.c - lsmem: the machine's memory as lists and as a map
 *
 * The map has a row for each node. All rows show the same stretch of the
 * address space, from 0 to the end of RAM, in columns of equal size:
 *
 *	node 0 |D222222222222222222222222................................|
 *	node 1 |.........................22222222....NNNNNNNNNNNNNNNNNNNN|
 *
 * A capital (or '2') is a column full of the zone's RAM, a small letter (or
 * 'z') one with holes in it, so that a hole shows however small it is. Where
 * zones share a column the larger part wins, but a zone that has all of its
 * memory there is shown for its neighbours, or a small DMA would never be
 * seen.
 */
#include <kernel/main.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/string.h>
#include <kernel/units.h>
#include <mm/mm_state.h>

#define MAP_COLUMNS 64

struct zone_look {
	char full, partly;
	u8 colour; /* ANSI, 31 to 37 */
};

static const struct zone_look looks[MAX_NR_ZONES] = {
	[ZONE_DMA] = { 'D', 'd', 33 },	   [ZONE_DMA32] = { '2', 'z', 36 },
	[ZONE_NORMAL] = { 'N', 'n', 32 },  [ZONE_MOVABLE] = { 'M', 'm', 35 },
	[ZONE_DEVICE] = { 'V', 'v', 31 },
};

/* --- ranges --- */

static void show_range(paddr_t start, u64 size, const char *what)
{
	char text[SIZE_TEXT_MAX];

	console_printf("  [mem 0x%012lx-0x%012lx] %10s  %s\n", start,
		       start + size - 1, format_size(size, text), what);
}

static void show_ranges(const struct e820_table *map)
{
	char type[24];
	paddr_t end = 0;

	console_printf("Memory map in force (firmware, command line, what is never used):\n");
	for (u32 i = 0; i < map->nr_entries; i++) {
		const struct e820_entry *e = &map->entries[i];

		if (e->addr > end)
			show_range(end, e->addr - end, "(hole)");
		show_range(e->addr, e->size, e820_type_name(e->type, type));
		end = e->addr + e->size;
	}
}

static void show_node_ranges(const struct memblock *mb)
{
	char node[24];

	console_printf("RAM by node:\n");
	for (u32 i = 0; i < mb->memory.cnt; i++) {
		const struct memblock_region *r = &mb->memory.regions[i];

		snprintf(node, sizeof(node), "node %d", r->nid);
		show_range(r->base, r->size, node);
	}
}

/* --- the map --- */

static u64 overlap(u64 a_start, u64 a_end, u64 b_start, u64 b_end)
{
	u64 start = max(a_start, b_start), end = min(a_end, b_end);

	return end > start ? end - start : 0;
}

/* Bytes of the zone's RAM in [start, end). */
static u64 zone_bytes(const struct memblock *mb, const struct zone *zone,
		      paddr_t start, paddr_t end)
{
	u64 sum = 0;

	start = max(start, PFN_PHYS(zone->zone_start_pfn));
	end = min(end, PFN_PHYS(zone_end_pfn(zone)));
	for (u32 i = 0; i < mb->memory.cnt && start < end; i++) {
		const struct memblock_region *r = &mb->memory.regions[i];

		if (r->nid == zone->nid)
			sum += overlap(start, end, r->base, r->base + r->size);
	}
	return sum;
}

static bool fits_in(const struct zone *zone, paddr_t start, paddr_t end)
{
	return PFN_PHYS(zone->zone_start_pfn) >= start &&
	       PFN_PHYS(zone_end_pfn(zone)) <= end;
}

/* The zone that stands for a column; NULL: the node has no RAM there. */
static const struct zone *column_zone(const struct memblock *mb,
				      const struct node *node, paddr_t start,
				      paddr_t end, u64 *total)
{
	const struct zone *best = NULL;
	u64 best_bytes = 0;

	*total = 0;
	for (u32 z = 0; z < MAX_NR_ZONES; z++) {
		const struct zone *zone = &node->zones[z];
		u64 bytes = zone_bytes(mb, zone, start, end);

		*total += bytes;
		if (bytes && fits_in(zone, start, end))
			bytes = UINT64_MAX;
		if (bytes > best_bytes) {
			best = zone;
			best_bytes = bytes;
		}
	}
	return best;
}

static void show_column(const struct memblock *mb, const struct node *node,
			paddr_t start, paddr_t end)
{
	u64 total;
	const struct zone *zone = column_zone(mb, node, start, end, &total);
	const struct zone_look *look;
	char letter;

	if (!zone) {
		console_printf(".");
		return;
	}
	look = &looks[zone->type];
	letter = total == end - start ? look->full : look->partly;
	if (shell_is_plain())
		console_printf("%c", letter);
	else
		console_printf("\033[%um%c\033[0m", look->colour, letter);
}

static void show_row(const struct mm_state *mm, const struct node *node,
		     u64 step)
{
	console_printf("  node %-3d |", node->nid);
	for (u64 i = 0; i < MAP_COLUMNS; i++)
		show_column(&mm->memblock, node, i * step, (i + 1) * step);
	console_printf("|\n");
}

static void show_map(const struct mm_state *mm)
{
	/* Whole pages, and no column of nothing behind the last one. */
	u64 step = DIV_ROUND_UP(max(mm->max_pfn, 1UL), MAP_COLUMNS)
		   << PAGE_SHIFT;
	char column[SIZE_TEXT_MAX], end[SIZE_TEXT_MAX];

	console_printf("Map of 0 to %s, a column is %s:\n",
		       format_size(step * MAP_COLUMNS, end),
		       format_size(step, column));
	for (u32 n = 0; n < MAX_NUMNODES; n++)
		if (mm->nodes[n].online)
			show_row(mm, &mm->nodes[n], step);
	console_printf("  D DMA, 2 DMA32, N Normal, M Movable: full of RAM; "
		       "d z n m: with holes; . none\n");
}

/* --- zones --- */

static void show_zone(const struct zone *zone)
{
	char text[4][SIZE_TEXT_MAX];

	console_printf("  %-4u  %-7s  0x%-10lx %10s %10s %10s %10s\n",
		       zone->nid, zone->name, zone->zone_start_pfn,
		       format_size(PFN_PHYS(zone->spanned_pages), text[0]),
		       format_size(PFN_PHYS(zone->present_pages), text[1]),
		       format_size(PFN_PHYS(zone->managed_pages), text[2]),
		       format_size(PFN_PHYS(zone->nr_free_pages), text[3]));
}

static void show_zones(const struct node *node)
{
	if (!node->node_present_pages)
		console_printf("  %-4d  (no memory%s)\n", node->nid,
			       node->has_cpu ? ", only CPUs" : "");
	for (u32 z = 0; z < MAX_NR_ZONES; z++)
		if (populated_zone(&node->zones[z]))
			show_zone(&node->zones[z]);
}

static int cmd_lsmem(int argc __unused, char **argv __unused)
{
	const struct mm_state *mm = kernel_mm();

	show_ranges(&mm->e820);
	show_node_ranges(&mm->memblock);
	show_map(mm);
	console_printf("Zones:\n  node  zone     first pfn      spanned    "
		       "present    managed       free\n");
	for (u32 n = 0; n < MAX_NUMNODES; n++)
		if (mm->nodes[n].online)
			show_zones(&mm->nodes[n]);
	return 0;
}

SHELL_COMMAND(lsmem, cmd_lsmem, "",
	      "show ranges, nodes and zones, drawn to scale\n"
	      "spanned: from first to last page; present: without holes; "
	      "managed: what the\nallocator was given; free: what it has left.",
	      shell_complete_nothing);
