/* SPDX-License-Identifier: MIT */
/*
 * include/arch/mmu.h - loading address spaces, flushing them on all CPUs
 *
 * Who has what loaded and how far it has flushed it is the same on all ports:
 * mm/mmu.c, which stands on the few words at the end that a port gives.
 *
 * Units    CPU masks; bytes, page-aligned
 * Locks    switch_mm(): interrupts off, inside the run queue's lock
 * Context  flushing: thread, interrupts on, no class I lock
 * Errors   none
 * Owns     each CPU's loaded address space and how far it has flushed it
 * Keeps    a CPU whose bit is not in mm->tlb.cpus has no entry of mm
 *
 * The upper half of every pgd is the kernel's and the same in all: the port
 * fills all of its entries before the first process.
 */
#pragma once

#include <kernel/types.h>
#include <arch/pgtable.h>

struct mm_struct;

/* Fill the kernel half of a new pgd; nobody has flushed mm yet. */
void arch_mm_init(struct mm_struct *mm);

/*
 * The CPU goes on with next's tables. NULL: a kernel thread, which stays on
 * what is loaded (lazy) and touches no user address.
 */
void switch_mm(struct mm_struct *next);
/* What is loaded here; NULL: only the kernel's own tables. Preemption off. */
struct mm_struct *loaded_mm(void);
/*
 * May that CPU remember what mm's tables no longer say, and rightly so? It is
 * lazy, leaves mm or has not caught up yet. For checks; a moment later it may
 * be otherwise, but only if it flushes before.
 */
bool arch_cpu_is_behind(u32 cpu, const struct mm_struct *mm);
/* mm is about to be freed: CPUs that have it loaded leave it; awaited. */
void arch_mm_leave(struct mm_struct *mm);

/*
 * Forget [start, end) of mm on every CPU that may know it; awaited. end ==
 * TASK_SIZE and start == 0: all of it. freed_tables: upper levels, too, and
 * lazy CPUs as well. Returns how many CPUs were interrupted.
 */
u32 arch_flush_tlb_mm(struct mm_struct *mm, vaddr_t start, vaddr_t end,
		      bool freed_tables);
/* Everything of users, on these CPUs; awaited. */
u32 arch_flush_tlb_cpus(u64 cpus);

/* --- what a port gives; this CPU only, interrupts off --- */

void arch_pgd_init(pte_t *pgd); /* fill the kernel half */
/* Go on with these tables (0: the kernel's); all of users is forgotten. */
void arch_load_pgd(paddr_t pgd);
/* Forget one page, and what is remembered of upper levels. */
void arch_flush_tlb_page(vaddr_t addr);

/*
 * For tests: the word at a user's address as this CPU's MMU gives it now, with
 * the rights of ring 3 as far as ring 0 has them; no fault is handled. False:
 * it would be one.
 */
bool arch_user_peek(vaddr_t addr, u64 *value);
bool arch_user_poke(vaddr_t addr, u64 value);

/*
 * A frame is about to become free: the host asserts that no simulated TLB
 * names it. On a real CPU nobody can look.
 */
#include <asm/mmu.h>
