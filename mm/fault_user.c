// SPDX-License-Identifier: MIT
/*
 * mm/fault_user.c - from an address that faulted to the area it belongs to
 *
 *	covered by an area that allows the access	handle_mm_fault()
 *	below an area that grows down			it grows, then the same
 *	covered, but not allowed			SIGSEGV, SEGV_ACCERR
 *	not covered					SIGSEGV, SEGV_MAPERR
 *	behind the end of the mapped file		SIGBUS
 *
 * Growing changes areas, which wants the mmap lock for writing: the lock is let
 * go, taken anew, and everything is looked up again.
 */
#include <kernel/errno.h>
#include <mm/fault.h>
#include <mm/node_stat.h>
#include <uapi/signal.h>

/* The CPU can't forbid reading alone: what is writable is readable. */
static bool access_allowed(const struct vm_area_struct *vma, u32 flags)
{
	if (flags & FAULT_FLAG_WRITE)
		return vma->vm_flags & VM_WRITE;
	if (flags & FAULT_FLAG_EXEC)
		return vma->vm_flags & VM_EXEC;
	return vma->vm_flags & VM_ACCESS_FLAGS;
}

static int fail(struct fault_error *error, int signo, int code,
		struct vm_area_struct *vma)
{
	*error = (struct fault_error){ signo, code, vma };
	return -EFAULT;
}

/* mmap lock read; true: an area covers addr, maybe only now. */
static bool grow_to(struct mm_struct *mm, vaddr_t addr)
{
	struct vm_area_struct *vma;
	bool grown;

	up_read(&mm->mmap_lock);
	down_write(&mm->mmap_lock);
	vma = find_vma(mm, addr);
	grown = vma &&
		(vma->vm_start <= addr || ((vma->vm_flags & VM_GROWSDOWN) &&
					   !expand_stack(mm, vma, addr)));
	up_write(&mm->mmap_lock);
	down_read(&mm->mmap_lock);
	return grown;
}

static struct vm_area_struct *find_or_grow(struct mm_struct *mm, vaddr_t addr)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	if (!vma || likely(vma->vm_start <= addr))
		return vma;
	if (!(vma->vm_flags & VM_GROWSDOWN) || !grow_to(mm, addr))
		return NULL;
	return vma_lookup(mm, addr);
}

static int result_of(u32 ret, struct vm_area_struct *vma,
		     struct fault_error *error)
{
	if (likely(!(ret & VM_FAULT_ERROR)))
		return 0;
	if (ret & VM_FAULT_OOM) {
		fail(error, 0, 0, vma);
		return -ENOMEM;
	}
	return ret & VM_FAULT_SIGBUS ? fail(error, SIGBUS, BUS_ADRERR, vma) :
				       fail(error, SIGSEGV, SEGV_MAPERR, vma);
}

int do_user_fault(struct mm_struct *mm, vaddr_t addr, u32 flags,
		  struct fault_error *error)
{
	struct vm_area_struct *vma;
	u32 ret;
	int err;

	if (unlikely(addr >= TASK_SIZE))
		return fail(error, SIGSEGV, SEGV_MAPERR, NULL);
	count_vm_event(PGFAULT);
	do {
		down_read(&mm->mmap_lock);
		vma = find_or_grow(mm, addr);
		if (unlikely(!vma)) {
			up_read(&mm->mmap_lock);
			return fail(error, SIGSEGV, SEGV_MAPERR, NULL);
		}
		if (unlikely(!access_allowed(vma, flags))) {
			up_read(&mm->mmap_lock);
			return fail(error, SIGSEGV, SEGV_ACCERR, vma);
		}
		ret = handle_mm_fault(vma, addr, flags);
		/* VM_FAULT_RETRY: whoever waited has let the lock go. */
	} while (unlikely(ret & VM_FAULT_RETRY));
	__atomic_add_fetch(&mm->nr_faults, 1, __ATOMIC_RELAXED);
	if (unlikely(ret & VM_FAULT_MAJOR)) {
		__atomic_add_fetch(&mm->nr_major_faults, 1, __ATOMIC_RELAXED);
		count_vm_event(PGMAJFAULT);
	}
	err = result_of(ret, vma, error);
	up_read(&mm->mmap_lock);
	return err;
}
