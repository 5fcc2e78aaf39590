// SPDX-License-Identifier: MIT
/*
 * arch/x86_64/user.c - what a thread has beside its kernel side
 *
 *	stack      ...
 *	           the kernel side, from here downwards
 *	           struct pt_regs: the user side's registers
 *	stack_end  struct thread: FS and GS base, user_work
 *
 * The CPU finds the top in its TSS, so each switch to a thread with a user side
 * writes it there. FS base is the program's also while the kernel runs, which
 * does not use it; GS base waits in MSR_KERNEL_GS (traps.asm). Only arch_prctl
 * sets them: CR4.FSGSBASE is off. A program that loads a selector into FS or GS
 * gets that segment's base, which is 0, until it is switched away from.
 */
#include <kernel/rcu.h>
#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/preempt.h>
#include <kernel/smp.h>
#include <kernel/thread.h>
#include <arch/cpu.h>
#include <arch/hooks.h>
#include <arch/pgtable.h>
#include <arch/user.h>

#include "cpu.h"
#include "internal.h"

#define FLAGS_FIXED (1UL << 1)
/* TF, IF, DF, IOPL, NT, RF, AC: not what the kernel starts with. */
#define FLAGS_MASKED 0x57700UL

_Static_assert(offsetof(struct pt_regs, vector) == 15 * 8, "entry.inc");
_Static_assert(offsetof(struct pt_regs, rip) == 17 * 8, "entry.inc");
_Static_assert(offsetof(struct pt_regs, rsp) == 20 * 8, "entry.inc");
_Static_assert(sizeof(struct pt_regs) == 22 * 8, "entry.inc");
_Static_assert(offsetof(struct thread, user_work) == 0, "entry.asm");
_Static_assert(offsetof(struct tss, rsp) == 4, "entry.asm");

/* The program's rsp, for the three instructions that it takes to save it. */
DEFINE_PER_CPU(u64, user_rsp);

void syscall_init(void)
{
	u64 sysret_base = USER_DS - 8; /* sysret adds 8 for ss, 16 for cs */

	wrmsr(MSR_STAR, sysret_base << 48 | (u64)KERNEL_CS << 32);
	wrmsr(MSR_LSTAR, (u64)syscall_entry);
	wrmsr(MSR_FMASK, FLAGS_MASKED);
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE);
}

/* --- registers --- */

struct pt_regs *thread_user_regs(const struct thread *t)
{
	return (struct pt_regs *)ALIGN_DOWN(t->stack_end, 16) - 1;
}

struct pt_regs *current_user_regs(void)
{
	return thread_user_regs(current);
}

void user_regs_init(struct pt_regs *regs, u64 ip, u64 sp)
{
	*regs = (struct pt_regs){
		.rip = ip,
		.cs = USER_CS,
		.rflags = X86_EFLAGS_IF | FLAGS_FIXED,
		.rsp = sp,
		.ss = USER_DS,
	};
}

void user_regs_fork(struct thread *child)
{
	struct pt_regs *regs = thread_user_regs(child);

	*regs = *current_user_regs();
	regs->rax = 0;
	child->arch.fs_base = current->arch.fs_base;
	child->arch.gs_base = current->arch.gs_base;
}

u64 user_hwcap(void)
{
	return cpuid(1, 0).edx;
}

/* --- FS and GS base --- */

void user_switch_to(const struct thread *next)
{
	this_cpu_ptr(&tss)->rsp[0] = (u64)(thread_user_regs(next) + 1);
	wrmsr(MSR_FS_BASE, next->arch.fs_base);
	wrmsr(MSR_KERNEL_GS, next->arch.gs_base);
}

static int set_base(struct thread *t, u64 *base, u64 value)
{
	u64 flags;

	if (value >= TASK_SIZE)
		return -EPERM;
	flags = arch_irq_save();
	*base = value;
	if (t == current && t->arch.user)
		user_switch_to(t);
	arch_irq_restore(flags);
	return 0;
}

int user_set_fs_base(struct thread *t, u64 base)
{
	return set_base(t, &t->arch.fs_base, base);
}

int user_set_gs_base(struct thread *t, u64 base)
{
	return set_base(t, &t->arch.gs_base, base);
}

u64 user_fs_base(const struct thread *t)
{
	return t->arch.fs_base;
}

u64 user_gs_base(const struct thread *t)
{
	return t->arch.gs_base;
}

/* --- into user mode --- */

/* Its CPU may be in ring 3 with it: an interrupt makes it look. */
void user_work_set(struct thread *t, u32 bits)
{
	u32 cpu;

	__atomic_or_fetch(&t->user_work, bits, __ATOMIC_SEQ_CST);
	preempt_disable();
	cpu = READ_ONCE(t->cpu);
	if (cpu != smp_processor_id())
		smp_send_reschedule(cpu);
	preempt_enable();
}

void user_work_clear(u32 bits)
{
	__atomic_and_fetch(&current->user_work, ~bits, __ATOMIC_SEQ_CST);
}

void user_return_work(struct pt_regs *regs)
{
	BUG_ON(CONFIG_DEBUG && preempt_count());
	while (need_resched() || READ_ONCE(current->user_work)) {
		arch_irq_enable();
		exit_to_user_mode(regs);
		arch_irq_disable();
	}
	rcu_note_user();
}

void __noreturn arch_enter_user(struct pt_regs *regs)
{
	struct pt_regs *own = current_user_regs();

	arch_irq_disable();
	if (regs != own)
		*own = *regs;
	current->user_side = current->arch.user = true;
	user_switch_to(current);
	user_return_work(own);
	enter_user(own);
}
