// SPDX-License-Identifier: MIT
/*
 * kernel/oracle.c - what could be had, by looking at every frame
 *
 * Each frame gets a sort; chunks of the order asked for are then counted by how
 * many movable frames they hold:
 *
 *	frames	|M..M|....|MMUM|.M..|P..M|	order 2, P pinned, U unmovable
 *	used	   2    0    -    1    -	3 pure chunks: with[0..2] = 1
 *
 * With F frames free above the marks, F / 4 chunks can be freed, whichever they
 * are: each used frame of a chosen chunk moves once, to outside of all of them.
 * So the cheapest choice is the one with the fewest used, and k chunks cost at
 * least the sum of the k smallest counts (docs/workloads.md).
 *
 * A program's page can be moved if every reference to it is accounted for: one
 * for each entry of a page table, one of the page cache. The tables are walked
 * to know. A page that anything else refers to is held.
 */
#include <kernel/errno.h>
#include <kernel/oracle.h>
#include <kernel/string.h>
#include <mm/lru.h>
#include <mm/mm_state.h>
#include <mm/page_ref.h>
#include <mm/pgtable.h>
#include <mm/vmalloc.h>

/* --- one frame --- */

static bool can_move(const struct oracle *o, const struct page *page, pfn_t pfn)
{
	s32 refs = (s32)o->mapped[pfn] + (page_kind(page) == PAGE_FILE);

	return page_flag(page, PG_lru) && !page_pinned(page) &&
	       page_ref_count(page) == refs;
}

static enum oracle_sort sort_of_allocated(const struct oracle *o,
					  const struct page *page, pfn_t pfn)
{
	enum page_kind kind = page_kind(page);

	if (kind == PAGE_ANON || kind == PAGE_FILE)
		return can_move(o, page, pfn) ? ORACLE_MOVABLE : ORACLE_HELD;
	return page_charge(page) == MIGRATE_MOVABLE ? ORACLE_HELD :
						      ORACLE_UNMOVABLE;
}

static bool is_there(const struct zone *zone, pfn_t pfn)
{
	return pfn_valid(mm_active, pfn) &&
	       pfn_to_page(pfn)->zone_index == zone->index;
}

static enum oracle_sort sort_of(const struct oracle *o, const struct zone *zone,
				pfn_t pfn)
{
	const struct page *page;

	if (!is_there(zone, pfn))
		return ORACLE_ABSENT;
	page = pfn_to_page(pfn);
	if (page_flag(page, PG_reserved) || page_flag(page, PG_quarantined))
		return ORACLE_RESERVED;
	return page->kind_order ? sort_of_allocated(o, page, pfn) : ORACLE_FREE;
}

/* --- one zone --- */

/* The frame's allocation, or itself alone; where it ends. */
static pfn_t sort_from(struct oracle *o, struct oracle_zone *oz, pfn_t pfn)
{
	pfn_t end = pfn + 1, zone_end = zone_end_pfn(oz->zone);
	enum oracle_sort sort = sort_of(o, oz->zone, pfn);

	if (sort >= ORACLE_MOVABLE) {
		const struct page *page = pfn_to_page(pfn);

		end = min(pfn + (1UL << page_order(page)), zone_end);
		oz->charged[page_charge(page)] += end - pfn;
	}
	oz->nr[sort] += end - pfn;
	memset(&o->sort[pfn], sort, end - pfn);
	return end;
}

static bool range_has(const struct oracle *o, pfn_t start, pfn_t end,
		      enum oracle_sort sort)
{
	return memchr(&o->sort[start], sort, end - start) != NULL;
}

static void count_block(const struct oracle *o, struct oracle_zone *oz,
			pfn_t start, pfn_t end)
{
	bool polluted = range_has(o, start, end, ORACLE_UNMOVABLE);

	oz->polluted += polluted;
	oz->mixed += polluted && (range_has(o, start, end, ORACLE_MOVABLE) ||
				  range_has(o, start, end, ORACLE_HELD));
}

static void look_at_zone(struct oracle *o, struct oracle_zone *oz)
{
	pfn_t pfn = oz->zone->zone_start_pfn, end = zone_end_pfn(oz->zone);

	memset(oz->nr, 0, sizeof(oz->nr));
	memset(oz->charged, 0, sizeof(oz->charged));
	oz->polluted = oz->mixed = 0;
	while (pfn < end)
		pfn = sort_from(o, oz, pfn);
	for (pfn = oz->zone->zone_start_pfn; pfn < end;) {
		pfn_t next = ALIGN_DOWN(pfn, pageblock_nr_pages) +
			     pageblock_nr_pages;

		count_block(o, oz, pfn, min(next, end));
		pfn = next;
	}
}

