/* SPDX-License-Identifier: MIT */
/*
 * mm/memblock_internal.h - shared by memblock.c and memblock_iter.c
 */
#pragma once

#include <mm/memblock.h>

static inline paddr_t region_end(const struct memblock_region *r)
{
	return r->base + r->size;
}

/* Index of the first region that ends above addr; cnt if there is none. */
u32 memblock_first_ending_above(const struct memblock_type *type, paddr_t addr);
/* How many regions start below addr: the index behind the last such. */
u32 memblock_nr_starting_below(const struct memblock_type *type, paddr_t addr);

/* The highest free place as memblock_phys_alloc_range() says; not reserved. */
paddr_t memblock_find_top_down(const struct memblock *mb, u64 size, u64 align,
			       paddr_t start, paddr_t end, int nid);
