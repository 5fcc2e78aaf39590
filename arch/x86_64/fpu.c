// SPDX-License-Identifier: MIT
/*
 * arch/x86_64/fpu.c - x87, SSE and AVX registers
 *
 *	save area   0  control word of the x87	     FXSAVE's 512 bytes
 *		   24  MXCSR
 *		  512  which parts are not as after reset   64 bytes
 *		  576  upper halves of YMM, AVX-512	    XSAVE's extension
 *
 * A CPU with XSAVE says what it has and how much room that takes; otherwise
 * FXSAVE does, and programs see no AVX. A part that the header calls untouched
 * is not read on restoring but reset, save MXCSR, which always is.
 *
 * Source: SDM volume 1, chapters 10.5 (FXSAVE) and 13 (XSAVE).
 */
#include <kernel/string.h>
#include <kernel/thread.h>
#include <arch/fpu.h>

#include "cpu.h"
#include "internal.h"

#define CPUID1_XSAVE (1u << 26) /* ecx */

#define XCR0_X87    (1UL << 0)
#define XCR0_SSE    (1UL << 1)
#define XCR0_AVX    (1UL << 2)
#define XCR0_AVX512 (7UL << 5) /* all three or none */

#define LEGACY_SIZE  512
#define FCW_FRESH    0x37f  /* exceptions masked, 64 bits of precision */
#define MXCSR_FRESH  0x1f80 /* exceptions masked */
#define MXCSR_OFFSET 24

static u64 features; /* XCR0 of every CPU; 0: no XSAVE */
static u32 area_size = LEGACY_SIZE;

static u64 wanted_features(void)
{
	struct cpuid_regs leaf = cpuid(0xd, 0);
	u64 has = (u64)leaf.edx << 32 | leaf.eax;
	u64 wanted = XCR0_X87 | XCR0_SSE | (has & XCR0_AVX);

	if (wanted & XCR0_AVX && (has & XCR0_AVX512) == XCR0_AVX512)
		wanted |= XCR0_AVX512;
	return wanted;
}

static void write_xcr0(u64 value)
{
	__asm__ __volatile__("xsetbv" ::"c"(0), "a"((u32)value),
			     "d"((u32)(value >> 32)));
}

void fpu_enable(void)
{
	write_cr0((read_cr0() & ~(CR0_EM | CR0_TS)) | CR0_MP | CR0_NE);
	write_cr4(read_cr4() | CR4_OSFXSR | CR4_OSXMMEX);
	if (!(cpuid(1, 0).ecx & CPUID1_XSAVE))
		return;
	write_cr4(read_cr4() | CR4_OSXSAVE);
	features = wanted_features();
	write_xcr0(features);
	area_size = cpuid(0xd, 0).ebx; /* for what XCR0 says now */
}

u32 arch_fpu_size(void)
{
	return area_size;
}

void arch_fpu_fresh(void *area)
{
	u32 mxcsr = MXCSR_FRESH;
	u16 fcw = FCW_FRESH;

	memset(area, 0, area_size);
	memcpy(area, &fcw, sizeof(fcw));
	memcpy((char *)area + MXCSR_OFFSET, &mxcsr, sizeof(mxcsr));
}

void arch_fpu_save(void *area)
{
	if (features)
		__asm__ __volatile__("xsave64 (%0)" ::"r"(area),
				     "a"((u32)features),
				     "d"((u32)(features >> 32))
				     : "memory");
	else
		__asm__ __volatile__("fxsave64 (%0)" ::"r"(area) : "memory");
}

void arch_fpu_restore(const void *area)
{
	if (features)
		__asm__ __volatile__("xrstor64 (%0)" ::"r"(area),
				     "a"((u32)features),
				     "d"((u32)(features >> 32))
				     : "memory");
	else
		__asm__ __volatile__("fxrstor64 (%0)" ::"r"(area) : "memory");
}

/* Who has no state may find anything in the registers. */
void fpu_switch(struct thread *prev, struct thread *next)
{
	if (prev->fpu)
		arch_fpu_save(prev->fpu);
	if (next->fpu)
		arch_fpu_restore(next->fpu);
}
