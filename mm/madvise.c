// SPDX-License-Identifier: MIT
/*
 * mm/madvise.c - what a program says about its use of memory
 *
 *	acts at once	DONTNEED, FREE, POPULATE_*
 *	recorded	in the VMA's flags: RANDOM, SEQUENTIAL, DONTFORK, ...
 *	accepted	WILLNEED, COLD, PAGEOUT: hints that reclaim would take
 *
 * MADV_FREE may drop pages whenever it likes; here it does so at once.
 *
 * Holes in the range don't stop it: the rest is done, the answer is -ENOMEM.
 */
#include <mm/fault.h>
#include <mm/hugetlb.h>
#include <uapi/mman.h>

#include "vma_internal.h"

/* --- advice that is recorded: flags that come and go --- */

static const struct flag_advice {
	int advice;
	u64 set, clear;
} flag_advice[] = {
	{ MADV_NORMAL, 0, VM_RAND_READ | VM_SEQ_READ },
	{ MADV_RANDOM, VM_RAND_READ, VM_SEQ_READ },
	{ MADV_SEQUENTIAL, VM_SEQ_READ, VM_RAND_READ },
	{ MADV_DONTFORK, VM_DONTCOPY, 0 },
	{ MADV_DOFORK, 0, VM_DONTCOPY },
	{ MADV_MERGEABLE, VM_MERGEABLE, 0 },
	{ MADV_UNMERGEABLE, 0, VM_MERGEABLE },
	{ MADV_HUGEPAGE, VM_HUGEPAGE, VM_NOHUGEPAGE },
	{ MADV_NOHUGEPAGE, VM_NOHUGEPAGE, VM_HUGEPAGE },
	{ MADV_DONTDUMP, VM_DONTDUMP, 0 },
	{ MADV_DODUMP, 0, VM_DONTDUMP },
	{ MADV_WIPEONFORK, VM_WIPEONFORK, 0 },
	{ MADV_KEEPONFORK, 0, VM_WIPEONFORK },
};

static const struct flag_advice *find_flag_advice(int advice)
{
	for (u32 i = 0; i < ARRAY_SIZE(flag_advice); i++)
		if (flag_advice[i].advice == advice)
			return &flag_advice[i];
	return NULL;
}

static bool advice_fits(const struct vm_area_struct *vma, int advice)
{
	switch (advice) {
	case MADV_WIPEONFORK: /* nobody else's pages are wiped */
		return !vma->vm_file && !(vma->vm_flags & VM_SHARED);
	case MADV_DOFORK:
		return !(vma->vm_flags & VM_PFNMAP);
	case MADV_DODUMP:
		return !(vma->vm_flags & VM_SPECIAL) || is_vm_hugetlb(vma);
	default:
		return true;
	}
}

static int record_advice(struct vm_area_struct **vma, vaddr_t start,
			 vaddr_t end, const struct flag_advice *a)
{
	u64 flags = ((*vma)->vm_flags & ~a->clear) | a->set;

	if (!advice_fits(*vma, a->advice))
		return -EINVAL;
	if (flags == (*vma)->vm_flags)
		return 0;
	return vma_modify(vma, start, end, flags, (*vma)->vm_policy);
}

/* --- advice that acts; mmap lock for reading --- */

/* Huge pages: wholly inside the range only, but it begins with one. */
static int drop_huge_pages(struct vm_area_struct *vma, vaddr_t start,
			   vaddr_t end)
{
	end = ALIGN_DOWN(end, PMD_SIZE);
	if (!IS_ALIGNED(start, PMD_SIZE))
		return -EINVAL;
	if (start >= end)
		return 0;
	zap_page_range(vma, start, end - start);
	hugetlb_reserve_again(vma, start, end);
	return 0;
}

static int drop_pages(struct vm_area_struct *vma, vaddr_t start, vaddr_t end,
		      int advice)
{
	u64 never = VM_PFNMAP | (advice == MADV_DONTNEED_LOCKED ? 0 : VM_LOCKED);

	if ((vma->vm_flags & never) ||
	    (advice == MADV_FREE && !vma_is_anonymous(vma)))
		return -EINVAL;
	if (is_vm_hugetlb(vma))
		return drop_huge_pages(vma, start, end);
	zap_page_range(vma, start, end - start);
	return 0;
}

