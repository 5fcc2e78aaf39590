// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_memblock.c - ranges against pictures and a naive page map
 *
 * In pictures one character is a page (P): 'm' memory, 'r' reserved.
 */
#include <kernel/errno.h>
#include <kernel/point.h>
#include <kernel/test.h>

#include "mm_fixture.h"

#define P PAGE_SIZE

static struct memblock *new_memblock(void)
{
	struct memblock *mb = &fixture_mm()->memblock;

	memblock_init(mb);
	return mb;
}

#define EXPECT_REGION(type, i, base_, size_)                                   \
	do {                                                                   \
		EXPECT_EQ((type).regions[i].base, base_);                      \
		EXPECT_EQ((type).regions[i].size, size_);                      \
	} while (0)

/*
 *	before  .mm.mm..
 *	add     ...m....
 *	after   .mmmmm..
 */
TEST(memblock, add_merges_neighbours)
{
	struct memblock *mb = new_memblock();

	EXPECT_EQ(memblock_add(mb, 1 * P, 2 * P), 0);
	EXPECT_EQ(memblock_add(mb, 4 * P, 2 * P), 0);
	EXPECT_EQ(mb->memory.cnt, 2);
	EXPECT_EQ(memblock_add(mb, 3 * P, P), 0);
	EXPECT_EQ(mb->memory.cnt, 1);
	EXPECT_REGION(mb->memory, 0, P, 5 * P);
	EXPECT_EQ(mb->memory.total_size, 5 * P);
	EXPECT_EQ(memblock_check(mb), 0);
}

/*
 *	before  ..mm..m..m
 *	add     .mmmmmmmm.
 */
TEST(memblock, add_over_several_fills_the_gaps)
{
	struct memblock *mb = new_memblock();

	memblock_add(mb, 2 * P, 2 * P);
	memblock_add(mb, 6 * P, P);
	memblock_add(mb, 9 * P, P);
	memblock_set_node(mb, 6 * P, P, 3);
	EXPECT_EQ(memblock_add(mb, P, 8 * P), 0);
	EXPECT_EQ(mb->memory.cnt, 3); /* node 3 keeps its page */
	EXPECT_REGION(mb->memory, 0, P, 5 * P);
	EXPECT_REGION(mb->memory, 1, 6 * P, P);
	EXPECT_REGION(mb->memory, 2, 7 * P, 3 * P);
	EXPECT_EQ(memblock_check(mb), 0);
}

/*
 *	before  mmmmmm..mm
 *	remove  .xx......x
 *	after   m..mmm..m.
 */
TEST(memblock, remove_splits)
{
	struct memblock *mb = new_memblock();

	memblock_add(mb, 0, 6 * P);
	memblock_add(mb, 8 * P, 2 * P);
	EXPECT_EQ(memblock_remove(mb, P, 2 * P), 0);
	EXPECT_EQ(memblock_remove(mb, 9 * P, 100 * P), 0);
	EXPECT_EQ(mb->memory.cnt, 3);
	EXPECT_REGION(mb->memory, 0, 0, P);
	EXPECT_REGION(mb->memory, 1, 3 * P, 3 * P);
	EXPECT_REGION(mb->memory, 2, 8 * P, P);
	EXPECT_EQ(mb->memory.total_size, 5 * P);
	EXPECT_EQ(memblock_remove(mb, 0, UINT64_MAX), 0);
	EXPECT_EQ(mb->memory.cnt, 0);
	EXPECT_EQ(memblock_check(mb), 0);
}

TEST(memblock, set_node_splits_and_merges_back)
{
	struct memblock *mb = new_memblock();

	memblock_add(mb, 0, 10 * P);
	memblock_set_node(mb, 0, UINT64_MAX, 0);
	memblock_set_node(mb, 3 * P, 2 * P, 1);
	EXPECT_EQ(mb->memory.cnt, 3);
	EXPECT_EQ(mb->memory.regions[1].nid, 1);
	memblock_mark_hotplug(mb, 4 * P, P);
	EXPECT_EQ(mb->memory.cnt, 4);
	memblock_set_node(mb, 3 * P, 2 * P, 0);
	EXPECT_EQ(mb->memory.cnt, 3); /* the flag still differs */
	EXPECT_EQ(mb->memory.regions[1].flags, MEMBLOCK_HOTPLUG);
	memblock_clear_hotplug(mb, 0, UINT64_MAX);
	EXPECT_EQ(mb->memory.cnt, 1);
	EXPECT_EQ(memblock_check(mb), 0);
}

