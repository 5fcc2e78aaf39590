// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_slab_torture.c - every CPU uses caches at once
 *
 *	CPU 0   alloc  stamp  check  free      shrinks, checks, makes caches
 *	CPU 1   alloc  stamp ---- mailbox 1->3 ----+
 *	CPU 2   ...                                |
 *	CPU 3   check  free  <---------------------+
 *	each    timer interrupt: kmalloc one, check and free the one before
 *
 * The stamp fills an object: its size, who took it, a serial number. One that
 * two got at once, or that overlaps another, shows when it is freed.
 */
#include <kernel/main.h>
#include <kernel/random.h>
#include <kernel/smp.h>
#include <kernel/test.h>
#include <arch/cpu.h>
#include <arch/irq.h>
#include <mm/page_alloc.h>
#include <mm/slab_cache.h>

#define NR_OPS	    20000 /* a CPU, in the kernel */
#define NR_HELD	    64
#define NR_CACHES   3
#define PATIENCE_NS (1000UL * 1000000000)

struct worker {
	struct rng rng;
	u64 serial;
	u64 *held[NR_HELD];
	u64 *from_irq;
	u64 nr_allocs, nr_sent, nr_received, nr_irq;
};

static struct {
	struct kmem_cache *cache[NR_CACHES];
	u32 nr_ops;
	struct worker worker[MAX_CPUS];
	u64 *box[MAX_CPUS][MAX_CPUS];
	u64 nr_wrong;
} torture;

/* --- stamps: word 0 says how many words there are --- */

static void stamp(u64 *object, u32 size, u64 serial)
{
	u64 value = serial << 16 | size / sizeof(u64);

	for (u32 i = 0; i < size / sizeof(u64); i++)
		object[i] = value;
}

/* Back to where it came from: which cache, its page knows. */
static void check_and_free(u64 *object)
{
	u64 value = object[0], words = value & 0xffff;

	for (u64 i = 1; i < words; i++)
		if (object[i] != value)
			__atomic_add_fetch(&torture.nr_wrong, 1,
					   __ATOMIC_RELAXED);
	object[0] = 0;
	kfree(object);
}

/* --- what a worker does --- */

static u64 *take(struct worker *w)
{
	u32 which = rng_below(&w->rng, NR_CACHES + 1), size;
	u64 *object;

	if (which < NR_CACHES) {
		size = kmem_cache_size(torture.cache[which]);
		object = kmem_cache_alloc(torture.cache[which],
					  GFP_KERNEL | __GFP_NOWARN);
	} else {
		size = 8u << rng_below(&w->rng, 12);
		object = __kmalloc(size, GFP_KERNEL | __GFP_NOWARN);
	}
	if (!object)
		return NULL;
	w->nr_allocs++;
	stamp(object, size, (u64)smp_processor_id() << 40 | ++w->serial);
	return object;
}

static void do_send(struct worker *w, u64 **held)
{
	u32 to = rng_below(&w->rng, num_online_cpus());
	u64 *empty = NULL;

	if (!cpu_online(to))
		to = 0;
	if (!__atomic_compare_exchange_n(&torture.box[smp_processor_id()][to],
					 &empty, *held, false, __ATOMIC_RELEASE,
					 __ATOMIC_RELAXED))
		return;
	*held = NULL;
	w->nr_sent++;
}

static u32 empty_box(u64 **box)
{
	u64 *object = __atomic_exchange_n(box, NULL, __ATOMIC_ACQUIRE);

	if (!object)
		return 0;
	check_and_free(object);
	return 1;
}

static void do_receive(struct worker *w)
{
	u32 me = smp_processor_id(), from;

	for_each_online_cpu(from)
		w->nr_received += empty_box(&torture.box[from][me]);
}

static void do_something(struct worker *w)
{
	u64 **held = &w->held[rng_below(&w->rng, NR_HELD)];
	u32 dice = rng_below(&w->rng, 16);

	if (dice == 0) {
		do_receive(w);
	} else if (!*held) {
		*held = take(w);
	} else if (dice < 6) {
		do_send(w, held);
	} else {
		check_and_free(*held);
		*held = NULL;
	}
}

static void let_go(struct worker *w)
{
	for (u32 i = 0; i < NR_HELD; i++) {
		if (w->held[i])
			check_and_free(w->held[i]);
		w->held[i] = NULL;
	}
}

static void work(void *info __unused)
{
	struct worker *w = &torture.worker[smp_processor_id()];

	for (u32 i = 0; i < torture.nr_ops; i++) {
		do_something(w);
		cpu_relax();
	}
	let_go(w);
}

