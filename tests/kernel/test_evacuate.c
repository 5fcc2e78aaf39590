// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_evacuate.c - movable pages leave a block that is kept
 *
 * A space maps pages in the machine's largest zone. Of a block full of them one
 * page is given back, and its frame taken as an unmovable one; then the block is
 * Unmovable, and all others in it are guests.
 */
#include <kernel/main.h>
#include <kernel/point.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <mm/evacuate.h>
#include <mm/isolate.h>
#include <mm/lru.h>
#include <mm/mempolicy.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>
#include <mm/sysctl.h>
#include <mm/zone_check.h>
#include <arch/cpu.h>
#include <uapi/mempolicy.h>

#include "migrate_fixture.h"
#include "thread_fixture.h"
#include "vma_fixture.h"
#include "zone_fixture.h"

#define PAGES 4096UL

static struct stage {
	struct mm_struct *mm;
	vaddr_t start;
	struct mempolicy *pol;
	struct zone *zone;
	struct pageblock *block;
	pfn_t pfn; /* the unmovable frame */
	u64 given_back;
	const struct fallback_policy *policy;
	u32 proactiveness;
	struct list_head held;
} st;

/* --- the stage --- */

static struct zone *largest_zone(void)
{
	struct zone *zone, *largest = NULL;

	for_each_populated_zone(kernel_mm(), zone)
		if (!largest || zone->managed_pages > largest->managed_pages)
			largest = zone;
	return largest;
}

static void set_policy(const char *name)
{
	sysctl_write(kernel_mm(), sysctl_find("fallback_policy"), name,
		     strlen(name));
}

static bool map_pages(void)
{
	int err;

	st.policy = kernel_mm()->fallback_policy;
	st.proactiveness = kernel_mm()->compact.proactiveness;
	kernel_mm()->compact.proactiveness = 0;
	/* Blocks that somebody failed at would be left alone for a second. */
	compact_set_strategy(kernel_mm(), kernel_mm()->compact.strategy);
	INIT_LIST_HEAD(&st.held);
	st.zone = largest_zone();
	st.zone->fallback.rests_until_ns = 0;
	/* Before frames are counted: its cache may need one. */
	st.pol = mpol_new(MPOL_BIND, 0, 1UL << st.zone->nid, &err);
	st.mm = mm_begin();
	if (!st.mm)
		return false;
	st.start = space_map(st.mm, PAGES);
	do_mbind(st.mm, st.start, PAGES * PAGE_SIZE, st.pol);
	for (u64 i = 0; i < PAGES; i++)
		mm_write(st.mm, st.start + i * PAGE_SIZE, i);
	lru_add_drain_all();
	return true;
}

static struct page *page_at(u64 i)
{
	return space_page(st.mm, st.start + i * PAGE_SIZE);
}

/* The block in which most pages of the space lie, and one of these. */
static u64 find_block(void)
{
	u64 chosen = 0;

	st.block = NULL;
	for (u64 i = 0; i < PAGES; i++) {
		struct page *page = page_at(i);
		struct pageblock *b;

		if (page_zone(page) != st.zone)
			continue;
		b = pfn_pageblock(st.zone, page_to_pfn(page));
		if (!block_is_movable(b) ||
		    (st.block && block_cost(b) <= block_cost(st.block)))
			continue;
		st.block = b;
		chosen = i;
	}
	return chosen;
}

static bool stage_begin(void)
{
	if (!map_pages())
		return false;
	st.given_back = find_block();
	if (!st.block)
		return false;
	st.pfn = page_to_pfn(page_at(st.given_back));
	do_madvise(st.mm, st.start + st.given_back * PAGE_SIZE, PAGE_SIZE,
		   MADV_DONTNEED);
	drain_all_pages(kernel_mm(), NULL);
	LOCKED(st.zone, freelist_take_at(st.zone, st.pfn, 0, MIGRATE_UNMOVABLE);
	       freelist_retype(st.zone, st.block, MIGRATE_UNMOVABLE));
	return true;
}

