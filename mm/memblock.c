// SPDX-License-Identifier: MIT
/*
 * mm/memblock.c - physical ranges before there is an allocator
 *
 * Two sorted arrays of disjoint ranges: what is memory, and what of it (or of
 * anything else) is reserved. Free is memory minus reserved:
 *
 *	memory    |==============|     |=======|
 *	reserved     |==|     |===========|
 *	free      |==|  |=====|           |====|
 *
 * Allocation takes the highest free place, so that low memory, which some
 * devices need, lasts longest; "freeing" takes a range out of reserved.
 *
 * A change first splits the regions that cross its borders (isolate_range),
 * then changes whole regions, then merges equal neighbours. The arrays double
 * when they are full, with memory that they allocate from themselves.
 *
 * Real world: Linux mm/memblock.c. The iterators are in memblock_iter.c.
 */
#include <kernel/errno.h>
#include <kernel/point.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <mm/memblock.h>

#include "memblock_internal.h"

static void type_init(struct memblock_type *type, const char *name,
		      struct memblock_region *regions)
{
	*type = (struct memblock_type){
		.name = name,
		.regions = regions,
		.max = MEMBLOCK_INIT_REGIONS,
	};
}

void memblock_init(struct memblock *mb)
{
	type_init(&mb->memory, "memory", mb->memory_init);
	type_init(&mb->reserved, "reserved", mb->reserved_init);
	mb->current_limit = MEMBLOCK_ALLOC_ANYWHERE;
	mb->to_virt = NULL;
}

/* A range that would wrap ends at the last byte but one. */
static u64 cap_size(paddr_t base, u64 size)
{
	return min(size, UINT64_MAX - base);
}

static void insert_region(struct memblock_type *type, u32 at, paddr_t base,
			  u64 size, const struct memblock_region *like)
{
	struct memblock_region *r = &type->regions[at];

	memmove(r + 1, r, (type->cnt - at) * sizeof(*r));
	*r = *like;
	r->base = base;
	r->size = size;
	type->cnt++;
	type->total_size += size;
}

static void delete_regions(struct memblock_type *type, u32 start, u32 end)
{
	struct memblock_region *r = type->regions;

	for (u32 i = start; i < end; i++)
		type->total_size -= r[i].size;
	memmove(&r[start], &r[end], (type->cnt - end) * sizeof(*r));
	type->cnt -= end - start;
}

static bool mergeable(const struct memblock_region *a,
		      const struct memblock_region *b)
{
	return region_end(a) == b->base && a->nid == b->nid &&
	       a->flags == b->flags;
}

static void merge_regions(struct memblock_type *type)
{
	struct memblock_region *r = type->regions;
	u32 kept = 0;

	for (u32 i = 1; i < type->cnt; i++) {
		if (mergeable(&r[kept], &r[i]))
			r[kept].size += r[i].size;
		else
			r[++kept] = r[i];
	}
	if (type->cnt)
		type->cnt = kept + 1;
}

/* --- doubling --- */

/* A place for a new array, outside [base, base + size), which is in use. */
static paddr_t find_array(struct memblock *mb, u64 bytes, paddr_t base, u64 size)
{
	paddr_t addr;

	if (POINT_FAILS(memblock_double_array, bytes))
		return 0;
	addr = memblock_find_top_down(mb, bytes, PAGE_SIZE, base + size,
				      MEMBLOCK_ALLOC_ANYWHERE, NUMA_NO_NODE);
	if (!addr)
		addr = memblock_find_top_down(mb, bytes, PAGE_SIZE, 0, base,
					      NUMA_NO_NODE);
	return addr;
}

static int report_full(struct memblock_type *type, paddr_t base, u64 size)
{
	if (!type->full)
		pr_warn("memblock: %u %s ranges and no room for more, [mem 0x%lx-0x%lx] and others dropped\n",
			type->cnt, type->name, base, base + size - 1);
	type->full = true;
	return -ENOMEM;
}

