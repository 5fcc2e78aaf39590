// SPDX-License-Identifier: MIT
/*
 * arch/x86_64/gdt.c - segments, the task state segment, emergency stacks
 *
 *	0x08 kernel code  0x10 kernel data  0x18 user data  0x20 user code
 *	0x28 TSS (16 bytes)
 *
 * User data comes before user code because SYSRET wants it so. Double fault,
 * NMI and machine check run on stacks of their own (IST), so that they can be
 * reported even when the kernel stack is gone.
 *
 * Every CPU has a set: the TSS holds its stacks, and the CPU marks a TSS in
 * the GDT as busy. Those of secondary CPUs lie between guard pages.
 */
#include <kernel/string.h>
#include <arch/percpu.h>

#include "cpu.h"
#include "internal.h"

#define IST_STACK_SIZE 8192

static DEFINE_PER_CPU(u64, gdt[7]) = {
	0,
	0x00209a0000000000, /* kernel code: present, 64-bit */
	0x0000920000000000, /* kernel data: present, writable */
	0x0000f20000000000, /* user data, DPL 3 */
	0x0020fa0000000000, /* user code, DPL 3 */
};
DEFINE_PER_CPU(struct tss, tss);
DEFINE_PER_CPU(struct stack_range, cpu_stacks[NR_IST]);
static u8 ist_stacks[NR_IST][IST_STACK_SIZE] __aligned(16);

static void set_tss_descriptor(u64 *table, const struct tss *t)
{
	u64 base = (u64)t, limit = sizeof(*t) - 1;

	table[TSS_SELECTOR / 8] = limit | (base & 0xffffff) << 16 |
				  0x89UL << 40 | (base >> 24 & 0xff) << 56;
	table[TSS_SELECTOR / 8 + 1] = base >> 32;
}

/* The boot CPU's are part of the image. */
static u64 stack_top(u32 ist)
{
	const struct stack_range *own = this_cpu_ptr(&cpu_stacks[0]);

	if (own[ist].end)
		return own[ist].end;
	return ist ? (u64)(ist_stacks[ist] + IST_STACK_SIZE)
		   : (u64)boot_stack_top;
}

/*
 * An emergency finds its CPU's per-CPU area above its stack: traps.asm. The CPU
 * itself wants multiples of 16.
 */
static u64 ist_stack(u32 ist)
{
	u64 *above = (u64 *)(stack_top(ist) - 16);

	*above = this_cpu_off();
	return (u64)above;
}


void gdt_init(void)
{
	u64 *table = this_cpu_ptr(&gdt[0]);
	struct tss *t = this_cpu_ptr(&tss);
	struct {
		u16 limit;
		u64 base;
	} __packed pointer = { sizeof(gdt) - 1, (u64)table };

	for (u32 i = 1; i < NR_IST; i++)
		t->ist[i - 1] = ist_stack(i);
	t->rsp[0] = stack_top(IST_NONE);
	t->iomap_base = sizeof(*t); /* no I/O bitmap */
	set_tss_descriptor(table, t);
	__asm__ __volatile__("lgdt %0\n\t"
			     "pushq %1\n\t"
			     "leaq 1f(%%rip), %%rax\n\t"
			     "pushq %%rax\n\t"
			     "lretq\n"
			     "1:\n\t"
			     "movl %2, %%eax\n\t"
			     "movl %%eax, %%ss\n\t"
			     "xorl %%eax, %%eax\n\t" /* not for users to see */
			     "movl %%eax, %%ds\n\t"
			     "movl %%eax, %%es\n\t"
			     "ltr %w3" ::"m"(pointer),
			     "i"(KERNEL_CS), "i"(KERNEL_DS), "r"(TSS_SELECTOR)
			     : "rax", "memory");
}
