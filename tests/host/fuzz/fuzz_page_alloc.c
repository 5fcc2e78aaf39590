// SPDX-License-Identifier: MIT
/*
 * tests/host/fuzz/fuzz_page_alloc.c - libFuzzer: any program of allocator calls
 *
 * Input is a byte for the policy and placement, one for the borders of a
 * private zone, then operations of two bytes {what, how}. A byte a frame is
 * the model: what is handed out was nobody's, lies in the zone and in no
 * fenced block; what is refused isn't there. The zone is checked after every
 * sixteenth operation and at the end, where all frames must be back.
 */
#include <stdlib.h>

#include <arch/host.h>
#include <kernel/main.h>
#include <kernel/string.h>
#include <mm/gfp.h>
#include <mm/mm_state.h>
#include <mm/zone_check.h>
#include <mm/zone_private.h>

#define NR_BLOCKS  4
#define NR_FRAMES  (NR_BLOCKS * pageblock_nr_pages)
#define MAX_HELD   4096
#define CHECK_EACH 16

enum op {
	OP_ALLOC,
	OP_ALLOC_TOO, /* the same again: most operations are these two */
	OP_FREE,
	OP_FREE_TOO,
	OP_SPLIT,
	OP_RETYPE,
	OP_FENCE,
	OP_DRAIN,
	OP_DRAIN_BLOCK,
	OP_RECHARGE,
	OP_LEND,
	NR_OPS,
};

static struct zone *zone;
static u8 owned[NR_FRAMES];
static bool fenced[NR_BLOCKS];
static struct page *held[MAX_HELD];
static u32 nr_held;

static void expect(bool ok)
{
	if (!ok)
		abort();
}

static u64 place(const struct page *page)
{
	return page_to_pfn(page) - zone->fl->first_block * pageblock_nr_pages;
}

static bool in_zone(u64 frame)
{
	return zone_spans_pfn(zone, zone->fl->first_block * pageblock_nr_pages +
					    frame);
}

static bool frame_is_free(u64 frame)
{
	return in_zone(frame) && !owned[frame] &&
	       !fenced[frame >> pageblock_order];
}

static void hold(struct page *page, u32 order)
{
	u64 first = place(page);

	expect(IS_ALIGNED(page_to_pfn(page), 1UL << order));
	for (u64 i = first; i < first + (1UL << order); i++) {
		expect(frame_is_free(i));
		owned[i] = 1;
	}
	held[nr_held++] = page;
}

/* Of blocks that plain requests may use. */
static bool model_has(u32 order)
{
	u64 nr = 0, size = 1UL << order;

	for (u64 i = 0; i < zone->fl->nr_blocks * pageblock_nr_pages; i++) {
		const struct pageblock *b =
			&zone->fl->blocks[i >> pageblock_order];

		if (IS_ALIGNED(i, size))
			nr = 0;
		nr += frame_is_free(i) &&
		      migratetype_is_mergeable(pageblock_type(b));
		if (nr == size)
			return true;
	}
	return false;
}

static void do_alloc(u8 how)
{
	static const gfp_t types[] = { 0, __GFP_MOVABLE, __GFP_RECLAIMABLE,
				       __GFP_MOVABLE };
	static const u32 flags[] = { 0, ALLOC_NOFRAGMENT, ALLOC_CMA,
				     ALLOC_HIGHATOMIC | ALLOC_NON_BLOCK };
	gfp_t gfp = GFP_KERNEL | __GFP_NOWARN | types[how >> 4 & 3];
	u32 order = (how & 15) % NR_PAGE_ORDERS, flag = flags[how >> 6];
	struct page *page;

	if (nr_held == MAX_HELD)
		return;
	page = alloc_pages_zone(zone, gfp, order, flag);
	if (!page && !flag) {
		drain_local_pages(zone);
		page = alloc_pages_zone(zone, gfp, order, 0);
		expect(page || !model_has(order));
	}
	if (page)
		hold(page, order);
}

static void do_free(u8 how)
{
	u32 i = how * 7u % nr_held;
	struct page *page = held[i];

	memset(&owned[place(page)], 0, 1UL << page_order(page));
	held[i] = held[--nr_held];
	free_pages(page, page_order(page));
}

