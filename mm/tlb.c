// SPDX-License-Identifier: MIT
/*
 * mm/tlb.c - flushes by reason, and gathering pages until one is due
 *
 *	munmap of 3 pages		what other CPUs' TLBs may say
 *	entry 1 -> 0, page A gathered	A B C
 *	entry 2 -> 0, page B gathered	A B C
 *	entry 3 -> 0, page C gathered	A B C
 *	flush [1, 3]			-
 *	drop A, B, C			now they may be anything
 *
 * A gather begins with room for a few pages in itself, on its owner's stack,
 * and takes a page for the list when there are more. If there is none, it is
 * full early, and its owner flushes in between: slower, never wrong.
 *
 * Two may gather in one address space at once: truncation takes no mmap lock,
 * madvise() shares it. Who finds entries gone that the other has cleared and
 * not flushed yet would tell its caller too early that they are. So whoever
 * finishes while another gathers flushes everything (mm->tlb.gathers).
 *
 * Page tables are gathered like other pages; they also make the flush reach
 * CPUs that are on the tables without running the address space.
 *
 * Each flush names its reason, so that a test can have just those dropped
 * (tlb_skip_mask) and see what goes wrong: that is how we know that each one is
 * needed. Source: Linux's mm/mmu_gather.c.
 */
#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/point.h>
#include <kernel/smp.h>
#include <kernel/string.h>
#include <mm/mm_struct.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>
#include <arch/mmu.h>

const char *const tlb_reason_names[NR_TLB_REASONS] = {
	[TLB_UNMAP] = "unmap",	   [TLB_FREE_TABLES] = "free_tables",
	[TLB_PROTECT] = "protect", [TLB_FORK] = "fork",
	[TLB_COW] = "cow",	   [TLB_MREMAP] = "mremap",
	[TLB_YOUNG] = "young",	   [TLB_CLEAN] = "clean",
	[TLB_MIGRATE] = "migrate", [TLB_SWAP] = "swap",
	[TLB_SPLIT] = "split",	   [TLB_LAZY_SWITCH] = "lazy_switch",
};

static DEFINE_PER_CPU(struct tlb_stats, tlb_counts);

/* --- dropping flushes --- */

u32 tlb_skip_mask;
static enum tlb_flush_reason last_skipped = NR_TLB_REASONS;

int tlb_param_skip(const char *reason)
{
	for (u32 i = 0; i < NR_TLB_REASONS; i++)
		if (!strcmp(reason, tlb_reason_names[i])) {
			tlb_skip_mask |= 1u << i;
			return 0;
		}
	return -EINVAL;
}

bool tlb_reason_skipped(enum tlb_flush_reason reason)
{
	if (likely(!(READ_ONCE(tlb_skip_mask) >> reason & 1)))
		return false;
	this_cpu_inc(tlb_counts.skipped[reason]);
	WRITE_ONCE(last_skipped, reason);
	return true;
}

enum tlb_flush_reason tlb_last_skipped(void)
{
	return READ_ONCE(last_skipped);
}

/* --- flushing at once --- */

void tlb_count_flush(enum tlb_flush_reason reason)
{
	this_cpu_inc(tlb_counts.flushes[reason]);
}

static void do_flush(struct mm_struct *mm, vaddr_t start, vaddr_t end,
		     enum tlb_flush_reason reason, bool freed_tables)
{
	u32 ipis;

	POINT(tlb_flush, reason, start, end);
	ipis = arch_flush_tlb_mm(mm, start, end, freed_tables);
	tlb_count_flush(reason);
	if (ipis)
		this_cpu_add(tlb_counts.ipis, ipis);
}

void flush_tlb_range(struct mm_struct *mm, vaddr_t start, vaddr_t end,
		     enum tlb_flush_reason reason)
{
	if (!tlb_reason_skipped(reason))
		do_flush(mm, start, end, reason, false);
}

void flush_tlb_page(struct mm_struct *mm, vaddr_t addr,
		    enum tlb_flush_reason reason)
{
	addr = ALIGN_DOWN(addr, PAGE_SIZE);
	flush_tlb_range(mm, addr, addr + PAGE_SIZE, reason);
}

void flush_tlb_mm(struct mm_struct *mm, enum tlb_flush_reason reason)
{
	if (tlb_reason_skipped(reason))
		return;
	this_cpu_inc(tlb_counts.full);
	do_flush(mm, 0, TASK_SIZE, reason, false);
}

/* --- many address spaces, one flush --- */

/*
 * The generation says that something is due: a CPU that comes back, or is told
 * of anything else of mm, makes up for it before the batch does.
 */
void tlb_batch_add(struct tlb_batch *batch, struct mm_struct *mm, u32 nr)
{
	__atomic_add_fetch(&mm->tlb.tlb_gen, 1, __ATOMIC_SEQ_CST);
	batch->cpus |= __atomic_load_n(&mm->tlb.cpus, __ATOMIC_SEQ_CST);
	batch->nr += nr;
}

