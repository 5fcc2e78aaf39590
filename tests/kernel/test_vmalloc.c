// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_vmalloc.c - areas, their frames, and who still sees them
 *
 *	vmalloc(3 pages)          the next one
 *	| p0 | p1 | p2 | guard |  | q0 | ...
 *	  ^ each frame is seen here and in the direct map
 *
 * Each test starts and ends with nothing queued, a clean check and as many free
 * frames as before; pages that became page tables are allowed for.
 */
#include <kernel/main.h>
#include <kernel/point.h>
#include <kernel/smp.h>
#include <kernel/test.h>
#include <arch/cpu.h>
#include <arch/extable.h>
#include <arch/irq.h>
#include <mm/misuse.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>
#include <mm/vmap_area.h>

#include "free_frames.h"
#include "random.h"

#define GFP_TEST    (GFP_KERNEL | __GFP_NOWARN)
#define WORDS	    (PAGE_SIZE / sizeof(u64))
#define PATIENCE_NS (1000UL * 1000000000)

static struct vmalloc_state *state(void)
{
	return &kernel_mm()->vmalloc;
}

/* The cache of areas has its stack then, which stays. */
static u64 begin(void)
{
	vfree(vmalloc(1));
	vmalloc_purge();
	return free_frames_and_kept();
}

static void end(struct test *t, u64 before)
{
	vmalloc_purge();
	EXPECT_EQ(vmalloc_check(kernel_mm()), 0);
	EXPECT_EQ(state()->nr_lazy, 0);
	EXPECT_EQ(free_frames_and_kept(), before);
}

static bool is_mapped(const void *addr)
{
	u64 value;

	return arch_probe_u64(addr, &value);
}

static u64 nr_mapped(const u64 *addr, u64 pages)
{
	u64 nr = 0;

	for (u64 i = 0; i < pages; i++)
		nr += is_mapped(addr + i * WORDS);
	return nr;
}

/* --- contents and shape --- */

TEST(vmalloc, mapping_and_direct_map_show_the_same)
{
	u64 before = begin();
	u64 *words = vmalloc(5 * PAGE_SIZE - 8);

	ASSERT_TRUE(words != NULL);
	EXPECT_TRUE(is_vmalloc_addr(words));
	for (u64 i = 0; i < 5 * WORDS; i++)
		words[i] = i * 0x0101010101UL;
	for (u64 i = 0; i < 5; i++) {
		struct page *page = vmalloc_to_page(words + i * WORDS);
		u64 *direct;

		ASSERT_TRUE(page != NULL);
		direct = page_address(page);
		EXPECT_EQ(memcmp(direct, words + i * WORDS, PAGE_SIZE), 0);
		direct[7] = ~i;
		EXPECT_EQ(READ_ONCE(words[i * WORDS + 7]), ~i);
	}
	vfree(words);
	end(t, before);
}

TEST(vmalloc, a_guard_page_follows_each_area)
{
	u64 before = begin();
	u64 *a = vmalloc(3 * PAGE_SIZE), *b = vmalloc(1);

	ASSERT_TRUE(a && b);
	EXPECT_EQ(nr_mapped(a, 4), 3);
	EXPECT_EQ(nr_mapped(b, 2), 1);
	EXPECT_TRUE(vmalloc_to_page(a + 3 * WORDS) == NULL);
	EXPECT_TRUE(b + WORDS < a || b >= a + 4 * WORDS);
	vfree(a);
	vfree(b);
	end(t, before);
}

