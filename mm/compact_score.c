// SPDX-License-Identifier: MIT
/*
 * mm/compact_score.c - how badly is a node in need of compaction, 0 to 100
 *
 *	zone	per cent of its free memory that is in pieces below a huge page
 *	node	its zones' scores, each by its share of the node's memory
 *
 *	proactiveness 20:	low 80			high 90
 *	score	0 ─────────────── done ──────────────── start ──── 100
 *
 * vm.compaction_proactiveness says how much is to be done before anybody asks:
 * it sets the low mark to 100 less that much, and the high mark 10 above.
 *
 * Source: Linux 5.9, N. Gupta's proactive compaction.
 */
#include <mm/extfrag.h>
#include <mm/mm_state.h>
#include <mm/vmstat.h>

#include "compact_internal.h"

u32 fragmentation_score_zone(struct zone *zone)
{
	struct contig_page_info info;
	u64 nr[NR_PAGE_ORDERS];

	zone_free_area(zone, nr);
	fill_contig_page_info(nr, pageblock_order, &info);
	return (u32)extfrag_percent(&info, pageblock_order);
}

u32 fragmentation_score_node(struct node *node)
{
	u64 score = 0;

	for (u32 z = 0; z < MAX_NR_ZONES; z++) {
		struct zone *zone = &node->zones[z];

		if (zone->fl)
			score += zone->present_pages *
				 fragmentation_score_zone(zone) /
				 (node->node_present_pages + 1);
	}
	return (u32)score;
}

u32 fragmentation_score_wmark(const struct mm_state *mm, bool low)
{
	u32 mark = 100 - mm->compact.proactiveness, above = min(10u, mark / 2);

	return low ? mark : min(mark + above, 100u);
}
