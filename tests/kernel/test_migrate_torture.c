// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_migrate_torture.c - continuous migration under programs
 *
 *	movers	send every page of a space to the other node, again and again
 *	users	run a space through their CPU's MMU: each word holds the address
 *		it stands at and a version, which they write and read
 *	forkers	copy a space, read in the copy what must be there, drop it
 *	holders	pin pages, see that they don't move and don't change
 *	unmappers	map, fill, unmap beside the others
 *
 * A word belongs to one user thread, who alone knows its version; everybody may
 * check the address in it. So a page that is lost, doubled, stale or swapped with
 * another shows at the next access. At the end all checks are clean.
 */
#include <kernel/main.h>
#include <kernel/point.h>
#include <kernel/random.h>
#include <kernel/smp.h>
#include <mm/lru.h>
#include <mm/mm_state.h>
#include <mm/page_ref.h>
#include <uapi/mempolicy.h>
#include <arch/mmu.h>

#include "migrate_fixture.h"
#include "thread_fixture.h"
#include "vma_fixture.h"

#define NR_SPACES  2
#define NR_USERS   4  /* two a space, each with every other page */
#define NR_PAGES   48 /* of a space */
#define NR_THREADS (NR_USERS + 5)
#define MOVES	   4000 /* pages, in the kernel */
#define BURST	   1000 /* accesses in a row: TLBs must hold something */
#define BASE	   0x20000000UL

static struct {
	struct mm_struct *space[NR_SPACES];
	u64 version[NR_SPACES][NR_PAGES]; /* its user's */
	u64 goal;			  /* moves to be made */
	u64 accesses, faults, wrong;	  /* atomic, of users */
	u64 forks, holds, unmaps;	  /* of the others */
} torture;

static void count(u64 *counter, u64 nr)
{
	__atomic_add_fetch(counter, nr, __ATOMIC_RELAXED);
}

static vaddr_t address(u32 page)
{
	return BASE + page * PAGE_SIZE;
}

/* The address above, the version below. */
static u64 stamp(vaddr_t addr, u64 version)
{
	return addr << 20 | (version & 0xfffff);
}

static bool over(void)
{
	struct migrate_stats is;

	migrate_get_stats(&is);
	return is.moved >= torture.goal;
}

/* --- users: ring 3's accesses on this CPU --- */

static bool access_word(struct mm_struct *mm, vaddr_t addr, u64 *value,
			bool write)
{
	struct fault_error error;

	for (u32 i = 0; i < 100000; i++) {
		if (write ? arch_user_poke(addr, *value) :
			    arch_user_peek(addr, value))
			return true;
		count(&torture.faults, 1);
		if (do_user_fault(mm, addr,
				  FAULT_FLAG_USER |
					  (write ? FAULT_FLAG_WRITE : 0),
				  &error))
			return false;
	}
	return false;
}

static void use_page(struct mm_struct *mm, u32 space, u32 page, bool write)
{
	vaddr_t addr = address(page);
	u64 *version = &torture.version[space][page], value = 0;

	count(&torture.accesses, 1);
	if (!access_word(mm, addr, &value, false) ||
	    value != stamp(addr, *version))
		count(&torture.wrong, 1);
	if (!write)
		return;
	value = stamp(addr, ++*version);
	if (!access_word(mm, addr, &value, true))
		count(&torture.wrong, 1);
}

static int user(void *arg)
{
	u32 n = (u32)(u64)arg, space = n % NR_SPACES, half = n / NR_SPACES;
	struct mm_struct *mm = torture.space[space];
	struct rng rng = { .state = 77 + n };

	use_mm(mm);
	while (!over()) {
		for (u32 i = 0; i < BURST; i++)
			use_page(mm, space,
				 half + 2 * rng_below(&rng, NR_PAGES / 2),
				 rng_below(&rng, 3) == 0);
		msleep(1); /* the movers' turn, too */
	}
	use_mm(NULL);
	return 0;
}

/* --- movers --- */

