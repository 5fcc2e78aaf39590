// SPDX-License-Identifier: MIT
/*
 * mm/compact_trigger.c - compacting when an order gets scarce: vm.compact_trigger
 *
 *	failure		a request that failed, or can't wait, wakes kcompactd
 *	threshold	so does one that leaves too few chunks of its order
 *	idle		as threshold, but the work waits for an idle CPU
 *
 * The three are those of A. Mooley's message of 2004: "a failure based approach",
 * "based on thresholds kept for each allocation order", and "to capture idle cpu
 * cycles". They combine: "failure,idle".
 *
 * vm.compact_thresholds has a share for each order, in thousandths of the zone:
 * so much of it is to be free in chunks of that order or larger; 0 is not
 * watched. Counting stops when there are enough, and is done once in WATCH_NS,
 * then for all orders: one that is asked for often doesn't hide another.
 */
#include <mm/freelist.h>
#include <mm/mm_state.h>
#include <arch/cpu.h>

#include "compact_internal.h"

#define WATCH_NS (10UL * 1000000)

/* --- how many are there --- */

/* A block on this list has one such chunk at least; on that of a pair, two. */
static u32 count_list(const struct list_head *list, u32 each, u32 most)
{
	const struct list_head *at;
	u32 nr = 0;

	for (at = list->next; at != list && nr < most; at = at->next)
		nr += each;
	return min(nr, most);
}

/* zone->lock held. Of a type: blocks whose largest chunk is of `least` or more. */
static u32 count_type(struct zone *zone, u32 order, u32 type, u32 least,
		      u32 most)
{
	struct freelists *fl = zone->fl;
	u32 nr = 0;

	for (u32 o = MAX_ORDER + 1; o-- > least && nr < most;) {
		bool whole = o >= pageblock_order;
		u32 each = whole ? 1u << (o - order) : 1;

		nr += count_list(&fl->free_area[o].list[type], each, most - nr);
	}
	return nr;
}

u32 zone_nr_chunks(struct zone *zone, u32 order, enum migratetype type, u32 most)
{
	u64 flags = spin_lock_irqsave(&zone->lock);
	u32 nr = count_type(zone, order, type, order, most);

	/* Whole blocks of other types serve, too. */
	for (u32 t = 0; t < MIGRATE_PCPTYPES; t++)
		if (t != type)
			nr += count_type(zone, order, t,
					 max(order, (u32)pageblock_order),
					 most - nr);
	spin_unlock_irqrestore(&zone->lock, flags);
	return nr;
}

/* --- are these enough --- */

static u32 threshold(const struct zone *zone, u32 order)
{
	u64 share = mm_active->compact.thresholds[order];

	return (u32)(zone->managed_pages * share / 1000 >> order);
}

static void watch_order(struct zone *zone, u32 order)
{
	u32 least = threshold(zone, order);

	if (zone_nr_chunks(zone, order, MIGRATE_MOVABLE, least) < least)
		kcompactd_ask(zone, order, least,
			      !(mm_active->compact.trigger &
				COMPACT_TRIGGER_THRESHOLD));
}

void compact_watch(struct zone *zone)
{
	u64 now = arch_time_ns();
	u32 orders = READ_ONCE(zone->compact.watched);

	if (now < READ_ONCE(zone->compact.next_watch_ns))
		return;
	WRITE_ONCE(zone->compact.next_watch_ns, now + WATCH_NS);
	for (; orders; orders &= orders - 1)
		watch_order(zone, (u32)__builtin_ctz(orders));
}

static u32 watched_orders(const struct mm_state *mm, const struct zone *zone)
{
	u32 watched = 0;

	if (!(mm->compact.trigger &
	      (COMPACT_TRIGGER_THRESHOLD | COMPACT_TRIGGER_IDLE)))
		return 0;
	for (u32 o = 1; o < NR_PAGE_ORDERS; o++)
		if (zone->managed_pages * mm->compact.thresholds[o] / 1000 >> o)
			watched |= 1u << o;
	return watched;
}

void compact_renew_watch(struct mm_state *mm)
{
	struct zone *zone;

	for_each_populated_zone(mm, zone)
		WRITE_ONCE(zone->compact.watched, watched_orders(mm, zone));
}
