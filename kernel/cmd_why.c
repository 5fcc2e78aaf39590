// SPDX-License-Identifier: MIT
/*
 * kernel/cmd_why.c - why PFN: what holds this frame, what would free its block
 *
 * The first paragraph is about the frame, the second about its pageblock: a
 * block can be emptied if all that is charged in it can move.
 */
#include <kernel/image.h>
#include <kernel/ksyms.h>
#include <kernel/main.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <mm/buddy.h>
#include <mm/mm_state.h>
#include <mm/page_owner.h>

#include "block_show.h"
#include "frame_map.h"
#include "shell_args.h"

/* --- reserved --- */

static bool address_is_reserved(const struct memblock *mb, paddr_t addr)
{
	for (u32 i = 0; i < mb->reserved.cnt; i++) {
		const struct memblock_region *r = &mb->reserved.regions[i];

		if (addr >= r->base && addr < r->base + r->size)
			return true;
	}
	return false;
}

/* A frame may lie across two ranges: the first byte decides. */
static const char *e820_word(const struct e820_table *map, paddr_t addr,
			     char text[static 24])
{
	for (u32 i = 0; i < map->nr_entries; i++) {
		const struct e820_entry *e = &map->entries[i];

		if (addr >= e->addr && addr < e->addr + e->size)
			return e820_type_name(e->type, text);
	}
	return "a hole";
}

static void say_reserved(pfn_t pfn)
{
	const struct mm_state *mm = kernel_mm();
	const struct kernel_image *image = kernel_image();
	paddr_t addr = PFN_PHYS(pfn);
	char text[24];

	console_printf("  reserved  the firmware calls it %s\n",
		       e820_word(&mm->e820, addr, text));
	if (addr >= image->start && addr < image->end)
		console_printf("            it holds the kernel's image (%s)\n",
			       addr < image->text	? "boot code" :
			       addr < image->text_end	? "code" :
			       addr < image->rodata_end ? "constants" :
							  "data");
	else if (address_is_reserved(&mm->memblock, addr))
		console_printf("            taken during boot: page array, "
			       "page tables, tables of the firmware\n");
	else
		console_printf("            never handed to the allocator\n");
}

/* --- free --- */

static void say_free(const struct zone *zone, const struct pageblock *b,
		     pfn_t pfn)
{
	u32 offset = (u32)(pfn & (pageblock_nr_pages - 1)), order = 0;

	while (order < pageblock_order &&
	       buddy_all_free(b, ALIGN_DOWN(offset, 2u << order), order + 1))
		order++;
	if (b->largest == MAX_ORDER)
		order = MAX_ORDER;
	console_printf("  %s  part of the free chunk of order %u at pfn 0x%lx, "
		       "listed as %s in zone %s\n",
		       b->bits & BLOCK_ISOLATE ? "isolated" : "free    ", order,
		       ALIGN_DOWN(pfn, 1UL << order),
		       migratetype_names[pageblock_type(b)], zone->name);
}

/* --- held --- */

static void say_owner(const struct page *head)
{
	const struct page_owner *owner = page_owner_of(head);
	char name[KSYM_TEXT_MAX];
	u64 caller = owner && owner->time_ns ? page_owner_caller(owner) : 0;

	if (caller)
		console_printf("            asked for by %s (`owner 0x%lx` "
			       "tells more)\n",
			       ksym_format(caller - 1, 1, name),
			       page_to_pfn(head));
	else
		console_printf("            by whom is not recorded "
			       "(page_owner=on does)\n");
}

static const char *kind_text(const struct page *head)
{
	static const char *const texts[] = {
		"nothing", "the kernel", "the slab allocator", "a page table",
		"the pool of huge pages", "anonymous memory", "the page cache",
	};
	u32 kind = page_kind(head);

	return kind < ARRAY_SIZE(texts) ? texts[kind] : "an unknown kind";
}

static void say_held(const struct page *head)
{
	console_printf("  in use    by %s: chunk of order %u (%lu KiB) at pfn "
		       "0x%lx, charged %s\n"
		       "            %d reference%s, in %d page tables, %d "
		       "pins\n",
		       kind_text(head), page_order(head),
		       PAGE_SIZE << page_order(head) >> 10, page_to_pfn(head),
		       migratetype_names[page_charge(head)], head->refcount,
		       head->refcount == 1 ? "" : "s", head->mapcount + 1,
		       head->pincount);
	say_owner(head);
}

static void say_elsewhere(struct zone *zone, pfn_t pfn)
{
	struct frame_stack place;

	if (frame_stack_find(zone, pfn, &place))
		console_printf("  stacked   on CPU %u's stack of order %u %s, "
			       "ready to be handed out\n", place.cpu,
			       place.order, migratetype_names[place.charge]);
	else if (page_flag(pfn_to_page(pfn), PG_quarantined))
		console_printf("  quarantined after misuse: never handed out "
			       "again\n");
	else
		console_printf("  lost      nobody has it (`check` should "
			       "complain)\n");
}

static void say_frame(struct zone *zone, const struct pageblock *b, pfn_t pfn)
{
	const struct page *page = pfn_to_page(pfn);
	const struct page *head = page_head(kernel_mm(), pfn);

	if (page_flag(page, PG_reserved))
		say_reserved(pfn);
	else if (block_frame_is_free(b, (u32)(pfn & (pageblock_nr_pages - 1))))
		say_free(zone, b, pfn);
	else if (head)
		say_held(head);
	else
		say_elsewhere(zone, pfn);
}

/* --- the block --- */

static void say_block(const struct pageblock *b, pfn_t pfn)
{
	u32 stuck = b->nr[FRAME_UNMOVABLE];

	console_printf("  block     %lu, type %s: %u of 512 frames free, %u "
		       "isolated\n", pfn >> pageblock_order,
		       migratetype_names[b->bits & BLOCK_TYPE_MASK],
		       b->nr[FRAME_FREE], b->nr[FRAME_ISOLATED]);
	if (b->nr[FRAME_FREE] + b->nr[FRAME_ISOLATED] == pageblock_nr_pages) {
		console_printf("            it is wholly free\n");
		return;
	}
	console_printf("            to free it: %u movable frames to move, %u "
		       "reclaimable to reclaim", b->nr[FRAME_MOVABLE],
		       b->nr[FRAME_RECLAIMABLE]);
	if (stuck || b->nr[FRAME_RESERVED])
		console_printf(",\n            and in the way, as nothing moves "
			       "them: %u unmovable, %u reserved", stuck,
			       b->nr[FRAME_RESERVED]);
	console_printf("\n            (charges count frames on CPUs' stacks "
		       "too; %u are pinned)\n", b->nr_pinned);
}

static int cmd_why(int argc, char **argv)
{
	struct zone *zone;
	const struct pageblock *b;
	pfn_t pfn;

	if (argc != 2) {
		console_printf("usage: why PFN\n");
		return 1;
	}
	if (!shell_arg_pfn("why", argv[1], &pfn))
		return 1;
	zone = page_zone(pfn_to_page(pfn));
	console_printf("pfn 0x%lx (%lu), address 0x%lx\n", pfn, pfn,
		       PFN_PHYS(pfn));
	if (!zone || !zone->fl || !freelist_has_block(zone, pfn)) {
		say_reserved(pfn);
		return 0;
	}
	b = pfn_pageblock(zone, pfn);
	say_frame(zone, b, pfn);
	say_block(b, pfn);
	return 0;
}

SHELL_COMMAND(why, cmd_why, "PFN",
	      "say what holds a page frame\n"
	      "... and what would have to happen for its pageblock to become "
	      "free.",
	      shell_complete_nothing);