/* Bytes: [0x100,0x9fc00) [0x9fc00,0xa0000): joined first, then trimmed. */
TEST(memblock, trim_rounds_inward)
{
	struct memblock *mb = new_memblock();

	memblock_add(mb, 0x100, 0x9fb00);
	memblock_add(mb, 0x9fc00, 0x400);
	memblock_add(mb, 0x100100, 0x1000); /* no whole page */
	memblock_add(mb, 0x200800, 0x2000); /* one */
	memblock_add(mb, UINT64_MAX - 100, 100);
	memblock_trim_memory(mb, P);
	EXPECT_EQ(mb->memory.cnt, 2);
	EXPECT_REGION(mb->memory, 0, 0x1000, 0x9f000);
	EXPECT_REGION(mb->memory, 1, 0x201000, 0x1000);
	EXPECT_EQ(memblock_start_of_DRAM(mb), 0x1000);
	EXPECT_EQ(memblock_end_of_DRAM(mb), 0x202000);
	EXPECT_EQ(memblock_check(mb), 0);
}

TEST(memblock, empty_and_wrapping_ranges)
{
	struct memblock *mb = new_memblock();

	EXPECT_EQ(memblock_add(mb, 5 * P, 0), 0);
	EXPECT_EQ(mb->memory.cnt, 0);
	EXPECT_EQ(memblock_start_of_DRAM(mb), 0);
	EXPECT_EQ(memblock_end_of_DRAM(mb), 0);
	EXPECT_EQ(memblock_add(mb, 5 * P, UINT64_MAX), 0);
	EXPECT_EQ(memblock_end_of_DRAM(mb), UINT64_MAX);
	EXPECT_EQ(memblock_remove(mb, 5 * P, 0), 0);
	EXPECT_EQ(mb->memory.cnt, 1);
	EXPECT_EQ(memblock_phys_free(mb, 0, UINT64_MAX), 0);
	EXPECT_EQ(memblock_check(mb), 0);
}

/*
 *	memory    mmmmmmmm..mmmm
 *	reserved  .....r......r.   and 2-page allocations from the top
 */
TEST(memblock, allocates_top_down)
{
	struct memblock *mb = new_memblock();

	memblock_add(mb, 0, 8 * P);
	memblock_add(mb, 10 * P, 4 * P);
	memblock_reserve(mb, 5 * P, P);
	memblock_reserve(mb, 12 * P, P);
	EXPECT_EQ(memblock_phys_alloc_range(mb, 2 * P, P, 0, ~0UL, -1), 10 * P);
	EXPECT_EQ(memblock_phys_alloc_range(mb, 2 * P, P, 0, ~0UL, -1), 6 * P);
	EXPECT_EQ(memblock_phys_alloc_range(mb, 2 * P, 2 * P, 0, ~0UL, -1),
		  2 * P);
	EXPECT_EQ(memblock_phys_alloc_range(mb, 8, 8, 0, ~0UL, -1),
		  14 * P - 8);
	EXPECT_EQ(memblock_phys_alloc_range(mb, P, P, 0, 3 * P, -1), P);
	EXPECT_EQ(memblock_phys_alloc_range(mb, P, P, 0, 3 * P, -1), 0);
	EXPECT_EQ(memblock_phys_alloc_range(mb, 0, P, 0, ~0UL, -1), 0);
	mb->current_limit = 4 * P;
	EXPECT_EQ(memblock_phys_alloc_range(mb, P, P, 0, ~0UL, -1), 0);
	mb->current_limit = 5 * P;
	EXPECT_EQ(memblock_phys_alloc_range(mb, P, P, 0, ~0UL, -1), 4 * P);
	EXPECT_EQ(memblock_check(mb), 0);
}

