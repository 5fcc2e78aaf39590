// SPDX-License-Identifier: MIT
/*
 * mm/memblock_iter.c - walk and search the ranges of memblock
 *
 * Regions are sorted and disjoint, so both their starts and their ends grow:
 * binary search finds the region at an address. The walks keep no index into
 * the arrays, only an address, so that a caller may change memblock (free or
 * allocate) between two steps.
 */
#include <mm/memblock.h>

#include "memblock_internal.h"

u32 memblock_first_ending_above(const struct memblock_type *type, paddr_t addr)
{
	u32 low = 0, high = type->cnt;

	while (low < high) {
		u32 mid = (low + high) / 2;

		if (region_end(&type->regions[mid]) > addr)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

u32 memblock_nr_starting_below(const struct memblock_type *type, paddr_t addr)
{
	u32 low = 0, high = type->cnt;

	while (low < high) {
		u32 mid = (low + high) / 2;

		if (type->regions[mid].base >= addr)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

/* The region of this type that covers addr, or NULL. */
static const struct memblock_region *region_at(const struct memblock_type *type,
					       paddr_t addr)
{
	u32 i = memblock_first_ending_above(type, addr);

	if (i < type->cnt && type->regions[i].base <= addr)
		return &type->regions[i];
	return NULL;
}

bool memblock_is_memory(const struct memblock *mb, paddr_t addr)
{
	return region_at(&mb->memory, addr) != NULL;
}

bool memblock_is_reserved(const struct memblock *mb, paddr_t addr)
{
	return region_at(&mb->reserved, addr) != NULL;
}

bool memblock_is_region_reserved(const struct memblock *mb, paddr_t base,
				 u64 size)
{
	const struct memblock_type *type = &mb->reserved;
	u32 i = memblock_first_ending_above(type, base);
	paddr_t end = base + min(size, UINT64_MAX - base);

	return i < type->cnt && type->regions[i].base < end;
}

paddr_t memblock_start_of_DRAM(const struct memblock *mb)
{
	return mb->memory.cnt ? mb->memory.regions[0].base : 0;
}

paddr_t memblock_end_of_DRAM(const struct memblock *mb)
{
	u32 cnt = mb->memory.cnt;

	return cnt ? region_end(&mb->memory.regions[cnt - 1]) : 0;
}

bool memblock_next_mem_pfn_range(const struct memblock *mb, u32 *i, int nid,
				 pfn_t *start, pfn_t *end, int *out_nid)
{
	while (*i < mb->memory.cnt) {
		const struct memblock_region *r = &mb->memory.regions[(*i)++];

		*start = PFN_UP(r->base);
		*end = PFN_DOWN(region_end(r));
		*out_nid = r->nid;
		if (*start < *end && (nid == NUMA_NO_NODE || nid == r->nid))
			return true;
	}
	return false;
}

bool memblock_next_free_range(const struct memblock *mb, paddr_t *pos,
			      paddr_t *start, paddr_t *end, int *out_nid)
{
	const struct memblock_type *memory = &mb->memory;
	const struct memblock_type *reserved = &mb->reserved;

	for (;;) {
		u32 m = memblock_first_ending_above(memory, *pos);
		const struct memblock_region *mem = &memory->regions[m];
		const struct memblock_region *res;
		u32 r;

		if (m == memory->cnt)
			return false;
		*start = max(*pos, mem->base);
		r = memblock_first_ending_above(reserved, *start);
		res = r < reserved->cnt ? &reserved->regions[r] : NULL;
		if (res && res->base <= *start) {
			*pos = region_end(res);
			continue;
		}
		*end = region_end(mem);
		if (res)
			*end = min(*end, res->base);
		*out_nid = mem->nid;
		*pos = *end;
		return true;
	}
}

/* The mirror image: downward, *pos starts at the top. */
static bool prev_free_range(const struct memblock *mb, paddr_t *pos,
			    paddr_t *start, paddr_t *end, int *out_nid)
{
	const struct memblock_type *memory = &mb->memory;
	const struct memblock_type *reserved = &mb->reserved;

	for (;;) {
		u32 m = memblock_nr_starting_below(memory, *pos);
		const struct memblock_region *mem, *res = NULL;
		u32 r;

		if (!m)
			return false;
		mem = &memory->regions[m - 1];
		*end = min(*pos, region_end(mem));
		r = memblock_nr_starting_below(reserved, *end);
		if (r)
			res = &reserved->regions[r - 1];
		if (res && region_end(res) >= *end) {
			*pos = res->base;
			continue;
		}
		*start = mem->base;
		if (res)
			*start = max(*start, region_end(res));
		*out_nid = mem->nid;
		*pos = *start;
		return true;
	}
}

paddr_t memblock_find_top_down(const struct memblock *mb, u64 size, u64 align,
			       paddr_t start, paddr_t end, int nid)
{
	paddr_t pos = min(end, mb->current_limit), low, high;
	int range_nid;

	start = max(start, PAGE_SIZE); /* address 0 means "none" */
	while (prev_free_range(mb, &pos, &low, &high, &range_nid)) {
		paddr_t addr;

		if (high <= start)
			return 0;
		if (high < size || (nid != NUMA_NO_NODE && nid != range_nid))
			continue;
		addr = ALIGN_DOWN(high - size, align);
		if (addr >= max(low, start))
			return addr;
	}
	return 0;
}
