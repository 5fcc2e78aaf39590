// SPDX-License-Identifier: MIT
/*
 * mm/scan_fast.c - free lists as hints: where much is free, and where it is high
 *
 *	zone start                                              zone end
 *	[ migrate_pfn        half |      half | quarter  free_pfn ]
 *	  sources: a block with     targets: ok    best
 *	  large free chunks
 *
 * A source with large free chunks has few pages to move, and so the scanner
 * jumps there; its skip bit keeps it from being found twice. A target must
 * lie in the upper half of what is left between the scanners, or it would be a
 * source soon: the first block of the upper quarter is taken, else the highest
 * one of the half. Both searches give up after a few steps, and after fewer each
 * time that they fail; the list is turned, so that the next search sees others.
 *
 * Linux's lists have chunks, so a step is a chunk. Ours link blocks by their
 * largest chunk: the walk along the list of an order meets the blocks that have
 * chunks of that order and no larger one, and each counts as many steps as it
 * has of them. A block that is of no use is worth as many steps as in Linux,
 * where its chunks mostly stand together on the list, as they were freed
 * together.
 *
 * Source: Linux 5.1, M. Gorman, "use free lists to quickly locate a migration
 * source" and "... a migration target".
 */
#include <mm/buddy.h>
#include <mm/mm_state.h>
#include <mm/node_stat.h>

#include "scanners.h"

/* --- for both --- */

/* Steps that a fast search may take: fewer after each one in vain. */
static u32 freelist_scan_limit(const struct scanners *s)
{
	return (COMPACT_CLUSTER_MAX >> min(s->fast_search_fail, 31u)) + 1;
}

/* Chunks of the order of the list that the block stands on. */
static u32 nr_steps(const struct pageblock *b)
{
	return b->largest ? buddy_nr_largest(b) : b->nr[FRAME_FREE];
}

/* --- sources --- */

/* zone->lock held. The list goes on behind what was looked at. */
static struct pageblock *find_on_list(struct zone *zone, u32 order, pfn_t below,
				      u32 *nr_scanned, u32 limit)
{
	struct list_head *list =
		&zone->fl->free_area[order].list[MIGRATE_MOVABLE];
	struct pageblock *b;

	list_for_each_entry(b, list, chunk_link) {
		bool found = pageblock_pfn(zone, b) < below &&
			     !(b->bits & BLOCK_SKIP);

		*nr_scanned += found ? 1 : nr_steps(b);
		if (!found && *nr_scanned < limit)
			continue;
		freelist_begin_after(zone, b);
		return found ? b : NULL;
	}
	return NULL;
}

static pfn_t find_block_below(struct compact_control *cc, pfn_t below, u32 limit)
{
	struct zone *zone = cc->zone;
	u32 nr_scanned = 0;
	pfn_t found = 0;

	for (u32 order = min((u32)cc->order, (u32)NR_PAGE_ORDERS);
	     order-- > PCP_ORDER_MAX && !found && nr_scanned < limit;) {
		u64 flags;
		struct pageblock *b;

		if (!(READ_PLAIN(zone->fl->order_mask[MIGRATE_MOVABLE]) >> order &
		      1))
			continue;
		flags = spin_lock_irqsave(&zone->lock);
		b = find_on_list(zone, order, below, &nr_scanned, limit);
		if (b)
			found = max(pageblock_pfn(zone, b),
				    zone->zone_start_pfn);
		spin_unlock_irqrestore(&zone->lock, flags);
	}
	cc->migrate_scanned += nr_scanned;
	return found;
}

/* Small orders need few pages moved, and other types no large free blocks. */
static bool may_search(const struct compact_control *cc)
{
	const struct scanners *s = scanners_of(cc);

	return !cc->ignore_skip_hint && !s->finish_pageblock &&
	       cc->order > PCP_ORDER_MAX &&
	       !(cc->direct && cc->type != MIGRATE_MOVABLE) &&
	       block_begins(cc, s->migrate_pfn);
}

/* The lowest block that was ever found, once; then step by step. */
static pfn_t reinit_migrate_pfn(struct scanners *s)
{
	if (s->fast_start_pfn && !s->fast_start_used) {
		s->migrate_pfn = s->fast_start_pfn;
		s->fast_start_used = true;
	}
	return s->migrate_pfn;
}

