/* SPDX-License-Identifier: MIT */
/*
 * include/mm/capture.h - what compaction makes goes to whom it is made for
 *
 *	struct capture_control capc = { zone, order, type, NULL };
 *
 *	capture_begin(&capc);
 *	...		frees of this thread, and of interrupts on top of it
 *	page = capture_end();	NULL: none of them completed a chunk
 *
 * Units    order of the chunk that is wanted
 * Locks    zone->lock held by compaction_capture()'s callers
 * Context  begin and end: thread; frees: any
 * Errors   none
 * Owns     the chunk between capture and capture_end(): charged for `type`, on
 *          no list, its records those of free frames (prep_new_page() is next)
 * Keeps    zone_check() == 0
 */
#pragma once

#include <kernel/thread.h>
#include <mm/pageblock.h>

struct page;
struct zone;

struct capture_control {
	struct zone *zone;
	u32 order;
	enum migratetype type;
	struct page *page; /* [z] the first that came */
};

void capture_begin(struct capture_control *capc);
struct page *capture_end(void);

/* Does whoever runs here wait for a chunk of the zone? Mostly not. */
static inline bool capture_wanted(const struct zone *zone)
{
	const struct thread *t = current;

	return t && unlikely(t->capture != NULL) && t->capture->zone == zone;
}

/* 2^order frames from pfn on became free: if they completed a chunk, take it. */
void compaction_capture(struct zone *zone, pfn_t pfn, u32 order);
