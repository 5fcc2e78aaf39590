// SPDX-License-Identifier: MIT
#include <kernel/lockdep.h>
#include <kernel/spinlock.h>
#include <kernel/test.h>

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
