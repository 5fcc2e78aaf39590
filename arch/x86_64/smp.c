// SPDX-License-Identifier: MIT
/*
 * arch/x86_64/smp.c - start the other CPUs, interrupt them, stop them
 *
 *	INIT to all		a CPU waits for a startup IPI from then on
 *	10 ms
 *	STARTUP, twice if	it begins in the trampoline page (boot/ap.asm),
 *	need be			ends in x86_start_secondary() below
 *
 * Source: SDM volume 3, section 8.4.4 (MP initialization). A CPU that stays
 * silent gets INIT again, so that it cannot wake up later.
 *
 * Two things are asked by NMI, which reaches a CPU that spins with interrupts
 * off: to stop for good after a panic (first politely by an interrupt, so that
 * a line being printed is finished) and what it is doing.
 */
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <arch/cpu.h>
#include <arch/hooks.h>
#include <arch/layout.h>
#include <arch/paging.h>
#include <arch/percpu.h>
#include <arch/smp.h>

#include "cpu.h"
#include "internal.h"

#define TRAMPOLINE_FIRST 0x1000UL /* mm/init.c reserves the low 64 KiB */
#define TRAMPOLINE_END	 0x10000UL

#define MS_IN_NS	 1000000UL
#define INIT_DELAY	 (10 * MS_IN_NS)
#define STARTUP_PATIENCE (1 * MS_IN_NS)	   /* then the second STARTUP */
#define ANSWER_PATIENCE	 (2000 * MS_IN_NS) /* a loaded host runs us slowly */
#define STOP_PATIENCE	 (100 * MS_IN_NS)

#define TRACE_MAX 24

/* boot/ap.asm draws it. */
struct ap_data {
	u64 gdt[4];
	u16 gdt_limit;
	u32 gdt_base;
	u32 to_32;
	u16 to_32_selector;
	u32 to_64;
	u16 to_64_selector;
	u16 pad;
	u32 apic_id;
	u32 cpu;
	u64 root;
	u64 stack;
} __packed;

extern u8 ap_trampoline[], ap_trampoline_end[], ap_data[];

static u32 apic_ids[MAX_CPUS];
static u32 nr_started = 1; /* CPU numbers below it may be sent to */
static bool stopping;
static u64 stopped; /* mask: those that can't be asked to, among them */
static paddr_t trampoline;
static DEFINE_PER_CPU(u64, nr_reschedules);

u32 arch_boot_apic_id(void)
{
	if (rdmsr(MSR_APIC_BASE) & APIC_BASE_X2APIC)
		return cpuid(0xb, 0).edx;
	return cpuid(1, 0).ebx >> 24;
}

/* Waits; true as soon as the CPU is online. */
static bool wait_online(u32 cpu, bool (*online)(u32 cpu), u64 ns)
{
	u64 end = arch_time_ns() + ns;

	while (!online(cpu) && arch_time_ns() < end)
		cpu_relax();
	return online(cpu);
}

static void delay(u64 ns)
{
	u64 end = arch_time_ns() + ns;

	while (arch_time_ns() < end)
		cpu_relax();
}

/* --- starting --- */

/* A page of RAM below 64 KiB that the direct map shows; 0: none. */
static paddr_t find_low_page(void)
{
	paddr_t phys;
	u32 prot;
	u64 leaf;

	for (paddr_t at = TRAMPOLINE_END - PAGE_SIZE; at >= TRAMPOLINE_FIRST;
	     at -= PAGE_SIZE)
		if (paging_lookup((vaddr_t)phys_to_virt(at), &phys, &prot,
				  &leaf) &&
		    (prot & MAP_W))
			return at;
	return 0;
}

static struct ap_data *trampoline_data(void)
{
	return phys_to_virt(trampoline + (u64)(ap_data - ap_trampoline));
}

static void install_trampoline(void)
{
	struct ap_data *data;

	memcpy(phys_to_virt(trampoline), ap_trampoline,
	       (size_t)(ap_trampoline_end - ap_trampoline));
	data = trampoline_data();
	data->gdt_base += (u32)trampoline;
	data->to_32 += (u32)trampoline;
	data->to_64 += (u32)trampoline;
	data->root = read_cr3();
}

static void on_call(void *ctx __unused)
{
	smp_call_interrupt();
}

static void on_reschedule(void *ctx __unused)
{
	this_cpu_inc(nr_reschedules);
}

static void on_stop(void *ctx __unused);

bool arch_smp_begin(const u32 *ids, u32 nr_cpus)
{
	idt_set_handler(VECTOR_CALL, on_call, NULL);
	idt_set_handler(VECTOR_RESCHED, on_reschedule, NULL);
	idt_set_handler(VECTOR_STOP, on_stop, NULL);
	memcpy(apic_ids, ids, nr_cpus * sizeof(ids[0]));
	trampoline = find_low_page();
	if (!lapic_present() || !trampoline) {
		pr_warn("smp: %s: one CPU is used\n",
			trampoline ? "no local APIC"
				   : "no RAM below 64 KiB to start CPUs from");
		return false;
	}
	install_trampoline();
	for (u32 cpu = 1; cpu < nr_cpus; cpu++)
		if (lapic_can_reach(apic_ids[cpu]))
			lapic_send(apic_ids[cpu], ICR_INIT | ICR_ASSERT);
	delay(INIT_DELAY);
	return true;
}