TEST(vmalloc, vzalloc_gives_zeroes_and_node_is_honoured)
{
	u64 before = begin();
	u64 *dirty = vmalloc(16 * PAGE_SIZE), *zero;
	int nid = page_zone(vmalloc_to_page(dirty))->nid;
	u64 sum = 0;

	memset(dirty, 0xff, 16 * PAGE_SIZE);
	vfree(dirty);
	vmalloc_purge();
	zero = vzalloc(16 * PAGE_SIZE);
	ASSERT_TRUE(zero != NULL);
	for (u64 i = 0; i < 16 * WORDS; i++)
		sum |= zero[i];
	EXPECT_EQ(sum, 0);
	vfree(zero);
	for (nid = 0; nid < MAX_NUMNODES; nid++) {
		struct node *node = &kernel_mm()->nodes[nid];
		u64 *there;

		if (!node->online || !node->node_present_pages)
			continue;
		there = vmalloc_node(3 * PAGE_SIZE, nid);
		ASSERT_TRUE(there != NULL);
		EXPECT_EQ(page_zone(vmalloc_to_page(there + 2 * WORDS))->nid,
			  nid);
		vfree(there);
	}
	end(t, before);
}

TEST(vmalloc, sizes_that_cannot_be_are_refused)
{
	u64 before = begin();

	EXPECT_TRUE(__vmalloc(0, GFP_TEST) == NULL);
	EXPECT_TRUE(__vmalloc(~0UL, GFP_TEST) == NULL);
	EXPECT_TRUE(__vmalloc(1UL << 46, GFP_TEST) == NULL);
	EXPECT_TRUE(__vmalloc((state()->max_pages + 1) * PAGE_SIZE, GFP_TEST) ==
		    NULL);
	vfree(NULL);
	end(t, before);
}

#define NR_FILLERS 4096

static struct vmap_area *fillers[NR_FILLERS];

static struct vmap_area *take_area(u64 pages)
{
	return vmap_area_alloc(kernel_mm(), pages * PAGE_SIZE, GFP_TEST);
}

/* Areas without frames, until no gap is left but the one behind all others. */
static u32 fill_gaps(void)
{
	struct vmap_area *last, *area;
	u32 nr = 0;

	for (u64 pages = 256; pages; pages /= 2) {
		do {
			area = take_area(pages);
			last = list_entry(state()->areas.prev, struct vmap_area,
					  list);
			if (!area || nr == NR_FILLERS)
				return nr;
			fillers[nr++] = area;
		} while (area != last);
		vmap_area_drop(kernel_mm(), fillers[--nr]);
	}
	return nr;
}

/*
 *	| a  |g| b  |g| c |g|	b goes, then a:
 *	|    gap      | c |g|	one gap, which just holds as many pages as both
 *				and a guard page had
 */
TEST(vmalloc, lowest_gap_is_used_and_neighbours_are_one)
{
	u64 before = begin();
	struct mm_state *mm = kernel_mm();
	u32 nr_fillers = fill_gaps();
	struct vmap_area *a = take_area(2), *b = take_area(3), *c = take_area(1);
	struct vmap_area *d;
	u64 start;

	ASSERT_TRUE(a && b && c);
	EXPECT_TRUE(b->start == a->end && c->start == b->end);
	EXPECT_EQ(b->end - b->start, 4 * PAGE_SIZE);
	start = a->start;
	vmap_area_drop(mm, b);
	vmap_area_drop(mm, a);
	d = take_area(6);
	EXPECT_EQ(d->start, start);
	vmap_area_drop(mm, d);
	d = take_area(7);
	EXPECT_EQ(d->start, c->end);
	vmap_area_drop(mm, d);
	vmap_area_drop(mm, c);
	while (nr_fillers)
		vmap_area_drop(mm, fillers[--nr_fillers]);
	end(t, before);
}

/* --- many --- */

#define NR_SLOTS       48
#define MAX_PAGES_EACH 20

struct slot {
	u64 *words;
	u64 pages, stamp;
};

static bool fill(struct slot *s, struct rng *rng)
{
	s->pages = 1 + rng_below(rng, MAX_PAGES_EACH);
	s->words = __vmalloc(s->pages * PAGE_SIZE, GFP_TEST);
	if (!s->words)
		return false;
	s->stamp = rng_next(rng);
	for (u64 i = 0; i < s->pages; i++) {
		s->words[i * WORDS] = s->stamp + i;
		s->words[(i + 1) * WORDS - 1] = ~(s->stamp + i);
	}
	return true;
}

