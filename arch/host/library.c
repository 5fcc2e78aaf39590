// SPDX-License-Identifier: MIT
/*
 * arch/host/library.c - machines by size, for users of include/tangram-mm.h
 */
#include <kernel/errno.h>
#include <kernel/main.h>
#include <kernel/smp.h>
#include <arch/host.h>
#include <arch/percpu.h>
#include <arch/cpu.h>
#include <tangram-mm.h>

#include "internal.h"

#define LIBRARY_MIB_MIN	  16UL /* the image, and each node's own records */
#define LIBRARY_MIB_CPU	  1UL  /* a CPU's stacks of every zone */
#define LIBRARY_MIB_MAX	  (1UL << 24)
#define LIBRARY_NODES_MAX 64u
#define LOW_MEMORY_END	  (1 * MiB)

static bool request_is_sane(u64 mib, u32 nodes, u32 cpus)
{
	return nodes && nodes <= LIBRARY_NODES_MAX && cpus &&
	       cpus <= MAX_CPUS && mib <= LIBRARY_MIB_MAX &&
	       mib >= nodes * LIBRARY_MIB_MIN + (cpus - 1) * LIBRARY_MIB_CPU;
}

int tangram_machine_create(u64 mib, u32 nodes, u32 cpus)
{
	struct host_node_memory memory[LIBRARY_NODES_MAX];
	const struct e820_entry entries[] = {
		{ 0, 636 * KiB, E820_TYPE_RAM },
		{ LOW_MEMORY_END, mib * MiB - LOW_MEMORY_END, E820_TYPE_RAM },
	};

	if (!request_is_sane(mib, nodes, cpus))
		return -EINVAL;
	for (u32 n = 0; n < nodes; n++)
		memory[n] = (struct host_node_memory){
			n, mib * n / nodes * MiB, mib * (n + 1) / nodes * MiB
		};
	host_machine_build(&(struct host_machine_desc){
		.phys_size = mib * MiB,
		.entries = entries,
		.nr_entries = ARRAY_SIZE(entries),
		.memory = memory,
		.nr_memory = nodes,
		.nr_nodes = nodes,
		.nr_cpus = cpus,
		.nr_running = cpus,
	});
	host_is_smp = cpus > 1;
	for (u32 cpu = 1; cpu < cpus; cpu++) {
		__atomic_store_n(&host_cpus[cpu].holder, FREE, __ATOMIC_SEQ_CST);
		set_cpu_online(cpu);
	}
	return 0;
}

int tangram_cpu_enter(u32 cpu)
{
	u32 holder = FREE;

	if (!cpu || !cpu_online(cpu))
		return -EINVAL;
	while (!__atomic_compare_exchange_n(&host_cpus[cpu].holder, &holder,
					    HELD, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_RELAXED)) {
		if (holder == HELD)
			return -EBUSY;
		holder = FREE;
	}
	host_become(cpu);
	arch_irq_enable(); /* what came before it was ours */
	return 0;
}

/* Sent to it after the last look: whoever finds it free first takes that. */
void tangram_cpu_leave(void)
{
	u32 cpu = smp_processor_id();

	if (!cpu)
		return;
	arch_irq_enable();
	host_become(0);
	__atomic_store_n(&host_cpus[cpu].holder, FREE, __ATOMIC_SEQ_CST);
	host_stand_in(cpu);
}

void tangram_machine_drop(void)
{
	host_machine_drop();
}

u64 tangram_free_frames(void)
{
	struct zone *zone;
	u64 nr = 0;

	for_each_populated_zone(kernel_mm(), zone)
		nr += zone->nr_free_pages;
	return nr;
}
