// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_vmstat.c - sums against recounts after random operations
 *
 *	private zone  | U | M | E | C | H | I | M | M |   blocks of all types
 *	                 random allocations and frees in between
 */
#include <mm/page_debug.h>
#include <mm/vmstat.h>

#include "random.h"
#include "recount.h"
#include "zone_fixture.h"

#define NR_BLOCKS 8
#define MAX_HELD  512

static struct {
	struct page *page;
	u32 order;
} held[MAX_HELD];
static u32 nr_held;
static u64 pages_out, pages_back;
static struct recount rc;

static void take(struct zone *zone, struct rng *rng)
{
	static const gfp_t masks[] = { GFP_KERNEL, GFP_HIGHUSER_MOVABLE,
				       GFP_KERNEL | __GFP_RECLAIMABLE };
	u32 order = rng_below(rng, 5);
	struct page *page = alloc_pages_zone(zone, masks[rng_below(rng, 3)],
					     order, 0);

	if (!page)
		return;
	held[nr_held].page = page;
	held[nr_held++].order = order;
	pages_out += 1UL << order;
}

static void give(u32 i)
{
	pages_back += 1UL << held[i].order;
	free_pages(held[i].page, held[i].order);
	held[i] = held[--nr_held];
}

static void retype(struct zone *zone, u32 n, enum migratetype type)
{
	u64 flags = spin_lock_irqsave(&zone->lock);
	struct pageblock *b = &zone->fl->blocks[n];

	freelist_unisolate(zone, b, MIGRATE_MOVABLE);
	if (type == MIGRATE_ISOLATE)
		freelist_isolate(zone, b);
	else
		freelist_retype(zone, b, type);
	spin_unlock_irqrestore(&zone->lock, flags);
}

static void compare_chunks(struct test *t, struct zone *zone)
{
	struct free_chunks chunks;
	u64 area[NR_PAGE_ORDERS], blocks[MIGRATE_TYPES], whole = 0;

	recount_zone(zone, &rc);
	zone_free_chunks(zone, &chunks);
	zone_free_area(zone, area);
	zone_block_types(zone, blocks);
	for (u32 o = 0; o < NR_PAGE_ORDERS; o++) {
		EXPECT_EQ(area[o], recount_order(&rc, o));
		for (u32 k = 0; k < MIGRATE_TYPES; k++)
			EXPECT_EQ(chunks.nr[k][o], rc.chunks[k][o]);
	}
	for (u32 k = 0; k < MIGRATE_TYPES; k++) {
		EXPECT_EQ(blocks[k], rc.blocks[k]);
		for (u32 o = pageblock_order; k != MIGRATE_ISOLATE && o <= MAX_ORDER; o++)
			whole += rc.chunks[k][o] << o;
	}
	EXPECT_EQ(zone_nr_free_exact(zone), rc.free);
	EXPECT_EQ(zone->nr_free_pages, rc.free);
	EXPECT_EQ(zone_nr_free_blocks(zone), whole);
}

static void compare_types(struct test *t, struct zone *zone)
{
	u64 cma = 0, atomic = 0, cma_blocks = 0;

	/* An isolated one stays a CMA block. */
	for (u32 n = 0; n < NR_BLOCKS; n++)
		cma_blocks += (zone->fl->blocks[n].bits & 7) == MIGRATE_CMA;
	for (u32 o = 0; o < NR_PAGE_ORDERS; o++) {
		cma += rc.chunks[MIGRATE_CMA][o] << o;
		atomic += rc.chunks[MIGRATE_HIGHATOMIC][o] << o;
	}
	EXPECT_EQ(zone_nr_free_cma(zone), cma);
	EXPECT_EQ(zone_nr_free_highatomic(zone), atomic);
	EXPECT_EQ(zone_cma_pages(zone), cma_blocks * 512);
}

TEST(vmstat, free_chunks_after_random_operations)
{
	struct zone *zone = private_zone_create(NR_BLOCKS, 0, 0);
	struct rng rng = { .state = 0x76737461 };

	ASSERT_ZONE(zone);
	for (u32 round = 0; round < 40; round++) {
		for (u32 i = 0; i < 50; i++)
			if (nr_held < MAX_HELD && rng_below(&rng, 5) > 1)
				take(zone, &rng);
			else if (nr_held)
				give(rng_below(&rng, nr_held));
		retype(zone, rng_below(&rng, NR_BLOCKS),
		       (enum migratetype)rng_below(&rng, MIGRATE_TYPES));
		compare_chunks(t, zone);
		compare_types(t, zone);
	}
	while (nr_held)
		give(nr_held - 1);
	for (u32 n = 0; n < NR_BLOCKS; n++)
		retype(zone, n, MIGRATE_MOVABLE);
	EXPECT_EQ(zone_check_all(kernel_mm(), zone), 0);
	EXPECT_TRUE(private_zone_destroy(zone));
}

