// SPDX-License-Identifier: MIT
/*
 * arch/x86_64/traps.c - the IDT, exceptions told in words, interrupts passed on
 *
 * A fault of the kernel that nobody expects prints what happened, the registers
 * and a symbolised backtrace, and ends the run with the failure verdict. One
 * that is expected stands in the exception table (asm/extable.h). An exception
 * of a program goes up as the signal that Linux would send. Exceptions are SDM
 * volume 3, chapter 6.
 */
#include <kernel/ksyms.h>
#include <kernel/panic.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <kernel/rcu.h>
#include <kernel/string.h>
#include <kernel/thread.h>
#include <uapi/signal.h>
#include <arch/cpu.h>
#include <arch/extable.h>
#include <arch/hooks.h>
#include <arch/pgtable.h>
#include <arch/user.h>

#include "cpu.h"
#include "internal.h"

#define NR_VECTORS    256
#define NR_EXCEPTIONS 32
#define PROLOGUE_MAX  32 /* bytes to look through for it */
#define PUSH_RBP      0x55

#define VECTOR_INT3 3
#define VECTOR_GP   13
#define VECTOR_PF   14

#define PF_PRESENT  1u
#define PF_WRITE    2u
#define PF_RESERVED 8u
#define PF_EXEC	    16u

#define GATE	  0x8e /* interrupt gate, present, DPL 0 */
#define GATE_USER 0xee /* DPL 3: an instruction of ring 3 may use it */

struct idt_entry {
	u16 offset_low;
	u16 selector;
	u8 ist;
	u8 type;
	u16 offset_mid;
	u32 offset_high;
	u32 reserved;
} __packed;

extern const u64 trap_entries[NR_VECTORS];
extern const struct extable_entry __start_ex_table[], __stop_ex_table[];

static struct idt_entry idt[NR_VECTORS];
static struct {
	void (*handler)(void *ctx);
	void *ctx;
} handlers[NR_VECTORS];

static const char *const exception_names[NR_EXCEPTIONS] = {
	[0] = "divide error",
	[1] = "debug",
	[2] = "NMI",
	[3] = "int3",
	[4] = "overflow",
	[5] = "bounds",
	[6] = "invalid opcode",
	[7] = "device not available",
	[8] = "double fault",
	[9] = "coprocessor segment overrun",
	[10] = "invalid TSS",
	[11] = "segment not present",
	[12] = "stack segment",
	[13] = "general protection fault",
	[14] = "page fault",
	[16] = "x87 FPU error",
	[17] = "alignment check",
	[18] = "machine check",
	[19] = "SIMD floating point error",
	[20] = "virtualization exception",
	[21] = "control protection",
	[28] = "hypervisor injection",
	[29] = "VMM communication",
	[30] = "security exception",
};

static u8 vector_ist(u32 vector)
{
	switch (vector) {
	case VECTOR_NMI:
		return IST_NMI;
	case 8:
		return IST_DOUBLE_FAULT;
	case 18:
		return IST_MACHINE_CHECK;
	default:
		return IST_NONE;
	}
}

void idt_load(void)
{
	struct {
		u16 limit;
		u64 base;
	} __packed pointer = { sizeof(idt) - 1, (u64)idt };

	__asm__ __volatile__("lidt %0" ::"m"(pointer));
}

void idt_init(void)
{
	for (u32 v = 0; v < NR_VECTORS; v++) {
		u64 entry = trap_entries[v];

		idt[v] = (struct idt_entry){
			.offset_low = (u16)entry,
			.selector = KERNEL_CS,
			.ist = vector_ist(v),
			.type = v == VECTOR_INT3 ? GATE_USER : GATE,
			.offset_mid = (u16)(entry >> 16),
			.offset_high = (u32)(entry >> 32),
		};
	}
	idt_load();
}

void idt_set_handler(u8 vector, void (*handler)(void *ctx), void *ctx)
{
	handlers[vector].ctx = ctx;
	handlers[vector].handler = handler;
}

static void show_page_fault(const struct pt_regs *regs)
{
	u64 addr = read_cr2(), code = regs->error_code;

	pr_emerg("BUG: %s, address: %016lx\n",
		 addr < PAGE_SIZE ? "kernel NULL pointer dereference"
				  : "unable to handle page fault",
		 addr);
	pr_emerg("#PF: supervisor %s in %s mode\n",
		 code & PF_EXEC	   ? "instruction fetch"
		 : code & PF_WRITE ? "write access"
				   : "read access",
		 user_mode(regs) ? "user" : "kernel");
	pr_emerg("#PF: error_code(0x%04lx) - %s\n", code,
		 code & PF_RESERVED ? "reserved bit violation"
		 : !(code & PF_PRESENT) ? "not-present page"
		 : addr < TASK_SIZE     ? "user page, permissions violation"
				        : "permissions violation");
}