/* Words that are not as they were written. */
static u64 empty(struct slot *s)
{
	u64 wrong = 0;

	for (u64 i = 0; s->words && i < s->pages; i++) {
		wrong += s->words[i * WORDS] != s->stamp + i;
		wrong += s->words[(i + 1) * WORDS - 1] != ~(s->stamp + i);
	}
	vfree(s->words);
	s->words = NULL;
	return wrong;
}

TEST(vmalloc, random_sizes_keep_their_contents)
{
	static struct slot slots[NR_SLOTS];
	struct rng rng = { 20240611 };
	u64 before = begin(), wrong = 0;

	for (u32 i = 0; i < 1500 * test_scale(); i++) {
		struct slot *s = &slots[rng_below(&rng, NR_SLOTS)];

		if (s->words)
			wrong += empty(s);
		else
			ASSERT_TRUE(fill(s, &rng));
		if (rng_below(&rng, 40) == 0)
			vmalloc_purge();
		if (i % 100 == 0)
			ASSERT_EQ(vmalloc_check(kernel_mm()), 0);
	}
	for (u32 i = 0; i < NR_SLOTS; i++)
		wrong += empty(&slots[i]);
	EXPECT_EQ(wrong, 0);
	end(t, before);
}

/* --- shortage --- */

static void *vmalloc_failing(u64 pages, u32 nth)
{
	void *addr;

	point_fail_nth("fail_vmalloc", nth);
	addr = __vmalloc(pages * PAGE_SIZE, GFP_TEST);
	point_disable("fail_vmalloc");
	return addr;
}

TEST(vmalloc, each_failing_page_leaves_nothing_behind)
{
	u64 before = begin(), areas = state()->nr_areas;
	void *addr;

	for (u32 nth = 1; nth <= 8; nth++) {
		EXPECT_TRUE(vmalloc_failing(8, nth) == NULL);
		EXPECT_EQ(vmalloc_check(kernel_mm()), 0);
		EXPECT_EQ(state()->nr_areas, areas);
		EXPECT_EQ(free_frames_and_kept(), before);
	}
	addr = vmalloc_failing(8, 9);
	EXPECT_TRUE(addr != NULL);
	vfree(addr);
	end(t, before);
}

/* Until the point is passed less often than that. */
static u32 fail_each(struct test *t, const char *name, u64 before)
{
	u64 hits;
	u32 nth = 0;
	void *addr;

	do {
		slab_shrink_all(kernel_mm()); /* the record needs a page */
		hits = point_find(name)->hits;
		point_fail_nth(name, ++nth);
		addr = __vmalloc(4 * PAGE_SIZE, GFP_TEST);
		hits = point_find(name)->hits - hits;
		point_disable(name);
		vfree(addr);
		EXPECT_EQ(vmalloc_check(kernel_mm()), 0);
		vmalloc_purge();
		EXPECT_EQ(free_frames_and_kept(), before);
	} while (hits >= nth && nth < 100);
	EXPECT_TRUE(addr != NULL);
	return nth - 1;
}

TEST(vmalloc, every_allocator_below_may_fail)
{
	u64 before = begin(), areas = state()->nr_areas;

	/* A record, and a frame; the others come from this CPU's stack then. */
	EXPECT_GE(fail_each(t, "fail_page_alloc", before), 1);
	EXPECT_GE(fail_each(t, "kmem_cache_alloc", before), 1);
	EXPECT_EQ(state()->nr_areas, areas);
	end(t, before);
}

/*
 * An area larger than any before needs new tables: all its frames are there,
 * and the first 4 MiB and more are mapped. The host has no tables to fail.
 */
