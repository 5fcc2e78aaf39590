// SPDX-License-Identifier: MIT
/*
 * tests/kernel/yield_fixture.c - yield_fixture.h
 */
#include <kernel/string.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>

#include "migrate_fixture.h"
#include "vma_fixture.h"
#include "yield_fixture.h"

#define NR_FRAMES (YIELD_BLOCKS * pageblock_nr_pages)

const struct yield_pattern yield_patterns[] = {
	{ "every-second", EVEN, 50, 0, 0 },
	{ "every-fourth", EVEN, 25, 0, 0 },
	{ "random-50", RANDOM, 50, 0, 0 },
	{ "random-75-polluted-5", RANDOM, 75, 5, 0 },
	{ "random-90", RANDOM, 90, 0, 0 },
	{ "random-60-polluted-20", RANDOM, 60, 20, 0 },
	{ "random-25-pinned", RANDOM, 25, 0, 10 },
	{ "aged-50", AGED, 50, 5, 0 },
	{ "aged-75-polluted-20-pinned", AGED, 75, 20, 10 },
	{ "runs-60-polluted-5", RUNS, 60, 5, 0 },
};
const u32 nr_yield_patterns = ARRAY_SIZE(yield_patterns);

enum { NOTHING, PAGE, POLLUTER };

/* --- the pattern --- */

/* Per cent of one block: twice as much at most, on average what is asked. */
static u32 share_of_block(struct yield *y)
{
	u32 p = y->pattern->occupied;
	u32 spread = min(p, 100 - p);

	return p - spread + rng_below(&y->rng, 2 * spread + 1);
}

static void draw_block(struct yield *y, u8 *want)
{
	u32 p = y->pattern->occupied, run = 0;
	u32 share = y->pattern->shape == AGED ? share_of_block(y) : p;
	bool used = false;

	for (u32 i = 0; i < pageblock_nr_pages; i++) {
		if (y->pattern->shape == EVEN) {
			used = i % (100 / p) == 0;
		} else if (y->pattern->shape != RUNS || !run) {
			used = rng_below(&y->rng, 100) < share;
			run = 1 + rng_below(&y->rng, 64);
		}
		run -= run != 0;
		want[i] = used ? PAGE : NOTHING;
	}
}

/* One to eight frames of it are the kernel's. */
static void pollute(struct yield *y, u8 *want)
{
	for (u32 nr = 1 + rng_below(&y->rng, 8); nr; nr--)
		want[rng_below(&y->rng, (u32)pageblock_nr_pages)] = POLLUTER;
}

static void draw(struct yield *y)
{
	u32 nr = (YIELD_BLOCKS * y->pattern->polluted + 50) / 100;

	for (u32 n = 0; n < YIELD_BLOCKS; n++)
		draw_block(y, &y->want[n * pageblock_nr_pages]);
	for (u32 i = 0; i < nr; i++)
		pollute(y, &y->want[rng_below(&y->rng, YIELD_BLOCKS) *
				    pageblock_nr_pages]);
}

/* --- filling --- */

static bool is_page(void *ctx, u64 place)
{
	const struct yield *y = ctx;

	return y->want[place] == PAGE;
}

static bool fill(struct yield *y)
{
	for (u64 i = 0; i < NR_FRAMES; i++)
		if (y->want[i] == POLLUTER)
			y->polluter[y->nr_polluters++] =
				placed_frame(y->zone, i, MIGRATE_UNMOVABLE);
	return placed_pages_fill(&y->pages);
}

static void pin_some(struct yield *y)
{
	u64 nr = y->pages.nr_pages * y->pattern->pinned / 1000;

	for (u64 i = 0; i < min(nr, (u64)ARRAY_SIZE(y->pinned)); i++) {
		struct page *page = placed_page(
			&y->pages, rng_below(&y->rng, (u32)y->pages.nr_pages));

		pin_page(page);
		y->pinned[y->nr_pinned++] = page;
	}
}

bool yield_begin(struct test *t, struct yield *y,
		 const struct yield_pattern *pattern, u64 seed)
{
	memset(y, 0, sizeof(*y));
	y->pattern = pattern;
	y->rng.state = seed * 2 + 1;
	y->pages = (struct placed_pages){ .mm = mm_begin(),
					  .wanted = is_page,
					  .ctx = y };
	if (!y->pages.mm)
		return false;
	y->zone = y->pages.zone = private_zone_create(YIELD_BLOCKS, 0, 0);
	if (!y->zone) {
		mm_end(t, y->pages.mm);
		return false;
	}
	draw(y);
	EXPECT_TRUE(fill(y));
	pin_some(y);
	zone_is_sound(t, y->zone);
	return true;
}

u64 yield_wrong_words(struct yield *y)
{
	return placed_pages_wrong(&y->pages);
}

void yield_end(struct test *t, struct yield *y)
{
	EXPECT_EQ(yield_wrong_words(y), 0);
	EXPECT_EQ(migrate_check(), 0);
	for (u64 i = 0; i < y->nr_pinned; i++)
		unpin_page(y->pinned[i]);
	placed_pages_drop(&y->pages);
	for (u64 i = 0; i < y->nr_polluters; i++)
		free_pages(y->polluter[i], 0);
	zone_done(t, y->zone);
	mm_end(t, y->pages.mm);
}
