/* SPDX-License-Identifier: MIT */
/*
 * include/arch/user.h - threads with a user side: their registers, ring 3
 *
 *	child = kthread_create(fn, arg, "name");
 *	user_regs_init(thread_user_regs(child), entry, stack);	exec
 *	user_regs_fork(child);					fork
 *	...
 *	fn(): arch_enter_user(current_user_regs());
 *
 * Every thread's kernel stack begins with room for the registers of its user
 * side; a thread that has none never looks there. What the CPU and the entry
 * code save on the way into the kernel lies in that place, and the way out
 * loads what is there then.
 *
 * A port gives, inline, in asm/user.h:
 *	struct pt_regs
 *	u64  syscall_get_nr(const struct pt_regs *regs)
 *	u64  syscall_get_arg(const struct pt_regs *regs, u32 n)	0 to 5
 *	s64  syscall_get_return(const struct pt_regs *regs)
 *	void syscall_set_return(struct pt_regs *regs, s64 value)
 *	bool user_mode(const struct pt_regs *regs)
 *	u64  instruction_pointer(const struct pt_regs *regs)
 *	u64  user_stack_pointer(const struct pt_regs *regs)
 *	void user_regs_set_sp(struct pt_regs *regs, u64 sp)
 *
 * Units    addresses in bytes; values of registers
 * Locks    none
 * Context  thread. The user registers are the thread's own while it is in the
 *          kernel, and its creator's before it first runs.
 * Errors   -EPERM for a base of a segment beyond TASK_SIZE
 * Owns     user registers, FS and GS base of threads
 *
 * The host has no ring 3: what a system call sees works there, entering a
 * program is a bug.
 */
#pragma once

#include <kernel/types.h>
#include <asm/user.h>

struct thread;

/* Where t's user registers are, or will be. */
struct pt_regs *thread_user_regs(const struct thread *t);
struct pt_regs *current_user_regs(void);

/* A program's first instruction: all other registers and flags are 0. */
void user_regs_init(struct pt_regs *regs, u64 ip, u64 sp);
/*
 * child, which hasn't run yet, gets what the current thread has in user mode
 * (registers, FS and GS base), but its system call returns 0.
 */
void user_regs_fork(struct thread *child);

/*
 * Leave the kernel with these registers; the kernel stack is empty afterwards.
 * From the first time on the thread has a user side. No lock held.
 */
void __noreturn arch_enter_user(struct pt_regs *regs);

/* FS and GS base in user mode (arch_prctl, CLONE_SETTLS); 0 in a new program. */
int user_set_fs_base(struct thread *t, u64 base);
int user_set_gs_base(struct thread *t, u64 base);
u64 user_fs_base(const struct thread *t);
u64 user_gs_base(const struct thread *t);

/* What the auxiliary vector tells of the CPU (AT_HWCAP). */
u64 user_hwcap(void);

/*
 * Have exit_to_user_mode() called before t is in user mode the next time; soon,
 * wherever it is. Any context. Whoever does the work clears the bits.
 */
#define USER_WORK_SIGNAL 1u
#define USER_WORK_FREEZE 2u
void user_work_set(struct thread *t, u32 bits);
void user_work_clear(u32 bits); /* of the current thread */
