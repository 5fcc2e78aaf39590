/* SPDX-License-Identifier: MIT */
/*
 * include/arch/uaccess.h - the kernel reads and writes a program's memory
 *
 *	if (copy_from_user(&args, user_args, sizeof(args)))
 *		return -EFAULT;
 *
 * Never touch a user's address in another way: it may not be mapped, it may be
 * the kernel's, and a CPU with SMAP faults even where it is right.
 *
 * Units    bytes; user addresses are numbers of type u64, checked here
 * Locks    a fault takes the mmap lock: it must not be held
 * Context  thread, may sleep (the page is faulted in). The _nofault functions:
 *          any, they take what is mapped.
 * Errors   copies and clear_user() return the bytes NOT done, counted from the
 *          first that faults (all of them when the range leaves user space);
 *          the others 0 or -EFAULT
 * Owns     nothing
 *
 * It is always the loaded address space that is meant.
 */
#pragma once

#include <kernel/types.h>
#include <arch/pgtable.h>

/* Does [addr, addr + size) lie in user space, mapped or not? */
static inline bool access_ok(u64 addr, u64 size)
{
	return size <= TASK_SIZE && addr <= TASK_SIZE - size;
}

u64 __must_check copy_from_user(void *to, u64 from, u64 size);
u64 __must_check copy_to_user(u64 to, const void *from, u64 size);
u64 __must_check clear_user(u64 to, u64 size);

/*
 * A string with its NUL, at most size bytes. Its length; size: there was no NUL
 * among them (nothing ends what is in `to`); -EFAULT.
 */
s64 __must_check strncpy_from_user(char *to, u64 from, s64 size);

int __must_check get_user_u8(u8 *value, u64 from);
int __must_check get_user_u32(u32 *value, u64 from);
int __must_check get_user_u64(u64 *value, u64 from);
int __must_check put_user_u8(u8 value, u64 to);
int __must_check put_user_u32(u32 value, u64 to);
int __must_check put_user_u64(u64 value, u64 to);

/*
 * Atomically, at an aligned word: if it is `old`, make it `new`. *found: what
 * was there. -EINVAL: not aligned.
 */
int __must_check cmpxchg_user_u32(u64 addr, u32 old, u32 new, u32 *found);

/* --- take no fault, don't sleep --- */

u64 __must_check copy_from_user_nofault(void *to, u64 from, u64 size);
u64 __must_check copy_to_user_nofault(u64 to, const void *from, u64 size);
int __must_check get_user_u32_nofault(u32 *value, u64 from);
