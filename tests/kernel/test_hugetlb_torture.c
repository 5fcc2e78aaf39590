// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_hugetlb_torture.c - everything about huge pages at once
 *
 *	users (two a space)	read and write words, faulting pages in
 *	changer			MADV_DONTNEED, mprotect, munmap and mmap again
 *	forker			copies a space, and the copy; reads and writes them;
 *				owners take pages back meanwhile
 *	holder			pins frames, looks at them later
 *	resizer			nr_hugepages and nr_overcommit_hugepages
 *
 * Each space has a private area and shares one with the other. A word is 0 (a
 * page that nobody has written to) or says whose it is and where: anything else
 * is a page that came to somebody who may not have it. The pool is too small at
 * times, so SIGBUS is an answer, too.
 */
#include <kernel/point.h>
#include <kernel/printk.h>
#include <kernel/thread.h>
#include <mm/fault.h>
#include <mm/page_ref.h>
#include <mm/pgtable.h>
#include <arch/mmu.h>
#include <uapi/mman.h>

#include "hugetlb_fixture.h"
#include "random.h"
#include "space_fixture.h"
#include "vma_fixture.h"

#define NR_SPACES  2
#define NR_PAGES   3 /* of a private area */
#define NR_THREADS 8
#define HUGE	   PMD_SIZE
#define PRIVATE	   0x40000000UL
#define SHARED	   0x80000000UL
#define BURST	   50
#define ACCESSES   5000
#define PATIENCE   100 /* times that */
#define RW	   (PROT_READ | PROT_WRITE)
#define FIXED	   (MAP_ANONYMOUS | MAP_HUGETLB | MAP_FIXED)

static struct {
	struct mm_struct *space[NR_SPACES];
	u64 goal;
	/* atomic */
	u64 accesses, faults, refused, forks, holds, changes, resizes, wrong;
} torture;

