// SPDX-License-Identifier: MIT
/*
 * mm/misuse.c - say precisely what was done wrong, and by whom
 *
 * The hot paths only know that a page's state is not what it must be. Here
 * the state is read like a doctor: no record, reserved, free already, inside
 * another chunk, other order, still in use. The report names the frame, who
 * frees it now (backtrace) and, with page_owner=on, who had it before.
 *
 * Quarantine: the frame is never handed out again.
 *	in use	 its chunk gets PG_quarantined; freeing it later does nothing
 *	free	 it leaves map or stack and is reserved from then on, too, so
 *		 that it is no part of a larger chunk
 * What is quarantined is not reported again.
 */
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <mm/freelist.h>
#include <mm/misuse.h>
#include <mm/mm_state.h>
#include <mm/page_owner.h>
#include <mm/pcp.h>

const char *const bug_names[NR_BUG_KINDS] = {
	[BUG_DOUBLE_FREE] = "double free",
	[BUG_FREE_WILD] = "free of a frame that has no page record",
	[BUG_FREE_RESERVED] = "free of a reserved frame",
	[BUG_FREE_TAIL] = "free of a tail page",
	[BUG_FREE_ORDER] = "free with the wrong order",
	[BUG_FREE_STATE] = "free of a page that is still in use",
	[BUG_BAD_LIST] = "a frame on the free lists is not free",
	[BUG_BAD_REQUEST] = "a request that contradicts itself",
	[BUG_SLAB_DOUBLE_FREE] = "double free of an object",
	[BUG_SLAB_WILD] = "free of what is no object",
	[BUG_SLAB_REDZONE] = "written beside an object",
	[BUG_SLAB_POISON] = "written to an object after its free",
	[BUG_SLAB_CORRUPT] = "a slab's list of free objects is broken",
	[BUG_SLAB_IN_USE] = "a cache destroyed with objects in use",
	[BUG_VFREE] = "vfree of what is no area in use",
	[BUG_STALE_TLB] = "free of a frame that a TLB still names",
};

static enum bug_kind expected;
static u32 nr_seen;

void expect_bug(enum bug_kind kind)
{
	expected = kind;
	nr_seen = 0;
}

u32 bug_seen(enum bug_kind kind)
{
	bool armed = expected == kind;

	expected = BUG_NONE;
	return armed ? nr_seen : 0;
}

/* The report is complete: panic, or let the test that waits for it go on. */
void bug_finish(enum bug_kind kind)
{
	dump_stack();
	if (expected != kind)
		panic("mm: %s", bug_names[kind]);
	__atomic_add_fetch(&nr_seen, 1, __ATOMIC_RELAXED);
}

static void describe(const struct page *page)
{
	const struct zone *zone = page_zone(page);

	pr_err("page: pfn 0x%lx zone %s of node %u flags 0x%x kind %u order %u charge %s refcount %d mapcount %d\n",
	       page_to_pfn(page), zone ? zone->name : "none",
	       zone ? zone->nid : 0, page->flags, page_kind(page),
	       page_order(page), migratetype_names[page_charge(page)],
	       page->refcount, page->mapcount);
	page_owner_print(page);
}

static bool frame_is_in_map(const struct page *page)
{
	struct zone *zone = page_zone(page);
	pfn_t pfn = page_to_pfn(page);

	return zone && zone->fl && zone_spans_pfn(zone, pfn) &&
	       freelist_has_block(zone, pfn) &&
	       block_frame_is_free(pfn_pageblock(zone, pfn),
				   (u32)(pfn & (pageblock_nr_pages - 1)));
}

static enum bug_kind diagnose(const struct page *page, u32 order,
			      struct page **head)
{
	pfn_t pfn = page_to_pfn(page);

	if (page < vmemmap || !pfn_valid(mm_active, pfn) ||
	    (u64)page % sizeof(*page))
		return BUG_FREE_WILD;
	if (page_flag(page, PG_quarantined))
		return BUG_NONE;
	if (page_flag(page, PG_reserved))
		return BUG_FREE_RESERVED;
	if (page->kind_order)
		return page_order(page) != order ? BUG_FREE_ORDER :
						   BUG_FREE_STATE;
	*head = page_head(mm_active, pfn);
	return *head ? BUG_FREE_TAIL : BUG_DOUBLE_FREE;
}

