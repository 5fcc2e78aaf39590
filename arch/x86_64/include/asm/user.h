/* SPDX-License-Identifier: MIT */
/*
 * The registers of whoever was interrupted, as entry.asm and traps.asm leave
 * them on the kernel stack; a trap pushes the last five by itself.
 *
 *	system call	rax number, then result; rdi rsi rdx r10 r8 r9 arguments;
 *			rcx and r11 are lost (the CPU keeps rip and rflags there)
 */
#pragma once

#include <kernel/types.h>

struct pt_regs {
	u64 r15, r14, r13, r12, r11, r10, r9, r8;
	u64 rbp, rdi, rsi, rdx, rcx, rbx, rax;
	u64 vector;	/* VECTOR_SYSCALL: may return by sysret */
	u64 error_code; /* of a system call its number: rax will be the result */
	u64 rip, cs, rflags, rsp, ss;
};

#define VECTOR_SYSCALL 0x100 /* none of the CPU's */

static inline bool user_mode(const struct pt_regs *regs)
{
	return regs->cs & 3;
}

static inline u64 instruction_pointer(const struct pt_regs *regs)
{
	return regs->rip;
}

static inline u64 user_stack_pointer(const struct pt_regs *regs)
{
	return regs->rsp;
}

static inline void user_regs_set_sp(struct pt_regs *regs, u64 sp)
{
	regs->rsp = sp;
}

static inline u64 syscall_get_nr(const struct pt_regs *regs)
{
	return regs->error_code;
}

static inline s64 syscall_get_return(const struct pt_regs *regs)
{
	return (s64)regs->rax;
}

static inline void syscall_set_return(struct pt_regs *regs, s64 value)
{
	regs->rax = (u64)value;
}

static inline u64 syscall_get_arg(const struct pt_regs *regs, u32 n)
{
	switch (n) {
	case 0:
		return regs->rdi;
	case 1:
		return regs->rsi;
	case 2:
		return regs->rdx;
	case 3:
		return regs->r10;
	case 4:
		return regs->r8;
	default:
		return regs->r9;
	}
}
