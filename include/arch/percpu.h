/* SPDX-License-Identifier: MIT */
/*
 * include/arch/percpu.h - one copy of a variable for each CPU
 *
 *	DEFINE_PER_CPU(u64, nr_ticks);
 *	this_cpu_inc(nr_ticks);
 *
 * A port gives __percpu_section, where the templates lie side by side, and
 * this_cpu_off(): bytes from there to this CPU's copy. The kernel reads it through GS, so
 * this_cpu_read/write/add are one instruction that no interrupt can split.
 *
 * Context  this_cpu_ptr(): preemption off, else the CPU may change beneath
 */
#pragma once

#include <kernel/types.h>

#define DEFINE_PER_CPU(type, name)  __percpu_section __typeof__(type) name
#define DECLARE_PER_CPU(type, name) extern __typeof__(type) name

#include <asm/percpu.h>

#define this_cpu_ptr(ptr) ((__typeof__(ptr))((char *)(ptr) + this_cpu_off()))
#define per_cpu_ptr(ptr, cpu) \
	((__typeof__(ptr))((char *)(ptr) + per_cpu_offset(cpu)))

#define MAX_CPUS 64

u64 per_cpu_offset(u32 cpu);
u32 smp_processor_id(void);
