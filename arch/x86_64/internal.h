/* SPDX-License-Identifier: MIT */
/*
 * arch/x86_64/internal.h - what the files of this port share
 */
#pragma once

#include <kernel/types.h>
#include <arch/percpu.h>
#include <arch/smp.h>
#include <asm/user.h>

struct thread;

enum ist_stack {
	IST_NONE,
	IST_DOUBLE_FAULT,
	IST_NMI,
	IST_MACHINE_CHECK,
	NR_IST
};

struct tss {
	u32 reserved0;
	u64 rsp[3]; /* [0]: where a trap from user mode begins */
	u64 reserved1;
	u64 ist[7];
	u64 reserved2;
	u16 reserved3;
	u16 iomap_base;
} __packed;

_Static_assert(sizeof(struct tss) == 104, "SDM volume 3, figure 8-11");
DECLARE_PER_CPU(struct tss, tss);

#define KERNEL_CS    0x08
#define KERNEL_DS    0x10
#define USER_DS	     0x1b
#define USER_CS	     0x23
#define TSS_SELECTOR 0x28

#define VECTOR_NMI	2
#define VECTOR_PIC_BASE 0x20 /* 16 of them, spurious only */
#define VECTOR_ISA_BASE 0x30
#define VECTOR_TIMER	0xec
#define VECTOR_CALL	0xfc
#define VECTOR_RESCHED	0xfd
#define VECTOR_STOP	0xfe
#define VECTOR_SPURIOUS 0xff

/* Symbols of linker.ld: only their addresses mean something. */
extern u8 __boot_start[], __boot_end[], __text_start[], __text_end[];
extern u8 __rodata_end[], __data_end[], __kernel_end[];
extern u8 boot_pml4[], boot_stack_guard[], boot_stack[], boot_stack_top[];

/* Words of the interrupt command register. */
#define ICR_NMI	    0x0400u
#define ICR_INIT    0x0500u
#define ICR_STARTUP 0x0600u
#define ICR_ASSERT  0x4000u

/* This CPU's; the secondary ones bring their stacks along. */
void gdt_init(void);
void idt_init(void); /* once */
void idt_load(void);
void enable_cpu_features(void);
/* Once on each CPU; registers of programs, at a switch: fpu.c. */
void fpu_enable(void);
void fpu_switch(struct thread *prev, struct thread *next);
void idt_set_handler(u8 vector, void (*handler)(void *ctx), void *ctx);
void trap_handler(struct pt_regs *regs);
void emergency_handler(struct pt_regs *regs);

/* --- ring 3: user.c, smap.c --- */

extern u8 syscall_entry[], user_iretq[];
void syscall_init(void); /* this CPU's */
/* Interrupts off before and after, on while there is work. */
void user_return_work(struct pt_regs *regs);
/* Load what the CPU keeps of next's user side; interrupts off. */
void user_switch_to(const struct thread *next);
void __noreturn enter_user(struct pt_regs *regs);
void smap_init(void); /* once, while the image is writable */
bool smap_enabled(void);

void serial_init(void);
void serial_irq_init(void);

void screen_write(const char *s, size_t len);
void screen_remap(void);

void tsc_calibrate(void);
u64 tsc_khz(void);
void lapic_eoi(void);
bool lapic_present(void);
void lapic_init_cpu(void); /* switch this CPU's on, and its timer */
bool lapic_can_reach(u32 apic_id);
void lapic_send(u32 apic_id, u32 command);

/* Busy-wait on the PIT for ms (at most 50) milliseconds; false: no PIT. */
bool pit_wait_ms(u32 ms);

struct stack_range {
	u64 start, end;
};

/* Of a secondary CPU: where it starts, and by enum ist_stack. */
DECLARE_PER_CPU(struct stack_range, cpu_stacks[NR_IST]);
_Static_assert(NR_IST == SECONDARY_STACKS, "one and the emergency ones");

/* What an NMI was for; false: we did not send it. */
bool smp_nmi(const struct pt_regs *regs);
void __noreturn x86_start_secondary(u32 cpu);

/* Device registers at phys, uncached, for good; NULL: no space or no memory. */
void *early_ioremap(paddr_t phys, u64 size);
paddr_t paging_root(void); /* the kernel's own tables */

/* Is [addr, addr+len) on a stack that a backtrace may read? */
bool stack_address_ok(u64 addr);
/* Is addr in the page below the boot stack that nothing is mapped at? */
bool stack_guard_hit(u64 addr);

void x86_start(u64 magic, paddr_t info);