/* A charged frame that nobody holds is out of the allocator's reach. */
static void reserve_frame(struct zone *zone, struct page *page,
			  enum migratetype charge)
{
	freelist_reserve(zone, page_to_pfn(page), charge);
	page->flags |= 1u << PG_reserved | 1u << PG_quarantined;
	page->kind_order = 0;
	*page_refs(page) = REFS_ALLOCATED;
	zone->managed_pages--;
}

/*
 * It may be on a stack as part of a chunk: that goes to the map first. From an
 * interrupt only this CPU's stacks can be emptied; on another one's the frame
 * keeps its mark and is caught when it is taken.
 */
static void quarantine_free_frame(struct page *page)
{
	struct zone *zone = page_zone(page);
	pfn_t pfn = page_to_pfn(page);
	u64 flags;

	page_flag_set(page, PG_quarantined);
	if (!zone || !zone->fl || !zone_spans_pfn(zone, pfn))
		return;
	drain_pageblock(zone, pfn_pageblock(zone, pfn));
	flags = spin_lock_irqsave(&zone->lock);
	if (frame_is_in_map(page)) {
		freelist_take_at(zone, pfn, 0, MIGRATE_UNMOVABLE);
		reserve_frame(zone, page, MIGRATE_UNMOVABLE);
	}
	spin_unlock_irqrestore(&zone->lock, flags);
}

/* Halves without the bad frame go back, until it is alone. */
static void quarantine_taken_frame(struct page *chunk, u32 order,
				   struct page *bad)
{
	struct zone *zone = page_zone(chunk);
	enum migratetype charge = page_charge(chunk);
	u64 flags = spin_lock_irqsave(&zone->lock);

	while (order-- > 0) {
		struct page *upper = chunk + (1UL << order);
		struct page *whole = bad < upper ? upper : chunk;

		freelist_put(zone, page_to_pfn(whole), order, charge);
		if (bad >= upper)
			chunk = upper;
	}
	reserve_frame(zone, bad, charge);
	spin_unlock_irqrestore(&zone->lock, flags);
}

void bad_free(struct page *page, u32 order)
{
	struct page *head = NULL;
	enum bug_kind kind = diagnose(page, order, &head);

	if (kind == BUG_NONE)
		return;
	pr_err("BUG: Bad page state  pfn:%05lx: %s (order %d)\n",
	       page_to_pfn(page), bug_names[kind], (int)order);
	if (kind == BUG_FREE_WILD) {
		pr_err("page: record at %016lx would be pfn 0x%lx; there is no RAM near it\n",
		       (u64)page, page_to_pfn(page));
		bug_finish(kind);
		return;
	}
	if (kind == BUG_DOUBLE_FREE)
		pr_err("page: it is free already, %s\n",
		       frame_is_in_map(page) ? "in its block's map" :
					       "on a CPU's stack");
	describe(page);
	if (head) {
		pr_err("page: it belongs to the chunk of order %u at pfn 0x%lx:\n",
		       page_order(head), page_to_pfn(head));
		describe(head);
	}
	if (kind == BUG_DOUBLE_FREE)
		quarantine_free_frame(page);
	else if (kind != BUG_FREE_RESERVED)
		page_flag_set(head ? head : page, PG_quarantined);
	bug_finish(kind);
}

void bad_page_on_list(struct page *chunk, u32 order, struct page *bad)
{
	bool reported = page_flag(bad, PG_quarantined);

	if (!reported) {
		pr_err("BUG: Bad page state  pfn:%05lx: %s (order %u)\n",
		       page_to_pfn(bad), bug_names[BUG_BAD_LIST], order);
		describe(bad);
	}
	quarantine_taken_frame(chunk, order, bad);
	if (!reported)
		bug_finish(BUG_BAD_LIST);
}

void bad_request(gfp_t gfp, u32 order, const char *why)
{
	char text[160];

	pr_err("page_alloc: order %d, mode %#x(%s): %s\n", (int)order, gfp,
	       gfp_text(gfp, text, sizeof(text)), why);
	if (expected == BUG_BAD_REQUEST) {
		__atomic_add_fetch(&nr_seen, 1, __ATOMIC_RELAXED);
		return;
	}
	WARN_ON(true);
}
