/* SPDX-License-Identifier: MIT */
/*
 * include/mm/page_debug.h - what the allocator does besides, when asked
 *
 * page_owner=on, page_poison=1 and init_on_free=1: set by page_debug_set().
 *
 * Units    orders
 * Context  any
 * Errors   a poisoned frame that was written to while free is reported with
 *          its first wrong byte, and counts as BUG_BAD_LIST
 */
#pragma once

#include <kernel/point.h>
#include <mm/gfp.h>
#include <mm/page.h>

#define DEBUG_PAGE_OWNER   1u
#define DEBUG_PAGE_POISON  2u
#define DEBUG_INIT_ON_FREE 4u

#define PAGE_POISON 0xaa /* Linux's byte */

extern u32 page_debug_on;

/*
 * The fast paths look at their points only; while anything here is on, both
 * points carry POINT_HOOK.
 */
DECLARE_POINT(mm_page_alloc);
DECLARE_POINT(mm_page_free);
void page_debug_set(u32 what);

/* False: a frame was written to while it was free; the chunk is gone. */
bool page_debug_check(struct page *page, u32 order);
void page_debug_alloc(struct page *page, u32 order, gfp_t gfp);
void page_debug_free(struct page *page, u32 order);
void page_debug_split(struct page *page, u32 order);

/* Zero one frame. */
void clear_page(struct page *page);
