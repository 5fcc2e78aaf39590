// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_tlb.c - flushes reach who must be reached, and no others
 *
 * A thread that has an address space reads through its CPU's own MMU, as ring
 * 3 does. "Stale" is what it reads after the entry was changed and nobody was
 * told. A CPU may forget on its own account at any time; QEMU and the host's
 * MMU, which run these tests, don't within a few instructions.
 */
#include <kernel/point.h>
#include <kernel/smp.h>
#include <kernel/thread.h>

#include "mm_fixture.h"
#include "pgtable_fixture.h"
#include "thread_fixture.h"

#define ADDR 0x400000000000UL

enum { A = 0xaaaa, B = 0xbbbb };

/* Pages that hold their name. */
static struct page *marked_page(u64 mark)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_ZERO, 0);

	if (page)
		*(u64 *)page_address(page) = mark;
	return page;
}

struct pair {
	struct mm_struct *mm;
	struct page *a, *b;
};

/* A is mapped at ADDR (and at the page behind it). */
static bool pair_begin(struct test *t, struct pair *p)
{
	p->mm = test_mm_begin(t);
	p->a = marked_page(A);
	p->b = marked_page(B);
	if (p->mm && p->a && p->b)
		return map_page(t, p->mm, ADDR, p->a, USER_RW) &&
		       map_page(t, p->mm, ADDR + PAGE_SIZE, p->a, USER_RW);
	test_fail(t, __FILE__, __LINE__, "no memory");
	return false;
}

static void pair_end(struct test *t, struct pair *p)
{
	tlb_skip_mask = 0;
	unmap_page(p->mm, ADDR);
	unmap_page(p->mm, ADDR + PAGE_SIZE);
	flush_tlb_mm(p->mm, TLB_UNMAP);
	test_mm_end(t, p->mm);
	free_pages(p->a, 0);
	free_pages(p->b, 0);
}

/* Another page stands there, and nobody knows yet. */
static void swap_page(struct mm_struct *mm, vaddr_t addr, struct page *page)
{
	struct spinlock *ptl;
	pte_t *pte = pte_offset_map_lock(mm, addr, &ptl);

	if (!pte)
		return;
	ptep_get_and_clear(pte);
	set_pte(pte, pfn_pte(page_to_pfn(page), USER_RW));
	pte_unmap_unlock(pte, ptl);
}

static u64 peek(vaddr_t addr)
{
	u64 value;

	return arch_user_peek(addr, &value) ? value : 0;
}

/* --- one CPU --- */

TEST(tlb, entry_is_remembered_until_its_flush)
{
	struct pair p;

	if (!pair_begin(t, &p))
		return;
	use_mm(p.mm);
	EXPECT_EQ(loaded_mm(), p.mm);
	EXPECT_EQ(peek(ADDR), A);
	swap_page(p.mm, ADDR, p.b);
	EXPECT_EQ(peek(ADDR), A);
	flush_tlb_page(p.mm, ADDR + 8, TLB_COW);
	EXPECT_EQ(peek(ADDR), B);
	use_mm(NULL);
	pair_end(t, &p);
}

TEST(tlb, each_reason_can_be_dropped_and_is_counted)
{
	struct tlb_stats before, after;
	struct pair p;

	if (!pair_begin(t, &p))
		return;
	use_mm(p.mm);
	for (u32 reason = 0; reason < NR_TLB_REASONS; reason++) {
		swap_page(p.mm, ADDR, p.a);
		flush_tlb_page(p.mm, ADDR, (enum tlb_flush_reason)reason);
		EXPECT_EQ(peek(ADDR), A);
		EXPECT_EQ(tlb_param_skip(tlb_reason_names[reason]), 0);
		tlb_get_stats(&before);
		swap_page(p.mm, ADDR, p.b);
		flush_tlb_range(p.mm, ADDR, ADDR + PAGE_SIZE,
				(enum tlb_flush_reason)reason);
		EXPECT_EQ(peek(ADDR), A);
		EXPECT_EQ(tlb_last_skipped(), (enum tlb_flush_reason)reason);
		tlb_skip_mask = 0;
		flush_tlb_mm(p.mm, (enum tlb_flush_reason)reason);
		EXPECT_EQ(peek(ADDR), B);
		tlb_get_stats(&after);
		EXPECT_EQ(after.skipped[reason], before.skipped[reason] + 1);
		EXPECT_EQ(after.flushes[reason], before.flushes[reason] + 1);
		EXPECT_EQ(after.full, before.full + 1);
	}
	EXPECT_NE(tlb_param_skip("nonsense"), 0);
	use_mm(NULL);
	pair_end(t, &p);
}

