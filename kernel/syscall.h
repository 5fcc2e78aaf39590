/* SPDX-License-Identifier: MIT */
/*
 * kernel/syscall.h - how system calls are written down
 *
 *	SYSCALL(close)
 *	{
 *		return fd_close(current_process()->files, (u32)ARG(0));
 *	}
 *
 * Units    arguments as they are in registers; results as Linux's: -errno
 * Locks    none held
 * Context  the calling program's thread, interrupts on, may sleep
 * Errors   a bad pointer is -EFAULT
 */
#pragma once

#include <kernel/types.h>
#include <uapi/syscalls.h>
#include <arch/user.h>

struct file;

typedef s64 (*syscall_fn)(const struct pt_regs *regs);

struct syscall {
	u64 nr;
	syscall_fn fn;
};

/* clang-format off */
#define SYSCALL(name_)                                                     \
	static s64 sys_##name_(const struct pt_regs *regs);                \
	static const struct syscall syscall_##name_ __used                 \
		__section("syscalls") __aligned(8) = { __NR_##name_,       \
						       sys_##name_ };      \
	static s64 sys_##name_(const struct pt_regs *regs __unused)
/* clang-format on */

#define ARG(n) syscall_get_arg(regs, n)

/* A path from user space, for kfree(); NULL and -ENOENT, -ENAMETOOLONG, ... */
char *get_path(vaddr_t from, int *err);

/*
 * A mask of nodes, `bits` - 1 of them. -EINVAL: it is too long, or names one that
 * can't be (64 and up); -EFAULT.
 */
int get_nodes(u64 *nodes, vaddr_t from, u64 bits);

/* struct timespec: seconds, nanoseconds; -EFAULT, -EINVAL. */
int get_timespec(u64 *ns, vaddr_t from);
int put_timespec(u64 ns, vaddr_t to);
/* Sleep until that time since boot; 0 or -EINTR. */
int sleep_until(u64 ns);
