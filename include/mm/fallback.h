/* SPDX-License-Identifier: MIT */
/*
 * include/mm/fallback.h - whose block to use when one's own type has none
 *
 * Units    orders, frames
 * Locks    zone->lock held
 * Context  any; never sleeps
 * Errors   NULL: no block of any type has such a chunk, or only by fragmenting
 *          while ALLOC_NOFRAGMENT forbids it
 * Owns     the decision; lists and types change through freelist.c
 *
 * A policy is a function that returns a block to take the chunk from, retyped
 * if it decided so. `vm.fallback_policy` chooses one at run time:
 *	linux    claim whole or steal one chunk (Linux 6.15 and later)
 *	classic  take all free frames of the largest (the 2018 talk)
 *	mixed    blocks that are polluted already first, pure ones last
 *	evacuate the same, and movable pages move out of them (mm/evacuate.h)
 */
#pragma once

#include <kernel/point.h>
#include <kernel/types.h>
#include <mm/pageblock.h>

struct zone;

/* Also hit when a captured chunk lies in another type's block. */
DECLARE_POINT(mm_page_alloc_extfrag);

struct fallback_policy {
	const char *name;
	const char *help;
	struct pageblock *(*pick)(struct zone *zone, u32 order,
				  enum migratetype type, u32 alloc_flags);
	bool sparing;	/* asked for one chunk, not for all of a refill */
	bool evacuates; /* movable pages make room for a request that waits */
};

extern const struct fallback_policy fallback_policies[];
extern const u32 nr_fallback_policies;

/* By name; NULL: no such policy. */
const struct fallback_policy *fallback_policy_find(const char *name);

/*
 * Would a request get a chunk by claiming a block of another type? A look: no
 * lock is needed.
 */
bool find_suitable_fallback(const struct zone *zone, u32 order,
			    enum migratetype type);

/* Events, kept in struct zone. */
struct fallback_stats {
	u64 nr_claims;	    /* a block changed type for a request */
	u64 nr_steals;	    /* a chunk taken, the block's type kept */
	u64 nr_fragmenting; /* of both: the block was not wholly free */
	u64 nr_boosts;
	u64 nr_evacuations; /* blocks that movable pages were moved out of */
	u64 nr_evacuated_pages;
	u64 nr_given_back;  /* to Movable, as nothing else was left in them */
	u64 rests_until_ns; /* no request has a block evacuated before */
	bool evacuation_wanted; /* noted under zone->lock, done after it */
	bool has_guests; /* movable pages may lie in blocks of other types */
};

/* Raise the zone's watermarks for a while: docs/fallback.md. */
void boost_watermark(struct zone *zone);
