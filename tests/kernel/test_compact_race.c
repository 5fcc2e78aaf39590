// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_compact_race.c - three strategies at once in one zone
 *
 *	compactors	one for each strategy, asking for blocks and for all
 *			there is
 *	users		write and read words of the pages that are moved
 *	takers		chunks of the zone come and go beside them
 *
 * A block, a frame or a page that two of them take for theirs shows as a wrong
 * word, or in the checks at the end.
 */
#include <kernel/random.h>
#include <kernel/string.h>
#include <mm/misuse.h>
#include <mm/page_alloc.h>
#include <arch/mmu.h>

#include "compact_fixture.h"
#include "thread_fixture.h"

#define BLOCKS	 16
#define ROUNDS	 12 /* of each compactor, in the kernel */
#define NR_USERS 2
#define BURST	 500

static struct {
	struct layout l;
	u64 *versions;				      /* its user's, by page */
	u32 running;				      /* atomic: compactors */
	u64 accesses, chunks, wrong, moved, obtained; /* atomic */
} race;

static void count(u64 *counter, u64 nr)
{
	__atomic_add_fetch(counter, nr, __ATOMIC_RELAXED);
}

static bool over(void)
{
	return !READ_ONCE(race.running);
}

/* --- users --- */

static bool access_word(vaddr_t addr, u64 *value, bool write)
{
	struct fault_error error;

	for (u32 i = 0; i < 100000; i++) {
		if (write ? arch_user_poke(addr, *value) :
			    arch_user_peek(addr, value))
			return true;
		if (do_user_fault(race.l.pages.mm, addr,
				  FAULT_FLAG_USER |
					  (write ? FAULT_FLAG_WRITE : 0),
				  &error))
			return false;
	}
	return false;
}

/* The second word of each page is its user's: a version. */
static void use_page(u64 i)
{
	vaddr_t addr = race.l.pages.start + i * PAGE_SIZE + sizeof(u64);
	u64 value = 0;

	if (!access_word(addr, &value, false) || value != race.versions[i])
		count(&race.wrong, 1);
	value = ++race.versions[i];
	if (!access_word(addr, &value, true))
		count(&race.wrong, 1);
	count(&race.accesses, 1);
}

static int user(void *arg)
{
	u32 n = (u32)(u64)arg;
	struct rng rng = { .state = 99 + n };

	use_mm(race.l.pages.mm);
	while (!over()) {
		for (u32 i = 0; i < BURST; i++)
			use_page(n + NR_USERS * rng_below(&rng,
							  (u32)race.l.pages.nr_pages /
								  NR_USERS));
		msleep(1);
	}
	use_mm(NULL);
	return 0;
}

/* --- takers --- */

static int taker(void *arg __unused)
{
	struct rng rng = { .state = 31 };
	struct page *page;

	while (!over()) {
		u32 order = rng_below(&rng, 4);

		page = alloc_pages_zone(race.l.zone, GFP_HIGHUSER_MOVABLE,
					order, 0);
		yield();
		if (!page)
			continue;
		free_pages(page, order);
		count(&race.chunks, 1);
	}
	return 0;
}

/* --- compactors --- */

static void compact_once(const struct compact_strategy *strategy, u32 round)
{
	struct compact_control cc =
		layout_request(&race.l, round % 3 ? (s32)pageblock_order : -1,
			       (enum migrate_mode)(round % 3));

	cc.want_page = cc.order >= 0;
	cc.whole_zone = cc.ignore_skip_hint = round % 2;
	current->memalloc = true;
	strategy->compact_zone(&cc);
	current->memalloc = false;
	count(&race.moved, cc.nr_migrated);
	count(&race.obtained, cc.page != NULL);
	yield();
	layout_give_back(&cc);
}

static int compactor(void *arg)
{
	for (u32 round = 0; round < ROUNDS * test_scale(); round++)
		compact_once(arg, round);
	__atomic_sub_fetch(&race.running, 1, __ATOMIC_RELEASE);
	return 0;
}

/* --- together --- */

static bool even_places(u64 place)
{
	return place % 2 == 0;
}

static void run_threads(struct test *t)
{
	struct thread *threads[8];
	u32 nr = 0;

	race.running = nr_compact_strategies;
	for (u32 i = 0; i < nr_compact_strategies; i++)
		threads[nr++] = kthread_create(compactor,
					       (void *)&compact_strategies[i],
					       compact_strategies[i].name);
	for (u32 i = 0; i < NR_USERS; i++)
		threads[nr++] = kthread_create(user, (void *)(u64)i, "user");
	threads[nr++] = kthread_create(taker, NULL, "taker");
	for (u32 i = 0; i < nr; i++) {
		ASSERT_TRUE(threads[i] != NULL);
		wake_up_thread(threads[i]);
	}
	for (u32 i = 0; i < nr; i++)
		kthread_join(threads[i]);
}

TEST(compact_race, strategies_dont_get_into_each_others_way)
{
	static u64 versions[BLOCKS * 512 / 2];

	memset(&race, 0, sizeof(race));
	memset(versions, 0, sizeof(versions));
	race.versions = versions;
	WITH_LAYOUT(&race.l, BLOCKS);
	ASSERT_TRUE(layout_fill(&race.l, even_places));
	run_threads(t);
	test_note(t,
		  "%lu pages moved, %lu blocks obtained, %lu accesses, %lu chunks",
		  race.moved, race.obtained, race.accesses, race.chunks);
	EXPECT_EQ(race.wrong, 0);
	EXPECT_GT(race.moved, 0);
	EXPECT_GT(race.obtained, 0);
	layout_end(t, &race.l);
}
