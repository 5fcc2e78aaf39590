// SPDX-License-Identifier: MIT
/*
 * mm/mmu.c - which CPU has which address space loaded, and who must be told
 *
 *	flusher, CPU 0                        CPU 1, runs mm
 *	clear the entry
 *	gen = ++mm->tlb_gen   (7)             remembers: flushed up to 6
 *	who is in mm->cpus, and not lazy? --► call: forget [start, end), 7
 *	wait                                  6 + 1 == 7: one page after the other
 *	  ◄---------------------------------- flushed up to 7
 *
 * A CPU that finds itself further behind than by one forgets everything and is
 * up to date at once; requests that it then gets for older generations are
 * done already. That is all that the numbers are for: to do less.
 *
 * Three states of a CPU in mm->cpus:
 *	active	 runs a thread of mm: told of everything
 *	lazy	 runs a kernel thread on mm's tables, which it had loaded before.
 *		 It uses no user address: told of freed tables only (it may look
 *		 at tables on its own account), else it compares the numbers when
 *		 a thread of mm comes back
 *	gone	 loading other tables forgets everything of users; its bit goes
 *
 * Neither side may miss the other: who comes back writes `lazy = false`, then
 * reads tlb_gen; who flushes adds to tlb_gen, then reads `lazy`. With a full
 * fence in between on both sides at least one sees the other's write. The
 * same holds for the bit in mm->cpus.
 *
 * A lazy CPU holds no reference. Who frees an address space makes those CPUs
 * leave it first: nobody pays for it at a switch.
 *
 * There is no PCID here: QEMU's TCG hasn't any, and so a load forgets
 * everything of users. With it, a CPU would keep some address spaces'
 * entries and a generation for each. Source: Linux's arch/x86/mm/tlb.c.
 */
#include <kernel/bitops.h>
#include <kernel/preempt.h>
#include <kernel/smp.h>
#include <mm/mm_struct.h>
#include <arch/mmu.h>

/* From here on forgetting everything is cheaper; Linux's limit. */
#define MAX_SINGLE_PAGES 33

/* Written by its CPU with interrupts off; `lazy` is read by others. */
struct mmu_cpu {
	struct mm_struct *mm; /* loaded; NULL: the kernel's tables */
	u64 tlb_gen;	      /* mm's flushes up to here are done */
	bool lazy;
};

static DEFINE_PER_CPU(struct mmu_cpu, mmu_cpus);

static u64 next_ctx_id = 1;

void arch_mm_init(struct mm_struct *mm)
{
	arch_pgd_init(mm->pgd);
	mm->tlb.tlb_gen = 1;
	mm->tlb.cpus = 0;
	mm->tlb.ctx_id = __atomic_fetch_add(&next_ctx_id, 1, __ATOMIC_RELAXED);
}

struct mm_struct *loaded_mm(void)
{
	return this_cpu_ptr(&mmu_cpus)->mm;
}

/* --- loading --- */

static u64 cpu_bit(void)
{
	return 1UL << smp_processor_id();
}

static u64 current_gen(const struct mm_struct *mm)
{
	return __atomic_load_n(&mm->tlb.tlb_gen, __ATOMIC_SEQ_CST);
}

/* What is up to date before the load is so after it: nothing is kept. */
static void forget_all(struct mmu_cpu *c)
{
	u64 gen = current_gen(c->mm);

	arch_load_pgd(c->mm->pgd_phys);
	WRITE_ONCE(c->tlb_gen, gen); /* not before: arch_cpu_is_behind() */
}

static void come_back(struct mmu_cpu *c)
{
	(void)__atomic_exchange_n(&c->lazy, false, __ATOMIC_SEQ_CST);
	if (c->tlb_gen == current_gen(c->mm))
		return;
	if (tlb_reason_skipped(TLB_LAZY_SWITCH)) {
		c->tlb_gen = current_gen(c->mm);
		return;
	}
	tlb_count_flush(TLB_LAZY_SWITCH);
	forget_all(c);
}

static void leave(struct mmu_cpu *c)
{
	struct mm_struct *mm = c->mm;

	WRITE_ONCE(c->mm, NULL);
	WRITE_ONCE(c->lazy, false);
	arch_load_pgd(0);
	__atomic_and_fetch(&mm->tlb.cpus, ~cpu_bit(), __ATOMIC_RELEASE);
}

static void load(struct mmu_cpu *c, struct mm_struct *next)
{
	struct mm_struct *prev = c->mm;

	/* In this order: who sees the bit must not see the old laziness. */
	WRITE_ONCE(c->lazy, false);
	__atomic_or_fetch(&next->tlb.cpus, cpu_bit(), __ATOMIC_SEQ_CST);
	WRITE_ONCE(c->mm, next);
	forget_all(c);
	if (prev)
		__atomic_and_fetch(&prev->tlb.cpus, ~cpu_bit(),
				   __ATOMIC_RELEASE);
}

