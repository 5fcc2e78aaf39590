// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_page_model.c - random operations against a plain model
 *
 * The model knows one thing: which frames somebody holds, one byte each. After
 * every operation the allocator must agree:
 *	- what it hands out is aligned, inside the zone, was nobody's, and is
 *	  in no fenced block
 *	- when it refuses, there is no such chunk (stacks drained, no fence)
 *	- its counts are those of the model, and zone_check_all() finds nothing
 */
#include "random.h"
#include "zone_fixture.h"

#define NR_BLOCKS  8
#define NR_FRAMES  (NR_BLOCKS * pageblock_nr_pages)
#define MAX_HELD   2048
#define CHECK_EACH 1000

static struct model {
	struct zone *zone;
	struct rng rng;
	u8 held_frame[NR_FRAMES];
	u64 nr_held_frames;
	u32 nr_held;
	struct {
		struct page *page;
		u32 order;
	} held[MAX_HELD];
	bool fenced[NR_BLOCKS];
	u32 refused[NR_PAGE_ORDERS];
} m;

static u64 index_of(const struct page *page)
{
	return page_to_pfn(page) - m.zone->zone_start_pfn;
}

static void hold(struct test *t, struct page *page, u32 order)
{
	u64 first = index_of(page);

	EXPECT_TRUE(IS_ALIGNED(page_to_pfn(page), 1UL << order));
	ASSERT_TRUE(first + (1UL << order) <= NR_FRAMES);
	for (u64 i = first; i < first + (1UL << order); i++) {
		EXPECT_EQ(m.held_frame[i], 0);
		EXPECT_FALSE(m.fenced[i >> pageblock_order]);
		m.held_frame[i] = 1;
	}
	m.held[m.nr_held].page = page;
	m.held[m.nr_held++].order = order;
	m.nr_held_frames += 1UL << order;
}

static bool run_is_free(u64 first, u64 nr)
{
	for (u64 i = first; i < first + nr; i++)
		if (m.held_frame[i] || m.fenced[i >> pageblock_order])
			return false;
	return true;
}

static bool model_has(u32 order)
{
	u64 nr = 1UL << order;

	for (u64 i = 0; i < NR_FRAMES; i += nr)
		if (run_is_free(i, nr))
			return true;
	return false;
}

static u32 random_order(void)
{
	/* Small ones often, large ones sometimes, as in life. */
	u32 bits = rng_below(&m.rng, 1u << 12) | 1u << 12;

	return min((u32)__builtin_ctz(bits), (u32)MAX_ORDER);
}

static gfp_t random_gfp(void)
{
	static const gfp_t types[] = { 0, __GFP_MOVABLE, __GFP_RECLAIMABLE };

	return GFP_KERNEL | __GFP_NOWARN | types[rng_below(&m.rng, 3)];
}

static void do_alloc(struct test *t)
{
	u32 order = random_order();
	gfp_t gfp = random_gfp();
	struct page *page;

	if (m.nr_held == MAX_HELD)
		return;
	page = alloc_pages_zone(m.zone, gfp, order, 0);
	if (!page) {
		drain_local_pages(m.zone);
		page = alloc_pages_zone(m.zone, gfp, order, 0);
	}
	if (page) {
		hold(t, page, order);
		EXPECT_EQ(page_order(page), order);
		EXPECT_EQ(page->refcount, 1);
		return;
	}
	m.refused[order]++;
	EXPECT_FALSE(model_has(order));
}

static void do_free(void)
{
	u32 i = rng_below(&m.rng, m.nr_held);
	struct page *page = m.held[i].page;
	u32 order = m.held[i].order;

	memset(&m.held_frame[index_of(page)], 0, 1UL << order);
	m.nr_held_frames -= 1UL << order;
	m.held[i] = m.held[--m.nr_held];
	free_pages(page, order);
}

static void do_split(void)
{
	u32 i = rng_below(&m.rng, m.nr_held);
	struct page *page = m.held[i].page;
	u32 order = m.held[i].order;

	if (order > 4 || m.nr_held + (1u << order) > MAX_HELD)
		return;
	split_page(page, order);
	m.held[i] = m.held[--m.nr_held];
	for (u32 k = 0; k < 1u << order; k++) {
		m.held[m.nr_held].page = page + k;
		m.held[m.nr_held++].order = 0;
	}
}

static struct pageblock *random_block(u32 *n)
{
	*n = rng_below(&m.rng, NR_BLOCKS);
	return &m.zone->fl->blocks[*n];
}

