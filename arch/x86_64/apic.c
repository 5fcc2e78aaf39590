// SPDX-License-Identifier: MIT
/*
 * arch/x86_64/apic.c - local APIC and its timer, I/O APIC, the old PICs masked
 *
 * Registers: SDM volume 3, chapter 11 (local APIC), 82093AA data sheet (I/O
 * APIC). x2APIC mode is used when the firmware left it on; QEMU's TCG has
 * none, so that path is untested there.
 */
#include <kernel/acpi.h>
#include <kernel/printk.h>
#include <arch/cpu.h>
#include <arch/hooks.h>
#include <arch/irq.h>
#include <arch/percpu.h>
#include <arch/paging.h>

#include "cpu.h"
#include "internal.h"

#define LAPIC_ID	  0x20
#define LAPIC_TPR	  0x80
#define LAPIC_EOI	  0xb0
#define LAPIC_SVR	  0xf0
#define LAPIC_ICR	  0x300
#define LAPIC_ICR_HIGH	  0x310 /* xAPIC: the target; x2APIC: in ICR itself */
#define LAPIC_LVT_TIMER	  0x320
#define LAPIC_LVT_LINT0	  0x350
#define LAPIC_TIMER_INIT  0x380
#define LAPIC_TIMER_COUNT 0x390
#define LAPIC_TIMER_DIV	  0x3e0
#define SVR_ENABLE	  (1u << 8)
#define LVT_MASKED	  (1u << 16)
#define LVT_PERIODIC	  (1u << 17)
#define DIVIDE_BY_16	  3
#define ICR_PENDING	  (1u << 12)
#define ICR_PATIENCE	  1000000
#define XAPIC_BROADCAST	  0xff
#define CALIBRATE_MS	  10
#define X2APIC_MSR_BASE	  0x800

#define IOAPIC_REDIR	 0x10
#define REDIR_ACTIVE_LOW (1u << 13)
#define REDIR_LEVEL	 (1u << 15)

#define PIC1_COMMAND 0x20
#define PIC1_DATA    0x21
#define PIC2_COMMAND 0xa0
#define PIC2_DATA    0xa1
#define PIC_INIT     0x11 /* edge, cascade, four words follow */
#define PIC_8086     0x01

static volatile u32 *lapic; /* NULL in x2APIC mode */
static bool x2apic;
static struct madt_info machine;
static volatile u32 *ioapics[MADT_MAX_IOAPICS];
static u32 timer_count; /* of one tick, the same on all CPUs */
static DEFINE_PER_CPU(u64, ticks);
static void (*timer_hook)(void);

static u32 lapic_read(u32 reg)
{
	if (x2apic)
		return (u32)rdmsr(X2APIC_MSR_BASE + (reg >> 4));
	return lapic[reg / 4];
}

static void lapic_write(u32 reg, u32 value)
{
	if (x2apic)
		wrmsr(X2APIC_MSR_BASE + (reg >> 4), value);
	else
		lapic[reg / 4] = value;
}

void lapic_eoi(void)
{
	if (lapic || x2apic)
		lapic_write(LAPIC_EOI, 0);
}

bool lapic_present(void)
{
	return lapic || x2apic;
}

/* --- interrupts for other CPUs --- */

bool lapic_can_reach(u32 apic_id)
{
	return x2apic || apic_id < XAPIC_BROADCAST;
}

/* The one before it must have left; two registers want interrupts off. */
void lapic_send(u32 apic_id, u32 command)
{
	u64 flags = arch_irq_save();

	if (x2apic) {
		/* Unlike the mapped register it orders no earlier store. */
		__asm__ __volatile__("mfence; lfence" ::: "memory");
		wrmsr(X2APIC_MSR_BASE + (LAPIC_ICR >> 4),
		      (u64)apic_id << 32 | command);
	} else {
		for (u32 i = 0;
		     i < ICR_PATIENCE && lapic_read(LAPIC_ICR) & ICR_PENDING;
		     i++)
			cpu_relax();
		lapic_write(LAPIC_ICR_HIGH, apic_id << 24);
		lapic_write(LAPIC_ICR, command);
	}
	arch_irq_restore(flags);
}

/* --- the timer --- */

u64 timer_ticks(void)
{
	return this_cpu_read(ticks);
}

u64 cpu_timer_ticks(u32 cpu)
{
	return READ_ONCE(*per_cpu_ptr(&ticks, cpu));
}

void timer_set_hook(void (*hook)(void))
{
	__atomic_store_n(&timer_hook, hook, __ATOMIC_RELEASE);
}

static void timer_tick(void *ctx __unused)
{
	void (*hook)(void) = __atomic_load_n(&timer_hook, __ATOMIC_ACQUIRE);

	this_cpu_inc(ticks);
	if (hook)
		hook();
	sched_tick();
}

