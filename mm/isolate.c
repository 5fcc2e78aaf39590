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

/* Racy reads: what is decided by is decided again under the LRU lock. */
static bool may_be_taken(const struct page *page)
{
	if (!page_flag(page, PG_lru) || page_pinned(page))
		return false;
	return !page_flag(page, PG_unevictable) ||
	       mm_active->compact.unevictable_allowed;
}

/* Frames of the map's word that are in use and lie in [from, to) of it. */
static u64 used_frames(const struct pageblock *b, u32 from, u32 nr)
{
	u64 used = ~READ_ONCE(b->free_map[from / 64]) >> from % 64;

	return nr == 64 ? used : used & ((1UL << nr) - 1);
}

/* Up to 64 frames from pfn on, which don't cross a word of the map. */
static u32 take_word(struct zone *zone, pfn_t pfn, u32 nr,
		     struct list_head *pages, u32 *missed)
{
	const struct pageblock *b = pfn_pageblock(zone, pfn);
	u64 used = used_frames(b, (u32)(pfn % pageblock_nr_pages), nr), flags;
	struct lruvec *lruvec = zone->lruvec;
	u32 taken = 0;

	if (!used)
		return 0;
	flags = spin_lock_irqsave(&lruvec->lru_lock);
	for (; used; used &= used - 1) {
		struct page *page =
			pfn_to_page(pfn + (u32)__builtin_ctzl(used));

		if (!may_be_taken(page) ||
		    !isolate_lru_page_locked(lruvec, page)) {
			++*missed;
			continue;
		}
		list_add_tail(&page->lru, pages);
		taken++;
	}
	spin_unlock_irqrestore(&lruvec->lru_lock, flags);
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