TEST(memblock, prefers_the_node_then_any)
{
	struct memblock *mb = new_memblock();

	memblock_add(mb, P, 8 * P);
	memblock_set_node(mb, P, 4 * P, 0);
	memblock_set_node(mb, 5 * P, 4 * P, 1);
	EXPECT_EQ(memblock_phys_alloc_range(mb, 3 * P, P, 0, ~0UL, 0), 2 * P);
	EXPECT_EQ(memblock_phys_alloc_exact_nid(mb, 3 * P, P, 0, ~0UL, 0), 0);
	EXPECT_EQ(memblock_phys_alloc_range(mb, 3 * P, P, 0, ~0UL, 0), 6 * P);
	EXPECT_EQ(memblock_phys_alloc_range(mb, P, P, 0, ~0UL, 77), 5 * P);
	EXPECT_EQ(memblock_phys_alloc_exact_nid(mb, P, P, 0, ~0UL, 0), P);
}

TEST(memblock, allocation_fails_on_demand)
{
	struct memblock *mb = new_memblock();

	memblock_add(mb, P, 8 * P);
	point_fail_nth("memblock_alloc", 2);
	EXPECT_NE(memblock_phys_alloc_range(mb, P, P, 0, ~0UL, -1), 0);
	EXPECT_EQ(memblock_phys_alloc_range(mb, P, P, 0, ~0UL, -1), 0);
	point_disable("memblock_alloc");
	EXPECT_EQ(mb->reserved.total_size, P);
}

/* What the arrays grow into: page a of "physical" memory is backing[a]. */
static u8 backing[64 * P] __aligned(16);

static void *backing_virt(paddr_t addr)
{
	return addr < sizeof(backing) ? backing + addr : NULL;
}

/*
 * 1,000 reserved single bytes at 1 GiB, each apart; the arrays that hold them
 * come from the 63 pages and the outgrown ones go back.
 */
TEST(memblock, arrays_double)
{
	struct memblock *mb = new_memblock();

	memblock_add(mb, P, 63 * P);
	mb->to_virt = backing_virt;
	for (u64 i = 0; i < 1000; i++)
		ASSERT_EQ(memblock_reserve(mb, GiB + i * 128, 1), 0);
	EXPECT_EQ(memblock_check(mb), 0);
	EXPECT_GE(mb->reserved.max, 1000);
	EXPECT_GE(mb->reserved.cnt, 1000);
	EXPECT_TRUE(memblock_is_reserved(mb, mb->reserved.regions_phys));
	for (u64 i = 0; i < 1000; i++) {
		EXPECT_TRUE(memblock_is_reserved(mb, GiB + i * 128));
		EXPECT_FALSE(memblock_is_reserved(mb, GiB + i * 128 + 64));
	}
	/* Only the newest array is still reserved, besides the bytes. */
	EXPECT_EQ(mb->reserved.total_size,
		  1000 + ALIGN(mb->reserved.max * sizeof(struct memblock_region),
			       P));
	for (u64 i = 0; i < 1000; i++)
		memblock_phys_free(mb, GiB + i * 128, 1);
	EXPECT_EQ(mb->reserved.cnt, 1);
}

TEST(memblock, memory_array_doubles)
{
	struct memblock *mb = new_memblock();

	memblock_add(mb, P, 63 * P);
	mb->to_virt = backing_virt;
	for (u64 i = 0; i < 600; i++)
		ASSERT_EQ(memblock_add(mb, GiB + i * 2 * P, P), 0);
	EXPECT_EQ(mb->memory.cnt, 601);
	EXPECT_EQ(mb->reserved.cnt, 1);
	EXPECT_EQ(memblock_check(mb), 0);
}

/* The range being removed must not receive the new array. */
TEST(memblock, array_avoids_the_range_in_change)
{
	struct memblock *mb = new_memblock();

	memblock_add(mb, P, 63 * P);
	for (u64 i = 1; i < MEMBLOCK_INIT_REGIONS; i++)
		memblock_add(mb, GiB + i * 2 * P, P);
	EXPECT_EQ(mb->memory.cnt, mb->memory.max);
	mb->to_virt = backing_virt;
	mb->current_limit = GiB;
	EXPECT_EQ(memblock_remove(mb, 40 * P, 24 * P), 0);
	EXPECT_LT(mb->memory.regions_phys, 40 * P);
	EXPECT_NE(mb->memory.regions_phys, 0);
	EXPECT_EQ(memblock_check(mb), 0);
}

