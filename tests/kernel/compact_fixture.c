// SPDX-License-Identifier: MIT
/*
 * tests/kernel/compact_fixture.c - compact_fixture.h
 */
#include <kernel/string.h>
#include <mm/lru.h>
#include <mm/misuse.h>
#include <mm/page_alloc.h>
#include <mm/pcp.h>

#include "compact_fixture.h"
#include "vma_fixture.h"

static u64 stamp(u64 i)
{
	return (i + 1) * 0x9e3779b97f4a7c15UL;
}

static vaddr_t address(const struct layout *l, u64 i)
{
	return l->base + i * PAGE_SIZE;
}

/* --- frames at given places --- */

/* As the allocator would hand it out. */
static struct page *alloc_at(struct zone *zone, u64 place,
			     enum migratetype charge)
{
	struct page *page = zone_page(zone, place);

	zone_take_at(zone, place, 0, charge);
	page->kind_order = kind_order(PAGE_KERNEL, 0);
	*page_refs(page) = REFS_ALLOCATED;
	return page;
}

void layout_kernel_page(struct layout *l, u64 place)
{
	alloc_at(l->zone, place, MIGRATE_UNMOVABLE);
}

struct places {
	struct zone *zone;
	bool (*used)(u64 place);
	u64 next;
};

static bool is_taken(const struct places *p)
{
	return zone_page(p->zone, p->next)->kind_order != 0;
}

static struct page *next_place(struct page *src __unused, void *private)
{
	struct places *p = private;

	while (p->next < p->zone->spanned_pages &&
	       (!p->used(p->next) || is_taken(p)))
		p->next++;
	if (p->next == p->zone->spanned_pages)
		return NULL;
	return alloc_at(p->zone, p->next++, MIGRATE_MOVABLE);
}

static u64 count_places(struct places p)
{
	u64 nr = 0;

	for (p.next = 0; p.next < p.zone->spanned_pages; p.next++)
		nr += p.used(p.next) && !is_taken(&p);
	return nr;
}

/* --- the program --- */

static bool touch_all(struct layout *l)
{
	for (u64 i = 0; i < l->nr_pages; i++)
		if (mm_write(l->mm, address(l, i), stamp(i)))
			return false;
	lru_add_drain_all();
	return true;
}

/* So many pages from the i'th on, in their order; how many were moved. */
static u32 bring(struct layout *l, u64 i, u64 nr, struct places *places)
{
	struct list_head list = LIST_HEAD_INIT(list);
	u32 moved = 0;

	for (u64 end = min(i + nr, l->nr_pages); i < end; i++) {
		struct page *page = space_page(l->mm, address(l, i));

		if (page && isolate_lru_page(page))
			list_add_tail(&page->lru, &list);
	}
	migrate_pages(&list, next_place, NULL, places, MIGRATE_SYNC, MR_SYSCALL,
		      &moved);
	putback_lru_pages(&list);
	return moved;
}

bool layout_fill(struct layout *l, bool (*used)(u64 place))
{
	struct places places = { .zone = l->zone, .used = used };
	u64 moved = 0;

	l->nr_pages = count_places(places);
	l->base = space_map(l->mm, l->nr_pages);
	if (!touch_all(l))
		return false;
	for (u64 i = 0; i < l->nr_pages; i += MIGRATE_BATCH)
		moved += bring(l, i, MIGRATE_BATCH, &places);
	return moved == l->nr_pages;
}

/* --- begin, end --- */

bool layout_begin(struct layout *l, u32 nr_blocks)
{
	memset(l, 0, sizeof(*l));
	l->mm = mm_begin();
	l->zone = l->mm ? private_zone_create(nr_blocks, 0, 0) : NULL;
	if (l->mm && !l->zone)
		mmput(l->mm);
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
	if (l->nr_pages)
		do_munmap(l->mm, l->base, l->nr_pages * PAGE_SIZE);
	free_kernel_pages(l->zone);
	drain_all_pages(kernel_mm(), l->zone);
	zone_done(t, l->zone);
	mm_end(t, l->mm);
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
	u64 wrong = 0, outside = 0;

	for (u64 i = 0; i < l->nr_pages; i++) {
		u64 *word = space_touch(l->mm, address(l, i), false);
		struct page *page = space_page(l->mm, address(l, i));

		wrong += !word || *word != stamp(i);
		outside += !page || page_zone(page) != l->zone;
	}
	EXPECT_EQ(wrong, 0);
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
