// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_smp.c - per-CPU data, calls between CPUs, wake-ups, drains
 *
 * On one CPU (and on the host) the calls go to oneself or to nobody, and the
 * cases that need another CPU are skipped.
 */
#include <kernel/errno.h>
#include <kernel/smp.h>
#include <arch/cpu.h>
#include <arch/irq.h>
#include <arch/smp.h>
#include <mm/gfp.h>
#include <mm/page_alloc.h>

#include "zone_fixture.h"

#define PATIENCE_NS (100UL * 1000000000)

static DEFINE_PER_CPU(u64, own_word);

/* Spin until the condition holds; false when it never does. */
#define WAIT_FOR(cond)                                                         \
	({                                                                     \
		u64 _end = arch_time_ns() + PATIENCE_NS;                       \
		while (!(cond) && arch_time_ns() < _end)                       \
			cpu_relax();                                           \
		(cond);                                                        \
	})

#define NEEDS_TWO_CPUS()                                                       \
	do {                                                                   \
		if (num_online_cpus() < 2)                                     \
			SKIP("one CPU");                                       \
	} while (0)

static u32 last_cpu(void)
{
	u32 last = 0, cpu;

	for_each_online_cpu(cpu)
		last = cpu;
	return last;
}

static void count(void *info)
{
	__atomic_add_fetch((u64 *)info, 1, __ATOMIC_RELAXED);
}

struct answer {
	u32 cpu;
	u64 word;
	s32 nid;
	bool irqs_off;
};

static void answer_call(void *info)
{
	struct answer *a = info;

	a->cpu = smp_processor_id();
	a->word = this_cpu_read(own_word);
	a->nid = this_cpu_read(cpu_nid);
	a->irqs_off = arch_irqs_disabled();
}

TEST(smp, every_cpu_answers_with_its_own_number_and_variable)
{
	u32 cpu;

	for_each_online_cpu(cpu)
		*per_cpu_ptr(&own_word, cpu) = 1000 + cpu;
	for_each_online_cpu(cpu) {
		struct answer a = { .cpu = MAX_CPUS };

		ASSERT_EQ(smp_call_function_single(cpu, answer_call, &a, true),
			  0);
		EXPECT_EQ(a.cpu, cpu);
		EXPECT_EQ(a.word, 1000 + cpu);
		EXPECT_EQ(a.nid, *per_cpu_ptr(&cpu_nid, cpu));
		EXPECT_TRUE(a.irqs_off);
	}
}

TEST(smp, per_cpu_areas_are_apart_and_near)
{
	u32 cpu;

	for_each_online_cpu(cpu) {
		u64 *word = per_cpu_ptr(&own_word, cpu);
		struct page *page;

		if (!cpu) /* the template, in the image */
			continue;
		EXPECT_NE(word, &own_word);
		page = pfn_to_page(virt_to_phys_direct(word) >> PAGE_SHIFT);
		if (kernel_mm()->nodes[*per_cpu_ptr(&cpu_nid, cpu)]
			    .node_present_pages)
			EXPECT_EQ(page_zone(page)->nid,
				  *per_cpu_ptr(&cpu_nid, cpu));
	}
}

static void nothing(void *info __unused)
{
}

TEST(smp, a_cpu_that_is_not_there_is_refused)
{
	EXPECT_EQ(smp_call_function_single(MAX_CPUS, nothing, NULL, true),
		  -ENXIO);
	EXPECT_EQ(smp_run_idle(0, nothing, NULL), -ENXIO);
	if (!cpu_online(MAX_CPUS - 1))
		EXPECT_EQ(smp_call_function_single(MAX_CPUS - 1, nothing, NULL,
						   true),
			  -ENXIO);
}

TEST(smp, call_many_reaches_all_but_oneself)
{
	u64 calls = 0;

	for (u32 i = 0; i < 100; i++)
		smp_call_function_many(~0UL, count, &calls, true);
	EXPECT_EQ(calls, 100 * (num_online_cpus() - 1));
	for (u32 i = 0; i < 100; i++)
		on_each_cpu(count, &calls, true);
	EXPECT_EQ(calls, 100 * (2 * num_online_cpus() - 1));
}

