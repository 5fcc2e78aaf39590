/* SPDX-License-Identifier: MIT */
/*
 * kernel/watch.h - a shell command again and again, in place
 *
 *	line 1		every 0.25 s: map	(any key ends)
 *	...		what the command prints, as far as it fits
 *	below		scrolls: what programs and other threads print meanwhile
 *
 * Units    lines of the terminal
 * Context  thread; one watch at a time
 * Errors   -EBUSY: another one goes on
 * Owns     the terminal's upper part, and which part of it scrolls
 */
#pragma once

#include <kernel/types.h>
#include <mm/node_stat.h>

struct watch_options {
	u64 interval_ms;
	u64 count; /* frames; 0: until a key is pressed */
	bool keys; /* a key ends it */
	bool plain; /* one frame below the other, no escapes */
	int argc;
	char **argv;
};

/* Ends by a key, by the count, or when *stop becomes true (NULL: never). */
int watch_run(const struct watch_options *options, const bool *stop);

/* --- for the command --- */

/* Lines that it may print; 0: nobody watches it. */
u32 watch_rows(void);
/* Events since the watch began. */
u64 watch_events(enum vm_event_item item);

/* --- watch=COMMAND of the kernel's command line --- */

/* While a workload or a program of run= works. Does nothing if not asked for. */
void watch_boot_begin(bool plain);
void watch_boot_end(void);
