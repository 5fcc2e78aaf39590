// SPDX-License-Identifier: MIT
/*
 * mm/gup.c - the pages behind a user's addresses, held
 *
 * For who needs the frame and not the mapping: pipes that vmsplice fills,
 * system calls that look at another address space, mlock. Each page is faulted
 * in as the user's own access would, and gets its reference under the
 * page-table lock of the entry that leads to it: so it was mapped then.
 *
 * A pin is made only of a page that this process owns alone, if it is
 * anonymous: a write fault sees to that, so that a later fork copies for the
 * child and the pinner goes on seeing what the process writes.
 */
#include <kernel/errno.h>
#include <mm/fault.h>
#include <mm/hugetlb.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>
#include <mm/pgtable.h>
#include <mm/rmap.h>

static bool good_enough(pte_t pte, const struct page *page, u32 flags)
{
	if ((flags & FOLL_WRITE) && !pte_write(pte))
		return false;
	return !(flags & FOLL_PIN) || !page || !PageAnon(page) ||
	       page_flag(page, PG_anon_exclusive);
}

static void hold(struct page *page, u32 flags)
{
	if (flags & FOLL_PIN)
		pin_page(page);
	else
		get_page(page);
}

/* NULL: not there, or not in the way that flags want it. */
static struct page *follow_page_flags(struct vm_area_struct *vma, vaddr_t addr,
				      u32 flags)
{
	struct page *page = NULL;
	struct spinlock *ptl;
	pte_t *ptep, pte;

	if (is_vm_hugetlb(vma))
		return hugetlb_follow(vma, addr, flags);
	ptep = pte_offset_map_lock(vma->vm_mm, addr, &ptl);
	if (!ptep)
		return NULL;
	pte = ptep_get(ptep);
	if (pte_present(pte) && good_enough(pte, vm_normal_page(pte), flags)) {
		page = pte_special(pte) ? pfn_to_page(pte_pfn(pte)) :
					  vm_normal_page(pte);
		hold(page, flags);
	}
	pte_unmap_unlock(ptep, ptl);
	return page;
}

struct page *follow_page(struct vm_area_struct *vma, vaddr_t addr)
{
	return follow_page_flags(vma, addr, 0);
}

static int fault_in(struct vm_area_struct *vma, vaddr_t addr, u32 flags)
{
	bool write = flags & FOLL_WRITE ||
		     (flags & FOLL_PIN && is_cow_mapping(vma->vm_flags) &&
		      vma->vm_flags & VM_WRITE);
	u32 ret = handle_mm_fault(vma, addr, write ? FAULT_FLAG_WRITE : 0);

	if (ret & VM_FAULT_OOM)
		return -ENOMEM;
	if (ret & VM_FAULT_RETRY)
		return -EAGAIN; /* the mmap lock is gone */
	return ret & VM_FAULT_ERROR ? -EFAULT : 0;
}

static int get_one(struct vm_area_struct *vma, vaddr_t addr, u32 flags,
		   struct page **page)
{
	int err = 0;

	/* Twice: a read fault's page may have to be copied for the pin. */
	for (u32 tries = 0; !err && tries < 4; tries++) {
		*page = follow_page_flags(vma, addr, flags);
		if (*page)
			return 0;
		err = fault_in(vma, addr, flags);
	}
	if (err)
		return err;
	/* A read-only area: it can only be shared with whoever forked. */
	*page = follow_page_flags(vma, addr, 0);
	if (*page && flags & FOLL_PIN) {
		pin_page(*page);
		put_page(*page);
	}
	return *page ? 0 : -EFAULT;
}

s64 get_user_pages(struct mm_struct *mm, vaddr_t addr, u64 nr, u32 flags,
		   struct page **pages)
{
	u64 done = 0;
	int err = 0;

	for (; done < nr; done++, addr += PAGE_SIZE) {
		struct vm_area_struct *vma = vma_lookup(mm, addr);
		u64 need = flags & FOLL_WRITE ? VM_WRITE : VM_READ;

		err = vma && vma->vm_flags & need ?
			      get_one(vma, addr, flags, &pages[done]) :
			      -EFAULT;
		if (err)
			break;
	}
	return done ? (s64)done : err;
}
