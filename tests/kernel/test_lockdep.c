// SPDX-License-Identifier: MIT
#include <kernel/lockdep.h>
#include <kernel/mutex.h>
#include <kernel/spinlock.h>

#include "thread_fixture.h"

static DEFINE_LOCK_CLASS(class_a, "test_a", true);
static DEFINE_LOCK_CLASS(class_b, "test_b", true);
static DEFINE_LOCK_CLASS(class_c, "test_c", true);
static DEFINE_LOCK_CLASS(class_s, "test_s", false);

static struct spinlock a = SPINLOCK_INIT(class_a);
static struct spinlock b = SPINLOCK_INIT(class_b);
static struct spinlock c = SPINLOCK_INIT(class_c);
static struct spinlock s = SPINLOCK_INIT(class_s);

static void take_both(struct spinlock *first, struct spinlock *second)
{
	u64 flags = spin_lock_irqsave(first);

	spin_lock(second);
	spin_unlock(second);
	spin_unlock_irqrestore(first, flags);
}

/* a -> b -> c learnt, then c -> a closes the cycle. */
TEST(lockdep, finds_wrong_order_through_a_third)
{
	if (!CONFIG_DEBUG)
		SKIP("no lock checker in this build");
	take_both(&a, &b);
	take_both(&b, &c);
	lockdep_expect();
	take_both(&c, &a);
	EXPECT_EQ(lockdep_take(), LOCKDEP_ORDER);
}

TEST(lockdep, finds_class_taken_twice)
{
	struct spinlock a2 = SPINLOCK_INIT(class_a);

	if (!CONFIG_DEBUG)
		SKIP("no lock checker in this build");
	lockdep_expect();
	take_both(&a, &a2);
	EXPECT_EQ(lockdep_take(), LOCKDEP_RECURSION);
}

TEST(lockdep, two_of_a_class_nest_when_said)
{
	struct spinlock s2 = SPINLOCK_INIT(class_s);

	lockdep_expect();
	spin_lock(&s);
	spin_lock_nested(&s2);
	EXPECT_TRUE(lock_is_held(&s2));
	spin_unlock(&s2);
	spin_unlock(&s);
	EXPECT_EQ(lockdep_take(), LOCKDEP_NONE);
}

TEST(lockdep, finds_irq_state)
{
	u64 flags;

	if (!CONFIG_DEBUG)
		SKIP("no lock checker in this build");
	lockdep_expect();
	spin_lock(&a);
	spin_unlock(&a);
	EXPECT_EQ(lockdep_take(), LOCKDEP_IRQS_ON);

	lockdep_expect();
	flags = spin_lock_irqsave(&s);
	spin_unlock_irqrestore(&s, flags);
	EXPECT_EQ(lockdep_take(), LOCKDEP_IRQS_OFF);
}

TEST(lockdep, finds_release_of_unheld)
{
	if (!CONFIG_DEBUG)
		SKIP("no lock checker in this build");
	preempt_disable(); /* what the lock would have done */
	lockdep_expect();
	spin_unlock(&a);
	EXPECT_EQ(lockdep_take(), LOCKDEP_NOT_HELD);
}

TEST(lockdep, knows_what_is_held)
{
	u64 flags = spin_lock_irqsave(&a);

	EXPECT_TRUE(lock_is_held(&a));
	EXPECT_FALSE(lock_is_held(&b));
	spin_unlock_irqrestore(&a, flags);
	EXPECT_FALSE(lock_is_held(&a));
	EXPECT_EQ(lockdep_nr_held(), 0);
}

/* --- what the command locks shows --- */

static bool info_of(const struct lock_class *class, struct lock_class_info *info)
{
	return lockdep_class_info(class->id, info) && info->class == class;
}

TEST(lockdep, tells_the_order_without_what_follows)
{
	struct lock_class_info info_a, info_b, info_c;

	if (!CONFIG_DEBUG)
		SKIP("no lock checker in this build");
	take_both(&a, &b);
	take_both(&b, &c);
	take_both(&a, &c);
	ASSERT_TRUE(info_of(&class_a, &info_a));
	ASSERT_TRUE(info_of(&class_b, &info_b));
	ASSERT_TRUE(info_of(&class_c, &info_c));
	EXPECT_TRUE(info_a.inner >> class_b.id & 1);
	EXPECT_FALSE(info_a.inner >> class_c.id & 1);
	EXPECT_TRUE(info_b.inner >> class_c.id & 1);
	EXPECT_EQ(info_c.inner, 0);
	EXPECT_TRUE(info_a.outermost);
	EXPECT_FALSE(info_b.outermost);
}

TEST(lockdep, counts_and_shows_what_is_held)
{
	const struct lock_class *held[4];
	struct lock_class_info before, after;
	u64 flags;

	if (!CONFIG_DEBUG)
		SKIP("no lock checker in this build");
	take_both(&a, &b);
	ASSERT_TRUE(info_of(&class_a, &before));
	flags = spin_lock_irqsave(&a);
	spin_lock(&b);
	EXPECT_EQ(lockdep_held_by_cpu(smp_processor_id(), held, 4), 2);
	EXPECT_TRUE(held[0] == &class_a && held[1] == &class_b);
	spin_unlock(&b);
	EXPECT_EQ(lockdep_held_by_cpu(smp_processor_id(), held, 4), 1);
	spin_unlock_irqrestore(&a, flags);
	EXPECT_EQ(lockdep_held_by_cpu(smp_processor_id(), held, 4), 0);
	ASSERT_TRUE(info_of(&class_a, &after));
	EXPECT_EQ(after.acquired, before.acquired + 1);
	EXPECT_EQ(after.contended, before.contended);
}

static DEFINE_LOCK_CLASS(class_m, "test_m", false);
static DEFINE_MUTEX(m, class_m);

static int want_mutex(void *arg __unused)
{
	mutex_lock(&m);
	mutex_unlock(&m);
	return 0;
}

TEST(lockdep, sees_a_mutex_held_and_wanted)
{
	struct lock_class_info before, after;
	struct thread_info me;
	struct thread *other;

	if (!CONFIG_DEBUG)
		SKIP("no lock checker in this build");
	mutex_lock(&m);
	ASSERT_TRUE(thread_info_from(current->id, &me));
	EXPECT_EQ(me.nr_held, 1);
	EXPECT_TRUE(me.held[0] == &class_m);
	ASSERT_TRUE(info_of(&class_m, &before));
	other = kthread_run(want_mutex, NULL, "wants");
	ASSERT_TRUE(other);
	EXPECT_TRUE(sleep_until(thread_sleeps(other)));
	mutex_unlock(&m);
	kthread_join(other);
	ASSERT_TRUE(info_of(&class_m, &after));
	EXPECT_EQ(after.contended, before.contended + 1);
	EXPECT_EQ(after.acquired, before.acquired + 1);
}
