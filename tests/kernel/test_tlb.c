// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_tlb.c - flushes reach who must be reached, and no others
 *
 * A thread that has an address space reads through its CPU's own MMU, as ring
 * 3 does. "Stale" is what it reads after the entry was changed and nobody was
 * told. A CPU may forget on its own account at any time; QEMU and the host's
 * MMU, which run these tests, don't within a few instructions.
 */
#include <kernel/smp.h>
#include <kernel/thread.h>

#include "mm_fixture.h"
#include "thread_fixture.h"
#include "tlb_fixture.h"

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
	tlb_batch_add(&batch, p.mm, 1);
	EXPECT_EQ(peek(ADDR), A);
	preempt_enable();
	flush_tlb_page(p.mm, ADDR + PAGE_SIZE, TLB_UNMAP);
	EXPECT_EQ(peek(ADDR), B);

	swap_page(p.mm, ADDR, p.a);
	tlb_batch_add(&batch, p.mm, 1);
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
		tlb_batch_add(&batch, p.mm, 1);
		tlb_batch_flush(&batch);
		EXPECT_EQ(spinner_reads(&s), B);
		spinner_end(&s);
	}
	pair_end(t, &p);
}
