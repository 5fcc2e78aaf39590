/* SPDX-License-Identifier: MIT */
/*
 * include/mm/tlb.h - making CPUs forget a user's translations, in batches
 *
 * Every change that takes something away follows the same order:
 *
 *	clear the entry  ->  flush  ->  only then free or reuse the frame
 *
 *	struct mmu_gather tlb;
 *	tlb_gather_mmu(&tlb, mm, TLB_UNMAP);
 *	... under the page-table lock: clear, tlb_remove_page(&tlb, page) ...
 *	tlb_finish_mmu(&tlb);		flushes, then drops the pages
 *
 * A shootdown reaches only CPUs that run the address space or still have it
 * loaded (lazy: a kernel thread runs on its tables). Each address space counts
 * its flushes (tlb_gen), each CPU remembers how far it got: a CPU that isn't
 * running mm looks at the count when it comes back, and one that flushed more
 * than was asked for skips later requests. Source: Linux's arch/x86/mm/tlb.c.
 *
 * An entry that isn't present may stand for one that was taken away without a
 * flush (tlb_batch): who clears such an entry notes it like any other, so that
 * the flush that follows makes up for both.
 *
 * Units    bytes, page-aligned; [start, end)
 * Locks    page-table lock may be held by flush_tlb_page() callers (it waits
 *          with interrupts on and serves calls); no class I lock
 * Context  thread, interrupts on
 * Errors   none. An mmu_gather that gets no memory for its batch flushes early
 * Owns     mm->tlb; pages gathered
 * Keeps    no CPU's TLB names a frame that is free (the host asserts it)
 */
#pragma once

#include <kernel/types.h>

#include <arch/pgtable.h>

struct mm_struct;
struct page;

/* Why: debug=tlb_skip:REASON drops those, to see a test fail. */
enum tlb_flush_reason {
	TLB_UNMAP,	 /* munmap, exit, MADV_DONTNEED, truncate */
	TLB_FREE_TABLES, /* page tables are freed */
	TLB_PROTECT,	 /* mprotect took rights away */
	TLB_FORK,	 /* the parent's entries became read-only */
	TLB_COW,	 /* another page stands there after a write fault */
	TLB_MREMAP,	 /* entries moved */
	TLB_YOUNG,	 /* accessed bits were cleared */
	TLB_CLEAN,	 /* dirty bits were cleared, write-protected */
	TLB_MIGRATE,	 /* entries became migration entries */
	TLB_SWAP,	 /* entries became swap entries */
	TLB_SPLIT,	 /* a leaf of 2 MiB was replaced by a table */
	TLB_LAZY_SWITCH, /* a CPU returns to an mm that changed meanwhile */
	NR_TLB_REASONS
};

extern const char *const tlb_reason_names[NR_TLB_REASONS]; /* "unmap" ... */

/* In mm_struct. */
struct mm_tlb {
	u64 tlb_gen; /* (a) flushes asked for so far */
	u64 cpus;    /* (a) CPUs that may remember entries of it */
	u64 ctx_id;  /* (c) never used again by another mm */
	u32 gathers; /* (a) between tlb_gather_mmu() and tlb_finish_mmu() */
};

void flush_tlb_range(struct mm_struct *mm, vaddr_t start, vaddr_t end,
		     enum tlb_flush_reason reason);
void flush_tlb_page(struct mm_struct *mm, vaddr_t addr,
		    enum tlb_flush_reason reason);
void flush_tlb_mm(struct mm_struct *mm, enum tlb_flush_reason reason);

/*
 * Many pages of many address spaces, one flush: the set says what was cleared
 * without a flush, try_to_unmap_flush() makes up for all of it. (Migration.)
 */
struct tlb_batch {
	u64 cpus;
	u32 nr;
	enum tlb_flush_reason reason;
};
/* nr entries of mm were cleared, the last one before this. */
void tlb_batch_add(struct tlb_batch *batch, struct mm_struct *mm, u32 nr);
void tlb_batch_flush(struct tlb_batch *batch);

#define TLB_BATCH_PAGES 512

struct mmu_gather {
	struct mm_struct *mm;
	enum tlb_flush_reason reason;
	bool fullmm;	   /* exit: nobody runs it any more */
	bool freed_tables; /* lazy CPUs must be told, too */
	vaddr_t start, end;
	u32 nr, max;
	struct page **pages;
	struct page *local[32]; /* when there is no page for the batch */
};

void tlb_gather_mmu(struct mmu_gather *tlb, struct mm_struct *mm,
		    enum tlb_flush_reason reason);
/* Exit: no thread runs mm any more. CPUs that have it loaded leave it now, so
 * nothing has to be flushed afterwards. */
void tlb_gather_mmu_fullmm(struct mmu_gather *tlb, struct mm_struct *mm);

/* An entry for addr was cleared; the range grows. */
static inline void tlb_note_entry(struct mmu_gather *tlb, vaddr_t addr)
{
	tlb->start = min(tlb->start, addr);
	tlb->end = max(tlb->end, addr + PAGE_SIZE);
}

bool tlb_grow(struct mmu_gather *tlb); /* false: full it is */

/* Drop a reference after the flush; true: full, call tlb_flush_mmu() before
 * the next one (outside the page-table lock). */
static inline bool tlb_remove_page(struct mmu_gather *tlb, struct page *page)
{
	tlb->pages[tlb->nr++] = page;
	return unlikely(tlb->nr == tlb->max) && !tlb_grow(tlb);
}

static inline bool tlb_is_full(const struct mmu_gather *tlb)
{
	return tlb->nr == tlb->max;
}

/* A page table that nothing refers to any more; flushes if there is no room. */
void tlb_remove_table(struct mmu_gather *tlb, struct page *table);
void tlb_flush_mmu(struct mmu_gather *tlb);
void tlb_finish_mmu(struct mmu_gather *tlb);
/* Is there anything cleared that isn't flushed yet? Who relies on an entry's
 * absence without gathering itself must flush then. */
bool tlb_gathers_pending(const struct mm_struct *mm);

/* /proc/tangram/tlb: by reason, flushes, IPIs sent, CPUs skipped as lazy. */
struct tlb_stats {
	u64 flushes[NR_TLB_REASONS];
	u64 skipped[NR_TLB_REASONS]; /* by debug=tlb_skip: */
	u64 ipis;		     /* CPUs interrupted */
	u64 full;		     /* flushes of a whole address space */
	u64 pages; /* that gathers dropped after their flush */
};
void tlb_get_stats(struct tlb_stats *stats);
int tlb_param_skip(const char *reason); /* debug=tlb_skip:REASON; -EINVAL */

extern u32 tlb_skip_mask; /* by reason; tests set it, too */
/* Is a flush for this reason to be dropped? Counts it if so. */
bool tlb_reason_skipped(enum tlb_flush_reason reason);
void tlb_count_flush(enum tlb_flush_reason reason);
/* The reason dropped last; NR_TLB_REASONS: none was. */
enum tlb_flush_reason tlb_last_skipped(void);
