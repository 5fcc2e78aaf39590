/* SPDX-License-Identifier: MIT */
/*
 * include/mm/compact.h - free memory in one piece, by moving pages away
 *
 *	compact.c		one zone: is it worth it, whose turn, events
 *	compact_direct.c	for a request that found nothing: zone by zone
 *	compact_defer.c		not again so soon
 *	isolate.c		fence a block off, take its pages, undo
 *	scan.c, guided.c	strategy "guided": the block that costs least
 *	compact_linux.c ...	strategies "linux", "classic": two scanners
 *	kcompactd.c		a thread of each node (mm/kcompactd.h)
 *
 * Units    pages; order -1 means all there is, not one request
 * Locks    takes zone->lock, lru_lock, and what migrate_pages() takes; the
 *          caller holds no class I lock, and may hold class S locks if
 *          current->memalloc is set: then no page lock is waited for
 * Context  may sleep; never from within compaction (current->memalloc)
 * Errors   enum compact_result; a page that can't be moved stays where it was
 * Owns     BLOCK_SKIP, BLOCK_COMPACTING; struct zone's `compact`
 * Keeps    zone_check(), lru_check() == 0; when it returns, no block is fenced
 *          off and no frame is with it, but for the page that it hands over
 *
 * Source: linux-mm 2010 (M. Gorman's series), V. Babka's 2018 talk, Linux's
 * mm/compaction.c as reference. Which blocks to empty, and where to: limits of
 * moving are in docs/compaction.md.
 */
#pragma once

#include <mm/gfp.h>
#include <mm/migrate.h>
#include <mm/pageblock.h>

struct alloc_context;
struct mm_state;
struct node;
struct pageblock;
struct zone;

/* Linux's order: the highest of the zones' results is that of the request. */
enum compact_result {
	COMPACT_NOT_SUITABLE_ZONE, /* only traced */
	COMPACT_SKIPPED,	   /* too little free memory to work with */
	COMPACT_DEFERRED,	   /* failed here lately */
	COMPACT_NO_SUITABLE_PAGE,  /* nothing that could be emptied */
	COMPACT_CONTINUE,
	COMPACT_COMPLETE,	 /* all was looked at, in vain */
	COMPACT_PARTIAL_SKIPPED, /* a part was looked at, in vain */
	COMPACT_CONTENDED,	 /* gave up: lock, signal, CPU wanted */
	COMPACT_SUCCESS,
	NR_COMPACT_RESULTS
};
extern const char *const compact_result_names[NR_COMPACT_RESULTS];

/* Lower numbers try harder. */
enum compact_priority {
	COMPACT_PRIO_SYNC_FULL,
	COMPACT_PRIO_SYNC_LIGHT,
	COMPACT_PRIO_ASYNC,
	NR_COMPACT_PRIORITIES,
	MIN_COMPACT_COSTLY_PRIORITY = COMPACT_PRIO_SYNC_LIGHT,
};

#define COMPACT_CLUSTER_MAX	32
#define COMPACT_MAX_DEFER_SHIFT 6
#define compact_gap(order)	(2UL << (order))

/* In struct zone; [z] zone->lock, [r] racy hints, as in Linux. */
struct compact_zone_state {
	/* compact_defer.c [r] */
	u32 considered;	  /* requests turned away since the last failure */
	u32 defer_shift;  /* 2^shift of them are */
	s32 order_failed; /* the lowest order that failed */
	/* strategies linux and classic [r] */
	pfn_t cached_migrate_pfn[2]; /* ASYNC, the others */
	pfn_t cached_free_pfn;
	pfn_t init_migrate_pfn, init_free_pfn;
	bool blockskip_flush; /* scanners met: clear the skip bits soon */
	/* strategy guided [z] */
	u64 skips_cleared_ns;
	/* compact_trigger.c */
	u32 watched;	   /* [z] bit o: order o has a threshold */
	u64 next_watch_ns; /* [r] it isn't counted before */
	/* what is going on, for maps: [r] 0 when nothing is */
	pfn_t now_source, now_target;
};

/* One run over one zone. */
struct compact_control {
	/* what is asked for */
	struct zone *zone;
	s32 order;	       /* -1: all there is */
	enum migratetype type; /* of the request */
	gfp_t gfp;
	u32 alloc_flags;
	u32 highest_zone;
	enum migrate_mode mode;
	bool direct;	 /* for a request that waits */
	bool proactive;	 /* until the zone's score is low */
	bool whole_zone; /* from its ends, not from where one was */
	bool ignore_skip_hint;
	bool ignore_block_suitable; /* any type of block gives targets */
	bool want_page;		    /* hand the page over, see `page` */
	/* what came of it */
	struct page *page; /* a free chunk of the order, charged for `type`, on
			    * no list: for prep_new_page() */
	u64 migrate_scanned, free_scanned; /* frames looked at */
	u64 nr_migrated, nr_failed;	   /* pages */
	bool contended;
	/* the strategy's own */
	void *private;
};

