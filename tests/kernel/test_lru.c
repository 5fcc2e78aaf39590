// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_lru.c - lists, batches, isolation, mlock, last references
 *
 * Pages come from the real zones: the lists are a node's. Each test gives its
 * pages back and finds the lists as long as before.
 */
#include <kernel/main.h>
#include <kernel/test.h>
#include <mm/lru.h>
#include <mm/mm_state.h>
#include <mm/node_stat.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>
#include <mm/vmstat.h>

#define NR_PAGES 100

static struct page *pages[NR_PAGES];

static u64 on_list(enum lru_list list)
{
	u64 nr = 0;

	for (u32 nid = 0; nid < MAX_NUMNODES; nid++)
		if (kernel_mm()->nodes[nid].online)
			nr += lruvec_size(&kernel_mm()->nodes[nid].lruvec, list);
	return nr;
}

static struct page *user_page(bool anon)
{
	struct page *page = alloc_pages(GFP_HIGHUSER_MOVABLE, 0);

	if (!page)
		return NULL;
	page->kind_order = kind_order(anon ? PAGE_ANON : PAGE_FILE, 0);
	if (anon)
		page_flag_set(page, PG_swapbacked);
	lru_cache_add(page);
	return page;
}

TEST(lru, new_pages_come_by_batches)
{
	u64 before = on_list(LRU_INACTIVE_ANON);

	lru_add_drain_all();
	before = on_list(LRU_INACTIVE_ANON);
	for (u32 i = 0; i < NR_PAGES; i++) {
		pages[i] = user_page(true);
		ASSERT_TRUE(pages[i] != NULL);
		EXPECT_EQ(page_ref_count(pages[i]),
			  page_flag(pages[i], PG_lru) ? 1 : 2);
	}
	EXPECT_TRUE(on_list(LRU_INACTIVE_ANON) >= before + 93 - 31);
	lru_add_drain_all();
	EXPECT_EQ(on_list(LRU_INACTIVE_ANON), before + NR_PAGES);
	EXPECT_EQ(lru_check(kernel_mm()), 0);
	release_pages(pages, NR_PAGES);
	EXPECT_EQ(on_list(LRU_INACTIVE_ANON), before);
	EXPECT_EQ(lru_check(kernel_mm()), 0);
}

TEST(lru, used_twice_is_active)
{
	u64 active = on_list(LRU_ACTIVE_FILE);
	struct page *page = user_page(false);

	ASSERT_TRUE(page != NULL);
	lru_add_drain();
	EXPECT_EQ(page_lru(page), LRU_INACTIVE_FILE);
	mark_page_accessed(page);
	EXPECT_EQ(page_lru(page), LRU_INACTIVE_FILE);
	mark_page_accessed(page);
	EXPECT_EQ(page_lru(page), LRU_ACTIVE_FILE);
	EXPECT_EQ(on_list(LRU_ACTIVE_FILE), active + 1);
	EXPECT_EQ(lru_check(kernel_mm()), 0);
	put_page(page);
	EXPECT_EQ(on_list(LRU_ACTIVE_FILE), active);
}

TEST(lru, isolated_pages_are_nobodys)
{
	u64 isolated = global_node_page_state(NR_ISOLATED_ANON);
	struct page *page = user_page(true);

	ASSERT_TRUE(page != NULL);
	EXPECT_FALSE(isolate_lru_page(page)); /* in the batch */
	lru_add_drain();
	EXPECT_TRUE(isolate_lru_page(page));
	EXPECT_FALSE(isolate_lru_page(page));
	EXPECT_EQ(page_ref_count(page), 2);
	EXPECT_EQ(global_node_page_state(NR_ISOLATED_ANON), isolated + 1);
	activate_page(page); /* not on a list: nothing to move */
	putback_lru_page(page);
	EXPECT_TRUE(page_flag(page, PG_lru));
	EXPECT_EQ(page_ref_count(page), 1);
	EXPECT_EQ(global_node_page_state(NR_ISOLATED_ANON), isolated);
	EXPECT_TRUE(isolate_lru_page(page));
	put_page(page);
	isolated_page_put(page); /* the last */
	EXPECT_EQ(global_node_page_state(NR_ISOLATED_ANON), isolated);
	EXPECT_EQ(lru_check(kernel_mm()), 0);
}

