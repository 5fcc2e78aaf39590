// SPDX-License-Identifier: MIT
/*
 * kernel/procfs/rcu.c - /proc/tangram/rcu: grace periods and callbacks
 *
 *	queued, called	callbacks of this CPU so far; pending is the difference
 *	batches		in which they were called
 *	switch ... user	quiescent states by kind: how grace periods found that
 *			the CPU reads nothing (kernel/rcu.h)
 */
#include <kernel/rcu.h>
#include <kernel/smp.h>

#include "procfs.h"

static void show_cpu(struct seq *s, u32 cpu)
{
	struct rcu_cpu_info i;

	rcu_get_cpu_info(cpu, &i);
	seq_printf(s, "%3u %9lu %9lu %9lu %9lu %9lu %9lu %9lu %9lu\n", cpu,
		   i.nr_queued, i.nr_called, i.nr_queued - i.nr_called,
		   i.nr_batches, i.nr_qs[RCU_QS_SWITCH], i.nr_qs[RCU_QS_TICK],
		   i.nr_qs[RCU_QS_IDLE], i.nr_qs[RCU_QS_USER]);
}

static void show_rcu(struct seq *s, u64 arg __unused)
{
	struct rcu_info i;
	u32 cpu;

	rcu_get_info(&i);
	seq_printf(s, "grace periods %lu, running %lu, waits for CPUs 0x%lx\n",
		   i.done, i.started - i.done, i.waiting);
	seq_printf(s, "last %lu us, longest %lu us, stalls reported %lu\n",
		   i.last_ns / 1000, i.longest_ns / 1000, i.nr_stalls);
	seq_printf(s, "%3s %9s %9s %9s %9s %9s %9s %9s %9s\n", "cpu", "queued",
		   "called", "pending", "batches", "switch", "tick", "idle",
		   "user");
	for_each_online_cpu(cpu)
		show_cpu(s, cpu);
}

VFILE(rcu, "/proc/tangram/rcu", show_rcu, NULL);
