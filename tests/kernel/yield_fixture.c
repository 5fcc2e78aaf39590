// SPDX-License-Identifier: MIT
/*
 * tests/kernel/yield_fixture.c - yield_fixture.h
 */
#include <kernel/string.h>
#include <mm/lru.h>
#include <mm/page_alloc.h>
#include <mm/misuse.h>
#include <mm/page_ref.h>

#include "migrate_fixture.h"
#include "vma_fixture.h"
#include "yield_fixture.h"

#define NR_FRAMES (YIELD_BLOCKS * pageblock_nr_pages)
#define CHUNK	  512u /* pages that are outside of the zone at once */

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

static struct page *take_frame(struct zone *zone, u64 place,
			       enum migratetype charge)
{
	struct page *page = zone_page(zone, place);

	zone_take_at(zone, place, 0, charge);
	page->kind_order = kind_order(PAGE_KERNEL, 0);
	*page_refs(page) = REFS_ALLOCATED;
	return page;
}

static struct page *wanted_frame(struct page *src __unused, void *private)
{
	struct yield *y = private;

	while (y->next < NR_FRAMES && y->want[y->next] != PAGE)
		y->next++;
	return y->next < NR_FRAMES ?
		       take_frame(y->zone, y->next++, MIGRATE_MOVABLE) :
		       NULL;
}

/* Pages from `first` on go to the next frames of the pattern. */
static u64 move_in(struct yield *y, u64 first, u64 nr)
{
	struct list_head pages = LIST_HEAD_INIT(pages);
	u32 moved = 0;

	for (u64 i = 0; i < nr; i++) {
		vaddr_t addr = y->start + (first + i) * PAGE_SIZE;

		mm_write(y->mm, addr, addr * 0x9e3779b97f4a7c15UL);
	}
	lru_add_drain_all();
	for (u64 i = 0; i < nr; i++) {
		struct page *page = space_page(
			y->mm, y->start + (first + i) * PAGE_SIZE);

		if (isolate_lru_page(page))
			list_add_tail(&page->lru, &pages);
	}
	migrate_pages(&pages, wanted_frame, NULL, y, MIGRATE_SYNC, MR_SYSCALL,
		      &moved);
	putback_lru_pages(&pages);
	return moved;
}

static bool fill(struct yield *y)
{
	for (u64 i = 0; i < NR_FRAMES; i++) {
		y->nr_pages += y->want[i] == PAGE;
		if (y->want[i] == POLLUTER)
			y->polluter[y->nr_polluters++] =
				take_frame(y->zone, i, MIGRATE_UNMOVABLE);
	}
	y->start = space_map(y->mm, y->nr_pages);
	for (u64 i = 0; i < y->nr_pages; i += CHUNK) {
		u64 nr = min(y->nr_pages - i, (u64)CHUNK);

		if (move_in(y, i, nr) != nr)
			return false;
	}
	return true;
}

static void pin_some(struct yield *y)
{
	u64 nr = y->nr_pages * y->pattern->pinned / 1000;

	for (u64 i = 0; i < min(nr, (u64)ARRAY_SIZE(y->pinned)); i++) {
		struct page *page = space_page(
			y->mm, y->start + rng_below(&y->rng, (u32)y->nr_pages) *
						  PAGE_SIZE);

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
	y->mm = mm_begin();
	if (!y->mm)
		return false;
	y->zone = private_zone_create(YIELD_BLOCKS, 0, 0);
	if (!y->zone) {
		mm_end(t, y->mm);
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
	u64 wrong = 0;

	for (u64 i = 0; i < y->nr_pages; i++) {
		vaddr_t addr = y->start + i * PAGE_SIZE;

		wrong += *(u64 *)space_touch(y->mm, addr, false) !=
			 addr * 0x9e3779b97f4a7c15UL;
	}
	return wrong;
}

void yield_end(struct test *t, struct yield *y)
{
	EXPECT_EQ(yield_wrong_words(y), 0);
	EXPECT_EQ(migrate_check(), 0);
	for (u64 i = 0; i < y->nr_pinned; i++)
		unpin_page(y->pinned[i]);
	do_munmap(y->mm, y->start, y->nr_pages * PAGE_SIZE);
	for (u64 i = 0; i < y->nr_polluters; i++)
		free_pages(y->polluter[i], 0);
	lru_add_drain_all();
	zone_done(t, y->zone);
	mm_end(t, y->mm);
}
