/* SPDX-License-Identifier: MIT */
/*
 * include/arch/smp.h - the other CPUs: starting, interrupting, stopping them
 *
 * Units    CPU numbers, masks with a bit for each
 * Context  starting: boot, interrupts on. Sending: any. Stopping: panic.
 * Errors   arch_cpu_up() is false when the CPU did not answer in time;
 *          arch_smp_begin() is false, after saying why, when none can start
 *
 * CPU 0 is the one that the firmware booted. How many exist and where their
 * memory lies is for kernel/smp.c to say: a port only gets told. The host's
 * CPUs are simulated.
 */
#pragma once

#include <kernel/types.h>

#define SECONDARY_STACKS     4 /* where a CPU starts and idles, and emergencies */
#define SECONDARY_STACK_SIZE (16 * KiB)

u32 arch_boot_apic_id(void);

/*
 * The size of a per-CPU area, and making one out of memory of that size: a
 * copy of the template that knows its CPU. Before anything else uses it.
 */
size_t percpu_area_size(void);
void percpu_area_init(u32 cpu, void *memory);

/* The CPUs of these ids are about to be started, cpus[1] first. */
bool arch_smp_begin(const u32 *apic_ids, u32 nr_cpus);
/* Start it; it calls start_secondary(cpu) and is there when `online` says so. */
bool arch_cpu_up(u32 cpu, const vaddr_t stack_tops[SECONDARY_STACKS],
		 bool (*online)(u32 cpu));

/* Have smp_call_interrupt() called on these CPUs. */
void arch_send_call(u64 cpus);
void arch_send_reschedule(u32 cpu);
/* How often that CPU was sent one of the two. */
u64 arch_nr_reschedules(u32 cpu);

/* All CPUs but this one halt for good, those that spin with interrupts off, too. */
void arch_stop_others(void);

/*
 * What that other CPU is doing: its return addresses, the interrupted
 * instruction first, taken by an NMI. How many; 0: it did not answer. One
 * asker at a time.
 */
u32 arch_cpu_backtrace(u32 cpu, u64 *out, u32 max);
