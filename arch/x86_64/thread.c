// SPDX-License-Identifier: MIT
/*
 * arch/x86_64/thread.c - what a thread's stack looks like
 *
 *	stack      [ unmapped page below ]
 *	             ...
 *	rsp ->     6 registers, all 0
 *	           start
 *	           0: its return address, which ends backtraces
 *	           room for its registers in user mode: user.c
 *	stack_end  struct thread
 *
 * switch_stacks() takes the registers off and "returns" into start().
 */
#include <kernel/thread.h>
#include <arch/percpu.h>
#include <arch/user.h>

#include "internal.h"

#define SAVED_REGISTERS 6

void switch_stacks(u64 *save_rsp, u64 load_rsp);

void arch_thread_init(struct thread *t, void (*start)(void))
{
	u64 *top = (u64 *)thread_user_regs(t);

	*--top = 0;
	*--top = (u64)start;
	for (u32 i = 0; i < SAVED_REGISTERS; i++)
		*--top = 0;
	t->arch.rsp = (u64)top;
}

/* Where backtraces may read and an overflow would land: stack.c. */
void arch_switch_to(struct thread *prev, struct thread *next)
{
	*this_cpu_ptr(&cpu_stacks[IST_NONE]) =
		(struct stack_range){ next->stack, next->stack_end };
	switch_stacks(&prev->arch.rsp, next->arch.rsp);
}

void arch_switch_user(struct thread *prev, struct thread *next)
{
	if (next->arch.user)
		user_switch_to(next);
	fpu_switch(prev, next);
}

u64 arch_stack_used(const struct thread *t)
{
	return t->stack ? t->stack_end - t->arch.rsp : 0;
}
