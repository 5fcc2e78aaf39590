/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/slides.h - the 2018 talk's slides, re-enacted and asserted
 *
 * Context  thread; works in a private zone
 * Errors   -1: there is no memory for the zone
 */
#pragma once

#include <kernel/types.h>

struct slides_options {
	const char *policy; /* NULL: the buddy slides, no fallback in them */
	/* Whose behaviour the assertions expect; NULL: the policy's own. */
	const char *expected;
	/* Compaction: its two scanners, then guided; the others don't count. */
	const char *strategy;
	bool quiet;   /* assert, don't draw */
	u32 pause_ms; /* after each drawing */
};

/*
 * Play all steps; how many assertions failed. The first one is described in
 * failure[], which is empty if there was none.
 */
#define SLIDES_FAILURE_MAX 96
int slides_play(const struct slides_options *options,
		char failure[static SLIDES_FAILURE_MAX]);