/* The pages of the users, or whatever the space has. */
static void move_users(struct mm_struct *mm, int nid)
{
	static vaddr_t addrs[2][NR_PAGES];
	static int nodes[2][NR_PAGES], status[2][NR_PAGES];

	for (u32 i = 0; i < NR_PAGES; i++) {
		addrs[nid][i] = address(i);
		nodes[nid][i] = nid;
	}
	do_move_pages(mm, NR_PAGES, addrs[nid], nodes[nid], status[nid],
		      MPOL_MF_MOVE_ALL);
}

static void move_all(struct mm_struct *mm, int nid)
{
	struct nodemask from = {}, to = {};

	node_set(!nid, &from);
	node_set(nid, &to);
	do_migrate_pages(mm, &from, &to, MPOL_MF_MOVE_ALL);
}

/* One thread sends to node 0, one to node 1: they meet. */
static int mover(void *arg)
{
	int nid = (int)(u64)arg;

	for (u32 i = 0; !over(); i++) {
		struct mm_struct *mm = torture.space[i / 2 % NR_SPACES];

		if (i & 1)
			move_all(mm, nid);
		else
			move_users(mm, nid);
		yield();
	}
	return 0;
}

/* --- the others --- */

static void check_copy(struct mm_struct *mm, u32 page)
{
	const u64 *word = space_touch(mm, address(page), false);

	if (!word || READ_ONCE(*word) >> 20 != address(page))
		count(&torture.wrong, 1);
}

/* Through the kernel's mapping, at rest: nobody else has the copy. */
static int forker(void *arg __unused)
{
	for (u32 i = 0; !over(); i++) {
		struct mm_struct *mm = dup_mm(torture.space[i % NR_SPACES]);

		if (!mm)
			continue;
		for (u32 page = i % 7; page < NR_PAGES; page += 7)
			check_copy(mm, page);
		mmput(mm);
		count(&torture.forks, 1);
		yield();
	}
	return 0;
}

/* A pin forbids the move; a plain reference makes it be undone. */
static void hold_page(struct mm_struct *mm, vaddr_t addr, bool pin)
{
	struct page *page;
	bool held;

	down_read(&mm->mmap_lock);
	held = get_user_pages(mm, addr, 1, FOLL_WRITE | (pin ? FOLL_PIN : 0),
			      &page) == 1;
	up_read(&mm->mmap_lock);
	if (!held)
		return;
	yield();
	if (pin && READ_ONCE(*(u64 *)page_address(page)) >> 20 != addr)
		count(&torture.wrong, 1);
	if (pin)
		unpin_page(page);
	else
		put_page(page);
	count(&torture.holds, 1);
}

static int holder(void *arg __unused)
{
	struct rng rng = { .state = 4711 };

	while (!over()) {
		hold_page(torture.space[rng_below(&rng, NR_SPACES)],
			  address(rng_below(&rng, NR_PAGES)),
			  rng_below(&rng, 2));
		yield();
	}
	return 0;
}

static void map_and_unmap(struct mm_struct *mm)
{
	vaddr_t addr = BASE + 2 * NR_PAGES * PAGE_SIZE;
	u64 flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;

	if (do_mmap(mm, NULL, addr, 4 * PAGE_SIZE, PROT_READ | PROT_WRITE,
		    flags, 0) != (s64)addr)
		return;
	for (u32 i = 0; i < 4; i++)
		mm_write(mm, addr + i * PAGE_SIZE, 1);
	do_mprotect(mm, addr, 2 * PAGE_SIZE, PROT_READ);
	do_mremap(mm, addr, PAGE_SIZE, PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
		  addr + 8 * PAGE_SIZE);
	do_munmap(mm, addr, 9 * PAGE_SIZE);
	count(&torture.unmaps, 1);
}

static int unmapper(void *arg __unused)
{
	for (u32 i = 0; !over(); i++) {
		map_and_unmap(torture.space[i % NR_SPACES]);
		yield();
	}
	return 0;
}

/* --- together --- */

