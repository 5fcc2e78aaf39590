/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/ubsan.h - undefined behaviour, found where it happens
 *
 * `make UBSAN=1` has the compiler put a check before each operation that C
 * leaves undefined for some values. A check that fails calls one of the
 * functions of kernel/base/ubsan.c, which reports it: file, line, what, the
 * values, the stack. It counts as a warning, and the kernel goes on.
 *
 * Context  any. Tests: thread
 * Errors   __builtin_unreachable() reached: panic, as there is no way on
 *
 * A test announces what it is going to do wrong, and asks what was found.
 */
#pragma once

#include <kernel/types.h>

enum ubsan_kind {
	UBSAN_NONE,
	UBSAN_OVERFLOW,
	UBSAN_DIVISION,
	UBSAN_SHIFT,
	UBSAN_BOUNDS,
	UBSAN_NULL,
	UBSAN_ALIGNMENT,
	UBSAN_OBJECT_SIZE,
	UBSAN_BAD_VALUE,
	UBSAN_POINTER,
	UBSAN_VLA,
	UBSAN_NONNULL,
	UBSAN_BUILTIN,
	UBSAN_UNREACHABLE,
	NR_UBSAN_KINDS,
};

extern const char *const ubsan_kind_names[NR_UBSAN_KINDS];

/*
 * The next finding of this thread is for a test: noted, not reported. `leave`:
 * the thread ends with it, since what follows would fault.
 */
void ubsan_expect(bool leave);
/* What was found since, and what would have been reported. */
enum ubsan_kind ubsan_take(const char **text);
