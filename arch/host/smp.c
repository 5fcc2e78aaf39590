// SPDX-License-Identifier: MIT
/*
 * arch/host/smp.c - one simulated CPU has nobody to start or to interrupt
 */
#include <kernel/panic.h>
#include <arch/irq.h>
#include <arch/smp.h>

u32 arch_boot_apic_id(void)
{
	return 0;
}

void arch_send_call(u64 cpus)
{
	BUG_ON(cpus);
}

void arch_send_reschedule(u32 cpu __unused)
{
}

u64 arch_nr_reschedules(u32 cpu __unused)
{
	return 0;
}

void arch_stop_others(void)
{
}

u32 arch_cpu_backtrace(u32 cpu __unused, u64 *out __unused, u32 max __unused)
{
	return 0;
}

u64 cpu_timer_ticks(u32 cpu __unused)
{
	return timer_ticks();
}

void timer_set_hook(void (*hook)(void) __unused)
{
}