TEST(memblock, full_array_drops_and_stays_sound)
{
	struct memblock *mb = new_memblock();

	for (u64 i = 0; i < MEMBLOCK_INIT_REGIONS; i++)
		EXPECT_EQ(memblock_add(mb, i * 2 * P, P), 0);
	EXPECT_EQ(memblock_add(mb, GiB, P), -ENOMEM);
	EXPECT_EQ(memblock_add(mb, 0, P), 0); /* nothing new to add */
	EXPECT_EQ(mb->memory.cnt, MEMBLOCK_INIT_REGIONS);
	EXPECT_EQ(memblock_check(mb), 0);
	mb->to_virt = backing_virt; /* there, but no memory below the limit */
	mb->current_limit = 0;
	EXPECT_EQ(memblock_add(mb, GiB, P), -ENOMEM);
	EXPECT_EQ(memblock_check(mb), 0);
}

TEST(memblock, doubling_fails_on_demand)
{
	struct memblock *mb = new_memblock();

	memblock_add(mb, P, 63 * P);
	for (u64 i = 0; i < MEMBLOCK_INIT_REGIONS; i++)
		memblock_reserve(mb, GiB + i * 2 * P, P);
	mb->to_virt = backing_virt;
	point_fail_nth("memblock_double_array", 1);
	EXPECT_EQ(memblock_phys_alloc_range(mb, 8, 8, 0, ~0UL, -1), 0);
	point_disable("memblock_double_array");
	EXPECT_NE(memblock_phys_alloc_range(mb, 8, 8, 0, ~0UL, -1), 0);
	EXPECT_EQ(memblock_check(mb), 0);
}

/*
 *	memory    .mmmmmm.nn   n: node 1
 *	reserved  rr..r...r.
 *	free      ..ff.ff..f
 */
TEST(memblock, iterators)
{
	struct memblock *mb = new_memblock();
	paddr_t pos = 0, start, end;
	pfn_t s, e;
	u32 i = 0;
	int nid;

	memblock_add(mb, P, 6 * P);
	memblock_add(mb, 8 * P, 2 * P);
	memblock_set_node(mb, 0, 7 * P, 0);
	memblock_set_node(mb, 8 * P, 2 * P, 1);
	memblock_reserve(mb, 0, 2 * P);
	memblock_reserve(mb, 4 * P, P);
	memblock_reserve(mb, 8 * P, P);
	ASSERT_TRUE(memblock_next_free_range(mb, &pos, &start, &end, &nid));
	EXPECT_EQ(start, 2 * P);
	EXPECT_EQ(end, 4 * P);
	ASSERT_TRUE(memblock_next_free_range(mb, &pos, &start, &end, &nid));
	EXPECT_EQ(start, 5 * P);
	EXPECT_EQ(end, 7 * P);
	EXPECT_EQ(nid, 0);
	ASSERT_TRUE(memblock_next_free_range(mb, &pos, &start, &end, &nid));
	EXPECT_EQ(start, 9 * P);
	EXPECT_EQ(nid, 1);
	EXPECT_FALSE(memblock_next_free_range(mb, &pos, &start, &end, &nid));

	memblock_add(mb, 20 * P + 8, 100); /* no whole frame */
	ASSERT_TRUE(memblock_next_mem_pfn_range(mb, &i, 1, &s, &e, &nid));
	EXPECT_EQ(s, 8);
	EXPECT_EQ(e, 10);
	EXPECT_EQ(nid, 1);
	EXPECT_FALSE(memblock_next_mem_pfn_range(mb, &i, 1, &s, &e, &nid));
	EXPECT_TRUE(memblock_is_region_reserved(mb, 3 * P, 2 * P));
	EXPECT_FALSE(memblock_is_region_reserved(mb, 2 * P, 2 * P));
	EXPECT_FALSE(memblock_is_region_reserved(mb, 9 * P, UINT64_MAX));
}

/* --- random changes against one byte a page --- */

#define PAGES 100

struct naive {
	bool memory[PAGES], reserved[PAGES];
	u8 nid[PAGES]; /* 255: none */
};

static void naive_set(bool *map, u64 start, u64 nr, bool value)
{
	for (u64 i = start; i < start + nr && i < PAGES; i++)
		map[i] = value;
}

