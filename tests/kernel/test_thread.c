// SPDX-License-Identifier: MIT
#include <kernel/errno.h>
#include <kernel/list.h>
#include <kernel/smp.h>
#include <mm/gfp.h>
#include <mm/page_alloc.h>
#include <mm/mm_state.h>
#include <arch/percpu.h>

#include "thread_fixture.h"

static u64 counter;

static int count_up(void *arg)
{
	__atomic_add_fetch(&counter, 1, __ATOMIC_RELAXED);
	return (int)(u64)arg;
}

TEST(thread, runs_once_and_gives_its_value_to_who_joins)
{
	struct thread *t1;

	counter = 0;
	t1 = kthread_run(count_up, (void *)42, "value");
	ASSERT_TRUE(t1);
	EXPECT_EQ(kthread_join(t1), 42);
	EXPECT_EQ(counter, 1);
}

#define BATCH 50

TEST(thread, a_thousand_are_created_and_joined)
{
	struct thread *batch[BATCH];

	counter = 0;
	for (u32 round = 0; round < 1000 / BATCH; round++) {
		for (u32 i = 0; i < BATCH; i++) {
			batch[i] = kthread_run(count_up, (void *)(u64)i, "one");
			ASSERT_TRUE(batch[i]);
		}
		for (u32 i = 0; i < BATCH; i++)
			EXPECT_EQ(kthread_join(batch[i]), (int)i);
	}
	EXPECT_EQ(counter, 1000);
}

static u32 rounds;

static int until_stopped(void *arg __unused)
{
	while (!kthread_should_stop()) {
		WRITE_ONCE(rounds, rounds + 1);
		msleep(1);
	}
	return 7;
}

TEST(thread, stops_when_asked)
{
	struct thread *t1;

	rounds = 0;
	t1 = kthread_run(until_stopped, NULL, "stop");
	ASSERT_TRUE(t1);
	EXPECT_TRUE(sleep_until(READ_ONCE(rounds) > 1));
	EXPECT_EQ(kthread_stop(t1), 7);
}

TEST(thread, stopped_before_it_ran_does_not_run)
{
	struct thread *t1 = kthread_create(count_up, NULL, "never");

	ASSERT_TRUE(t1);
	counter = 0;
	EXPECT_EQ(kthread_stop(t1), -EINTR);
	EXPECT_EQ(counter, 0);
}

static u64 ticks_slept(struct test *t, u32 ms)
{
	u64 before = timer_ticks(), slept;

	msleep(ms);
	slept = timer_ticks() - before;
	/* The tick that is under way does not count in full. */
	EXPECT_GE(slept, DIV_ROUND_UP((u64)ms * HZ, 1000));
	return slept;
}

/* A machine with other work may be late many times, but not always. */
TEST(thread, sleeps_no_less_than_asked)
{
	for (u32 ms = 1; ms <= 40; ms += 13) {
		u64 least = ~0UL, wanted = DIV_ROUND_UP((u64)ms * HZ, 1000);

		for (u32 i = 0; i < 50 && least > wanted + 25; i++)
			least = min(least, ticks_slept(t, ms));
		EXPECT_LE(least, wanted + 25);
	}
}

/* --- preemption --- */

static u32 stop_spinning;

static int spin_forever(void *arg)
{
	u64 *turns = arg;

	while (!READ_ONCE(stop_spinning)) {
		WRITE_ONCE(*turns, *turns + 1);
		cpu_relax();
	}
	return 0;
}

/* Two that never give up the CPU, and this one, on CPU 0. */
TEST(thread, busy_ones_share_a_cpu)
{
	struct thread *busy[2];
	u64 turns[2] = { 0 };

	if (!timer_interrupts())
		SKIP("no timer interrupts a busy thread here");
	stop_spinning = 0;
	for (u32 i = 0; i < 2; i++) {
		busy[i] = kthread_create(spin_forever, &turns[i], "busy");
		ASSERT_TRUE(busy[i]);
		EXPECT_EQ(set_cpus_allowed(busy[i], 1), 0);
		wake_up_thread(busy[i]);
	}
	EXPECT_TRUE(spin_until(READ_ONCE(turns[0]) && READ_ONCE(turns[1])));
	WRITE_ONCE(stop_spinning, 1);
	for (u32 i = 0; i < 2; i++)
		kthread_join(busy[i]);
}

TEST(thread, is_not_preempted_with_preemption_off)
{
	struct thread *busy;
	u64 turns = 0, ticks;

	if (!timer_interrupts())
		SKIP("no timer interrupts a busy thread here");
	stop_spinning = 0;
	busy = kthread_create(spin_forever, &turns, "busy");
	ASSERT_TRUE(busy);
	EXPECT_EQ(set_cpus_allowed(busy, 1), 0);
	preempt_disable();
	wake_up_thread(busy);
	ticks = timer_ticks();
	EXPECT_TRUE(spin_until(timer_ticks() > ticks + 2 * SLICE_TICKS));
	EXPECT_EQ(READ_ONCE(turns), 0);
	preempt_enable();
	EXPECT_TRUE(spin_until(READ_ONCE(turns)));
	WRITE_ONCE(stop_spinning, 1);
	kthread_join(busy);
}

/* --- priorities --- */

static u32 order_at;
static u32 order[NR_PRIOS];

static int note_prio(void *arg __unused)
{
	order[order_at++] = current->prio;
	return 0;
}

