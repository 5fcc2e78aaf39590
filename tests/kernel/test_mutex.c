// SPDX-License-Identifier: MIT
#include <kernel/mutex.h>
#include <kernel/smp.h>

#include "thread_fixture.h"

static DEFINE_LOCK_CLASS(class_m, "test_mutex", false);
static DEFINE_LOCK_CLASS(class_n, "test_mutex_n", false);
static DEFINE_MUTEX(m, class_m);
static DEFINE_MUTEX(n, class_n);

/* Equal whenever nobody holds the mutex. */
static u64 left, right;

#define ROUNDS 2000u

static int add_both(void *arg __unused)
{
	u32 unequal = 0;

	for (u32 i = 0; i < ROUNDS; i++) {
		mutex_lock(&m);
		unequal += left != right;
		left++;
		/* Long enough that a tick, or another CPU, falls in between. */
		for (u32 k = 0; k < 50; k++)
			cpu_relax();
		if (i % 256 == 0)
			yield();
		right++;
		mutex_unlock(&m);
	}
	return (int)unequal;
}

TEST(mutex, admits_one_at_a_time)
{
	struct thread *threads[2 * MAX_CPUS];
	u32 nr = 2 * num_online_cpus();

	left = right = 0;
	for (u32 i = 0; i < nr; i++) {
		threads[i] = kthread_run(add_both, NULL, "mutex");
		ASSERT_TRUE(threads[i]);
	}
	for (u32 i = 0; i < nr; i++)
		EXPECT_EQ(kthread_join(threads[i]), 0);
	EXPECT_EQ(left, nr * ROUNDS);
	EXPECT_EQ(right, nr * ROUNDS);
}

TEST(mutex, trylock_tells)
{
	EXPECT_TRUE(mutex_trylock(&m));
	EXPECT_TRUE(mutex_is_locked(&m));
	EXPECT_FALSE(mutex_trylock(&m));
	mutex_unlock(&m);
	EXPECT_FALSE(mutex_is_locked(&m));
}

TEST(mutex, recursion_is_found)
{
	if (!CONFIG_DEBUG)
		SKIP("no lock checker in this build");
	mutex_lock(&m);
	lockdep_expect();
	mutex_lock(&m);
	EXPECT_EQ(lockdep_take(), LOCKDEP_RECURSION);
	mutex_unlock(&m);
}

TEST(mutex, wrong_order_is_found)
{
	if (!CONFIG_DEBUG)
		SKIP("no lock checker in this build");
	mutex_lock(&m);
	mutex_lock(&n);
	mutex_unlock(&n);
	mutex_unlock(&m);
	mutex_lock(&n);
	lockdep_expect();
	mutex_lock(&m);
	EXPECT_EQ(lockdep_take(), LOCKDEP_ORDER);
	mutex_unlock(&m);
	mutex_unlock(&n);
	lockdep_forget(&class_m, &class_n);
}

TEST(mutex, unlocking_what_is_not_held_is_found)
{
	if (!CONFIG_DEBUG)
		SKIP("no lock checker in this build");
	lockdep_expect();
	mutex_unlock(&m);
	EXPECT_EQ(lockdep_take(), LOCKDEP_NOT_HELD);
}

TEST(mutex, locking_under_a_spinlock_is_found)
{
	static DEFINE_LOCK_CLASS(class_spin, "test_spin", true);
	static struct spinlock spin = SPINLOCK_INIT(class_spin);
	u64 flags;

	if (!CONFIG_DEBUG)
		SKIP("no lock checker in this build");
	flags = spin_lock_irqsave(&spin);
	lockdep_expect();
	mutex_lock(&m);
	EXPECT_EQ(lockdep_take(), LOCKDEP_ATOMIC);
	mutex_unlock(&m);
	spin_unlock_irqrestore(&spin, flags);
	lockdep_forget(&class_spin, &class_m);
}

static int end_with_lock(void *arg __unused)
{
	mutex_lock(&n);
	return 0;
}

TEST(mutex, ending_with_one_held_is_found)
{
	struct thread *t1;

	if (!CONFIG_DEBUG)
		SKIP("no lock checker in this build");
	lockdep_expect();
	t1 = kthread_run(end_with_lock, NULL, "ends");
	ASSERT_TRUE(t1);
	kthread_join(t1);
	EXPECT_EQ(lockdep_take(), LOCKDEP_EXIT_HELD);
	mutex_init(&n, &class_n);
}
