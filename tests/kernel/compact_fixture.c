// SPDX-License-Identifier: MIT
/*
 * tests/kernel/compact_fixture.c - compact_fixture.h
 */
#include <kernel/string.h>
#include <mm/page_alloc.h>
#include <mm/pcp.h>

#include "compact_fixture.h"
#include "vma_fixture.h"

/* --- frames at given places --- */

void layout_kernel_page(struct layout *l, u64 place)
{
	placed_frame(l->zone, place, MIGRATE_UNMOVABLE);
}

/* What the kernel has already stays its. */
static bool is_wanted(void *ctx, u64 place)
{
	const struct layout *l = ctx;

	return l->used(place) && !zone_page(l->zone, place)->kind_order;
}

bool layout_fill(struct layout *l, bool (*used)(u64 place))
{
	l->used = used;
	return placed_pages_fill(&l->pages);
}

/* --- begin, end --- */

bool layout_begin(struct layout *l, u32 nr_blocks)
{
	memset(l, 0, sizeof(*l));
	l->pages = (struct placed_pages){ .mm = mm_begin(),
					  .wanted = is_wanted,
					  .ctx = l };
	if (!l->pages.mm)
		return false;
	l->zone = l->pages.zone = private_zone_create(nr_blocks, 0, 0);
	if (!l->zone)
		mmput(l->pages.mm);
	return l->zone;
}

static void free_kernel_pages(struct zone *zone)
{
	for (u64 i = 0; i < zone->spanned_pages; i++) {
		struct page *page = zone_page(zone, i);

		if (page_kind(page) == PAGE_KERNEL)
			free_pages(page, page_order(page));
	}
}

void layout_end(struct test *t, struct layout *l)
{
	layout_is_sound(t, l);
	placed_pages_drop(&l->pages);
	free_kernel_pages(l->zone);
	drain_all_pages(kernel_mm(), l->zone);
	zone_done(t, l->zone);
	mm_end(t, l->pages.mm);
}

/* --- looking --- */

u64 layout_pages_in(struct layout *l, u64 block)
{
	u64 nr = 0;

	for (u64 i = 0; i < pageblock_nr_pages; i++) {
		struct page *page =
			zone_page(l->zone, block * pageblock_nr_pages + i);

		nr += page_kind(page) == PAGE_ANON;
	}
	return nr;
}

u64 layout_free_blocks(struct layout *l)
{
	u64 nr = 0;

	drain_all_pages(kernel_mm(), l->zone);
	for (u64 i = 0; i < l->zone->fl->nr_blocks; i++)
		nr += zone_block(l->zone, i)->nr[FRAME_FREE] ==
		      pageblock_nr_pages;
	return nr;
}

void layout_is_sound(struct test *t, struct layout *l)
{
	u64 outside = 0;

	EXPECT_EQ(placed_pages_wrong(&l->pages), 0);
	for (u64 i = 0; i < l->pages.nr_pages; i++) {
		struct page *page = placed_page(&l->pages, i);

		outside += !page || page_zone(page) != l->zone;
	}
	EXPECT_EQ(outside, 0);
	EXPECT_EQ(migrate_check(), 0);
	zone_is_sound(t, l->zone);
}

struct compact_control layout_request(struct layout *l, s32 order,
				      enum migrate_mode mode)
{
	return (struct compact_control){ .zone = l->zone,
					 .order = order,
					 .type = MIGRATE_MOVABLE,
					 .gfp = GFP_HIGHUSER_MOVABLE,
					 .highest_zone = l->zone->type,
					 .mode = mode,
					 .direct = order >= 0 };
}

void layout_give_back(struct compact_control *cc)
{
	if (cc->page)
		free_one_page(cc->zone, cc->page, (u32)cc->order);
	cc->page = NULL;
}