TEST(smp, nobody_waits_for_an_unawaited_call)
{
	u64 calls = 0;

	for (u32 i = 0; i < 100; i++)
		on_each_cpu(count, &calls, false);
	EXPECT_TRUE(WAIT_FOR(READ_ONCE(calls) == 100 * num_online_cpus()));
}

static u64 arrived[64];
static u32 nr_arrived;

static void arrive(void *info)
{
	arrived[nr_arrived % ARRAY_SIZE(arrived)] = (u64)info;
	__atomic_add_fetch(&nr_arrived, 1, __ATOMIC_RELEASE);
}

TEST(smp, calls_to_one_cpu_run_in_order)
{
	u32 last = last_cpu();

	nr_arrived = 0;
	for (u64 i = 0; i < ARRAY_SIZE(arrived); i++)
		smp_call_function_single(last, arrive, (void *)i, false);
	ASSERT_TRUE(WAIT_FOR(__atomic_load_n(&nr_arrived, __ATOMIC_ACQUIRE) ==
			     ARRAY_SIZE(arrived)));
	for (u64 i = 0; i < ARRAY_SIZE(arrived); i++)
		EXPECT_EQ(arrived[i], i);
}

/* --- two CPUs at once --- */

#define NR_CROSS_CALLS 500

static u64 cross_calls[2], back_calls;

/* Runs on `other`: its answer is a call that nobody awaits. */
static void call_back(void *info)
{
	u64 *calls = info;

	count(calls);
	smp_call_function_single(calls == &cross_calls[0] ? 0 : 1, count,
				 &back_calls, false);
}

static void call_zero(void *info __unused)
{
	for (u32 i = 0; i < NR_CROSS_CALLS; i++)
		smp_call_function_single(0, call_back, &cross_calls[1], true);
}

/* CPU 0 waits for CPU 1, which waits for CPU 0: both serve meanwhile. */
TEST(smp, two_cpus_call_each_other)
{
	NEEDS_TWO_CPUS();
	cross_calls[0] = cross_calls[1] = back_calls = 0;
	ASSERT_EQ(smp_run_idle(1, call_zero, NULL), 0);
	for (u32 i = 0; i < NR_CROSS_CALLS; i++)
		smp_call_function_single(1, call_back, &cross_calls[0], true);
	EXPECT_TRUE(WAIT_FOR(cpu_is_idle(1)));
	EXPECT_EQ(READ_ONCE(cross_calls[0]), NR_CROSS_CALLS);
	EXPECT_EQ(READ_ONCE(cross_calls[1]), NR_CROSS_CALLS);
	EXPECT_TRUE(WAIT_FOR(READ_ONCE(back_calls) == 2 * NR_CROSS_CALLS));
}

static void run_here(void *info)
{
	u64 *seen = info;

	seen[smp_processor_id()] = arch_irqs_disabled() ? 2 : 1;
}

TEST(smp, an_idle_cpu_runs_what_it_is_given)
{
	static u64 seen[MAX_CPUS];
	u32 cpu;

	memset(seen, 0, sizeof(seen));
	for_each_online_cpu(cpu)
		if (cpu)
			EXPECT_EQ(smp_run_idle(cpu, run_here, seen), 0);
	for_each_online_cpu(cpu) {
		EXPECT_TRUE(WAIT_FOR(cpu_is_idle(cpu)));
		EXPECT_EQ(READ_ONCE(seen[cpu]), cpu ? 1 : 0);
	}
}

TEST(smp, reschedule_interrupts_arrive)
{
	u32 cpu;

	for_each_online_cpu(cpu) {
		u64 before = arch_nr_reschedules(cpu);

		if (cpu == smp_processor_id())
			continue;
		smp_send_reschedule(cpu);
		EXPECT_TRUE(WAIT_FOR(arch_nr_reschedules(cpu) > before));
	}
}

TEST(smp, every_cpu_ticks)
{
	u32 cpu;

	NEEDS_TWO_CPUS();
	for_each_online_cpu(cpu) {
		u64 before = cpu_timer_ticks(cpu);

		EXPECT_TRUE(WAIT_FOR(cpu_timer_ticks(cpu) > before));
	}
}