static u64 wrong_words(void)
{
	u64 wrong = 0;

	for (u64 i = 0; i < PAGES; i++)
		if (i != st.given_back)
			wrong += *(u64 *)space_touch(st.mm,
						     st.start + i * PAGE_SIZE,
						     false) != i;
	return wrong;
}

static void free_held(void)
{
	while (!list_empty(&st.held)) {
		struct page *page = list_first_entry(&st.held, struct page, lru);

		list_del(&page->lru);
		free_pages(page, page_order(page));
	}
}

static void end(struct test *t)
{
	free_held();
	set_policy(st.policy->name);
	kernel_mm()->compact.proactiveness = st.proactiveness;
	EXPECT_EQ(wrong_words(), 0);
	EXPECT_EQ(zone_check_all(kernel_mm(), st.zone) + migrate_check(), 0);
	mm_end(t, st.mm);
	mpol_put(st.pol);
}

static void stage_end(struct test *t)
{
	LOCKED(st.zone, freelist_put(st.zone, st.pfn, 0, MIGRATE_UNMOVABLE);
	       freelist_retype(st.zone, st.block, MIGRATE_MOVABLE));
	end(t);
}

/* --- one block --- */

TEST(evacuate, all_guests_leave_the_block)
{
	u64 pages;
	u32 guests;

	ASSERT_TRUE(stage_begin());
	pages = st.zone->fallback.nr_evacuated_pages;
	guests = block_cost(st.block);
	EXPECT_TRUE(guests > 100);
	EXPECT_TRUE(evacuate_for_request(st.zone, 0, MIGRATE_UNMOVABLE));
	EXPECT_EQ(block_cost(st.block), 0);
	EXPECT_EQ(st.zone->fallback.nr_evacuated_pages, pages + guests);
	EXPECT_EQ(pageblock_type(st.block), MIGRATE_UNMOVABLE);
	EXPECT_EQ(st.block->nr[FRAME_FREE], pageblock_nr_pages - 1);
	stage_end(t);
}

static struct page *pinned[PAGES];

/* Of those that lie in the block, at most that many. How many. */
static u32 pin_pages(const struct pageblock *b, u32 most)
{
	u32 nr = 0;

	for (u64 i = 0; i < PAGES && nr < most; i++)
		if (i != st.given_back && page_zone(page_at(i)) == st.zone &&
		    pfn_pageblock(st.zone, page_to_pfn(page_at(i))) == b)
			pin_page(pinned[nr++] = page_at(i));
	return nr;
}

static void unpin_pages(u32 nr)
{
	while (nr)
		unpin_page(pinned[--nr]);
}

TEST(evacuate, pages_that_can_t_leave_stay_and_the_block_is_left_alone)
{
	u32 nr;

	ASSERT_TRUE(stage_begin());
	nr = pin_pages(st.block, PAGES);
	st.zone->compact.skips_cleared_ns = arch_time_ns();
	evacuate_for_request(st.zone, 0, MIGRATE_UNMOVABLE);
	EXPECT_EQ(block_cost(st.block) >= nr, true);
	EXPECT_TRUE(st.block->bits & BLOCK_SKIP);
	unpin_pages(nr);
	st.block->bits &= (u8)~BLOCK_SKIP;
	stage_end(t);
}

/* A page of the space in another movable block with many; PAGES: none. */
static u64 page_elsewhere(void)
{
	for (u64 i = 0; i < PAGES; i++) {
		struct page *page = page_at(i);
		struct pageblock *b;

		if (i == st.given_back || page_zone(page) != st.zone)
			continue;
		b = pfn_pageblock(st.zone, page_to_pfn(page));
		if (b != st.block && block_is_movable(b) && block_cost(b) > 100)
			return i;
	}
	return PAGES;
}