/* Punching a hole into a file is for its file system, and none can. */
static int refuse_remove(const struct vm_area_struct *vma)
{
	u64 shared = VM_SHARED | VM_WRITE;

	if ((vma->vm_flags & VM_LOCKED) || !vma->vm_file ||
	    !vma->vm_file->f_mapping)
		return -EINVAL;
	return (vma->vm_flags & shared) == shared ? -EOPNOTSUPP : -EACCES;
}

static int act(struct vm_area_struct *vma, vaddr_t start, vaddr_t end,
	       int advice)
{
	switch (advice) {
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
	case MADV_FREE:
		return drop_pages(vma, start, end, advice);
	case MADV_REMOVE:
		return refuse_remove(vma);
	case MADV_COLD:
	case MADV_PAGEOUT:
		return vma->vm_flags & (VM_LOCKED | VM_PFNMAP | VM_HUGETLB) ?
			       -EINVAL :
			       0;
	default: /* MADV_WILLNEED */
		return 0;
	}
}

/* --- the walk --- */

static int advise_vma(struct vm_area_struct **vma, vaddr_t start, vaddr_t end,
		      int advice, const struct flag_advice *flags)
{
	return flags ? record_advice(vma, start, end, flags) :
		       act(*vma, start, end, advice);
}

static int advise_range(struct mm_struct *mm, vaddr_t start, vaddr_t end,
			int advice, const struct flag_advice *flags)
{
	int hole = 0;

	while (start < end) {
		struct vm_area_struct *vma =
			find_vma_intersection(mm, start, end);
		vaddr_t to;
		int err;

		if (!vma || vma->vm_start > start)
			hole = -ENOMEM;
		if (!vma)
			break;
		start = max(start, vma->vm_start);
		to = min(end, vma->vm_end);
		err = advise_vma(&vma, start, to, advice, flags);
		if (err)
			return err;
		start = to;
	}
	return hole;
}

static bool advice_is_known(int advice)
{
	return find_flag_advice(advice) || advice == MADV_WILLNEED ||
	       advice == MADV_DONTNEED || advice == MADV_FREE ||
	       advice == MADV_REMOVE || advice == MADV_COLD ||
	       advice == MADV_PAGEOUT || advice == MADV_POPULATE_READ ||
	       advice == MADV_POPULATE_WRITE || advice == MADV_DONTNEED_LOCKED;
}

/* Rights that forbid the access are the caller's mistake, not the memory's. */
static int populate(struct mm_struct *mm, vaddr_t start, vaddr_t end, int how)
{
	u64 right = how == POPULATE_WRITE ? VM_WRITE : VM_READ;

	while (start < end) {
		struct vm_area_struct *vma;
		vaddr_t to = end;
		bool allowed = true;
		int err;

		down_read(&mm->mmap_lock);
		vma = vma_lookup(mm, start);
		if (vma) {
			allowed = (vma->vm_flags & right) &&
				  !(vma->vm_flags & VM_PFNMAP);
			to = min(end, vma->vm_end);
		}
		up_read(&mm->mmap_lock);
		if (!vma)
			return -ENOMEM;
		if (!allowed)
			return -EINVAL;
		err = populate_range(mm, start, to, how);
		if (err)
			return err;
		start = to;
	}
	return 0;
}

int do_madvise(struct mm_struct *mm, vaddr_t addr, u64 len, int advice)
{
	const struct flag_advice *flags = find_flag_advice(advice);
	vaddr_t end = addr + ALIGN(len, PAGE_SIZE);
	int err;

	if (!advice_is_known(advice) || !IS_ALIGNED(addr, PAGE_SIZE) ||
	    end < addr || (len && end == addr))
		return -EINVAL;
	if (advice == MADV_POPULATE_READ)
		return populate(mm, addr, end, POPULATE_READ);
	if (advice == MADV_POPULATE_WRITE)
		return populate(mm, addr, end, POPULATE_WRITE);
	if (flags)
		down_write(&mm->mmap_lock);
	else
		down_read(&mm->mmap_lock);
	err = advise_range(mm, addr, end, advice, flags);
	if (flags)
		up_write(&mm->mmap_lock);
	else
		up_read(&mm->mmap_lock);
	return err;
}
