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
#define ROUNDS	   150 /* of a user, in the kernel */
#define BASE	   0x20000000UL

static struct {
	struct mm_struct *space[NR_SPACES];
	u64 version[NR_SPACES][NR_PAGES]; /* its user's */
	u64 rounds;
	u32 running;			/* atomic, as all that follow */
	u64 accesses, faults, wrong;	/* of users */
	u64 moves, forks, pins, unmaps; /* of the others */
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
	return !__atomic_load_n(&torture.running, __ATOMIC_ACQUIRE);
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
	for (u64 i = 0; i < torture.rounds; i++)
		for (u32 page = half; page < NR_PAGES; page += 2)
			use_page(mm, space, page, rng_below(&rng, 3) == 0);
	use_mm(NULL);
	__atomic_sub_fetch(&torture.running, 1, __ATOMIC_RELEASE);
	return 0;
}

/* --- movers --- */

static void move_all(struct mm_struct *mm, int nid)
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

/* One thread sends to node 0, one to node 1: they meet. */
static int mover(void *arg)
{
	int nid = (int)(u64)arg;

	for (u32 i = 0; !over(); i++) {
		move_all(torture.space[i % NR_SPACES], nid);
		count(&torture.moves, NR_PAGES);
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
		msleep(1);
	}
	return 0;
}

static void hold_page(struct mm_struct *mm, vaddr_t addr)
{
	struct page *page;
	bool pinned;

	down_read(&mm->mmap_lock);
	pinned = get_user_pages(mm, addr, 1, FOLL_WRITE | FOLL_PIN, &page) == 1;
	up_read(&mm->mmap_lock);
	if (!pinned)
		return;
	for (u32 i = 0; i < 50; i++)
		cpu_relax();
	if (READ_ONCE(*(u64 *)page_address(page)) >> 20 != addr)
		count(&torture.wrong, 1);
	unpin_page(page);
	count(&torture.pins, 1);
}

static int holder(void *arg __unused)
{
	struct rng rng = { .state = 4711 };

	while (!over()) {
		hold_page(torture.space[rng_below(&rng, NR_SPACES)],
			  address((u32)rng_below(&rng, NR_PAGES)));
		msleep(1);
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
	do_mremap(mm, addr, PAGE_SIZE, PAGE_SIZE,
		  MREMAP_MAYMOVE | MREMAP_FIXED, addr + 8 * PAGE_SIZE);
	do_munmap(mm, addr, 9 * PAGE_SIZE);
	count(&torture.unmaps, 1);
}

static int unmapper(void *arg __unused)
{
	for (u32 i = 0; !over(); i++) {
		struct nodemask from = {}, to = {};

		map_and_unmap(torture.space[i % NR_SPACES]);
		node_set(i % 2, &from);
		node_set(!(i % 2), &to);
		do_migrate_pages(torture.space[i % NR_SPACES], &from, &to,
				 MPOL_MF_MOVE);
		msleep(1);
	}
	return 0;
}

/* --- together --- */

static const struct {
	int (*fn)(void *arg);
	u64 arg;
	const char *name;
} threads[NR_THREADS] = {
	{ user, 0, "user/0" },	   { user, 1, "user/1" },
	{ user, 2, "user/2" },	   { user, 3, "user/3" },
	{ mover, 0, "mover/0" },   { mover, 1, "mover/1" },
	{ forker, 0, "forker" },   { holder, 0, "holder" },
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
			EXPECT_EQ(mm_write(mm, address(i),
					   stamp(address(i), 0)),
				  0);
		torture.space[s] = mm;
	}
	return true;
}

static void run_threads(struct test *t)
{
	struct thread *running[NR_THREADS];

	torture.running = NR_USERS;
	for (u32 i = 0; i < NR_THREADS; i++) {
		running[i] = kthread_create(threads[i].fn,
					    (void *)threads[i].arg,
					    threads[i].name);
		EXPECT_TRUE(running[i] != NULL);
	}
	for (u32 i = 0; i < NR_THREADS; i++)
		if (running[i])
			wake_up_thread(running[i]);
	for (u32 i = 0; i < NR_THREADS; i++)
		if (running[i])
			kthread_join(running[i]);
}

static void report(struct test *t, const struct migrate_stats *was, u64 waited)
{
	struct migrate_stats is;

	migrate_get_stats(&is);
	test_note(t,
		  "%lu pages moved, %lu undone, %lu retried, %lu pinned, %lu vanished, %lu faults waited",
		  is.moved - was->moved, is.undone - was->undone,
		  is.retried - was->retried, is.pinned - was->pinned,
		  is.vanished - was->vanished, waited);
	test_note(t, "%lu accesses, %lu faults, %lu forks, %lu pins, %lu unmaps",
		  torture.accesses, torture.faults, torture.forks, torture.pins,
		  torture.unmaps);
	EXPECT_GT(is.moved, was->moved);
}

TEST(migrate_torture, programs_keep_their_words_while_pages_move)
{
	struct mm_struct *home = mm_begin();
	struct migrate_stats before;

	if (!kernel_mm()->nodes[1].node_present_pages)
		SKIP("needs two nodes with memory");
	memset(&torture, 0, sizeof(torture));
	torture.rounds = ROUNDS * test_scale();
	ASSERT_TRUE(home != NULL);
	if (!build_spaces(t))
		return;
	migrate_get_stats(&before);
	point_enable("migration_entry_wait", POINT_HOOK);
	run_threads(t);
	report(t, &before, point_find("migration_entry_wait")->hits);
	point_find("migration_entry_wait")->on &= ~POINT_HOOK;
	EXPECT_EQ(torture.wrong, 0);
	EXPECT_EQ(migrate_check(), 0);
	for (u32 s = 0; s < NR_SPACES; s++)
		mmput(torture.space[s]);
	mm_end(t, home);
}
