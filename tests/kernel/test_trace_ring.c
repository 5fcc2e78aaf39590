// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_trace_ring.c - records of a CPU: order, wrapping, counts,
 * writers on all CPUs and in interrupts with a reader beside them
 */
#include <kernel/rcu.h>
#include <kernel/smp.h>
#include <kernel/spinlock.h>
#include <mm/slab.h>

#include "thread_fixture.h"
#include "trace_fixture.h"

/* This CPU stays this one, and has a ring of nr places. */
static struct trace_ring *use_ring(u64 nr)
{
	void *memory = kmalloc(trace_ring_size(nr), GFP_KERNEL);

	stay_on_this_cpu();
	if (memory)
		trace_ring_set(smp_processor_id(), trace_ring_init(memory, nr));
	return memory;
}

static void drop_ring(struct trace_ring *ring)
{
	trace_ring_set(smp_processor_id(), NULL);
	synchronize_rcu();
	kfree(ring);
	go_where_it_may();
}

#define RING_BEGIN(nr)                              \
	struct trace_ring *_ring;                   \
	u32 cpu __unused;                           \
	u64 first __unused, end __unused;           \
	struct trace_record r __unused;             \
	if (trace_has_buffers())                    \
		SKIP("this boot traces something"); \
	_ring = use_ring(nr);                       \
	ASSERT_TRUE(_ring != NULL);                 \
	cpu = smp_processor_id()
#define RING_END() drop_ring(_ring)

static void write_numbers(u64 from, u64 nr)
{
	for (u64 i = from; i < from + nr; i++)
		trace_write(3, (u64[]){ i, i * i }, 2);
}

TEST(trace_ring, keeps_what_was_written_in_order)
{
	RING_BEGIN(8);
	u64 last = arch_time_ns();

	write_numbers(0, 5);
	EXPECT_TRUE(trace_bounds(cpu, &first, &end));
	EXPECT_EQ(first, 0);
	EXPECT_EQ(end, 5);
	for (u64 i = 0; i < 5; i++) {
		EXPECT_TRUE(trace_read(cpu, i, &r));
		EXPECT_EQ(r.values[0], i);
		EXPECT_EQ(r.values[1], i * i);
		EXPECT_EQ(r.nr, 2);
		EXPECT_EQ(r.point, 3);
		EXPECT_EQ(r.cpu, cpu);
		EXPECT_EQ(r.pid, current->id);
		EXPECT_EQ(strncmp(r.comm, current->name, TRACE_COMM_LEN - 1), 0);
		EXPECT_GE(r.time_ns, last);
		last = r.time_ns;
	}
	EXPECT_LE(last, arch_time_ns());
	EXPECT_FALSE(trace_read(cpu, 5, &r));
	EXPECT_EQ(trace_overrun(cpu), 0);
	RING_END();
}

/* 8 places, 11 records: 0, 1 and 2 are gone. */
TEST(trace_ring, keeps_the_newest_and_counts_the_others)
{
	RING_BEGIN(8);

	write_numbers(0, 11);
	EXPECT_TRUE(trace_bounds(cpu, &first, &end));
	EXPECT_EQ(first, 3);
	EXPECT_EQ(end, 11);
	EXPECT_EQ(trace_overrun(cpu), 3);
	EXPECT_FALSE(trace_read(cpu, 2, &r));
	for (u64 i = first; i < end; i++)
		EXPECT_TRUE(trace_read(cpu, i, &r) && r.values[0] == i);
	RING_END();
}

TEST(trace_ring, what_is_taken_is_gone_and_not_lost)
{
	RING_BEGIN(8);

	write_numbers(0, 4);
	EXPECT_TRUE(trace_waiting());
	for (u64 i = 0; i < 4; i++)
		EXPECT_EQ(trace_take(cpu, i), 0);
	EXPECT_FALSE(trace_waiting());
	EXPECT_FALSE(trace_bounds(cpu, &first, &end));
	EXPECT_EQ(trace_taken(cpu), 4);
	/* Places of taken records are free: nothing is lost by this. */
	write_numbers(4, 8);
	EXPECT_EQ(trace_overrun(cpu), 0);
	write_numbers(12, 2);
	EXPECT_EQ(trace_overrun(cpu), 2);
	EXPECT_EQ(trace_take(cpu, 6), 2); /* 4 and 5 */
	EXPECT_EQ(trace_overrun(cpu), 2);
	trace_clear(cpu);
	EXPECT_FALSE(trace_bounds(cpu, &first, &end));
	EXPECT_EQ(trace_overrun(cpu), 0);
	EXPECT_EQ(trace_taken(cpu), 0);
	RING_END();
}

TEST(trace_ring, one_place_is_enough)
{
	RING_BEGIN(1);

	write_numbers(0, 3);
	EXPECT_TRUE(trace_bounds(cpu, &first, &end));
	EXPECT_EQ(first, 2);
	EXPECT_EQ(end, 3);
	EXPECT_TRUE(trace_read(cpu, 2, &r) && r.values[0] == 2);
	RING_END();
}

TEST(trace_ring, switched_off_or_without_a_ring_nothing_is_kept)
{
	RING_BEGIN(8);

	trace_on = false;
	write_numbers(0, 3);
	trace_on = true;
	EXPECT_EQ(trace_nr_here(), 0);
	write_numbers(0, 3);
	EXPECT_EQ(trace_nr_here(), 3);
	RING_END();
	write_numbers(0, 3);
	EXPECT_FALSE(trace_waiting());
}