void tlb_batch_flush(struct tlb_batch *batch)
{
	u32 ipis;

	if (batch->nr && !tlb_reason_skipped(batch->reason)) {
		ipis = arch_flush_tlb_cpus(batch->cpus);
		tlb_count_flush(batch->reason);
		this_cpu_inc(tlb_counts.full);
		this_cpu_add(tlb_counts.ipis, ipis);
	}
	batch->cpus = 0;
	batch->nr = 0;
}

/* --- gathering --- */

static void reset_range(struct mmu_gather *tlb)
{
	tlb->start = TASK_SIZE;
	tlb->end = 0;
	tlb->freed_tables = false;
}

void tlb_gather_mmu(struct mmu_gather *tlb, struct mm_struct *mm,
		    enum tlb_flush_reason reason)
{
	tlb->mm = mm;
	tlb->reason = reason;
	tlb->fullmm = false;
	tlb->nr = 0;
	tlb->max = ARRAY_SIZE(tlb->local);
	tlb->pages = tlb->local;
	reset_range(tlb);
	/* Before the first entry is cleared, under its lock. */
	__atomic_add_fetch(&mm->tlb.gathers, 1, __ATOMIC_SEQ_CST);
}

void tlb_gather_mmu_fullmm(struct mmu_gather *tlb, struct mm_struct *mm)
{
	tlb_gather_mmu(tlb, mm, TLB_UNMAP);
	tlb->fullmm = true;
	arch_mm_leave(mm);
}

_Static_assert(TLB_BATCH_PAGES * sizeof(struct page *) == PAGE_SIZE,
	       "the list fills one page");

/* The page-table lock may be held: no sleeping for it. */
bool tlb_grow(struct mmu_gather *tlb)
{
	struct page *batch;

	if (tlb->pages != tlb->local || POINT_FAILS(tlb_grow, tlb->nr))
		return false;
	batch = alloc_pages(GFP_NOWAIT, 0);
	if (!batch)
		return false;
	tlb->pages = page_address(batch);
	tlb->max = TLB_BATCH_PAGES;
	memcpy(tlb->pages, tlb->local, sizeof(tlb->local));
	return true;
}

void tlb_remove_table(struct mmu_gather *tlb, struct page *table)
{
	tlb->freed_tables = true;
	if (tlb_remove_page(tlb, table))
		tlb_flush_mmu(tlb);
}

/* Nobody has it loaded after an exit's beginning. */
static void flush_gathered(struct mmu_gather *tlb)
{
	bool tables = tlb->freed_tables;

	if (tlb->fullmm || (tlb->start >= tlb->end && !tables))
		return;
	if (tables && tlb_reason_skipped(TLB_FREE_TABLES))
		tables = false;
	if (tables)
		tlb_count_flush(TLB_FREE_TABLES);
	if (tables || !tlb_reason_skipped(tlb->reason))
		do_flush(tlb->mm, tlb->start, tlb->end, tlb->reason, tables);
}

void tlb_flush_mmu(struct mmu_gather *tlb)
{
	flush_gathered(tlb);
	reset_range(tlb);
	if (!tlb->nr)
		return;
	this_cpu_add(tlb_counts.pages, tlb->nr);
	release_pages(tlb->pages, tlb->nr);
	tlb->nr = 0;
}

bool tlb_gathers_pending(const struct mm_struct *mm)
{
	return __atomic_load_n(&mm->tlb.gathers, __ATOMIC_SEQ_CST) != 0;
}

static bool others_gather(const struct mm_struct *mm)
{
	return __atomic_load_n(&mm->tlb.gathers, __ATOMIC_SEQ_CST) > 1;
}

void tlb_finish_mmu(struct mmu_gather *tlb)
{
	/* What they cleared, we found gone: it must be gone for our caller. */
	if (unlikely(others_gather(tlb->mm))) {
		tlb->start = 0;
		tlb->end = TASK_SIZE;
	}
	tlb_flush_mmu(tlb);
	__atomic_sub_fetch(&tlb->mm->tlb.gathers, 1, __ATOMIC_SEQ_CST);
	if (tlb->pages != tlb->local)
		free_pages(virt_to_page(tlb->pages), 0);
	tlb->pages = NULL;
}

/* --- looking --- */

void tlb_get_stats(struct tlb_stats *stats)
{
	u64 *sum = (u64 *)stats;
	u32 cpu;

	memset(stats, 0, sizeof(*stats));
	for_each_online_cpu(cpu) {
		const u64 *counts = (const u64 *)per_cpu_ptr(&tlb_counts, cpu);

		for (u32 i = 0; i < sizeof(*stats) / sizeof(u64); i++)
			sum[i] += READ_ONCE(counts[i]);
	}
}