/* --- strategies: vm.compact_strategy --- */

struct compact_strategy {
	const char *name;
	const char *what;
	/*
	 * Make a free chunk of cc->order (-1: all there is), in blocks that fit
	 * cc->type. Suitability was looked at; counting events is compact.c's.
	 */
	enum compact_result (*compact_zone)(struct compact_control *cc);
	/*
	 * For who might wake kcompactd: is the order missing, and could it be
	 * made? By a look that costs little; NULL: compaction_suitable().
	 */
	bool (*worthwhile)(struct zone *zone, u32 order, u32 highest_zone);
};
extern const struct compact_strategy compact_strategies[];
extern const u32 nr_compact_strategies;
const struct compact_strategy *compact_strategy_find(const char *name);
/* What another one failed at is forgotten: skip bits, deferral. */
void compact_set_strategy(struct mm_state *mm,
			  const struct compact_strategy *strategy);
/* So is what failed when mlocked pages could be moved, or could not. */
void compact_allow_unevictable(struct mm_state *mm, bool allowed);

enum compact_result compact_guided(struct compact_control *cc);
bool guided_worthwhile(struct zone *zone, u32 order, u32 highest_zone);
enum compact_result compact_linux(struct compact_control *cc);
enum compact_result compact_classic(struct compact_control *cc);

/* --- knobs, in struct mm_state --- */

/* When to compact besides for a request that found nothing (vm.compact_trigger). */
#define COMPACT_TRIGGER_FAILURE	  1u /* kcompactd is woken by a failed request */
#define COMPACT_TRIGGER_THRESHOLD 2u /* an order has less free than its share */
#define COMPACT_TRIGGER_IDLE	  4u /* as THRESHOLD, when a CPU has no work */

struct compact_params {
	const struct compact_strategy *strategy;
	u32 extfrag_threshold; /* 0 .. 1000 */
	u32 proactiveness;     /* 0 .. 100; 0: off */
	bool unevictable_allowed;
	u32 trigger; /* COMPACT_TRIGGER_* */
	/* Of the zone's memory that is to be free in chunks of order o, 1/1000 */
	u32 thresholds[NR_PAGE_ORDERS];
};
void compact_params_init(struct compact_params *params);

/* --- one zone: compact.c --- */

/*
 * Is there enough free to move to, and is the lack of the order due to pieces?
 * CONTINUE: yes; SUCCESS: nothing to do; SKIPPED.
 */
enum compact_result compaction_suitable(struct zone *zone, u32 order,
					u64 watermark, u32 highest_zone,
					u32 alloc_flags, bool async);
enum compact_result compact_zone(struct compact_control *cc);
/* All zones of a node, or of all (NUMA_NO_NODE), as far as it goes. Sleeps. */
void compact_node(struct mm_state *mm, int nid, bool proactive);

/* --- for a request: compact_direct.c --- */

/*
 * The page, else NULL with *result. Zones of the request's list in turn.
 * slowpath_ops.compact.
 */
struct page *try_to_compact_pages(const struct alloc_context *ac,
				  u32 alloc_flags, enum compact_priority prio,
				  enum compact_result *result);

/* --- not again so soon: compact_defer.c --- */

void defer_compaction(struct zone *zone, u32 order);
bool compaction_deferred(struct zone *zone, u32 order);
/* alloc_success: a request got its page, not only a chunk became free. */
void compaction_defer_reset(struct zone *zone, u32 order, bool alloc_success);
/* At its longest pause: the next try clears the skip bits. */
bool compaction_restarting(const struct zone *zone, u32 order);

/*
 * Strategy linux: if scanners have met since, skip bits of blocks that look
 * useful are cleared. kswapd does so when it goes to sleep. mm/compact_skip.c.
 */
void reset_isolation_suitable(struct zone *zone);

/* --- how much it is needed: compact_score.c; 0 .. 100 --- */

u32 fragmentation_score_zone(struct zone *zone);
u32 fragmentation_score_node(struct node *node);
/* A node above the high mark is compacted, each zone until it is at the low. */
u32 fragmentation_score_wmark(const struct mm_state *mm, bool low);

/* --- thresholds of vm.compact_trigger: compact_trigger.c --- */

/*
 * At least so many free chunks for `type`, up to `most`: those of a block below
 * a whole one count as one.
 */
u32 zone_nr_chunks(struct zone *zone, u32 order, enum migratetype type,
		   u32 most);
/* A chunk of a watched order has left the zone: are there enough of all? */
void compact_watch(struct zone *zone);
/* Copies of vm.compact_trigger and vm.compact_thresholds for the zones. */
void compact_renew_watch(struct mm_state *mm);

void compact_init(struct mm_state *mm);
