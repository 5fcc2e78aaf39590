/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/bitops.h - counting bits without POPCNT, which old CPUs lack
 *
 * Context  any
 * Source   the pairwise sums of "Hacker's Delight", section 5-1
 */
#pragma once

#include <kernel/types.h>

static inline u32 hweight64(u64 w)
{
	w -= w >> 1 & 0x5555555555555555;
	w = (w & 0x3333333333333333) + (w >> 2 & 0x3333333333333333);
	w = (w + (w >> 4)) & 0x0f0f0f0f0f0f0f0f;
	return (u32)(w * 0x0101010101010101 >> 56);
}
