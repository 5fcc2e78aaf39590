// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_migrate_torture.c - continuous migration under programs
 *
 *	movers	send every page of a space to the other node, again and again,
 *		by move_pages() and by migrate_pages()
 *	users	run a space through their CPU's MMU: each word holds the address
 *		it stands at and a version, which they write and read
 *
 * and against them those of migrate_hostile.c, on the regions of
 * migrate_torture.h.
 *
 * A word is written by one user thread, who alone knows its version; everybody
 * may check the address in it. So a page that is lost, doubled, stale or swapped
 * with another shows at the next access. It goes on until enough pages have been
 * moved and everything that can meet a page in mid-move has met one. At the end
 * all checks are clean and no frame is missing.
 */
#include <kernel/main.h>
#include <kernel/random.h>
#include <kernel/smp.h>
#include <mm/lru.h>
#include <mm/mm_state.h>
#include <uapi/mempolicy.h>
#include <arch/mmu.h>

#include "migrate_torture.h"
#include "thread_fixture.h"

#define MOVES	  6000 /* pages, in the kernel */
#define PATIENCE  20   /* times that, till everything has happened */
#define BURST	  1000 /* accesses in a row: TLBs must hold something */
#define NR_PLACES (NR_REGIONS * REGION_PAGES)

struct migrate_torture migrate_torture;

static struct migrate_stats before;
static u64 goal; /* moves */

bool torture_over(void)
{
	struct migrate_stats is;
	u64 moved;

	migrate_get_stats(&is);
	moved = is.moved - before.moved;
	return moved >= goal && ((meetings_all() && is.undone > before.undone &&
				  is.retried > before.retried) ||
				 moved >= PATIENCE * goal);
}

/* --- users: ring 3's accesses on this CPU --- */

bool torture_access(vaddr_t addr, u64 *value, bool write)
{
	u32 flags = FAULT_FLAG_USER | (write ? FAULT_FLAG_WRITE : 0);
	struct fault_error error;

	for (u32 i = 0; i < 100000; i++) {
		if (write ? arch_user_poke(addr, *value) :
			    arch_user_peek(addr, value))
			return true;
		torture_count(&migrate_torture.faults);
		if (do_user_fault(current->mm, addr, flags, &error))
			return false;
	}
	return false;
}

struct user {
	u32 nr, space;
	struct rng rng;
};

static u64 *version_of(const struct user *u, enum region region, u32 page)
{
	return &migrate_torture
			.version[region == OF_FILE ? 0 : u->space][region][page];
}

/* Of a file's pages every fourth is his, of the others every second. */
static bool is_his(const struct user *u, enum region region, u32 page)
{
	if (region == OF_FILE)
		return page % NR_USERS == u->nr;
	return region != INHERITED && page % 2 == u->nr / NR_SPACES;
}

static bool read_right(const struct user *u, enum region region, u32 page)
{
	vaddr_t addr = torture_address(region, page);
	u64 word = 0;

	if (!torture_access(addr, &word, false))
		return false;
	if (is_his(u, region, page) || region == INHERITED)
		return word == torture_stamp(addr, *version_of(u, region, page));
	return is_stamp_of(word, addr);
}

static bool write_next(const struct user *u, enum region region, u32 page)
{
	vaddr_t addr = torture_address(region, page);
	u64 word = torture_stamp(addr, ++*version_of(u, region, page));
	bool done;

	WRITE_ONCE(migrate_torture.writing[u->nr], current);
	done = torture_access(addr, &word, true);
	WRITE_ONCE(migrate_torture.writing[u->nr], NULL);
	return done;
}

static void use_a_page(struct user *u)
{
	enum region region = (enum region)rng_below(&u->rng, NR_REGIONS);
	u32 page = (u32)rng_below(&u->rng, REGION_PAGES);

	torture_count(&migrate_torture.accesses);
	torture_check(read_right(u, region, page));
	if (is_his(u, region, page) && rng_below(&u->rng, 2))
		torture_check(write_next(u, region, page));
}

/* The movers' turn, too. The clock of one CPU alone stands while it works. */
static void rest(void)
{
	if (num_online_cpus() > 1)
		msleep(1);
	else
		yield();
}

static int user(void *arg)
{
	u32 nr = (u32)(u64)arg;
	struct user u = { .nr = nr,
			  .space = nr % NR_SPACES,
			  .rng = { .state = 77 + nr } };

	use_mm(migrate_torture.space[u.space]);
	while (!torture_over()) {
		for (u32 i = 0; i < BURST; i++)
			use_a_page(&u);
		rest();
	}
	use_mm(NULL);
	return 0;
}

/* --- movers --- */

static void move_places(struct mm_struct *mm, int nid)
{
	static vaddr_t addrs[2][NR_PLACES];
	static int nodes[2][NR_PLACES], status[2][NR_PLACES];

	for (u32 i = 0; i < NR_PLACES; i++) {
		addrs[nid][i] = torture_address((enum region)(i / REGION_PAGES),
						i % REGION_PAGES);
		nodes[nid][i] = nid;
	}
	do_move_pages(mm, NR_PLACES, addrs[nid], nodes[nid], status[nid],
		      MPOL_MF_MOVE_ALL);
}

static void move_all(struct mm_struct *mm, int nid)
{
	struct nodemask from = {}, to = {};

	/* Also from those on which CPUs of nodes 2 and up have theirs. */
	for (u32 n = 0; n < MAX_NUMNODES; n++)
		if ((int)n != nid &&
		    kernel_mm()->nodes[n].node_present_pages)
			node_set((int)n, &from);
	node_set(nid, &to);
	do_migrate_pages(mm, &from, &to, MPOL_MF_MOVE_ALL);
}

