// SPDX-License-Identifier: MIT
/*
 * arch/host/percpu.c - per-CPU areas, and which CPU a thread is
 *
 * As in the kernel CPU 0 uses the template itself and the others copies of it
 * in simulated memory of their nodes. The distance, there in GS, is a
 * thread-local word here. Machines come and go in one process, so the copies
 * are made of the template as it was when the process began.
 */
#include <stdlib.h>

#include <kernel/panic.h>
#include <kernel/string.h>
#include <arch/cpu.h>
#include <arch/percpu.h>
#include <arch/smp.h>

#include "internal.h"

extern u8 __start_percpu_data[], __stop_percpu_data[];

/* The sanitizer for leaks doesn't look for pointers in simulated memory. */
void __lsan_register_root_region(const void *start, size_t size)
	__attribute__((weak));
void __lsan_unregister_root_region(const void *start, size_t size)
	__attribute__((weak));

__host_thread u64 host_cpu_off;
static __host_thread u32 host_cpu;

static u8 *fresh;
static u64 offsets[MAX_CPUS];

static void __attribute__((constructor)) keep_template(void)
{
	fresh = malloc(percpu_area_size());
	BUG_ON(!fresh);
	memcpy(fresh, __start_percpu_data, percpu_area_size());
}

size_t percpu_area_size(void)
{
	return (size_t)(__stop_percpu_data - __start_percpu_data);
}

void percpu_area_init(u32 cpu, void *memory)
{
	memcpy(memory, fresh, percpu_area_size());
	offsets[cpu] = (u64)memory - (u64)__start_percpu_data;
	if (__lsan_register_root_region)
		__lsan_register_root_region(memory, percpu_area_size());
}

void percpu_forget(void)
{
	for (u32 cpu = 1; cpu < MAX_CPUS; cpu++) {
		if (offsets[cpu] && __lsan_unregister_root_region)
			__lsan_unregister_root_region(
				per_cpu_ptr(&__start_percpu_data[0], cpu),
				percpu_area_size());
		offsets[cpu] = 0;
	}
}

u64 per_cpu_offset(u32 cpu)
{
	return offsets[cpu];
}

u32 smp_processor_id(void)
{
	return host_cpu;
}

void host_become(u32 cpu)
{
	host_cpu = cpu;
	host_cpu_off = offsets[cpu];
	host_pending = &host_cpus[cpu].pending;
}
