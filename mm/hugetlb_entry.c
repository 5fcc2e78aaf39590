// SPDX-License-Identifier: MIT
/*
 * mm/hugetlb_entry.c - entries of 2 MiB: unmap, copy, protect, move, look
 *
 *	PGD ─► PUD ─► PMD table ─► entry: a leaf (PS set), or, in an area without
 *	                           access, not present with its page in it
 *
 * An area of huge pages begins and ends at 2 MiB, so an entry of a PMD table
 * belongs to it wholly or not at all: a table of PTEs and a leaf never meet,
 * and the walks of small pages step over leaves (next_pmd()).
 *
 * Nothing finds these entries by their page alone: the pages don't move and
 * aren't reclaimed. By their mapping and place others find them, to take a page
 * back (mm/hugetlb_owner.c); such an entry is not present and has no page.
 *
 * Entries change under the lock of their PMD table. Besides, the mmap lock is
 * held, for writing but in faults and MADV_DONTNEED, or, to take a page back,
 * i_mmap.
 */
#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/point.h>
#include <kernel/string.h>
#include <mm/fault.h>
#include <mm/node_stat.h>
#include <mm/page_ref.h>
#include <mm/rmap.h>
#include <mm/tlb.h>

#include "hugetlb_internal.h"
#include "vma_internal.h"

/* --- one entry --- */

pte_t *huge_entry_lock(struct mm_struct *mm, vaddr_t addr, struct spinlock **ptl)
{
	pte_t *entry = pmd_offset(mm, addr);

	*ptl = NULL;
	if (!entry)
		return NULL;
	*ptl = ptlock_of(virt_to_page(entry));
	spin_lock(*ptl);
	return entry;
}

/* The table's count is also changed where tables are linked to it. */
void set_huge_entry(struct mm_struct *mm, pte_t *entry, pte_t value)
{
	spin_lock(&mm->page_table_lock);
	set_pte_at(mm, 0, entry, value);
	spin_unlock(&mm->page_table_lock);
}

static pte_t clear_huge_entry(struct mm_struct *mm, pte_t *entry)
{
	pte_t old;

	spin_lock(&mm->page_table_lock);
	old = ptep_clear(mm, 0, entry);
	spin_unlock(&mm->page_table_lock);
	return old;
}

pte_t huge_entry(const struct vm_area_struct *vma, const struct page *page,
		 bool write)
{
	u64 prot = (vma->vm_page_prot & ~_PAGE_RW) | _PAGE_PSE;
	pte_t entry = pte_mkyoung(pfn_pte(page_to_pfn(page), prot));

	return write ? pte_mkwrite(pte_mkdirty(entry)) : entry;
}

void hugetlb_add_mapping(struct mm_struct *mm, struct page *page)
{
	__atomic_add_fetch(&page->entire_mapcount, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&mm->hugetlb_pages, 1, __ATOMIC_RELAXED);
}

void hugetlb_remove_mapping(struct mm_struct *mm, struct page *page)
{
	s32 left =
		__atomic_sub_fetch(&page->entire_mapcount, 1, __ATOMIC_RELEASE);

	BUG_ON(left < 0);
	__atomic_sub_fetch(&mm->hugetlb_pages, 1, __ATOMIC_RELAXED);
}

/* --- unmap --- */

/* true: the gather is full. */
static bool zap_huge_entry(struct mmu_gather *tlb, vaddr_t addr)
{
	struct spinlock *ptl;
	pte_t *entry = huge_entry_lock(tlb->mm, addr, &ptl);
	struct page *page = NULL;
	bool full = false;

	if (!entry)
		return false;
	if (!pte_none(ptep_get(entry)))
		page = vm_normal_page(clear_huge_entry(tlb->mm, entry));
	if (page) {
		/* Any address of the leaf makes a CPU forget all of it. */
		tlb_note_entry(tlb, addr);
		hugetlb_remove_mapping(tlb->mm, page);
		full = tlb_remove_page(tlb, page);
	}
	spin_unlock(ptl);
	return full;
}

