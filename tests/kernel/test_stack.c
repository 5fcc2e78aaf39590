// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_stack.c - stacks of threads: guarded, given back, kept
 *
 *	|  ...  | stack (4 pages) | guard |
 *	   ^ nothing is mapped here
 *
 * The host's threads have the C library's stacks.
 */
#include <kernel/point.h>
#include <kernel/smp.h>
#include <mm/memmap.h>
#include <mm/page_alloc.h>
#include <mm/vmalloc.h>
#include <arch/extable.h>

#include "free_frames.h"
#include "thread_fixture.h"

#define STACK_PAGES (THREAD_STACK_SIZE / PAGE_SIZE)

static vaddr_t seen_stack;
static u32 seen_nid;

static int show_stack(void *arg __unused)
{
	seen_stack = current->stack;
	seen_nid = (u32)page_zone(vmalloc_to_page((void *)seen_stack))->nid;
	return 0;
}

static bool stacks_are_vmalloc(void)
{
	vaddr_t stack = thread_stack_alloc();
	bool are = is_vmalloc_addr((void *)stack);

	thread_stack_free(stack);
	return are;
}

static bool is_mapped(vaddr_t addr)
{
	u64 value;

	return arch_probe_u64((void *)addr, &value);
}

TEST(stack, has_unmapped_pages_on_both_sides)
{
	struct thread *thread;
	vaddr_t stack;

	if (!stacks_are_vmalloc())
		SKIP("the C library's stacks");
	thread = kthread_create(show_stack, NULL, "show");
	ASSERT_TRUE(thread);
	stack = thread->stack;
	for (u64 at = 0; at < THREAD_STACK_SIZE; at += PAGE_SIZE)
		EXPECT_TRUE(is_mapped(stack + at));
	EXPECT_FALSE(is_mapped(stack - 8));
	EXPECT_FALSE(is_mapped(stack - PAGE_SIZE));
	EXPECT_FALSE(is_mapped(stack + THREAD_STACK_SIZE));
	wake_up_thread(thread);
	kthread_join(thread);
	EXPECT_EQ(seen_stack, stack);
}

/* This CPU keeps two; the third one is unmapped at once. */
TEST(stack, two_are_kept_for_the_next_threads)
{
	vaddr_t stacks[8];
	u64 flags;
	u32 kept = 0;

	if (!stacks_are_vmalloc())
		SKIP("the C library's stacks");
	for (u32 i = 0; i < ARRAY_SIZE(stacks); i++) {
		stacks[i] = thread_stack_alloc();
		ASSERT_TRUE(stacks[i]);
	}
	flags = arch_irq_save(); /* the last switch frees so */
	for (u32 i = 0; i < ARRAY_SIZE(stacks); i++)
		thread_stack_free(stacks[i]);
	for (u32 i = 0; i < ARRAY_SIZE(stacks); i++)
		kept += is_mapped(stacks[i]);
	arch_irq_restore(flags);
	EXPECT_EQ(kept, 2);
	EXPECT_EQ(thread_stack_alloc(), stacks[1]);
	EXPECT_EQ(thread_stack_alloc(), stacks[0]);
	thread_stack_free(stacks[0]);
	thread_stack_free(stacks[1]);
}

TEST(stack, lies_on_the_node_of_the_cpu)
{
	struct thread *thread;

	if (!stacks_are_vmalloc())
		SKIP("the C library's stacks");
	thread = kthread_run(show_stack, NULL, "show");
	ASSERT_TRUE(thread);
	kthread_join(thread);
	EXPECT_EQ(seen_nid, this_cpu_read(cpu_nid));
}

/*
 * Records of kept stacks may lie in one slab or in several, so slabs count as
 * free. A record that leaks shows in the number of areas.
 */
static u64 frames_now(void)
{
	struct mm_state *mm = kernel_mm();

	return free_frames_after_purge() + slab_nr_pages(mm, NUMA_NO_NODE, true) +
	       slab_nr_pages(mm, NUMA_NO_NODE, false);
}

/* --- each failure in turn --- */

static bool create_and_join(void)
{
	struct thread *thread = kthread_run(show_stack, NULL, "show");

	return thread && !kthread_join(thread);
}

/* So that the next stack has to be made. */
static void forget_kept(void)
{
	for (u32 i = 0; i < 2; i++)
		vfree((void *)thread_stack_alloc());
}

