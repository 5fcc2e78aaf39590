// SPDX-License-Identifier: MIT
/*
 * kernel/user_hooks.c - what user mode asks of the kernel, but system calls
 *
 *	page fault	the address space knows (mm/fault_user.c); what it can't
 *			do is a signal, or means that memory is short
 *	exception	a signal, told in one line
 *	on the way out	other threads' turns, signals
 *
 * The port calls these (arch/hooks.h). A thread with a user side but without a
 * process belongs to a test, which has said what shall happen
 * (kernel/user_ops.h); otherwise it is told in one line and the thread ends.
 */
#include <kernel/errno.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <kernel/process.h>
#include <kernel/user_ops.h>
#include <mm/fault.h>
#include <arch/hooks.h>
#include <arch/user.h>

const struct user_ops *bare_user_ops;

/* --- in words --- */

static const char *code_name(int signo, int code)
{
	if (code == SI_KERNEL)
		return "SI_KERNEL";
	if (signo == SIGSEGV)
		return code == SEGV_ACCERR ? "SEGV_ACCERR" : "SEGV_MAPERR";
	if (signo == SIGBUS)
		return code == BUS_ADRALN ? "BUS_ADRALN" : "BUS_ADRERR";
	if (signo == SIGFPE)
		return code == FPE_INTDIV ? "FPE_INTDIV" : "FPE_FLTINV";
	if (signo == SIGILL)
		return "ILL_ILLOPN";
	return "TRAP_TRACE";
}

static const char *access_name(u32 flags)
{
	return flags & FAULT_FLAG_EXEC	? "execute" :
	       flags & FAULT_FLAG_WRITE ? "write" :
					  "read";
}

/* "in 7f0000000000-7f0000001000 rw-p", or that there is nothing. */
static void tell_area(vaddr_t addr)
{
	struct mm_struct *mm = current->mm;
	const struct vm_area_struct *vma;

	down_read(&mm->mmap_lock);
	vma = addr < TASK_SIZE ? vma_lookup(mm, addr) : NULL;
	if (vma)
		pr_cont(" in area %lx-%lx %c%c%c%c\n", vma->vm_start,
			vma->vm_end, vma->vm_flags & VM_READ ? 'r' : '-',
			vma->vm_flags & VM_WRITE ? 'w' : '-',
			vma->vm_flags & VM_EXEC ? 'x' : '-',
			vma->vm_flags & VM_MAYSHARE ? 's' : 'p');
	else
		pr_cont(" in no area\n");
	up_read(&mm->mmap_lock);
}

/* As Linux's "segfault at", with what the address belongs to. */
static void tell_fault(const struct pt_regs *regs, int signo, int code,
		       vaddr_t addr, const char *what)
{
	pr_info("%s[%u]: %s (%s) %s at %lx ip %lx sp %lx",
		current_process()->comm, current->user.tid, signal_name(signo),
		code_name(signo, code), what, addr, instruction_pointer(regs),
		user_stack_pointer(regs));
	tell_area(addr);
}

/* --- page faults --- */

/* Somebody is being killed (oom.c): try again, unless it is this one. */
static bool no_memory(u32 flags)
{
	if (!(flags & FAULT_FLAG_USER))
		return false;
	if (!signal_pending())
		yield();
	return true;
}

bool handle_page_fault(struct pt_regs *regs, vaddr_t addr, u32 flags)
{
	struct fault_error error;
	int err;

	if (unlikely(!current->process))
		return bare_user_ops &&
		       bare_user_ops->page_fault(regs, addr, flags);
	err = do_user_fault(current->mm, addr, flags, &error);
	if (likely(!err))
		return true;
	if (err == -ENOMEM)
		return no_memory(flags);
	if (!(flags & FAULT_FLAG_USER))
		return false;
	tell_fault(regs, error.signo, error.code, addr, access_name(flags));
	do_exit_signal(error.signo);
}

/* --- exceptions --- */

static void exception_of_nobody(struct pt_regs *regs, int signo, int code,
				vaddr_t addr)
{
	if (bare_user_ops) {
		bare_user_ops->exception(regs, signo, code, addr);
		return;
	}
	pr_warn("%s: signal %d, code %d, address %016lx, at %016lx\n",
		current->name, signo, code, addr, instruction_pointer(regs));
	kthread_exit(-EFAULT);
}

void user_exception(struct pt_regs *regs, int signo, int code, vaddr_t addr)
{
	if (!current->process) {
		exception_of_nobody(regs, signo, code, addr);
		return;
	}
	tell_fault(regs, signo, code, addr, "exception");
	do_exit_signal(signo);
}

/* --- on the way out --- */

void exit_to_user_mode(struct pt_regs *regs)
{
	if (need_resched())
		schedule();
	if (!READ_ONCE(current->user_work))
		return;
	if (READ_ONCE(current->user_work) & USER_WORK_FREEZE)
		freeze_here();
	if (current->process)
		signal_take();
	else if (bare_user_ops)
		bare_user_ops->work(regs);
	else
		kthread_exit(-EINTR);
}