/* Two whole blocks that are isolated are two chunks, not one. */
TEST(vmstat, isolated_blocks_are_counted_apart)
{
	struct zone *zone = private_zone_create(4, 0, 0);
	struct free_chunks chunks;

	ASSERT_ZONE(zone);
	retype(zone, 0, MIGRATE_ISOLATE);
	retype(zone, 1, MIGRATE_ISOLATE);
	zone_free_chunks(zone, &chunks);
	EXPECT_EQ(chunks.nr[MIGRATE_ISOLATE][pageblock_order], 2);
	EXPECT_EQ(chunks.nr[MIGRATE_MOVABLE][MAX_ORDER], 1);
	EXPECT_EQ(zone_nr_free_exact(zone), 1024);
	EXPECT_EQ(zone_nr_free_blocks(zone), 1024);
	retype(zone, 0, MIGRATE_MOVABLE);
	retype(zone, 1, MIGRATE_MOVABLE);
	EXPECT_TRUE(private_zone_destroy(zone));
}

TEST(vmstat, pages_out_and_back)
{
	struct zone *zone = private_zone_create(NR_BLOCKS, 0, 0);
	struct rng rng = { .state = 0x6f757462 };
	u64 out, back;

	ASSERT_ZONE(zone);
	pages_out = pages_back = 0;
	out = zone_pgalloc(zone);
	back = zone_pgfree(zone);
	for (u32 i = 0; i < 3000; i++)
		if (nr_held < MAX_HELD && rng_below(&rng, 2))
			take(zone, &rng);
		else if (nr_held)
			give(rng_below(&rng, nr_held));
	EXPECT_EQ(zone_pgalloc(zone) - out, pages_out);
	EXPECT_EQ(zone_pgfree(zone) - back, pages_back);
	while (nr_held)
		give(nr_held - 1);
	EXPECT_EQ(zone_pgfree(zone) - back, pages_out);
	EXPECT_TRUE(private_zone_destroy(zone));
}

/*
 *	block  0 Movable: 1 unmovable frame   mixed
 *	       1 Movable: 1 movable frame     not
 *	       2 Unmovable: empty             not
 *	       3 CMA: 1 movable frame         counted as Movable, like Linux's
 */
TEST(vmstat, mixed_blocks_are_exact)
{
	struct zone *zone = private_zone_create(4, 0, 0);
	u64 nr[MIGRATE_TYPES];
	u64 flags;

	ASSERT_ZONE(zone);
	retype(zone, 2, MIGRATE_UNMOVABLE);
	retype(zone, 3, MIGRATE_CMA);
	flags = spin_lock_irqsave(&zone->lock);
	freelist_take_at(zone, zone->zone_start_pfn, 0, MIGRATE_UNMOVABLE);
	freelist_take_at(zone, zone->zone_start_pfn + 512, 0, MIGRATE_MOVABLE);
	freelist_take_at(zone, zone->zone_start_pfn + 3 * 512, 0,
			 MIGRATE_MOVABLE);
	spin_unlock_irqrestore(&zone->lock, flags);
	zone_mixed_blocks(zone, nr);
	EXPECT_EQ(nr[MIGRATE_MOVABLE], 2);
	EXPECT_EQ(nr[MIGRATE_UNMOVABLE], 0);
	EXPECT_EQ(nr[MIGRATE_CMA], 0);
	flags = spin_lock_irqsave(&zone->lock);
	freelist_put(zone, zone->zone_start_pfn, 0, MIGRATE_UNMOVABLE);
	freelist_put(zone, zone->zone_start_pfn + 512, 0, MIGRATE_MOVABLE);
	freelist_put(zone, zone->zone_start_pfn + 3 * 512, 0, MIGRATE_MOVABLE);
	spin_unlock_irqrestore(&zone->lock, flags);
	zone_mixed_blocks(zone, nr);
	EXPECT_EQ(nr[MIGRATE_MOVABLE], 0);
	EXPECT_TRUE(private_zone_destroy(zone));
}

/* --- the machine's own zones --- */

static u64 all_numa(enum numa_item item)
{
	struct zone *zone;
	u64 sum = 0;

	for_each_populated_zone(kernel_mm(), zone)
		sum += zone_numa_events(zone, item);
	return sum;
}

