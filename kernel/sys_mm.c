// SPDX-License-Identifier: MIT
/*
 * kernel/sys_mm.c - system calls about the caller's own memory: thin, the work
 * is in mm/
 */
#include <kernel/errno.h>
#include <kernel/fs.h>
#include <kernel/process.h>
#include <mm/mm_struct.h>
#include <mm/slab.h>
#include <uapi/mman.h>
#include <arch/uaccess.h>

#include "syscall.h"

SYSCALL(mmap)
{
	u64 flags = ARG(3), offset = ARG(5);
	struct file *file = NULL;
	s64 place;

	if (offset & (PAGE_SIZE - 1))
		return -EINVAL;
	if (!(flags & MAP_ANONYMOUS)) {
		file = fget(current_process()->files, (u32)ARG(4));
		if (!file)
			return -EBADF;
	}
	place = do_mmap(current->mm, file, ARG(0), ARG(1), ARG(2), flags,
			offset >> PAGE_SHIFT);
	if (file)
		fput(file);
	return place;
}

SYSCALL(munmap)
{
	return do_munmap(current->mm, ARG(0), ARG(1));
}

SYSCALL(mprotect)
{
	return do_mprotect(current->mm, ARG(0), ARG(1), ARG(2));
}

SYSCALL(mremap)
{
	return do_mremap(current->mm, ARG(0), ARG(1), ARG(2), ARG(3), ARG(4));
}

SYSCALL(brk)
{
	return do_brk(current->mm, ARG(0));
}

SYSCALL(madvise)
{
	return do_madvise(current->mm, ARG(0), ARG(1), (int)ARG(2));
}

/* Files live in memory: there is nowhere to write them to. */
SYSCALL(msync)
{
	u64 both = MS_ASYNC | MS_SYNC;

	if ((ARG(0) & (PAGE_SIZE - 1)) ||
	    (ARG(2) & ~(u64)(MS_ASYNC | MS_SYNC | MS_INVALIDATE)) ||
	    (ARG(2) & both) == both)
		return -EINVAL;
	return 0;
}

SYSCALL(mlock)
{
	return do_mlock(current->mm, ARG(0), ARG(1), false);
}

SYSCALL(mlock2)
{
	if (ARG(2) & ~(u64)MLOCK_ONFAULT)
		return -EINVAL;
	return do_mlock(current->mm, ARG(0), ARG(1), ARG(2));
}

SYSCALL(munlock)
{
	return do_munlock(current->mm, ARG(0), ARG(1));
}

SYSCALL(mlockall)
{
	return do_mlockall(current->mm, (int)ARG(0));
}

SYSCALL(munlockall)
{
	return do_munlockall(current->mm);
}

/* A page of answers at a time. */
static int mincore_all(vaddr_t addr, u64 nr, vaddr_t to, u8 *vec)
{
	while (nr) {
		u64 part = min(nr, PAGE_SIZE);
		int err = do_mincore(current->mm, addr, part, vec);

		if (err)
			return err;
		if (copy_to_user(to, vec, part))
			return -EFAULT;
		addr += part << PAGE_SHIFT;
		to += part;
		nr -= part;
	}
	return 0;
}

SYSCALL(mincore)
{
	vaddr_t addr = ARG(0);
	u64 len = ARG(1), nr = (len >> PAGE_SHIFT) + !!(len & (PAGE_SIZE - 1));
	u8 *vec;
	int err;

	if (addr & (PAGE_SIZE - 1))
		return -EINVAL;
	if (!access_ok(addr, len))
		return -ENOMEM;
	if (!access_ok(ARG(2), nr))
		return -EFAULT;
	vec = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (!vec)
		return -EAGAIN;
	err = mincore_all(addr, nr, ARG(2), vec);
	kfree(vec);
	return err;
}
