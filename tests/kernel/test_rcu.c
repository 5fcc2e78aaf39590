// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_rcu.c - grace periods and callbacks, one at a time
 *
 * Who reads keeps preemption off; on one CPU nobody else runs then, so tests
 * that need a reader and somebody besides want two.
 */
#include <kernel/rcu.h>
#include <kernel/smp.h>

#include "thread_fixture.h"

static u64 sum_qs(u32 cpu, enum rcu_qs how)
{
	struct rcu_cpu_info info;

	rcu_get_cpu_info(cpu, &info);
	return info.nr_qs[how];
}

static struct thread *run_on(u32 cpu, int (*fn)(void *arg), void *arg)
{
	struct thread *t = kthread_create(fn, arg, "rcu test");

	if (t) {
		set_cpus_allowed(t, 1UL << cpu);
		wake_up_thread(t);
	}
	return t;
}

/* --- waiting for readers --- */

enum { OUT, READING, LEAVE };
static u32 reader_state;

static int read_until_told(void *arg __unused)
{
	rcu_read_lock();
	WRITE_ONCE(reader_state, READING);
	while (READ_ONCE(reader_state) != LEAVE)
		cpu_relax();
	rcu_read_unlock();
	return 0;
}

static bool gp_over;

static int wait_for_gp(void *arg __unused)
{
	synchronize_rcu();
	__atomic_store_n(&gp_over, true, __ATOMIC_RELEASE);
	return 0;
}

TEST(rcu, waits_for_a_reader_and_no_longer)
{
	u32 cpu = next_online_cpu(1);
	struct thread *reader, *waiter;

	if (cpu == MAX_CPUS)
		SKIP("one CPU");
	reader_state = OUT;
	gp_over = false;
	reader = run_on(cpu, read_until_told, NULL);
	ASSERT_TRUE(reader && spin_until(READ_ONCE(reader_state) == READING));
	waiter = run_on(0, wait_for_gp, NULL);
	ASSERT_TRUE(waiter);
	msleep(60);
	EXPECT_FALSE(__atomic_load_n(&gp_over, __ATOMIC_ACQUIRE));
	WRITE_ONCE(reader_state, LEAVE);
	kthread_join(reader);
	kthread_join(waiter);
	EXPECT_TRUE(gp_over);
}

static u64 all_idle_qs(void)
{
	u64 sum = 0;
	u32 cpu;

	for_each_online_cpu(cpu)
		sum += sum_qs(cpu, RCU_QS_IDLE);
	return sum;
}

/* Asked for on each CPU in turn; how long the last grace period took. */
static u64 gp_asked_on(u32 cpu)
{
	struct thread *t = run_on(cpu, wait_for_gp, NULL);
	struct rcu_info info;

	if (t)
		kthread_join(t);
	rcu_get_info(&info);
	return info.last_ns;
}

/*
 * Who asks may still be awake when it begins, and then it lasts until the next
 * tick, after 4 ms. So not each one is fast, but soon there are some.
 */
TEST(rcu, idle_cpus_do_not_hold_it_up)
{
	u64 end = arch_time_ns() + PATIENCE_MS * MS_IN_NS;
	u64 before = all_idle_qs();
	u64 enough = num_online_cpus() > 1 ? 10 : 0, nr_fast = 0;
	u32 cpu = 0;

	while ((nr_fast < 5 || all_idle_qs() - before < enough) &&
	       arch_time_ns() < end) {
		nr_fast += gp_asked_on(cpu) < 2 * MS_IN_NS;
		cpu = next_online_cpu(cpu + 1);
		if (cpu == MAX_CPUS)
			cpu = 0;
	}
	EXPECT_GE(nr_fast, 5);
	EXPECT_GE(all_idle_qs() - before, enough);
}

/* A CPU whose every tick finds preemption off. */
static bool stop;

static int switch_between_ticks(void *arg __unused)
{
	while (!READ_ONCE(stop)) {
		preempt_disable();
		spin_ms(9);
		preempt_enable_no_resched();
		yield();
	}
	return 0;
}