/* Frames of one word, by pfn: what may go and what is left alone. */
TEST(lru, frames_are_isolated_by_what_they_are)
{
	u64 isolated = global_node_page_state(NR_ISOLATED_ANON);
	struct page *first = alloc_pages(GFP_HIGHUSER_MOVABLE, 3);
	struct list_head list = LIST_HEAD_INIT(list);
	struct zone *zone;

	ASSERT_TRUE(first != NULL);
	zone = page_zone(first);
	split_page(first, 3);
	for (u32 i = 0; i < 6; i++) {
		first[i].kind_order = kind_order(PAGE_ANON, 0);
		page_flag_set(&first[i], PG_swapbacked);
		lru_cache_add(&first[i]);
	}
	lru_add_drain_all();
	pin_page(&first[1]);
	mlock_page(&first[2]);
	EXPECT_TRUE(isolate_lru_page(&first[4]));
	/* 0, 3 and 5 of those asked for; 6 and 7 are no user's. */
	EXPECT_EQ(isolate_lru_frames(zone, first, 0xdf, false, &list), 2);
	EXPECT_TRUE(list.next == &first[0].lru && list.prev == &first[3].lru);
	EXPECT_FALSE(page_flag(&first[0], PG_lru));
	EXPECT_EQ(page_ref_count(&first[3]), 2);
	EXPECT_EQ(isolate_lru_frames(zone, first, 0xff, true, &list), 2);
	EXPECT_EQ(global_node_page_state(NR_ISOLATED_ANON), isolated + 5);
	list_add(&first[4].lru, &list);
	putback_lru_pages(&list);
	munlock_page(&first[2]);
	unpin_page(&first[1]);
	EXPECT_EQ(global_node_page_state(NR_ISOLATED_ANON), isolated);
	EXPECT_EQ(lru_check(kernel_mm()), 0);
	for (u32 i = 0; i < 8; i++)
		put_page(&first[i]);
}

TEST(lru, many_are_isolated_at_once_and_end_as_free_frames)
{
	u64 isolated = global_node_page_state(NR_ISOLATED_ANON);
	struct page *held;
	u32 nr;

	for (u32 i = 0; i < 4; i++) {
		pages[i] = user_page(true);
		ASSERT_TRUE(pages[i] != NULL);
	}
	lru_add_drain();
	pages[4] = user_page(true);
	ASSERT_TRUE(pages[4] != NULL);
	EXPECT_TRUE(isolate_lru_page(pages[1]));
	held = pages[2];
	get_page(held);
	/* One is isolated already, one still in the batch. */
	EXPECT_EQ(isolate_lru_pages(pages, 5), 0xd);
	EXPECT_EQ(global_node_page_state(NR_ISOLATED_ANON), isolated + 4);
	put_page(pages[1]);
	lru_add_drain();
	put_page(pages[4]);
	nr = isolated_pages_free_prepare(pages, 4);
	EXPECT_EQ(nr, 3); /* somebody has pages[2] */
	EXPECT_EQ(page_ref_count(held), 1);
	EXPECT_FALSE(page_flag(held, PG_isolated));
	for (u32 i = 0; i < nr; i++)
		EXPECT_TRUE(!pages[i]->kind_order && pages[i] != held);
	free_pages_bulk(pages, nr);
	put_page(held);
	EXPECT_EQ(global_node_page_state(NR_ISOLATED_ANON), isolated);
	EXPECT_EQ(lru_check(kernel_mm()), 0);
}

