/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/placed_pages.h - pages of a program in just the frames that one wants
 *
 *	struct placed_pages p = { .zone = zone, .mm = mm_alloc(), .wanted = fn };
 *	placed_pages_fill(&p)
 *	...	compaction, migration
 *	placed_pages_wrong(&p) == 0
 *	placed_pages_drop(&p)
 *
 * The allocator alone decides where a page lies; here migration brings pages of
 * an address space to given frames of a zone of one's own (zone_private.h). They
 * are ordinary pages then: mapped, on the LRU, movable.
 *
 * Units    pages; places count from the zone's first frame
 * Locks    what faults and migrate_pages() take
 * Context  thread, may sleep
 * Errors   false: memory is short, or the frames aren't free
 * Owns     the mapping at `start` of mm
 * Keeps    zone_check(), page_table_check(), lru_check() == 0
 */
#pragma once

#include <mm/mm_struct.h>
#include <mm/zone.h>

struct placed_pages {
	struct zone *zone;
	struct mm_struct *mm;
	/* Shall a page lie there? Asked once for each place, upwards. */
	bool (*wanted)(void *ctx, u64 place);
	void *ctx;
	/* what has become of it */
	vaddr_t start;
	u64 nr_pages;
	u64 next; /* place */
};

/* A free frame, as the allocator would hand it out to the kernel. */
struct page *placed_frame(struct zone *zone, u64 place, enum migratetype charge);

bool placed_pages_fill(struct placed_pages *p);
/* Each page holds a word that follows from its address: how many don't. */
u64 placed_pages_wrong(const struct placed_pages *p);
/* Of the mapping, by number; NULL: it isn't there. No reference is kept. */
struct page *placed_page(const struct placed_pages *p, u64 i);
void placed_pages_drop(struct placed_pages *p);
