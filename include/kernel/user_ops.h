/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/user_ops.h - user sides without a process
 *
 * A thread in user mode that belongs to no process gets its hooks
 * (arch/hooks.h) served by these; tests of the port put theirs here. Without
 * any, what it does is reported and the thread ends.
 *
 * Context  as of the hooks. Set while no such thread exists.
 */
#pragma once

#include <kernel/types.h>

struct pt_regs;

struct user_ops {
	void (*syscall)(struct pt_regs *regs);
	bool (*page_fault)(struct pt_regs *regs, vaddr_t addr, u32 flags);
	void (*exception)(struct pt_regs *regs, int signo, int code,
			  vaddr_t addr);
	void (*work)(struct pt_regs *regs); /* need_resched() is seen to */
};

extern const struct user_ops *bare_user_ops; /* NULL: none */