TEST(lru, mlock_counts)
{
	u64 locked = global_node_page_state(NR_MLOCK);
	struct page *page = user_page(true);

	ASSERT_TRUE(page != NULL);
	mlock_page(page); /* before it is on a list */
	lru_add_drain();
	EXPECT_EQ(page_lru(page), LRU_UNEVICTABLE);
	mlock_page(page);
	EXPECT_EQ(global_node_page_state(NR_MLOCK), locked + 1);
	munlock_page(page);
	EXPECT_EQ(page_lru(page), LRU_UNEVICTABLE);
	EXPECT_TRUE(isolate_lru_page(page));
	munlock_page(page);
	EXPECT_EQ(global_node_page_state(NR_MLOCK), locked);
	putback_lru_page(page);
	EXPECT_EQ(page_lru(page), LRU_INACTIVE_ANON);
	EXPECT_EQ(lru_check(kernel_mm()), 0);
	put_page(page);
}

TEST(lru, without_batches_pages_are_found_at_once)
{
	struct page *page;

	lru_cache_disable();
	page = user_page(true);
	ASSERT_TRUE(page != NULL);
	EXPECT_TRUE(page_flag(page, PG_lru));
	EXPECT_EQ(page_ref_count(page), 1);
	lru_cache_enable();
	put_page(page);
}

TEST(lru, the_check_finds_wrong_flags_and_counts)
{
	struct page *page = user_page(true);
	struct lruvec *lruvec;

	ASSERT_TRUE(page != NULL);
	lru_add_drain();
	lruvec = page_lruvec(page);
	page_flag_set(page, PG_active); /* without moving it */
	EXPECT_EQ(lru_check(kernel_mm()), 1);
	page_flag_clear(page, PG_active);
	lruvec->nr[page_zone(page)->type][LRU_ACTIVE_FILE]++;
	EXPECT_EQ(lru_check(kernel_mm()), 1);
	lruvec->nr[page_zone(page)->type][LRU_ACTIVE_FILE]--;
	EXPECT_EQ(lru_check(kernel_mm()), 0);
	put_page(page);
}

TEST(page_ref, freeze_wants_the_exact_count)
{
	struct page *page = alloc_pages(GFP_KERNEL, 0);

	ASSERT_TRUE(page != NULL);
	get_page(page);
	EXPECT_FALSE(page_ref_freeze(page, 1));
	EXPECT_TRUE(page_ref_freeze(page, 2));
	EXPECT_FALSE(get_page_unless_zero(page));
	page_ref_unfreeze(page, 1);
	EXPECT_TRUE(get_page_unless_zero(page));
	put_page(page);
	pin_page(page);
	EXPECT_TRUE(page_pinned(page));
	unpin_page(page);
	EXPECT_FALSE(page_pinned(page));
	put_page(page);
}

TEST(lru, totals_count_the_lists)
{
	struct page_totals before, after;

	lru_add_drain_all();
	count_pages(kernel_mm(), NUMA_NO_NODE, &before);
	for (u32 i = 0; i < NR_PAGES; i++) {
		pages[i] = user_page(true);
		ASSERT_TRUE(pages[i] != NULL);
	}
	lru_add_drain_all();
	activate_page(pages[0]);
	count_pages(kernel_mm(), NUMA_NO_NODE, &after);
	EXPECT_EQ(after.lru[LRU_INACTIVE_ANON],
		  before.lru[LRU_INACTIVE_ANON] + NR_PAGES - 1);
	EXPECT_EQ(after.lru[LRU_ACTIVE_ANON], before.lru[LRU_ACTIVE_ANON] + 1);
	release_pages(pages, NR_PAGES);
}

TEST(lru, a_page_found_by_pfn_is_held_only_on_a_list)
{
	struct page *page = user_page(true), *own = alloc_pages(GFP_KERNEL, 0);

	ASSERT_TRUE(page && own);
	EXPECT_FALSE(get_lru_page(own)); /* its owner may free it any moment */
	EXPECT_EQ(page_ref_count(own), 1);
	EXPECT_FALSE(get_lru_page(page)); /* in the batch */
	lru_add_drain();
	EXPECT_TRUE(get_lru_page(page));
	EXPECT_EQ(page_ref_count(page), 2);
	put_page(page);
	put_page(page);
	put_page(own);
}
