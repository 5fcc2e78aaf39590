// SPDX-License-Identifier: MIT
/*
 * arch/host/fpu.c - Linux keeps the registers of the pthreads that threads are
 */
#include <arch/fpu.h>

u32 arch_fpu_size(void)
{
	return 0;
}

void arch_fpu_fresh(void *area __unused)
{
}

void arch_fpu_save(void *area __unused)
{
}

void arch_fpu_restore(const void *area __unused)
{
}