static int double_array(struct memblock *mb, struct memblock_type *type,
			paddr_t base, u64 size)
{
	struct memblock_region *old = type->regions;
	paddr_t old_phys = type->regions_phys;
	u64 old_bytes = ALIGN(type->max * sizeof(*old), PAGE_SIZE);
	u64 bytes = ALIGN(2 * type->max * sizeof(*old), PAGE_SIZE);
	paddr_t addr = mb->to_virt ? find_array(mb, bytes, base, size) : 0;

	if (!addr)
		return report_full(type, base, size);
	type->regions = mb->to_virt(addr);
	type->regions_phys = addr;
	memcpy(type->regions, old, type->cnt * sizeof(*old));
	type->max *= 2;
	memblock_reserve(mb, addr, bytes);
	if (old_phys)
		memblock_phys_free(mb, old_phys, old_bytes);
	return 0;
}

/*
 * Room for nr more regions while [base, base + size) is being changed. Loops:
 * reserving the new array may use up room of the reserved array.
 */
static int make_room(struct memblock *mb, struct memblock_type *type, u32 nr,
		     paddr_t base, u64 size)
{
	while (type->cnt + nr > type->max) {
		int err = double_array(mb, type, base, size);

		if (err)
			return err;
	}
	return 0;
}

/* --- adding --- */

/*
 * Insert what of [base, end) no region covers; only count it if !insert.
 *
 *	regions       |---|     |--|
 *	new        |--------------------|
 *	inserted   |==|   |=====|  |====|
 */
static u32 add_gaps(struct memblock_type *type, paddr_t base, paddr_t end,
		    bool insert)
{
	static const struct memblock_region like = { .nid = NUMA_NO_NODE };
	u32 i = memblock_first_ending_above(type, base);
	u32 nr = 0;

	while (base < end) {
		paddr_t gap_end = end;

		if (i < type->cnt)
			gap_end = min(end, type->regions[i].base);
		if (base < gap_end) {
			nr++;
			if (insert)
				insert_region(type, i++, base, gap_end - base,
					      &like);
		}
		if (i >= type->cnt)
			break;
		base = region_end(&type->regions[i++]);
	}
	return nr;
}

static int add_range(struct memblock *mb, struct memblock_type *type,
		     paddr_t base, u64 size)
{
	paddr_t end = base + cap_size(base, size);
	u32 max;
	int err;

	do { /* making room may have reserved a part of the range's gaps */
		max = type->max;
		err = make_room(mb, type, add_gaps(type, base, end, false),
				base, end - base);
		if (err)
			return err;
	} while (max != type->max);
	add_gaps(type, base, end, true);
	merge_regions(type);
	return 0;
}

int memblock_add(struct memblock *mb, paddr_t base, u64 size)
{
	return add_range(mb, &mb->memory, base, size);
}

int memblock_reserve(struct memblock *mb, paddr_t base, u64 size)
{
	return add_range(mb, &mb->reserved, base, size);
}

/* --- changing what is there --- */

/* Does addr lie inside of a region, not at its start? */
static bool splits(const struct memblock_type *type, paddr_t addr)
{
	u32 i = memblock_first_ending_above(type, addr);

	return i < type->cnt && type->regions[i].base < addr;
}

static void split_at(struct memblock_type *type, paddr_t addr)
{
	u32 i = memblock_first_ending_above(type, addr);
	struct memblock_region *r = &type->regions[i];
	u64 rest;

	if (!splits(type, addr))
		return;
	rest = region_end(r) - addr;
	r->size -= rest;
	type->total_size -= rest;
	insert_region(type, i + 1, addr, rest, r);
}

/*
 * Make the regions [*first, *last) cover exactly what [base, base + size) has
 * of this type.
 */
static int isolate_range(struct memblock *mb, struct memblock_type *type,
			 paddr_t base, u64 size, u32 *first, u32 *last)
{
	paddr_t end = base + cap_size(base, size);
	int err;

	*first = *last = 0;
	if (base == end)
		return 0;
	err = make_room(mb, type, (u32)splits(type, base) + splits(type, end),
			base, end - base);
	if (err)
		return err;
	split_at(type, base);
	split_at(type, end);
	*first = memblock_first_ending_above(type, base);
	*last = memblock_nr_starting_below(type, end);
	return 0;
}

static int remove_range(struct memblock *mb, struct memblock_type *type,
			paddr_t base, u64 size)
{
	u32 first, last;
	int err = isolate_range(mb, type, base, size, &first, &last);

	if (err)
		return err;
	if (first < last)
		delete_regions(type, first, last);
	return 0;
}

