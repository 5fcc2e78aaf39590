// SPDX-License-Identifier: MIT
/*
 * mm/compact_score.c - is it time to compact, though nobody has asked?
 *
 *	score 0			all free memory is in whole blocks
 *	100 - proactiveness	low: a zone is left alone below it
 *	10 more			high: a node is begun with above it
 *	score 100		no free block at all
 *
 * A node's score weighs its zones by their size; but each zone is compacted
 * until its own is low. At vm.compaction_proactiveness=100 both marks are 0, at
 * 20, the default, 80 and 90.
 *
 * Source: Linux 5.9, N. Gupta's proactive compaction.
 */
#include <mm/extfrag.h>
#include <mm/mm_state.h>
#include <mm/vmstat.h>

u32 fragmentation_score_zone(struct zone *zone)
{
	struct contig_page_info info;
	u64 nr[NR_PAGE_ORDERS];

	zone_free_area(zone, nr);
	fill_contig_page_info(nr, pageblock_order, &info);
	return (u32)extfrag_percent(&info, pageblock_order);
}

u32 fragmentation_score_node(struct mm_state *mm, int nid)
{
	u64 present = mm->nodes[nid].node_present_pages, sum = 0;
	struct zone *zone;

	for_each_populated_zone(mm, zone)
		if (zone->nid == nid && zone->fl)
			sum += zone->present_pages *
			       fragmentation_score_zone(zone) / (present + 1);
	return (u32)sum;
}

u32 fragmentation_score_wmark(const struct mm_state *mm, bool low)
{
	u32 mark = 100 - mm->compact.proactiveness, above = min(10u, mark / 2);

	return low ? mark : min(mark + above, 100u);
}
