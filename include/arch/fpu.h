/* SPDX-License-Identifier: MIT */
/*
 * include/arch/fpu.h - registers that the kernel does not use, kept for those
 * threads that do
 *
 * Programs use SSE and the like; the kernel is compiled without. So they stay
 * where they are through system calls and interrupts, and are exchanged only
 * when the thread is, if it has a state (thread->fpu) at all: arch_switch_to().
 *
 * Units    areas are arch_fpu_size() bytes at a multiple of FPU_ALIGN; a size
 *          of 0 means that the port has nothing to keep (the host)
 * Locks    none
 * Context  saving, restoring: preemption off, or the registers may be another
 *          thread's by then
 * Owns     nothing: kernel/fpu.h gives threads their areas
 */
#pragma once

#include <kernel/types.h>

#define FPU_ALIGN 64

u32 arch_fpu_size(void);
/* As a program begins: all zero, exceptions masked. */
void arch_fpu_fresh(void *area);
void arch_fpu_save(void *area);
void arch_fpu_restore(const void *area);
