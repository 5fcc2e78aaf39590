// SPDX-License-Identifier: MIT
/*
 * kernel/cmd_block.c - block N: one pageblock, all 512 frames of it
 *
 *	block 66 (0x42): pfn 0x8400 to 0x85ff, address 0x8400000, zone DMA32 ...
 *	  type     Movable
 *	  frames   480 free, 3 Unmovable, 29 Movable, ...
 *	  largest  free chunk: order 8 (1 MiB)
 *	  0x8400 |UUUMMMMMMMMM....................................|
 */
#include <kernel/ksyms.h>
#include <kernel/main.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/string.h>
#include <kernel/units.h>
#include <mm/mm_state.h>
#include <mm/page_owner.h>

#include "block_show.h"
#include "frame_map.h"
#include "shell_args.h"

#define OWNERS_MAX 8

static void show_type(const struct pageblock *b)
{
	u32 lent = b->bits >> BLOCK_LENT_SHIFT;

	console_printf("  type     %s%s%s%s%s%s\n",
		       migratetype_names[b->bits & BLOCK_TYPE_MASK],
		       lent ? ", free frames lent to " : "",
		       lent ? migratetype_names[lent - 1] : "",
		       b->bits & BLOCK_ISOLATE ? ", isolated" : "",
		       b->bits & BLOCK_SKIP ? ", skipped by compaction" : "",
		       b->bits & BLOCK_COMPACTING ? ", being compacted" : "");
}

static void show_counts(const struct pageblock *b, const char *cells)
{
	u32 stacked = 0;

	for (u32 i = 0; i < pageblock_nr_pages; i++)
		stacked += cells[i] == 's';
	console_printf("  frames   %u free, charged %u Unmovable %u Movable "
		       "%u Reclaimable, %u isolated, %u reserved\n"
		       "           %u of the charged are on a CPU's stack, %u "
		       "pinned\n",
		       b->nr[FRAME_FREE], b->nr[FRAME_UNMOVABLE],
		       b->nr[FRAME_MOVABLE], b->nr[FRAME_RECLAIMABLE],
		       b->nr[FRAME_ISOLATED], b->nr[FRAME_RESERVED], stacked,
		       b->nr_pinned);
}

static void show_largest(const struct pageblock *b)
{
	char size[SIZE_TEXT_MAX];

	if (b->largest == NO_CHUNK)
		console_printf("  largest  no free chunk\n");
	else
		console_printf("  largest  free chunk: order %d (%s)\n",
			       b->largest,
			       format_size(PAGE_SIZE << b->largest, size));
}

static void show_cells(pfn_t first, const char *cells)
{
	for (u32 i = 0; i < pageblock_nr_pages; i += FRAME_MAP_COLUMNS) {
		console_printf("  0x%-8lx |", first + i);
		frame_map_print(cells + i, FRAME_MAP_COLUMNS);
		console_printf("|\n");
	}
	console_printf(FRAME_MAP_LEGEND);
}

/* --- owners --- */

struct owner_count {
	u64 caller;
	u32 chunks, frames;
};

/* The first one who is not the allocator itself. */
u64 page_owner_caller(const struct page_owner *owner)
{
	static const char *const own[] = {
		"page_owner_", "page_debug_", "prep_", "alloc_pages",
		"get_page_from_", "try_zone", "rmqueue", "pcp_",
		"drain_and_try",
	};

	for (u32 i = 0; i < PAGE_OWNER_DEPTH && owner->alloc_stack[i]; i++) {
		u64 offset, size;
		const char *name = ksym_lookup(owner->alloc_stack[i] - 1,
					       &offset, &size);
		bool mine = false;

		for (u32 n = 0; name && n < ARRAY_SIZE(own); n++)
			mine |= str_has_prefix(name, own[n]);
		if (!mine)
			return owner->alloc_stack[i];
	}
	return owner->alloc_stack[0];
}

