// SPDX-License-Identifier: MIT
/*
 * kernel/user_hooks.c - what user mode asks of the kernel, without processes
 *
 * The port calls these four (arch/hooks.h). A thread without a process belongs
 * to a test, which has said what shall happen (kernel/user_ops.h); otherwise it
 * is told in one line and the thread ends.
 */
#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <kernel/thread.h>
#include <kernel/user_ops.h>
#include <arch/hooks.h>
#include <arch/user.h>

const struct user_ops *bare_user_ops;

void do_syscall(struct pt_regs *regs)
{
	if (bare_user_ops) {
		bare_user_ops->syscall(regs);
		return;
	}
	pr_warn("%s: system call %lu, but there are no processes\n",
		current->name, syscall_get_nr(regs));
	kthread_exit(-ENOSYS);
}

bool handle_page_fault(struct pt_regs *regs, vaddr_t addr, u32 flags)
{
	return bare_user_ops && bare_user_ops->page_fault(regs, addr, flags);
}

void user_exception(struct pt_regs *regs, int signo, int code, vaddr_t addr)
{
	if (bare_user_ops) {
		bare_user_ops->exception(regs, signo, code, addr);
		return;
	}
	pr_warn("%s: signal %d, code %d, address %016lx, at %016lx\n",
		current->name, signo, code, addr, instruction_pointer(regs));
	kthread_exit(-EFAULT);
}

void exit_to_user_mode(struct pt_regs *regs)
{
	if (need_resched())
		schedule();
	if (!READ_ONCE(current->user_work))
		return;
	if (bare_user_ops)
		bare_user_ops->work(regs);
	else
		kthread_exit(-EINTR);
}
