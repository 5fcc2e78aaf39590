// SPDX-License-Identifier: MIT
/*
 * arch/x86_64/user_peek.c - one word of a user, for tests of the MMU
 *
 * The CPU translates for ring 0 as for ring 3, but that ring 0 may read what
 * is not the user's; so tests look at pages that are. EFLAGS.AC lets it
 * through SMAP, on CPUs without SMAP it has no meaning in ring 0. A write in
 * ring 0 respects a read-only page, as CR0.WP is set.
 */
#include <arch/cpu.h>
#include <arch/extable.h>
#include <arch/mmu.h>

#define EFLAGS_AC (1UL << 18)

/* Interrupts off; returns what to put back. */
static u64 open_user(void)
{
	u64 flags = arch_irq_save();

	__asm__ __volatile__("pushq %0; popfq" ::"r"((flags | EFLAGS_AC) &
						     ~X86_EFLAGS_IF)
			     : "memory", "cc");
	return flags;
}

static void close_user(u64 flags)
{
	__asm__ __volatile__("pushq %0; popfq" ::"r"(flags) : "memory", "cc");
}

/* clang-format has no eye for the parts of an asm. */
#define STORE "1: movq %0, (%1)\n\t" EXTABLE("1b", "%l[fault]", 0)

static bool store(u64 *addr, u64 value)
{
	__asm__ __volatile__ goto(STORE
				  :
				  : "r"(value), "r"(addr)
				  : "memory"
				  : fault);
	return true;
fault:
	return false;
}

bool arch_user_peek(vaddr_t addr, u64 *value)
{
	u64 flags = open_user();
	bool ok = arch_probe_u64((const void *)addr, value);

	close_user(flags);
	return ok;
}

bool arch_user_poke(vaddr_t addr, u64 value)
{
	u64 flags = open_user();
	bool ok = store((u64 *)addr, value);

	close_user(flags);
	return ok;
}
