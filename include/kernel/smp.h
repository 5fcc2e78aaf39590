/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/smp.h - functions called on other CPUs
 *
 *	static void hello(void *info) { ... }	on that CPU, interrupts off
 *	smp_call_function_single(3, hello, NULL, true);
 *
 * Units    CPU numbers; masks have bit n for CPU n
 * Locks    none inside
 * Context  no class I lock held. An awaited call needs interrupts on as well,
 *          so the functions themselves (which run with interrupts off) can
 *          only make calls that nobody awaits. Class S locks may be held.
 * Errors   a CPU that isn't online is left out: -ENXIO, or no bit for it
 * Owns     each CPU's queue of calls
 *
 * A CPU that waits for an answer serves the calls that come in meanwhile, so
 * two CPUs may call each other. Calls from one CPU to another run in order.
 */
#pragma once

#include <kernel/types.h>
#include <arch/percpu.h>

typedef void (*smp_call_func_t)(void *info);

bool cpu_online(u32 cpu);
u64 cpu_online_mask(void);
u32 num_online_cpus(void);
/* The next online CPU from `cpu` on; MAX_CPUS: none. */
u32 next_online_cpu(u32 cpu);

#define for_each_online_cpu(cpu)                                               \
	for (cpu = next_online_cpu(0); cpu < MAX_CPUS;                         \
	     cpu = next_online_cpu(cpu + 1))

int smp_call_function_single(u32 cpu, smp_call_func_t fn, void *info,
			     bool wait);
/* All of mask but this CPU. */
void smp_call_function_many(u64 mask, smp_call_func_t fn, void *info,
			    bool wait);
/* This CPU among them. */
void on_each_cpu_mask(u64 mask, smp_call_func_t fn, void *info, bool wait);
void on_each_cpu(smp_call_func_t fn, void *info, bool wait);

/* Wake an idle CPU; what it then does is its own business. */
void smp_send_reschedule(u32 cpu);

/*
 * Have the thread that stays on that CPU run fn(info). -EBUSY: it is at such
 * work already; -ENXIO: there is none, as on CPU 0.
 */
int smp_run_idle(u32 cpu, smp_call_func_t fn, void *info);
int smp_start_worker(u32 cpu); /* boot */
/* It has no such work; ordinary threads may run there. */
bool cpu_is_idle(u32 cpu);

/* Calls that CPU has served so far. */
u64 smp_calls_served(u32 cpu);

/* From then on the CPU gets calls: said by itself when it is ready. */
void set_cpu_online(u32 cpu);
/* It is gone, with the simulated machine that it was of. */
void set_cpu_offline(u32 cpu);
