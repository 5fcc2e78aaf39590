/* SPDX-License-Identifier: MIT */
/*
 * include/arch/pgtable.h - entries of a user's page tables
 *
 *	 63   62..52        51..12        11 10  9   8 7 6 5 4 3 2 1 0
 *	 NX   software      frame         -  - SPC  G S D A - - U W P
 *
 * Both ports use x86-64's format with four levels: the kernel's CPU walks it,
 * the host's software MMU (arch/host/mmu.c) walks the very same tables.
 *
 *	level 4 PGD  3 PUD  2 PMD  1 PTE
 *
 * A non-present entry that isn't 0 is a "swap entry": its type says what.
 *
 *	 63..59 type   58..12 offset (a pfn)   11..1 flags   0: P = 0
 *
 * Units    virtual addresses below TASK_SIZE; pfn
 * Locks    an entry of a PTE table: the table's page-table lock. Upper
 *          entries: mm->page_table_lock to link, nothing to read while the
 *          table can't go (mmap lock, or an rmap lock of the VMA, held)
 * Context  any
 * Errors   none
 * Owns     nothing; mm/pgtable.c owns the tables
 *
 * The CPU sets accessed and dirty by itself at any time while an entry is
 * present: so a present entry is only changed by ptep_get_and_clear(),
 * ptep_set_wrprotect() and their like, which are atomic.
 * Source: SDM volume 3, section 4.5.
 */
#pragma once

#include <kernel/types.h>

typedef struct {
	u64 val;
} pte_t;

#define _PAGE_PRESENT  (1UL << 0)
#define _PAGE_RW       (1UL << 1)
#define _PAGE_USER     (1UL << 2)
#define _PAGE_ACCESSED (1UL << 5)
#define _PAGE_DIRTY    (1UL << 6)
#define _PAGE_PSE      (1UL << 7) /* a leaf of 2 MiB, in a PMD */
#define _PAGE_SPECIAL  (1UL << 9) /* software: no page record counts it */
#define _PAGE_NX       (1UL << 63)
#define _PAGE_PFN_MASK 0x000ffffffffff000UL
#define _PAGE_TABLE \
	(_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED | _PAGE_DIRTY)

#define PTRS_PER_TABLE 512
#define PMD_SHIFT      21
#define PUD_SHIFT      30
#define PGDIR_SHIFT    39
#define PMD_SIZE       (1UL << PMD_SHIFT)
#define PMD_MASK       (~(PMD_SIZE - 1))
#define TASK_SIZE      0x00007ffffffff000UL /* one page less than the half */

static inline u32 table_index(vaddr_t addr, u32 level)
{
	return addr >> (PAGE_SHIFT + 9 * (level - 1)) & (PTRS_PER_TABLE - 1);
}

static inline pte_t __pte(u64 val)
{
	return (pte_t){ val };
}

static inline pte_t pfn_pte(pfn_t pfn, u64 prot)
{
	return __pte(pfn << PAGE_SHIFT | prot);
}

static inline pfn_t pte_pfn(pte_t pte)
{
	return (pte.val & _PAGE_PFN_MASK) >> PAGE_SHIFT;
}

static inline bool pte_none(pte_t pte)
{
	return !pte.val;
}

static inline bool pte_present(pte_t pte)
{
	return pte.val & _PAGE_PRESENT;
}

static inline bool pte_write(pte_t pte)
{
	return pte.val & _PAGE_RW;
}

static inline bool pte_dirty(pte_t pte)
{
	return pte.val & _PAGE_DIRTY;
}

static inline bool pte_young(pte_t pte)
{
	return pte.val & _PAGE_ACCESSED;
}

static inline bool pte_special(pte_t pte)
{
	return pte.val & _PAGE_SPECIAL;
}

static inline bool pte_huge(pte_t pte)
{
	return (pte.val & (_PAGE_PRESENT | _PAGE_PSE)) ==
	       (_PAGE_PRESENT | _PAGE_PSE);
}

static inline pte_t pte_mkwrite(pte_t pte)
{
	return __pte(pte.val | _PAGE_RW);
}

static inline pte_t pte_wrprotect(pte_t pte)
{
	return __pte(pte.val & ~_PAGE_RW);
}

static inline pte_t pte_mkdirty(pte_t pte)
{
	return __pte(pte.val | _PAGE_DIRTY);
}

static inline pte_t pte_mkclean(pte_t pte)
{
	return __pte(pte.val & ~_PAGE_DIRTY);
}

static inline pte_t pte_mkyoung(pte_t pte)
{
	return __pte(pte.val | _PAGE_ACCESSED);
}

static inline pte_t pte_mkold(pte_t pte)
{
	return __pte(pte.val & ~_PAGE_ACCESSED);
}

static inline pte_t ptep_get(const pte_t *ptep)
{
	return __pte(__atomic_load_n(&ptep->val, __ATOMIC_RELAXED));
}

/* Nothing was there that the CPU could change meanwhile. */
static inline void set_pte(pte_t *ptep, pte_t pte)
{
	__atomic_store_n(&ptep->val, pte.val, __ATOMIC_RELEASE);
}

static inline pte_t ptep_get_and_clear(pte_t *ptep)
{
	return __pte(__atomic_exchange_n(&ptep->val, 0, __ATOMIC_ACQ_REL));
}

/*
 * new takes the place of *old; false: the CPU has set a bit since *old was
 * read, and *old is what is there now.
 */
static inline bool ptep_try_replace(pte_t *ptep, pte_t *old, pte_t new)
{
	return __atomic_compare_exchange_n(&ptep->val, &old->val, new.val, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static inline void ptep_set_wrprotect(pte_t *ptep)
{
	__atomic_and_fetch(&ptep->val, ~_PAGE_RW, __ATOMIC_ACQ_REL);
}

static inline bool ptep_test_and_clear_young(pte_t *ptep)
{
	return __atomic_fetch_and(&ptep->val, ~_PAGE_ACCESSED, __ATOMIC_ACQ_REL) &
	       _PAGE_ACCESSED;
}

/* --- entries that aren't present --- */

enum swap_type {
	SWP_NONE,
	SWP_MIGRATION_READ,
	SWP_MIGRATION_READ_EXCLUSIVE,
	SWP_MIGRATION_WRITE,
	SWP_PROT_NONE, /* a page that is there, but may not be touched */
	SWP_TAKEN,     /* a huge page that its owner took back: no page */
	NR_SWAP_TYPES
};

#define SWP_TYPE_SHIFT 59
#define SWP_YOUNG      (1UL << 1)
#define SWP_DIRTY      (1UL << 2)
#define SWP_WRITE      (1UL << 3) /* of SWP_PROT_NONE: mapped writable before */

static inline enum swap_type pte_swap_type(pte_t pte)
{
	return (enum swap_type)(pte.val >> SWP_TYPE_SHIFT);
}

static inline bool is_swap_pte(pte_t pte)
{
	return pte.val && !(pte.val & _PAGE_PRESENT);
}

static inline pte_t swp_pte(enum swap_type type, pfn_t pfn, u64 flags)
{
	return __pte((u64)type << SWP_TYPE_SHIFT | pfn << PAGE_SHIFT | flags);
}

static inline bool is_migration_pte(pte_t pte)
{
	return is_swap_pte(pte) && pte_swap_type(pte) >= SWP_MIGRATION_READ &&
	       pte_swap_type(pte) <= SWP_MIGRATION_WRITE;
}

static inline bool is_taken_pte(pte_t pte)
{
	return is_swap_pte(pte) && pte_swap_type(pte) == SWP_TAKEN;
}
