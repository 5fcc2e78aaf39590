/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/free_frames.h - is every frame there again?
 *
 * What a test took and gave back may have gone where it stays: page tables are
 * kept, and so are a few stacks of ended threads. They count as free. Slabs
 * without objects and per-CPU stacks of frames are emptied first.
 */
#pragma once

#include <kernel/main.h>
#include <mm/mm_state.h>
#include <mm/pcp.h>
#include <mm/slab.h>
#include <arch/thread.h>

static inline u64 free_frames_and_kept(void)
{
	struct mm_state *mm = kernel_mm();
	struct zone *zone;
	u64 nr = mm->vmalloc.nr_tables;

	slab_shrink_all(mm);
	drain_all_pages(mm, NULL);
	for_each_populated_zone(mm, zone)
		nr += zone->nr_free_pages;
	return nr + thread_stacks_cached() * (THREAD_STACK_SIZE / PAGE_SIZE);
}
