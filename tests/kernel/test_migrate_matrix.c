// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_migrate_matrix.c - each step of a migration x each act that
 * could spoil it
 *
 *	home	a space that stays, with the page (or not: `alone`)
 *	victim	a space with the page, in which the act happens
 *
 * A point at the step calls the act, once. Acts that would wait for the
 * migration (a write, a pin) run in a thread of their own; the step goes on
 * when that thread waits or is done.
 *
 * Afterwards each space that has the address reads there what was last written
 * to it, all checks are clean, and no frame is missing or left. A cell tells
 * where the page is for the three kinds, alone, shared after a fork, of a file:
 *
 *	n the new frame  o the old one  c a copy for the writer  - unmapped
 */
#include <kernel/errno.h>
#include <kernel/point.h>
#include <kernel/thread.h>
#include <mm/lru.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>
#include <mm/rmap.h>

#include "migrate_fixture.h"
#include "thread_fixture.h"
#include "vma_fixture.h"

#define OLD_WORD 0x1111UL
#define NEW_WORD 0x2222UL
#define SPARE	 0x3333UL

enum kind { ALONE, SHARED, OF_FILE, NR_KINDS };

static const char *const steps[] = {
	"migrate_locked", "migrate_unmapped", "migrate_flushed",
	"migrate_copied", "migrate_replaced", "migrate_restored",
};

struct scene {
	enum kind kind;
	struct mm_struct *home, *victim, *child;
	struct file *file;
	vaddr_t addr, spare;
	struct page *src, *dst, *pinned;
	struct thread *thread;
	void (*act)(struct scene *s);
	u32 hits;	  /* of the step */
	bool moved;	  /* or gone */
	bool done, waits; /* atomic: the thread's */
	u64 expected;	  /* in victim */
	u64 frames;	  /* that programs had before */
};

static struct scene scene;
static u32 nr_waited;

/* --- acts --- */

static void act_unmap(struct scene *s)
{
	do_munmap(s->victim, s->addr, PAGE_SIZE);
}

static void act_fork(struct scene *s)
{
	s->child = dup_mm(s->victim);
}

static void act_exit(struct scene *s)
{
	mmput(s->victim);
	s->victim = NULL;
}

static void act_move_again(struct scene *s)
{
	migrate_at(s->victim, s->addr, MIGRATE_SYNC);
}

/* Another page's migration finds no frame, in the middle of ours. */
static void act_no_target(struct scene *s)
{
	point_fail_nth("migrate_target", 1);
	migrate_at(s->home, s->spare, MIGRATE_SYNC);
	point_disable("migrate_target");
}

static void note_wait(void *ctx, const u64 *values __unused, u32 nr __unused)
{
	struct scene *s = ctx;

	__atomic_store_n(&s->waits, true, __ATOMIC_RELEASE);
}

static int write_thread(void *arg)
{
	struct scene *s = arg;

	mm_write(s->victim, s->addr, NEW_WORD);
	__atomic_store_n(&s->done, true, __ATOMIC_RELEASE);
	return 0;
}

static int pin_thread(void *arg)
{
	struct scene *s = arg;

	down_read(&s->victim->mmap_lock);
	if (get_user_pages(s->victim, s->addr, 1, FOLL_WRITE | FOLL_PIN,
			   &s->pinned) != 1)
		s->pinned = NULL;
	up_read(&s->victim->mmap_lock);
	__atomic_store_n(&s->done, true, __ATOMIC_RELEASE);
	return 0;
}

static void in_thread(struct scene *s, int (*fn)(void *arg))
{
	point_callback("migration_entry_wait", note_wait, s);
	s->thread = kthread_run(fn, s, "hostile");
	if (s->thread)
		(void)sleep_until(__atomic_load_n(&s->done, __ATOMIC_ACQUIRE) ||
				  __atomic_load_n(&s->waits, __ATOMIC_ACQUIRE));
}

static void act_write(struct scene *s)
{
	s->expected = NEW_WORD;
	in_thread(s, write_thread);
}

static void act_pin(struct scene *s)
{
	in_thread(s, pin_thread);
}

static const struct {
	const char *name;
	void (*act)(struct scene *s);
} acts[] = {
	{ "unmap", act_unmap },		{ "write", act_write },
	{ "fork", act_fork },		{ "pin", act_pin },
	{ "again", act_move_again },	{ "exit", act_exit },
	{ "no_target", act_no_target },
};

/* --- a cell --- */

static void at_step(void *ctx, const u64 *values __unused, u32 nr __unused)
{
	struct scene *s = ctx;

	if (!s->hits++)
		s->act(s);
}

static struct page *noted_target(struct page *src, void *private)
{
	struct scene *s = private;

	s->dst = any_target(src, NULL);
	return s->dst;
}

static bool populate(struct scene *s)
{
	s->spare = space_map(s->home, 1);
	if (mm_write(s->home, s->spare, SPARE))
		return false;
	if (s->kind == OF_FILE) {
		s->file = test_file(1);
		s->victim = mm_alloc();
		if (!s->victim)
			return false;
		s->addr = map_file(s->home, s->file, 1, PROT_READ, MAP_SHARED);
		/* The same address in both. */
		return do_mmap(s->victim, s->file, s->addr, PAGE_SIZE,
			       PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			       0) == (s64)s->addr;
	}
	if (s->kind == SHARED) {
		s->addr = space_map(s->home, 1);
		if (mm_write(s->home, s->addr, OLD_WORD))
			return false;
		s->victim = dup_mm(s->home);
	} else {
		s->victim = mm_alloc();
		if (s->victim)
			s->addr = space_map(s->victim, 1);
	}
	return s->victim != NULL;
}

