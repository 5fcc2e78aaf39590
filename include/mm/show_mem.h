/* SPDX-License-Identifier: MIT */
/*
 * include/mm/show_mem.h - the report when there is no memory
 *
 * Context  any; prints
 */
#pragma once

#include <mm/gfp.h>

struct mm_state;

/* Linux's allocation failure report; at most one in ten seconds. */
void warn_alloc(struct mm_state *mm, gfp_t gfp, u32 order);
/* "Mem-Info:" and all that follows (reference 2.12). */
void show_mem(struct mm_state *mm);
