/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/zone_fixture.h - a private zone for one test
 *
 *	WITH_ZONE(4, 0, 0)		four blocks, all free and Movable
 *	...
 *	zone_is_sound(t, zone);		every check, whenever one likes
 *	zone_done(t, zone);		all frames are back
 */
#pragma once

#include <kernel/main.h>
#include <kernel/test.h>
#include <mm/mm_state.h>
#include <mm/zone_check.h>
#include <mm/zone_private.h>

/* Frame `place` of the zone: tests count from its first frame. */
static inline struct page *zone_page(const struct zone *zone, u64 place)
{
	return pfn_to_page(zone->zone_start_pfn + place);
}

static inline u64 place_of_page(const struct zone *zone, const struct page *page)
{
	return page_to_pfn(page) - zone->zone_start_pfn;
}

static inline struct pageblock *zone_block(const struct zone *zone, u64 n)
{
	return &zone->fl->blocks[n];
}

/* The zone's lists, under its lock, as mm/ calls them. */
#define LOCKED(zone_, ...)                                      \
	do {                                                    \
		u64 _flags = spin_lock_irqsave(&(zone_)->lock); \
		__VA_ARGS__;                                    \
		spin_unlock_irqrestore(&(zone_)->lock, _flags); \
	} while (0)

static inline void zone_take_at(struct zone *zone, u64 place, u32 order,
				enum migratetype charge)
{
	LOCKED(zone, freelist_take_at(zone, zone->zone_start_pfn + place, order,
				      charge));
}

static inline void zone_put(struct zone *zone, u64 place, u32 order,
			    enum migratetype charge)
{
	LOCKED(zone,
	       freelist_put(zone, zone->zone_start_pfn + place, order, charge));
}

/* A zone's frames are borrowed in one piece, which may be half of all. */
#define SMALL_MACHINE (64 * MiB / PAGE_SIZE)

static inline bool machine_is_small(void)
{
	struct zone *zone;
	u64 pages = 0;

	for_each_populated_zone(kernel_mm(), zone)
		pages += zone->managed_pages;
	return pages < SMALL_MACHINE;
}

#define ASSERT_ZONE(zone)                                                \
	do {                                                             \
		if (!(zone) && machine_is_small())                       \
			SKIP("too little memory to borrow such a zone"); \
		ASSERT_TRUE((zone) != NULL);                             \
	} while (0)

#define WITH_ZONE(nr_blocks, first_frame, nr_frames)                    \
	struct zone *zone =                                             \
		private_zone_create(nr_blocks, first_frame, nr_frames); \
	ASSERT_ZONE(zone)

static inline void zone_is_sound(struct test *t, struct zone *zone)
{
	EXPECT_EQ(zone_check_all(kernel_mm(), zone), 0);
}

static inline void zone_done(struct test *t, struct zone *zone)
{
	zone_is_sound(t, zone);
	EXPECT_TRUE(private_zone_destroy(zone));
}