static bool scene_begin(struct scene *s, enum kind kind)
{
	lru_add_drain_all();
	*s = (struct scene){ .kind = kind, .expected = OLD_WORD };
	s->frames = user_frames();
	s->home = mm_alloc();
	if (!s->home || !populate(s))
		return false;
	if (kind != SHARED && mm_write(s->victim, s->addr, OLD_WORD))
		return false;
	if (kind == OF_FILE && !space_touch(s->home, s->addr, false))
		return false;
	s->src = space_page(s->victim, s->addr);
	return s->src != NULL;
}

static char where(const struct scene *s)
{
	struct mm_struct *mm = s->victim	? s->victim :
			       s->kind != ALONE ? s->home :
						  NULL;
	const struct page *page = mm ? space_page(mm, s->addr) : NULL;

	if (!page && s->kind != ALONE)
		page = space_page(s->home, s->addr);
	if (!page || page == s->dst)
		return page ? 'n' : '-';
	/* The old frame is free then, and may be what the copy got. */
	return page == s->src && !s->moved ? 'o' : 'c';
}

static void expect_word(struct test *t, struct mm_struct *mm, vaddr_t addr,
			u64 expected)
{
	const u64 *word = space_touch(mm, addr, false);
	struct page *page = space_page(mm, addr);

	EXPECT_EQ(word ? *word : 0, expected);
	if (page)
		EXPECT_EQ(rmap_check(page), 0);
}

static void scene_check(struct test *t, struct scene *s)
{
	bool mapped = s->victim && vma_lookup(s->victim, s->addr);

	EXPECT_GT(s->hits, 0);
	EXPECT_EQ(migrate_check(), 0);
	if (mapped)
		expect_word(t, s->victim, s->addr, s->expected);
	if (s->child)
		expect_word(t, s->child, s->addr, OLD_WORD);
	if (s->kind != ALONE)
		expect_word(t, s->home, s->addr,
			    s->kind == OF_FILE ? s->expected : OLD_WORD);
	expect_word(t, s->home, s->spare, SPARE);
	if (mapped && s->kind != SHARED)
		EXPECT_TRUE(space_page(s->victim, s->addr) ==
			    (s->moved ? s->dst : s->src));
}

static void scene_end(struct test *t, struct scene *s)
{
	if (s->pinned)
		unpin_page(s->pinned);
	if (s->child)
		mmput(s->child);
	if (s->victim)
		mmput(s->victim);
	if (s->kind == OF_FILE) {
		EXPECT_EQ(do_munmap(s->home, s->addr, PAGE_SIZE), 0);
		test_file_end(t);
	}
	mmput(s->home);
	lru_add_drain_all();
	EXPECT_EQ(user_frames(), s->frames);
}

static char run_cell(struct test *t, const char *step,
		     void (*act)(struct scene *s), enum kind kind)
{
	struct scene *s = &scene;
	struct list_head list;
	char letter;

	if (!scene_begin(s, kind) || !isolate_at(s->victim, s->addr, &list)) {
		test_fail(t, __FILE__, __LINE__, "no scene for %s", step);
		return '?';
	}
	s->act = act;
	point_callback(step, at_step, s);
	migrate_pages(&list, noted_target, NULL, s, MIGRATE_SYNC, MR_SYSCALL,
		      NULL);
	point_disable(step);
	s->moved = list_empty(&list);
	putback_lru_pages(&list);
	if (s->thread)
		kthread_join(s->thread);
	point_disable("migration_entry_wait");
	nr_waited += s->waits;
	scene_check(t, s);
	letter = where(s);
	scene_end(t, s);
	return letter;
}

static void run_row(struct test *t, const char *step)
{
	char text[120];
	size_t len = (size_t)snprintf(text, sizeof(text), "%-16s", step);

	for (u32 a = 0; a < ARRAY_SIZE(acts); a++) {
		char cell[NR_KINDS + 1] = "";

		for (u32 kind = 0; kind < NR_KINDS; kind++)
			cell[kind] =
				run_cell(t, step, acts[a].act, (enum kind)kind);
		len += (size_t)snprintf(text + len, sizeof(text) - len, " %9s",
					cell);
	}
	test_note(t, "%s", text);
}

TEST(migrate_matrix, each_step_survives_each_act)
{
	char text[120];
	size_t len = (size_t)snprintf(text, sizeof(text), "%-16s", "");

	nr_waited = 0;
	for (u32 a = 0; a < ARRAY_SIZE(acts); a++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, " %9s",
					acts[a].name);
	test_note(t, "%s", text);
	for (u32 i = 0; i < ARRAY_SIZE(steps); i++)
		run_row(t, steps[i]);
	test_note(t, "%u faults waited for a migration", nr_waited);
	EXPECT_GT(nr_waited, 0);
}