static void update_fast_start_pfn(struct scanners *s, pfn_t pfn)
{
	if (!s->fast_start_pfn || pfn < s->fast_start_pfn)
		s->fast_start_pfn = pfn;
}

/* A block of the lower part of what is left: targets lie in the upper one. */
pfn_t fast_find_migrateblock(struct compact_control *cc)
{
	struct scanners *s = scanners_of(cc);
	u32 limit = freelist_scan_limit(s);
	pfn_t distance, found;

	if (!may_search(cc) || s->free_pfn <= s->migrate_pfn)
		return s->migrate_pfn;
	distance = (s->free_pfn - s->migrate_pfn) / 2;
	if (s->migrate_pfn != cc->zone->zone_start_pfn)
		distance /= 4;
	found = find_block_below(
		cc, pageblock_start_pfn(s->migrate_pfn + distance), limit);
	if (!found) {
		s->fast_search_fail++;
		return reinit_migrate_pfn(s);
	}
	s->fast_search_fail = 0;
	update_fast_start_pfn(s, found);
	return found;
}

/* --- targets --- */

struct fast_search {
	struct compact_control *cc;
	u32 limit;
	pfn_t low_pfn, min_pfn; /* preferred from here on; acceptable */
	pfn_t highest;		/* that was seen */
	u64 nr_scanned, nr_taken;
	bool scan_start;
};

static pfn_t first_chunk(const struct zone *zone, const struct pageblock *b,
			 u32 order)
{
	u32 offset = 0;

	while (buddy_chunk_at(b, offset) != (s32)order)
		offset++;
	return pageblock_pfn(zone, b) + offset;
}

/*
 * zone->lock held. From the list's end: a block of the upper quarter, else the
 * highest of the upper half. *steps counts chunks.
 */
static struct pageblock *find_target(struct fast_search *fs, u32 order,
				     u32 *steps)
{
	struct zone *zone = fs->cc->zone;
	struct list_head *list =
		&zone->fl->free_area[order].list[MIGRATE_MOVABLE];
	struct pageblock *b = NULL, *best = NULL;
	pfn_t best_pfn = 0;

	for (struct list_head *at = list->prev;
	     at != list && *steps < fs->limit; at = at->prev) {
		pfn_t pfn;

		b = list_entry(at, struct pageblock, chunk_link);
		pfn = pageblock_pfn(zone, b);
		fs->highest = max(fs->highest, pfn);
		if (pfn >= fs->low_pfn) {
			++*steps;
			best = b;
			break;
		}
		if (pfn >= fs->min_pfn && pfn > best_pfn) {
			best_pfn = pfn;
			best = b;
			fs->limit >>= 1;
		}
		*steps += nr_steps(b);
	}
	/* A later search meets those that this one didn't get to. */
	if (b)
		freelist_begin_at(zone, best ? best : b);
	return best;
}