TEST(tlb, loading_another_address_space_forgets)
{
	struct mm_struct *other;
	struct pair p;

	if (!pair_begin(t, &p))
		return;
	other = test_mm_nth(t, 1);
	ASSERT_TRUE(other);
	use_mm(p.mm);
	EXPECT_EQ(p.mm->tlb.cpus, 1UL << smp_processor_id());
	EXPECT_EQ(peek(ADDR), A);
	swap_page(p.mm, ADDR, p.b);
	use_mm(other);
	EXPECT_EQ(p.mm->tlb.cpus, 0);
	EXPECT_EQ(peek(ADDR), 0);
	use_mm(p.mm);
	EXPECT_EQ(peek(ADDR), B);
	use_mm(NULL);
	test_mm_end(t, other);
	pair_end(t, &p);
}

/* Far behind, a CPU makes up for everything at the first thing it is told. */
TEST(tlb, flush_makes_up_for_a_batch)
{
	struct tlb_batch batch = { .reason = TLB_MIGRATE };
	struct pair p;

	if (!pair_begin(t, &p))
		return;
	use_mm(p.mm);
	EXPECT_EQ(peek(ADDR), A);
	swap_page(p.mm, ADDR, p.b);
	preempt_disable(); /* else a switch there and back makes up for it */
	tlb_batch_add(&batch, p.mm, ADDR);
	EXPECT_EQ(peek(ADDR), A);
	preempt_enable();
	flush_tlb_page(p.mm, ADDR + PAGE_SIZE, TLB_UNMAP);
	EXPECT_EQ(peek(ADDR), B);

	swap_page(p.mm, ADDR, p.a);
	tlb_batch_add(&batch, p.mm, ADDR);
	tlb_batch_flush(&batch);
	EXPECT_EQ(peek(ADDR), A);
	EXPECT_EQ(batch.nr, 0);
	use_mm(NULL);
	pair_end(t, &p);
}

/* More pages than are forgotten one by one. */
TEST(tlb, long_range_is_forgotten)
{
	struct pair p;

	if (!pair_begin(t, &p))
		return;
	use_mm(p.mm);
	EXPECT_EQ(peek(ADDR + PAGE_SIZE), A);
	swap_page(p.mm, ADDR + PAGE_SIZE, p.b);
	flush_tlb_range(p.mm, ADDR, ADDR + 100 * PAGE_SIZE, TLB_UNMAP);
	EXPECT_EQ(peek(ADDR + PAGE_SIZE), B);
	use_mm(NULL);
	pair_end(t, &p);
}

TEST(tlb, read_only_page_faults_on_write_after_its_flush)
{
	struct spinlock *ptl;
	struct pair p;
	pte_t *pte;

	if (!pair_begin(t, &p))
		return;
	use_mm(p.mm);
	EXPECT_TRUE(arch_user_poke(ADDR, A));
	EXPECT_TRUE(pte_dirty(look_up(p.mm, ADDR)));
	pte = pte_offset_map_lock(p.mm, ADDR, &ptl);
	ASSERT_TRUE(pte);
	ptep_set_wrprotect(pte);
	pte_unmap_unlock(pte, ptl);
	EXPECT_TRUE(arch_user_poke(ADDR, A)); /* not told yet */
	flush_tlb_page(p.mm, ADDR, TLB_PROTECT);
	EXPECT_FALSE(arch_user_poke(ADDR, B));
	EXPECT_EQ(peek(ADDR), A);
	use_mm(NULL);
	pair_end(t, &p);
}

TEST(tlb, cpu_sets_accessed_on_use_and_dirty_on_write)
{
	struct pair p;

	if (!pair_begin(t, &p))
		return;
	use_mm(p.mm);
	EXPECT_FALSE(pte_young(look_up(p.mm, ADDR)));
	EXPECT_EQ(peek(ADDR), A);
	EXPECT_TRUE(pte_young(look_up(p.mm, ADDR)));
	EXPECT_FALSE(pte_dirty(look_up(p.mm, ADDR)));
	EXPECT_TRUE(arch_user_poke(ADDR, A));
	EXPECT_TRUE(pte_dirty(look_up(p.mm, ADDR)));
	EXPECT_FALSE(pte_young(look_up(p.mm, ADDR + PAGE_SIZE)));
	use_mm(NULL);
	pair_end(t, &p);
}

