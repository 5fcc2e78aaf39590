// SPDX-License-Identifier: MIT
/*
 * kernel/base/watchdog.c - a CPU that is stuck while threads wait for it
 *
 * Each CPU's tick looks at its own run queue and at that of the next CPU, for
 * one that spins with interrupts off can't look itself. Its stack then comes
 * by NMI. One report for each time it gets stuck; it may go on.
 */
#include <kernel/ksyms.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/smp.h>
#include <arch/cpu.h>
#include <arch/smp.h>

#include "sched_internal.h"

#define MS_IN_NS    1000000UL
#define DEFAULT_MS  20000 /* a host with much to do runs us slowly */
#define TRACE_DEPTH 16

static u64 limit_ns = DEFAULT_MS * MS_IN_NS;
static u64 nr_reports;

void sched_set_watchdog(u64 ms)
{
	WRITE_ONCE(limit_ns, (ms ? ms : DEFAULT_MS) * MS_IN_NS);
}

u64 sched_watchdog_reports(void)
{
	return __atomic_load_n(&nr_reports, __ATOMIC_RELAXED);
}

static void show_other(u32 cpu)
{
	static u32 asking; /* who answers can hold one question */
	u64 trace[TRACE_DEPTH];
	char name[KSYM_TEXT_MAX];
	u32 nr;

	while (__atomic_exchange_n(&asking, 1, __ATOMIC_ACQUIRE))
		cpu_relax();
	nr = arch_cpu_backtrace(cpu, trace, TRACE_DEPTH);
	__atomic_store_n(&asking, 0, __ATOMIC_RELEASE);
	for (u32 i = 0; i < nr; i++)
		pr_err(" [<%016lx>] %s\n", trace[i],
		       ksym_format(trace[i], i ? 1 : 0, name));
}

void show_cpu_stack(u32 cpu)
{
	if (cpu == smp_processor_id())
		dump_stack();
	else
		show_other(cpu);
}

static void look_at(struct runqueue *rq)
{
	u64 since = READ_ONCE(rq->last_switch_ns), now = arch_time_ns();
	u32 nr = READ_ONCE(rq->nr);

	if (!nr || now < since || now - since < READ_ONCE(limit_ns) ||
	    __atomic_exchange_n(&rq->reported, true, __ATOMIC_RELAXED))
		return;
	__atomic_add_fetch(&nr_reports, 1, __ATOMIC_RELAXED);
	pr_err("watchdog: CPU %u has not switched for %lu ms while %u thread%s wait%s\n",
	       rq->cpu, (now - since) / MS_IN_NS, nr, nr == 1 ? "" : "s",
	       nr == 1 ? "s" : "");
	show_cpu_stack(rq->cpu);
}

void watchdog_tick(struct runqueue *rq)
{
	u32 next = next_online_cpu(rq->cpu + 1);

	if (!CONFIG_DEBUG)
		return;
	look_at(rq);
	if (next == MAX_CPUS)
		next = 0;
	if (next != rq->cpu)
		look_at(cpu_rq(next));
}