TEST(vmalloc, a_failing_page_table_leaves_nothing_mapped)
{
	const u64 pages = 12 * MiB / PAGE_SIZE;
	u64 before = begin(), others = state()->nr_pages;
	void *addr = vmalloc_failing(pages, pages + 2);

	EXPECT_EQ(vmalloc_check(kernel_mm()), 0);
	EXPECT_EQ(state()->nr_pages - others, addr ? pages : 0);
	if (!addr)
		EXPECT_GE(vmalloc_purge(), pages - 1);
	vfree(addr);
	end(t, before);
}

TEST(vmalloc, shortage_purges_and_tries_again)
{
	u64 before = begin(), purges = state()->nr_purges;
	void *addr = vmalloc(8 * PAGE_SIZE);

	vfree(addr);
	EXPECT_EQ(state()->nr_lazy, 8);
	addr = vmalloc_failing(4, 2);
	EXPECT_TRUE(addr != NULL);
	EXPECT_EQ(state()->nr_lazy, 0);
	EXPECT_EQ(state()->nr_purges, purges + 1);
	vfree(addr);
	end(t, before);
}

static u64 shift_marks(u64 by)
{
	struct zone *zone;

	for_each_populated_zone(kernel_mm(), zone)
		for (u32 w = 0; w < NR_WMARK; w++)
			zone->watermark[w] += by;
	return by;
}

/* Who may not wait must not cause a flush that is waited for. */
TEST(vmalloc, the_page_allocator_purges_before_it_fails)
{
	u64 before = begin(), marks, purged;

	vfree(vmalloc(8 * PAGE_SIZE));
	EXPECT_EQ(state()->nr_lazy, 8);
	purged = state()->nr_purged;
	marks = shift_marks(1UL << 40);
	EXPECT_TRUE(alloc_pages(GFP_NOWAIT | __GFP_NOWARN, 6) == NULL);
	EXPECT_EQ(state()->nr_lazy, 8);
	EXPECT_TRUE(alloc_pages(GFP_TEST, 6) == NULL);
	EXPECT_EQ(state()->nr_lazy, 0);
	EXPECT_EQ(state()->nr_purged, purged + 8);
	shift_marks(-marks);
	end(t, before);
}

/* --- freed, not yet purged --- */

TEST(vmalloc, neither_frames_nor_addresses_are_used_before_the_purge)
{
	u64 before = begin();
	char *a = vmalloc(4 * PAGE_SIZE), *b;
	u64 held = free_frames_and_kept();

	vfree(a);
	EXPECT_EQ(free_frames_and_kept(), held);
	EXPECT_EQ(state()->nr_lazy, 4);
	EXPECT_EQ(nr_mapped((u64 *)a, 4), 0); /* on this CPU at once */
	b = vmalloc(PAGE_SIZE);
	EXPECT_TRUE(b >= a + 5 * PAGE_SIZE || b < a);
	vfree(b);
	EXPECT_EQ(vmalloc_purge(), 5);
	EXPECT_EQ(free_frames_and_kept(), before);
	end(t, before);
}

TEST(vmalloc, too_much_that_waits_is_purged)
{
	u64 before = begin(), max = state()->lazy_max, purges;

	state()->lazy_max = 8;
	purges = state()->nr_purges;
	vfree(vmalloc(8 * PAGE_SIZE));
	EXPECT_EQ(state()->nr_lazy, 8);
	EXPECT_EQ(state()->nr_purges, purges);
	vfree(vmalloc(PAGE_SIZE));
	EXPECT_EQ(state()->nr_lazy, 0);
	EXPECT_EQ(state()->nr_purges, purges + 1);
	state()->lazy_max = max;
	end(t, before);
}

TEST(vmalloc, vfree_with_interrupts_off_leaves_the_purge_to_others)
{
	u64 before = begin(), max = state()->lazy_max, flags;
	void *addr = vmalloc(4 * PAGE_SIZE);

	state()->lazy_max = 0;
	flags = arch_irq_save();
	vfree(addr);
	arch_irq_restore(flags);
	EXPECT_EQ(state()->nr_lazy, 4);
	vfree(vmalloc(PAGE_SIZE));
	EXPECT_EQ(state()->nr_lazy, 0);
	state()->lazy_max = max;
	end(t, before);
}

