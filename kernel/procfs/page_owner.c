// SPDX-License-Identifier: MIT
/*
 * kernel/procfs/page_owner.c - debugfs' page_owner: every allocation and who
 * made it
 *
 * Linux's text, one paragraph for each allocated chunk, by address. What is
 * free, on a CPU's stack or was taken before there were records has none.
 */
#include <kernel/ksyms.h>
#include <kernel/main.h>
#include <mm/page_debug.h>
#include <mm/page_owner.h>

#include "procfs.h"

static const char *const flag_names[NR_PAGEFLAGS] = {
	[PG_locked] = "locked",		  [PG_reserved] = "reserved",
	[PG_referenced] = "referenced",	  [PG_uptodate] = "uptodate",
	[PG_dirty] = "dirty",		  [PG_lru] = "lru",
	[PG_active] = "active",		  [PG_writeback] = "writeback",
	[PG_swapbacked] = "swapbacked",	  [PG_unevictable] = "unevictable",
	[PG_mlocked] = "mlocked",	  [PG_isolated] = "isolated",
	[PG_waiters] = "waiters",	  [PG_quarantined] = "quarantined",
};

/* "0x24(referenced|lru|node=0|zone=1)" */
static void show_flags(struct seq *s, const struct page *page)
{
	const struct zone *zone = page_zone(page);

	seq_printf(s, "%#x(", page->flags);
	for (u32 i = 0; i < NR_PAGEFLAGS; i++)
		if (page_flag(page, i))
			seq_printf(s, "%s|", flag_names[i]);
	seq_printf(s, "node=%u|zone=%u)", zone->nid, zone->type);
}

static void show_stack(struct seq *s, const u64 *stack)
{
	char name[KSYM_TEXT_MAX];

	for (u32 i = 0; i < PAGE_OWNER_DEPTH && stack[i]; i++)
		seq_printf(s, " %s\n", ksym_format(stack[i] - 1, 1, name));
}

static void show_record(struct seq *s, const struct page *page,
			const struct page_owner *owner)
{
	pfn_t pfn = page_to_pfn(page);
	const struct pageblock *b = pfn_pageblock(page_zone(page), pfn);
	char mask[160];

	seq_printf(s,
		   "Page allocated via order %u, mask %#x(%s), pid 0, tgid 0 (swapper/0), ts %lu ns\n"
		   "PFN 0x%lx type %s Block %lu type %s Flags ",
		   owner->order, owner->gfp,
		   gfp_text(owner->gfp, mask, sizeof(mask)), owner->time_ns,
		   pfn, migratetype_names[gfp_migratetype(owner->gfp)],
		   pfn >> pageblock_order, migratetype_names[pageblock_type(b)]);
	show_flags(s, page);
	seq_puts(s, "\n");
	show_stack(s, owner->alloc_stack);
	seq_puts(s, "\n");
}

static void show_zone(struct seq *s, const struct zone *zone)
{
	for (pfn_t pfn = zone->zone_start_pfn; pfn < zone_end_pfn(zone); pfn++) {
		const struct page_owner *owner;
		const struct page *page;

		if (!pfn_valid(kernel_mm(), pfn))
			continue;
		page = pfn_to_page(pfn);
		if (!page->kind_order || page->zone_index != zone->index)
			continue;
		owner = page_owner_of(page);
		if (owner && owner->time_ns)
			show_record(s, page, owner);
	}
}

static void show_page_owner(struct seq *s, u64 arg __unused)
{
	struct zone *zone;

	if (!(page_debug_on & DEBUG_PAGE_OWNER)) {
		seq_puts(s, "page_owner is off: boot with page_owner=on\n");
		return;
	}
	for_each_populated_zone(kernel_mm(), zone)
		if (zone->page_owner)
			show_zone(s, zone);
}

VFILE(page_owner, "/sys/kernel/debug/page_owner", show_page_owner, NULL);