/*
 * The 1st, 2nd, ... pass of the point fails, until it is passed less often. A
 * failure may go unnoticed: vmalloc tries again after a purge.
 */
static u32 fail_each(struct test *t, const char *name)
{
	u64 before = frames_now(), hits;
	bool created;
	u32 nth = 0;

	do {
		forget_kept();
		hits = point_find(name)->hits;
		point_fail_nth(name, ++nth);
		created = create_and_join();
		hits = point_find(name)->hits - hits;
		point_disable(name);
		EXPECT_TRUE(spin_until(frames_now() == before));
	} while (hits >= nth && nth < 100);
	EXPECT_TRUE(created);
	EXPECT_EQ(vmalloc_check(kernel_mm()), 0);
	return nth - 1;
}

/* A record, an area, four frames. */
TEST(stack, creating_a_thread_survives_each_failure)
{
	if (!stacks_are_vmalloc())
		SKIP("the C library's stacks");
	forget_kept();
	EXPECT_TRUE(create_and_join()); /* its tables are there now */
	EXPECT_GE(fail_each(t, "fail_vmalloc"), STACK_PAGES);
	EXPECT_GE(fail_each(t, "fail_page_alloc"), STACK_PAGES);
	EXPECT_GE(fail_each(t, "kmem_cache_alloc"), 1);
}

/* --- nothing is left --- */

#define NR_THREADS 10000
#define BATCH	   20

static u64 nr_run;

static int run_once(void *arg __unused)
{
	__atomic_add_fetch(&nr_run, 1, __ATOMIC_RELAXED);
	return 0;
}

/* A joined thread may still be on its way off its CPU. */
static void expect_all_back(struct test *t, u64 before, u64 areas)
{
	(void)spin_until(frames_now() == before);
	EXPECT_EQ(frames_now(), before);
	EXPECT_EQ(kernel_mm()->vmalloc.nr_areas, areas + thread_stacks_cached());
	EXPECT_EQ(vmalloc_check(kernel_mm()), 0);
}

static bool run_batch(void)
{
	struct thread *batch[BATCH];
	u32 nr = 0;

	while (nr < BATCH) {
		batch[nr] = kthread_run(run_once, NULL, "one");
		if (!batch[nr])
			break;
		nr++;
	}
	for (u32 i = 0; i < nr; i++)
		kthread_join(batch[i]);
	return nr == BATCH;
}

/* Each CPU has made what it makes once: its stacks of slab objects. */
static void use_all_once(void *info __unused)
{
	for (u32 i = 0; i < 2; i++) {
		run_batch();
		vfree(vmalloc(1));
		vmalloc_purge();
	}
}

static void wait_for_all(void)
{
	u32 cpu;

	for_each_online_cpu(cpu)
		while (!cpu_is_idle(cpu))
			msleep(1);
}

static u64 begin(u64 *areas)
{
	u64 frames;
	u32 cpu;

	/* One after the other: a purge empties others' queues, too. */
	wait_for_all();
	for_each_online_cpu(cpu) {
		smp_run_idle(cpu, use_all_once, NULL);
		wait_for_all();
	}
	use_all_once(NULL);
	frames = frames_now();
	*areas = kernel_mm()->vmalloc.nr_areas - thread_stacks_cached();
	nr_run = 0;
	return frames;
}

TEST(stack, ten_thousand_threads_leave_nothing)
{
	u64 areas, before = begin(&areas);

	for (u32 i = 0; i < NR_THREADS / BATCH; i++)
		ASSERT_TRUE(run_batch());
	EXPECT_EQ(nr_run, NR_THREADS);
	expect_all_back(t, before, areas);
}

static void run_batches(void *info __unused)
{
	for (u32 i = 0; i < 25; i++)
		run_batch();
}

/* Stacks made on one CPU end on another, while this one purges. */
TEST(stack, all_cpus_create_and_end_threads)
{
	u64 areas, before;
	u32 cpu, busy;

	if (num_online_cpus() == 1)
		SKIP("one CPU");
	before = begin(&areas);
	for_each_online_cpu(cpu)
		smp_run_idle(cpu, run_batches, NULL);
	do {
		vmalloc_purge();
		run_batch();
		busy = 0;
		for_each_online_cpu(cpu)
			busy += !cpu_is_idle(cpu);
	} while (busy);
	EXPECT_GE(nr_run, (num_online_cpus() - 1) * 25 * BATCH);
	expect_all_back(t, before, areas);
}