/* --- a CPU that is lazy --- */

/* Another thread, which reads when it is asked; asleep it leaves its CPU lazy. */
struct reader {
	struct thread *thread;
	struct mm_struct *mm;
	vaddr_t addr;
	u64 value;
	bool stop;
	struct completion ask, answer;
};

static int reader_fn(void *arg)
{
	struct reader *r = arg;

	use_mm(r->mm);
	for (;;) {
		wait_for_completion(&r->ask);
		if (r->stop)
			break;
		r->value = peek(r->addr);
		complete(&r->answer);
	}
	use_mm(NULL);
	return 0;
}

static bool reader_begin(struct test *t, struct reader *r, struct mm_struct *mm,
			 u32 cpu)
{
	*r = (struct reader){ .mm = mm };
	init_completion(&r->ask);
	init_completion(&r->answer);
	r->thread = kthread_create(reader_fn, r, "reader");
	if (!r->thread) {
		test_fail(t, __FILE__, __LINE__, "no memory for a thread");
		return false;
	}
	set_cpus_allowed(r->thread, 1UL << cpu);
	wake_up_thread(r->thread);
	return true;
}

static u64 ask(struct reader *r, vaddr_t addr)
{
	r->addr = addr;
	complete(&r->ask);
	wait_for_completion(&r->answer);
	return r->value;
}

static void reader_end(struct reader *r)
{
	r->stop = true;
	complete(&r->ask);
	kthread_join(r->thread);
}

/* This thread is a kernel's: what the reader has loaded stays, unused. */
TEST(tlb, lazy_cpu_catches_up_when_it_comes_back)
{
	struct tlb_stats before, after;
	struct reader r;
	struct pair p;

	if (!pair_begin(t, &p))
		return;
	if (reader_begin(t, &r, p.mm, smp_processor_id())) {
		EXPECT_EQ(ask(&r, ADDR), A);
		EXPECT_EQ(loaded_mm(), p.mm);
		tlb_get_stats(&before);
		swap_page(p.mm, ADDR, p.b);
		flush_tlb_page(p.mm, ADDR, TLB_UNMAP);
		tlb_get_stats(&after);
		EXPECT_EQ(after.ipis, before.ipis);
		EXPECT_EQ(ask(&r, ADDR), B);
		tlb_get_stats(&after);
		EXPECT_EQ(after.flushes[TLB_LAZY_SWITCH],
			  before.flushes[TLB_LAZY_SWITCH] + 1);

		EXPECT_EQ(tlb_param_skip("lazy_switch"), 0);
		swap_page(p.mm, ADDR, p.a);
		flush_tlb_page(p.mm, ADDR, TLB_UNMAP);
		EXPECT_EQ(ask(&r, ADDR), B);
		tlb_skip_mask = 0;
		flush_tlb_page(p.mm, ADDR, TLB_UNMAP);
		EXPECT_EQ(ask(&r, ADDR), A);
		reader_end(&r);
	}
	pair_end(t, &p);
}

/* Freed tables make it leave, as it may look at them on its own account. */
TEST(tlb, lazy_cpu_leaves_when_tables_are_freed)
{
	struct reader r;
	struct pair p;

	if (!pair_begin(t, &p))
		return;
	if (reader_begin(t, &r, p.mm, smp_processor_id())) {
		EXPECT_EQ(ask(&r, ADDR), A);
		unmap_page(p.mm, ADDR);
		unmap_page(p.mm, ADDR + PAGE_SIZE);
		EXPECT_EQ(loaded_mm(), p.mm);
		drop_tables(p.mm, ADDR, ADDR + 2 * PAGE_SIZE);
		EXPECT_TRUE(!loaded_mm());
		EXPECT_EQ(p.mm->tlb.cpus, 0);
		EXPECT_EQ(ask(&r, ADDR), 0);
		reader_end(&r);
	}
	pair_end(t, &p);
}

TEST(tlb, who_frees_an_address_space_makes_lazy_cpus_leave)
{
	struct reader r;
	struct pair p;

	if (!pair_begin(t, &p))
		return;
	if (reader_begin(t, &r, p.mm, smp_processor_id())) {
		EXPECT_EQ(ask(&r, ADDR), A);
		reader_end(&r);
		EXPECT_EQ(loaded_mm(), p.mm);
		arch_mm_leave(p.mm);
		EXPECT_TRUE(!loaded_mm());
	}
	pair_end(t, &p);
}