static void show_regs(const struct pt_regs *r)
{
	char name[KSYM_TEXT_MAX];

	pr_emerg("RIP: %04lx:%s\n", r->cs, ksym_format(r->rip, 0, name));
	pr_emerg("RSP: %04lx:%016lx EFLAGS: %08lx\n", r->ss, r->rsp, r->rflags);
	pr_emerg("RAX: %016lx RBX: %016lx RCX: %016lx\n", r->rax, r->rbx,
		 r->rcx);
	pr_emerg("RDX: %016lx RSI: %016lx RDI: %016lx\n", r->rdx, r->rsi,
		 r->rdi);
	pr_emerg("RBP: %016lx R08: %016lx R09: %016lx\n", r->rbp, r->r8, r->r9);
	pr_emerg("R10: %016lx R11: %016lx R12: %016lx\n", r->r10, r->r11,
		 r->r12);
	pr_emerg("R13: %016lx R14: %016lx R15: %016lx\n", r->r13, r->r14,
		 r->r15);
	pr_emerg("CR2: %016lx CR3: %016lx CR4: %016lx\n", read_cr2(),
		 read_cr3(), read_cr4());
}

/*
 * A push onto the guard page faults, and so does the page fault's own frame:
 * what arrives is a double fault, with CR2 still naming the page.
 */
static bool is_stack_overflow(const struct pt_regs *regs)
{
	return regs->vector == 8 && stack_guard_hit(read_cr2());
}

static void show_cause(const struct pt_regs *regs, const char *name)
{
	if (is_stack_overflow(regs))
		pr_emerg("BUG: kernel stack overflow of thread %s, address: %016lx\n",
			 current->name, read_cr2());
	else if (regs->vector == 14)
		show_page_fault(regs);
	else
		pr_emerg("%s: error_code(0x%04lx)\n", name, regs->error_code);
}

/*
 * The return address that no frame holds yet, 0: none. So it is behind a call
 * of what is no code, and before a function's push of rbp, which the compiler
 * may put behind other instructions.
 */
static u64 caller_without_frame(const struct pt_regs *regs)
{
	u64 offset, size;
	const u8 *code = (const u8 *)regs->rip;

	if (!stack_address_ok(regs->rsp))
		return 0;
	if (ksym_lookup(regs->rip, &offset, &size) &&
	    (offset > PROLOGUE_MAX || memchr(code - offset, PUSH_RBP, offset)))
		return 0;
	return *(const u64 *)regs->rsp;
}

static void __noreturn die(const struct pt_regs *regs)
{
	static u32 depth;
	const char *name = exception_names[regs->vector];

	if (!name)
		name = "unknown exception";
	if (!panic_begin()) {
		if (++depth > 1)
			arch_exit(false);
		pr_emerg("%s at 0x%lx while the exception above was reported\n",
			 name, regs->rip);
		arch_exit(false);
	}
	show_cause(regs, name);
	show_regs(regs);
	print_stack(regs->rip, caller_without_frame(regs), regs->rbp);
	pr_emerg("Kernel panic - not syncing: %s\n",
		 is_stack_overflow(regs) ? "kernel stack overflow" : name);
	arch_exit(false);
}

/* --- exceptions --- */

static const struct extable_entry *find_fixup(const struct pt_regs *regs)
{
	for (const struct extable_entry *e = __start_ex_table;
	     e < __stop_ex_table; e++)
		if (e->insn == regs->rip)
			return e;
	return NULL;
}

static u32 fault_flags(u64 code)
{
	return (code & PF_PRESENT ? FAULT_FLAG_PRESENT : 0) |
	       (code & PF_WRITE ? FAULT_FLAG_WRITE : 0) |
	       (code & PF_EXEC ? FAULT_FLAG_EXEC : 0);
}

static void user_fault(struct pt_regs *regs, vaddr_t addr)
{
	u32 flags = fault_flags(regs->error_code) | FAULT_FLAG_USER;
	bool mapped = addr < TASK_SIZE && (flags & FAULT_FLAG_PRESENT);

	arch_irq_enable();
	if (addr >= TASK_SIZE || !handle_page_fault(regs, addr, flags))
		user_exception(regs, SIGSEGV,
			       mapped ? SEGV_ACCERR : SEGV_MAPERR, addr);
	arch_irq_disable();
}

