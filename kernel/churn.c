// SPDX-License-Identifier: MIT
/*
 * kernel/churn.c - fill, free half at random, then free and refill in rounds
 *
 *	full   |MMMMMMMM|MMMMMMMM|MMMMMMMM|
 *	halved |M..MM.M.|.MM.M..M|..M.MMM.|	half is free, no block is
 *	rounds |M.M.M...|MMMMMMMM|MMMM....|	a share dies, is taken anew
 *
 * With no moves at all, what can be done is to let blocks die out: refill the
 * fullest ones and leave the others alone. What is measured after each round:
 *
 *	order9  wholly free blocks, the stacks drained
 *	moves   if pages were moved now: with F frames free, F / 512 blocks can
 *	        be freed; the cheapest ones are those with the fewest frames
 *	        used, so the least number of moves is the sum of these
 *
 * The pages are remembered in arrays that come from the allocator itself.
 */
#include <kernel/churn.h>
#include <kernel/errno.h>
#include <kernel/random.h>
#include <kernel/string.h>
#include <mm/mm_state.h>
#include <mm/zone_private.h>

#define ARRAY_ORDER   6
#define ARRAY_SHIFT   (ARRAY_ORDER + PAGE_SHIFT - 3) /* pointers, log2 */
#define ARRAYS_MAX    4096 /* 512 GiB of single pages */
#define HIGHEST_ORDER 9

static struct churn {
	const struct churn_options *options;
	struct zone *zone; /* NULL: the real ones */
	struct rng rng;
	struct page **arrays[ARRAYS_MAX];
	u64 nr_arrays;
	u64 nr;	  /* pages held */
	u64 used; /* frames of them */
	u64 refused;
	bool was_fullest[MAX_ZONES];
} c;

static struct page **slot(u64 i)
{
	return &c.arrays[i >> ARRAY_SHIFT][i & ((1UL << ARRAY_SHIFT) - 1)];
}

/* --- zones --- */

/* The private zone alone, or all real ones; NULL at the end. */
static struct zone *next_zone(const struct zone *after)
{
	if (c.zone)
		return after ? NULL : c.zone;
	return next_populated_zone(mm_active, after);
}

#define for_each_churned_zone(z) for (z = next_zone(NULL); z; z = next_zone(z))

static void set_placement(void)
{
	struct zone *zone;

	for_each_churned_zone(zone) {
		c.was_fullest[zone->index] = zone->place_fullest;
		zone->place_fullest = c.options->fullest;
	}
}

static void restore_placement(void)
{
	struct zone *zone;

	for_each_churned_zone(zone)
		zone->place_fullest = c.was_fullest[zone->index];
}

static void drain(void)
{
	drain_all_pages(mm_active, c.zone);
}

/* --- one page --- */

static struct page *take(u32 order)
{
	const gfp_t gfp = GFP_HIGHUSER_MOVABLE | __GFP_NOWARN | __GFP_NORETRY;

	if (c.zone)
		return alloc_pages_zone(c.zone, gfp, order, 0);
	return alloc_pages(gfp, order);
}

static bool hold(u32 order)
{
	struct page *page;

	if (c.nr >> ARRAY_SHIFT >= c.nr_arrays)
		return false;
	page = take(order);
	if (!page)
		return false;
	*slot(c.nr++) = page;
	c.used += 1UL << order;
	return true;
}

/* Large ones seldom: each order gets the same share of the frames. */
static u32 random_order(void)
{
	u32 bits = rng_below(&c.rng, 1u << HIGHEST_ORDER) |
		   1u << HIGHEST_ORDER;

	return c.options->mixed ? (u32)__builtin_ctz(bits) : 0;
}

/* A chunk of some order, or else a page, which may be on a stack. */
static bool hold_any(void)
{
	u32 order = random_order();

	if (hold(order))
		return true;
	c.refused += order > 0;
	if (order && hold(0))
		return true;
	drain();
	return hold(0);
}

/* A random page; the last one takes its slot. */
static u64 drop_one(void)
{
	u64 i = rng_next(&c.rng) % c.nr;
	struct page *page = *slot(i);
	u32 order = page_order(page);

	*slot(i) = *slot(--c.nr);
	free_pages(page, order);
	c.used -= 1UL << order;
	return 1UL << order;
}

