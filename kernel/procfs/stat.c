// SPDX-License-Identifier: MIT
/*
 * kernel/procfs/stat.c - /proc/stat, /proc/cpuinfo
 *
 *	cpu  user nice system idle iowait irq softirq steal guest guest_nice
 *
 * In hundredths of a second. Only idle ticks are told from others: all others
 * are under system, and what Tangram doesn't have is 0.
 */
#include <kernel/process.h>
#include <kernel/smp.h>
#include <kernel/string.h>
#include <kernel/vfile.h>
#include <arch/cpu.h>
#include <arch/irq.h>

#define CLOCK_TICKS 100

static u64 uptime(void)
{
	return arch_time_ns() / (1000000000 / CLOCK_TICKS);
}

/* Of the thread that runs when nobody else wants to. */
static u64 idle_time(u32 cpu)
{
	struct thread_info info;
	char name[THREAD_NAME_MAX];

	snprintf(name, sizeof(name), "idle/%u", cpu);
	for (u32 id = 0; thread_info_from(id, &info); id = info.id + 1)
		if (!strcmp(info.name, name))
			return min(info.ticks * CLOCK_TICKS / HZ, uptime());
	return 0;
}

static void show_times(struct seq *s, const char *name, u64 busy, u64 idle)
{
	seq_printf(s, "%s 0 0 %lu %lu 0 0 0 0 0 0\n", name, busy, idle);
}

static void show_cpus(struct seq *s)
{
	u64 idle, sum = 0, now = uptime();
	char name[16];
	u32 cpu;

	for_each_online_cpu(cpu)
		sum += min(idle_time(cpu), now);
	show_times(s, "cpu ", now * num_online_cpus() - sum, sum);
	for_each_online_cpu(cpu) {
		idle = min(idle_time(cpu), now);
		snprintf(name, sizeof(name), "cpu%u", cpu);
		show_times(s, name, now - idle, idle);
	}
}

static void show_stat_file(struct seq *s, u64 arg __unused)
{
	struct thread_info info;
	u64 switches = 0;
	u32 cpu, running = 0, last = 0;

	show_cpus(s);
	for_each_online_cpu(cpu)
		switches += nr_context_switches(cpu);
	for (u32 id = 0; thread_info_from(id, &info); id = info.id + 1) {
		running += info.state == 'R' && info.prio != PRIO_IDLE;
		last = info.id;
	}
	seq_printf(s, "intr 0\nctxt %lu\nbtime 0\nprocesses %u\n"
		      "procs_running %u\nprocs_blocked 0\n",
		   switches, last, running);
}
VFILE(stat, "/proc/stat", show_stat_file, NULL);

static void show_cpuinfo(struct seq *s, u64 arg __unused)
{
	char name[64];
	u32 cpu;

	arch_cpu_name(name, sizeof(name));
	for_each_online_cpu(cpu)
		seq_printf(s, "processor\t: %u\nmodel name\t: %s\n\n", cpu,
			   name);
}
VFILE(cpuinfo, "/proc/cpuinfo", show_cpuinfo, NULL);
