/* SPDX-License-Identifier: MIT */
/*
 * include/mm/memmap.h - build the page array and hand memory over
 *
 * Units    pfn
 * Locks    none: boot only, one CPU
 * Context  boot, in this order: vmemmap_populate(), free_area_init(),
 *          memmap_init(), memblock_free_all()
 * Errors   -ENOMEM when a node and all others are out of memory
 * Owns     mm->valid_root and the page records
 * Keeps    memmap_check(mm) == 0: pages that are not reserved are counted as
 *          managed, RAM as present, each by the zone that its record names
 */
#pragma once

#include <kernel/types.h>

struct mm_state;

/* Back the page array, for RAM rounded out to pageblocks, by its own node. */
int vmemmap_populate(struct mm_state *mm);

/* Initialise every record: all reserved, refcount 1; holes join a neighbour. */
void memmap_init(struct mm_state *mm);

/* Give what memblock has not reserved to the zones; memblock is over. */
void memblock_free_all(struct mm_state *mm);

int memmap_check(struct mm_state *mm);
