// SPDX-License-Identifier: MIT
/*
 * mm/compact_defer.c - after a failure, fewer tries
 *
 *	failures	1   2   3   4   5   6   7 ...
 *	then skipped	1   3   7  15  31  63  63 requests
 *
 * A zone that could not be compacted is likely to fail again, at the same cost.
 * So it is left alone for a number of requests that doubles with each failure,
 * for the order that failed and larger ones. A request that succeeds ends this.
 * The counts are hints: CPUs change them without a lock.
 *
 * Source: Linux's deferral, since the series of 2010 (its last patch).
 */
#include <kernel/point.h>
#include <mm/zone.h>

void defer_compaction(struct zone *zone, u32 order)
{
	struct compact_zone_state *c = &zone->compact;

	WRITE_ONCE(c->considered, 0);
	WRITE_ONCE(c->defer_shift, min(READ_ONCE(c->defer_shift) + 1,
				       (u32)COMPACT_MAX_DEFER_SHIFT));
	if ((s32)order < READ_ONCE(c->order_failed))
		WRITE_ONCE(c->order_failed, (s32)order);
	POINT(mm_compaction_defer_compaction, zone->nid, zone->type, order,
	      c->order_failed, c->considered, c->defer_shift);
}

bool compaction_deferred(struct zone *zone, u32 order)
{
	struct compact_zone_state *c = &zone->compact;
	u32 limit = 1u << READ_ONCE(c->defer_shift), considered;

	if ((s32)order < READ_ONCE(c->order_failed))
		return false;
	considered = READ_ONCE(c->considered) + 1;
	WRITE_ONCE(c->considered, min(considered, limit));
	if (considered >= limit)
		return false;
	POINT(mm_compaction_deferred, zone->nid, zone->type, order,
	      c->order_failed, considered, c->defer_shift);
	return true;
}

void compaction_defer_reset(struct zone *zone, u32 order, bool alloc_success)
{
	struct compact_zone_state *c = &zone->compact;

	if (alloc_success) {
		WRITE_ONCE(c->considered, 0);
		WRITE_ONCE(c->defer_shift, 0);
		WRITE_ONCE(c->blockskip_flush, false); /* the bits serve well */
	}
	if ((s32)order >= READ_ONCE(c->order_failed))
		WRITE_ONCE(c->order_failed, (s32)order + 1);
	POINT(mm_compaction_defer_reset, zone->nid, zone->type, order,
	      c->order_failed, c->considered, c->defer_shift);
}

bool compaction_restarting(const struct zone *zone, u32 order)
{
	const struct compact_zone_state *c = &zone->compact;

	return (s32)order >= READ_ONCE(c->order_failed) &&
	       READ_ONCE(c->defer_shift) == COMPACT_MAX_DEFER_SHIFT &&
	       READ_ONCE(c->considered) >= 1u << COMPACT_MAX_DEFER_SHIFT;
}