/* --- another CPU --- */

/* It never sleeps: its CPU runs the address space all the time. */
struct spinner {
	struct thread *thread;
	struct mm_struct *mm;
	u64 value;
	u32 turns;
	bool stop;
};

static int spinner_fn(void *arg)
{
	struct spinner *s = arg;

	use_mm(s->mm);
	while (!READ_ONCE(s->stop)) {
		WRITE_ONCE(s->value, peek(ADDR));
		__atomic_add_fetch(&s->turns, 1, __ATOMIC_RELEASE);
		cpu_relax();
	}
	use_mm(NULL);
	return 0;
}

static u32 other_cpu(void)
{
	return next_online_cpu(smp_processor_id() + 1);
}

static bool spinner_begin(struct spinner *s, struct mm_struct *mm)
{
	*s = (struct spinner){ .mm = mm };
	s->thread = kthread_create(spinner_fn, s, "spinner");
	if (!s->thread)
		return false;
	set_cpus_allowed(s->thread, 1UL << other_cpu());
	wake_up_thread(s->thread);
	return true;
}

/* What it reads from now on: two turns later it has begun a new one. */
static u64 spinner_reads(struct spinner *s)
{
	u32 from = __atomic_load_n(&s->turns, __ATOMIC_ACQUIRE);

	(void)spin_until(__atomic_load_n(&s->turns, __ATOMIC_ACQUIRE) >=
			 from + 2);
	return READ_ONCE(s->value);
}

static void spinner_end(struct spinner *s)
{
	WRITE_ONCE(s->stop, true);
	kthread_join(s->thread);
}

TEST(tlb, another_cpu_reads_stale_data_only_while_flushes_are_dropped)
{
	struct tlb_stats before, after;
	struct spinner s;
	struct pair p;

	if (other_cpu() == MAX_CPUS)
		SKIP("one CPU");
	if (!pair_begin(t, &p))
		return;
	if (spinner_begin(&s, p.mm)) {
		EXPECT_EQ(spinner_reads(&s), A);
		tlb_get_stats(&before);
		swap_page(p.mm, ADDR, p.b);
		flush_tlb_page(p.mm, ADDR, TLB_MIGRATE);
		EXPECT_EQ(spinner_reads(&s), B);
		tlb_get_stats(&after);
		EXPECT_EQ(after.ipis, before.ipis + 1);

		EXPECT_EQ(tlb_param_skip("migrate"), 0);
		swap_page(p.mm, ADDR, p.a);
		flush_tlb_page(p.mm, ADDR, TLB_MIGRATE);
		EXPECT_EQ(spinner_reads(&s), B);
		tlb_skip_mask = 0;
		flush_tlb_page(p.mm, ADDR, TLB_MIGRATE);
		EXPECT_EQ(spinner_reads(&s), A);
		spinner_end(&s);
	}
	pair_end(t, &p);
}

TEST(tlb, batch_reaches_another_cpu)
{
	struct tlb_batch batch = { .reason = TLB_MIGRATE };
	struct spinner s;
	struct pair p;

	if (other_cpu() == MAX_CPUS)
		SKIP("one CPU");
	if (!pair_begin(t, &p))
		return;
	if (spinner_begin(&s, p.mm)) {
		EXPECT_EQ(spinner_reads(&s), A);
		swap_page(p.mm, ADDR, p.b);
		tlb_batch_add(&batch, p.mm, ADDR);
		tlb_batch_flush(&batch);
		EXPECT_EQ(spinner_reads(&s), B);
		spinner_end(&s);
	}
	pair_end(t, &p);
}

/* --- all at once --- */

/*
 * Pages come and go at eight addresses, each below a table of its own; what is
 * taken away is poisoned as soon as its flush is done. On every CPU somebody
 * reads, and sleeps now and then: poison would be a flush that missed it.
 */
#define NR_SPOTS    8
#define STORM_READS 4000 /* or 10 s */
#define POISON	    0xdeadUL

struct storm {
	struct mm_struct *mm;
	struct page *pages[NR_SPOTS];
	bool mapped[NR_SPOTS];
	u64 seed;
	u32 stop, nr_wrong, nr_read, nr_faults;
};

static vaddr_t spot(u32 n)
{
	return ADDR + n * PMD_SIZE + n * PAGE_SIZE;
}