TEST(evacuate, one_that_can_t_be_emptied_hides_no_other)
{
	struct pageblock *other;
	struct page *page;
	u32 nr;

	ASSERT_TRUE(stage_begin());
	set_policy("evacuate");
	ASSERT_TRUE(page_elsewhere() != PAGES);
	page = page_at(page_elsewhere());
	other = pfn_pageblock(st.zone, page_to_pfn(page));
	page_recharge(page, 0, MIGRATE_UNMOVABLE); /* what it is kept for */
	LOCKED(st.zone, freelist_retype(st.zone, other, MIGRATE_UNMOVABLE));
	nr = pin_pages(st.block, PAGES);
	st.zone->compact.skips_cleared_ns = arch_time_ns();
	EXPECT_GE(evacuate_node(st.zone->node), 1);
	EXPECT_EQ(block_cost(other), 0);
	EXPECT_TRUE(st.block->bits & BLOCK_SKIP);
	LOCKED(st.zone, freelist_retype(st.zone, other, MIGRATE_MOVABLE));
	unpin_pages(nr);
	st.block->bits &= (u8)~BLOCK_SKIP;
	stage_end(t);
}

/* There are whole blocks, and they stay whole. */
TEST(evacuate, guests_leave_before_another_block_is_claimed)
{
	u64 evacuations, claims;

	ASSERT_TRUE(stage_begin());
	set_policy("evacuate");
	st.zone->fallback.has_guests = true;
	evacuations = st.zone->fallback.nr_evacuations;
	claims = st.zone->fallback.nr_claims;
	for (u32 i = 0; i < 4 * PAGES; i++) {
		struct page *page = alloc_pages_node(
			st.zone->nid, GFP_KERNEL | __GFP_THISNODE, 0);

		ASSERT_TRUE(page);
		list_add(&page->lru, &st.held);
		if (st.zone->fallback.nr_evacuations != evacuations ||
		    st.zone->fallback.nr_claims != claims)
			break;
	}
	EXPECT_EQ(st.zone->fallback.nr_evacuations, evacuations + 1);
	EXPECT_EQ(st.zone->fallback.nr_claims, claims);
	EXPECT_EQ(block_cost(st.block), 0);
	/* There may be more; when there are none, that is noted. */
	EXPECT_TRUE(st.zone->fallback.has_guests);
	EXPECT_FALSE(evacuate_guests(st.zone));
	EXPECT_FALSE(st.zone->fallback.has_guests);
	free_held();
	stage_end(t);
}

TEST(evacuate, a_block_kept_for_nothing_is_given_back)
{
	u64 given_back;
	u32 guests;

	ASSERT_TRUE(stage_begin());
	given_back = st.zone->fallback.nr_given_back;
	guests = block_cost(st.block);
	LOCKED(st.zone, freelist_put(st.zone, st.pfn, 0, MIGRATE_UNMOVABLE));
	st.zone->fallback.has_guests = true;
	EXPECT_FALSE(evacuate_guests(st.zone));
	EXPECT_EQ(st.zone->fallback.nr_given_back, given_back + 1);
	EXPECT_EQ(pageblock_type(st.block), MIGRATE_MOVABLE);
	EXPECT_EQ(block_cost(st.block), guests);
	end(t);
}

TEST(evacuate, a_block_that_was_skipped_gets_another_chance)
{
	ASSERT_TRUE(stage_begin());
	st.block->bits |= BLOCK_SKIP;
	st.zone->compact.skips_cleared_ns = arch_time_ns();
	st.zone->fallback.has_guests = true;
	EXPECT_FALSE(evacuate_guests(st.zone));
	EXPECT_TRUE(st.zone->fallback.has_guests);
	EXPECT_TRUE(st.block->bits & BLOCK_SKIP);
	st.zone->compact.skips_cleared_ns = arch_time_ns() - 2000UL * MS_IN_NS;
	EXPECT_FALSE(evacuate_guests(st.zone));
	EXPECT_TRUE(evacuate_guests(st.zone));
	EXPECT_EQ(block_cost(st.block), 0);
	stage_end(t);
}

