// SPDX-License-Identifier: MIT
/*
 * mm/compact_direct.c - compaction for a request, while it waits
 *
 *	zone of the list	deferred? next
 *	compact_zone()		a page: it is handed over, no list has seen it
 *				a chunk is free: take it by the usual way
 *				nothing: it is left alone for a while; next
 *
 * The page is handed over from within the zone, so that nobody can take what
 * others have waited for. Source: Linux's try_to_compact_pages().
 */
#include <mm/watermark.h>

#include "alloc_internal.h"
#include "compact_internal.h"

static bool must_stop(enum compact_priority prio)
{
	return fatal_signal_pending() ||
	       (prio == COMPACT_PRIO_ASYNC && need_resched());
}

static enum compact_result compact_zone_order(const struct alloc_context *ac,
					      struct zone *zone, u32 alloc_flags,
					      enum compact_priority prio,
					      struct page **page)
{
	bool full = prio == COMPACT_PRIO_SYNC_FULL;
	struct compact_control cc = {
		.zone = zone,
		.order = (s32)ac->order,
		.type = ac->type,
		.gfp = ac->gfp,
		.alloc_flags = alloc_flags,
		.highest_zone = ac->highest_zone,
		.mode = prio == COMPACT_PRIO_ASYNC ? MIGRATE_ASYNC :
						     MIGRATE_SYNC_LIGHT,
		.direct = true,
		.whole_zone = full,
		.ignore_skip_hint = full,
		.ignore_block_suitable = full,
		.want_page = true,
	};
	enum compact_result ret = compact_zone(&cc);

	*page = cc.page;
	return ret;
}

/* The zone's free, charged chunk becomes the request's page. */
static struct page *hand_over(const struct alloc_context *ac, struct zone *zone,
			      struct page *page)
{
	if (!prep_new_page(page, ac->order, ac->gfp))
		return NULL;
	count_numa(ac->preferred ? ac->preferred : zone, zone);
	compaction_defer_reset(zone, ac->order, true);
	return page;
}

static void note_result(struct zone *zone, const struct alloc_context *ac,
			enum compact_priority prio, enum compact_result ret)
{
	if (ret == COMPACT_SUCCESS)
		compaction_defer_reset(zone, ac->order, false);
	else if (prio != COMPACT_PRIO_ASYNC &&
		 (ret == COMPACT_COMPLETE || ret == COMPACT_PARTIAL_SKIPPED))
		defer_compaction(zone, ac->order);
}

struct page *try_to_compact_pages(const struct alloc_context *ac,
				  u32 alloc_flags, enum compact_priority prio,
				  enum compact_result *result)
{
	*result = COMPACT_SKIPPED;
	if (!(ac->gfp & __GFP_IO))
		return NULL;
	POINT(mm_compaction_try_to_compact_pages, ac->order, ac->gfp, prio);
	for (u32 i = 0; i < ac->zonelist->nr; i++) {
		struct zone *zone =
			zone_by_index(ac->mm, ac->zonelist->zone_index[i]);
		enum compact_result ret = COMPACT_DEFERRED;
		struct page *page = NULL;

		if (!zone_is_meant(ac, zone) || !zone->fl)
			continue;
		if (prio == COMPACT_PRIO_SYNC_FULL ||
		    !compaction_deferred(zone, ac->order))
			ret = compact_zone_order(ac, zone, alloc_flags, prio,
						 &page);
		*result = max(*result, ret);
		if (page)
			return hand_over(ac, zone, page);
		note_result(zone, ac, prio, ret);
		if (ret == COMPACT_SUCCESS || must_stop(prio))
			break;
	}
	return NULL;
}