static void look_at_spots(struct storm *s)
{
	for (u32 n = 0; n < NR_SPOTS; n++) {
		u64 value = 0;

		if (!arch_user_peek(spot(n), &value))
			__atomic_add_fetch(&s->nr_faults, 1, __ATOMIC_RELAXED);
		else if (value == spot(n))
			__atomic_add_fetch(&s->nr_read, 1, __ATOMIC_RELAXED);
		else
			__atomic_add_fetch(&s->nr_wrong, 1, __ATOMIC_RELAXED);
	}
}

static int storm_reader(void *arg)
{
	struct storm *s = arg;

	use_mm(s->mm);
	for (u32 turn = 1; !READ_ONCE(s->stop); turn++) {
		look_at_spots(s);
		if (turn % 16 == 0)
			msleep(1);
		else
			yield();
	}
	use_mm(NULL);
	return 0;
}

static void storm_map(struct test *t, struct storm *s, u32 n)
{
	WRITE_ONCE(*(u64 *)page_address(s->pages[n]), spot(n));
	s->mapped[n] = map_page(t, s->mm, spot(n), s->pages[n], USER_RW);
}

/* Its neighbours are the tables beside: only this one goes. */
static void storm_free_table(struct storm *s, u32 n)
{
	vaddr_t base = spot(n) & PMD_MASK;
	struct mmu_gather tlb;

	tlb_gather_mmu(&tlb, s->mm, TLB_UNMAP);
	tlb_note_entry(&tlb, spot(n));
	free_pgtables(&tlb, spot(n), spot(n) + PAGE_SIZE, base, base + PMD_SIZE);
	tlb_finish_mmu(&tlb);
}

static void storm_forget(struct storm *s, u32 n, u64 how)
{
	struct tlb_batch batch = { .reason = TLB_SWAP };

	switch (how % 4) {
	case 0:
		flush_tlb_page(s->mm, spot(n), TLB_UNMAP);
		break;
	case 1:
		flush_tlb_mm(s->mm, TLB_UNMAP);
		break;
	case 2:
		tlb_batch_add(&batch, s->mm, spot(n));
		tlb_batch_flush(&batch);
		break;
	default:
		storm_free_table(s, n);
	}
}

static void storm_unmap(struct storm *s, u32 n, u64 how)
{
	unmap_page(s->mm, spot(n));
	storm_forget(s, n, how);
	WRITE_ONCE(*(u64 *)page_address(s->pages[n]), POISON);
	s->mapped[n] = false;
}

static void storm_round(struct test *t, struct storm *s)
{
	u64 random = fixture_random(&s->seed);
	u32 n = random % NR_SPOTS;

	if (s->mapped[n])
		storm_unmap(s, n, random >> 32);
	else
		storm_map(t, s, n);
	if (random >> 40 & 31)
		yield();
	else
		msleep(1); /* so that sleepers wake up on a CPU without a timer */
}

static u32 storm_start(struct storm *s, struct thread **threads)
{
	u32 nr = 0, cpu;

	for_each_online_cpu(cpu) {
		struct thread *thread = kthread_create(storm_reader, s, "storm");

		if (!thread)
			break;
		set_cpus_allowed(thread, 1UL << cpu);
		wake_up_thread(thread);
		threads[nr++] = thread;
	}
	return nr;
}

TEST(tlb, storm_of_flushes_leaves_nobody_behind)
{
	static struct thread *threads[MAX_CPUS];
	static struct storm s;
	u64 end;
	u32 nr;

	s = (struct storm){ .mm = test_mm_begin(t), .seed = 20251125 };
	ASSERT_TRUE(s.mm);
	for (u32 n = 0; n < NR_SPOTS; n++) {
		s.pages[n] = marked_page(POISON);
		ASSERT_TRUE(s.pages[n]);
	}
	nr = storm_start(&s, threads);
	end = arch_time_ns() + 10000 * MS_IN_NS;
	for (u32 round = 0;
	     round < 300 * test_scale() ||
	     (READ_ONCE(s.nr_read) < STORM_READS && arch_time_ns() < end);
	     round++)
		storm_round(t, &s);
	WRITE_ONCE(s.stop, 1);
	for (u32 i = 0; i < nr; i++)
		kthread_join(threads[i]);
	EXPECT_EQ(s.nr_wrong, 0);
	test_note(t, "seed 20251125: %u readers, %u reads, %u faults", nr,
		  s.nr_read, s.nr_faults);
	for (u32 n = 0; n < NR_SPOTS; n++) {
		if (s.mapped[n])
			storm_unmap(&s, n, 0);
		free_pages(s.pages[n], 0);
	}
	test_mm_end(t, s.mm);
}

