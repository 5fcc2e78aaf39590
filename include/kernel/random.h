/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/random.h - numbers that a printed seed repeats (xorshift64*)
 *
 * Context  any; the state is the caller's
 */
#pragma once

#include <kernel/types.h>

struct rng {
	u64 state; /* never 0 */
};

static inline u64 rng_next(struct rng *r)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return r->state * 2685821657736338717UL;
}

static inline u32 rng_below(struct rng *r, u32 n)
{
	return (u32)((rng_next(r) >> 33) % n);
}
