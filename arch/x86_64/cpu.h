/* SPDX-License-Identifier: MIT */
/*
 * arch/x86_64/cpu.h - instructions and registers that C has no words for
 *
 * Source: Intel SDM volume 2 and 3 (MSR numbers: volume 4).
 */
#pragma once

#include <kernel/types.h>

#define MSR_APIC_BASE	 0x1b
#define MSR_EFER	 0xc0000080
#define MSR_STAR	 0xc0000081 /* selectors of syscall and sysret */
#define MSR_LSTAR	 0xc0000082 /* where syscall goes */
#define MSR_FMASK	 0xc0000084 /* flags that it clears */
#define MSR_FS_BASE	 0xc0000100
#define MSR_GS_BASE	 0xc0000101
#define MSR_KERNEL_GS	 0xc0000102
#define APIC_BASE_X2APIC (1UL << 10)
#define APIC_BASE_ENABLE (1UL << 11)

#define EFER_SCE (1UL << 0) /* syscall is there */

#define CR0_MP	    (1UL << 1)
#define CR0_EM	    (1UL << 2)
#define CR0_TS	    (1UL << 3)
#define CR0_NE	    (1UL << 5)
#define CR4_MCE	    (1UL << 6)
#define CR4_PGE	    (1UL << 7)
#define CR4_OSFXSR  (1UL << 9)
#define CR4_OSXMMEX (1UL << 10)
#define CR4_UMIP    (1UL << 11)
#define CR4_OSXSAVE (1UL << 18)
#define CR4_SMEP    (1UL << 20)
#define CR4_SMAP    (1UL << 21)

static inline void outb(u16 port, u8 value)
{
	__asm__ __volatile__("outb %0, %1" ::"a"(value), "Nd"(port));
}

static inline void outw(u16 port, u16 value)
{
	__asm__ __volatile__("outw %0, %1" ::"a"(value), "Nd"(port));
}

static inline u8 inb(u16 port)
{
	u8 value;

	__asm__ __volatile__("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline u16 inw(u16 port)
{
	u16 value;

	__asm__ __volatile__("inw %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline u64 rdmsr(u32 msr)
{
	u32 lo, hi;

	__asm__ __volatile__("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (u64)hi << 32 | lo;
}

static inline void wrmsr(u32 msr, u64 value)
{
	__asm__ __volatile__("wrmsr" ::"c"(msr), "a"((u32)value),
			     "d"((u32)(value >> 32))
			     : "memory");
}

struct cpuid_regs {
	u32 eax, ebx, ecx, edx;
};

/* All zero for a leaf that the CPU does not have. */
static inline struct cpuid_regs cpuid(u32 leaf, u32 subleaf)
{
	struct cpuid_regs r;
	u32 highest;

	__asm__ __volatile__("cpuid"
			     : "=a"(highest), "=b"(r.ebx), "=c"(r.ecx),
			       "=d"(r.edx)
			     : "a"(leaf & 0x80000000), "c"(0));
	if (highest < leaf)
		return (struct cpuid_regs){ 0 };
	__asm__ __volatile__("cpuid"
			     : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
			     : "a"(leaf), "c"(subleaf));
	return r;
}

static inline u64 read_cr0(void)
{
	u64 v;

	__asm__ __volatile__("movq %%cr0, %0" : "=r"(v));
	return v;
}

static inline void write_cr0(u64 v)
{
	__asm__ __volatile__("movq %0, %%cr0" ::"r"(v) : "memory");
}

static inline u64 read_cr2(void)
{
	u64 v;

	__asm__ __volatile__("movq %%cr2, %0" : "=r"(v));
	return v;
}

static inline u64 read_cr3(void)
{
	u64 v;

	__asm__ __volatile__("movq %%cr3, %0" : "=r"(v)::"memory");
	return v;
}

static inline void write_cr3(u64 v)
{
	__asm__ __volatile__("movq %0, %%cr3" ::"r"(v) : "memory");
}

static inline u64 read_cr4(void)
{
	u64 v;

	__asm__ __volatile__("movq %%cr4, %0" : "=r"(v));
	return v;
}

static inline void write_cr4(u64 v)
{
	__asm__ __volatile__("movq %0, %%cr4" ::"r"(v) : "memory");
}

static inline void invlpg(vaddr_t addr)
{
	__asm__ __volatile__("invlpg (%0)" ::"r"(addr) : "memory");
}
