// SPDX-License-Identifier: MIT
/*
 * arch/x86_64/start.c - from boot/entry.asm to the portable kernel
 *
 * Interrupts are off, the boot page tables map the first 4 GiB, and nothing
 * but the image and the boot loader's records may be touched yet.
 */
#include <kernel/string.h>
#include <arch/cpu.h>
#include <arch/hooks.h>

#include "cpu.h"
#include "internal.h"

static void enable_protections(void)
{
	struct cpuid_regs leaf7 = cpuid(7, 0);
	u64 cr4 = read_cr4() | CR4_PGE;

	/* Without it a machine check resets the machine, and nobody learns. */
	if (cpuid(1, 0).edx & 1u << 7)
		cr4 |= CR4_MCE;
	if (leaf7.ebx & 1u << 7)
		cr4 |= CR4_SMEP;
	if (leaf7.ebx & 1u << 20)
		cr4 |= CR4_SMAP;
	if (leaf7.ecx & 1u << 2)
		cr4 |= CR4_UMIP;
	write_cr4(cr4);
}

void enable_cpu_features(void)
{
	fpu_enable();
	enable_protections();
	syscall_init();
}

u32 arch_phys_bits(void)
{
	u32 bits = cpuid(0x80000008, 0).eax & 0xff;

	return bits ? min(bits, 52u) : 36;
}

void arch_cpu_name(char *buf, size_t size)
{
	u32 words[13] = {};

	for (u32 i = 0; i < 3 && cpuid(0x80000000, 0).eax >= 0x80000004; i++) {
		struct cpuid_regs part = cpuid(0x80000002 + i, 0);

		memcpy(words + 4 * i, &part.eax, 4);
		memcpy(words + 4 * i + 1, &part.ebx, 4);
		memcpy(words + 4 * i + 2, &part.ecx, 4);
		memcpy(words + 4 * i + 3, &part.edx, 4);
	}
	strscpy(buf, (const char *)words, size);
}

/* Some CPUs keep the base when a null selector is loaded. */
static void clear_segment_bases(void)
{
	wrmsr(MSR_FS_BASE, 0);
	wrmsr(MSR_GS_BASE, 0); /* where per-CPU data is found: percpu.c */
	wrmsr(MSR_KERNEL_GS, 0);
}

void x86_start(u64 magic, paddr_t info)
{
	clear_segment_bases();
	serial_init();
	gdt_init();
	idt_init();
	enable_cpu_features();
	smap_init();
	tsc_calibrate();
	start_kernel(magic, info);
}