static void drop(u64 frames)
{
	u64 freed = 0;

	while (freed < frames && c.nr)
		freed += drop_one();
}

/* --- measuring --- */

struct census {
	u32 nr_with[512 + 1]; /* blocks with so many frames used, all movable */
	u64 free;
	u64 order9;
};

static void count_block(struct census *census, const struct pageblock *b)
{
	census->free += b->nr[FRAME_FREE];
	census->order9 += b->nr[FRAME_FREE] == pageblock_nr_pages;
	if (!b->nr[FRAME_UNMOVABLE] && !b->nr[FRAME_RECLAIMABLE] &&
	    !b->nr[FRAME_RESERVED] && !b->nr[FRAME_ISOLATED])
		census->nr_with[b->nr[FRAME_MOVABLE]]++;
}

static u64 fewest_moves(const struct census *census)
{
	u64 blocks = census->free >> pageblock_order, moves = 0;

	for (u32 used = 0; used <= pageblock_nr_pages && blocks; used++) {
		u64 take_now = min(blocks, (u64)census->nr_with[used]);

		moves += take_now * used;
		blocks -= take_now;
	}
	return moves;
}

static void measure(struct churn_sample *sample)
{
	static struct census census;
	struct zone *zone;

	drain();
	memset(&census, 0, sizeof(census));
	for_each_churned_zone(zone)
		for (u64 i = 0; i < zone->fl->nr_blocks; i++) {
			const struct pageblock *b = &zone->fl->blocks[i];

			if (freelist_has_block(zone, pageblock_pfn(zone, b)))
				count_block(&census, b);
		}
	sample->used = c.used;
	sample->order9 = census.order9;
	sample->moves = fewest_moves(&census);
	sample->refused = c.refused;
}

/* --- the run --- */

static void put_arrays(void)
{
	while (c.nr_arrays)
		free_pages(pfn_to_page(PFN_DOWN(virt_to_phys_direct(
				   c.arrays[--c.nr_arrays]))),
			   ARRAY_ORDER);
}

static bool get_arrays(u64 frames)
{
	while (c.nr_arrays << ARRAY_SHIFT < frames) {
		struct page *page = NULL;

		if (c.nr_arrays < ARRAYS_MAX)
			page = alloc_pages(GFP_KERNEL | __GFP_NOWARN,
					   ARRAY_ORDER);
		if (!page) {
			put_arrays();
			return false;
		}
		c.arrays[c.nr_arrays++] = page_address(page);
	}
	return true;
}

static u64 frames_to_hold(void)
{
	u64 frames = c.options->nr_blocks * pageblock_nr_pages;
	struct zone *zone;

	if (!frames)
		for_each_populated_zone(mm_active, zone)
			frames += zone->managed_pages;
	return frames;
}

static void churn_round(void)
{
	u64 target = c.used;

	drop(c.used * c.options->share / 100);
	while (c.used < target && hold_any())
		;
}

static void play(struct churn_sample *sample)
{
	set_placement();
	while (hold_any())
		;
	c.refused = 0;
	drop(c.used / 2);
	measure(&sample[0]);
	for (u32 r = 1; r <= c.options->rounds; r++) {
		churn_round();
		measure(&sample[r]);
	}
	drop(UINT64_MAX);
	drain();
	restore_placement();
}

int churn_run(const struct churn_options *options,
	      struct churn_sample sample[static CHURN_ROUNDS_MAX + 1])
{
	int err = 0;

	memset(&c, 0, sizeof(c));
	c.options = options;
	c.rng.state = options->seed ?: 1;
	if (!get_arrays(frames_to_hold()))
		return -ENOMEM;
	if (options->nr_blocks)
		c.zone = private_zone_create(options->nr_blocks, 0, 0);
	if (options->nr_blocks && !c.zone)
		err = -ENOMEM;
	else
		play(sample);
	if (c.zone && !private_zone_destroy(c.zone))
		err = -EIO;
	put_arrays();
	return err;
}

u64 churn_bound(u64 moves0, u32 share, u32 round)
{
	u64 scaled = moves0 << 16;

	while (round--)
		scaled = scaled * (100 - share) / 100;
	return scaled >> 16;
}
