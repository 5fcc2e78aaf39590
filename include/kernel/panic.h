/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/panic.h - the end of the road, and warnings that count
 *
 * panic()  prints its text and a symbolised backtrace and ends with the
 *          failure verdict (kernel) or abort() (host). Any context.
 * BUG_ON   misuse that must not go on: panics with the condition's text.
 * WARN_ON  something is wrong but the kernel can go on; prints condition and
 *          backtrace, counts it, and gives the condition's value. A counted
 *          warning makes the verdict of `poweroff` a failure.
 *
 * Bad input (firmware, command line) is no warning: it gets one pr_warn().
 */
#pragma once

#include <kernel/types.h>

void __noreturn panic(const char *fmt, ...) __printf(1, 2);
/*
 * Before a fatal report: the other CPUs are stopped. False: this CPU was in the
 * middle of one. When two CPUs get here the second does not come back.
 */
bool panic_begin(void);
void warn_report(const char *file, int line, const char *what);
u64 warn_count(void);
void dump_stack(void);
/*
 * Backtrace from a frame pointer, for faults. rip: where it was, 0: unknown.
 * caller: a return address that no frame holds yet, 0: none.
 */
void print_stack(u64 rip, u64 caller, u64 frame);

#define BUG_ON(cond)                                                          \
	do {                                                                  \
		if (unlikely(cond))                                           \
			panic("BUG: %s at %s:%d", #cond, __FILE__, __LINE__); \
	} while (0)

#define WARN_ON(cond)                                           \
	({                                                      \
		bool _warn = !!(cond);                          \
		if (unlikely(_warn))                            \
			warn_report(__FILE__, __LINE__, #cond); \
		_warn;                                          \
	})