int memblock_remove(struct memblock *mb, paddr_t base, u64 size)
{
	return remove_range(mb, &mb->memory, base, size);
}

int memblock_phys_free(struct memblock *mb, paddr_t base, u64 size)
{
	return remove_range(mb, &mb->reserved, base, size);
}

int memblock_set_node(struct memblock *mb, paddr_t base, u64 size, int nid)
{
	u32 first, last;
	int err = isolate_range(mb, &mb->memory, base, size, &first, &last);

	if (err)
		return err;
	for (u32 i = first; i < last; i++)
		mb->memory.regions[i].nid = nid;
	merge_regions(&mb->memory);
	return 0;
}

static int set_flags(struct memblock *mb, paddr_t base, u64 size, u32 flags)
{
	u32 first, last;
	int err = isolate_range(mb, &mb->memory, base, size, &first, &last);

	if (err)
		return err;
	for (u32 i = first; i < last; i++)
		mb->memory.regions[i].flags = flags;
	merge_regions(&mb->memory);
	return 0;
}

int memblock_mark_hotplug(struct memblock *mb, paddr_t base, u64 size)
{
	return set_flags(mb, base, size, MEMBLOCK_HOTPLUG);
}

int memblock_clear_hotplug(struct memblock *mb, paddr_t base, u64 size)
{
	return set_flags(mb, base, size, MEMBLOCK_NONE);
}

void memblock_trim_memory(struct memblock *mb, u64 align)
{
	struct memblock_type *type = &mb->memory;
	u32 i = 0;

	while (i < type->cnt) {
		struct memblock_region *r = &type->regions[i];
		paddr_t start = ALIGN(r->base, align);
		paddr_t end = ALIGN_DOWN(region_end(r), align);

		/* start < base: rounded up past 2^64 */
		if (start < r->base || start >= end) {
			delete_regions(type, i, i + 1);
			continue;
		}
		type->total_size -= r->size - (end - start);
		r->base = start;
		r->size = end - start;
		i++;
	}
}

/* --- allocating --- */

static paddr_t alloc_range(struct memblock *mb, u64 size, u64 align,
			   paddr_t start, paddr_t end, int nid, bool exact)
{
	paddr_t addr;

	if (!size || POINT_FAILS(memblock_alloc, size))
		return 0;
	addr = memblock_find_top_down(mb, size, align, start, end, nid);
	if (!addr && nid != NUMA_NO_NODE && !exact)
		addr = memblock_find_top_down(mb, size, align, start, end,
					      NUMA_NO_NODE);
	if (!addr || memblock_reserve(mb, addr, size))
		return 0;
	return addr;
}

paddr_t memblock_phys_alloc_range(struct memblock *mb, u64 size, u64 align,
				  paddr_t start, paddr_t end, int nid)
{
	return alloc_range(mb, size, align, start, end, nid, false);
}

paddr_t memblock_phys_alloc_exact_nid(struct memblock *mb, u64 size, u64 align,
				      paddr_t start, paddr_t end, int nid)
{
	return alloc_range(mb, size, align, start, end, nid, true);
}

/* --- checking --- */

static const char *region_fault(const struct memblock_region *r,
				const struct memblock_region *before)
{
	if (!r->size)
		return "is empty";
	if (region_end(r) < r->base)
		return "wraps";
	if (!before)
		return NULL;
	if (region_end(before) > r->base)
		return "overlaps or is before its neighbour below";
	if (mergeable(before, r))
		return "should be one with its neighbour below";
	return NULL;
}

static int check_type(const struct memblock_type *type)
{
	int findings = 0;
	u64 total = 0;

	for (u32 i = 0; i < type->cnt; i++) {
		const struct memblock_region *r = &type->regions[i];
		const char *fault = region_fault(r, i ? r - 1 : NULL);

		total += r->size;
		if (!fault)
			continue;
		findings++;
		pr_err("memblock: %s[%u] [0x%lx, 0x%lx bytes] %s\n", type->name,
		       i, r->base, r->size, fault);
	}
	if (total != type->total_size) {
		findings++;
		pr_err("memblock: %s total %lu, recounted %lu\n", type->name,
		       type->total_size, total);
	}
	return findings;
}

int memblock_check(const struct memblock *mb)
{
	return check_type(&mb->memory) + check_type(&mb->reserved);
}
