// SPDX-License-Identifier: MIT
/*
 * mm/mbind.c - a memory policy for a range of addresses
 *
 * The policy is a property of VMAs, as rights are: those at the ends of the
 * range are split, and neighbours that became alike merged. Pages that are
 * there already stay where they are, unless the caller wants them moved.
 */
#include <mm/mempolicy.h>
#include <mm/migrate.h>
#include <uapi/mempolicy.h>

#include "vma_internal.h"

/* All of the range, or for going back to no policy: some of it. */
static int check_mapped(struct mm_struct *mm, vaddr_t start, vaddr_t end,
			bool holes)
{
	struct vm_area_struct *vma = find_vma_intersection(mm, start, end);

	if (holes)
		return vma ? 0 : -EFAULT;
	for (; start < end; start = vma->vm_end) {
		vma = vma_lookup(mm, start);
		if (!vma)
			return -EFAULT;
	}
	return 0;
}

static int bind_range(struct mm_struct *mm, vaddr_t start, vaddr_t end,
		      struct mempolicy *pol)
{
	while (start < end) {
		struct vm_area_struct *vma =
			find_vma_intersection(mm, start, end);
		vaddr_t to;
		int err;

		if (!vma)
			return 0;
		start = max(start, vma->vm_start);
		to = min(end, vma->vm_end);
		if (!mpol_equal(vma->vm_policy, pol)) {
			err = vma_modify(&vma, start, to, vma->vm_flags, pol);
			if (err)
				return err;
		}
		start = to;
	}
	return 0;
}

int do_mbind(struct mm_struct *mm, vaddr_t addr, u64 len, struct mempolicy *pol)
{
	vaddr_t end = addr + ALIGN(len, PAGE_SIZE);
	int err;

	if (!IS_ALIGNED(addr, PAGE_SIZE) || end < addr)
		return -EINVAL;
	if (end == addr)
		return 0;
	down_write(&mm->mmap_lock);
	err = check_mapped(mm, addr, end, !pol);
	if (!err)
		err = bind_range(mm, addr, end, pol);
	up_write(&mm->mmap_lock);
	return err;
}

/*
 * Strict without moving: a page that lies elsewhere forbids the policy. With
 * moving the policy stays, and it is said that pages stayed, too.
 */
int do_mbind_move(struct mm_struct *mm, vaddr_t addr, u64 len,
		  struct mempolicy *pol, int flags)
{
	vaddr_t end = addr + ALIGN(len, PAGE_SIZE);
	int err;

	if (flags & ~(MPOL_MF_STRICT | MPOL_MF_MOVE | MPOL_MF_MOVE_ALL))
		return -EINVAL;
	if (!pol)
		flags &= ~MPOL_MF_STRICT;
	if (flags == MPOL_MF_STRICT) {
		err = mpol_move_range(mm, addr, end, pol, flags);
		return err ? err : do_mbind(mm, addr, len, pol);
	}
	err = do_mbind(mm, addr, len, pol);
	if (err || !flags)
		return err;
	return mpol_move_range(mm, addr, end, pol, flags);
}