static void random_change(struct memblock *mb, struct naive *naive, u64 *seed)
{
	u64 op = fixture_random(seed) % 5, start = fixture_random(seed) % PAGES;
	u64 nr = fixture_random(seed) % 12;

	switch (op) {
	case 0:
		memblock_add(mb, start * P, nr * P);
		for (u64 i = start; i < start + nr && i < PAGES; i++)
			if (!naive->memory[i])
				naive->nid[i] = 255;
		naive_set(naive->memory, start, nr, true);
		break;
	case 1:
		memblock_remove(mb, start * P, nr * P);
		naive_set(naive->memory, start, nr, false);
		break;
	case 2:
		memblock_reserve(mb, start * P, nr * P);
		naive_set(naive->reserved, start, nr, true);
		break;
	case 3:
		memblock_phys_free(mb, start * P, nr * P);
		naive_set(naive->reserved, start, nr, false);
		break;
	default:
		memblock_set_node(mb, start * P, nr * P, (int)(start % 3));
		for (u64 i = start; i < start + nr && i < PAGES; i++)
			naive->nid[i] = start % 3;
	}
}

static u64 naive_alloc(const struct naive *naive, u64 nr, u64 align, u8 nid)
{
	for (u64 at = PAGES - nr + 1; at-- > 1;) {
		u64 i = 0;

		while (i < nr && naive->memory[at + i] &&
		       !naive->reserved[at + i] &&
		       naive->nid[at + i] == naive->nid[at] &&
		       (nid == 254 || naive->nid[at] == nid))
			i++;
		if (i == nr && at % align == 0)
			return at;
	}
	return 0;
}

static bool same_free(const struct memblock *mb, const struct naive *naive)
{
	static bool free_map[PAGES];
	paddr_t pos = 0, start, end;
	int nid;

	memset(free_map, 0, sizeof(free_map));
	while (memblock_next_free_range(mb, &pos, &start, &end, &nid))
		naive_set(free_map, start / P, (end - start) / P, true);
	for (u32 i = 0; i < PAGES; i++)
		if (free_map[i] != (naive->memory[i] && !naive->reserved[i]))
			return false;
	return true;
}

static bool same_maps(const struct memblock *mb, const struct naive *naive)
{
	for (u64 i = 0; i < PAGES; i++)
		if (memblock_is_memory(mb, i * P) != naive->memory[i] ||
		    memblock_is_reserved(mb, i * P + 5) != naive->reserved[i])
			return false;
	return same_free(mb, naive);
}

TEST(memblock, random_changes_match_the_page_map)
{
	static struct naive naive;
	struct memblock *mb = new_memblock();
	u64 seed = 42;

	test_note(t, "seed %lu", seed);
	memset(&naive, 0, sizeof(naive));
	/* What lies beyond the picture stays out of it. */
	memblock_remove(mb, PAGES * P, UINT64_MAX);
	for (u32 round = 0; round < 20000; round++) {
		u64 nr = fixture_random(&seed) % 4 + 1, want, got;
		u64 align = 1UL << fixture_random(&seed) % 3;
		int nid = (int)(fixture_random(&seed) % 4) - 1;

		random_change(mb, &naive, &seed);
		memblock_remove(mb, PAGES * P, UINT64_MAX);
		memblock_phys_free(mb, PAGES * P, UINT64_MAX);
		ASSERT_EQ(memblock_check(mb), 0);
		ASSERT_TRUE(same_maps(mb, &naive));
		if (round % 4)
			continue;
		want = naive_alloc(&naive, nr, align,
				   nid == -1 ? 254 : (u8)nid);
		got = memblock_phys_alloc_exact_nid(mb, nr * P, align * P, 0,
						    ~0UL, nid);
		ASSERT_EQ(got, want * P);
		if (got)
			naive_set(naive.reserved, want, nr, true);
	}
}

/* One fault, one finding. */
TEST(memblock, check_finds_each_fault)
{
	struct memblock *mb = new_memblock();
	struct memblock_region good;

	memblock_add(mb, P, P);
	memblock_add(mb, 3 * P, P);
	EXPECT_EQ(memblock_check(mb), 0);
	good = mb->memory.regions[1];
	mb->memory.regions[1].base = 2 * P;
	EXPECT_EQ(memblock_check(mb), 1);
	mb->memory.regions[1].base = P;
	EXPECT_EQ(memblock_check(mb), 1);
	mb->memory.regions[1] = good;
	mb->memory.total_size += 1;
	EXPECT_EQ(memblock_check(mb), 1);
	mb->memory.total_size -= P + 1;
	mb->memory.regions[1].size = 0;
	EXPECT_EQ(memblock_check(mb), 1);
}