static DEFINE_LOCK_CLASS(inner_class, "test trace", true);

TEST(trace_ring, says_how_the_cpu_was)
{
	RING_BEGIN(8);
	struct spinlock lock = SPINLOCK_INIT(inner_class);
	u32 depth = preempt_count();
	u64 flags;

	write_numbers(0, 1);
	flags = spin_lock_irqsave(&lock);
	write_numbers(1, 1);
	spin_unlock_irqrestore(&lock, flags);
	EXPECT_TRUE(trace_read(cpu, 0, &r));
	EXPECT_EQ(r.flags & (TRACE_IRQS_OFF | TRACE_HARDIRQ), 0);
	EXPECT_EQ(r.preempt_depth, depth);
	EXPECT_TRUE(trace_read(cpu, 1, &r));
	EXPECT_EQ(r.flags & (TRACE_IRQS_OFF | TRACE_HARDIRQ), TRACE_IRQS_OFF);
	EXPECT_EQ(r.preempt_depth, depth + 1);
	RING_END();
}

static void write_in_tick(void)
{
	trace_write(4, (u64[]){ 1 }, 1);
}

TEST(trace_ring, interrupts_write_too)
{
	RING_BEGIN(64);

	timer_set_hook(write_in_tick);
	EXPECT_TRUE(sleep_until(trace_nr_here()));
	timer_set_hook(NULL);
	EXPECT_TRUE(trace_read(cpu, 0, &r));
	EXPECT_EQ(r.point, 4);
	EXPECT_TRUE(r.flags & TRACE_HARDIRQ);
	EXPECT_TRUE(r.flags & TRACE_IRQS_OFF);
	RING_END();
}

/* --- all CPUs at once --- */

#define FACTOR 0x9e3779b97f4a7c15UL

static u32 stop; /* atomic */
static u64 nr_written;

static void write_pattern(u64 seed)
{
	u64 values[POINT_FIELDS_MAX];
	u32 nr = 1 + seed % POINT_FIELDS_MAX;

	for (u32 i = 0; i < nr; i++)
		values[i] = seed * FACTOR + i;
	trace_write((u32)(seed & 0xffff), values, nr);
}

/* Nothing of another record is in it. */
static bool is_whole(const struct trace_record *r)
{
	u64 seed = r->values[0] * 0xf1de83e19937733dUL; /* by FACTOR's inverse */

	if (r->nr != 1 + seed % POINT_FIELDS_MAX || r->point != (seed & 0xffff))
		return false;
	for (u32 i = 0; i < r->nr; i++)
		if (r->values[i] != r->values[0] + i)
			return false;
	return true;
}

static int write_much(void *arg)
{
	u64 seed = (u64)arg << 32;

	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		for (u32 i = 0; i < 100; i++)
			write_pattern(seed++);
		__atomic_add_fetch(&nr_written, 100, __ATOMIC_RELAXED);
		yield(); /* the host's only CPU is not taken from a thread */
	}
	return 0;
}

static void write_pattern_in_tick(void)
{
	write_pattern(timer_ticks() << 8 | smp_processor_id());
}

static void read_all(struct test *t, u64 *nr_read)
{
	struct trace_record r;
	u64 first, end;
	u32 cpu;

	for_each_online_cpu(cpu) {
		trace_bounds(cpu, &first, &end);
		for (u64 i = first; i < end; i++) {
			if (!trace_read(cpu, i, &r))
				continue;
			++*nr_read;
			if (!is_whole(&r))
				test_fail(t, __FILE__, __LINE__,
					  "CPU %u: record %lu is torn", cpu, i);
		}
	}
}

static bool enough_seen(u64 nr_read)
{
	return nr_read > 10 &&
	       __atomic_load_n(&nr_written, __ATOMIC_RELAXED) > 100;
}

TEST(trace_ring, no_record_is_torn_between_cpus)
{
	static struct thread *writers[MAX_CPUS];
	u64 end, late, nr_read = 0;
	u32 cpu;

	TRACE_BEGIN(1);
	EXPECT_EQ(FACTOR * 0xf1de83e19937733dUL, 1);
	EXPECT_EQ(trace_alloc_buffers(), 0);
	stop = 0;
	nr_written = 0;
	timer_set_hook(write_pattern_in_tick);
	for_each_online_cpu(cpu)
		writers[cpu] = kthread_create(write_much, (void *)(u64)cpu,
					      "trace writer");
	for_each_online_cpu(cpu) {
		set_cpus_allowed(writers[cpu], 1UL << cpu);
		wake_up_thread(writers[cpu]);
	}
	end = arch_time_ns() + 100 * MS_IN_NS * test_scale();
	late = end + PATIENCE_MS * MS_IN_NS; /* others have the CPUs */
	while (arch_time_ns() < end ||
	       (!enough_seen(nr_read) && arch_time_ns() < late)) {
		read_all(t, &nr_read);
		yield();
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	for_each_online_cpu(cpu)
		kthread_join(writers[cpu]);
	timer_set_hook(NULL);
	EXPECT_TRUE(enough_seen(nr_read));
	TRACE_END();
}