/* Fast pops, refills and orders without stacks: each counts once. */
TEST(vmstat, local_allocations_are_hits)
{
	static struct page *pages[200];
	u64 hit = all_numa(NUMA_HIT), local = all_numa(NUMA_LOCAL);
	u64 miss = all_numa(NUMA_MISS), other = all_numa(NUMA_OTHER);

	for (u32 i = 0; i < 200; i++) {
		pages[i] = alloc_pages(GFP_KERNEL, i % 6);
		ASSERT_TRUE(pages[i] != NULL);
	}
	EXPECT_EQ(all_numa(NUMA_HIT) - hit, 200);
	EXPECT_EQ(all_numa(NUMA_MISS) - miss, 0);
	EXPECT_EQ(all_numa(NUMA_LOCAL) + all_numa(NUMA_OTHER) - local - other,
		  200);
	for (u32 i = 0; i < 200; i++)
		free_pages(pages[i], i % 6);
}

/* A node with memory other than this CPU's; -1: none. */
static int other_node(void)
{
	for (int n = 0; n < MAX_NUMNODES; n++)
		if (n != this_cpu_read(cpu_nid) &&
		    kernel_mm()->nodes[n].node_present_pages)
			return n;
	return -1;
}

TEST(vmstat, another_node_asked_for_is_a_hit_elsewhere)
{
	u64 hit = all_numa(NUMA_HIT), other = all_numa(NUMA_OTHER);
	u64 local = all_numa(NUMA_LOCAL), miss = all_numa(NUMA_MISS);
	struct page *page;

	if (other_node() < 0)
		SKIP("one node");
	page = alloc_pages_node(other_node(), GFP_KERNEL, 0);
	ASSERT_TRUE(page != NULL);
	EXPECT_EQ(page_zone(page)->nid, other_node());
	free_pages(page, 0);
	EXPECT_EQ(all_numa(NUMA_HIT) - hit, 1);
	EXPECT_EQ(all_numa(NUMA_MISS) - miss, 0);
	EXPECT_EQ(all_numa(NUMA_OTHER) - other, 1);
	EXPECT_EQ(all_numa(NUMA_LOCAL) - local, 0);
}

/* Nothing nearer could serve it: the first zone of the list is a hit. */
TEST(vmstat, zone_that_the_node_lacks_is_a_hit)
{
	u64 hit = all_numa(NUMA_HIT), miss = all_numa(NUMA_MISS);
	struct page *page;

	if (other_node() < 0 ||
	    populated_zone(&kernel_mm()->nodes[other_node()].zones[ZONE_DMA]))
		SKIP("no node without DMA");
	page = alloc_pages_node(other_node(), GFP_KERNEL | __GFP_DMA, 0);
	ASSERT_TRUE(page != NULL);
	free_pages(page, 0);
	EXPECT_EQ(all_numa(NUMA_HIT) - hit, 1);
	EXPECT_EQ(all_numa(NUMA_MISS) - miss, 0);
}

/*
 * Take the largest chunks of the own node until one comes from elsewhere: a
 * miss there, and foreign where it was wanted.
 */
TEST(vmstat, a_full_node_makes_misses)
{
	static struct page *pages[600];
	int own = this_cpu_read(cpu_nid);
	u64 miss = all_numa(NUMA_MISS), foreign = all_numa(NUMA_FOREIGN);
	u32 nr = 0;

	if (other_node() < 0 || !kernel_mm()->nodes[own].node_present_pages)
		SKIP("one node");
	while (nr < 600) {
		pages[nr] = alloc_pages(GFP_KERNEL | __GFP_NOWARN, MAX_ORDER);
		if (!pages[nr])
			break;
		if (page_zone(pages[nr++])->nid != own)
			break;
	}
	if (nr && nr < 600 && page_zone(pages[nr - 1])->nid != own) {
		EXPECT_EQ(all_numa(NUMA_MISS) - miss, 1);
		EXPECT_EQ(all_numa(NUMA_FOREIGN) - foreign, 1);
	} else {
		test_note(t, "the own node is too large to fill");
	}
	while (nr)
		free_pages(pages[--nr], MAX_ORDER);
}

TEST(vmstat, totals_are_the_zones_sums)
{
	struct page_totals all, t1, sum = { 0 };
	struct zone *zone;
	u64 free = 0, managed = 0, present = 0;

	for_each_populated_zone(kernel_mm(), zone) {
		recount_zone(zone, &rc);
		EXPECT_EQ(zone->nr_free_pages, rc.free);
		free += rc.free;
		managed += zone->managed_pages;
		present += zone->present_pages;
	}
	count_pages(kernel_mm(), NUMA_NO_NODE, &all);
	EXPECT_EQ(all.free, free);
	EXPECT_EQ(all.managed, managed);
	EXPECT_EQ(all.present, present);
	for (int n = 0; n < MAX_NUMNODES; n++) {
		count_pages(kernel_mm(), n, &t1);
		sum.free += t1.free;
		sum.managed += t1.managed;
		sum.pcp += t1.pcp;
	}
	EXPECT_EQ(sum.free, free);
	EXPECT_EQ(sum.managed, managed);
	EXPECT_EQ(sum.pcp, all.pcp);
}
