/* SPDX-License-Identifier: MIT */
#pragma once

#define X86_EFLAGS_TF (1UL << 8)
#define X86_EFLAGS_IF (1UL << 9)
#define X86_EFLAGS_DF (1UL << 10)
#define X86_EFLAGS_NT (1UL << 14)
#define X86_EFLAGS_AC (1UL << 18)

static inline u64 arch_save_flags(void)
{
	u64 flags;

	__asm__ __volatile__("pushfq; popq %0" : "=rm"(flags)::"memory");
	return flags;
}

static inline void arch_irq_disable(void)
{
	__asm__ __volatile__("cli" ::: "memory");
}

static inline void arch_irq_enable(void)
{
	__asm__ __volatile__("sti" ::: "memory");
}

static inline u64 arch_irq_save(void)
{
	u64 flags = arch_save_flags();

	arch_irq_disable();
	return flags;
}

static inline void arch_irq_restore(u64 flags)
{
	if (likely(flags & X86_EFLAGS_IF))
		arch_irq_enable();
}

static inline bool arch_irqs_disabled(void)
{
	return !(arch_save_flags() & X86_EFLAGS_IF);
}

static inline void cpu_relax(void)
{
	__asm__ __volatile__("pause" ::: "memory");
}

/* sti takes effect after the next instruction: no wake-up is lost. */
static inline void arch_idle(void)
{
	__asm__ __volatile__("sti; hlt" ::: "memory");
}

static inline u64 arch_cycles(void)
{
	u32 lo, hi;

	__asm__ __volatile__("rdtsc" : "=a"(lo), "=d"(hi));
	return (u64)hi << 32 | lo;
}

/* Exactly 2 * turns instructions, for checking what a counter counts. */
static inline void arch_count_down(u64 turns)
{
	__asm__ __volatile__("1: decq %0; jnz 1b" : "+r"(turns) : : "cc");
}