void switch_mm(struct mm_struct *next)
{
	struct mmu_cpu *c = this_cpu_ptr(&mmu_cpus);

	/* Who finds it lazy, and doesn't call, sees what its user has written. */
	if (!next)
		__atomic_store_n(&c->lazy, c->mm != NULL, __ATOMIC_RELEASE);
	else if (c->mm != next)
		load(c, next);
	else if (c->lazy)
		come_back(c);
}

/*
 * In this order: while it still has mm loaded, what it said it had flushed was
 * about mm.
 */
bool arch_cpu_is_behind(u32 cpu, const struct mm_struct *mm)
{
	const struct mmu_cpu *c = per_cpu_ptr(&mmu_cpus, cpu);
	bool lazy = __atomic_load_n(&c->lazy, __ATOMIC_SEQ_CST);
	u64 gen = __atomic_load_n(&c->tlb_gen, __ATOMIC_SEQ_CST);

	return lazy || __atomic_load_n(&c->mm, __ATOMIC_SEQ_CST) != mm ||
	       gen < current_gen(mm);
}

/* --- flushing --- */

struct flush {
	struct mm_struct *mm;
	vaddr_t start, end;
	u64 gen;
	bool freed_tables;
};

static void forget_range(const struct flush *f)
{
	for (vaddr_t addr = f->start; addr < f->end; addr += PAGE_SIZE)
		arch_flush_tlb_page(addr);
}

/* On every CPU that may know something; interrupts off. */
static void flush_here(void *info)
{
	struct mmu_cpu *c = this_cpu_ptr(&mmu_cpus);
	const struct flush *f = info;

	if (c->mm != f->mm)
		return; /* it has loaded another one since */
	if (c->lazy) {
		if (f->freed_tables)
			leave(c);
		return;
	}
	if (c->tlb_gen >= f->gen)
		return;
	if (c->tlb_gen + 1 == f->gen &&
	    f->end - f->start <= MAX_SINGLE_PAGES * PAGE_SIZE) {
		forget_range(f);
		WRITE_ONCE(c->tlb_gen, f->gen);
	} else {
		forget_all(c);
	}
}

/* Those of the mask that run what they have loaded. */
static u64 without_lazy(u64 cpus)
{
	u64 active = 0;

	for (u64 rest = cpus; rest; rest &= rest - 1) {
		u32 cpu = (u32)__builtin_ctzl(rest);

		if (!__atomic_load_n(&per_cpu_ptr(&mmu_cpus, cpu)->lazy,
				     __ATOMIC_SEQ_CST))
			active |= 1UL << cpu;
	}
	return active;
}

static u32 call_cpus(u64 cpus, smp_call_func_t fn, void *info)
{
	u64 others = cpus & ~cpu_bit();

	if (cpus & cpu_bit()) {
		u64 flags = arch_irq_save();

		fn(info);
		arch_irq_restore(flags);
	}
	if (others)
		smp_call_function_many(others, fn, info, true);
	return hweight64(others);
}

u32 arch_flush_tlb_mm(struct mm_struct *mm, vaddr_t start, vaddr_t end,
		      bool freed_tables)
{
	struct flush f = { mm, start, end, 0, freed_tables };
	u64 cpus;
	u32 nr;

	preempt_disable();
	f.gen = __atomic_add_fetch(&mm->tlb.tlb_gen, 1, __ATOMIC_SEQ_CST);
	cpus = __atomic_load_n(&mm->tlb.cpus, __ATOMIC_SEQ_CST);
	if (!freed_tables)
		cpus = without_lazy(cpus);
	nr = call_cpus(cpus, flush_here, &f);
	preempt_enable();
	return nr;
}

static void flush_all_here(void *info __unused)
{
	struct mmu_cpu *c = this_cpu_ptr(&mmu_cpus);

	if (c->mm && !c->lazy)
		forget_all(c);
}

u32 arch_flush_tlb_cpus(u64 cpus)
{
	u32 nr;

	preempt_disable();
	nr = call_cpus(without_lazy(cpus), flush_all_here, NULL);
	preempt_enable();
	return nr;
}

static void leave_here(void *mm)
{
	struct mmu_cpu *c = this_cpu_ptr(&mmu_cpus);

	if (c->mm == mm)
		leave(c);
}

void arch_mm_leave(struct mm_struct *mm)
{
	preempt_disable();
	call_cpus(__atomic_load_n(&mm->tlb.cpus, __ATOMIC_SEQ_CST), leave_here,
		  mm);
	preempt_enable();
}
