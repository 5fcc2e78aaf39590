// SPDX-License-Identifier: MIT
/*
 * mm/brk.c - two areas that grow: the heap upwards, the stack downwards
 *
 *	| code | data |heap ->        mmap areas ...   |guard|<- stack |
 *	              ^start_brk ^brk                  ^at least 256 pages free
 *
 * The heap ends at `brk`, to the byte; its VMA at the next page. The stack
 * grows by faults below it, up to its limit; the guard gap sees to it that a
 * program which runs down its stack meets nothing of its own, but a fault.
 */
#include <mm/mm_struct.h>
#include <mm/rmap.h>
#include <uapi/mman.h>

#include "vma_internal.h"

/* --- heap --- */

#define VM_DATA_FLAGS (VM_READ | VM_WRITE | VM_MAY_FLAGS | VM_ACCOUNT)

static int vm_brk_limits(const struct mm_struct *mm, u64 len, u64 flags)
{
	u64 nr_pages = len >> PAGE_SHIFT;

	if (!mlock_future_ok(mm, flags, len))
		return -EAGAIN;
	if (!may_expand_vm(mm, flags, nr_pages) ||
	    mm->map_count > MAX_MAP_COUNT || !vm_enough_memory(nr_pages))
		return -ENOMEM;
	return 0;
}

static int link_brk_vma(struct mm_struct *mm, vaddr_t addr, u64 len, u64 flags)
{
	struct vm_area_struct *vma = vm_area_alloc(mm);

	if (!vma)
		return -ENOMEM;
	vma->vm_start = addr;
	vma->vm_end = addr + len;
	vma->vm_pgoff = addr >> PAGE_SHIFT;
	vma->vm_flags = flags;
	vma_set_page_prot(vma);
	vma_link(mm, vma);
	return 0;
}

int vm_brk_flags(struct mm_struct *mm, vaddr_t addr, u64 len, u64 vm_flags)
{
	u64 flags = VM_DATA_FLAGS | vm_flags | mm->def_flags;
	struct vm_area_struct *prev;
	s64 place;
	int err;

	len = ALIGN(len, PAGE_SIZE);
	if (!len)
		return 0;
	if (vm_flags & ~VM_EXEC)
		return -EINVAL;
	place = get_unmapped_area(mm, addr, len, MAP_FIXED);
	if (place < 0)
		return (int)place;
	err = vm_brk_limits(mm, len, flags);
	if (!err)
		err = do_munmap_locked(mm, addr, len);
	if (err)
		return err;
	find_vma_prev(mm, addr, &prev);
	if (!vma_merge(mm, prev, addr, addr + len, flags, NULL, NULL,
		       addr >> PAGE_SHIFT, NULL))
		err = link_brk_vma(mm, addr, len, flags);
	if (err)
		return err;
	vm_stat_account(mm, flags, (s64)(len >> PAGE_SHIFT));
	if (flags & VM_LOCKED)
		mm->locked_vm += len >> PAGE_SHIFT;
	return 0;
}

/* The program's data, initialised and not, must stay below its limit. */
static bool data_limit_ok(const struct mm_struct *mm, vaddr_t brk)
{
	return brk - mm->start_brk <= mm->rlimit_data &&
	       brk - mm->start_brk + (mm->end_data - mm->start_data) <=
		       mm->rlimit_data;
}

static int grow_brk(struct mm_struct *mm, vaddr_t from, vaddr_t to)
{
	struct vm_area_struct *next = find_vma(mm, from);

	if (next && to + PAGE_SIZE > vm_start_gap(next))
		return -ENOMEM;
	return vm_brk_flags(mm, from, to - from, 0);
}

static int move_brk(struct mm_struct *mm, vaddr_t brk)
{
	vaddr_t from = ALIGN(mm->brk, PAGE_SIZE), to = ALIGN(brk, PAGE_SIZE);

	if (brk < mm->start_brk || brk > TASK_SIZE || !data_limit_ok(mm, brk))
		return -ENOMEM;
	if (to < from)
		return do_munmap_locked(mm, to, from - to);
	return to > from ? grow_brk(mm, from, to) : 0;
}

/* No error: the break that holds says whether it was done. */
s64 do_brk(struct mm_struct *mm, vaddr_t brk)
{
	vaddr_t from = 0, now;

	down_write(&mm->mmap_lock);
	if (!move_brk(mm, brk)) {
		from = ALIGN(mm->brk, PAGE_SIZE);
		mm->brk = brk;
	}
	now = mm->brk;
	if (!(mm->def_flags & VM_LOCKED))
		from = 0;
	up_write(&mm->mmap_lock);
	if (from && from < now)
		mm_populate(mm, from, ALIGN(now, PAGE_SIZE) - from);
	return (s64)now;
}

/* --- stack --- */

/* What is below, and not itself a stack or out of bounds, keeps its distance. */
static bool guard_gap_ok(struct vm_area_struct *vma, vaddr_t addr)
{
	struct vm_area_struct *prev = vma_prev(vma);

	if (!prev)
		return true;
	if (addr < prev->vm_end)
		return false;
	return (prev->vm_flags & VM_GROWSDOWN) ||
	       !(prev->vm_flags & VM_ACCESS_FLAGS) ||
	       addr - prev->vm_end >= STACK_GUARD_GAP;
}

static bool stack_limits_ok(const struct mm_struct *mm,
			    const struct vm_area_struct *vma, vaddr_t addr)
{
	u64 grow = vma->vm_start - addr;

	return vma->vm_end - addr <= mm->rlimit_stack &&
	       grow >> PAGE_SHIFT <= vma->vm_pgoff &&
	       may_expand_vm(mm, vma->vm_flags, grow >> PAGE_SHIFT) &&
	       mlock_future_ok(mm, vma->vm_flags, grow) &&
	       vm_enough_memory(grow >> PAGE_SHIFT);
}

int expand_stack(struct mm_struct *mm, struct vm_area_struct *vma, vaddr_t addr)
{
	u64 nr_pages;

	addr &= PAGE_MASK;
	if (!(vma->vm_flags & VM_GROWSDOWN))
		return -EFAULT;
	if (addr < MMAP_MIN_ADDR)
		return -EPERM;
	if (addr >= vma->vm_start)
		return 0;
	if (!guard_gap_ok(vma, addr) || !stack_limits_ok(mm, vma, addr))
		return -ENOMEM;
	nr_pages = (vma->vm_start - addr) >> PAGE_SHIFT;
	vma_adjust(vma, addr, vma->vm_end, vma->vm_pgoff - nr_pages);
	vm_stat_account(mm, vma->vm_flags, (s64)nr_pages);
	if (vma->vm_flags & VM_LOCKED)
		mm->locked_vm += nr_pages;
	return 0;
}