void oracle_look(struct oracle *o)
{
	lru_add_drain_all();
	drain_all_pages(mm_active, NULL);
	o->order = NR_PAGE_ORDERS;
	memset(o->mapped, 0, o->nr_frames * sizeof(u32));
	page_table_count_all(o->mapped, o->nr_frames);
	for (u32 i = 0; i < o->nr_zones; i++)
		look_at_zone(o, &o->zones[i]);
}

/* --- chunks of an order --- */

static void count_chunk(const struct oracle *o, struct oracle_zone *oz,
			pfn_t pfn, u64 size)
{
	u32 used = 0;

	for (pfn_t p = pfn; p < pfn + size; p++) {
		if (o->sort[p] == ORACLE_MOVABLE)
			used++;
		else if (o->sort[p] != ORACLE_FREE)
			return;
	}
	oz->pure++;
	oz->with[used]++;
}

static u64 allowed_by_marks(const struct oracle_zone *oz, u32 order)
{
	const struct zone *zone = oz->zone;
	u64 kept = zone->watermark[WMARK_MIN] +
		   zone->lowmem_reserve[gfp_zone(GFP_HIGHUSER_MOVABLE)];

	return oz->nr[ORACLE_FREE] > kept ?
		       (oz->nr[ORACLE_FREE] - kept) >> order :
		       0;
}

static void count_chunks(struct oracle *o, struct oracle_zone *oz)
{
	u64 size = 1UL << o->order;
	pfn_t end = zone_end_pfn(oz->zone);

	memset(oz->with, 0, sizeof(oz->with));
	oz->pure = 0;
	for (pfn_t pfn = ALIGN(oz->zone->zone_start_pfn, size);
	     pfn + size <= end; pfn += size)
		count_chunk(o, oz, pfn, size);
	oz->possible = min(oz->pure, allowed_by_marks(oz, o->order));
}

static void count_for(struct oracle *o, u32 order)
{
	if (o->order == order)
		return;
	o->order = order;
	for (u32 i = 0; i < o->nr_zones; i++)
		count_chunks(o, &o->zones[i]);
}

u64 oracle_possible(struct oracle *o, u32 order)
{
	u64 sum = 0;

	count_for(o, order);
	for (u32 i = 0; i < o->nr_zones; i++)
		sum += o->zones[i].possible;
	return sum;
}

/*
 * The k cheapest, where each zone gives at most what is possible or, if that is
 * not enough, whatever it has.
 */
u64 oracle_least(struct oracle *o, u32 order, u64 k)
{
	bool limited = k <= oracle_possible(o, order);
	u64 moves = 0;

	for (u32 i = 0; i < o->nr_zones; i++)
		o->zones[i].left = limited ? o->zones[i].possible :
					     o->zones[i].pure;
	for (u32 used = 0; used <= 1U << order; used++) {
		for (u32 i = 0; i < o->nr_zones; i++) {
			struct oracle_zone *oz = &o->zones[i];
			u64 nr = min((u64)oz->with[used], oz->left);

			nr = min(nr, k);
			oz->left -= nr;
			k -= nr;
			moves += nr * used;
		}
	}
	return moves;
}

/* --- sums --- */

u64 oracle_nr(const struct oracle *o, enum oracle_sort sort)
{
	u64 sum = 0;

	for (u32 i = 0; i < o->nr_zones; i++)
		sum += o->zones[i].nr[sort];
	return sum;
}

u64 oracle_polluted(const struct oracle *o)
{
	u64 sum = 0;

	for (u32 i = 0; i < o->nr_zones; i++)
		sum += o->zones[i].polluted;
	return sum;
}

u64 oracle_mixed(const struct oracle *o)
{
	u64 sum = 0;

	for (u32 i = 0; i < o->nr_zones; i++)
		sum += o->zones[i].mixed;
	return sum;
}

/* --- life --- */

static u32 nr_zones_of(struct zone *only)
{
	struct zone *zone;
	u32 nr = 0;

	if (only)
		return 1;
	for_each_populated_zone(mm_active, zone)
		nr++;
	return nr;
}

static void name_zones(struct oracle *o, struct zone *only)
{
	struct zone *zone;
	u32 i = 0;

	if (only)
		o->zones[0].zone = only;
	else
		for_each_populated_zone(mm_active, zone)
			o->zones[i++].zone = zone;
}

int oracle_open(struct oracle *o, struct zone *only)
{
	memset(o, 0, sizeof(*o));
	o->nr_frames = mm_active->max_pfn;
	o->nr_zones = nr_zones_of(only);
	o->sort = vzalloc(o->nr_frames);
	o->mapped = vzalloc(o->nr_frames * sizeof(u32));
	o->zones = vzalloc(o->nr_zones * sizeof(*o->zones));
	if (!o->sort || !o->mapped || !o->zones) {
		oracle_close(o);
		return -ENOMEM;
	}
	name_zones(o, only);
	return 0;
}

void oracle_close(struct oracle *o)
{
	vfree(o->sort);
	vfree(o->mapped);
	vfree(o->zones);
	memset(o, 0, sizeof(*o));
}