TEST(evacuate, other_policies_have_no_guests)
{
	u32 guests;

	ASSERT_TRUE(stage_begin());
	set_policy("linux");
	guests = block_cost(st.block);
	EXPECT_EQ(evacuate_node(st.zone->node), 0);
	EXPECT_EQ(block_cost(st.block), guests);
	stage_end(t);
}

TEST(evacuate, without_a_target_what_has_not_left_stays)
{
	static const u32 nth[] = { 1, 2, 17, 65, 100 };

	for (u32 i = 0; i < ARRAY_SIZE(nth); i++) {
		u32 guests;

		ASSERT_TRUE(stage_begin());
		guests = block_cost(st.block);
		point_fail_nth("evacuate_target", nth[i]);
		/* A request tries another block then. */
		evacuate_for_request(st.zone, 0, MIGRATE_UNMOVABLE);
		point_disable("evacuate_target");
		EXPECT_TRUE(block_cost(st.block) <= guests);
		EXPECT_FALSE(st.block->bits & (BLOCK_ISOLATE | BLOCK_COMPACTING));
		st.block->bits &= (u8)~BLOCK_SKIP;
		stage_end(t);
	}
}

TEST(evacuate, free_memory_stays_above_the_mark)
{
	u64 mark;
	u32 guests;

	ASSERT_TRUE(stage_begin());
	guests = block_cost(st.block);
	mark = st.zone->watermark[WMARK_MIN];
	st.zone->watermark[WMARK_MIN] = st.zone->nr_free_pages;
	EXPECT_FALSE(evacuate_for_request(st.zone, 0, MIGRATE_UNMOVABLE));
	EXPECT_EQ(block_cost(st.block), guests);
	st.zone->watermark[WMARK_MIN] = st.zone->nr_free_pages - 100;
	EXPECT_TRUE(evacuate_for_request(st.zone, 0, MIGRATE_UNMOVABLE));
	st.zone->watermark[WMARK_MIN] = mark;
	EXPECT_GE(block_cost(st.block), guests - 100);
	EXPECT_LT(block_cost(st.block), guests);
	stage_end(t);
}

/* More were missed than moved: the block is drained and gone over once more. */
TEST(evacuate, a_second_look_stays_above_the_mark_too)
{
	u64 mark;
	u32 guests, nr;

	ASSERT_TRUE(stage_begin());
	guests = block_cost(st.block);
	nr = pin_pages(st.block, guests / 2);
	mark = st.zone->watermark[WMARK_MIN];
	st.zone->watermark[WMARK_MIN] = st.zone->nr_free_pages - 64;
	EXPECT_TRUE(evacuate_for_request(st.zone, 0, MIGRATE_UNMOVABLE));
	st.zone->watermark[WMARK_MIN] = mark;
	EXPECT_EQ(block_cost(st.block), guests - 64);
	unpin_pages(nr);
	stage_end(t);
}

TEST(evacuate, not_from_within_itself)
{
	ASSERT_TRUE(stage_begin());
	current->memalloc = true;
	EXPECT_FALSE(evacuate_for_request(st.zone, 0, MIGRATE_UNMOVABLE));
	current->memalloc = false;
	EXPECT_TRUE(block_cost(st.block) > 100);
	stage_end(t);
}

/* --- requests --- */

static bool hold(gfp_t gfp, u32 order)
{
	struct page *page = alloc_pages_node(
		st.zone->nid, gfp | __GFP_THISNODE | __GFP_NOWARN, order);

	if (page)
		list_add(&page->lru, &st.held);
	return page;
}

static void hold_whole_blocks(void)
{
	struct page *page;

	for (u32 z = 0; z < MAX_NR_ZONES; z++) {
		struct zone *zone = &st.zone->node->zones[z];

		while (zone->fl &&
		       (page = alloc_pages_zone(
				zone, GFP_HIGHUSER_MOVABLE | __GFP_NOWARN,
				pageblock_order, 0)))
			list_add(&page->lru, &st.held);
	}
}

