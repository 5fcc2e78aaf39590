// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_smp_slab.c - every CPU uses kmalloc at once
 *
 * Objects of every class are stamped in their first and last word, passed to
 * other CPUs, freed there, and taken and freed in interrupts, while CPU 0
 * shrinks all caches. In the end every frame is back.
 */
#include <kernel/main.h>
#include <kernel/random.h>
#include <kernel/smp.h>
#include <kernel/test.h>
#include <arch/cpu.h>
#include <mm/mm_state.h>
#include <mm/slab.h>
#include <mm/slab_cache.h>

#include "free_frames.h"

#define NR_OPS	     10000 /* a CPU, in the kernel */
#define OPS_A_SHRINK 500   /* of CPU 0 */
#define NR_HELD	     32
#define FROM_IRQ     0x80u /* in the stamp's CPU */

struct worker {
	struct rng rng, irq_rng;
	u64 serial;
	u64 *held[NR_HELD];
	u64 *from_irq;
	u64 nr_allocs, nr_frees, nr_irq;
};

static struct {
	u32 nr_ops;
	struct worker worker[MAX_CPUS];
	u64 *box[MAX_CPUS]; /* to each CPU, from anybody */
	u64 nr_wrong;
} torture;

/* --- objects: [ stamp ... stamp ], the stamp holds the number of words --- */

static u64 *take(struct rng *rng, gfp_t gfp, u64 serial, u32 who)
{
	u32 words = 2 + rng_below(rng, rng_below(rng, 4) ? 30 : 1000);
	u64 *object = kmalloc(words * sizeof(u64), gfp | __GFP_NOWARN);

	if (object)
		object[0] = object[words - 1] =
			(u64)who << 56 | (u64)words << 40 | serial;
	return object;
}

static void give_back(u64 *object)
{
	u32 words = object[0] >> 40 & 0xffff;

	if (words < 2 || words > 1032 || object[words - 1] != object[0])
		__atomic_add_fetch(&torture.nr_wrong, 1, __ATOMIC_RELAXED);
	else
		object[words - 1] = 0;
	object[0] = 0;
	kfree(object);
}

static void work_in_irq(void *info __unused)
{
	u32 me = smp_processor_id();
	struct worker *w = &torture.worker[me];

	if (w->from_irq)
		give_back(w->from_irq);
	w->from_irq = take(&w->irq_rng, GFP_ATOMIC, ++w->nr_irq, me | FROM_IRQ);
}

static void free_from_irq(void *info __unused)
{
	struct worker *w = &torture.worker[smp_processor_id()];

	if (w->from_irq)
		give_back(w->from_irq);
	w->from_irq = NULL;
}

/* --- what a worker does --- */

/* Puts it into somebody's mailbox and frees what lay there. */
static void do_send(struct worker *w, u64 **held)
{
	u32 to = rng_below(&w->rng, num_online_cpus());
	u64 *old = __atomic_exchange_n(&torture.box[to], *held,
				       __ATOMIC_ACQ_REL);

	*held = NULL;
	if (old)
		give_back(old);
}

static void do_something(struct worker *w)
{
	u64 **held = &w->held[rng_below(&w->rng, NR_HELD)];
	u32 dice = rng_below(&w->rng, 16);

	if (dice == 0) {
		smp_call_function_single(rng_below(&w->rng, num_online_cpus()),
					 work_in_irq, NULL, false);
	} else if (!*held) {
		*held = take(&w->rng, GFP_KERNEL, ++w->serial,
			     smp_processor_id());
		w->nr_allocs++;
	} else if (dice < 5) {
		do_send(w, held);
	} else {
		give_back(*held);
		*held = NULL;
		w->nr_frees++;
	}
}

static void let_go(struct worker *w)
{
	for (u32 i = 0; i < NR_HELD; i++)
		if (w->held[i]) {
			give_back(w->held[i]);
			w->held[i] = NULL;
		}
}

static void work(void *info __unused)
{
	u32 me = smp_processor_id();
	struct worker *w = &torture.worker[me];

	for (u32 i = 0; i < torture.nr_ops; i++) {
		do_something(w);
		if (!me && i % OPS_A_SHRINK == 0)
			slab_shrink_all(kernel_mm());
		cpu_relax();
	}
	let_go(w);
}

