/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/churn.h - how free memory fares when pages come and go
 *
 * Units    frames; rounds
 * Context  thread; over a private zone, or over the real zones with nothing
 *          else going on
 * Errors   -ENOMEM: no memory for the zone or for remembering its pages;
 *          -EIO: not all frames came back
 */
#pragma once

#include <kernel/types.h>

#define CHURN_ROUNDS_MAX 200

struct churn_options {
	u32 nr_blocks; /* of a private zone; 0: the real zones */
	u32 rounds;
	u32 share;    /* percent of the used frames, freed in each round */
	bool mixed;   /* orders 0 to 9, not only 0 */
	bool fullest; /* vm.placement */
	u64 seed;
};

struct churn_sample {
	u64 used;    /* frames in use */
	u64 order9;  /* wholly free pageblocks */
	u64 moves;   /* fewest moves that would free as many as fit */
	u64 refused; /* requests so far that a larger order made fail */
};

/* Run it; sample[0] is after half was freed, sample[r] after round r. */
int churn_run(const struct churn_options *options,
	      struct churn_sample sample[static CHURN_ROUNDS_MAX + 1]);

/*
 * Refilling only the fullest blocks, frames in the way can't vanish faster
 * than they are freed: moves(r) >= moves(0) * (1 - share)^r.
 */
u64 churn_bound(u64 moves0, u32 share, u32 round);