/* Woken low, normal, high while nobody can run: they run high, normal, low. */
TEST(thread, urgent_ones_run_first)
{
	struct thread *threads[NR_PRIOS];

	order_at = 0;
	for (u32 p = 0; p < NR_PRIOS; p++) {
		threads[p] = kthread_create(note_prio, NULL, "prio");
		ASSERT_TRUE(threads[p]);
		set_cpus_allowed(threads[p], 1);
		set_thread_prio(threads[p], (enum thread_prio)p);
	}
	preempt_disable();
	for (u32 p = NR_PRIOS; p-- > 0;)
		wake_up_thread(threads[p]);
	EXPECT_EQ(order_at, 0);
	preempt_enable();
	for (u32 p = 0; p < NR_PRIOS; p++)
		kthread_join(threads[p]);
	for (u32 p = 0; p < NR_PRIOS; p++)
		EXPECT_EQ(order[p], p);
}

TEST(thread, a_low_one_is_not_starved)
{
	struct thread *low;

	if (!timer_interrupts())
		SKIP("no timer interrupts a busy thread here");
	counter = 0;
	low = kthread_create(count_up, NULL, "low");
	ASSERT_TRUE(low);
	set_cpus_allowed(low, 1);
	set_thread_prio(low, PRIO_LOW);
	wake_up_thread(low);
	/* We are more urgent and never sleep. */
	EXPECT_TRUE(spin_until(READ_ONCE(counter)));
	kthread_join(low);
}

/* --- CPUs --- */

static int move_around(void *arg __unused)
{
	u32 cpu, wrong = 0;

	for (u32 round = 0; round < 50; round++)
		for_each_online_cpu(cpu) {
			set_cpus_allowed(current, 1UL << cpu);
			wrong += smp_processor_id() != cpu;
		}
	return (int)wrong;
}

TEST(thread, runs_where_it_is_allowed_to)
{
	struct thread *movers[4];

	for (u32 i = 0; i < ARRAY_SIZE(movers); i++) {
		movers[i] = kthread_run(move_around, NULL, "mover");
		ASSERT_TRUE(movers[i]);
	}
	for (u32 i = 0; i < ARRAY_SIZE(movers); i++)
		EXPECT_EQ(kthread_join(movers[i]), 0);
	EXPECT_EQ(set_cpus_allowed(current, 0), -EINVAL);
}

static u64 cpus_seen;

static int see_cpus(void *arg __unused)
{
	while (!READ_ONCE(stop_spinning)) {
		__atomic_or_fetch(&cpus_seen, 1UL << smp_processor_id(),
				  __ATOMIC_RELAXED);
		cpu_relax();
	}
	return 0;
}

TEST(thread, idle_cpus_take_work)
{
	struct thread *threads[MAX_CPUS];
	u32 cpus = num_online_cpus();

	if (cpus < 2)
		SKIP("one CPU");
	stop_spinning = 0;
	cpus_seen = 0;
	for (u32 i = 0; i < cpus; i++) {
		threads[i] = kthread_create(see_cpus, NULL, "spread");
		ASSERT_TRUE(threads[i]);
		/* All of them queue on CPU 0 first. */
		set_cpus_allowed(threads[i], 1);
		wake_up_thread(threads[i]);
		set_cpus_allowed(threads[i], ALL_CPUS);
	}
	EXPECT_TRUE(spin_until(READ_ONCE(cpus_seen) == cpu_online_mask()));
	WRITE_ONCE(stop_spinning, 1);
	for (u32 i = 0; i < cpus; i++)
		kthread_join(threads[i]);
}

/* --- the watchdog --- */

TEST(thread, watchdog_reports_a_cpu_that_does_not_switch)
{
	struct thread *waiting;
	u64 reports = sched_watchdog_reports();

	if (!CONFIG_DEBUG)
		SKIP("no watchdog in this build");
	if (!timer_interrupts())
		SKIP("no timer interrupts a busy thread here");
	waiting = kthread_create(count_up, NULL, "waiting");
	ASSERT_TRUE(waiting);
	set_cpus_allowed(waiting, 1);
	test_note(t, "a report of the watchdog is expected:");
	preempt_disable();
	wake_up_thread(waiting);
	sched_set_watchdog(30);
	EXPECT_TRUE(spin_until(sched_watchdog_reports() > reports));
	sched_set_watchdog(0);
	preempt_enable();
	kthread_join(waiting);
}

/* --- the allocator under preemption --- */

#define TORTURE_HELD   32
#define TORTURE_ROUNDS 3000

static u64 stamp_of(const struct page *page, u32 id)
{
	return page_to_pfn(page) << 16 | id;
}

static int torture(void *arg)
{
	u32 id = (u32)(u64)arg, bad = 0;
	struct page *held[TORTURE_HELD] = { NULL };

	for (u32 i = 0; i < TORTURE_ROUNDS; i++) {
		struct page **slot = &held[(i * 7 + id) % TORTURE_HELD];
		u64 *word;

		if (*slot) {
			word = phys_to_virt(PFN_PHYS(page_to_pfn(*slot)));
			bad += word[0] != stamp_of(*slot, id) ||
			       word[511] != stamp_of(*slot, id);
			free_pages(*slot, 0);
		}
		*slot = alloc_pages(GFP_KERNEL, 0);
		if (!*slot)
			continue;
		word = phys_to_virt(PFN_PHYS(page_to_pfn(*slot)));
		word[0] = word[511] = stamp_of(*slot, id);
		if (i % 64 == id % 64)
			yield();
	}
	for (u32 i = 0; i < TORTURE_HELD; i++)
		if (held[i])
			free_pages(held[i], 0);
	return (int)bad;
}

TEST(thread, allocator_holds_under_preemption)
{
	struct thread *threads[2 * MAX_CPUS];
	u32 nr = 2 * num_online_cpus();

	for (u32 i = 0; i < nr; i++) {
		threads[i] = kthread_run(torture, (void *)(u64)(i + 1), "torture");
		ASSERT_TRUE(threads[i]);
	}
	for (u32 i = 0; i < nr; i++)
		EXPECT_EQ(kthread_join(threads[i]), 0);
}