/* Adds a head to its caller's count; the last entry collects the rest. */
static void count_owner(struct owner_count *counts, const struct page *page)
{
	const struct page_owner *owner = page_owner_of(page);
	u64 caller = owner && owner->time_ns ? page_owner_caller(owner) : 0;
	u32 i = 0;

	while (i < OWNERS_MAX - 1 && counts[i].chunks &&
	       counts[i].caller != caller)
		i++;
	if (i == OWNERS_MAX - 1)
		caller = 0;
	counts[i].caller = caller;
	counts[i].chunks++;
	counts[i].frames += 1u << page_order(page);
}

static void show_owners(const struct zone *zone, pfn_t first)
{
	struct owner_count counts[OWNERS_MAX] = { { 0 } };
	char name[KSYM_TEXT_MAX];

	if (!zone->page_owner) {
		console_printf("  owners   not recorded (page_owner=on does)\n");
		return;
	}
	for (pfn_t pfn = first; pfn < first + pageblock_nr_pages; pfn++)
		if (zone_spans_pfn(zone, pfn) && pfn_to_page(pfn)->kind_order)
			count_owner(counts, pfn_to_page(pfn));
	for (u32 i = 0; i < OWNERS_MAX && counts[i].chunks; i++)
		console_printf("  owner    %u chunk%s, %u frame%s: %s\n",
			       counts[i].chunks,
			       counts[i].chunks == 1 ? "" : "s",
			       counts[i].frames,
			       counts[i].frames == 1 ? "" : "s",
			       counts[i].caller ?
				       ksym_format(counts[i].caller - 1, 1,
						   name) :
				       "others");
}

/* --- the command --- */

static void show_block(struct zone *zone, struct pageblock *b)
{
	static char cells[pageblock_nr_pages];
	pfn_t first = pageblock_pfn(zone, b);

	frame_map_read(zone, b, cells);
	console_printf("block %lu (0x%lx): pfn 0x%lx to 0x%lx, address 0x%lx, "
		       "zone %s of node %u\n",
		       first >> pageblock_order, first >> pageblock_order,
		       first, first + pageblock_nr_pages - 1, PFN_PHYS(first),
		       zone->name, zone->nid);
	show_type(b);
	show_counts(b, cells);
	show_largest(b);
	show_owners(zone, first);
	show_cells(first, cells);
}

/* A zone whose span merely crosses the block has nothing in it. */
static bool zone_has_frames(const struct zone *zone, pfn_t first)
{
	return zone->fl && freelist_has_block(zone, first) &&
	       pfn_pageblock(zone, first)->nr[FRAME_RESERVED] <
		       pageblock_nr_pages;
}

int block_show(const char *command, const char *word)
{
	struct mm_state *mm = kernel_mm();
	struct zone *zone, *any = NULL;
	u64 number;
	bool shown = false;

	if (!shell_arg_number(command, word, "pageblock number", &number))
		return 1;
	for_each_populated_zone(mm, zone) {
		pfn_t first = number << pageblock_order;

		if (number > UINT64_MAX >> pageblock_order || !zone->fl ||
		    !freelist_has_block(zone, first))
			continue;
		any = zone;
		if (!zone_has_frames(zone, first))
			continue;
		show_block(zone, pfn_pageblock(zone, first));
		shown = true;
	}
	if (!any) {
		console_printf("%s: no RAM at block %lu: the last one is %lu "
			       "(block = pfn / 512)\n", command, number,
			       (mm->max_pfn - 1) >> pageblock_order);
		return 1;
	}
	if (!shown)
		show_block(any, pfn_pageblock(any, number << pageblock_order));
	return 0;
}

static int cmd_block(int argc, char **argv)
{
	if (argc != 2) {
		console_printf("usage: block N\n");
		return 1;
	}
	return block_show("block", argv[1]);
}

SHELL_COMMAND(block, cmd_block, "N",
	      "draw the 512 frames of a pageblock\n"
	      "N is a pfn divided by 512. With page_owner=on also who took its "
	      "frames.",
	      shell_complete_nothing);
