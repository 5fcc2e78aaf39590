// SPDX-License-Identifier: MIT
/*
 * mm/mlock.c - memory that must stay in memory
 *
 *	VM_LOCKED	on the VMA: its pages are unevictable, new ones too
 *	VM_LOCKONFAULT	but only those that get touched
 *	locked_vm	pages of such VMAs, against the limit
 *
 * The flag comes first, so that faults from now on know of it; then pages that
 * are there already are marked; then, with no lock held, the others are faulted
 * in. Not getting one is an error of its own (-EAGAIN), the flag stays.
 */
#include <mm/fault.h>
#include <mm/lru.h>
#include <mm/pgtable.h>
#include <uapi/mman.h>

#include "vma_internal.h"

#define LOCK_FLAGS (VM_LOCKED | VM_LOCKONFAULT)

/* The pages of one table's entries, if they count in mapcount, get to know. */
static void mlock_table(pte_t *pmd, vaddr_t addr, vaddr_t end,
			void (*fn)(struct page *page))
{
	struct spinlock *ptl;
	pte_t *pte = pte_offset_lock(pmd, addr, &ptl);

	if (!pte)
		return;
	for (u32 i = 0; i < (end - addr) >> PAGE_SHIFT; i++) {
		struct page *page = vm_normal_page(ptep_get(pte + i));

		if (page)
			fn(page);
	}
	pte_unmap_unlock(pte, ptl);
}

static void mlock_pages(struct vm_area_struct *vma,
			void (*fn)(struct page *page))
{
	vaddr_t addr = vma->vm_start;
	pte_t *pmd;

	while ((pmd = next_pmd(vma->vm_mm, &addr, vma->vm_end))) {
		vaddr_t next =
			min(ALIGN_DOWN(addr, PMD_SIZE) + PMD_SIZE, vma->vm_end);

		mlock_table(pmd, addr, next, fn);
		addr = next;
	}
}

/*
 * A page counts the entries of locked VMAs that map it. So flag and counts
 * change together, while nobody adds or removes an entry: faults need the mmap
 * lock, reverse walks the locks of the reverse maps.
 */
static void set_lock_flags(struct vm_area_struct *vma, u64 flags)
{
	bool changes = (flags ^ vma->vm_flags) & VM_LOCKED;

	vma_lock_rmap(vma);
	vma->vm_flags = flags;
	if (changes)
		mlock_pages(vma, flags & VM_LOCKED ? mlock_page : munlock_page);
	vma_unlock_rmap(vma);
	if (changes && (flags & VM_LOCKED))
		vma->vm_mm->locked_vm += vma_pages(vma);
	else if (changes)
		vma->vm_mm->locked_vm -= vma_pages(vma);
}

/* *vma becomes the VMA that covers [start, end) afterwards. */
static int mlock_fixup(struct vm_area_struct **vma, vaddr_t start, vaddr_t end,
		       u64 flags)
{
	u64 old = (*vma)->vm_flags;
	int err;

	if (flags == old || (old & VM_SPECIAL))
		return 0;
	if (!vma_split_fits(*vma, start, end))
		return -ENOMEM;
	err = vma_split_off(vma, start, end);
	if (err)
		return err;
	set_lock_flags(*vma, flags);
	*vma = vma_merge_back(*vma);
	return 0;
}

/* -ENOMEM: there is a hole; what is before it has the flags. */
static int apply_lock_flags(struct mm_struct *mm, vaddr_t start, vaddr_t end,
			    u64 lock_flags)
{
	while (start < end) {
		struct vm_area_struct *vma = vma_lookup(mm, start);
		vaddr_t to;
		int err;

		if (!vma)
			return -ENOMEM;
		to = min(end, vma->vm_end);
		err = mlock_fixup(&vma, start, to,
				  (vma->vm_flags & ~LOCK_FLAGS) | lock_flags);
		if (err)
			return err;
		start = to;
	}
	return 0;
}

