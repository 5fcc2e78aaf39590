// SPDX-License-Identifier: MIT
#include <kernel/main.h>
#include <kernel/spinlock.h>
#include <kernel/wait.h>
#include <mm/mm_state.h>

#include "thread_fixture.h"

#define ROUNDS 10000u

struct table {
	struct completion ping, pong;
	u32 pings;
};

static int answer(void *arg)
{
	struct table *table = arg;

	for (u32 i = 0; i < ROUNDS; i++) {
		wait_for_completion(&table->ping);
		table->pings++;
		complete(&table->pong);
	}
	return 0;
}

TEST(wait, ping_pong_loses_no_wake_up)
{
	static struct table table;
	struct thread *other;

	table.pings = 0;
	init_completion(&table.ping);
	init_completion(&table.pong);
	other = kthread_run(answer, &table, "pong");
	ASSERT_TRUE(other);
	for (u32 i = 0; i < ROUNDS; i++) {
		complete(&table.ping);
		wait_for_completion(&table.pong);
		if (table.pings != i + 1)
			break;
	}
	EXPECT_EQ(table.pings, ROUNDS);
	kthread_join(other);
}

/* --- producer and consumer: a ring of 4 --- */

#define RING 4
#define ITEMS 5000u

struct ring {
	struct wait_queue not_empty, not_full;
	u32 item[RING];
	u32 head, tail; /* written by the producer, by the consumer */
};

static int consume(void *arg)
{
	struct ring *r = arg;
	u32 wrong = 0;

	for (u32 i = 0; i < ITEMS; i++) {
		wait_event(&r->not_empty,
			   __atomic_load_n(&r->head, __ATOMIC_ACQUIRE) !=
				   r->tail);
		wrong += r->item[r->tail % RING] != i;
		__atomic_store_n(&r->tail, r->tail + 1, __ATOMIC_RELEASE);
		wake_up(&r->not_full);
	}
	return (int)wrong;
}

TEST(wait, consumer_gets_each_item_in_order)
{
	static struct ring r;
	struct thread *consumer;

	r.head = r.tail = 0;
	wait_queue_init(&r.not_empty);
	wait_queue_init(&r.not_full);
	consumer = kthread_run(consume, &r, "consumer");
	ASSERT_TRUE(consumer);
	for (u32 i = 0; i < ITEMS; i++) {
		wait_event(&r.not_full,
			   r.head - __atomic_load_n(&r.tail,
						    __ATOMIC_ACQUIRE) <
				   RING);
		r.item[r.head % RING] = i;
		__atomic_store_n(&r.head, r.head + 1, __ATOMIC_RELEASE);
		wake_up(&r.not_empty);
	}
	EXPECT_EQ(kthread_join(consumer), 0);
}

/* --- one or all --- */

#define SLEEPERS 4

static struct wait_queue gate;
static u32 tickets, passed;

static bool take_ticket(void)
{
	u32 n = READ_ONCE(tickets);

	while (n && !__atomic_compare_exchange_n(&tickets, &n, n - 1, false,
						 __ATOMIC_ACQ_REL,
						 __ATOMIC_ACQUIRE))
		;
	return n != 0;
}

static int pass_gate(void *arg __unused)
{
	wait_event_exclusive(&gate, take_ticket());
	__atomic_add_fetch(&passed, 1, __ATOMIC_RELAXED);
	return 0;
}

TEST(wait, wake_up_wakes_one_exclusive_sleeper_at_a_time)
{
	struct thread *sleepers[SLEEPERS];

	wait_queue_init(&gate);
	tickets = passed = 0;
	for (u32 i = 0; i < SLEEPERS; i++) {
		sleepers[i] = kthread_run(pass_gate, NULL, "gate");
		ASSERT_TRUE(sleepers[i]);
	}
	for (u32 i = 0; i < SLEEPERS; i++)
		EXPECT_TRUE(sleep_until(thread_sleeps(sleepers[i])));
	for (u32 i = 0; i < SLEEPERS; i++) {
		EXPECT_EQ(READ_ONCE(passed), i);
		__atomic_add_fetch(&tickets, 1, __ATOMIC_RELEASE);
		wake_up(&gate);
		EXPECT_TRUE(sleep_until(READ_ONCE(passed) != i));
	}
	EXPECT_EQ(passed, SLEEPERS);
	for (u32 i = 0; i < SLEEPERS; i++)
		kthread_join(sleepers[i]);
}

TEST(wait, times_out)
{
	struct completion never;
	u64 before = timer_ticks();

	init_completion(&never);
	EXPECT_FALSE(wait_for_completion_timeout(&never, 5));
	EXPECT_GE(timer_ticks() - before, 5);
	complete(&never);
	EXPECT_TRUE(wait_for_completion_timeout(&never, 5));
}

/* --- what must not be --- */

TEST(wait, sleeping_with_preemption_or_interrupts_off_is_found)
{
	struct completion done;
	u64 flags;

	if (!CONFIG_DEBUG)
		SKIP("no lock checker in this build");
	init_completion(&done);
	complete_all(&done);
	lockdep_expect();
	preempt_disable();
	wait_for_completion(&done);
	preempt_enable();
	EXPECT_EQ(lockdep_take(), LOCKDEP_ATOMIC);

	lockdep_expect();
	flags = arch_irq_save();
	wait_for_completion(&done);
	arch_irq_restore(flags);
	EXPECT_EQ(lockdep_take(), LOCKDEP_ATOMIC);
}

/* DESIGN section 5: wake-ups are noted under zone->lock, done after unlock. */
TEST(wait, waking_under_a_zone_lock_is_found)
{
	struct zone *zone = NULL;
	struct completion done;
	u64 flags;

	if (!CONFIG_DEBUG)
		SKIP("no lock checker in this build");
	init_completion(&done);
	for_each_populated_zone(kernel_mm(), zone)
		break;
	ASSERT_TRUE(zone);
	lockdep_expect();
	flags = spin_lock_irqsave(&zone->lock);
	complete(&done);
	spin_unlock_irqrestore(&zone->lock, flags);
	EXPECT_EQ(lockdep_take(), LOCKDEP_ORDER);
}