static const struct {
	int (*fn)(void *arg);
	u64 arg;
	const char *name;
} threads[NR_THREADS] = {
	{ user, 0, "user/0" },	     { user, 1, "user/1" },
	{ user, 2, "user/2" },	     { user, 3, "user/3" },
	{ mover, 0, "mover/0" },     { mover, 1, "mover/1" },
	{ forker, 0, "forker" },     { holder, 0, "holder" },
	{ unmapper, 0, "unmapper" },
};

static bool build_spaces(struct test *t)
{
	for (u32 s = 0; s < NR_SPACES; s++) {
		struct mm_struct *mm = mm_alloc();

		if (!mm || do_mmap(mm, NULL, BASE, NR_PAGES * PAGE_SIZE,
				   PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
				   0) != (s64)BASE) {
			test_fail(t, __FILE__, __LINE__, "no memory");
			return false;
		}
		for (u32 i = 0; i < NR_PAGES; i++)
			EXPECT_EQ(mm_write(mm, address(i), stamp(address(i), 0)),
				  0);
		torture.space[s] = mm;
	}
	return true;
}

static void run_threads(struct test *t)
{
	struct thread *running[NR_THREADS];

	for (u32 i = 0; i < NR_THREADS; i++) {
		running[i] = kthread_create(
			threads[i].fn, (void *)threads[i].arg, threads[i].name);
		EXPECT_TRUE(running[i] != NULL);
	}
	for (u32 i = 0; i < NR_THREADS; i++)
		if (running[i])
			wake_up_thread(running[i]);
	for (u32 i = 0; i < NR_THREADS; i++)
		if (running[i])
			kthread_join(running[i]);
}

/* Where others find a page in the middle of its move. */
static const struct {
	const char *point, *what;
} meetings[] = {
	{ "migration_entry_wait", "faults waited" },
	{ "migration_entry_copied", "met by a fork" },
	{ "migration_entry_zapped", "by an unmap or exit" },
	{ "migration_entry_protected", "by an mprotect" },
};

static void watch_meetings(bool on)
{
	for (u32 i = 0; i < ARRAY_SIZE(meetings); i++)
		if (on)
			point_enable(meetings[i].point, POINT_HOOK);
		else
			point_find(meetings[i].point)->on &= ~POINT_HOOK;
}

static void report(struct test *t, const struct migrate_stats *was)
{
	char text[200] = "pages in mid-move:";
	size_t len = strlen(text);
	struct migrate_stats is;

	migrate_get_stats(&is);
	test_note(t,
		  "%lu pages moved, %lu undone, %lu retried, %lu pinned, %lu vanished",
		  is.moved - was->moved, is.undone - was->undone,
		  is.retried - was->retried, is.pinned - was->pinned,
		  is.vanished - was->vanished);
	for (u32 i = 0; i < ARRAY_SIZE(meetings); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					" %lu %s,",
					point_find(meetings[i].point)->hits,
					meetings[i].what);
	test_note(t, "%s", text);
	test_note(t,
		  "%lu accesses, %lu faults, %lu forks, %lu holds, %lu unmaps",
		  torture.accesses, torture.faults, torture.forks,
		  torture.holds, torture.unmaps);
	EXPECT_GT(is.moved, was->moved);
}

TEST(migrate_torture, programs_keep_their_words_while_pages_move)
{
	struct migrate_stats before;
	u64 frames;

	if (!kernel_mm()->nodes[1].node_present_pages)
		SKIP("needs two nodes with memory");
	memset(&torture, 0, sizeof(torture));

	lru_add_drain_all();
	frames = user_frames();
	if (!build_spaces(t))
		return;
	migrate_get_stats(&before);
	torture.goal = before.moved + MOVES * test_scale();
	watch_meetings(true);
	run_threads(t);
	report(t, &before);
	watch_meetings(false);
	EXPECT_EQ(torture.wrong, 0);
	EXPECT_EQ(migrate_check(), 0);
	for (u32 s = 0; s < NR_SPACES; s++)
		mmput(torture.space[s]);
	lru_add_drain_all();
	EXPECT_EQ(user_frames(), frames);
}