/* One thread sends to node 0, one to node 1: they meet. */
static int mover(void *arg)
{
	int nid = (int)(u64)arg;

	for (u32 i = 0; !torture_over(); i++) {
		struct mm_struct *mm = migrate_torture.space[i / 2 % NR_SPACES];

		if (i & 1)
			move_all(mm, nid);
		else
			move_places(mm, nid);
		yield();
	}
	return 0;
}

/* --- spaces --- */

static bool map_region(struct mm_struct *mm, enum region region,
		       struct file *file)
{
	vaddr_t start = torture_address(region, 0);
	u64 flags =
		MAP_FIXED |
		(region == OF_FILE ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS);

	return do_mmap(mm, region == OF_FILE ? file : NULL, start,
		       REGION_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE, flags,
		       0) == (s64)start;
}

static int lock_region(struct mm_struct *mm)
{
	return do_mlock(mm, torture_address(LOCKED, 0),
			REGION_PAGES * PAGE_SIZE, false);
}

static bool fill_region(struct mm_struct *mm, enum region region)
{
	bool filled = true;

	use_mm(mm);
	for (u32 i = 0; i < REGION_PAGES && filled; i++) {
		vaddr_t addr = torture_address(region, i);
		u64 word = torture_stamp(addr, 0);

		filled = torture_access(addr, &word, true);
	}
	use_mm(NULL);
	return filled;
}

/* The second is a copy of the first. */
static bool build_spaces(struct file *file)
{
	struct mm_struct *first = mm_alloc();

	migrate_torture.space[0] = first;
	if (!first)
		return false;
	for (u32 region = 0; region < NR_REGIONS; region++)
		if (!map_region(first, (enum region)region, file) ||
		    !fill_region(first, (enum region)region))
			return false;
	migrate_torture.space[1] = dup_mm(first);
	return migrate_torture.space[1] && !lock_region(first) &&
	       !lock_region(migrate_torture.space[1]);
}

static void drop_spaces(struct test *t)
{
	for (u32 s = 0; s < NR_SPACES; s++)
		if (migrate_torture.space[s])
			mmput(migrate_torture.space[s]);
	test_file_end(t);
}

/* --- together --- */

static const struct {
	int (*fn)(void *arg);
	u64 arg;
	const char *name;
} threads[] = {
	{ user, 0, "user/0" },
	{ user, 1, "user/1" },
	{ user, 2, "user/2" },
	{ user, 3, "user/3" },
	{ mover, 0, "mover/0" },
	{ mover, 1, "mover/1" },
	{ torture_forker, 0, "forker" },
	{ torture_holder, 0, "holder" },
	{ torture_unmapper, 0, "unmapper" },
	{ torture_remapper, 0, "remapper" },
};

static void run_threads(struct test *t)
{
	struct thread *running[ARRAY_SIZE(threads)];

	for (u32 i = 0; i < ARRAY_SIZE(threads); i++) {
		running[i] = kthread_create(
			threads[i].fn, (void *)threads[i].arg, threads[i].name);
		EXPECT_TRUE(running[i] != NULL);
	}
	for (u32 i = 0; i < ARRAY_SIZE(threads); i++)
		if (running[i])
			wake_up_thread(running[i]);
	for (u32 i = 0; i < ARRAY_SIZE(threads); i++)
		if (running[i])
			kthread_join(running[i]);
}

static void report(struct test *t)
{
	struct migrate_stats is;

	migrate_get_stats(&is);
	test_note(t,
		  "%lu pages moved, %lu undone, %lu retried, %lu pinned, %lu vanished",
		  is.moved - before.moved, is.undone - before.undone,
		  is.retried - before.retried, is.pinned - before.pinned,
		  is.vanished - before.vanished);
	meetings_report(t);
	test_note(t,
		  "%lu accesses, %lu faults, %lu forks, %lu holds, %lu unmaps, %lu mremaps",
		  migrate_torture.accesses, migrate_torture.faults,
		  migrate_torture.forks, migrate_torture.holds,
		  migrate_torture.unmaps, migrate_torture.remaps);
	EXPECT_GE(is.moved - before.moved, goal);
	EXPECT_GT(is.undone, before.undone);
	EXPECT_GT(is.retried, before.retried);
}

TEST(migrate_torture, programs_keep_their_words_while_pages_move)
{
	u64 frames;

	if (!kernel_mm()->nodes[1].node_present_pages)
		SKIP("needs two nodes with memory");
	memset(&migrate_torture, 0, sizeof(migrate_torture));
	lru_add_drain_all();
	frames = user_frames();
	if (!build_spaces(test_file(REGION_PAGES)))
		test_fail(t, __FILE__, __LINE__, "no memory");
	migrate_get_stats(&before);
	goal = MOVES * test_scale();
	if (migrate_torture.space[1]) {
		meetings_watch();
		run_threads(t);
		meetings_end();
		report(t);
	}
	if (migrate_torture.wrong)
		test_fail(t, migrate_torture.wrong_file,
			  migrate_torture.wrong_line, "%lu findings like this",
			  migrate_torture.wrong);
	EXPECT_EQ(migrate_check(), 0);
	drop_spaces(t);
	lru_add_drain_all();
	EXPECT_EQ(user_frames(), frames);
}