/* --- from interrupts --- */

static void free_from_irq(void *info __unused)
{
	struct worker *w = &torture.worker[smp_processor_id()];

	if (w->from_irq)
		check_and_free(w->from_irq);
	w->from_irq = NULL;
}

static void on_tick(void)
{
	struct worker *w = &torture.worker[smp_processor_id()];

	free_from_irq(NULL);
	w->from_irq = kmalloc(64, GFP_ATOMIC | __GFP_NOWARN);
	if (w->from_irq)
		stamp(w->from_irq, 64, ++w->nr_irq);
}

/* --- CPU 0 --- */

/* A cache that comes and goes while the others work. */
static bool use_passing_cache(void)
{
	struct kmem_cache *s = kmem_cache_create("test_passing", 120, 0,
						 SLAB_NO_MERGE, NULL);
	void *objects[20];

	if (!s)
		return false;
	if (kmem_cache_alloc_bulk(s, GFP_KERNEL, 20, objects))
		kmem_cache_free_bulk(s, 20, objects);
	kmem_cache_destroy(s);
	return true;
}

static bool all_idle(void)
{
	u32 cpu;

	for_each_online_cpu(cpu)
		if (!cpu_is_idle(cpu))
			return false;
	return true;
}

static void meddle(struct test *t)
{
	slab_shrink_all(kernel_mm());
	kmem_cache_shrink(torture.cache[0]);
	EXPECT_TRUE(use_passing_cache());
	EXPECT_EQ(slab_check(kernel_mm()), 0);
}

static bool run_all(struct test *t)
{
	u64 end = arch_time_ns() + PATIENCE_NS;
	u32 cpu;

	timer_set_hook(on_tick);
	for_each_online_cpu(cpu)
		smp_run_idle(cpu, work, NULL);
	for (u32 i = 0; i < torture.nr_ops; i++) {
		do_something(&torture.worker[0]);
		if (i % 500 == 0)
			meddle(t);
	}
	while (!all_idle() && arch_time_ns() < end)
		meddle(t);
	timer_set_hook(NULL);
	let_go(&torture.worker[0]);
	on_each_cpu(free_from_irq, NULL, true);
	for (u32 i = 0; i < MAX_CPUS * MAX_CPUS; i++)
		empty_box(&torture.box[0][0] + i);
	return all_idle();
}

static u64 in_use(void)
{
	struct slab_info info;
	u64 used = 0;

	slab_shrink_all(kernel_mm());
	for (u32 nth = 0; slab_get_info(kernel_mm(), nth, &info); nth++)
		used += info.nr_objects - info.nr_free;
	return used;
}

static void report(struct test *t)
{
	struct worker sum = { .serial = 0 };
	u32 cpu;

	for_each_online_cpu(cpu) {
		const struct worker *w = &torture.worker[cpu];

		sum.nr_allocs += w->nr_allocs;
		sum.nr_received += w->nr_received;
		sum.nr_irq += w->nr_irq;
	}
	test_note(t, "%u CPUs: %lu allocations, %lu freed elsewhere, %lu in interrupts",
		  num_online_cpus(), sum.nr_allocs, sum.nr_received,
		  sum.nr_irq);
}

/*
 * The first run makes each CPU's stacks, which are objects and stay; a second
 * one has as many objects in use at its end as at its beginning.
 */
TEST(slab_torture, all_cpus_allocate_send_and_free)
{
	static const u32 sizes[NR_CACHES] = { 48, 344, 1400 };
	u64 before = 0;

	memset(&torture, 0, sizeof(torture));
	torture.nr_ops = NR_OPS * test_scale();
	for (u32 i = 0; i < NR_CACHES; i++) {
		torture.cache[i] = kmem_cache_create(
			"test_torture", sizes[i], 0, SLAB_NO_MERGE, NULL);
		ASSERT_TRUE(torture.cache[i] != NULL);
	}
	for (u32 run = 0; run < 2; run++) {
		before = in_use();
		for (u32 cpu = 0; cpu < MAX_CPUS; cpu++)
			torture.worker[cpu].rng.state = 99 + cpu + run;
		ASSERT_TRUE(run_all(t));
		EXPECT_EQ(torture.nr_wrong, 0);
	}
	report(t);
	EXPECT_EQ(in_use(), before);
	for (u32 i = 0; i < NR_CACHES; i++)
		kmem_cache_destroy(torture.cache[i]);
	EXPECT_EQ(slab_check(kernel_mm()), 0);
}