TEST(rcu, a_switch_of_threads_is_quiescent)
{
	u32 cpu = next_online_cpu(1);
	struct thread *busy[2];
	u64 before, end = arch_time_ns() + PATIENCE_MS * MS_IN_NS;

	if (cpu == MAX_CPUS)
		SKIP("one CPU");
	stop = false;
	before = sum_qs(cpu, RCU_QS_SWITCH);
	for (u32 i = 0; i < ARRAY_SIZE(busy); i++) {
		busy[i] = run_on(cpu, switch_between_ticks, NULL);
		ASSERT_TRUE(busy[i]);
	}
	while (sum_qs(cpu, RCU_QS_SWITCH) == before && arch_time_ns() < end)
		synchronize_rcu();
	WRITE_ONCE(stop, true);
	for (u32 i = 0; i < ARRAY_SIZE(busy); i++)
		kthread_join(busy[i]);
	EXPECT_GT(sum_qs(cpu, RCU_QS_SWITCH), before);
}

static int return_to_user(void *arg)
{
	preempt_disable();
	WRITE_ONCE(*(bool *)arg, true);
	while (!READ_ONCE(stop)) {
		u64 flags = arch_irq_save();

		rcu_note_user();
		arch_irq_restore(flags);
		cpu_relax();
	}
	preempt_enable();
	return 0;
}

TEST(rcu, a_return_to_user_mode_is_quiescent)
{
	u32 cpu = next_online_cpu(1);
	struct rcu_info first, last;
	bool returns = false;
	struct thread *busy;
	u64 before, nr;

	if (cpu == MAX_CPUS)
		SKIP("one CPU");
	stop = false;
	busy = run_on(cpu, return_to_user, &returns);
	ASSERT_TRUE(busy && spin_until(READ_ONCE(returns)));
	synchronize_rcu(); /* its switch to the thread has counted */
	rcu_get_info(&first);
	before = sum_qs(cpu, RCU_QS_USER);
	for (u32 i = 0; i < 3; i++)
		synchronize_rcu();
	nr = sum_qs(cpu, RCU_QS_USER) - before;
	rcu_get_info(&last);
	/* Once for each, and others may want grace periods, too. */
	EXPECT_LE(3, nr);
	EXPECT_LE(nr, last.started - first.done);
	WRITE_ONCE(stop, true);
	kthread_join(busy);
}

/* --- callbacks --- */

#define NR_CALLBACKS 500

struct numbered {
	struct rcu_head rcu;
	u32 number;
};

static struct numbered numbered[NR_CALLBACKS];
static u32 nr_called, nr_out_of_order, nr_bad_context;

static void note_order(struct rcu_head *head)
{
	struct numbered *n = container_of(head, struct numbered, rcu);

	nr_out_of_order += n->number != nr_called;
	nr_bad_context += preempt_count() || arch_irqs_disabled();
	WRITE_ONCE(nr_called, nr_called + 1);
}

TEST(rcu, callbacks_come_in_order_and_not_too_early)
{
	nr_called = nr_out_of_order = nr_bad_context = 0;
	rcu_read_lock();
	for (u32 i = 0; i < NR_CALLBACKS; i++) {
		numbered[i].number = i;
		call_rcu(&numbered[i].rcu, note_order);
	}
	spin_ms(30);
	EXPECT_EQ(READ_ONCE(nr_called), 0);
	rcu_read_unlock();
	rcu_barrier();
	EXPECT_EQ(nr_called, NR_CALLBACKS);
	EXPECT_EQ(nr_out_of_order, 0);
	EXPECT_EQ(nr_bad_context, 0);
}

static void queue_next(struct rcu_head *head)
{
	if (__atomic_add_fetch(&nr_called, 1, __ATOMIC_RELAXED) < 5)
		call_rcu(head, queue_next);
}

TEST(rcu, a_callback_may_queue_itself_again)
{
	nr_called = 0;
	call_rcu(&numbered[0].rcu, queue_next);
	for (u32 i = 0; i < 5; i++)
		rcu_barrier();
	EXPECT_EQ(nr_called, 5);
}

