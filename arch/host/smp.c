// SPDX-License-Identifier: MIT
/*
 * arch/host/smp.c - start simulated CPUs, interrupt, stop and ask them
 *
 * A CPU begins as a pthread that holds its token and becomes the CPU's idle
 * thread. How interrupts get there is in arch/host/interrupt.c.
 */
#include <execinfo.h>
#include <pthread.h>
#include <unistd.h>

#include <kernel/panic.h>
#include <kernel/string.h>
#include <arch/cpu.h>
#include <arch/hooks.h>
#include <arch/irq.h>
#include <arch/smp.h>

#include "internal.h"

#define START_STACK   (512 * KiB)
#define MS_IN_NS      1000000UL
#define PATIENCE      (10000 * MS_IN_NS)
#define STOP_PATIENCE (100 * MS_IN_NS)
#define TRACE_MAX     24

static u32 nr_started = 1;
/* Never used, but a CPU has them: the sanitizer for leaks sees them here. */
static vaddr_t stacks[MAX_CPUS][SECONDARY_STACKS];
static u64 stopped; /* mask */

u32 arch_boot_apic_id(void)
{
	return 0;
}

/* --- starting --- */

bool arch_smp_begin(const u32 *apic_ids __unused, u32 nr_cpus)
{
	host_is_smp = true;
	host_tick_start(nr_cpus);
	return true;
}

static void *run_cpu(void *cpu)
{
	host_become((u32)(u64)cpu);
	arch_irq_disable();
	start_secondary((u32)(u64)cpu);
	return NULL;
}

bool arch_cpu_up(u32 cpu, const vaddr_t stack_tops[SECONDARY_STACKS],
		 bool (*online)(u32 cpu))
{
	u64 end = arch_time_ns() + PATIENCE;
	pthread_attr_t attr;
	pthread_t id;

	for (u32 i = 0; i < SECONDARY_STACKS; i++)
		stacks[cpu][i] = stack_tops[i] - SECONDARY_STACK_SIZE;
	WRITE_ONCE(nr_started, cpu + 1);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, START_STACK);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	BUG_ON(pthread_create(&id, &attr, run_cpu, (void *)(u64)cpu));
	pthread_attr_destroy(&attr);
	while (!online(cpu) && arch_time_ns() < end)
		cpu_relax();
	return online(cpu);
}

/* --- interrupting --- */

void arch_send_call(u64 cpus)
{
	for (; cpus; cpus &= cpus - 1)
		host_interrupt((u32)__builtin_ctzl(cpus), HOST_CALL);
}

void arch_send_reschedule(u32 cpu)
{
	host_interrupt(cpu, HOST_RESCHED);
}

u64 arch_nr_reschedules(u32 cpu)
{
	return __atomic_load_n(&host_cpus[cpu].nr_reschedules, __ATOMIC_RELAXED);
}

/* --- stopping, looking --- */

static struct {
	u32 nr;
	u64 addr[TRACE_MAX];
	bool done;
} trace;

static void __noreturn stop_here(void)
{
	__atomic_or_fetch(&stopped, 1UL << smp_processor_id(), __ATOMIC_SEQ_CST);
	for (;;)
		pause();
}

/* The caller of whatever waits, and its callers. */
static void record_trace(const void *caller)
{
	void *all[2 * TRACE_MAX];
	u32 nr = (u32)backtrace(all, ARRAY_SIZE(all)), first = 0;

	while (first < nr && all[first] != caller)
		first++;
	trace.nr = min(nr - first, (u32)TRACE_MAX);
	memcpy(trace.addr, all + first, trace.nr * sizeof(trace.addr[0]));
	__atomic_store_n(&trace.done, true, __ATOMIC_RELEASE);
}

void host_nmi(u32 what, const void *caller)
{
	if (what & HOST_STOP)
		stop_here();
	if (what & HOST_TRACE)
		record_trace(caller);
}

static void wait_stopped(u64 cpus)
{
	u64 end = arch_time_ns() + STOP_PATIENCE;

	while (cpus & ~__atomic_load_n(&stopped, __ATOMIC_SEQ_CST) &&
	       arch_time_ns() < end)
		usleep(100);
}

/* One that neither waits nor switches interrupts on goes on for a while. */
void arch_stop_others(void)
{
	u32 nr = READ_ONCE(nr_started);
	u64 others = (nr < MAX_CPUS ? (1UL << nr) - 1 : ~0UL) &
		     ~(1UL << smp_processor_id());

	for (u64 rest = others; rest; rest &= rest - 1)
		host_interrupt((u32)__builtin_ctzl(rest), HOST_STOP);
	wait_stopped(others);
}

u32 arch_cpu_backtrace(u32 cpu, u64 *out, u32 max)
{
	u64 end = arch_time_ns() + STOP_PATIENCE;
	u32 nr;

	__atomic_store_n(&trace.done, false, __ATOMIC_RELAXED);
	host_interrupt(cpu, HOST_TRACE);
	while (!__atomic_load_n(&trace.done, __ATOMIC_ACQUIRE) &&
	       arch_time_ns() < end)
		cpu_relax();
	if (!__atomic_load_n(&trace.done, __ATOMIC_ACQUIRE))
		return 0;
	nr = min(trace.nr, max);
	memcpy(out, trace.addr, nr * sizeof(out[0]));
	return nr;
}
