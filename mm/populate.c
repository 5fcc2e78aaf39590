// SPDX-License-Identifier: MIT
/*
 * mm/populate.c - faulting in pages that nobody has touched yet
 *
 * For MAP_POPULATE, mlock() and MADV_POPULATE_*: each page gets the fault that
 * a program would have caused. A fault may let the mmap lock go
 * (VM_FAULT_RETRY), so the VMA is looked up anew for each stretch.
 */
#include <mm/fault.h>
#include <mm/hugetlb.h>

#include "vma_internal.h"

/* Which access stands for all: 0, FAULT_FLAG_WRITE; or -EFAULT: none may. */
static int access_of(const struct vm_area_struct *vma, int how)
{
	u64 flags = vma->vm_flags;

	if (how == POPULATE_WRITE)
		return flags & VM_WRITE ? (int)FAULT_FLAG_WRITE : -EFAULT;
	if (!(flags & VM_ACCESS_FLAGS))
		return -EFAULT;
	/* A private page is made its own now, a shared one not made dirty. */
	if (how == POPULATE_VMA && (flags & (VM_WRITE | VM_SHARED)) == VM_WRITE)
		return FAULT_FLAG_WRITE;
	return 0;
}

static int error_of(u32 fault)
{
	if (fault & VM_FAULT_OOM)
		return -ENOMEM;
	return fault & VM_FAULT_ERROR ? -EFAULT : 0;
}

/*
 * The part of one VMA from *addr on; *addr is how far it got. The lock (read)
 * is held; false: a fault let it go.
 */
static bool populate_vma(struct vm_area_struct *vma, vaddr_t *addr, vaddr_t end,
			 int access, int *err)
{
	u64 step = is_vm_hugetlb(vma) ? PMD_SIZE : PAGE_SIZE;

	for (; *addr < end; *addr = ALIGN_DOWN(*addr, step) + step) {
		u32 fault = handle_mm_fault(vma, *addr, (u32)access);

		*err = error_of(fault);
		if (fault & VM_FAULT_RETRY)
			return false;
		if (*err)
			break;
	}
	return true;
}

int populate_range(struct mm_struct *mm, vaddr_t start, vaddr_t end, int how)
{
	bool locked = false;
	int err = 0;

	while (start < end && !err) {
		struct vm_area_struct *vma;
		int access;

		if (!locked)
			down_read(&mm->mmap_lock);
		vma = find_vma(mm, start);
		locked = true;
		if (!vma || vma->vm_start > start) {
			err = -ENOMEM;
			break;
		}
		access = access_of(vma, how);
		if (access < 0)
			err = access;
		else if (how == POPULATE_VMA &&
			 (vma->vm_flags & (VM_LOCKONFAULT | VM_PFNMAP)))
			start = vma->vm_end;
		else
			locked = populate_vma(vma, &start, min(end, vma->vm_end),
					      access, &err);
	}
	if (locked)
		up_read(&mm->mmap_lock);
	return err;
}

/* Holes are left out, and what can't be had: who touches it will see. */
int mm_populate(struct mm_struct *mm, vaddr_t start, u64 len)
{
	vaddr_t end = start + len;
	int err = 0;

	while (start < end) {
		struct vm_area_struct *vma;
		vaddr_t to = end;
		int this;

		down_read(&mm->mmap_lock);
		vma = find_vma_intersection(mm, start, end);
		if (vma) {
			start = max(start, vma->vm_start);
			to = min(end, vma->vm_end);
		}
		up_read(&mm->mmap_lock);
		if (!vma)
			break;
		this = populate_range(mm, start, to, POPULATE_VMA);
		err = err ? err : this;
		start = to;
	}
	return err;
}