/*
 * A copy to or from a program. Where it can't sleep (arch/uaccess.h: _nofault)
 * it takes what is mapped. Without stac, under SMAP, trying again is no use.
 */
static bool fault_in(struct pt_regs *regs, vaddr_t addr)
{
	bool ok;

	if (addr >= TASK_SIZE || !(regs->rflags & X86_EFLAGS_IF) ||
	    preempt_count())
		return false;
	if (smap_enabled() && !(regs->rflags & X86_EFLAGS_AC))
		die(regs);
	arch_irq_enable();
	ok = handle_page_fault(regs, addr, fault_flags(regs->error_code));
	arch_irq_disable();
	return ok;
}

static void kernel_fault(struct pt_regs *regs, vaddr_t addr)
{
	const struct extable_entry *e = find_fixup(regs);

	if (!e)
		die(regs);
	if (!e->user || !fault_in(regs, addr))
		regs->rip = e->fixup;
}

/* CR2 is read before anything else can fault. */
static void page_fault(struct pt_regs *regs)
{
	vaddr_t addr = read_cr2();

	if (regs->error_code & PF_RESERVED)
		die(regs);
	if (user_mode(regs))
		user_fault(regs, addr);
	else
		kernel_fault(regs, addr);
}

/* What Linux sends, and whether it tells where the instruction was. */
static const struct {
	u8 signo, code;
	bool at_rip;
} user_signals[NR_EXCEPTIONS] = {
	[0] = { SIGFPE, FPE_INTDIV, true },
	[1] = { SIGTRAP, TRAP_TRACE, true },
	[3] = { SIGTRAP, SI_KERNEL, false },
	[4] = { SIGSEGV, SI_KERNEL, false },
	[5] = { SIGSEGV, SI_KERNEL, false },
	[6] = { SIGILL, ILL_ILLOPN, true },
	[7] = { SIGSEGV, SI_KERNEL, false },
	[10] = { SIGSEGV, SI_KERNEL, false },
	[11] = { SIGBUS, SI_KERNEL, false },
	[12] = { SIGBUS, SI_KERNEL, false },
	[13] = { SIGSEGV, SI_KERNEL, false },
	[16] = { SIGFPE, FPE_FLTINV, true },
	[17] = { SIGBUS, BUS_ADRALN, false },
	[19] = { SIGFPE, FPE_FLTINV, true },
};

static void other_exception(struct pt_regs *regs)
{
	u64 v = regs->vector;
	const struct extable_entry *e;

	if (user_mode(regs) && user_signals[v].signo) {
		arch_irq_enable();
		user_exception(regs, user_signals[v].signo,
			       user_signals[v].code,
			       user_signals[v].at_rip ? regs->rip : 0);
		arch_irq_disable();
		return;
	}
	e = v == VECTOR_GP && !user_mode(regs) ? find_fixup(regs) : NULL;
	if (!e)
		die(regs);
	regs->rip = e->fixup;
}

static void interrupt(struct pt_regs *regs)
{
	u8 vector = (u8)regs->vector;

	rcu_irq_enter();
	irq_enter();
	if (handlers[vector].handler)
		handlers[vector].handler(handlers[vector].ctx);
	irq_exit();
	if (vector >= VECTOR_ISA_BASE && vector != VECTOR_SPURIOUS)
		lapic_eoi(); /* the PICs' spurious ones want none, either */
	if (!user_mode(regs) && vector >= VECTOR_ISA_BASE &&
	    regs->rflags & X86_EFLAGS_IF)
		preempt_schedule_irq();
}

/* Interrupts are off before and after. */
void trap_handler(struct pt_regs *regs)
{
	if (regs->vector == VECTOR_PF)
		page_fault(regs);
	else if (regs->vector < NR_EXCEPTIONS)
		other_exception(regs);
	else
		interrupt(regs);
	if (user_mode(regs) &&
	    unlikely(need_resched() || current->user_work ||
		     READ_ONCE(rcu_waiting)))
		user_return_work(regs);
}

/* NMI, double fault, machine check: on a stack that can't be left. */
void emergency_handler(struct pt_regs *regs)
{
	if (regs->vector != VECTOR_NMI || !smp_nmi(regs))
		die(regs);
}
