/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/yield_fixture.h - a private zone fragmented by a named pattern
 *
 *	yield_begin(t, &y, &pattern, seed)
 *	...	compaction as one likes
 *	yield_end(t, &y)		contents, checks; all frames are back
 *
 * Movable frames are pages of an address space, stamped by their address, which
 * migration puts into just the frames of the pattern. Unmovable ones are the
 * kernel's. Pinned ones are some of the movable.
 */
#pragma once

#include <kernel/placed_pages.h>

#include "random.h"
#include "zone_fixture.h"

#define YIELD_BLOCKS 16u

enum yield_shape {
	EVEN,	/* every nth frame */
	RANDOM, /* each frame by chance */
	AGED,	/* by chance, but blocks differ: from nearly free to full */
	RUNS,	/* in runs of 1 to 64 */
};

struct yield_pattern {
	const char *name;
	enum yield_shape shape;
	u32 occupied; /* per cent of the frames */
	u32 polluted; /* per cent of the blocks, a few frames each */
	u32 pinned;   /* per mille of the movable pages */
};

struct yield {
	const struct yield_pattern *pattern;
	struct zone *zone;
	struct placed_pages pages;
	u64 nr_polluters, nr_pinned;
	/* what each frame of the zone shall be */
	u8 want[YIELD_BLOCKS * 512];
	struct page *polluter[YIELD_BLOCKS * 8];
	struct page *pinned[YIELD_BLOCKS * 8];
	struct rng rng;
};

extern const struct yield_pattern yield_patterns[];
extern const u32 nr_yield_patterns;

/* False: the machine is too small. */
bool yield_begin(struct test *t, struct yield *y,
		 const struct yield_pattern *pattern, u64 seed);
void yield_end(struct test *t, struct yield *y);
u64 yield_wrong_words(struct yield *y);