/* Each CPU's stacks are made at first use, and stay. */
static void touch_every_class(void *info __unused)
{
	for (u32 i = 0; i < NR_KMALLOC_CLASSES; i++) {
		struct kmem_cache *s = kmalloc_caches[KMALLOC_NORMAL][i];
		void *object = kmem_cache_alloc(s, GFP_ATOMIC);

		if (object)
			kmem_cache_free(s, object);
	}
}

static void run_all(void)
{
	u32 cpu;

	for_each_online_cpu(cpu)
		smp_run_idle(cpu, work, NULL);
	work(NULL);
	for_each_online_cpu(cpu)
		while (!cpu_is_idle(cpu))
			cpu_relax();
	on_each_cpu(free_from_irq, NULL, true);
	for_each_online_cpu(cpu)
		if (torture.box[cpu])
			give_back(torture.box[cpu]);
}

TEST(smp_slab, all_cpus_allocate_free_pass_on_and_shrink)
{
	u64 before, sum[3] = { 0 };

	memset(&torture, 0, sizeof(torture));
	torture.nr_ops = NR_OPS * test_scale();
	for (u32 cpu = 0; cpu < MAX_CPUS; cpu++) {
		torture.worker[cpu].rng.state = 1000 + cpu;
		torture.worker[cpu].irq_rng.state = 2000 + cpu;
	}
	on_each_cpu(touch_every_class, NULL, true);
	before = free_frames_after_purge();
	run_all();
	for (u32 cpu = 0; cpu < MAX_CPUS; cpu++) {
		sum[0] += torture.worker[cpu].nr_allocs;
		sum[1] += torture.worker[cpu].nr_frees;
		sum[2] += torture.worker[cpu].nr_irq;
	}
	test_note(t, "%u CPUs: %lu allocations, %lu freed by their taker, %lu in interrupts",
		  num_online_cpus(), sum[0], sum[1], sum[2]);
	EXPECT_EQ(torture.nr_wrong, 0);
	EXPECT_EQ(slab_check(kernel_mm()), 0);
	EXPECT_EQ(free_frames_after_purge(), before);
}

static void free_one(void *object)
{
	kfree(object);
}

/* An object on another CPU's stack keeps its slab: shrinking reaches it. */
TEST(smp_slab, shrinking_reaches_other_cpus_stacks)
{
	struct kmem_cache *s = kmem_cache_create("test_smp", 512, 0,
						 SLAB_NO_MERGE, NULL);
	void *object = s ? kmem_cache_alloc(s, GFP_KERNEL) : NULL;
	u32 cpu, last = 0;

	ASSERT_TRUE(object != NULL);
	for_each_online_cpu(cpu)
		last = cpu;
	smp_call_function_single(last, free_one, object, true);
	EXPECT_GT(kmem_cache_shrink(s), 0); /* its pages, given back */
	EXPECT_EQ(slab_check(kernel_mm()), 0);
	kmem_cache_destroy(s);
}

/* Other CPUs' stacks are looked at, too: by themselves. */
TEST(smp_slab, the_check_sees_every_cpu_s_stack)
{
	struct kmem_cache *s = kmem_cache_create("test_smp", 512, 0,
						 SLAB_NO_MERGE, NULL);
	void *object = s ? kmem_cache_alloc(s, GFP_KERNEL) : NULL;
	u32 cpu, last = 0;
	struct slab_cpu *c;
	void *kept;

	ASSERT_TRUE(object != NULL);
	for_each_online_cpu(cpu)
		last = cpu;
	smp_call_function_single(last, free_one, object, true);
	c = *per_cpu_ptr(s->slot, last);
	if (!c->count) {
		kmem_cache_destroy(s);
		SKIP("this build has no stacks for such a cache");
	}
	EXPECT_EQ(slab_check(kernel_mm()), 0);
	kept = c->object[1];
	c->object[1] = (char *)kept + 8;
	EXPECT_EQ(slab_check(kernel_mm()), 1);
	c->object[1] = kept;
	EXPECT_EQ(slab_check(kernel_mm()), 0);
	kmem_cache_destroy(s);
}
