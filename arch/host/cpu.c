// SPDX-License-Identifier: MIT
/*
 * arch/host/cpu.c - a simulated CPU inside a Linux process
 *
 * So far there is one: CPU 0, held by the main thread. Its per-CPU copy is
 * the template itself (offset 0).
 */
#include <execinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <arch/cpu.h>
#include <arch/hooks.h>
#include <arch/irq.h>
#include <arch/percpu.h>

__thread bool host_irqs_off;
__thread u64 host_cpu_off;

static struct timespec boot_time;

static void __attribute__((constructor)) host_note_boot_time(void)
{
	clock_gettime(CLOCK_MONOTONIC, &boot_time);
}

u64 arch_time_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)((now.tv_sec - boot_time.tv_sec) * 1000000000L +
		     now.tv_nsec - boot_time.tv_nsec);
}

u32 arch_phys_bits(void)
{
	return 52;
}

u32 arch_stack_trace(u64 *out, u32 max, u64 frame __unused)
{
	void *trace[64];
	int nr = backtrace(trace, (int)min(max, 64u));

	for (int i = 0; i < nr; i++)
		out[i] = (u64)trace[i];
	return (u32)nr;
}

u32 smp_processor_id(void)
{
	return 0;
}

u64 per_cpu_offset(u32 cpu __unused)
{
	return 0;
}

/* No timer interrupts a simulated CPU: its time passes while it idles. */
static u64 ticks;

u64 timer_ticks(void)
{
	return ticks;
}

void arch_idle(void)
{
	usleep(1000000 / HZ);
	ticks++;
	arch_irq_disable();
	rcu_irq_enter();
	sched_tick();
	arch_irq_enable();
}

void __noreturn arch_halt(void)
{
	abort();
}

void __noreturn arch_exit(bool passed)
{
	fflush(stdout);
	if (!passed)
		abort();
	exit(0);
}

void __noreturn arch_poweroff(bool passed)
{
	fflush(stdout);
	exit(passed ? 0 : 1);
}

void __noreturn arch_reboot(void)
{
	exit(0);
}
