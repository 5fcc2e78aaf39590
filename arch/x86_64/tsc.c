// SPDX-License-Identifier: MIT
/*
 * arch/x86_64/tsc.c - time from the time stamp counter
 *
 * Calibrated once against the PIT (channel 2, gated through port 0x61, no
 * interrupt). nanoseconds = cycles * mult >> 32. Where no PIT ticks, CPUID
 * leaf 15h or 16h, else 1 GHz is assumed and said.
 */
#include <kernel/printk.h>
#include <arch/cpu.h>

#include "cpu.h"
#include "internal.h"

#define PIT_HZ	      1193182
#define PIT_CHANNEL2  0x42
#define PIT_COMMAND   0x43
#define PIT_MODE0_CH2 0xb0 /* channel 2, low then high byte, mode 0 */
#define PORT_B	      0x61
#define PORT_B_GATE2  0x01
#define PORT_B_SPEAK  0x02
#define PORT_B_OUT2   0x20
#define CALIBRATE_MS  10

static u64 boot_cycles, khz, mult;

static void pit_start(u32 ms)
{
	u32 count = PIT_HZ * ms / 1000;

	outb(PORT_B, (u8)((inb(PORT_B) & ~PORT_B_SPEAK) | PORT_B_GATE2));
	outb(PIT_COMMAND, PIT_MODE0_CH2);
	outb(PIT_CHANNEL2, (u8)count);
	outb(PIT_CHANNEL2, (u8)(count >> 8));
}

bool pit_wait_ms(u32 ms)
{
	pit_start(ms);
	for (u32 i = 0; i < 50000000; i++) {
		if (inb(PORT_B) & PORT_B_OUT2)
			return true;
		cpu_relax();
	}
	return false;
}

static u64 khz_from_cpuid(void)
{
	struct cpuid_regs r = cpuid(0x15, 0);

	if (r.eax && r.ebx && r.ecx)
		return (u64)r.ecx * r.ebx / r.eax / 1000;
	return (u64)(cpuid(0x16, 0).eax & 0xffff) * 1000;
}

static void set_khz(u64 value)
{
	khz = value;
	mult = (1000000UL << 32) / khz;
}

void tsc_calibrate(void)
{
	u64 start, from_cpuid = khz_from_cpuid();

	boot_cycles = arch_cycles();
	start = arch_cycles();
	if (pit_wait_ms(CALIBRATE_MS)) {
		set_khz(max((arch_cycles() - start) / CALIBRATE_MS, 1UL));
		return;
	}
	if (from_cpuid) {
		set_khz(from_cpuid);
		return;
	}
	set_khz(1000000);
	pr_warn("tsc: no PIT and no CPUID leaf 15h or 16h: assuming 1 GHz\n");
}

u64 tsc_khz(void)
{
	return khz;
}

/* 128-bit product: cycles since boot pass 2^32 within seconds. */
u64 arch_time_ns(void)
{
	unsigned __int128 cycles = arch_cycles() - boot_cycles;

	return (u64)(cycles * mult >> 32);
}