/* How far the timer counts down while the PIT measures 10 ms. */
static u32 lapic_timer_calibrate(void)
{
	lapic_write(LAPIC_TIMER_DIV, DIVIDE_BY_16);
	lapic_write(LAPIC_LVT_TIMER, LVT_MASKED);
	lapic_write(LAPIC_TIMER_INIT, UINT32_MAX);
	if (pit_wait_ms(CALIBRATE_MS))
		return (UINT32_MAX - lapic_read(LAPIC_TIMER_COUNT)) /
		       CALIBRATE_MS * 1000 / HZ;
	pr_warn("apic: no PIT to calibrate the timer: the tick may be off\n");
	return 1000000;
}

static void lapic_timer_start(void)
{
	lapic_write(LAPIC_TIMER_DIV, DIVIDE_BY_16);
	lapic_write(LAPIC_LVT_TIMER, LVT_PERIODIC | VECTOR_TIMER);
	lapic_write(LAPIC_TIMER_INIT, timer_count);
}

static void lapic_timer_init(void)
{
	timer_count = max(lapic_timer_calibrate(), 1u);
	idt_set_handler(VECTOR_TIMER, timer_tick, NULL);
	lapic_timer_start();
	pr_info("apic: timer %u counts a tick, %u ticks a second; tsc %lu kHz\n",
		timer_count, HZ, tsc_khz());
}

static void lapic_enable(void)
{
	u64 base = rdmsr(MSR_APIC_BASE) | APIC_BASE_ENABLE;

	wrmsr(MSR_APIC_BASE, x2apic ? base | APIC_BASE_X2APIC : base);
	lapic_write(LAPIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
	lapic_write(LAPIC_TPR, 0);
	lapic_write(LAPIC_LVT_LINT0, LVT_MASKED); /* where the PICs come in */
}

void lapic_init_cpu(void)
{
	lapic_enable();
	lapic_timer_start();
}

static bool lapic_map(void)
{
	u64 base = rdmsr(MSR_APIC_BASE);
	paddr_t addr = base & 0xffffffffff000UL;

	if (base & APIC_BASE_X2APIC) {
		x2apic = true;
		return true;
	}
	lapic = early_ioremap(addr, PAGE_SIZE);
	return lapic != NULL;
}

static u32 ioapic_read(u32 n, u32 reg)
{
	ioapics[n][0] = reg;
	return ioapics[n][4];
}

static void ioapic_write(u32 n, u32 reg, u32 value)
{
	ioapics[n][0] = reg;
	ioapics[n][4] = value;
}

static u32 ioapic_nr_pins(u32 n)
{
	return (ioapic_read(n, 1) >> 16 & 0xff) + 1;
}

static void ioapics_init(void)
{
	for (u32 n = 0; n < machine.nr_ioapics; n++) {
		ioapics[n] = early_ioremap(machine.ioapic[n].addr, PAGE_SIZE);
		for (u32 pin = 0; ioapics[n] && pin < ioapic_nr_pins(n); pin++)
			ioapic_write(n, IOAPIC_REDIR + pin * 2, LVT_MASKED);
	}
}

bool irq_request_isa(u32 irq, irq_handler_t handler, void *ctx)
{
	u32 gsi = machine.isa_irq[irq].gsi;
	u32 dest = lapic || x2apic ? lapic_read(LAPIC_ID) : 0;

	for (u32 n = 0; n < machine.nr_ioapics; n++) {
		u32 pin = gsi - machine.ioapic[n].gsi_base;
		u32 low = VECTOR_ISA_BASE + irq;

		if (!ioapics[n] || gsi < machine.ioapic[n].gsi_base ||
		    pin >= ioapic_nr_pins(n))
			continue;
		if (machine.isa_irq[irq].active_low)
			low |= REDIR_ACTIVE_LOW;
		if (machine.isa_irq[irq].level)
			low |= REDIR_LEVEL;
		idt_set_handler((u8)(VECTOR_ISA_BASE + irq), handler, ctx);
		ioapic_write(n, IOAPIC_REDIR + pin * 2 + 1,
			     x2apic ? dest << 24 : dest & 0xff000000);
		ioapic_write(n, IOAPIC_REDIR + pin * 2, low);
		return true;
	}
	return false;
}

/*
 * A masked PIC can still deliver its spurious IRQ 7 or 15, for a line that
 * fell at the wrong moment. Firmware has the first PIC on vectors 8 to 15,
 * where that would be an exception: so they move before they are masked.
 */
static void pics_retire(void)
{
	outb(PIC1_COMMAND, PIC_INIT);
	outb(PIC2_COMMAND, PIC_INIT);
	outb(PIC1_DATA, VECTOR_PIC_BASE);
	outb(PIC2_DATA, VECTOR_PIC_BASE + 8);
	outb(PIC1_DATA, 1u << 2); /* the second one hangs on line 2 */
	outb(PIC2_DATA, 2);
	outb(PIC1_DATA, PIC_8086);
	outb(PIC2_DATA, PIC_8086);
	outb(PIC1_DATA, 0xff);
	outb(PIC2_DATA, 0xff);
}

void irq_init(const struct madt_info *madt)
{
	if (madt)
		machine = *madt;
	pics_retire();
	if (!lapic_map()) {
		pr_err("apic: the local APIC can't be mapped: no timer\n");
		return;
	}
	lapic_enable();
	ioapics_init();
	lapic_timer_init();
	serial_irq_init();
}