/* A CPU reads each page, so that its TLB has them; how many it could read. */
struct look {
	const u64 *addr;
	u64 pages, seen;
};

static void look(void *info)
{
	struct look *l = info;

	__atomic_add_fetch(&l->seen, nr_mapped(l->addr, l->pages),
			   __ATOMIC_RELAXED);
}

static u64 seen_by_all(const u64 *addr, u64 pages)
{
	struct look l = { addr, pages, 0 };

	on_each_cpu(look, &l, true);
	return l.seen;
}

/* 3 pages are flushed one by one, 60 by a flush of all. */
TEST(vmalloc, after_the_purge_no_cpu_sees_anything)
{
	static const u64 sizes[] = { 3, 60 };
	u64 before = begin(), cpus = num_online_cpus();

	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		u64 *addr = vmalloc(sizes[i] * PAGE_SIZE);

		ASSERT_TRUE(addr != NULL);
		EXPECT_EQ(seen_by_all(addr, sizes[i]), sizes[i] * cpus);
		vfree(addr);
		EXPECT_EQ(nr_mapped(addr, sizes[i]), 0);
		vmalloc_purge();
		EXPECT_EQ(seen_by_all(addr, sizes[i]), 0);
	}
	end(t, before);
}

/* --- misuse --- */

TEST(vmalloc, wild_and_double_vfree_are_reported)
{
	u64 before = begin();
	char *a = vmalloc(2 * PAGE_SIZE);

	expect_bug(BUG_VFREE);
	vfree(a + PAGE_SIZE);
	vfree(a + 8);
	vfree(a + 2 * PAGE_SIZE);
	vfree(&before);
	EXPECT_EQ(bug_seen(BUG_VFREE), 4);
	vfree(a);
	expect_bug(BUG_VFREE);
	vfree(a);
	EXPECT_EQ(bug_seen(BUG_VFREE), 1);
	end(t, before);
}

TEST(vmalloc, check_finds_what_was_broken)
{
	u64 before = begin();
	u64 *a = vmalloc(2 * PAGE_SIZE);
	struct page *page = vmalloc_to_page(a);
	struct vmap_area *area = page->mapping;
	u64 *counts[] = { &state()->nr_pages, &state()->nr_areas,
			  &state()->nr_lazy,  &page->index,
			  &area->nr_pages,    &area->end };

	for (u32 i = 0; i < ARRAY_SIZE(counts); i++) {
		*counts[i] += 1;
		EXPECT_GE(vmalloc_check(kernel_mm()), 1);
		*counts[i] -= 1;
	}
	area->state = VMAP_FREEING; /* free, and mapped all the same */
	EXPECT_GE(vmalloc_check(kernel_mm()), 1);
	area->state = VMAP_USED;
	EXPECT_EQ(vmalloc_check(kernel_mm()), 0);
	vfree(a);
	end(t, before);
}

/* --- kvmalloc --- */

TEST(vmalloc, kvmalloc_takes_what_is_there)
{
	u64 before = begin();
	char *small = kvmalloc(100, GFP_KERNEL);
	char *large = kvzalloc((PAGE_SIZE << MAX_ORDER) + 1, GFP_TEST);
	char *no_chunk;

	ASSERT_TRUE(small && large);
	EXPECT_FALSE(is_vmalloc_addr(small));
	EXPECT_TRUE(is_vmalloc_addr(large));
	EXPECT_EQ(large[PAGE_SIZE << MAX_ORDER], 0);
	point_fail_nth("fail_page_alloc", 1);
	no_chunk = kvmalloc(4 * PAGE_SIZE, GFP_TEST);
	point_disable("fail_page_alloc");
	EXPECT_TRUE(no_chunk && is_vmalloc_addr(no_chunk));
	point_fail_nth("fail_page_alloc", 1);
	EXPECT_TRUE(kvmalloc(4 * PAGE_SIZE, GFP_NOWAIT) == NULL);
	point_disable("fail_page_alloc");
	kvfree(small);
	kvfree(large);
	kvfree(no_chunk);
	end(t, before);
}

