/* SPDX-License-Identifier: MIT */
/*
 * include/mm/page_owner.h - who took each chunk, and who gave it back
 *
 * Units    orders, nanoseconds since boot
 * Locks    none: a record belongs to whom the page belongs
 * Context  any
 * Errors   without page_owner=on nothing is recorded and printing says so
 * Owns     an array of records beside the page array, one for each frame of
 *          a zone's span
 */
#pragma once

#include <mm/gfp.h>
#include <mm/page.h>

struct mm_state;
struct zone;

#define PAGE_OWNER_DEPTH 8

struct page_owner {
	u64 time_ns; /* of the allocation; 0: none yet */
	u64 free_time_ns;
	gfp_t gfp;
	u8 order;
	u8 charge;
	u16 nr_recharged;
	u64 alloc_stack[PAGE_OWNER_DEPTH];
	u64 free_stack[PAGE_OWNER_DEPTH];
};

/* Boot: the records of a zone; a zone that can't afford them goes without. */
void page_owner_init_zone(struct mm_state *mm, struct zone *zone);

/* NULL: not recorded. */
struct page_owner *page_owner_of(const struct page *page);
void page_owner_alloc(struct page *page, u32 order, gfp_t gfp);
void page_owner_free(struct page *page, u32 order);
void page_owner_split(struct page *page, u32 order);
void page_owner_print(const struct page *page);
