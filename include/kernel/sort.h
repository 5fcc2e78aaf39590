/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/sort.h - sort an array in place
 *
 * Context  any; no recursion, no allocation, O(n log n) in the worst case
 */
#pragma once

#include <kernel/types.h>

/* cmp gives <0, 0, >0 as a is before, equal to, behind b. Not stable. */
void sort(void *base, size_t nr, size_t size,
	  int (*cmp)(const void *a, const void *b));
