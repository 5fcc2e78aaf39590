// SPDX-License-Identifier: MIT
/*
 * mm/compact.c - making free memory contiguous: who does it, in which zone
 *
 *	request finds nothing ─ compact_direct.c ─┐
 *	kcompactd.c ──────────────────────────────┼─► compact_zone()
 *	/proc/sys/vm/compact_memory ──────────────┘        │
 *						     vm.compact_strategy
 *						┌──────────┼──────────┐
 *					     guided      linux     classic
 *
 * All free frames of a zone may add up to what a request wants and still not
 * serve it, because pages in use lie between them. Pages of programs can be
 * moved, as what they hold is reached through page tables only; so the gaps are
 * closed by moving them. The strategies differ in which pages go, and where to.
 *
 * Two questions come first. Is there enough free memory to move to? And would a
 * request fail for the pieces, rather than for a lack of memory? The linear
 * strategies answer them by an estimate (compaction_suitable()); `guided` counts
 * exactly and needs no estimate.
 *
 * Source: Linux's mm/compaction.c; M. Gorman's series of 2010.
 */
#include <kernel/point.h>
#include <kernel/string.h>
#include <mm/extfrag.h>
#include <mm/lru.h>
#include <mm/mm_state.h>
#include <mm/node_stat.h>
#include <mm/vmstat.h>
#include <mm/watermark.h>

#include "scan.h"

const char *const compact_result_names[NR_COMPACT_RESULTS] = {
	[COMPACT_NOT_SUITABLE_ZONE] = "not_suitable_zone",
	[COMPACT_SKIPPED] = "skipped",
	[COMPACT_DEFERRED] = "deferred",
	[COMPACT_NO_SUITABLE_PAGE] = "no_suitable_page",
	[COMPACT_CONTINUE] = "continue",
	[COMPACT_COMPLETE] = "complete",
	[COMPACT_PARTIAL_SKIPPED] = "partial_skipped",
	[COMPACT_CONTENDED] = "contended",
	[COMPACT_SUCCESS] = "success",
};

const struct compact_strategy compact_strategies[] = {
	{ "guided", "empty the block that costs least, into the fullest ones",
	  compact_guided, guided_worthwhile },
	{ "linux", "two scanners with hints and fast searches, as Linux 7",
	  compact_linux, NULL },
	{ "classic", "two scanners from the zone's ends, as Linux in 2010",
	  compact_classic, NULL },
};
const u32 nr_compact_strategies = ARRAY_SIZE(compact_strategies);

const struct compact_strategy *compact_strategy_find(const char *name)
{
	for (u32 i = 0; i < nr_compact_strategies; i++)
		if (!strcmp(compact_strategies[i].name, name))
			return &compact_strategies[i];
	return NULL;
}

static void forget_failures(struct mm_state *mm)
{
	struct zone *zone;

	for_each_populated_zone(mm, zone) {
		compaction_defer_reset(zone, MAX_ORDER, true);
		if (zone->fl)
			clear_skip_bits(zone);
	}
}

/*
 * A block that one finds too dear to visit again may be the other's cheapest;
 * left out, it costs pages that move twice.
 */
void compact_set_strategy(struct mm_state *mm,
			  const struct compact_strategy *strategy)
{
	WRITE_ONCE(mm->compact.strategy, strategy);
	forget_failures(mm);
}

/* What was locked may go now, or else the other way round. */
void compact_allow_unevictable(struct mm_state *mm, bool allowed)
{
	WRITE_ONCE(mm->compact.unevictable_allowed, allowed);
	forget_failures(mm);
}

void compact_params_init(struct compact_params *params)
{
	*params = (struct compact_params){
		.strategy = &compact_strategies[0],
		.extfrag_threshold = 500,
		.proactiveness = 20,
		.unevictable_allowed = true,
		.trigger = COMPACT_TRIGGER_FAILURE,
		.thresholds = { [pageblock_order] = 10 },
	};
}

void compact_init(struct mm_state *mm)
{
	mm->slowpath.compact = try_to_compact_pages;
}

/* --- is it worth starting? --- */