static void do_retype(void)
{
	static const u8 types[] = { MIGRATE_UNMOVABLE,	MIGRATE_MOVABLE,
				    MIGRATE_RECLAIMABLE, MIGRATE_HIGHATOMIC,
				    MIGRATE_CMA };
	u32 n;
	struct pageblock *b = random_block(&n);
	u64 flags = spin_lock_irqsave(&m.zone->lock);

	/* A reserve hides frames from plain requests: only for a moment. */
	if (!m.fenced[n]) {
		freelist_retype(m.zone, b, types[rng_below(&m.rng, 5)]);
		freelist_retype(m.zone, b, types[rng_below(&m.rng, 3)]);
	}
	spin_unlock_irqrestore(&m.zone->lock, flags);
}

static void do_fence(void)
{
	u32 n;
	struct pageblock *b = random_block(&n);
	u64 flags = spin_lock_irqsave(&m.zone->lock);

	if (m.fenced[n])
		freelist_unisolate(m.zone, b, rng_below(&m.rng, 3));
	else
		freelist_isolate(m.zone, b);
	m.fenced[n] = !m.fenced[n];
	spin_unlock_irqrestore(&m.zone->lock, flags);
	if (m.fenced[n])
		drain_pageblock(m.zone, b);
}

static void do_recharge(void)
{
	u32 i = rng_below(&m.rng, m.nr_held);

	page_recharge(m.held[i].page, m.held[i].order, rng_below(&m.rng, 3));
}

/* Held, free, fenced and stacked frames are all there are. */
static void check(struct test *t)
{
	u64 isolated = 0;

	EXPECT_EQ(zone_check_all(kernel_mm(), m.zone), 0);
	for (u32 n = 0; n < NR_BLOCKS; n++)
		isolated += m.zone->fl->blocks[n].nr[FRAME_ISOLATED];
	EXPECT_EQ(m.zone->nr_free_pages + isolated + pcp_count(m.zone) +
			  m.nr_held_frames,
		  NR_FRAMES);
}

static void one_operation(struct test *t)
{
	u32 what = rng_below(&m.rng, 100);

	if (what < 48 || !m.nr_held)
		do_alloc(t);
	else if (what < 92)
		do_free();
	else if (what < 94)
		do_split();
	else if (what < 96)
		do_recharge();
	else if (what < 98)
		do_retype();
	else if (what < 99)
		do_fence();
	else
		drain_local_pages(m.zone);
}

static void run_model(struct test *t, const char *policy, bool fullest,
		      u32 operations, u64 seed)
{
	memset(&m, 0, sizeof(m));
	m.rng.state = seed;
	m.zone = private_zone_create(NR_BLOCKS, 0, 0);
	ASSERT_ZONE(m.zone);
	m.zone->policy = fallback_policy_find(policy);
	m.zone->place_fullest = fullest;
	test_note(t, "policy %s, placement %s, seed 0x%lx, %u operations",
		  policy, fullest ? "fullest" : "buddy", seed, operations);
	for (u32 i = 0; i < operations; i++) {
		one_operation(t);
		if (i % CHECK_EACH == 0)
			check(t);
	}
	check(t);
	while (m.nr_held)
		do_free();
	for (u32 n = 0; n < NR_BLOCKS; n++)
		if (m.fenced[n]) {
			u64 flags = spin_lock_irqsave(&m.zone->lock);

			freelist_unisolate(m.zone, &m.zone->fl->blocks[n],
					   MIGRATE_MOVABLE);
			spin_unlock_irqrestore(&m.zone->lock, flags);
		}
	memset(m.fenced, 0, sizeof(m.fenced));
	drain_local_pages(m.zone);
	check(t);
	EXPECT_EQ(m.zone->nr_free_pages, NR_FRAMES);
	EXPECT_TRUE(private_zone_destroy(m.zone));
}

/* The host is fast: ten times as many there. */
static u32 operations(void)
{
	return 16667 * test_scale();
}

TEST(page_model, linux_fullest)
{
	run_model(t, "linux", true, operations(), 0x1234567);
}

TEST(page_model, linux_buddy)
{
	run_model(t, "linux", false, operations(), 0x2345678);
}

TEST(page_model, classic_fullest)
{
	run_model(t, "classic", true, operations(), 0x3456789);
}

TEST(page_model, classic_buddy)
{
	run_model(t, "classic", false, operations(), 0x456789a);
}

TEST(page_model, mixed_fullest)
{
	run_model(t, "mixed", true, operations(), 0x56789ab);
}

TEST(page_model, mixed_buddy)
{
	run_model(t, "mixed", false, operations(), 0x6789abc);
}
