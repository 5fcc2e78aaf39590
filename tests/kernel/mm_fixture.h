/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/mm_fixture.h - what the tests of boot-time memory share
 *
 * struct mm_state is too large for a stack: the tests take turns with one.
 * Random tests use a generator of their own, so that a seed means the same
 * run in the kernel and on the host.
 */
#pragma once

#include <kernel/types.h>
#include <mm/mm_state.h>

/* The shared state, emptied; memblock cannot grow its arrays. */
struct mm_state *fixture_mm(void);

/* xorshift64*: never 0 for a seed other than 0. */
static inline u64 fixture_random(u64 *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dUL;
}