static u64 count_locked(struct mm_struct *mm, vaddr_t start, vaddr_t end)
{
	struct vm_area_struct *vma = find_vma_intersection(mm, start, end);
	u64 nr = 0;

	for (; vma && vma->vm_start < end; vma = vma_next(vma))
		if (vma->vm_flags & VM_LOCKED)
			nr += (min(end, vma->vm_end) -
			       max(start, vma->vm_start)) >>
			      PAGE_SHIFT;
	return nr;
}

/* Whole pages that the bytes touch; false: they wrap around. */
static bool whole_pages(vaddr_t *addr, u64 len, vaddr_t *end)
{
	len = ALIGN(len + (*addr & ~PAGE_MASK), PAGE_SIZE);
	*addr &= PAGE_MASK;
	*end = *addr + len;
	return *end >= *addr;
}

static int lock_range(struct mm_struct *mm, vaddr_t start, vaddr_t end,
		      u64 lock_flags)
{
	u64 limit = mm->rlimit_memlock >> PAGE_SHIFT;
	u64 locked = mm->locked_vm + ((end - start) >> PAGE_SHIFT);

	if (locked > limit && locked - count_locked(mm, start, end) > limit)
		return -ENOMEM;
	return apply_lock_flags(mm, start, end, lock_flags);
}

int do_mlock(struct mm_struct *mm, vaddr_t addr, u64 len, bool on_fault)
{
	u64 flags = VM_LOCKED | (on_fault ? VM_LOCKONFAULT : 0);
	vaddr_t end;
	int err;

	if (!mm->rlimit_memlock)
		return -EPERM;
	if (!whole_pages(&addr, len, &end))
		return -EINVAL;
	down_write(&mm->mmap_lock);
	err = lock_range(mm, addr, end, flags);
	up_write(&mm->mmap_lock);
	if (err || addr == end)
		return err;
	err = populate_range(mm, addr, end, POPULATE_VMA);
	/* POSIX: addresses that can't be had; memory that isn't there. */
	return err == -EFAULT ? -ENOMEM : err == -ENOMEM ? -EAGAIN : err;
}

int do_munlock(struct mm_struct *mm, vaddr_t addr, u64 len)
{
	vaddr_t end;
	int err;

	if (!whole_pages(&addr, len, &end))
		return -EINVAL;
	down_write(&mm->mmap_lock);
	err = apply_lock_flags(mm, addr, end, 0);
	up_write(&mm->mmap_lock);
	return err;
}

/* What can't be split or merged for want of memory keeps its flags. */
static void apply_to_all(struct mm_struct *mm, u64 lock_flags)
{
	struct vm_area_struct *vma = find_vma(mm, 0);

	while (vma) {
		mlock_fixup(&vma, vma->vm_start, vma->vm_end,
			    (vma->vm_flags & ~LOCK_FLAGS) | lock_flags);
		vma = vma_next(vma);
	}
}

int do_mlockall(struct mm_struct *mm, int flags)
{
	u64 lock = VM_LOCKED | (flags & MCL_ONFAULT ? VM_LOCKONFAULT : 0);
	int err = 0;

	if (!flags || (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) ||
	    flags == MCL_ONFAULT)
		return -EINVAL;
	if (!mm->rlimit_memlock)
		return -EPERM;
	down_write(&mm->mmap_lock);
	if ((flags & MCL_CURRENT) &&
	    mm->total_vm > mm->rlimit_memlock >> PAGE_SHIFT) {
		err = -ENOMEM;
	} else {
		mm->def_flags &= ~LOCK_FLAGS;
		mm->def_flags |= flags & MCL_FUTURE ? lock : 0;
		if (flags & MCL_CURRENT)
			apply_to_all(mm, lock);
	}
	up_write(&mm->mmap_lock);
	if (!err && (flags & MCL_CURRENT))
		mm_populate(mm, 0, TASK_SIZE);
	return err;
}

int do_munlockall(struct mm_struct *mm)
{
	down_write(&mm->mmap_lock);
	mm->def_flags &= ~LOCK_FLAGS;
	apply_to_all(mm, 0);
	up_write(&mm->mmap_lock);
	return 0;
}