void hugetlb_unmap_range(struct mmu_gather *tlb, vaddr_t start, vaddr_t end)
{
	for (vaddr_t addr = start; addr < end; addr += PMD_SIZE)
		if (zap_huge_entry(tlb, addr))
			tlb_flush_mmu(tlb);
}

/* --- fork --- */

/*
 * Who holds it besides the only entry may go on reading what the owner writes.
 * The parent's mmap lock keeps it that way: a page that is exclusive is neither
 * taken back nor held by one more.
 */
static bool is_held(pte_t entry)
{
	const struct page *page = vm_normal_page(entry);

	return page && page_flag(page, PG_anon_exclusive) &&
	       page_ref_count(page) > 1;
}

static void install(struct vm_area_struct *vma, pte_t *entry, struct page *page,
		    pte_t value)
{
	hugetlb_add_mapping(vma->vm_mm, page);
	set_huge_entry(vma->vm_mm, entry, value);
}

/* As it is at one moment: the parent's other threads may write to it. */
static void copy_still(struct mm_struct *mm, pte_t *entry, vaddr_t addr,
		       struct page *copy, const struct page *page)
{
	bool writable = pte_write(ptep_get(entry));

	if (writable) {
		ptep_set_wrprotect(entry);
		flush_tlb_page(mm, addr, TLB_FORK);
	}
	memcpy(page_address(copy), page_address(page), PMD_SIZE);
	if (writable)
		set_pte(entry, pte_mkwrite(ptep_get(entry)));
}

/* The child gets a page of its own at once. */
static int copy_held(struct vm_area_struct *dst, struct mm_struct *mm,
		     pte_t *from, pte_t *to, vaddr_t addr)
{
	struct page *copy = hugetlb_map_take(dst, hugetlb_index(dst, addr));
	pte_t value;

	if (!copy)
		return -ENOMEM;
	copy_still(mm, from, addr, copy, huge_page_of(ptep_get(from)));
	page_flag_set(copy, PG_anon_exclusive);
	value = hugetlb_protected_entry(dst, huge_entry(dst, copy, true));
	spin_lock(ptlock_of(virt_to_page(to)));
	install(dst, to, copy, value);
	spin_unlock(ptlock_of(virt_to_page(to)));
	return 0;
}

/* Both locks held: the page is shared, and nobody may write to it. */
static void share_entry(struct vm_area_struct *dst, pte_t *from, pte_t *to)
{
	pte_t pte = ptep_get(from);
	struct page *page = vm_normal_page(pte);

	if (!page) { /* taken back: the child hasn't it either */
		set_huge_entry(dst->vm_mm, to, pte);
		return;
	}
	page_flag_clear(page, PG_anon_exclusive);
	get_page(page);
	if (pte_present(pte)) {
		ptep_set_wrprotect(from);
		pte = pte_mkold(pte_wrprotect(pte));
	}
	install(dst, to, page, pte);
}

static int copy_huge_entry(struct vm_area_struct *dst, struct mm_struct *mm,
			   pte_t *from, vaddr_t addr)
{
	struct spinlock *ptl = ptlock_of(virt_to_page(from));
	pte_t *to = pmd_alloc(dst->vm_mm, addr);

	if (!to)
		return -ENOMEM;
	if (is_held(ptep_get(from)))
		return copy_held(dst, mm, from, to, addr);
	spin_lock(ptl);
	spin_lock_nested(ptlock_of(virt_to_page(to))); /* the parent's first */
	share_entry(dst, from, to);
	spin_unlock(ptlock_of(virt_to_page(to)));
	spin_unlock(ptl);
	return 0;
}

int hugetlb_copy_range(struct vm_area_struct *dst, struct vm_area_struct *src)
{
	int err = 0;

	/* Shared pages are found again by their place. */
	if (src->vm_flags & VM_SHARED)
		return 0;
	for (vaddr_t addr = src->vm_start; addr < src->vm_end && !err;
	     addr += PMD_SIZE) {
		pte_t *from = pmd_offset(src->vm_mm, addr);

		if (from && !pte_none(ptep_get(from)))
			err = copy_huge_entry(dst, src->vm_mm, from, addr);
	}
	return err;
}

/* --- mprotect --- */

static pte_t without_access(pte_t old)
{
	if (!pte_present(old))
		return old;
	return swp_pte(SWP_PROT_NONE, pte_pfn(old), 0);
}