static void count_call(struct rcu_head *head __unused)
{
	__atomic_add_fetch(&nr_called, 1, __ATOMIC_RELAXED);
}

/* From an interrupt, on every CPU. */
static void queue_some(void *info __unused)
{
	for (u32 i = 0; i < 4; i++)
		call_rcu(&numbered[smp_processor_id() * 4 + i].rcu, count_call);
}

TEST(rcu, barrier_waits_for_callbacks_of_all_cpus)
{
	_Static_assert(NR_CALLBACKS >= 4 * MAX_CPUS, "four for each");

	for (u32 i = 1; i <= 5; i++) {
		nr_called = 0;
		on_each_cpu(queue_some, NULL, true);
		rcu_barrier();
		EXPECT_EQ(nr_called, 4 * num_online_cpus());
	}
}

/* --- checks --- */

#define EXPECT_FINDING(finding, code)               \
	do {                                        \
		lockdep_expect();                   \
		code;                               \
		EXPECT_EQ(lockdep_take(), finding); \
	} while (0)

TEST(rcu, sleeping_in_a_read_section_is_reported)
{
	if (!CONFIG_DEBUG)
		SKIP("no checks in this build");
	rcu_read_lock();
	EXPECT_FINDING(LOCKDEP_ATOMIC, might_sleep());
	EXPECT_FINDING(LOCKDEP_EXIT_HELD, lockdep_thread_exit());
	rcu_read_unlock();
	EXPECT_FINDING(LOCKDEP_NONE, might_sleep());
}

TEST(rcu, sections_and_pointers_are_checked)
{
	static int object;
	int *pointer = NULL;

	if (!CONFIG_DEBUG)
		SKIP("no checks in this build");
	rcu_assign_pointer(pointer, &object);
	EXPECT_FALSE(rcu_read_lock_held());
	EXPECT_FINDING(LOCKDEP_RCU, (void)rcu_dereference(pointer));
	rcu_read_lock();
	rcu_read_lock();
	rcu_read_unlock();
	EXPECT_TRUE(rcu_read_lock_held());
	EXPECT_FINDING(LOCKDEP_NONE,
		       EXPECT_TRUE(rcu_dereference(pointer) == &object));
	rcu_read_unlock();
	preempt_disable();
	EXPECT_FINDING(LOCKDEP_NOT_HELD, rcu_read_unlock());
}

TEST(rcu, reading_on_an_idle_cpu_is_reported)
{
	u64 flags;

	if (!CONFIG_DEBUG)
		SKIP("no checks in this build");
	flags = arch_irq_save();
	rcu_idle_enter();
	EXPECT_FINDING(LOCKDEP_RCU, rcu_read_lock());
	rcu_read_unlock();
	rcu_irq_enter();
	EXPECT_FINDING(LOCKDEP_NONE, rcu_read_lock());
	rcu_read_unlock();
	arch_irq_restore(flags);
}

static u64 nr_stalls(void)
{
	struct rcu_info info;

	rcu_get_info(&info);
	return info.nr_stalls;
}

TEST(rcu, who_holds_it_up_is_named)
{
	u32 cpu = next_online_cpu(1);
	struct thread *reader, *waiter;
	u64 before = nr_stalls();

	if (cpu == MAX_CPUS)
		SKIP("one CPU");
	reader_state = OUT;
	reader = run_on(cpu, read_until_told, NULL);
	ASSERT_TRUE(reader && spin_until(READ_ONCE(reader_state) == READING));
	test_note(t, "a report of CPU %u is expected:", cpu);
	rcu_set_stall_limit(40);
	waiter = run_on(0, wait_for_gp, NULL);
	ASSERT_TRUE(waiter);
	EXPECT_TRUE(spin_until(nr_stalls() > before));
	rcu_set_stall_limit(0);
	WRITE_ONCE(reader_state, LEAVE);
	kthread_join(reader);
	kthread_join(waiter);
	EXPECT_EQ(nr_stalls(), before + 1);
}
