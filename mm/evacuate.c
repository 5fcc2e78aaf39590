// SPDX-License-Identifier: MIT
/*
 * mm/evacuate.c - movable pages leave a block, so that it serves what can't move
 *
 *	kept	[UUMMU.MM]	Unmovable, full; M are guests
 *	fence	[UUMMU-MM]	what becomes free stays here
 *	move	[UU--U---]	M go to movable blocks, the fullest first
 *	open	[UU..U...]	the next unmovable pages fill this block
 *
 * Which block? Of the kept ones with guests, the one that gives most room; if
 * there is none, the cheapest movable one is claimed first. A block whose
 * unmovable pages have all gone is given back to Movable instead.
 *
 * The work has a bound: one block's pages, and no more of them than may be taken
 * out of the zone for a while: its free memory stays above the min mark as it was
 * at the start, and free frames of movable blocks were there for all. Blocks
 * without a free frame are on no list, so the zone is walked for them, BATCH
 * blocks under one lock; that is for some hundred unmovable pages.
 *
 * Source of the idea: V. Babka's 2018 talk ("targeted pageblock compaction");
 * patches by D. Rientjes (2017) and M. Gorman (2018), not merged.
 */
#include <kernel/point.h>
#include <kernel/thread.h>
#include <mm/evacuate.h>
#include <mm/isolate.h>
#include <mm/lru.h>
#include <mm/migrate.h>
#include <mm/mm_state.h>
#include <mm/pcp.h>
#include <mm/watermark.h>
#include <arch/cpu.h>

#include "alloc_internal.h"
#include "fallback_internal.h"
#include "scan.h"

#define BATCH	     256
#define LEAST	     16 /* pages: fewer are not worth the fence */
#define NR_TARGETS   64
#define BLOCKS_A_RUN 16			/* of one zone, by kcompactd */
#define SKIP_NS	     (1000UL * 1000000) /* a block that failed is left alone */
#define REST_NS	     (100UL * 1000000)	/* a zone in which a request failed */

struct evacuation {
	struct zone *zone;
	struct pageblock *block; /* fenced off */
	enum migrate_mode mode;
	u32 most;    /* pages that may leave */
	u32 missing; /* of those on their way, without a frame yet */
	struct page *targets[NR_TARGETS];
	u32 nr_targets;
};

/* --- which block --- */

static bool is_kept(const struct pageblock *b)
{
	u32 type = b->bits & BLOCK_TYPE_MASK;

	return (type == MIGRATE_UNMOVABLE || type == MIGRATE_RECLAIMABLE) &&
	       !(b->bits & (BLOCK_ISOLATE | BLOCK_COMPACTING | BLOCK_LENT_MASK));
}

/* zone->lock held. Nothing in it to keep it for: it is Movable's again. */
static bool give_back(struct zone *zone, struct pageblock *b)
{
	if (b->nr[FRAME_UNMOVABLE] || b->nr[FRAME_RECLAIMABLE])
		return false;
	freelist_retype(zone, b, MIGRATE_MOVABLE);
	zone->fallback.nr_given_back++;
	return true;
}

/* More guests give more room, as far as they may leave. */
static struct pageblock *better(const struct evacuation *e, struct pageblock *a,
				struct pageblock *b)
{
	u32 room_a = a ? min((u32)a->nr[FRAME_MOVABLE], e->most) : 0;

	return min((u32)b->nr[FRAME_MOVABLE], e->most) > room_a ? b : a;
}

/* zone->lock held. */
static struct pageblock *consider(const struct evacuation *e,
				  struct pageblock *best, struct pageblock *b,
				  bool *skipped)
{
	if (!is_kept(b) || b->nr[FRAME_MOVABLE] < LEAST || give_back(e->zone, b))
		return best;
	if (b->bits & BLOCK_SKIP) {
		*skipped = true;
		return best;
	}
	return better(e, best, b);
}

static struct pageblock *most_guests(const struct evacuation *e, bool *skipped)
{
	struct zone *zone = e->zone;
	struct freelists *fl = zone->fl;
	struct pageblock *best = NULL;

