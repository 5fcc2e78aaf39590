// SPDX-License-Identifier: MIT
/*
 * mm/scanners.c - small things that both scanners, and both strategies, use
 */
#include <kernel/string.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>
#include <mm/watermark.h>

#include "scanners.h"

DEFINE_POINT(mm_compaction_migratepages, "nr_migrated, nr_failed");
DEFINE_POINT(mm_compaction_finished, "nid, type, order, ret");

void scanners_init(struct scanners *s)
{
	memset(s, 0, sizeof(*s));
	INIT_LIST_HEAD(&s->migratepages);
	for (u32 order = 0; order < NR_PAGE_ORDERS; order++)
		INIT_LIST_HEAD(&s->freepages[order]);
}

bool pageblock_view(struct zone *zone, pfn_t start, pfn_t end,
		    struct pageblock *view)
{
	u64 flags;

	if (!zone_spans_pfn(zone, start) || !zone_spans_pfn(zone, end - 1) ||
	    !freelist_has_block(zone, start) ||
	    pfn_to_page(start)->zone_index != zone->index ||
	    pfn_to_page(end - 1)->zone_index != zone->index)
		return false;
	flags = spin_lock_irqsave(&zone->lock);
	*view = *pfn_pageblock(zone, start);
	spin_unlock_irqrestore(&zone->lock, flags);
	return true;
}

u64 compact_lock_irqsave(struct compact_control *cc, struct spinlock *lock)
{
	u64 flags = arch_irq_save();

	if (cc->mode == MIGRATE_ASYNC && !cc->contended) {
		if (spin_trylock(lock))
			return flags;
		cc->contended = true;
	}
	spin_lock(lock);
	return flags;
}

enum compact_result run_is_suitable(const struct compact_control *cc)
{
	u32 mark = cc->alloc_flags & ALLOC_WMARK_MASK;

	if (cc->order < 0)
		return COMPACT_CONTINUE;
	return compaction_suitable(cc->zone, (u32)cc->order,
				   wmark_pages(cc->zone, mark), cc->highest_zone,
				   cc->alloc_flags, cc->mode == MIGRATE_ASYNC);
}
