// SPDX-License-Identifier: MIT
/*
 * kernel/smp.c - how many CPUs there are, and what each needs to start
 *
 *	MADT, maxcpus= -> numbers (0: the one that booted)
 *	  -> per-CPU areas, from memblock, on each CPU's own node
 *	  -> zones, with stacks of frames for each CPU
 *	  -> kernel stacks, then one CPU after the other is started
 */
#include <kernel/acpi.h>
#include <kernel/errno.h>
#include <kernel/main.h>
#include <kernel/panic.h>
#include <kernel/params.h>
#include <kernel/printk.h>
#include <kernel/rcu.h>
#include <kernel/smp.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <mm/mm_state.h>
#include <mm/pcp.h>
#include <arch/cpu.h>
#include <arch/hooks.h>
#include <arch/paging.h>
#include <arch/smp.h>

#include "stack.h"

_Static_assert(MADT_MAX_CPUS == MAX_CPUS, "every CPU kept has a number");

static u64 max_cpus = MAX_CPUS;

static int param_maxcpus(const char *value)
{
	return kstrtou64(value, 10, &max_cpus);
}

BOOT_PARAM("maxcpus", param_maxcpus, "N: use that many CPUs at most");

/* --- before memory is handed out --- */

/* Numbers are places in the MADT's list, and 0 is the boot CPU's. */
void smp_number_cpus(struct madt_info *madt)
{
	u32 boot = arch_boot_apic_id(), at = 0;

	while (at < madt->nr_cpus && madt->apic_id[at] != boot)
		at++;
	if (at == madt->nr_cpus) {
		if (at)
			pr_warn("MADT: the boot CPU, APIC id 0x%x, is not in it: added\n",
				boot);
		at = min(at, (u32)MADT_MAX_CPUS - 1);
		madt->nr_cpus = at + 1;
	}
	memmove(&madt->apic_id[1], &madt->apic_id[0],
		at * sizeof(madt->apic_id[0]));
	madt->apic_id[0] = boot;
}

void smp_prepare(struct mm_state *mm, const struct madt_info *madt)
{
	mm->nr_cpus = (u32)clamp(max_cpus, 1UL, (u64)max(madt->nr_cpus, 1u));
	memcpy(mm->cpu_apic_id, madt->apic_id, sizeof(mm->cpu_apic_id));
	for (u32 cpu = 1; cpu < mm->nr_cpus; cpu++) {
		void *area = mm_boot_alloc(
			mm, percpu_area_size(), PAGE_SIZE,
			numa_cpu_node(&mm->numa, mm->cpu_apic_id[cpu]));

		if (!area)
			panic("no memory for the per-CPU area of CPU %u", cpu);
		percpu_area_init(cpu, area);
	}
}

/* --- starting them --- */

static DEFINE_PER_CPU(vaddr_t, first_stack_top);

/* All of them, on the CPU's own node, or none. */
static bool map_stacks(u32 cpu, vaddr_t tops[SECONDARY_STACKS])
{
	for (u32 i = 0; i < SECONDARY_STACKS; i++) {
		vaddr_t stack = map_stack(*per_cpu_ptr(&cpu_nid, cpu));

		tops[i] = stack + SECONDARY_STACK_SIZE;
		if (stack)
			continue;
		while (i--)
			unmap_stack(tops[i] - SECONDARY_STACK_SIZE);
		return false;
	}
	return true;
}

/* One that doesn't answer keeps its stacks: it might come yet. */
static void start_cpu(struct mm_state *mm, u32 cpu)
{
	vaddr_t tops[SECONDARY_STACKS];

	if (!map_stacks(cpu, tops)) {
		pr_warn("smp: no memory for the stacks of CPU %u: not used\n",
			cpu);
		return;
	}
	*per_cpu_ptr(&first_stack_top, cpu) = tops[0];
	if (!arch_cpu_up(cpu, tops, cpu_online)) {
		pr_warn("smp: CPU %u (APIC id 0x%x) does not answer: not used\n",
			cpu, mm->cpu_apic_id[cpu]);
		return;
	}
	rcu_init_cpu(cpu);
	if (smp_start_worker(cpu))
		pr_warn("smp: no memory for a worker of CPU %u\n", cpu);
}

void smp_init(struct mm_state *mm)
{
	u32 nodes = mm->nr_online_nodes, cpus;

	if (mm->nr_cpus > 1 && arch_smp_begin(mm->cpu_apic_id, mm->nr_cpus))
		for (u32 cpu = 1; cpu < mm->nr_cpus; cpu++)
			start_cpu(mm, cpu);
	cpus = num_online_cpus();
	pr_info("smp: Brought up %u node%s, %u CPU%s\n", nodes,
		nodes == 1 ? "" : "s", cpus, cpus == 1 ? "" : "s");
}

/* What it stands on becomes its idle thread. */
void __noreturn start_secondary(u32 cpu)
{
	vaddr_t top = this_cpu_read(first_stack_top);

	sched_init_secondary(top - SECONDARY_STACK_SIZE, top);
	set_cpu_online(cpu);
	cpu_idle();
}