	for (u64 n = 0; n < fl->nr_blocks;) {
		u64 stop = min(n + BATCH, fl->nr_blocks);
		u64 flags = spin_lock_irqsave(&zone->lock);

		for (; n < stop; n++)
			if (freelist_has_block(zone, (fl->first_block + n)
							     << pageblock_order))
				best = consider(e, best, &fl->blocks[n],
						skipped);
		spin_unlock_irqrestore(&zone->lock, flags);
	}
	return best;
}

/* Blocks that couldn't be emptied are looked at again, but not all the time. */
static void forget_skips(struct zone *zone)
{
	u64 now = arch_time_ns();

	if (now - READ_ONCE(zone->compact.skips_cleared_ns) < SKIP_NS)
		return;
	WRITE_ONCE(zone->compact.skips_cleared_ns, now);
	clear_skip_bits(zone);
}

static bool fence_guests(struct evacuation *e)
{
	struct zone *zone = e->zone;
	bool skipped = false;
	struct pageblock *b;
	u64 flags;

	/* Who comes after the look is noted again. */
	WRITE_ONCE(zone->fallback.has_guests, false);
	b = most_guests(e, &skipped);
	if (b || skipped)
		WRITE_ONCE(zone->fallback.has_guests, true);
	if (skipped)
		forget_skips(zone);
	if (!b)
		return false;
	flags = spin_lock_irqsave(&zone->lock);
	if (is_kept(b) && isolate_block_locked(zone, b))
		e->block = b;
	spin_unlock_irqrestore(&zone->lock, flags);
	return e->block;
}

/* The movable block that is cheapest to evacuate becomes one of `type`. */
static bool fence_claimed(struct evacuation *e, u32 order, enum migratetype type)
{
	struct zone *zone = e->zone;
	u64 flags = spin_lock_irqsave(&zone->lock);
	struct pageblock *b = freelist_find_mixed(zone, 0, MIGRATE_MOVABLE);

	if (!b)
		b = evacuate_cheapest(zone, 0);
	if (b)
		b = fallback_claim(zone, b, order, type);
	if (b && isolate_block_locked(zone, b))
		e->block = b;
	spin_unlock_irqrestore(&zone->lock, flags);
	return e->block;
}

/* --- where to --- */

