/* SPDX-License-Identifier: MIT */
/*
 * mm/scanners.h - the two scanners of strategies "linux" and "classic"
 *
 *	zone start                                              zone end
 *	[ emptied | migrate_pfn ---->        <---- free_pfn | filled ]
 *	            pages in use are taken    free frames are taken
 *
 *	compact_linux.c		the loop, and when it ends
 *	compact_classic.c	the same as it was in 2010
 *	scan_migrate.c		which block, which of its pages
 *	scan_free.c		where to
 *	scan_fast.c		the same by the free lists, for both
 *	compact_skip.c		what earlier runs found out
 *
 * migrate_pages() moves what lies on migratepages to what lies on freepages[]; as
 * long as the scanners have not met, the first is below the second.
 *
 * Locks    a run is its thread's; zone->lock for blocks, lru_lock for pages
 */
#pragma once

#include <kernel/point.h>
#include <mm/freelist.h>
#include <mm/page.h>

#include "compact_internal.h"

DECLARE_POINT(mm_compaction_isolate_migratepages);
DECLARE_POINT(mm_compaction_isolate_freepages);
DECLARE_POINT(mm_compaction_migratepages);
DECLARE_POINT(mm_compaction_finished);

/* Of one run; compact_control's `private`. */
struct scanners {
	pfn_t migrate_pfn;    /* the frame to look at next, upwards */
	pfn_t free_pfn;	      /* the same downwards, block by block */
	pfn_t last_migrated;  /* block that pages were taken from last; 0 */
	pfn_t fast_start_pfn; /* lowest hit of the fast search; 0: none */
	bool fast_start_used;
	struct list_head migratepages;
	u32 nr_migratepages;			    /* those without a target */
	struct list_head freepages[NR_PAGE_ORDERS]; /* by order */
	u64 nr_freepages;			    /* frames */
	s32 search_order;      /* where the fast search begins */
	u32 fast_search_fail;  /* in a row */
	bool finish_pageblock; /* take all of it, not a cluster */
	bool update_cached;    /* both cached positions go together */
};

static inline struct scanners *scanners_of(const struct compact_control *cc)
{
	return cc->private;
}

static inline pfn_t pageblock_start_pfn(pfn_t pfn)
{
	return ALIGN_DOWN(pfn, pageblock_nr_pages);
}

static inline pfn_t pageblock_end_pfn(pfn_t pfn)
{
	return ALIGN_DOWN(pfn, pageblock_nr_pages) + pageblock_nr_pages;
}

/* Or the zone does. */
static inline bool block_begins(const struct compact_control *cc, pfn_t pfn)
{
	return IS_ALIGNED(pfn, pageblock_nr_pages) ||
	       pfn == cc->zone->zone_start_pfn;
}

/* Frames for all pages that wait for one? */
static inline bool enough(const struct scanners *s)
{
	return s->nr_freepages >= s->nr_migratepages;
}

void scanners_init(struct scanners *s);

static inline bool compact_scanners_met(const struct scanners *s)
{
	return s->free_pfn >> pageblock_order <= s->migrate_pfn >>
	       pageblock_order;
}

/*
 * A block as it is now, to look at without the lock: a hint, as what is found is
 * looked at again before it is taken. False: it has no record, or a border of
 * the zone cuts [start, end) off.
 */
bool pageblock_view(struct zone *zone, pfn_t start, pfn_t end,
		    struct pageblock *view);

/*
 * With the lock, noting in ASYNC mode that it had to be waited for: the run ends
 * with this block. Returns what spin_lock_irqsave() does.
 */
u64 compact_lock_irqsave(struct compact_control *cc, struct spinlock *lock);

/* --- scan_migrate.c --- */

enum isolate_migrate { ISOLATE_ABORT, ISOLATE_NONE, ISOLATE_SUCCESS };

enum isolate_migrate isolate_migratepages(struct compact_control *cc);
/* Isolated already so many that there may be too few left to reclaim? */
bool too_many_isolated(const struct compact_control *cc);

/* --- scan_free.c --- */

/* migrate_pages()'s callbacks, private is cc. */
struct page *compaction_alloc(struct page *src, void *private);
void compaction_free(struct page *dst, void *private);
/* From freepages[], NULL: they have none. */
struct page *compaction_take(struct compact_control *cc);
/*
 * zone->lock held: the free chunk leaves its block for freepages[]; false: too
 * little would be left. Linux: __isolate_free_page().
 */
bool isolate_free_page(struct compact_control *cc, pfn_t pfn, u32 order);
/*
 * A block's free chunks from *pfn on to freepages[], looking at every stride'th
 * frame, until they are enough. How many frames; *pfn is where it stopped, `end`
 * at most.
 */
u64 isolate_freepages_block(struct compact_control *cc, pfn_t *pfn, pfn_t end,
			    u32 stride);
bool suitable_migration_target(const struct compact_control *cc,
			       const struct pageblock *view);
/* What wasn't needed is free again; the highest pfn, 0: there was none. */
pfn_t release_freepages(struct compact_control *cc);

/* --- scanners.c --- */

/* compaction_suitable() for what cc asks; CONTINUE for all there is. */
enum compact_result run_is_suitable(const struct compact_control *cc);

/* --- scan_fast.c --- */

/* A block below that has large free chunks, else where the scanner stands. */
pfn_t fast_find_migrateblock(struct compact_control *cc);
/* Chunks of the free lists that lie high enough to freepages[], if any. */
void fast_isolate_freepages(struct compact_control *cc);

/* --- compact_skip.c --- */

bool isolation_suitable(const struct compact_control *cc,
			const struct pageblock *view);
/* Was the bit set already? It is now. */
bool test_and_set_skip(const struct compact_control *cc, pfn_t pfn);
void set_pageblock_skip(const struct compact_control *cc, pfn_t pfn);
/* Scanned to its end: later runs begin after it, or (free scanner) below. */
void update_cached_migrate(const struct compact_control *cc, pfn_t end);
void update_cached_free(const struct compact_control *cc, pfn_t pfn);
void reset_cached_positions(struct zone *zone);
