// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_smp_torture.c - every CPU uses the page allocator at once
 *
 *	CPU 0   alloc  stamp  check  free        private zone and real zones
 *	CPU 1   alloc  stamp ---- mailbox 1->3 ----+   drains now and then
 *	CPU 2   ...                                |
 *	CPU 3   check  free  <---------------------+
 *	each    interrupt, from the timer and from other CPUs at any moment:
 *	        alloc one, check and free the one before
 *	CPU 0   besides: fence a block off, drain it, ask every CPU whether a
 *	        frame of it is still on its stacks, take it back; or switch the
 *	        stacks off meanwhile, and ask whether anything is on them; switch
 *	        to another fallback policy and placement
 *
 * Each frame's first and last words carry a stamp (who took it, order, serial
 * number), looked at before it is freed: a frame that two got at once, or that
 * was freed on one CPU and still used on another, shows. At the end every
 * frame is accounted for and the free counts are those of the start.
 */
#include <kernel/random.h>
#include <kernel/smp.h>
#include <arch/cpu.h>
#include <arch/irq.h>
#include <mm/gfp.h>
#include <mm/page_alloc.h>

#include "zone_fixture.h"

#define NR_OPS	      10000 /* a CPU, in the kernel */
#define OPS_A_FENCE   50    /* of CPU 0 */
#define NR_FENCES     300  /* against one CPU that does nothing else */
#define NR_HELD	      24
#define NR_ZONE_BLOCKS 8
#define PATIENCE_NS   (1000UL * 1000000000)
#define WORDS_A_PAGE  (PAGE_SIZE / sizeof(u64))
#define FROM_IRQ      0x80u /* in the stamp's CPU */

#define GFP_WORK (GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY)
#define GFP_IRQ	 (GFP_ATOMIC | __GFP_NOWARN)

struct held {
	struct page *page;
	u64 stamp;
};

struct worker {
	struct rng rng;
	u64 serial;
	struct held held[NR_HELD];
	struct held from_irq;
	u64 nr_allocs, nr_frees, nr_received, nr_irq, nr_drains;
};

static struct {
	struct zone *zone;
	u32 nr_ops;
	struct worker worker[MAX_CPUS];
	/* From one CPU to another; the stamp is in the page. */
	struct page *box[MAX_CPUS][MAX_CPUS];
	u64 nr_wrong;	/* frames with another stamp than they should have */
	u64 nr_leaked;	/* frames of a drained block still on a stack */
	u64 nr_stacked; /* frames on stacks that were switched off */
	u64 nr_fenced, nr_off;
	u64 found, expected; /* of the first wrong one */
} torture;

/* --- stamps --- */

static u64 make_stamp(struct worker *w, u32 who, u32 order)
{
	return (u64)who << 56 | (u64)order << 48 | ++w->serial << 1 | 1;
}

static u32 stamp_order(u64 stamp)
{
	return stamp >> 48 & 0xff;
}

static void write_stamp(struct page *page, u64 stamp)
{
	for (u32 i = 0; i < 1u << stamp_order(stamp); i++) {
		u64 *words = page_address(page + i);

		words[0] = stamp;
		words[WORDS_A_PAGE - 1] = stamp;
	}
}

static void expect_stamp(u64 found, u64 expected)
{
	if (found == expected)
		return;
	if (__atomic_add_fetch(&torture.nr_wrong, 1, __ATOMIC_RELAXED) != 1)
		return;
	torture.found = found;
	torture.expected = expected;
}

static void check_and_free(struct page *page, u64 stamp)
{
	for (u32 i = 0; i < 1u << stamp_order(stamp); i++) {
		u64 *words = page_address(page + i);

		expect_stamp(words[0], stamp);
		expect_stamp(words[WORDS_A_PAGE - 1], stamp);
		words[0] = words[WORDS_A_PAGE - 1] = 0;
	}
	free_pages(page, stamp_order(stamp));
}

/* --- what a worker does --- */

