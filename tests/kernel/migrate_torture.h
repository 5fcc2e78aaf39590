/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/migrate_torture.h - what the parts of the migration torture share
 *
 *	test_migrate_torture.c	spaces, users, movers, the run
 *	migrate_hostile.c	forkers, holders, unmappers, remappers
 *	migrate_meetings.c	how often they met a page in the middle of its move
 *
 * Each space has the same regions at the same addresses:
 *
 *	PRIVATE		anonymous, written by users; shared with children that
 *			come and go, so that writes copy
 *	LOCKED		the same, and mlocked
 *	OF_FILE		one file's pages, mapped by all spaces, written
 *	INHERITED	anonymous, only read: all spaces share it for ever
 *
 * A word holds the address at which it stands, and a version.
 */
#pragma once

#include <kernel/thread.h>
#include <mm/mm_struct.h>

#include "migrate_fixture.h"

enum region { PRIVATE, LOCKED, OF_FILE, INHERITED, NR_REGIONS };

#define NR_SPACES    2
#define NR_USERS     4 /* two a space, each with every other page */
#define REGION_PAGES 16
#define REGION_SPAN  (1UL << 20)
#define BASE	     0x20000000UL
#define UNMAPPERS    (BASE + 16 * REGION_SPAN)
#define REMAPPERS    (BASE + 32 * REGION_SPAN)

struct migrate_torture {
	struct mm_struct *space[NR_SPACES];
	/* Its user's; of a file's page: in [0]. */
	u64 version[NR_SPACES][NR_REGIONS][REGION_PAGES];
	struct thread *writing[NR_USERS]; /* who is in a write, or NULL */
	struct thread *holder;
	u64 accesses, faults, wrong; /* atomic, as those below */
	u64 forks, holds, unmaps, remaps;
	const char *wrong_file;
	int wrong_line;
};
extern struct migrate_torture migrate_torture;

static inline void torture_count(u64 *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

/* What must hold; the last place where it did not is told at the end. */
#define torture_check(right) torture_check_at(right, __FILE__, __LINE__)

static inline void torture_check_at(bool right, const char *file, int line)
{
	if (right)
		return;
	torture_count(&migrate_torture.wrong);
	WRITE_ONCE(migrate_torture.wrong_file, file);
	WRITE_ONCE(migrate_torture.wrong_line, line);
}

static inline vaddr_t torture_address(enum region region, u32 page)
{
	return BASE + region * REGION_SPAN + page * PAGE_SIZE;
}

static inline u64 torture_stamp(vaddr_t addr, u64 version)
{
	return addr << 20 | (version & 0xfffff);
}

/* Does the word belong to the address, whatever its version? */
static inline bool is_stamp_of(u64 word, vaddr_t addr)
{
	return word >> 20 == addr;
}

/*
 * An access of ring 3 on this CPU, in the space that the thread runs: through
 * the MMU, with the faults that it takes. false: it may not be.
 */
bool torture_access(vaddr_t addr, u64 *value, bool write);
/* As many moves as asked for, and every kind of meeting. */
bool torture_over(void);

/* --- migrate_hostile.c: threads --- */

int torture_forker(void *arg);
int torture_holder(void *arg);
int torture_unmapper(void *arg);
int torture_remapper(void *arg);

/* --- migrate_meetings.c --- */

void meetings_watch(void);
void meetings_end(void);
/* Has each kind happened? */
bool meetings_all(void);
/* Two lines of diagnostics; each kind must have happened. */
void meetings_report(struct test *t);
