/* SPDX-License-Identifier: MIT */
/*
 * include/arch/cpu.h - the CPU: interrupts, waiting, identity, time
 *
 * A port gives, inline or not:
 *	u64  arch_irq_save(void)         disable, return the previous state
 *	void arch_irq_restore(u64 flags)
 *	void arch_irq_enable(void), arch_irq_disable(void)
 *	bool arch_irqs_disabled(void)
 *	void cpu_relax(void)             in every waiting loop (PAUSE)
 *	void arch_idle(void)             irqs on and halt until one comes
 *	u64  arch_cycles(void)           a counter that only grows
 *	void arch_count_down(u64 turns)  a loop of 2 instructions a turn
 *	u64  arch_time_ns(void)          nanoseconds since boot
 *
 * Context  any
 */
#pragma once

#include <kernel/types.h>
#include <asm/cpu.h>

u64 arch_time_ns(void);
/* As its maker calls it: CPUID 80000002h and on. */
void arch_cpu_name(char *buf, size_t size);
u32 arch_phys_bits(void); /* width of a physical address, CPUID 80000008h */

/* Return addresses of the callers, innermost first; how many were found. */
u32 arch_stack_trace(u64 *out, u32 max, u64 frame);
void __noreturn arch_halt(void);

/* End the run: leave QEMU with the verdict, else switch off, else halt. */
void __noreturn arch_exit(bool passed);
void __noreturn arch_poweroff(bool passed);
void __noreturn arch_reboot(void);