static void count(u64 *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

static u64 count_of(const u64 *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/* Everybody has had a turn by then, unless it doesn't come for long. */
static bool over(void)
{
	u64 accesses = count_of(&torture.accesses);

	return accesses >= torture.goal &&
	       ((count_of(&torture.holds) && count_of(&torture.forks) &&
		 count_of(&torture.changes) && count_of(&torture.resizes)) ||
		accesses >= PATIENCE * torture.goal);
}

/* --- words --- */

/* A place in the private area, or (page NR_PAGES) in the shared one. */
static vaddr_t random_place(struct rng *rng)
{
	u32 page = rng_below(rng, NR_PAGES + 1);
	vaddr_t base = page < NR_PAGES ? PRIVATE + page * HUGE : SHARED;

	return base + rng_below(rng, HUGETLB_FRAMES) * PAGE_SIZE;
}

/* What stands there if anything does. */
static u64 word_for(u32 space, vaddr_t addr)
{
	return addr + (addr >= SHARED ? 7 : space + 1);
}

static void check_word(u32 space, vaddr_t addr, u64 word)
{
	if (!word || word == word_for(space, addr))
		return;
	count(&torture.wrong);
	pr_err("%s: space %u, address 0x%lx: 0x%lx\n", current->name, space,
	       addr, word);
}

static bool access_word(struct mm_struct *mm, vaddr_t addr, u64 *value,
			bool write)
{
	struct fault_error error;

	for (u32 i = 0; i < 10000; i++) {
		if (write ? arch_user_poke(addr, *value) :
			    arch_user_peek(addr, value))
			return true;
		count(&torture.faults);
		if (do_user_fault(mm, addr,
				  FAULT_FLAG_USER |
					  (write ? FAULT_FLAG_WRITE : 0),
				  &error))
			break;
	}
	count(&torture.refused);
	return false;
}

/* --- the threads --- */

static int user(void *arg)
{
	u32 n = (u32)(u64)arg, space = n % NR_SPACES;
	struct mm_struct *mm = torture.space[space];
	struct rng rng = { .state = 99 + n };

	use_mm(mm);
	while (!over()) {
		vaddr_t addr = random_place(&rng);
		u64 word = word_for(space, addr);

		count(&torture.accesses);
		if (rng_below(&rng, 2))
			access_word(mm, addr, &word, true);
		else if (access_word(mm, addr, &word, false))
			check_word(space, addr, word);
		if (!rng_below(&rng, BURST))
			msleep(1);
	}
	use_mm(NULL);
	return 0;
}

static void change(struct mm_struct *mm, struct rng *rng)
{
	vaddr_t addr = PRIVATE + rng_below(rng, NR_PAGES) * HUGE;
	u64 promise = rng_below(rng, 2) ? MAP_NORESERVE : 0;

	switch (rng_below(rng, 4)) {
	case 0:
		do_madvise(mm, addr, HUGE, MADV_DONTNEED);
		break;
	case 1:
		do_mprotect(mm, addr, HUGE, PROT_READ);
		do_mprotect(mm, addr, HUGE, RW);
		break;
	case 2:
		do_madvise(mm, SHARED, HUGE, MADV_DONTNEED);
		break;
	default:
		do_munmap(mm, addr, HUGE);
		do_mmap(mm, NULL, addr, HUGE, RW, MAP_PRIVATE | FIXED | promise,
			0);
	}
	count(&torture.changes);
}

static int changer(void *arg __unused)
{
	struct rng rng = { .state = 5 };

	while (!over()) {
		change(torture.space[rng_below(&rng, NR_SPACES)], &rng);
		msleep(1);
	}
	return 0;
}

/* Nobody else has the copy: through the kernel's mapping. */
static void read_copy(struct mm_struct *mm, u32 space, vaddr_t addr)
{
	const u64 *word = space_touch(mm, addr, false);

	if (word)
		check_word(space, addr, READ_ONCE(*word));
}

/* A word that nobody may ever see. */
static void spoil_copy(struct mm_struct *mm, vaddr_t addr)
{
	u64 *word = addr < SHARED ? space_touch(mm, addr, true) : NULL;

	if (word)
		WRITE_ONCE(*word, ~0UL);
}

static void use_copy(struct mm_struct *mm, u32 space, struct rng *rng)
{
	vaddr_t addr[4];

	for (u32 i = 0; i < ARRAY_SIZE(addr); i++) {
		addr[i] = random_place(rng);
		read_copy(mm, space, addr[i]);
	}
	for (u32 i = 0; i < ARRAY_SIZE(addr); i++)
		spoil_copy(mm, addr[i]);
}

static void fork_and_use(struct mm_struct *mm, u32 space, struct rng *rng,
			 u32 generations)
{
	struct mm_struct *copy = dup_mm(mm);

	if (!copy)
		return;
	count(&torture.forks);
	msleep(1); /* for the owner to write */
	if (generations)
		fork_and_use(copy, space, rng, generations - 1);
	use_copy(copy, space, rng);
	mmput(copy);
}

static int forker(void *arg __unused)
{
	struct rng rng = { .state = 6 };

	while (!over()) {
		u32 space = rng_below(&rng, NR_SPACES);

		fork_and_use(torture.space[space], space, &rng, 1);
		msleep(2);
	}
	return 0;
}

static int holder(void *arg __unused)
{
	struct rng rng = { .state = 7 };

	while (!over()) {
		u32 space = rng_below(&rng, NR_SPACES);
		struct mm_struct *mm = torture.space[space];
		vaddr_t addr = random_place(&rng);
		struct page *page = NULL;
		bool held;

		down_read(&mm->mmap_lock);
		held = get_user_pages(mm, addr, 1, FOLL_PIN, &page) == 1;
		up_read(&mm->mmap_lock);
		msleep(1);
		if (!held)
			continue;
		check_word(space, addr, READ_ONCE(*(u64 *)page_address(page)));
		unpin_page(page);
		count(&torture.holds);
	}
	return 0;
}

static int resizer(void *arg __unused)
{
	struct rng rng = { .state = 8 };

	while (!over()) {
		pool_resize(3 + rng_below(&rng, NR_SPACES * NR_PAGES + 2));
		hugetlb_set_overcommit(kernel_mm(), rng_below(&rng, 3));
		count(&torture.resizes);
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
	{ changer, 0, "changer" }, { forker, 0, "forker" },
	{ holder, 0, "holder" },   { resizer, 0, "resizer" },
};

/* The shared area first: the second space inherits it. */
static bool build_spaces(void)
{
	struct mm_struct *mm = mm_alloc();
	bool ok = mm && do_mmap(mm, NULL, SHARED, HUGE, RW, MAP_SHARED | FIXED,
				0) == (s64)SHARED;

	torture.space[0] = mm;
	torture.space[1] = ok ? dup_mm(mm) : NULL;
	if (!torture.space[1])
		return false;
	for (u32 s = 0; s < NR_SPACES; s++)
		ok &= do_mmap(torture.space[s], NULL, PRIVATE, NR_PAGES * HUGE,
			      RW, MAP_PRIVATE | FIXED, 0) == (s64)PRIVATE;
	return ok;
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

TEST(hugetlb_torture, words_stay_where_they_belong)
{
	u64 taken;

	NEEDS_PAGES(NR_SPACES * NR_PAGES + 3);
	memset(&torture, 0, sizeof(torture));
	torture.goal = ACCESSES * test_scale();
	point_find("hugetlb_taken_back")->hits = 0;
	point_enable("hugetlb_taken_back", POINT_HOOK);
	ASSERT_TRUE(build_spaces());
	run_threads(t);
	taken = point_find("hugetlb_taken_back")->hits;
	test_note(
		t,
		"%lu accesses, %lu faults, %lu refused, %lu forks, %lu taken back, %lu holds, %lu changes, %lu resizes",
		torture.accesses, torture.faults, torture.refused, torture.forks,
		taken, torture.holds, torture.changes, torture.resizes);
	EXPECT_EQ(torture.wrong, 0);
	EXPECT_EQ(page_table_check_all(), 0);
	for (u32 s = 0; s < NR_SPACES; s++) {
		EXPECT_EQ(mm_check(torture.space[s]), 0);
		mmput(torture.space[s]);
	}
	EXPECT_GT(torture.holds, 0);
	EXPECT_GT(torture.forks, 0);
	EXPECT_GT(torture.changes, 0);
	EXPECT_GT(torture.resizes, 0);
	pool_drop(t);
}