static const gfp_t mobility[] = { 0, __GFP_MOVABLE, __GFP_RECLAIMABLE };

static u32 pick_order(struct rng *rng)
{
	u32 dice = rng_below(rng, 64);

	if (dice == 0)
		return pageblock_order + rng_below(rng, 2);
	return dice < 8 ? rng_below(rng, pageblock_order) : rng_below(rng, 4);
}

static struct page *take(struct rng *rng, gfp_t gfp, u32 order)
{
	gfp |= mobility[rng_below(rng, ARRAY_SIZE(mobility))];
	if (rng_below(rng, 2))
		return alloc_pages_zone(torture.zone, gfp, order, 0);
	return alloc_pages(gfp, order);
}

static void do_alloc(struct worker *w, struct held *h)
{
	u32 order = pick_order(&w->rng);

	h->page = take(&w->rng, GFP_WORK, order);
	if (!h->page)
		return;
	h->stamp = make_stamp(w, smp_processor_id(), order);
	write_stamp(h->page, h->stamp);
	w->nr_allocs++;
}

static void do_free(struct worker *w, struct held *h)
{
	check_and_free(h->page, h->stamp);
	h->page = NULL;
	w->nr_frees++;
}

/* Into the mailbox of another CPU, if it is empty. */
static void do_send(struct worker *w, struct held *h)
{
	u32 to = rng_below(&w->rng, num_online_cpus());
	struct page *empty = NULL;

	if (!cpu_online(to))
		to = 0; /* numbers have gaps where a CPU didn't answer */
	if (__atomic_compare_exchange_n(
		    &torture.box[smp_processor_id()][to], &empty, h->page,
		    false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		h->page = NULL;
}

static void empty_box(struct page **box)
{
	struct page *page = __atomic_exchange_n(box, NULL, __ATOMIC_ACQUIRE);

	if (page)
		check_and_free(page, *(u64 *)page_address(page));
}

static void do_receive(struct worker *w)
{
	u32 me = smp_processor_id(), from;

	for_each_online_cpu(from)
		if (READ_ONCE(torture.box[from][me])) {
			empty_box(&torture.box[from][me]);
			w->nr_received++;
		}
}

static void do_drain(struct worker *w)
{
	u64 n = rng_below(&w->rng, NR_ZONE_BLOCKS);

	if (rng_below(&w->rng, 2))
		drain_all_pages(kernel_mm(), rng_below(&w->rng, 2) ?
						     torture.zone :
						     NULL);
	else
		drain_pageblock(torture.zone, zone_block(torture.zone, n));
	w->nr_drains++;
}

static void work_in_irq(void *info);

static void do_interrupt(struct worker *w)
{
	smp_call_function_single(rng_below(&w->rng, num_online_cpus()),
				 work_in_irq, NULL, false);
}

static void do_something(struct worker *w)
{
	struct held *h = &w->held[rng_below(&w->rng, NR_HELD)];
	u32 dice = rng_below(&w->rng, 256);

	if (dice == 0)
		do_drain(w);
	else if (dice < 16)
		do_receive(w);
	else if (dice < 48)
		do_interrupt(w);
	else if (!h->page)
		do_alloc(w, h);
	else if (dice < 96)
		do_send(w, h);
	else
		do_free(w, h);
}

static void work(void *info __unused)
{
	struct worker *w = &torture.worker[smp_processor_id()];

	for (u32 i = 0; i < torture.nr_ops; i++) {
		do_something(w);
		cpu_relax();
	}
	for (u32 i = 0; i < NR_HELD; i++)
		if (w->held[i].page)
			do_free(w, &w->held[i]);
}

/* --- from interrupts --- */

static void free_from_irq(void *info __unused)
{
	struct worker *w = &torture.worker[smp_processor_id()];

	if (w->from_irq.page)
		check_and_free(w->from_irq.page, w->from_irq.stamp);
	w->from_irq.page = NULL;
}

/* Its generator is apart: the worker may have been interrupted in its own. */
static void work_in_irq(void *info __unused)
{
	u32 me = smp_processor_id();
	struct worker *w = &torture.worker[me];
	struct rng rng = { arch_cycles() | 1 };
	u32 order = rng_below(&rng, 3);

	free_from_irq(NULL);
	w->from_irq.page = take(&rng, GFP_IRQ, order);
	if (!w->from_irq.page)
		return;
	w->from_irq.stamp = (u64)(me | FROM_IRQ) << 56 | (u64)order << 48 |
			    ++w->nr_irq << 1;
	write_stamp(w->from_irq.page, w->from_irq.stamp);
}

static void on_tick(void)
{
	work_in_irq(NULL);
}

/* --- fences --- */

static void look_for_block(void *info)
{
	struct pageblock *b = info;
	pfn_t first = pageblock_pfn(torture.zone, b);
	struct per_cpu_pages *pcp = this_pcp(torture.zone->index);

	for (u32 i = 0; i < NR_PCP_ORDERS; i++)
		for (u32 c = 0; c < MIGRATE_PCPTYPES; c++)
			for (u32 n = 0; n < pcp->stack[i][c].count; n++) {
				pfn_t pfn = page_to_pfn(
					pcp->stack[i][c].entries[n]);

				if (pfn - first < pageblock_nr_pages)
					__atomic_add_fetch(&torture.nr_leaked,
							   1,
							   __ATOMIC_RELAXED);
			}
}

/* The guarantee: after the drain no stack has, or gets, a frame of it. */
static void fence(struct pageblock *b, enum migratetype type_after)
{
	struct zone *zone = torture.zone;

	LOCKED(zone, freelist_isolate(zone, b));
	drain_pageblock(zone, b);
	for (u32 i = 0; i < 2; i++)
		on_each_cpu(look_for_block, b, true);
	LOCKED(zone, freelist_unisolate(zone, b, type_after));
	torture.nr_fenced++;
}

static void count_stacked(void *info __unused)
{
	const struct per_cpu_pages *pcp = this_pcp(torture.zone->index);

	for (u32 i = 0; i < NR_PCP_ORDERS; i++)
		for (u32 c = 0; c < MIGRATE_PCPTYPES; c++)
			__atomic_add_fetch(&torture.nr_stacked,
					   pcp->stack[i][c].count,
					   __ATOMIC_RELAXED);
}

static void fence_a_block(struct rng *rng)
{
	struct pageblock *b =
		zone_block(torture.zone, rng_below(rng, NR_ZONE_BLOCKS));
	bool off = rng_below(rng, 4) == 0;

	if (off) {
		zone_pcp_disable(torture.zone);
		on_each_cpu(count_stacked, NULL, true);
	}
	fence(b, rng_below(rng, MIGRATE_PCPTYPES));
	if (off) {
		on_each_cpu(count_stacked, NULL, true);
		zone_pcp_enable(torture.zone);
		torture.nr_off++;
	}
}

/* As a write to vm.fallback_policy and vm.placement does. */
static void switch_policy(struct rng *rng)
{
	u32 policy = rng_below(rng, nr_fallback_policies);
	bool fullest = rng_below(rng, 2);

	LOCKED(torture.zone, torture.zone->policy = &fallback_policies[policy];
	       torture.zone->place_fullest = fullest);
}

static bool all_idle(void)
{
	u32 cpu;

	for_each_online_cpu(cpu)
		if (!cpu_is_idle(cpu))
			return false;
	return true;
}

/* CPU 0 works, too, then fences blocks until the last one is done. */
static bool run_all(void)
{
	u64 end = arch_time_ns() + PATIENCE_NS;
	struct rng rng = { 20250704 };
	u32 cpu;

	timer_set_hook(on_tick);
	for_each_online_cpu(cpu)
		smp_run_idle(cpu, work, NULL);
	for (u32 i = 0; i < torture.nr_ops; i++) {
		do_something(&torture.worker[0]);
		if (i % OPS_A_FENCE)
			continue;
		fence_a_block(&rng);
		switch_policy(&rng);
	}
	while (!all_idle() && arch_time_ns() < end)
		fence_a_block(&rng);
	for (u32 i = 0; i < NR_HELD; i++)
		if (torture.worker[0].held[i].page)
			do_free(&torture.worker[0],
				&torture.worker[0].held[i]);
	timer_set_hook(NULL);
	/* Behind the last calls of that kind: one CPU's run in order. */
	on_each_cpu(free_from_irq, NULL, true);
	for (u32 i = 0; i < MAX_CPUS * MAX_CPUS; i++)
		empty_box(&torture.box[0][0] + i);
	return all_idle();
}

static u64 free_frames(void)
{
	struct zone *zone;
	u64 nr = 0;

	vmalloc_purge(); /* the slow path does, too */
	drain_all_pages(kernel_mm(), NULL);
	for_each_populated_zone(kernel_mm(), zone)
		nr += zone->nr_free_pages;
	return nr;
}

static void report(struct test *t)
{
	struct worker sum = { .serial = 0 };
	u32 cpu;

	for_each_online_cpu(cpu) {
		const struct worker *w = &torture.worker[cpu];

		sum.nr_allocs += w->nr_allocs;
		sum.nr_frees += w->nr_frees;
		sum.nr_received += w->nr_received;
		sum.nr_irq += w->nr_irq;
		sum.nr_drains += w->nr_drains;
	}
	test_note(t, "%u CPUs: %lu allocations, %lu freed there, %lu elsewhere, %lu in interrupts, %lu drains, %lu fences, %lu times without stacks",
		  num_online_cpus(), sum.nr_allocs, sum.nr_frees,
		  sum.nr_received, sum.nr_irq, sum.nr_drains,
		  torture.nr_fenced, torture.nr_off);
}

TEST(smp_torture, all_cpus_allocate_free_send_drain_and_fence)
{
	WITH_ZONE(NR_ZONE_BLOCKS, 0, 0);
	u64 before = free_frames();
	struct zone *real;

	memset(&torture, 0, sizeof(torture));
	torture.zone = zone;
	torture.nr_ops = NR_OPS * test_scale();
	for (u32 cpu = 0; cpu < MAX_CPUS; cpu++)
		torture.worker[cpu].rng.state = 77 + cpu;
	ASSERT_TRUE(run_all());
	report(t);
	EXPECT_EQ(torture.nr_wrong, 0);
	EXPECT_EQ(torture.found, torture.expected);
	EXPECT_EQ(torture.nr_leaked, 0);
	EXPECT_EQ(torture.nr_stacked, 0);
	EXPECT_EQ(free_frames(), before);
	drain_all_pages(kernel_mm(), zone);
	EXPECT_EQ(zone->nr_free_pages, zone->managed_pages);
	zone_done(t, zone);
	/* Not before: its frames are the lender's again. */
	for_each_populated_zone(kernel_mm(), real)
		EXPECT_EQ(zone_check_all(kernel_mm(), real), 0);
}

/* --- frames in flight --- */

static struct page *in_flight;
static struct pageblock *drained; /* on the CPU that cycles; NULL: none */
static bool stop_cycling;

/* Right after its free: is the frame of a drained block on this CPU's stack? */
static bool got_past_the_drain(const struct page *page)
{
	u64 flags = arch_irq_save();
	const struct pcp_stack *st =
		&this_pcp(torture.zone->index)->stack[0][MIGRATE_MOVABLE];
	bool stacked = st->count && st->entries[st->count - 1] == page;
	bool past = stacked && drained == pfn_pageblock(torture.zone,
							page_to_pfn(page));

	arch_irq_restore(flags);
	return past;
}

static void cycle(void *info __unused)
{
	while (!READ_ONCE(stop_cycling)) {
		struct page *page =
			alloc_pages_zone(torture.zone,
					 GFP_WORK | __GFP_MOVABLE, 0, 0);

		if (!page)
			continue;
		WRITE_ONCE(in_flight, page);
		free_pages(page, 0);
		torture.nr_leaked += got_past_the_drain(page);
		cpu_relax();
	}
}

/* Called on it, with interrupts off: that CPU alone is drained. */
static void drain_and_note(void *b)
{
	drain_pageblock(torture.zone, b);
	drained = b;
}

static void forget_drain(void *info __unused)
{
	drained = NULL;
}

static void fence_in_flight(u32 cpu)
{
	struct zone *zone = torture.zone;
	struct pageblock *b =
		pfn_pageblock(zone, page_to_pfn(READ_ONCE(in_flight)));

	LOCKED(zone, freelist_isolate(zone, b));
	smp_call_function_single(cpu, drain_and_note, b, true);
	smp_call_function_single(cpu, forget_drain, NULL, true);
	LOCKED(zone, freelist_unisolate(zone, b, MIGRATE_MOVABLE));
}

/*
 *	CPU 1	looks at the frame ........... pushes it on its stack
 *	CPU 0	            fences its block, drains
 *
 * The drain's interrupt must come before the look or after the push.
 */
TEST(smp_torture, no_free_in_flight_gets_past_a_fence)
{
	u32 cpu = next_online_cpu(1);

	if (cpu == MAX_CPUS)
		SKIP("one CPU");
	WITH_ZONE(2, 0, 0);
	memset(&torture, 0, sizeof(torture));
	torture.zone = zone;
	stop_cycling = false;
	in_flight = zone_page(zone, 0);
	ASSERT_EQ(smp_run_idle(cpu, cycle, NULL), 0);
	for (u32 i = 0; i < NR_FENCES; i++)
		fence_in_flight(cpu);
	WRITE_ONCE(stop_cycling, true);
	while (!cpu_is_idle(cpu))
		cpu_relax();
	EXPECT_EQ(torture.nr_leaked, 0);
	zone_done(t, zone);
}

/* --- stacks off and on, by two CPUs at once --- */

static void switch_off_and_on(void *info __unused)
{
	while (!READ_ONCE(stop_cycling)) {
		struct page *page;

		/* Interrupts are on: this is that CPU's thread. */
		zone_pcp_disable(torture.zone);
		page = alloc_pages_zone(torture.zone, GFP_WORK, 0, 0);
		if (page)
			free_pages(page, 0);
		torture.nr_stacked += pcp_count(torture.zone);
		zone_pcp_enable(torture.zone);
	}
}

TEST(smp_torture, two_cpus_switch_the_stacks_off)
{
	u32 cpu = next_online_cpu(1), other = next_online_cpu(cpu + 1);

	if (cpu == MAX_CPUS)
		SKIP("one CPU");
	WITH_ZONE(2, 0, 0);
	memset(&torture, 0, sizeof(torture));
	torture.zone = zone;
	stop_cycling = false;
	in_flight = zone_page(zone, 0);
	drained = NULL;
	ASSERT_EQ(smp_run_idle(cpu, switch_off_and_on, NULL), 0);
	if (other < MAX_CPUS)
		ASSERT_EQ(smp_run_idle(other, cycle, NULL), 0);
	for (u32 i = 0; i < NR_FENCES / 6; i++) {
		zone_pcp_disable(zone);
		EXPECT_EQ(pcp_count(zone), 0);
		fence(zone_block(zone, i % 2), MIGRATE_MOVABLE);
		EXPECT_EQ(pcp_count(zone), 0);
		zone_pcp_enable(zone);
	}
	WRITE_ONCE(stop_cycling, true);
	while (!all_idle())
		cpu_relax();
	EXPECT_EQ(torture.nr_stacked, 0);
	EXPECT_EQ(torture.nr_leaked, 0);
	EXPECT_EQ(zone->pcp_disabled, 0);
	zone_done(t, zone);
}
