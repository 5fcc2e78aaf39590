/* SPDX-License-Identifier: MIT */
/*
 * include/arch/hooks.h - the few functions that arch calls upwards
 *
 * Everything else in a port only calls down.
 */
#pragma once

#include <kernel/rcu.h> /* rcu_irq_enter(): before each interrupt's handler */
#include <kernel/types.h>

struct pt_regs;

/*
 * The portable kernel's start, interrupts off, on the boot stack: magic and
 * physical address that the boot loader passed.
 */
void __noreturn start_kernel(u64 magic, paddr_t info);

/*
 * The start of another CPU, on its own stack, interrupts off, with per-CPU
 * data, traps and timer ready.
 */
void __noreturn start_secondary(u32 cpu);

/* Every tick of this CPU, interrupts off. */
void sched_tick(void);
/* The end of an interrupt's handler, where it found interrupts on. */
void preempt_schedule_irq(void);

/* Bytes of input have come; in the interrupt. */
void console_input(void);

/* Somebody has put calls into this CPU's queue; interrupts off. */
void smp_call_interrupt(void);

/* --- from a thread's user side: arch/user.h; interrupts on, may sleep --- */

/* What it asks for, in syscall_get_nr() and _arg(); answer by _set_return(). */
void do_syscall(struct pt_regs *regs);

#define FAULT_FLAG_WRITE   0x1u
#define FAULT_FLAG_EXEC	   0x2u
#define FAULT_FLAG_USER	   0x4u /* by ring 3, not by a copy of the kernel */
#define FAULT_FLAG_PRESENT 0x8u /* the CPU found an entry that forbids it */

/*
 * addr, below TASK_SIZE, could not be accessed. True: the access is to be tried
 * again, or the thread has what it deserves (a signal is pending). False: a
 * copy by the kernel (arch/uaccess.h) ends there; user mode gets SIGSEGV.
 */
bool handle_page_fault(struct pt_regs *regs, vaddr_t addr, u32 flags);

/* An exception of user mode, as the signal (uapi/signal.h) that Linux sends. */
void user_exception(struct pt_regs *regs, int signo, int code, vaddr_t addr);

/*
 * Before it goes on in user mode, while need_resched() or a bit of its
 * user_work says so: give up the CPU, take signals. Called until neither does.
 */
void exit_to_user_mode(struct pt_regs *regs);
