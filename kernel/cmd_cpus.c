// SPDX-License-Identifier: MIT
/*
 * kernel/cmd_cpus.c - cpus: who is there, and what everybody is doing
 */
#include <kernel/acpi.h>
#include <kernel/ksyms.h>
#include <kernel/main.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/smp.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <mm/mm_state.h>
#include <arch/irq.h>
#include <arch/smp.h>

#define TRACE_MAX 16

static const char *cpu_state(u32 cpu)
{
	if (cpu == smp_processor_id())
		return "this one";
	if (cpu_online(cpu))
		return cpu_runs_idle_thread(cpu) ? "idle" : "busy";
	return cpu < kernel_mm()->nr_cpus ? "does not answer" : "not used";
}

static void show_cpu(u32 cpu)
{
	u32 apic_id = kernel_madt()->apic_id[cpu];

	console_printf("%4u %8u %5d", cpu, apic_id,
		       numa_cpu_node(&kernel_mm()->numa, apic_id));
	if (cpu_online(cpu))
		console_printf(" %9lu %9lu %9lu", cpu_timer_ticks(cpu),
			       smp_calls_served(cpu), arch_nr_reschedules(cpu));
	else
		console_printf(" %9s %9s %9s", "-", "-", "-");
	console_printf("  %s\n", cpu_state(cpu));
}

static void show_trace(u32 cpu)
{
	char name[KSYM_TEXT_MAX];
	u64 trace[TRACE_MAX];
	u32 nr = arch_cpu_backtrace(cpu, trace, TRACE_MAX);

	console_printf("CPU %u%s\n", cpu, nr ? ":" : ": no answer to the NMI");
	for (u32 i = 0; i < nr; i++)
		console_printf(" [<%016lx>] %s\n", trace[i],
			       ksym_format(i ? trace[i] - 1 : trace[i], i != 0,
					   name));
}

static void show_traces(void)
{
	u32 cpu;

	for_each_online_cpu(cpu)
		if (cpu != smp_processor_id())
			show_trace(cpu);
	console_printf("CPU %u (this one):\n", smp_processor_id());
	dump_stack();
}

static int cmd_cpus(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "backtrace")) {
		show_traces();
		return 0;
	}
	if (argc != 1) {
		console_printf("usage: cpus [backtrace]\n");
		return 1;
	}
	console_printf(" CPU  APIC id  node     ticks     calls   wakeups\n");
	for (u32 cpu = 0; cpu < max(kernel_madt()->nr_cpus, 1u); cpu++)
		show_cpu(cpu);
	return 0;
}

static void complete_cpus(int arg, const char *prefix,
			  void (*offer)(void *ctx, const char *word), void *ctx)
{
	if (arg == 1 && !strncmp("backtrace", prefix, strlen(prefix)))
		offer(ctx, "backtrace");
}

SHELL_COMMAND(cpus, cmd_cpus, "[backtrace]",
	      "all CPUs, or what each is doing\n"
	      "ticks: timer interrupts, calls: functions run for other CPUs, "
	      "wakeups: reschedule\n"
	      "interrupts. backtrace asks each CPU by an NMI, which it can't "
	      "refuse.",
	      complete_cpus);
