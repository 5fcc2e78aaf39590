// SPDX-License-Identifier: MIT
#include <kernel/smp.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>

#include "thread_fixture.h"

#define ROUNDS 2000u

static struct page *page;
static u64 shared; /* under the page lock */

static int count_up(void *arg __unused)
{
	for (u32 i = 0; i < ROUNDS; i++) {
		lock_page(page);
		shared = READ_ONCE(shared) + 1;
		if (i % 64 == 0)
			yield(); /* others come and wait */
		unlock_page(page);
	}
	return 0;
}

TEST(page_lock, one_at_a_time)
{
	struct thread *threads[4];

	page = alloc_pages(GFP_KERNEL, 0);
	ASSERT_TRUE(page != NULL);
	shared = 0;
	for (u32 i = 0; i < ARRAY_SIZE(threads); i++) {
		threads[i] = kthread_run(count_up, NULL, "page_lock");
		ASSERT_TRUE(threads[i] != NULL);
	}
	for (u32 i = 0; i < ARRAY_SIZE(threads); i++)
		kthread_join(threads[i]);
	EXPECT_EQ(shared, ARRAY_SIZE(threads) * ROUNDS);
	EXPECT_FALSE(page_flag(page, PG_waiters));
	EXPECT_TRUE(trylock_page(page));
	EXPECT_FALSE(trylock_page(page));
	unlock_page(page);
	put_page(page);
}
