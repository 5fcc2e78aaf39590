// SPDX-License-Identifier: MIT
/*
 * mm/kcompactd_wake.c - what kcompactd is asked for, and whether it is woken
 *
 *	wakeup_kcompactd()	one chunk that somebody missed: counted
 *	kcompactd_ask()		so many are to be there: said again, it isn't more
 *
 * Requests come from anywhere, interrupts included, and are added up under the
 * thread's own lock; the wait queue is woken after that lock is released. While
 * the thread is busy they are only added: it looks before it goes to sleep.
 * While it sleeps it is woken only if some zone has the memory to make a chunk
 * of, and not while it rests after failures.
 */
#include <kernel/point.h>
#include <kernel/string.h>
#include <mm/mm_state.h>
#include <mm/watermark.h>
#include <arch/cpu.h>

#include "kcompactd_internal.h"

#define MAX_WANTED 1024u /* of an order and type */

/* --- what is to be done --- */

void kcompactd_clear(struct kcompactd_demand *d)
{
	memset(d, 0, sizeof(*d));
	d->highest_zone = MAX_NR_ZONES - 1;
}

void kcompactd_add(struct kcompactd_demand *d, u32 order, enum migratetype type,
		   u32 nr, u32 highest_zone)
{
	nr = min(nr, MAX_WANTED - d->nr[order][type]);
	d->nr[order][type] += nr;
	d->nr_all += nr;
	d->highest_zone = min(d->highest_zone, highest_zone);
}

/* What is to be there, not who misses it: it may be said again and again. */
static u32 more_wanted(const struct kcompactd_demand *d, u32 order,
		       enum migratetype type, u32 nr)
{
	return nr - min(nr, d->nr[order][type]);
}

u32 kcompactd_max_order(const struct kcompactd_demand *d)
{
	u32 order = MAX_ORDER;

	while (order) {
		for (u32 t = 0; t < MIGRATE_PCPTYPES; t++)
			if (d->nr[order][t])
				return order;
		order--;
	}
	return 0;
}

struct kcompactd_demand kcompactd_take(struct kcompactd *k,
				       struct kcompactd_demand *from)
{
	u64 flags = spin_lock_irqsave(&k->lock);
	struct kcompactd_demand taken = *from;

	kcompactd_clear(from);
	spin_unlock_irqrestore(&k->lock, flags);
	return taken;
}

bool kcompactd_take_flag(struct kcompactd *k, bool *flag)
{
	u64 flags = spin_lock_irqsave(&k->lock);
	bool was = *flag;

	*flag = false;
	spin_unlock_irqrestore(&k->lock, flags);
	return was;
}

void kcompactd_put_off(struct kcompactd *k, u32 order, enum migratetype type,
		       u32 nr, u32 highest_zone)
{
	u64 flags = spin_lock_irqsave(&k->lock);

	kcompactd_add(&k->idle, order, type, nr, highest_zone);
	spin_unlock_irqrestore(&k->lock, flags);
}

void kcompactd_count(struct kcompactd *k, u64 *counter, u64 nr)
{
	u64 flags = spin_lock_irqsave(&k->lock);

	*counter += nr;
	spin_unlock_irqrestore(&k->lock, flags);
}

/* --- waking it --- */

static bool zone_is_worthwhile(struct zone *zone, u32 order, u32 highest_zone)
{
	const struct compact_strategy *s =
		READ_ONCE(mm_active->compact.strategy);

	if (s->worthwhile)
		return s->worthwhile(zone, order, highest_zone);
	return compaction_suitable(zone, order, wmark_pages(zone, WMARK_MIN),
				   highest_zone, 0, false) == COMPACT_CONTINUE;
}

static bool node_is_worthwhile(struct node *node, u32 order, u32 highest_zone)
{
	for (u32 z = 0; z <= highest_zone; z++) {
		struct zone *zone = &node->zones[z];

		if (zone->fl && zone->managed_pages &&
		    zone_is_worthwhile(zone, order, highest_zone))
			return true;
	}
	return false;
}

/* k->lock held; true: it has to be woken, after that. */
static bool must_wake(struct kcompactd *k)
{
	bool was_busy = k->busy;

	k->busy = true;
	return !was_busy;
}

/* NULL: there is nobody to wake. */
static struct kcompactd *running(const struct zone *zone)
{
	struct kcompactd *k = zone->node ? &zone->node->kcompactd : NULL;

	return k && READ_ONCE(k->thread) ? k : NULL;
}

/* True: it slept. */
static bool request(struct kcompactd *k, u32 order, enum migratetype type,
		    u32 highest_zone)
{
	u64 flags = spin_lock_irqsave(&k->lock);
	bool wake;

	kcompactd_add(&k->now, order, type, 1, highest_zone);
	k->stats.nr_requests++;
	wake = must_wake(k);
	spin_unlock_irqrestore(&k->lock, flags);
	if (wake)
		wake_up(&k->wait);
	return wake;
}

bool wakeup_kcompactd(struct zone *zone, u32 order, enum migratetype type,
		      u32 highest_zone)
{
	struct kcompactd *k = running(zone);

	if (!k || !order || type >= MIGRATE_PCPTYPES)
		return false;
	highest_zone = min(highest_zone, (u32)MAX_NR_ZONES - 1);
	if (!READ_ONCE(k->busy) &&
	    (arch_time_ns() < READ_ONCE(k->rest_until_ns) ||
	     !node_is_worthwhile(zone->node, order, highest_zone))) {
		kcompactd_count(k, &k->stats.nr_refused, 1);
		return false;
	}
	if (request(k, order, type, highest_zone))
		POINT(mm_compaction_wakeup_kcompactd, zone->nid, order,
		      highest_zone);
	return true;
}

void kcompactd_ask(struct zone *zone, u32 order, u32 nr, bool idle)
{
	struct kcompactd *k = running(zone);
	struct kcompactd_demand *d;
	u64 flags;
	bool wake;

	if (!k || arch_time_ns() < READ_ONCE(k->rest_until_ns))
		return;
	d = idle ? &k->idle : &k->now;
	flags = spin_lock_irqsave(&k->lock);
	kcompactd_add(d, order, MIGRATE_MOVABLE,
		      more_wanted(d, order, MIGRATE_MOVABLE, nr), zone->type);
	wake = must_wake(k);
	k->stats.nr_thresholds += wake;
	spin_unlock_irqrestore(&k->lock, flags);
	if (!wake)
		return;
	wake_up(&k->wait);
	POINT(mm_compaction_wakeup_kcompactd, zone->nid, order, zone->type);
}

static void set_flag_and_wake(struct kcompactd *k, bool *flag)
{
	u64 flags = spin_lock_irqsave(&k->lock);
	bool wake;

	*flag = true;
	wake = must_wake(k);
	spin_unlock_irqrestore(&k->lock, flags);
	if (wake)
		wake_up(&k->wait);
}

void kcompactd_evacuate(struct zone *zone)
{
	struct kcompactd *k = running(zone);

	WRITE_ONCE(zone->fallback.evacuation_wanted, false);
	if (k)
		set_flag_and_wake(k, &k->evacuate);
}

void kcompactd_look_now(struct mm_state *mm)
{
	for (u32 n = 0; n < MAX_NUMNODES; n++)
		if (READ_ONCE(mm->nodes[n].kcompactd.thread))
			set_flag_and_wake(&mm->nodes[n].kcompactd,
					  &mm->nodes[n].kcompactd.look_now);
}
