// SPDX-License-Identifier: MIT
/*
 * mm/isolate.c - fence a block off, and take its pages off the LRU
 *
 *	before	[M.M..MM.]  some frames free, some pages of programs
 *	fence	[M-M--MM-]  free frames serve nobody, nor does what is freed now
 *	pages	[I-I--II-]  off the LRU: the caller alone decides about them
 *	moved	[--------]  hand it over whole, or undo
 *
 * Without the fence, whoever empties a block works against everybody who needs
 * a page meanwhile: each frame that becomes free is the next to be handed out.
 * Frames of a fenced block also bypass the CPUs' stacks (CHARGE_BYPASS), so what
 * is freed arrives in the block's map. What was on a stack already stays there
 * until drained; draining asks every CPU, so it is done only when something is
 * missing.
 *
 * A block belongs to one compactor at a time (BLOCK_COMPACTING).
 *
 * Source: Linux's mm/page_isolation.c. There a range of blocks is fenced off for
 * the contiguous allocator; its compaction works without a fence.
 */
#include <kernel/bitops.h>
#include <mm/freelist.h>
#include <mm/isolate.h>
#include <mm/lru.h>
#include <mm/mm_state.h>
#include <mm/node_stat.h>
#include <mm/page_ref.h>
#include <mm/pcp.h>

#define LRU_LOCK_FRAMES 64 /* looked at under one hold of the lock */

/* --- the fence --- */

bool block_is_movable(const struct pageblock *b)
{
	u32 type = b->bits & BLOCK_TYPE_MASK;

	return !(b->bits & (BLOCK_ISOLATE | BLOCK_COMPACTING)) &&
	       (type < MIGRATE_PCPTYPES || type == MIGRATE_CMA) &&
	       !b->nr[FRAME_UNMOVABLE] && !b->nr[FRAME_RECLAIMABLE] &&
	       !b->nr[FRAME_RESERVED] && !b->nr_pinned;
}

bool isolate_block_locked(struct zone *zone, struct pageblock *b)
{
	if (b->bits & (BLOCK_ISOLATE | BLOCK_COMPACTING))
		return false;
	b->bits |= BLOCK_COMPACTING;
	freelist_isolate(zone, b);
	return true;
}

bool isolate_block(struct zone *zone, struct pageblock *b)
{
	u64 flags = spin_lock_irqsave(&zone->lock);
	bool ok = block_is_movable(b) && isolate_block_locked(zone, b);

	spin_unlock_irqrestore(&zone->lock, flags);
	return ok;
}

void unisolate_block_locked(struct zone *zone, struct pageblock *b,
			    enum migratetype type)
{
	b->bits &= (u8)~BLOCK_COMPACTING;
	freelist_unisolate(zone, b, type);
}

void unisolate_block(struct zone *zone, struct pageblock *b,
		     enum migratetype type)
{
	u64 flags = spin_lock_irqsave(&zone->lock);

	unisolate_block_locked(zone, b, type);
	spin_unlock_irqrestore(&zone->lock, flags);
}

enum migratetype block_fitting_type(const struct pageblock *b)
{
	u32 type = b->bits & BLOCK_TYPE_MASK;

	if (type < MIGRATE_PCPTYPES && !b->nr[FRAME_UNMOVABLE] &&
	    !b->nr[FRAME_RECLAIMABLE])
		return MIGRATE_MOVABLE;
	return (enum migratetype)type;
}

void drain_block(struct zone *zone, struct pageblock *b)
{
	drain_pageblock(zone, b);
	lru_add_drain_all();
}

/* --- its pages --- */

/* Of nr frames from pfn on, in one word of the map, those that are in use. */
static u64 used_frames(struct zone *zone, pfn_t pfn, u32 nr)
{
	u32 from = (u32)(pfn % pageblock_nr_pages);
	u64 flags = spin_lock_irqsave(&zone->lock);
	u64 word = pfn_pageblock(zone, pfn)->free_map[from / 64];
	u64 used = ~word >> from % 64;

	spin_unlock_irqrestore(&zone->lock, flags);
	return nr == 64 ? used : used & ((1UL << nr) - 1);
}

/* Up to 64 frames from pfn on, which don't cross a word of the map. */
static u32 take_word(struct zone *zone, pfn_t pfn, u32 nr,
		     struct list_head *pages, u32 *missed)
{
	u64 used = used_frames(zone, pfn, nr);
	u32 taken;

	if (!used)
		return 0;
	taken = isolate_lru_frames(zone, pfn_to_page(pfn), used,
				   mm_active->compact.unevictable_allowed,
				   pages);
	*missed += hweight64(used) - taken;
	return taken;
}

u32 isolate_block_pages(struct zone *zone, pfn_t pfn, pfn_t end,
			struct list_head *pages, u32 *missed)
{
	u32 taken = 0;

	*missed = 0;
	while (pfn < end) {
		u32 nr = (u32)min(end - pfn, LRU_LOCK_FRAMES - pfn % 64);

		taken += take_word(zone, pfn, nr, pages, missed);
		pfn += nr;
	}
	count_vm_events(COMPACTISOLATED, taken);
	return taken;
}
