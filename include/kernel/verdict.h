/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/verdict.h - did this run pass?
 *
 * It did unless somebody said otherwise: a test that failed, a check that
 * found something, a warning. A panic ends the run by itself.
 *
 * Context  any
 */
#pragma once

#include <kernel/types.h>

void verdict_fail(const char *why); /* a constant string; the first is kept */
bool verdict_passed(void);

/* Print the verdict and leave: QEMU's exit status tells it to scripts. */
void __noreturn verdict_poweroff(void);
