// SPDX-License-Identifier: MIT
/*
 * arch/x86_64/power.c - leave: verdict, power off, reset
 *
 * QEMU's isa-debug-exit turns a byte v written to port 0xf4 into exit status
 * 2v + 1; only 33 (v = 0x10) means passed. Reading the port gives 0 when the
 * device is there, 0xff when nothing answers. Without it: ACPI S5.
 */
#include <kernel/acpi.h>
#include <kernel/printk.h>
#include <arch/cpu.h>
#include <arch/power.h>

#include "cpu.h"

#define EXIT_PORT     0xf4
#define EXIT_PASSED   0x10
#define EXIT_FAILED   0x11
#define SLP_EN	      (1u << 13)
#define SLP_TYP_SHIFT 10
#define SLP_TYP_MASK  (7u << SLP_TYP_SHIFT)

static struct acpi_s5 s5;
static bool have_s5;

void power_init(const struct acpi_s5 *from_acpi)
{
	s5 = *from_acpi;
	have_s5 = true;
}

void __noreturn arch_halt(void)
{
	for (;;) {
		arch_irq_disable();
		__asm__ __volatile__("hlt");
	}
}

static void leave_by_exit_device(bool passed)
{
	if (inb(EXIT_PORT) != 0xff)
		outb(EXIT_PORT, passed ? EXIT_PASSED : EXIT_FAILED);
}

/* The register's other bits are the chipset's business: they stay. */
static void sleep_control(u16 port, u8 type)
{
	u16 other = inw(port) & (u16) ~(SLP_TYP_MASK | SLP_EN);

	outw(port, (u16)(other | type << SLP_TYP_SHIFT | SLP_EN));
}

static void leave_by_s5(void)
{
	if (!have_s5)
		return;
	sleep_control(s5.pm1a_cnt, s5.slp_typa);
	if (s5.pm1b_cnt)
		sleep_control(s5.pm1b_cnt, s5.slp_typb);
}

/* After a panic the machine stays on where nobody waits for a verdict. */
void __noreturn arch_exit(bool passed)
{
	leave_by_exit_device(passed);
	pr_emerg("System halted.\n");
	arch_halt();
}

void __noreturn arch_poweroff(bool passed)
{
	leave_by_exit_device(passed);
	leave_by_s5();
	pr_emerg("Power off is not possible here. System halted.\n");
	arch_halt();
}

/* ACPI reset register, keyboard controller, then a triple fault. */
void __noreturn arch_reboot(void)
{
	struct {
		u16 limit;
		u64 base;
	} __packed no_idt = { 0, 0 };

	arch_irq_disable();
	if (have_s5 && s5.reset_port)
		outb(s5.reset_port, s5.reset_value);
	for (u32 i = 0; i < 100000 && inb(0x64) & 2; i++)
		cpu_relax();
	outb(0x64, 0xfe);
	for (u32 i = 0; i < 10000000; i++)
		cpu_relax();
	__asm__ __volatile__("lidt %0; int3" ::"m"(no_idt));
	arch_halt();
}
