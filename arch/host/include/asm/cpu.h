/* SPDX-License-Identifier: MIT */
/* A simulated CPU: its interrupt flag is a thread-local word. */
#pragma once

extern __thread bool host_irqs_off;

static inline void arch_irq_disable(void)
{
	host_irqs_off = true;
}

static inline void arch_irq_enable(void)
{
	host_irqs_off = false;
}

static inline u64 arch_irq_save(void)
{
	u64 flags = host_irqs_off;

	host_irqs_off = true;
	return flags;
}

static inline void arch_irq_restore(u64 flags)
{
	host_irqs_off = flags;
}

static inline bool arch_irqs_disabled(void)
{
	return host_irqs_off;
}

static inline void cpu_relax(void)
{
	__asm__ __volatile__("pause" ::: "memory");
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