/* One order; false: there is one, but too little would be left. */
static bool search_order(struct fast_search *fs, u32 order, pfn_t *found)
{
	struct scanners *s = scanners_of(fs->cc);
	struct zone *zone = fs->cc->zone;
	u64 flags = spin_lock_irqsave(&zone->lock);
	u32 steps = 0;
	struct pageblock *b = find_target(fs, order, &steps);
	bool ok = true;

	if (b && pageblock_pfn(zone, b) >= fs->low_pfn) {
		s->fast_search_fail = 0;
		s->search_order = (s32)order;
	}
	if (b) {
		*found = first_chunk(zone, b, order);
		ok = isolate_free_page(fs->cc, *found, order);
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	fs->nr_scanned += steps;
	if (b && ok) {
		fs->nr_scanned += (1UL << order) - 1;
		fs->nr_taken += 1UL << order;
	} else {
		*found = 0;
	}
	if (steps >= fs->limit)
		fs->limit = max(1u, fs->limit / 2);
	return ok;
}

/* Downwards, and round to the largest; false: all have been seen. */
static bool next_search_order(struct compact_control *cc, s32 *order)
{
	struct scanners *s = scanners_of(cc);

	if (--*order < 0)
		*order = cc->order - 1;
	if (*order != s->search_order)
		return true;
	if (--s->search_order < 0)
		s->search_order = cc->order - 1;
	return false;
}

static pfn_t search_lists(struct fast_search *fs)
{
	struct scanners *s = scanners_of(fs->cc);
	struct freelists *fl = fs->cc->zone->fl;
	s32 order;
	pfn_t found = 0;

	s->search_order = min(fs->cc->order - 1, s->search_order);
	order = s->search_order;
	do {
		if (!(READ_PLAIN(fl->order_mask[MIGRATE_MOVABLE]) >> order & 1))
			continue;
		if (!search_order(fs, (u32)order, &found) || enough(s))
			break;
	} while (!found && next_search_order(fs->cc, &order));
	return found;
}

/*
 * Nothing in the upper half, at the start of a run: the scanner begins at the
 * highest block that was seen, or in the middle if the run is a request's.
 */
static pfn_t give_up_search(struct fast_search *fs)
{
	struct scanners *s = scanners_of(fs->cc);
	struct zone *zone = fs->cc->zone;
	struct pageblock view;

	s->fast_search_fail++;
	if (!fs->scan_start)
		return 0;
	if (fs->highest >= fs->min_pfn) {
		s->free_pfn = fs->highest;
		return fs->highest;
	}
	if (!fs->cc->direct)
		return 0;
	s->free_pfn = fs->min_pfn;
	if (!pageblock_view(zone, fs->min_pfn,
			    min(pageblock_end_pfn(fs->min_pfn),
				zone_end_pfn(zone)),
			    &view) ||
	    !suitable_migration_target(fs->cc, &view))
		return 0;
	return fs->min_pfn;
}

/* What else the block has; a hopeful run for a request doesn't ask. */
static void fast_isolate_around(struct compact_control *cc, pfn_t pfn)
{
	struct zone *zone = cc->zone;
	pfn_t start = max(pageblock_start_pfn(pfn), zone->zone_start_pfn);
	pfn_t end = min(pageblock_end_pfn(pfn), zone_end_pfn(zone));
	struct pageblock view;

	if (enough(scanners_of(cc)) ||
	    (cc->direct && cc->mode == MIGRATE_ASYNC) ||
	    !pageblock_view(zone, start, end, &view))
		return;
	pfn = start;
	isolate_freepages_block(cc, &pfn, end, 1, &view);
	if (pfn == end) /* full now, or nearly */
		set_pageblock_skip(cc, start);
}

void fast_isolate_freepages(struct compact_control *cc)
{
	struct scanners *s = scanners_of(cc);
	struct compact_zone_state *c = &cc->zone->compact;
	struct fast_search fs = { .cc = cc,
				  .limit = max(1u, freelist_scan_limit(s) / 2) };
	pfn_t distance, found;

	if (cc->order <= 0 || s->free_pfn <= s->migrate_pfn)
		return;
	if (s->free_pfn >= READ_ONCE(c->init_free_pfn)) {
		fs.limit = pageblock_nr_pages / 2;
		fs.scan_start = true;
	}
	distance = s->free_pfn - s->migrate_pfn;
	fs.low_pfn = pageblock_start_pfn(s->free_pfn - distance / 4);
	fs.min_pfn = pageblock_start_pfn(s->free_pfn - distance / 2);
	found = search_lists(&fs);
	POINT(mm_compaction_fast_isolate_freepages, fs.min_pfn, s->free_pfn,
	      fs.nr_scanned, fs.nr_taken);
	count_vm_events(COMPACTISOLATED, fs.nr_taken);
	cc->free_scanned += fs.nr_scanned;
	if (fs.nr_taken)
		WRITE_ONCE(c->now_target, pageblock_start_pfn(found));
	if (!found)
		found = give_up_search(&fs);
	if (fs.highest >= pageblock_nr_pages &&
	    fs.highest >= READ_ONCE(c->cached_free_pfn))
		WRITE_ONCE(c->cached_free_pfn, fs.highest - pageblock_nr_pages);
	if (found)
		fast_isolate_around(cc, found);
}
