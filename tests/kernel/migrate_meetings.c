// SPDX-License-Identifier: MIT
/*
 * tests/kernel/migrate_meetings.c - who met a page in the middle of its move
 *
 * Points tell of each migration entry that somebody found: a fault, fork, an
 * unmapping, mprotect, mremap. What the fault was for is known from the thread.
 *
 * A migration is over in a moment, so at some of its steps the mover lets others
 * have its CPU. Without that, one CPU alone would never see any meeting.
 */
#include <kernel/point.h>
#include <kernel/preempt.h>
#include <mm/migrate.h>
#include <mm/pgtable.h>

#include "migrate_torture.h"

enum meeting {
	WAITED,
	COW,
	PIN,
	FORK,
	UNMAP,
	EXIT,
	PROTECT,
	REMAP,
	NR_MEETINGS
};

static const char *const names[NR_MEETINGS] = {
	[WAITED] = "faults waited",   [COW] = "by a copy on write",
	[PIN] = "by a pin",	      [FORK] = "by a fork",
	[UNMAP] = "by an unmap",      [EXIT] = "by an exit",
	[PROTECT] = "by an mprotect", [REMAP] = "by an mremap",
};

static u64 met[NR_MEETINGS]; /* atomic */
static u32 steps;	     /* atomic */

static void count(enum meeting what)
{
	torture_count(&met[what]);
}

/* --- points --- */

static bool is_writing(const struct thread *thread)
{
	for (u32 i = 0; i < NR_USERS; i++)
		if (READ_ONCE(migrate_torture.writing[i]) == thread)
			return true;
	return false;
}

/* values: address, entry. A read-only one will be copied for a writer. */
static void on_wait(void *ctx __unused, const u64 *values, u32 nr __unused)
{
	vaddr_t locked_end = torture_address(LOCKED, REGION_PAGES);

	count(WAITED);
	if (current == READ_ONCE(migrate_torture.holder))
		count(PIN);
	else if (pte_swap_type(__pte(values[1])) == SWP_MIGRATION_READ &&
		 values[0] < locked_end && is_writing(current))
		count(COW);
}

static void on_fork(void *ctx __unused, const u64 *values __unused,
		    u32 nr __unused)
{
	count(FORK);
}

/* values: entry, whether all of the space goes. */
static void on_zap(void *ctx __unused, const u64 *values, u32 nr __unused)
{
	count(values[1] ? EXIT : UNMAP);
}

static void on_protect(void *ctx __unused, const u64 *values __unused,
		       u32 nr __unused)
{
	count(PROTECT);
}

static void on_remap(void *ctx __unused, const u64 *values __unused,
		     u32 nr __unused)
{
	count(REMAP);
}

/* No lock is held that anybody spins for. */
static void at_step(void *ctx __unused, const u64 *values __unused,
		    u32 nr __unused)
{
	if (__atomic_add_fetch(&steps, 1, __ATOMIC_RELAXED) % 8 == 0)
		yield();
}

static const struct {
	const char *point;
	void (*fn)(void *ctx, const u64 *values, u32 nr);
} watched[] = {
	{ "migration_entry_wait", on_wait },
	{ "migration_entry_copied", on_fork },
	{ "migration_entry_zapped", on_zap },
	{ "migration_entry_protected", on_protect },
	{ "migration_entry_moved", on_remap },
	{ "migrate_unmapped", at_step },
	{ "migrate_flushed", at_step },
	{ "migrate_copied", at_step },
	{ "migrate_replaced", at_step },
};

void meetings_watch(void)
{
	memset(met, 0, sizeof(met));
	for (u32 i = 0; i < ARRAY_SIZE(watched); i++)
		point_callback(watched[i].point, watched[i].fn, NULL);
}

void meetings_end(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(watched); i++)
		point_disable(watched[i].point);
}

/* --- telling --- */

bool meetings_all(void)
{
	for (u32 i = 0; i < NR_MEETINGS; i++)
		if (!__atomic_load_n(&met[i], __ATOMIC_RELAXED))
			return false;
	return true;
}

void meetings_report(struct test *t)
{
	char text[240] = "pages in mid-move:";
	size_t len = strlen(text);

	for (u32 i = 0; i < NR_MEETINGS; i++) {
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"%s %lu %s", i ? "," : "", met[i],
					names[i]);
		EXPECT_GT(met[i], 0);
	}
	test_note(t, "%s", text);
}
