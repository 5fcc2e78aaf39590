/* SPDX-License-Identifier: MIT */
/*
 * A simulated CPU, as the thread that holds its token sees it. Its interrupt
 * flag is a thread-local word; interrupts are taken where they are switched
 * on, and while it waits: arch/host/interrupt.c.
 */
#pragma once

/* Host programs are no shared objects: one instruction reaches such a word. */
#define __host_thread __thread __attribute__((tls_model("local-exec")))

extern __host_thread bool host_irqs_off;
extern __host_thread u32 *host_pending; /* of this CPU: which interrupts came */
extern bool host_is_smp;

void host_relax(void);

/*
 * host_take_interrupts(), which keeps all registers, as an interrupt does: who
 * switches interrupts on needs no stack frame (arch/host/entry.c). The host is
 * built without a red zone.
 */
static inline void host_interrupted(void)
{
	__asm__ __volatile__("call host_interrupt_entry" ::: "memory", "cc");
}

static inline void arch_irq_disable(void)
{
	host_irqs_off = true;
}

static inline void arch_irq_restore(u64 flags)
{
	host_irqs_off = flags;
	if (unlikely(READ_ONCE(*host_pending) && !flags))
		host_interrupted();
}

static inline void arch_irq_enable(void)
{
	arch_irq_restore(0);
}

static inline u64 arch_irq_save(void)
{
	u64 flags = host_irqs_off;

	host_irqs_off = true;
	return flags;
}

static inline bool arch_irqs_disabled(void)
{
	return host_irqs_off;
}

static inline void cpu_relax(void)
{
	__asm__ __volatile__("pause" ::: "memory");
	if (host_is_smp)
		host_relax();
}

static inline u64 arch_cycles(void)
{
	return __builtin_ia32_rdtsc();
}

/* Exactly 2 * turns instructions, for checking what a counter counts. */
static inline void arch_count_down(u64 turns)
{
	__asm__ __volatile__("1: decq %0; jnz 1b" : "+r"(turns) : : "cc");
}

void arch_idle(void);