pte_t hugetlb_protected_entry(const struct vm_area_struct *vma, pte_t old)
{
	const struct page *page = vm_normal_page(old);

	if (!page)
		return old; /* taken back */
	if (!(vma->vm_flags & VM_ACCESS_FLAGS))
		return without_access(old);
	return huge_entry(vma, page,
			  (vma->vm_flags & VM_WRITE) &&
				  ((vma->vm_flags & VM_SHARED) ||
				   page_flag(page, PG_anon_exclusive)));
}

u64 hugetlb_change_protection(struct vm_area_struct *vma, vaddr_t start,
			      vaddr_t end)
{
	u64 nr = 0;

	for (vaddr_t addr = start; addr < end; addr += PMD_SIZE) {
		struct spinlock *ptl;
		pte_t *entry = huge_entry_lock(vma->vm_mm, addr, &ptl);

		if (!entry)
			continue;
		if (!pte_none(ptep_get(entry))) {
			pte_t old = ptep_get_and_clear(entry);

			set_pte(entry, hugetlb_protected_entry(vma, old));
			nr++;
		}
		spin_unlock(ptl);
	}
	return nr;
}

/* --- mremap --- */

/*
 * Between the two it stands nowhere: the mmap lock keeps faults away, and i_mmap
 * who would take it back.
 */
static bool move_huge_entry(struct vm_area_struct *vma, vaddr_t from, vaddr_t to)
{
	struct mm_struct *mm = vma->vm_mm;
	pte_t *entry = pmd_offset(mm, from), *new;
	struct spinlock *ptl;
	pte_t old;

	if (!entry || pte_none(ptep_get(entry)))
		return true;
	new = pmd_alloc(mm, to);
	if (!new)
		return false;
	vma_lock_rmap(vma);
	entry = huge_entry_lock(mm, from, &ptl);
	old = clear_huge_entry(mm, entry);
	spin_unlock(ptl);
	new = huge_entry_lock(mm, to, &ptl);
	BUG_ON(!pte_none(ptep_get(new)));
	set_huge_entry(mm, new, old);
	spin_unlock(ptl);
	vma_unlock_rmap(vma);
	return true;
}

u64 hugetlb_move_entries(struct vm_area_struct *vma, vaddr_t from, vaddr_t to,
			 u64 len)
{
	u64 done = 0;

	while (done < len && move_huge_entry(vma, from + done, to + done))
		done += PMD_SIZE;
	flush_tlb_range(vma->vm_mm, from, from + done, TLB_MREMAP);
	return done;
}

/* --- looking --- */

pte_t hugetlb_entry_at(struct mm_struct *mm, vaddr_t addr)
{
	pte_t *entry = pmd_offset(mm, addr);

	return entry ? ptep_get(entry) : __pte(0);
}

bool hugetlb_is_present(struct vm_area_struct *vma, vaddr_t addr)
{
	if (vm_normal_page(hugetlb_entry_at(vma->vm_mm, addr)))
		return true;
	return (vma->vm_flags & VM_SHARED) &&
	       xa_load(&vma->vm_file->f_mapping->i_pages,
		       hugetlb_index(vma, addr));
}

static bool good_enough(pte_t pte, const struct page *page, u32 flags)
{
	if (!pte_present(pte) || ((flags & FOLL_WRITE) && !pte_write(pte)))
		return false;
	return !(flags & FOLL_PIN) || page->private_data ||
	       page_flag(page, PG_anon_exclusive);
}

struct page *hugetlb_follow(struct vm_area_struct *vma, vaddr_t addr, u32 flags)
{
	struct spinlock *ptl;
	pte_t *entry = huge_entry_lock(vma->vm_mm, addr, &ptl);
	struct page *head, *page = NULL;

	if (!entry)
		return NULL;
	head = vm_normal_page(ptep_get(entry));
	if (head && good_enough(ptep_get(entry), head, flags)) {
		page = head + table_index(addr, 1);
		get_frame(head, page);
		if (flags & FOLL_PIN)
			count_pin(page);
	}
	spin_unlock(ptl);
	return page;
}