static void send_startup(u32 cpu)
{
	lapic_send(apic_ids[cpu],
		   ICR_STARTUP | ICR_ASSERT | (u32)(trampoline >> PAGE_SHIFT));
}

bool arch_cpu_up(u32 cpu, const vaddr_t stack_tops[SECONDARY_STACKS],
		 bool (*online)(u32 cpu))
{
	struct ap_data *data = trampoline_data();

	if (!lapic_can_reach(apic_ids[cpu]))
		return false;
	for (u32 i = 0; i < SECONDARY_STACKS; i++)
		*per_cpu_ptr(&cpu_stacks[i], cpu) = (struct stack_range){
			stack_tops[i] - SECONDARY_STACK_SIZE, stack_tops[i]
		};
	data->apic_id = apic_ids[cpu];
	data->cpu = cpu;
	data->stack = stack_tops[0];
	WRITE_ONCE(nr_started, cpu + 1);
	send_startup(cpu);
	if (wait_online(cpu, online, STARTUP_PATIENCE))
		return true;
	send_startup(cpu);
	if (wait_online(cpu, online, ANSWER_PATIENCE))
		return true;
	lapic_send(apic_ids[cpu], ICR_INIT | ICR_ASSERT);
	__atomic_or_fetch(&stopped, 1UL << cpu, __ATOMIC_RELEASE);
	return false;
}

void __noreturn x86_start_secondary(u32 cpu)
{
	wrmsr(MSR_FS_BASE, 0);
	wrmsr(MSR_GS_BASE, per_cpu_offset(cpu));
	wrmsr(MSR_KERNEL_GS, 0);
	gdt_init();
	idt_load();
	enable_cpu_features();
	lapic_init_cpu();
	start_secondary(cpu);
}

/* --- interrupting --- */

void arch_send_call(u64 cpus)
{
	for (; cpus; cpus &= cpus - 1)
		lapic_send(apic_ids[__builtin_ctzl(cpus)],
			   VECTOR_CALL | ICR_ASSERT);
}

void arch_send_reschedule(u32 cpu)
{
	lapic_send(apic_ids[cpu], VECTOR_RESCHED | ICR_ASSERT);
}

u64 arch_nr_reschedules(u32 cpu)
{
	return READ_ONCE(*per_cpu_ptr(&nr_reschedules, cpu));
}

/* --- stopping, looking --- */

static struct {
	u32 wanted; /* CPU + 1 that shall answer */
	u32 nr;
	u64 addr[TRACE_MAX];
	bool done;
} trace;

static void __noreturn stop_here(void)
{
	__atomic_or_fetch(&stopped, 1UL << smp_processor_id(), __ATOMIC_RELEASE);
	arch_halt();
}

static void on_stop(void *ctx __unused)
{
	stop_here();
}

static void send_to_running(u64 cpus, u32 command)
{
	for (u64 rest = cpus & ~__atomic_load_n(&stopped, __ATOMIC_ACQUIRE);
	     rest; rest &= rest - 1)
		lapic_send(apic_ids[__builtin_ctzl(rest)], command | ICR_ASSERT);
}

static void wait_stopped(u64 cpus)
{
	u64 end = arch_time_ns() + STOP_PATIENCE;

	while (cpus & ~__atomic_load_n(&stopped, __ATOMIC_ACQUIRE) &&
	       arch_time_ns() < end)
		cpu_relax();
}

void arch_stop_others(void)
{
	u64 others = (READ_ONCE(nr_started) < MAX_CPUS ? (1UL << nr_started) - 1
						       : ~0UL) &
		     ~(1UL << smp_processor_id());

	if (!others)
		return;
	__atomic_store_n(&stopping, true, __ATOMIC_RELEASE);
	send_to_running(others, VECTOR_STOP);
	wait_stopped(others);
	send_to_running(others, ICR_NMI);
	wait_stopped(others);
}

static void record_trace(const struct pt_regs *regs)
{
	trace.addr[0] = regs->rip;
	trace.nr =
		1 + arch_stack_trace(trace.addr + 1, TRACE_MAX - 1, regs->rbp);
	__atomic_store_n(&trace.done, true, __ATOMIC_RELEASE);
}

bool smp_nmi(const struct pt_regs *regs)
{
	u32 me = smp_processor_id() + 1;

	if (__atomic_load_n(&stopping, __ATOMIC_ACQUIRE))
		stop_here();
	if (!__atomic_compare_exchange_n(&trace.wanted, &me, 0, false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return false;
	record_trace(regs);
	return true;
}

u32 arch_cpu_backtrace(u32 cpu, u64 *out, u32 max)
{
	u64 end = arch_time_ns() + STOP_PATIENCE;
	u32 nr;

	trace.done = false;
	__atomic_store_n(&trace.wanted, cpu + 1, __ATOMIC_RELEASE);
	lapic_send(apic_ids[cpu], ICR_NMI | ICR_ASSERT);
	while (!__atomic_load_n(&trace.done, __ATOMIC_ACQUIRE) &&
	       arch_time_ns() < end)
		cpu_relax();
	if (!trace.done)
		return 0;
	nr = min(trace.nr, max);
	memcpy(out, trace.addr, nr * sizeof(out[0]));
	return nr;
}
