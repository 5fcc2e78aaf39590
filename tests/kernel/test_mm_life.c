// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_mm_life.c - who keeps an address space, and what of it
 */
#include <kernel/errno.h>
#include <kernel/point.h>
#include <kernel/thread.h>
#include <arch/mmu.h>
#include <mm/mm_state.h>
#include <uapi/mman.h>

#include "space_fixture.h"
#include "vma_fixture.h"

struct seen {
	struct mm_struct *mm[8];
	u32 nr;
	struct mm_struct *drop; /* its last reference, while it is visited */
};

static void see(struct mm_struct *mm, void *arg)
{
	struct seen *seen = arg;

	if (seen->nr < ARRAY_SIZE(seen->mm))
		seen->mm[seen->nr] = mm;
	seen->nr++;
	if (mm == seen->drop)
		mmput(mm);
}

static bool was_seen(const struct seen *seen, const struct mm_struct *mm)
{
	for (u32 i = 0; i < min(seen->nr, (u32)ARRAY_SIZE(seen->mm)); i++)
		if (seen->mm[i] == mm)
			return true;
	return false;
}

TEST(mm_life, all_address_spaces_are_walked)
{
	struct mm_struct *a = mm_begin(), *b = mm_alloc();
	struct seen seen = { .nr = 0 };

	for_each_mm(see, &seen);
	EXPECT_TRUE(was_seen(&seen, a) && was_seen(&seen, b));
	mmput(b);
	seen.nr = 0;
	for_each_mm(see, &seen);
	EXPECT_TRUE(was_seen(&seen, a) && !was_seen(&seen, b));
	mm_end(t, a);
}

TEST(mm_life, the_walk_outlives_who_is_visited)
{
	struct mm_struct *a = mm_begin(), *b = mm_alloc(), *c = mm_alloc();
	struct seen seen = { .drop = b };

	space_touch(b, space_map(b, 2), true);
	for_each_mm(see, &seen);
	EXPECT_TRUE(was_seen(&seen, b) && was_seen(&seen, c));
	mmput(c);
	mm_end(t, a);
}

TEST(mm_life, memory_goes_with_the_last_user_not_the_last_holder)
{
	struct mm_struct *a = mm_begin(), *b = mm_alloc();

	space_touch(b, space_map(b, 2), true);
	mmgrab(b);
	mmget(b);
	mmput(b);
	EXPECT_EQ(b->map_count, 1);
	EXPECT_TRUE(mmget_not_zero(b));
	mmput(b);
	mmput(b);
	EXPECT_FALSE(mmget_not_zero(b));
	EXPECT_EQ(b->map_count, 0);
	EXPECT_EQ(b->rss[MM_ANONPAGES], 0);
	EXPECT_EQ(b->pgtables_bytes, 0);
	mmdrop(b);
	mm_end(t, a);
}

TEST(mm_life, a_failing_allocation_leaves_nothing)
{
	static const char *const points[] = { "kmem_cache_alloc",
					      "pte_alloc_one" };
	struct mm_struct *a = mm_begin();

	for (u32 i = 0; i < ARRAY_SIZE(points); i++) {
		struct mm_struct *b;

		point_fail_nth(points[i], 1);
		b = mm_alloc();
		point_disable(points[i]);
		EXPECT_TRUE(!b);
		if (b)
			mmput(b);
	}
	mm_end(t, a);
}

/* fork gives a thread its address space before it runs. */
static int note_loaded(void *arg)
{
	struct mm_struct **seen = arg;

	preempt_disable();
	seen[0] = loaded_mm();
	seen[1] = current->mm;
	preempt_enable();
	use_mm(NULL);
	return 0;
}

TEST(mm_life, a_thread_begins_in_the_address_space_it_was_given)
{
	struct mm_struct *a = mm_begin(), *seen[2] = { NULL, NULL };
	struct thread *thread = kthread_create(note_loaded, seen, "given");

	ASSERT_TRUE(thread != NULL);
	thread->mm = a;
	wake_up_thread(thread);
	kthread_join(thread);
	EXPECT_TRUE(seen[0] == a);
	EXPECT_TRUE(seen[1] == a);
	mm_end(t, a);
}
