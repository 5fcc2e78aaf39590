// SPDX-License-Identifier: MIT
/*
 * mm/capture.c - a chunk is handed over before any list has had it
 *
 *	this thread		zone->lock		other CPUs
 *	frees the last page
 *	of the chunk	 ───►	it is free: take it
 *				...			find nothing
 *	goes on, and sees capc->page
 *
 * Who has had 500 pages moved for one chunk should get it. From a list, another
 * CPU could take it, or a page of it, as soon as the lock is let go of. So the
 * thread says what it waits for, and who frees on its behalf looks whether that
 * is complete, with the lock still held.
 *
 * It is looked for in interrupts too, as they run on top of the thread: so the
 * thread takes its wish back before it looks at what has come.
 *
 * Source: Linux 5.1, M. Gorman, "capture a page under direct compaction".
 */
#include <mm/buddy.h>
#include <mm/capture.h>
#include <mm/fallback.h>
#include <mm/page_alloc.h>

void capture_begin(struct capture_control *capc)
{
	WRITE_ONCE(current->capture, capc);
}

struct page *capture_end(void)
{
	struct capture_control *capc = current->capture;

	WRITE_ONCE(current->capture, NULL);
	barrier();
	return READ_ONCE(capc->page);
}

/* A movable block is not polluted for less than a block. */
static bool suits(const struct capture_control *capc, enum migratetype type)
{
	if (type == MIGRATE_CMA || type == MIGRATE_ISOLATE)
		return false;
	return capc->order >= pageblock_order || type != MIGRATE_MOVABLE ||
	       capc->type == MIGRATE_MOVABLE;
}

static bool is_complete(const struct pageblock *b, pfn_t start, u32 order)
{
	if (order == MAX_ORDER)
		return b->largest == MAX_ORDER;
	return buddy_all_free(b, (u32)(start % pageblock_nr_pages), order);
}

void compaction_capture(struct zone *zone, pfn_t pfn, u32 order)
{
	struct capture_control *capc = current->capture;
	pfn_t start = ALIGN_DOWN(pfn, 1UL << capc->order);
	const struct pageblock *b = pfn_pageblock(zone, pfn);
	enum migratetype type = pageblock_type(b);

	if (capc->page || order > capc->order || !suits(capc, type) ||
	    !is_complete(b, start, capc->order))
		return;
	if (type != capc->type)
		(void)POINT_HIT(mm_page_alloc_extfrag, start, capc->order,
				capc->order, pageblock_order, capc->type, type,
				capc->order < pageblock_order, false);
	freelist_take_at(zone, start, capc->order, capc->type);
	this_pcp(zone->index)->nr_general_alloc += 1UL << capc->order;
	WRITE_ONCE(capc->page, pfn_to_page(start));
}
