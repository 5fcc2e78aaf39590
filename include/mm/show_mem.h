/* SPDX-License-Identifier: MIT */
/*
 * include/mm/show_mem.h - the report when there is no memory
 *
 * Units    as printed: pages in the first part, kB of 1,024 bytes per node and
 *          zone
 * Locks    takes zone->lock, one zone at a time
 * Context  any; prints
 * Errors   none
 * Owns     mm->next_alloc_report_ns
 */
#pragma once

#include <mm/gfp.h>

struct mm_state;

/* Where a report goes, a line at a time, without newline. */
struct report {
	void (*line)(struct report *report, const char *text);
};

/* Linux's allocation failure report; at most one in ten seconds. */
void warn_alloc(struct mm_state *mm, gfp_t gfp, u32 order);
/* "Mem-Info:" and all that follows. */
void show_mem(struct mm_state *mm);

/* The same, elsewhere than to the log, and always. */
void report_alloc(struct mm_state *mm, gfp_t gfp, u32 order,
		  struct report *report);
/* Only zones that a request with this highest zone could use. */
void report_mem(struct mm_state *mm, u32 highest_zone, struct report *report);
