// SPDX-License-Identifier: MIT
/*
 * arch/x86_64/fpu.c - the x87 and SSE registers of programs
 *
 * The kernel computes with integers alone, so between entry and exit the
 * registers stay the program's. They are saved when the CPU goes from a thread
 * with a user side to another one, and loaded when it goes to one: at once, not
 * at the first use, since nearly every program copies by SSE. AVX is off
 * (CR4.OSXSAVE): fxsave's 512 bytes hold all there is.
 * Source: SDM volume 1, section 10.5.
 */
#include <kernel/string.h>
#include <kernel/thread.h>

#include "internal.h"

#define FXSAVE_MXCSR 24
#define FCW_DEFAULT  0x37f  /* all masked, extended precision */
#define MXCSR_INIT   0x1f80 /* all masked, round to nearest */

_Static_assert(offsetof(struct arch_thread, fpu) % 16 == 0, "fxsave");

void fpu_init_state(struct thread *t)
{
	u16 fcw = FCW_DEFAULT;
	u32 mxcsr = MXCSR_INIT;

	memset(t->arch.fpu, 0, sizeof(t->arch.fpu));
	memcpy(t->arch.fpu, &fcw, sizeof(fcw));
	memcpy(t->arch.fpu + FXSAVE_MXCSR, &mxcsr, sizeof(mxcsr));
}

void fpu_save(struct thread *t)
{
	__asm__ __volatile__("fxsave64 %0" : "=m"(t->arch.fpu));
}

void fpu_load(const struct thread *t)
{
	__asm__ __volatile__("fxrstor64 %0" ::"m"(t->arch.fpu));
}