/* Every fourth page of the second half: room to move to, in pieces. */
static void make_holes(void)
{
	for (u64 i = PAGES / 2; i < PAGES; i += 4)
		do_madvise(st.mm, st.start + i * PAGE_SIZE, PAGE_SIZE,
			   MADV_DONTNEED);
	drain_all_pages(kernel_mm(), NULL);
}

static u64 node_evacuations(void)
{
	u64 nr = 0;

	for (u32 z = 0; z < MAX_NR_ZONES; z++)
		nr += st.zone->node->zones[z].fallback.nr_evacuations;
	return nr;
}

static u64 node_claims(void)
{
	u64 nr = 0;

	for (u32 z = 0; z < MAX_NR_ZONES; z++)
		nr += st.zone->node->zones[z].fallback.nr_claims;
	return nr;
}

/* Until what the type has of its own is used up. */
static bool ask_until_evacuated(gfp_t gfp, u64 before)
{
	for (u32 i = 0; i < 4 * PAGES; i++)
		if (!hold(gfp, 0) || node_evacuations() != before)
			break;
	return node_evacuations() != before;
}

/* What is left when the whole blocks are held may be less than the marks. */
static u64 marks[MAX_NR_ZONES][NR_WMARK];

static void marks_away(void)
{
	for (u32 z = 0; z < MAX_NR_ZONES; z++) {
		struct zone *zone = &st.zone->node->zones[z];

		memcpy(marks[z], zone->watermark, sizeof(marks[z]));
		memset(zone->watermark, 0, sizeof(zone->watermark));
	}
}

static void marks_back(void)
{
	for (u32 z = 0; z < MAX_NR_ZONES; z++)
		memcpy(st.zone->node->zones[z].watermark, marks[z],
		       sizeof(marks[z]));
}

static bool requests_begin(void)
{
	if (!map_pages())
		return false;
	st.given_back = PAGES;
	set_policy("evacuate");
	make_holes();
	hold_whole_blocks();
	marks_away();
	return true;
}

static void requests_end(struct test *t)
{
	marks_back();
	for (u64 i = PAGES / 2; i < PAGES; i += 4)
		mm_write(st.mm, st.start + i * PAGE_SIZE, i);
	end(t);
}

TEST(evacuate, a_request_that_may_wait_makes_room_before_it_pollutes)
{
	u64 before, claims;

	ASSERT_TRUE(requests_begin());
	before = node_evacuations();
	EXPECT_TRUE(ask_until_evacuated(GFP_KERNEL, before));
	/* What has become free serves the next ones. */
	claims = node_claims();
	for (u32 i = 0; i < 10; i++)
		EXPECT_TRUE(hold(GFP_KERNEL, 0));
	EXPECT_EQ(node_claims(), claims);
	free_held();
	requests_end(t);
}

static bool is_evacuated(void)
{
	return READ_ONCE(st.zone->node->kcompactd.stats.nr_evacuated) != 0;
}

/* One block's pages may be too few to be worth it: then it is told again. */
static bool ask_until_kcompactd_has(struct kcompactd *k)
{
	for (u32 i = 0; i < 4 * PAGES && !is_evacuated(); i++) {
		if (!hold(GFP_ATOMIC, 0))
			break;
		if (READ_ONCE(k->evacuate) &&
		    !sleep_until(!READ_ONCE(k->evacuate) &&
				 thread_sleeps(k->thread)))
			break;
	}
	return is_evacuated();
}

TEST(evacuate, after_one_that_can_t_kcompactd_does)
{
	struct kcompactd *k;

	ASSERT_TRUE(requests_begin());
	k = &st.zone->node->kcompactd;
	ASSERT_TRUE(!kcompactd_run(kernel_mm()));
	set_cpus_allowed(k->thread, 1UL << smp_processor_id());
	EXPECT_TRUE(ask_until_kcompactd_has(k));
	kcompactd_stop(kernel_mm());
	free_held();
	requests_end(t);
}
