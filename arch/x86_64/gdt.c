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
 */
#include <kernel/string.h>

#include "cpu.h"
#include "internal.h"

#define IST_STACK_SIZE 8192

struct tss {
	u32 reserved0;
	u64 rsp[3];
	u64 reserved1;
	u64 ist[7];
	u64 reserved2;
	u16 reserved3;
	u16 iomap_base;
} __packed;

_Static_assert(sizeof(struct tss) == 104, "SDM volume 3, figure 8-11");

static u64 gdt[7] = {
	0,
	0x00209a0000000000, /* kernel code: present, 64-bit */
	0x0000920000000000, /* kernel data: present, writable */
	0x0000f20000000000, /* user data, DPL 3 */
	0x0020fa0000000000, /* user code, DPL 3 */
};
static struct tss tss;
static u8 ist_stacks[NR_IST][IST_STACK_SIZE] __aligned(16);

static void set_tss_descriptor(void)
{
	u64 base = (u64)&tss, limit = sizeof(tss) - 1;

	gdt[TSS_SELECTOR / 8] = limit | (base & 0xffffff) << 16 | 0x89UL << 40 |
				(base >> 24 & 0xff) << 56;
	gdt[TSS_SELECTOR / 8 + 1] = base >> 32;
}

void gdt_init(void)
{
	struct {
		u16 limit;
		u64 base;
	} __packed pointer = { sizeof(gdt) - 1, (u64)gdt };

	for (u32 i = 1; i < NR_IST; i++)
		tss.ist[i - 1] = (u64)(ist_stacks[i] + IST_STACK_SIZE);
	tss.rsp[0] = (u64)boot_stack_top;
	tss.iomap_base = sizeof(tss); /* no I/O bitmap */
	set_tss_descriptor();
	__asm__ __volatile__("lgdt %0\n\t"
			     "pushq %1\n\t"
			     "leaq 1f(%%rip), %%rax\n\t"
			     "pushq %%rax\n\t"
			     "lretq\n"
			     "1:\n\t"
			     "movl %2, %%eax\n\t"
			     "movl %%eax, %%ds\n\t"
			     "movl %%eax, %%es\n\t"
			     "movl %%eax, %%ss\n\t"
			     "ltr %w3" ::"m"(pointer),
			     "i"(KERNEL_CS), "i"(KERNEL_DS), "r"(TSS_SELECTOR)
			     : "rax", "memory");
}