static bool let_go;

static void hold_on(void *info)
{
	WRITE_ONCE(*(bool *)info, true);
	while (!READ_ONCE(let_go))
		cpu_relax();
}

/* Interrupts are off there: only an NMI gets through. */
TEST(smp, a_spinning_cpu_tells_where_it_is)
{
	bool held = false;
	u64 trace[8];

	NEEDS_TWO_CPUS();
	let_go = false;
	smp_call_function_single(1, hold_on, &held, false);
	ASSERT_TRUE(WAIT_FOR(READ_ONCE(held)));
	EXPECT_GT(arch_cpu_backtrace(1, trace, ARRAY_SIZE(trace)), 2);
	EXPECT_TRUE(trace[0] >= (u64)hold_on && trace[0] < (u64)hold_on + 256);
	WRITE_ONCE(let_go, true);
	EXPECT_EQ(smp_call_function_single(1, nothing, NULL, true), 0);
}

/* --- draining --- */

#define GFP_TEST (GFP_KERNEL | __GFP_NOWARN | __GFP_MOVABLE)

/* Leaves frames on the stacks of the CPU that runs it. */
static void fill_stacks(void *info)
{
	struct zone *zone = info;

	for (u32 order = 0; order <= PCP_ORDER_MAX; order++) {
		struct page *page =
			alloc_pages_zone(zone, GFP_TEST, order, 0);

		if (page)
			free_pages(page, order);
	}
}

static u32 stacked_on(const struct zone *zone, u32 cpu)
{
	u32 nr = 0;

	for (u32 i = 0; i < NR_PCP_ORDERS; i++)
		nr += zone->pcp[cpu]->stack[i][MIGRATE_MOVABLE].count;
	return nr;
}

TEST(smp, drain_all_pages_empties_every_cpu_s_stacks)
{
	WITH_ZONE(8, 0, 0);
	u32 cpu;

	on_each_cpu(fill_stacks, zone, true);
	for_each_online_cpu(cpu)
		EXPECT_GT(stacked_on(zone, cpu), 0);
	zone_is_sound(t, zone);
	drain_all_pages(kernel_mm(), zone);
	for_each_online_cpu(cpu)
		EXPECT_EQ(stacked_on(zone, cpu), 0);
	EXPECT_EQ(zone->nr_free_pages, zone->managed_pages);
	zone_done(t, zone);
}

/* Nobody can be waited for with interrupts off. */
TEST(smp, with_interrupts_off_only_this_cpu_is_drained)
{
	WITH_ZONE(8, 0, 0);
	u32 cpu;
	u64 flags;

	on_each_cpu(fill_stacks, zone, true);
	flags = arch_irq_save();
	drain_all_pages(kernel_mm(), zone);
	arch_irq_restore(flags);
	for_each_online_cpu(cpu)
		EXPECT_EQ(stacked_on(zone, cpu) != 0, cpu != 0);
	zone_done(t, zone);
}

static struct page *given[2];

static void free_given(void *info __unused)
{
	free_pages(given[0], 0);
	free_pages(given[1], 0);
}

/* Two frames of two blocks on another CPU's stack: one block is drained. */
TEST(smp, drain_pageblock_reaches_other_cpus)
{
	WITH_ZONE(2, 0, 0);
	static struct page *pages[pageblock_nr_pages + 1];
	u32 last = last_cpu();
	struct pcp_stack *st = &zone->pcp[last]->stack[0][MIGRATE_MOVABLE];

	for (u32 i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = alloc_pages_zone(zone, GFP_TEST, 0, 0);
	drain_local_pages(zone);
	given[0] = pages[0];
	given[1] = pages[pageblock_nr_pages];
	smp_call_function_single(last, free_given, NULL, true);
	EXPECT_EQ(st->count, 2);
	drain_pageblock(zone, pfn_pageblock(zone, page_to_pfn(given[0])));
	EXPECT_EQ(st->count, 1);
	EXPECT_TRUE(st->entries[0] == given[1]);
	zone_is_sound(t, zone);
	for (u32 i = 1; i < pageblock_nr_pages; i++)
		free_pages(pages[i], 0);
	zone_done(t, zone);
}
