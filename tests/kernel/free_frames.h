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
#include <kernel/rcu.h>
#include <mm/lru.h>
#include <mm/mm_state.h>
#include <mm/pcp.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include <arch/thread.h>

#include "thread_fixture.h"

static inline u64 free_frames_and_kept(void)
{
	struct mm_state *mm = kernel_mm();
	struct zone *zone;
	u64 nr;

	(void)sleep_until(!anybody_leaves());
	nr = mm->vmalloc.nr_tables;
	lru_add_drain_all();
	rcu_barrier(); /* ended threads */
	slab_shrink_all(mm);
	rcu_barrier(); /* slabs that readers may stand on */
	drain_all_pages(mm, NULL);
	for_each_populated_zone(mm, zone)
		nr += zone->nr_free_pages;
	return nr + thread_stacks_cached() * (THREAD_STACK_SIZE / PAGE_SIZE);
}

/* The same, with what vmalloc still holds back given back first. */
static inline u64 free_frames_after_purge(void)
{
	(void)sleep_until(!anybody_leaves());
	rcu_barrier(); /* stacks of ended threads come back now */
	vmalloc_purge();
	return free_frames_and_kept();
}