/* --- all CPUs at once --- */

static struct {
	u64 nr_wrong, nr_failed;
	struct slot slots[MAX_CPUS][8];
} torture;

static void work(void *info __unused)
{
	u32 cpu = smp_processor_id();
	struct rng rng = { 77 + cpu };
	u64 wrong = 0, failed = 0;

	for (u32 i = 0; i < 400; i++) {
		struct slot *s = &torture.slots[cpu][rng_below(&rng, 8)];

		if (s->words)
			wrong += empty(s);
		else
			failed += !fill(s, &rng);
		if (rng_below(&rng, 20) == 0)
			vmalloc_purge();
	}
	for (u32 i = 0; i < 8; i++)
		wrong += empty(&torture.slots[cpu][i]);
	__atomic_add_fetch(&torture.nr_wrong, wrong, __ATOMIC_RELAXED);
	__atomic_add_fetch(&torture.nr_failed, failed, __ATOMIC_RELAXED);
}

static bool others_are_idle(void)
{
	u64 until = arch_time_ns() + PATIENCE_NS;
	u32 cpu;

	for_each_online_cpu(cpu)
		while (cpu && !cpu_is_idle(cpu) && arch_time_ns() < until)
			cpu_relax();
	return arch_time_ns() < until;
}

static void work_on_all(struct test *t)
{
	u32 cpu;

	for_each_online_cpu(cpu)
		if (cpu)
			smp_run_idle(cpu, work, NULL);
	work(NULL);
	ASSERT_TRUE(others_are_idle());
	vmalloc_purge();
}

/* The first round gives each CPU's caches their stacks. */
TEST(vmalloc, all_cpus_at_once)
{
	u64 before;

	memset(&torture, 0, sizeof(torture));
	begin();
	work_on_all(t);
	before = free_frames_and_kept();
	work_on_all(t);
	EXPECT_EQ(torture.nr_wrong, 0);
	EXPECT_EQ(torture.nr_failed, 0);
	end(t, before);
}

/* --- two purges --- */

static bool stop_purging;

static void purge_always(void *info __unused)
{
	while (!READ_ONCE(stop_purging))
		vmalloc_purge();
}

static bool has_area_at(const void *addr)
{
	struct vmalloc_info info;

	for (u32 n = 0; vmalloc_get_info(kernel_mm(), n, &info); n++)
		if (info.start == (u64)addr)
			return true;
	return false;
}

/*
 *	CPU 1	takes the queue ... flushes ... gives back
 *	CPU 0	   purge: nothing is queued, but nothing is back, either
 */
TEST(vmalloc, a_purge_waits_for_the_one_before)
{
	u64 before = begin();
	u32 cpu = next_online_cpu(1);

	if (cpu == MAX_CPUS)
		SKIP("one CPU");
	stop_purging = false;
	ASSERT_EQ(smp_run_idle(cpu, purge_always, NULL), 0);
	for (u32 i = 0; i < 200; i++) {
		void *addr = vmalloc(4 * PAGE_SIZE);
		u64 purged = state()->nr_purged;

		vfree(addr);
		for (u32 spin = 0; spin < i; spin++)
			cpu_relax();
		vmalloc_purge();
		EXPECT_FALSE(has_area_at(addr));
		EXPECT_EQ(state()->nr_purged, purged + 4);
	}
	WRITE_ONCE(stop_purging, true);
	while (!cpu_is_idle(cpu))
		cpu_relax();
	end(t, before);
}
