// SPDX-License-Identifier: MIT
/*
 * arch/host/user.c - registers of programs that the host can't run
 *
 * What creates, copies and looks at them works; there is no way into ring 3.
 */
#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/thread.h>
#include <arch/pgtable.h>
#include <arch/user.h>

struct pt_regs *thread_user_regs(const struct thread *t)
{
	return (struct pt_regs *)&t->arch.regs;
}

struct pt_regs *current_user_regs(void)
{
	return &current->arch.regs;
}

void user_regs_init(struct pt_regs *regs, u64 ip, u64 sp)
{
	*regs = (struct pt_regs){ .ip = ip, .sp = sp };
}

void user_regs_fork(struct thread *child)
{
	child->arch.regs = current->arch.regs;
	child->arch.regs.result = 0;
	child->arch.fs_base = current->arch.fs_base;
	child->arch.gs_base = current->arch.gs_base;
}

int user_set_fs_base(struct thread *t, u64 base)
{
	if (base >= TASK_SIZE)
		return -EPERM;
	t->arch.fs_base = base;
	return 0;
}

int user_set_gs_base(struct thread *t, u64 base)
{
	if (base >= TASK_SIZE)
		return -EPERM;
	t->arch.gs_base = base;
	return 0;
}

u64 user_fs_base(const struct thread *t)
{
	return t->arch.fs_base;
}

u64 user_gs_base(const struct thread *t)
{
	return t->arch.gs_base;
}

u64 user_hwcap(void)
{
	return 1;
}

void user_work_set(struct thread *t, u32 bits)
{
	__atomic_or_fetch(&t->user_work, bits, __ATOMIC_SEQ_CST);
}

void user_work_clear(u32 bits)
{
	__atomic_and_fetch(&current->user_work, ~bits, __ATOMIC_SEQ_CST);
}

void __noreturn arch_enter_user(struct pt_regs *regs)
{
	panic("the host has no user mode to enter at %lx",
	      instruction_pointer(regs));
}
