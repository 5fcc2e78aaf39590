/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/check.h - the invariants that `check` goes through
 *
 *	static int check_zones(struct mm_state *mm) { ... }
 *	CHECK(zones, check_zones);
 *
 * A check recounts and compares; it prints each finding and returns how many
 * there were.
 *
 * Context  thread
 */
#pragma once

#include <kernel/types.h>

struct mm_state;

struct check {
	const char *name;
	int (*fn)(struct mm_state *mm);
};

/* clang-format off */
#define CHECK(name_, fn_)                                                      \
	static const struct check check_entry_##name_ __used                   \
		__section("checks") __aligned(8) = { .name = #name_, .fn = fn_ }
/* clang-format on */

/* Run all of them, say what each found; the sum of the findings. */
int check_all(struct mm_state *mm);
