/* SPDX-License-Identifier: MIT */
/* What a system call sees of a program that the host can't run. */
#pragma once

#include <kernel/types.h>

struct pt_regs {
	u64 nr, arg[6];
	s64 result;
	u64 ip, sp;
};

static inline bool user_mode(const struct pt_regs *regs __unused)
{
	return true;
}

static inline u64 instruction_pointer(const struct pt_regs *regs)
{
	return regs->ip;
}

static inline u64 user_stack_pointer(const struct pt_regs *regs)
{
	return regs->sp;
}

static inline void user_regs_set_sp(struct pt_regs *regs, u64 sp)
{
	regs->sp = sp;
}

static inline u64 syscall_get_nr(const struct pt_regs *regs)
{
	return regs->nr;
}

static inline u64 syscall_get_arg(const struct pt_regs *regs, u32 n)
{
	return regs->arg[n];
}

static inline s64 syscall_get_return(const struct pt_regs *regs)
{
	return regs->result;
}

static inline void syscall_set_return(struct pt_regs *regs, s64 value)
{
	regs->result = value;
}
