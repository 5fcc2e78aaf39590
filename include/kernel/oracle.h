/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/oracle.h - what could be had, by looking at every frame
 *
 *	oracle_open(&o, NULL);		before memory is filled
 *	...
 *	oracle_look(&o);
 *	oracle_possible(&o, 9)		2 MiB pages that must be obtainable
 *	oracle_least(&o, 9, 100)	pages that 100 of them cost at least
 *
 * Judges the allocator and compaction, so it asks neither: page records say
 * what a frame is, page tables who maps it. No count of a block or a list is
 * read; of a zone only its marks are.
 *
 * Units    frames; orders up to MAX_ORDER
 * Locks    each mmap lock while its tables are walked
 * Context  thread, may sleep; nothing else may change memory while it looks
 * Errors   -ENOMEM
 * Owns     five bytes a frame, and a record a zone
 * Keeps    nothing: memory is as it was
 */
#pragma once

#include <mm/zone.h>

enum oracle_sort {
	ORACLE_ABSENT,	  /* another zone's, or there is none */
	ORACLE_RESERVED,  /* since boot, or quarantined */
	ORACLE_FREE,	  /* on a list or on a CPU's stack */
	ORACLE_MOVABLE,	  /* a program's: all that refers to it is known */
	ORACLE_HELD,	  /* charged Movable, but can't be moved: pinned */
	ORACLE_UNMOVABLE, /* the kernel's, Reclaimable ones too */
	NR_ORACLE_SORTS
};

struct oracle_zone {
	struct zone *zone;
	u64 nr[NR_ORACLE_SORTS];
	u64 charged[MIGRATE_PCPTYPES];
	u64 polluted; /* blocks with unmovable frames */
	u64 mixed;    /* of these, with movable ones as well */
	/* For the order that was asked for last: */
	u64 pure;     /* chunks of nothing but free and movable frames */
	u64 possible; /* of these, what free memory suffices for */
	u64 left;     /* of these, while the cheapest are picked */
	u32 with[MAX_ORDER_NR_PAGES + 1]; /* of these, by movable frames */
};

struct oracle {
	u8 *sort;    /* by pfn: enum oracle_sort */
	u32 *mapped; /* by pfn: entries of page tables */
	u64 nr_frames;
	struct oracle_zone *zones;
	u32 nr_zones;
	u32 order; /* that chunks were counted for; NR_PAGE_ORDERS: none yet */
};

/* Of one zone (a private one), or NULL: of all. -ENOMEM. */
int oracle_open(struct oracle *o, struct zone *zone);
void oracle_close(struct oracle *o);

/* Everything, as it is now. Stacks and LRU batches are drained before. */
void oracle_look(struct oracle *o);

/*
 * Sum over zones of (free - min - lowmem_reserve) / 2^order for requests of
 * movable memory, at most the chunks without an immovable frame.
 */
u64 oracle_possible(struct oracle *o, u32 order);
/*
 * The sum of the used frames of the k chunks with the fewest used, of zones
 * that can give as many; of any zones, if k is more than is possible.
 */
u64 oracle_least(struct oracle *o, u32 order, u64 k);

/* Sums over the zones. */
u64 oracle_nr(const struct oracle *o, enum oracle_sort sort);
u64 oracle_polluted(const struct oracle *o);
u64 oracle_mixed(const struct oracle *o);
