// SPDX-License-Identifier: MIT
/*
 * arch/x86_64/percpu.c - per-CPU areas
 *
 *	image:  __per_cpu_start [ template, CPU 0's area ] __per_cpu_end
 *	memory of each CPU's node:  [ copy for CPU 1 ]  [ copy for CPU 2 ] ...
 *
 * GS base is the distance from the template to the CPU's own area. The boot
 * CPU uses the template itself: GS base 0, so per-CPU data works from the
 * first instruction of C.
 */
#include <kernel/string.h>
#include <arch/percpu.h>
#include <arch/smp.h>

#include "cpu.h"

extern u8 __per_cpu_start[], __per_cpu_end[];

DEFINE_PER_CPU(u64, __this_cpu_off);
static DEFINE_PER_CPU(u32, cpu_number);

static u64 offsets[MAX_CPUS];

u32 smp_processor_id(void)
{
	return this_cpu_read(cpu_number);
}

u64 per_cpu_offset(u32 cpu)
{
	return offsets[cpu];
}

size_t percpu_area_size(void)
{
	return (size_t)(__per_cpu_end - __per_cpu_start);
}

void percpu_area_init(u32 cpu, void *memory)
{
	memcpy(memory, __per_cpu_start, percpu_area_size());
	offsets[cpu] = (u64)memory - (u64)__per_cpu_start;
	*per_cpu_ptr(&__this_cpu_off, cpu) = offsets[cpu];
	*per_cpu_ptr(&cpu_number, cpu) = cpu;
}
