/* SPDX-License-Identifier: MIT */
/*
 * include/arch/mmu.h - loading address spaces, flushing them on all CPUs
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

struct mm_struct;

/* Fill the kernel half of a new pgd. */
void arch_mm_init(struct mm_struct *mm);

/*
 * The CPU goes on with next's tables. NULL: a kernel thread, which stays on
 * what is loaded (lazy) and touches no user address.
 */
void switch_mm(struct mm_struct *next);
/* What is loaded here; NULL: only the kernel's own tables. Preemption off. */
struct mm_struct *loaded_mm(void);
/* mm is about to be freed: CPUs that have it loaded lazily leave it; awaited. */
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
