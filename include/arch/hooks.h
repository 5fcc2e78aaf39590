/* SPDX-License-Identifier: MIT */
/*
 * include/arch/hooks.h - the few functions that arch calls upwards
 *
 * Everything else in a port only calls down.
 */
#pragma once

#include <kernel/types.h>

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