/* --- gathers --- */

/* nr pages mapped in a row, the gather's references the last ones. */
static void gather_pages(struct test *t, struct mm_struct *mm, u32 nr)
{
	struct mmu_gather tlb;
	u32 early = 0;

	for (u32 i = 0; i < nr; i++) {
		struct page *page = marked_page(A);

		ASSERT_TRUE(page && map_page(t, mm, ADDR + i * PAGE_SIZE, page,
					     USER_RW));
		EXPECT_EQ(peek(ADDR + i * PAGE_SIZE), A);
	}
	tlb_gather_mmu(&tlb, mm, TLB_UNMAP);
	for (u32 i = 0; i < nr; i++) {
		pte_t pte = unmap_page(mm, ADDR + i * PAGE_SIZE);

		tlb_note_entry(&tlb, ADDR + i * PAGE_SIZE);
		if (tlb_remove_page(&tlb, pfn_to_page(pte_pfn(pte)))) {
			early++;
			tlb_flush_mmu(&tlb);
		}
	}
	test_note(t, "%u pages: %u flushes on the way", nr, early);
	tlb_finish_mmu(&tlb);
	EXPECT_EQ(peek(ADDR), 0);
	EXPECT_EQ(peek(ADDR + (nr - 1) * PAGE_SIZE), 0);
}

static const u32 gather_sizes[] = { 1, 31, 32, 33, 511, 512, 513, 1100 };

TEST(tlb, gathered_pages_go_after_their_flush)
{
	struct mm_struct *mm = test_mm_begin(t);

	ASSERT_TRUE(mm);
	use_mm(mm);
	for (u32 i = 0; i < ARRAY_SIZE(gather_sizes); i++)
		gather_pages(t, mm, gather_sizes[i]);
	use_mm(NULL);
	test_mm_end(t, mm);
}

TEST(tlb, gather_without_memory_flushes_more_often)
{
	struct mm_struct *mm = test_mm_begin(t);
	struct tlb_stats before, after;

	ASSERT_TRUE(mm);
	use_mm(mm);
	point_fail_nth("tlb_grow", 1);
	tlb_get_stats(&before);
	gather_pages(t, mm, 33);
	tlb_get_stats(&after);
	point_disable("tlb_grow");
	EXPECT_EQ(after.flushes[TLB_UNMAP], before.flushes[TLB_UNMAP] + 2);
	EXPECT_EQ(after.pages, before.pages + 33);
	use_mm(NULL);
	test_mm_end(t, mm);
}

TEST(tlb, gather_of_nothing_flushes_nothing)
{
	struct mm_struct *mm = test_mm_begin(t);
	struct tlb_stats before, after;
	struct mmu_gather tlb;

	ASSERT_TRUE(mm);
	tlb_get_stats(&before);
	tlb_gather_mmu(&tlb, mm, TLB_UNMAP);
	tlb_finish_mmu(&tlb);
	tlb_get_stats(&after);
	EXPECT_EQ(memcmp(&before, &after, sizeof(before)), 0);
	test_mm_end(t, mm);
}

/* An exit's gather: everybody has left, so nothing is to be flushed. */
TEST(tlb, exit_flushes_once_by_leaving)
{
	struct tlb_stats before, after;
	struct mmu_gather tlb;
	struct reader r;
	struct pair p;

	if (!pair_begin(t, &p))
		return;
	if (reader_begin(t, &r, p.mm, smp_processor_id())) {
		EXPECT_EQ(ask(&r, ADDR), A);
		reader_end(&r);
		tlb_get_stats(&before);
		tlb_gather_mmu_fullmm(&tlb, p.mm);
		EXPECT_EQ(p.mm->tlb.cpus, 0);
		unmap_page(p.mm, ADDR);
		unmap_page(p.mm, ADDR + PAGE_SIZE);
		tlb_note_entry(&tlb, ADDR);
		free_pgtables(&tlb, 0, TASK_SIZE, 0, TASK_SIZE);
		tlb_finish_mmu(&tlb);
		tlb_get_stats(&after);
		EXPECT_EQ(after.flushes[TLB_UNMAP], before.flushes[TLB_UNMAP]);
		EXPECT_EQ(p.mm->pgtables_bytes, 0);
	}
	pair_end(t, &p);
}
