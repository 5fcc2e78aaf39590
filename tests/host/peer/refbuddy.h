/* SPDX-License-Identifier: MIT */
/*
 * tests/host/peer/refbuddy.h - a textbook buddy allocator to compare with
 *
 * Units    frames; orders 0 .. REF_MAX_ORDER
 * Context  one thread
 * Errors   ref_alloc: NULL when no chunk is large enough
 */
#pragma once

#include <stdint.h>

#define REF_MAX_ORDER 10
#define REF_FREE      0x80u /* head of a free chunk */

/* As large as a page record of Linux or Tangram. */
struct ref_page {
	struct ref_page *next, *prev;
	uint8_t state; /* order, and REF_FREE */
	uint8_t pad[47];
};

void ref_create(uint64_t nr_frames);
void ref_drop(void);
struct ref_page *ref_alloc(unsigned int order);
void ref_free(struct ref_page *page, unsigned int order);
/* All frames of the per-CPU list back to the buddy lists. */
void ref_drain(void);
uint64_t ref_frame(const struct ref_page *page);
