/* SPDX-License-Identifier: MIT */
/*
 * include/mm/fault.h - page faults of users, unmapping, copying for fork
 *
 * Units    bytes; pages for counts
 * Locks    mmap lock (read) held by who calls handle_mm_fault(); page-table
 *          locks inside
 * Context  thread; may sleep
 * Errors   VM_FAULT_* bits
 * Owns     which page stands behind an address
 * Keeps    page_table_check(mm) == 0
 */
#pragma once

#include <mm/mm_struct.h>
#include <mm/page.h>
#include <arch/hooks.h> /* FAULT_FLAG_* */

struct address_space;

#define VM_FAULT_OOM	 0x1u
#define VM_FAULT_SIGBUS	 0x2u
#define VM_FAULT_MAJOR	 0x4u
#define VM_FAULT_SIGSEGV 0x8u
#define VM_FAULT_RETRY \
	0x10u /* the mmap lock was let go: look the VMA up again */
#define VM_FAULT_ERROR (VM_FAULT_OOM | VM_FAULT_SIGBUS | VM_FAULT_SIGSEGV)

/* What a fault carries along. */
struct vm_fault {
	struct vm_area_struct *vma;
	vaddr_t address; /* page-aligned */
	u64 pgoff;
	u32 flags;	/* FAULT_FLAG_* */
	pte_t orig_pte; /* as it was found */
	pte_t *pte;	/* changed under ptl */
	struct spinlock *ptl;
	struct page *page; /* what vm_ops->fault() gave */
};

/* One fault on a VMA that covers addr and allows the access. */
u32 handle_mm_fault(struct vm_area_struct *vma, vaddr_t addr, u32 flags);

/* Why do_user_fault() gave up. */
struct fault_error {
	int signo;		    /* SIGSEGV or SIGBUS; 0: out of memory */
	int code;		    /* SEGV_MAPERR, SEGV_ACCERR, BUS_ADRERR */
	struct vm_area_struct *vma; /* only to be named; NULL: none covers addr */
};

/*
 * All of it: takes the mmap lock, finds the VMA, grows the stack, checks the
 * access, retries. 0, or -EFAULT with *error filled, or -ENOMEM.
 */
int do_user_fault(struct mm_struct *mm, vaddr_t addr, u32 flags,
		  struct fault_error *error);

/*
 * Pages of [addr, addr + nr pages), faulted in, each with a reference and
 * (FOLL_PIN) a pin; how many, or -errno for the first. mmap lock (read) held.
 */
#define FOLL_WRITE 0x1u
#define FOLL_PIN   0x2u
s64 get_user_pages(struct mm_struct *mm, vaddr_t addr, u64 nr, u32 flags,
		   struct page **pages);
/* The page at addr now, no fault; NULL. A reference is taken. */
struct page *follow_page(struct vm_area_struct *vma, vaddr_t addr);

/* --- unmapping, mm/zap.c; mmap lock or rmap lock held --- */

/* Clear entries of [start, end) of vma, drop rmap and references by tlb. */
void unmap_page_range(struct mmu_gather *tlb, struct vm_area_struct *vma,
		      vaddr_t start, vaddr_t end);
/* With its own gather. MADV_DONTNEED. */
void zap_page_range(struct vm_area_struct *vma, vaddr_t start, u64 size);
/* Every mapping of these pages of a file (truncate): even_cows private ones, too. */
void unmap_mapping_range(struct address_space *mapping, u64 pgoff, u64 nr,
			 bool even_cows);
/* Exit: all VMAs, all tables. Nobody runs mm any more. */
void exit_mmap(struct mm_struct *mm);

/* --- protection and moving --- */

/* Entries of [start, end) get the VMA's new protection; pages changed. */
u64 change_protection(struct vm_area_struct *vma, vaddr_t start, vaddr_t end,
		      u64 new_prot);
/* Move entries from old to new; returns bytes moved (less: out of memory). */
u64 move_page_tables(struct vm_area_struct *vma, vaddr_t old_addr,
		     struct vm_area_struct *new_vma, vaddr_t new_addr, u64 len);
/* fork: dst's tables for src's VMA; the caller flushes src once. -ENOMEM. */
int copy_page_range(struct vm_area_struct *dst, struct vm_area_struct *src);

/* Shown wherever nothing has been written; PG_reserved, counted nowhere. */
extern struct page *zero_page;
int fault_init(void);