static void do_split(u8 how)
{
	u32 i = how % nr_held, order = page_order(held[i]);
	struct page *page = held[i];

	if (nr_held + (1u << order) > MAX_HELD)
		return;
	split_page(page, order);
	for (u32 k = 1; k < 1u << order; k++)
		held[nr_held++] = page + k;
}

static void do_fence(struct pageblock *b, u8 how)
{
	u64 n = (u64)(b - zone->fl->blocks);

	if (fenced[n])
		freelist_unisolate(zone, b, (how >> 4) % MIGRATE_PCPTYPES);
	else
		freelist_isolate(zone, b);
	fenced[n] = !fenced[n];
}

/* A block is lent when it isn't wholly free: then it would be claimed. */
static void do_lend(struct pageblock *b, u8 how)
{
	u32 type = (how >> 4) % MIGRATE_PCPTYPES;

	if (b->nr[FRAME_FREE] && b->largest < (s32)pageblock_order &&
	    migratetype_is_mergeable(pageblock_type(b)) &&
	    (b->bits & BLOCK_TYPE_MASK) != type)
		freelist_lend(zone, b, type);
}

static void do_block(enum op op, u8 how)
{
	struct pageblock *b = &zone->fl->blocks[how % zone->fl->nr_blocks];
	u64 flags = spin_lock_irqsave(&zone->lock);

	if (op == OP_FENCE)
		do_fence(b, how);
	else if (op == OP_LEND)
		do_lend(b, how);
	else if (op == OP_RETYPE)
		freelist_retype(zone, b, (how >> 4) % MIGRATE_ISOLATE);
	spin_unlock_irqrestore(&zone->lock, flags);
	if (op == OP_DRAIN_BLOCK ||
	    (op == OP_FENCE && (b->bits & BLOCK_ISOLATE)))
		drain_pageblock(zone, b);
}

static void step(enum op op, u8 how)
{
	if (op <= OP_ALLOC_TOO) {
		do_alloc(how);
	} else if (op == OP_DRAIN) {
		drain_local_pages(zone);
	} else if (op >= OP_RETYPE && op != OP_RECHARGE) {
		do_block(op, how);
	} else if (!nr_held) {
		return;
	} else if (op <= OP_FREE_TOO) {
		do_free(how);
	} else if (op == OP_SPLIT) {
		do_split(how);
	} else {
		struct page *page = held[how % nr_held];

		page_recharge(page, page_order(page),
			      (how >> 4) % MIGRATE_PCPTYPES);
	}
}

static void check(void)
{
	u64 frames = zone->nr_free_pages + pcp_count(zone);

	expect(zone_check_all(kernel_mm(), zone) == 0);
	for (u64 n = 0; n < zone->fl->nr_blocks; n++)
		frames += zone->fl->blocks[n].nr[FRAME_ISOLATED];
	for (u64 i = 0; i < NR_FRAMES; i++)
		frames += owned[i];
	expect(frames == zone->managed_pages);
}

static void give_back(void)
{
	while (nr_held)
		do_free(0);
	for (u32 n = 0; n < zone->fl->nr_blocks; n++)
		if (fenced[n])
			do_block(OP_FENCE, (u8)n);
	check();
	expect(private_zone_destroy(zone));
}

/* Cut anywhere, whole, or two blocks. */
static void begin(u8 policy, u8 border)
{
	u32 first = border ? border * 3u : 0;

	memset(owned, 0, sizeof(owned));
	memset(fenced, 0, sizeof(fenced));
	nr_held = 0;
	zone = private_zone_create(NR_BLOCKS, first,
				   border ? NR_FRAMES - first - border : 0);
	expect(zone != NULL);
	zone->policy = &fallback_policies[policy % nr_fallback_policies];
	zone->place_fullest = policy & 0x80;
	zone->pcp[0]->batch = 1u << (policy >> 4 & 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool booted;

	if (!booted)
		host_machine_init(1);
	booted = true;
	host_console_quiet = true;
	if (size < 2)
		return 0;
	begin(data[0], data[1]);
	for (size_t i = 2; i + 1 < size; i += 2) {
		step(data[i] % NR_OPS, data[i + 1]);
		if (i / 2 % CHECK_EACH == 0)
			check();
	}
	give_back();
	return 0;
}