static u32 take_targets(struct evacuation *e)
{
	struct zone *zone = e->zone;
	u64 flags = spin_lock_irqsave(&zone->lock);
	struct pageblock *b = freelist_find_fullest(zone, MIGRATE_MOVABLE);
	u32 got = 0;

	if (b) {
		got = freelist_take_frames(zone, b, MIGRATE_MOVABLE, e->targets,
					   clamp(e->missing, 1u,
						 (u32)NR_TARGETS));
		this_pcp(zone->index)->nr_general_alloc += got;
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	return got;
}

static struct page *target(struct page *src, void *private)
{
	struct evacuation *e = private;
	struct page *page;

	if (POINT_FAILS(evacuate_target, page_to_pfn(src)))
		return NULL;
	do {
		if (!e->nr_targets)
			e->nr_targets = take_targets(e);
		if (!e->nr_targets)
			return NULL;
		page = e->targets[--e->nr_targets];
	} while (!prep_new_page(page, 0, GFP_HIGHUSER_MOVABLE));
	e->missing -= e->missing != 0;
	return page;
}

/* --- moving --- */

static u32 isolate_pages(struct evacuation *e, struct list_head *pages,
			 u32 *missed)
{
	pfn_t pfn = pageblock_pfn(e->zone, e->block);
	pfn_t end = pfn + pageblock_nr_pages, next;
	u32 taken = 0, more;

	for (*missed = 0; pfn < end && taken < e->most; pfn = next) {
		next = min(end, pfn + e->most - taken);
		taken += isolate_block_pages(e->zone, pfn, next, pages, &more);
		*missed += more;
	}
	return taken;
}

static u32 move_pages_away(struct evacuation *e, u32 *missed)
{
	struct list_head pages = LIST_HEAD_INIT(pages);
	u32 moved = 0;

	e->missing = isolate_pages(e, &pages, missed);
	if (!e->missing)
		return 0;
	migrate_pages(&pages, target, NULL, e, e->mode, MR_COMPACTION, &moved);
	putback_lru_pages(&pages);
	e->most -= moved;
	return moved;
}

static void open_fence(struct evacuation *e, u32 moved)
{
	struct zone *zone = e->zone;
	struct pageblock *b = e->block;
	u64 flags;

	putback_targets(zone, e->targets, e->nr_targets);
	e->nr_targets = 0;
	flags = spin_lock_irqsave(&zone->lock);
	if (moved < LEAST)
		b->bits |= BLOCK_SKIP;
	unisolate_block_locked(zone, b, b->bits & BLOCK_TYPE_MASK);
	zone->fallback.nr_evacuations++;
	zone->fallback.nr_evacuated_pages += moved;
	spin_unlock_irqrestore(&zone->lock, flags);
}

/* What lies on stacks and in batches is asked for when there was little else. */
static u32 evacuate_block(struct evacuation *e)
{
	u32 missed, moved = move_pages_away(e, &missed);

	if (missed > moved && e->most) {
		drain_block(e->zone, e->block);
		moved += move_pages_away(e, &missed);
	}
	POINT(mm_evacuate_block, pageblock_pfn(e->zone, e->block), moved,
	      missed);
	open_fence(e, moved);
	return moved;
}

/* --- how much --- */

static u32 most_to_move(const struct zone *zone)
{
	u64 free = READ_ONCE(zone->nr_free_pages);
	u64 mark = wmark_pages(zone, WMARK_MIN);
	u64 room = READ_ONCE(zone->fl->nr_free[MIGRATE_MOVABLE]);

	room = min(room, free > mark ? free - mark : 0);
	return (u32)min(room, pageblock_nr_pages);
}

static bool can_begin(struct evacuation *e)
{
	e->most = most_to_move(e->zone);
	return e->most >= LEAST;
}

/* Not before there are programs, from within itself, or just after failing. */
static bool may_evacuate(const struct zone *zone)
{
	return !current->memalloc && mm_active->slowpath.compact &&
	       !arch_irqs_disabled() &&
	       arch_time_ns() >= READ_ONCE(zone->fallback.rests_until_ns);
}

bool evacuate_guests(struct zone *zone)
{
	struct evacuation e = { .zone = zone, .mode = MIGRATE_ASYNC };
	bool was = current->memalloc, room;

	if (!READ_ONCE(zone->fallback.has_guests) || !may_evacuate(zone) ||
	    !can_begin(&e))
		return false;
	current->memalloc = true;
	room = fence_guests(&e) && evacuate_block(&e);
	current->memalloc = was;
	return room;
}

bool evacuate_for_request(struct zone *zone, u32 order, enum migratetype type)
{
	struct evacuation e = { .zone = zone, .mode = MIGRATE_ASYNC };
	bool was = current->memalloc, room = false;

	if (!may_evacuate(zone) || !can_begin(&e))
		return false;
	current->memalloc = true;
	if (fence_guests(&e))
		room = evacuate_block(&e) != 0;
	/* They wouldn't go: one more block, then. */
	if (!room && can_begin(&e) && fence_claimed(&e, order, type))
		room = evacuate_block(&e) != 0;
	current->memalloc = was;
	if (!room)
		WRITE_ONCE(zone->fallback.rests_until_ns,
			   arch_time_ns() + REST_NS);
	return room;
}

/* --- in the background --- */

/* One that can't be emptied is skipped, and the next one tried. */
static u32 evacuate_zone(struct zone *zone)
{
	u32 nr = 0;

	for (u32 i = 0; i < BLOCKS_A_RUN; i++) {
		struct evacuation e = { .zone = zone,
					.mode = MIGRATE_SYNC_LIGHT };

		if (!can_begin(&e) || !fence_guests(&e))
			break;
		nr += evacuate_block(&e) != 0;
	}
	return nr;
}

u32 evacuate_node(struct node *node)
{
	bool was = current->memalloc;
	u32 nr = 0;

	current->memalloc = true;
	for (u32 z = 0; z < MAX_NR_ZONES; z++) {
		struct zone *zone = &node->zones[z];

		if (zone->fl && zone->policy->evacuates)
			nr += evacuate_zone(zone);
	}
	current->memalloc = was;
	return nr;
}
