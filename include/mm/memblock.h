/* SPDX-License-Identifier: MIT */
/*
 * include/mm/memblock.h - physical ranges before there is an allocator
 *
 * Units    bytes; ranges are half-open [base, base + size)
 * Locks    none: boot only, one CPU
 * Context  boot, until memblock_free_all() hands over; never sleeps
 * Errors   allocation returns 0 when nothing fits; adding is -ENOMEM only when
 *          a region array is full and cannot be doubled
 * Owns     two sorted arrays of disjoint regions, memory and reserved
 * Keeps    memblock_check(mb) == 0: sorted, disjoint, no mergeable neighbours
 */
#pragma once

#include <kernel/types.h>

#define NUMA_NO_NODE		(-1)
#define MEMBLOCK_INIT_REGIONS	128
#define MEMBLOCK_ALLOC_ANYWHERE (~0UL)

enum memblock_flags {
	MEMBLOCK_NONE = 0,
	MEMBLOCK_HOTPLUG = 1, /* SRAT says it may be unplugged */
};

struct memblock_region {
	paddr_t base;
	u64 size;
	u32 flags;
	s32 nid;
};

struct memblock_type {
	u32 cnt;
	u32 max;
	u64 total_size;
	struct memblock_region *regions;
	paddr_t regions_phys; /* where a doubled array lies; 0: the first one */
	bool full;	      /* could not grow; reported */
	const char *name;
};

struct memblock {
	struct memblock_type memory;
	struct memblock_type reserved;
	paddr_t current_limit; /* allocate below: what is mapped so far */
	/*
	 * Turns a physical range into memory that the CPU can write, for
	 * doubled arrays; NULL: arrays cannot grow (host tools).
	 */
	void *(*to_virt)(paddr_t addr);
	struct memblock_region memory_init[MEMBLOCK_INIT_REGIONS];
	struct memblock_region reserved_init[MEMBLOCK_INIT_REGIONS];
};

void memblock_init(struct memblock *mb);

int memblock_add(struct memblock *mb, paddr_t base, u64 size);
int memblock_remove(struct memblock *mb, paddr_t base, u64 size);
int memblock_reserve(struct memblock *mb, paddr_t base, u64 size);
int memblock_phys_free(struct memblock *mb, paddr_t base, u64 size);

/* Give the memory regions inside [base, base+size) to nid, splitting them. */
int memblock_set_node(struct memblock *mb, paddr_t base, u64 size, int nid);
int memblock_mark_hotplug(struct memblock *mb, paddr_t base, u64 size);
int memblock_clear_hotplug(struct memblock *mb, paddr_t base, u64 size);

/* Round every memory region inward to whole pages; empty ones go. */
void memblock_trim_memory(struct memblock *mb, u64 align);

/*
 * Top-down from min(end, current_limit): the highest aligned free place in
 * [start, end) on nid, or on any node when nid has none (or is NUMA_NO_NODE);
 * reserves it. 0 when there is none. align is a power of two.
 */
paddr_t memblock_phys_alloc_range(struct memblock *mb, u64 size, u64 align,
				  paddr_t start, paddr_t end, int nid);
/* The same, but only on nid. */
paddr_t memblock_phys_alloc_exact_nid(struct memblock *mb, u64 size, u64 align,
				      paddr_t start, paddr_t end, int nid);

bool memblock_is_memory(const struct memblock *mb, paddr_t addr);
bool memblock_is_reserved(const struct memblock *mb, paddr_t addr);
/* Does [base, base+size) meet a reserved region? */
bool memblock_is_region_reserved(const struct memblock *mb, paddr_t base,
				 u64 size);
paddr_t memblock_start_of_DRAM(const struct memblock *mb);
paddr_t memblock_end_of_DRAM(const struct memblock *mb);

/*
 * Iterate over whole page frames [*start, *end) of memory with their node:
 * u32 i = 0; while (memblock_next_mem_pfn_range(mb, &i, nid, &s, &e, &n)) ...
 * nid NUMA_NO_NODE visits all.
 */
bool memblock_next_mem_pfn_range(const struct memblock *mb, u32 *i, int nid,
				 pfn_t *start, pfn_t *end, int *out_nid);

/*
 * Iterate upward over memory minus reserved, bytes; *pos starts at 0. The
 * range lies in one memory region, so it has one node.
 */
bool memblock_next_free_range(const struct memblock *mb, paddr_t *pos,
			      paddr_t *start, paddr_t *end, int *out_nid);

int memblock_check(const struct memblock *mb);
