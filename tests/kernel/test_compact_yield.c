// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_compact_yield.c - how many blocks does a strategy get out
 * of a fragmented zone, and for how many moves?
 *
 * The judge is kernel/oracle.c, which looks at frames and page tables and at no
 * count that compaction goes by. Strategy guided must get 97 % of what is
 * possible, for every pattern and seed, with at most 1.02 times the least moves;
 * the linear ones are reported beside it.
 */
#include <kernel/oracle.h>
#include <kernel/test.h>
#include <mm/misuse.h>
#include <mm/page_alloc.h>

#include "yield_fixture.h"

static struct yield y;
static struct oracle o;

struct outcome {
	u64 possible, obtained;
	u64 least, moved; /* pages, for as many blocks as were obtained */
	u64 scanned;
};

static struct page *got[YIELD_BLOCKS];

static struct page *one_block(const struct compact_strategy *strategy,
			      struct outcome *out)
{
	struct compact_control cc = { .zone = y.zone,
				      .order = (s32)pageblock_order,
				      .type = MIGRATE_MOVABLE,
				      .gfp = GFP_HIGHUSER_MOVABLE,
				      .highest_zone = y.zone->type,
				      .mode = MIGRATE_SYNC_LIGHT,
				      .direct = true,
				      .want_page = true };
	struct page *page = alloc_pages_zone(y.zone, GFP_HIGHUSER_MOVABLE,
					     pageblock_order, 0);

	if (page)
		return page;
	strategy->compact_zone(&cc);
	out->moved += cc.nr_migrated;
	out->scanned += cc.migrate_scanned + cc.free_scanned;
	if (!cc.page)
		return alloc_pages_zone(y.zone, GFP_HIGHUSER_MOVABLE,
					pageblock_order, 0);
	cc.page->kind_order = kind_order(PAGE_KERNEL, pageblock_order);
	*page_refs(cc.page) = REFS_ALLOCATED;
	return cc.page;
}

/* Until there are no more. */
static void ask_for_all(const struct compact_strategy *strategy,
			struct outcome *out)
{
	while (out->obtained < YIELD_BLOCKS) {
		struct page *page = one_block(strategy, out);

		if (!page)
			break;
		got[out->obtained++] = page;
	}
}

static bool run(struct test *t, const struct compact_strategy *strategy,
		const struct yield_pattern *pattern, u64 seed,
		struct outcome *out)
{
	*out = (struct outcome){};
	if (!yield_begin(t, &y, pattern, seed))
		return false;
	if (oracle_open(&o, y.zone)) {
		yield_end(t, &y);
		return false;
	}
	oracle_look(&o);
	out->possible = oracle_possible(&o, pageblock_order);
	ask_for_all(strategy, out);
	out->least = oracle_least(&o, pageblock_order, out->obtained);
	oracle_close(&o);
	for (u64 i = 0; i < out->obtained; i++)
		free_pages(got[i], pageblock_order);
	yield_end(t, &y);
	return true;
}

static void note(struct test *t, const char *strategy,
		 const struct yield_pattern *pattern, u64 seed,
		 const struct outcome *out)
{
	test_note(t,
		  "%-7s %-27s seed %lu: %lu of %lu blocks, %lu moved, least %lu, %lu scanned",
		  strategy, pattern->name, seed, out->obtained, out->possible,
		  out->moved, out->least, out->scanned);
}

TEST(compact_yield, guided_gets_what_is_possible_for_the_least)
{
	struct outcome out;

	for (u32 i = 0; i < nr_yield_patterns; i++)
		for (u64 seed = 1; seed <= min(test_scale(), 3u); seed++) {
			const struct yield_pattern *p = &yield_patterns[i];

			if (!run(t, compact_strategy_find("guided"), p, seed,
				 &out))
				SKIP("too little memory to borrow such a zone");
			note(t, "guided", p, seed, &out);
			EXPECT_TRUE(out.obtained * 100 >= out.possible * 97);
			EXPECT_TRUE(out.moved * 100 <= out.least * 102);
		}
}

/* No bounds: scanners that meet leave what lies above. */
TEST(compact_yield, the_linear_ones_are_reported)
{
	static const char *const names[] = { "linux", "classic" };
	struct outcome out;

	for (u32 i = 0; i < 2 * nr_yield_patterns; i++) {
		const struct yield_pattern *p = &yield_patterns[i / 2];

		if (!run(t, compact_strategy_find(names[i % 2]), p, 1, &out))
			SKIP("too little memory to borrow such a zone");
		note(t, names[i % 2], p, 1, &out);
		EXPECT_LE(out.obtained, out.possible);
	}
}

/* Blocks of one fill class differ by up to seven pages: the cheapest goes. */
TEST(compact_yield, guided_begins_with_the_cheapest_block)
{
	for (u64 seed = 1; seed <= 3; seed++) {
		struct outcome out = {};

		if (!yield_begin(t, &y, &yield_patterns[2], seed))
			SKIP("too little memory to borrow such a zone");
		if (!oracle_open(&o, y.zone)) {
			oracle_look(&o);
			got[0] = one_block(compact_strategy_find("guided"),
					   &out);
			EXPECT_TRUE(got[0] != NULL);
			EXPECT_EQ(out.moved,
				  oracle_least(&o, pageblock_order, 1));
			oracle_close(&o);
			if (got[0])
				free_pages(got[0], pageblock_order);
		}
		yield_end(t, &y);
	}
}
