// SPDX-License-Identifier: MIT
/*
 * arch/x86_64/percpu.c - per-CPU areas
 *
 * The boot CPU uses the template itself: GS base 0, so its offset is 0 and
 * per-CPU data works from the first instruction of C.
 */
#include <arch/percpu.h>

#include "cpu.h"

DEFINE_PER_CPU(u64, __this_cpu_off);
static DEFINE_PER_CPU(u32, cpu_number);

u32 smp_processor_id(void)
{
	return this_cpu_read(cpu_number);
}

u64 per_cpu_offset(u32 cpu __unused)
{
	return 0;
}
