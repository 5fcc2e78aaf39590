// SPDX-License-Identifier: MIT
/*
 * mm/fork.c - a copy of an address space, paid for when it is written to
 *
 *	for each area that is copied:
 *	    a record for the child, chained to the parent's anon_vmas
 *	    into the child's tree and the file's
 *	    entries: private writable ones become read-only in both
 *	one flush of the parent, which may still write through what it remembers
 *
 * The child's area is in the reverse maps before its entries are: who walks
 * them meanwhile finds either the parent's entry only, or both. A pinned page
 * that its owner has alone is copied for the child at once, so that the parent
 * keeps the page that is pinned.
 *
 * What can be read again from a file is not copied.
 */
#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/point.h>
#include <kernel/string.h>
#include <mm/fault.h>
#include <mm/filemap.h>
#include <mm/hugetlb.h>
#include <mm/lru.h>
#include <mm/page_ref.h>
#include <mm/pgtable.h>
#include <mm/rmap.h>
#include <mm/tlb.h>

#include "fault_internal.h"

struct fork_copy {
	struct vm_area_struct *dst, *src;
	bool cow;
	struct page *spare; /* for a pinned page; NULL: none at hand */
	s64 rss[NR_MM_COUNTERS];
	s32 made; /* entries of the table at hand */
};

/* --- one entry; both locks held --- */

/* Neither may write now; nor later, when an area without access gets some. */
static void protect_source(pte_t *ptep, pte_t *pte)
{
	if (unlikely(!pte_present(*pte))) {
		*pte = __pte(pte->val & ~SWP_WRITE);
		set_pte(ptep, *pte);
	} else if (pte_write(*pte)) {
		ptep_set_wrprotect(ptep);
		*pte = pte_wrprotect(*pte);
	}
}

/* Accessed by nobody through this entry yet; nor, of a file, changed. */
static pte_t child_entry(const struct fork_copy *fork, pte_t pte)
{
	if (unlikely(!pte_present(pte)))
		return __pte(pte.val & ~SWP_YOUNG);
	return pte_mkold(fork->cow ? pte : pte_mkclean(pte));
}

/* What leads to the child's own copy of the page behind pte. */
static pte_t copied_entry(const struct fork_copy *fork, pte_t pte,
			  const struct page *copy)
{
	pte_t entry;

	/* In an area without access no entry is present. */
	if (!pte_present(pte))
		return swp_pte(SWP_PROT_NONE, page_to_pfn(copy),
			       pte.val & (SWP_YOUNG | SWP_DIRTY));
	entry = pfn_pte(page_to_pfn(copy), fork->dst->vm_page_prot);
	if (fork->dst->vm_flags & VM_WRITE)
		entry = pte_mkwrite(pte_mkdirty(entry));
	return pte_mkyoung(entry);
}

/* The child gets its own: false, there is no page for it at hand. */
static bool copy_pinned(struct fork_copy *fork, struct page *page, pte_t *dst,
			pte_t pte, vaddr_t addr)
{
	struct page *copy = fork->spare;

	if (!copy)
		return false;
	fork->spare = NULL;
	memcpy(page_address(copy), page_address(page), PAGE_SIZE);
	page_add_new_anon_rmap(copy, fork->dst, addr);
	lru_cache_add(copy);
	set_pte(dst, copied_entry(fork, pte, copy));
	fork->rss[MM_ANONPAGES]++;
	return true;
}

static bool copy_page_entry(struct fork_copy *fork, pte_t *src, pte_t *dst,
			    pte_t pte, vaddr_t addr)
{
	struct page *page = vm_normal_page(pte);

	if (likely(page && PageAnon(page))) {
		if (unlikely(!page_try_dup_anon_rmap(page)))
			return copy_pinned(fork, page, dst, pte, addr);
		fork->rss[MM_ANONPAGES]++;
	} else if (page) {
		get_page(page);
		page_add_file_rmap(page, fork->dst);
		fork->rss[mm_counter_file(page)]++;
	}
	if (fork->cow)
		protect_source(src, &pte);
	set_pte(dst, child_entry(fork, pte));
	return true;
}

/* Whoever resumes it finds the entries of both. */
static void copy_migration_entry(struct fork_copy *fork, pte_t *src, pte_t *dst,
				 pte_t pte)
{
	POINT(migration_entry_copied, pte.val);
	if (fork->cow && pte_swap_type(pte) != SWP_MIGRATION_READ) {
		pte = swp_pte(SWP_MIGRATION_READ, pte_pfn(pte),
			      pte.val & (SWP_YOUNG | SWP_DIRTY));
		set_pte(src, pte);
	}
	set_pte(dst, pte);
	fork->rss[mm_counter(pfn_to_page(pte_pfn(pte)))]++;
}

static bool copy_entry(struct fork_copy *fork, pte_t *src, pte_t *dst,
		       vaddr_t addr)
{
	pte_t pte = ptep_get(src);

	if (pte_none(pte))
		return true;
	if (unlikely(is_migration_pte(pte)))
		copy_migration_entry(fork, src, dst, pte);
	else if (unlikely(!copy_page_entry(fork, src, dst, pte, addr)))
		return false;
	fork->made++;
	return true;
}

/* --- one table --- */

