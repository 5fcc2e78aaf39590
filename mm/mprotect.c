// SPDX-License-Identifier: MIT
/*
 * mm/mprotect.c - other rights for what is mapped already
 *
 * Each VMA of the range is taken in turn: its part becomes a VMA with the new
 * flags, then the entries that exist follow (change_protection() flushes where
 * rights are taken away). The first VMA that can't be changed ends it; those
 * before it stay changed, as in Linux.
 */
#include <mm/fault.h>
#include <uapi/mman.h>

#include "vma_internal.h"

/* Rights that the mapping may have, by its file and how it was opened. */
static bool rights_allowed(u64 flags)
{
	return !(flags & ~(flags >> 4) & VM_ACCESS_FLAGS);
}

/* What becomes writable and private counts as data, and as promised. */
static int charge_writable(const struct mm_struct *mm, u64 old, u64 *new,
			   u64 nr_pages)
{
	if (!(*new &VM_WRITE))
		return 0;
	if (!may_expand_vm(mm, *new, nr_pages) &&
	    may_expand_vm(mm, old, nr_pages))
		return -ENOMEM;
	if (old & (VM_ACCOUNT | VM_WRITE | VM_SHARED | VM_NORESERVE | VM_HUGETLB))
		return 0;
	if (!vm_enough_memory(nr_pages))
		return -ENOMEM;
	*new |= VM_ACCOUNT;
	return 0;
}

/* *vma becomes the VMA that covers [start, end) afterwards. */
static int mprotect_fixup(struct vm_area_struct **vma, vaddr_t start,
			  vaddr_t end, u64 flags)
{
	struct mm_struct *mm = (*vma)->vm_mm;
	s64 nr_pages = (s64)((end - start) >> PAGE_SHIFT);
	u64 old = (*vma)->vm_flags;
	int err;

	if (flags == old)
		return 0;
	err = charge_writable(mm, old, &flags, (u64)nr_pages);
	if (!err)
		err = vma_modify(vma, start, end, flags, (*vma)->vm_policy);
	if (err)
		return err;
	vm_stat_account(mm, old, -nr_pages);
	vm_stat_account(mm, flags, nr_pages);
	change_protection(*vma, start, end, (*vma)->vm_page_prot);
	return 0;
}

static int mprotect_range(struct mm_struct *mm, vaddr_t start, vaddr_t end,
			  u64 rights)
{
	while (start < end) {
		struct vm_area_struct *vma = vma_lookup(mm, start);
		vaddr_t to;
		u64 flags;
		int err;

		if (!vma)
			return -ENOMEM;
		to = min(end, vma->vm_end);
		flags = (vma->vm_flags & ~VM_ACCESS_FLAGS) | rights;
		if (!rights_allowed(flags))
			return -EACCES;
		err = mprotect_fixup(&vma, start, to, flags);
		if (err)
			return err;
		start = to;
	}
	return 0;
}

/* PROT_GROWSDOWN: the range begins where its stack does. */
static int find_start(struct mm_struct *mm, vaddr_t *start, vaddr_t end,
		      u64 grows)
{
	struct vm_area_struct *vma = find_vma(mm, *start);

	if (!vma)
		return -ENOMEM;
	if (!grows)
		return 0;
	if (grows & PROT_GROWSUP)
		return -EINVAL;
	if (vma->vm_start >= end)
		return -ENOMEM;
	*start = vma->vm_start;
	return vma->vm_flags & VM_GROWSDOWN ? 0 : -EINVAL;
}

int do_mprotect(struct mm_struct *mm, vaddr_t addr, u64 len, u64 prot)
{
	u64 grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP);
	u64 rights = (prot & PROT_READ ? VM_READ : 0) |
		     (prot & PROT_WRITE ? VM_WRITE : 0) |
		     (prot & PROT_EXEC ? VM_EXEC : 0);
	vaddr_t end;
	int err;

	if (grows == (PROT_GROWSDOWN | PROT_GROWSUP) ||
	    !IS_ALIGNED(addr, PAGE_SIZE))
		return -EINVAL;
	if (!len)
		return 0;
	end = addr + ALIGN(len, PAGE_SIZE);
	if (end <= addr)
		return -ENOMEM;
	if (prot & ~grows & ~(u64)(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM))
		return -EINVAL;
	down_write(&mm->mmap_lock);
	err = find_start(mm, &addr, end, grows);
	if (!err)
		err = mprotect_range(mm, addr, end, rights);
	up_write(&mm->mmap_lock);
	return err;
}
