// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_tlb_storm.c - flushes of all kinds while every CPU reads
 */
#include <kernel/smp.h>
#include <kernel/thread.h>

#include "mm_fixture.h"
#include "thread_fixture.h"
#include "tlb_fixture.h"

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
		tlb_batch_add(&batch, s->mm, 1);
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

TEST(tlb_storm, storm_of_flushes_leaves_nobody_behind)
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