/* Too little memory, or too many pieces? Only orders without stacks ask. */
static bool is_fragmented(struct zone *zone, u32 order)
{
	struct contig_page_info info;
	u64 nr[NR_PAGE_ORDERS];
	s64 index;

	zone_free_area(zone, nr);
	fill_contig_page_info(nr, order, &info);
	index = fragmentation_index(&info, order);
	return index < 0 || index > mm_active->compact.extfrag_threshold;
}

static enum compact_result suitable(struct zone *zone, u32 order, u64 watermark,
				    u32 highest_zone, u32 alloc_flags,
				    bool async)
{
	u64 free = READ_ONCE(zone->nr_free_pages), mark = watermark;
	u64 gap = compact_gap(order);

	if (zone_watermark_ok(zone, order, mark, highest_zone, alloc_flags))
		return COMPACT_SUCCESS;
	if (order > PCP_ORDER_MAX && async && !(alloc_flags & ALLOC_CMA) &&
	    !watermark_allows(zone, 0, mark + gap, highest_zone, 0, free))
		return COMPACT_SKIPPED;
	if (order > PCP_ORDER_MAX)
		mark += wmark_pages(zone, WMARK_LOW) -
			wmark_pages(zone, WMARK_MIN);
	if (!watermark_allows(zone, 0, mark + gap, highest_zone, ALLOC_CMA, free))
		return COMPACT_SKIPPED;
	if (order > PCP_ORDER_MAX && !is_fragmented(zone, order))
		return COMPACT_NOT_SUITABLE_ZONE;
	return COMPACT_CONTINUE;
}

enum compact_result compaction_suitable(struct zone *zone, u32 order,
					u64 watermark, u32 highest_zone,
					u32 alloc_flags, bool async)
{
	enum compact_result ret = suitable(zone, order, watermark, highest_zone,
					   alloc_flags, async);

	POINT(mm_compaction_suitable, zone->nid, zone->type, order, ret);
	return ret == COMPACT_NOT_SUITABLE_ZONE ? COMPACT_SKIPPED : ret;
}

/* --- one zone --- */

static bool is_daemon(const struct compact_control *cc)
{
	return !cc->direct && (cc->order >= 0 || cc->proactive);
}

static void count_run(const struct compact_control *cc)
{
	count_vm_events(COMPACTMIGRATE_SCANNED, cc->migrate_scanned);
	count_vm_events(COMPACTFREE_SCANNED, cc->free_scanned);
	if (!is_daemon(cc))
		return;
	count_vm_events(KCOMPACTD_MIGRATE_SCANNED, cc->migrate_scanned);
	count_vm_events(KCOMPACTD_FREE_SCANNED, cc->free_scanned);
}

enum compact_result compact_zone(struct compact_control *cc)
{
	struct zone *zone = cc->zone;
	bool sync = cc->mode != MIGRATE_ASYNC, was = current->memalloc;
	enum compact_result ret;

	POINT(mm_compaction_begin, zone->zone_start_pfn,
	      zone->compact.cached_migrate_pfn[sync],
	      zone->compact.cached_free_pfn, zone_end_pfn(zone), sync);
	/* Its requests don't compact, and it waits for no lock that it may have. */
	current->memalloc = was || cc->direct;
	ret = mm_active->compact.strategy->compact_zone(cc);
	current->memalloc = was;
	POINT(mm_compaction_end, zone->zone_start_pfn,
	      zone->compact.cached_migrate_pfn[sync],
	      zone->compact.cached_free_pfn, zone_end_pfn(zone), sync, ret);
	count_run(cc);
	return ret;
}

/* --- all there is --- */

static void compact_whole_zone(struct zone *zone, bool proactive)
{
	struct compact_control cc = {
		.zone = zone,
		.order = -1,
		.type = MIGRATE_MOVABLE,
		.gfp = GFP_KERNEL,
		.highest_zone = zone->type,
		.mode = proactive ? MIGRATE_SYNC_LIGHT : MIGRATE_SYNC,
		.proactive = proactive,
		.whole_zone = true,
		.ignore_skip_hint = true,
	};

	compact_zone(&cc);
}

void compact_node(struct mm_state *mm, int nid, bool proactive)
{
	struct zone *zone;

	lru_add_drain_all();
	for_each_populated_zone(mm, zone)
		if (zone->fl && (nid == NUMA_NO_NODE || zone->nid == nid))
			compact_whole_zone(zone, proactive);
}