/* Returns where it stopped: before a pinned page, or the end. */
static vaddr_t copy_table(struct fork_copy *fork, pte_t *src_pmd,
			  pte_t *dst_pmd, vaddr_t addr, vaddr_t end)
{
	struct page *src_table = pmd_page(ptep_get(src_pmd));
	struct page *dst_table = pmd_page(ptep_get(dst_pmd));
	pte_t *src = (pte_t *)page_address(src_table) + table_index(addr, 1);
	pte_t *dst = (pte_t *)page_address(dst_table) + table_index(addr, 1);

	fork->made = 0;
	spin_lock(ptlock_of(src_table));
	spin_lock_nested(ptlock_of(dst_table)); /* the parent's first */
	for (; addr < end; addr += PAGE_SIZE)
		if (!copy_entry(fork, src++, dst++, addr))
			break;
	if (fork->made)
		pte_table_count(page_address(dst_table), fork->made);
	spin_unlock(ptlock_of(dst_table));
	spin_unlock(ptlock_of(src_table));
	return addr;
}

static int copy_one_table(struct fork_copy *fork, pte_t *src_pmd, vaddr_t addr,
			  vaddr_t end)
{
	struct mm_struct *mm = fork->dst->vm_mm;
	pte_t *dst_pmd = pmd_alloc(mm, addr);

	if (!dst_pmd || pte_alloc(mm, dst_pmd, addr))
		return -ENOMEM;
	while ((addr = copy_table(fork, src_pmd, dst_pmd, addr, end)) < end) {
		fork->spare =
			alloc_page_vma(GFP_HIGHUSER_MOVABLE, fork->dst, addr);
		if (!fork->spare)
			return -ENOMEM;
	}
	return 0;
}

static bool needs_copy(const struct vm_area_struct *src)
{
	return vma_is_anonymous(src) || src->anon_vma;
}

int copy_page_range(struct vm_area_struct *dst, struct vm_area_struct *src)
{
	struct fork_copy fork = { .dst = dst,
				  .src = src,
				  .cow = is_cow_mapping(src->vm_flags) };
	vaddr_t addr = src->vm_start;
	pte_t *pmd;
	int err = 0;

	if (is_vm_hugetlb(src))
		return hugetlb_copy_range(dst, src);
	if (!needs_copy(src))
		return 0;
	while (!err && (pmd = next_pmd(src->vm_mm, &addr, src->vm_end))) {
		vaddr_t next =
			min(ALIGN_DOWN(addr, PMD_SIZE) + PMD_SIZE, src->vm_end);

		err = copy_one_table(&fork, pmd, addr, next);
		addr = next;
	}
	if (fork.spare) /* the pin was gone when it came to it */
		put_page(fork.spare);
	for (u32 i = 0; i < NR_MM_COUNTERS; i++)
		if (fork.rss[i])
			add_mm_counter(dst->vm_mm, (enum mm_counter)i,
				       fork.rss[i]);
	return err;
}

/* --- all areas --- */

static int copy_area(struct mm_struct *mm, struct vm_area_struct *src)
{
	struct vm_area_struct *vma = vm_area_dup(src);

	if (!vma)
		return -ENOMEM;
	vma->vm_mm = mm;
	vma->vm_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
	if (src->vm_flags & VM_WIPEONFORK)
		vma->anon_vma = NULL;
	else if (anon_vma_fork(vma, src)) {
		vm_area_free(vma);
		return -ENOMEM;
	}
	if (vma->vm_ops && vma->vm_ops->open)
		vma->vm_ops->open(vma);
	vma_link(mm, vma);
	vm_stat_account(mm, vma->vm_flags, (s64)vma_pages(vma));
	POINT(fork_area_linked, vma->vm_start, vma->vm_end);
	if (src->vm_flags & VM_WIPEONFORK)
		return 0;
	return copy_page_range(vma, src);
}

static void copy_limits(struct mm_struct *mm, const struct mm_struct *old)
{
	mm->mmap_base = old->mmap_base;
	mm->start_code = old->start_code;
	mm->end_code = old->end_code;
	mm->start_data = old->start_data;
	mm->end_data = old->end_data;
	mm->start_brk = old->start_brk;
	mm->brk = old->brk;
	mm->start_stack = old->start_stack;
	mm->arg_start = old->arg_start;
	mm->arg_end = old->arg_end;
	mm->env_start = old->env_start;
	mm->env_end = old->env_end;
	mm->rlimit_as = old->rlimit_as;
	mm->rlimit_stack = old->rlimit_stack;
	mm->rlimit_data = old->rlimit_data;
	mm->rlimit_memlock = old->rlimit_memlock;
	mm->exe_file = old->exe_file ? get_file(old->exe_file) : NULL;
}

/*
 * The child's own mmap lock is not taken: nobody finds it by its process yet,
 * and who comes by the reverse maps uses the page-table locks.
 */
struct mm_struct *dup_mm(struct mm_struct *oldmm)
{
	struct mm_struct *mm = mm_alloc();
	struct vm_area_struct *vma;
	int err = 0;

	if (!mm)
		return NULL;
	down_write(&oldmm->mmap_lock);
	copy_limits(mm, oldmm);
	for_each_vma(oldmm, vma) {
		if (vma->vm_flags & VM_DONTCOPY)
			continue;
		err = copy_area(mm, vma);
		if (err)
			break;
	}
	flush_tlb_mm(oldmm, TLB_FORK);
	up_write(&oldmm->mmap_lock);
	if (!err)
		return mm;
	mmput(mm);
	return NULL;
}
