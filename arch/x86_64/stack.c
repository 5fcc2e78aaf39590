// SPDX-License-Identifier: MIT
/*
 * arch/x86_64/stack.c - backtraces along the frame pointers
 *
 * A frame is { caller's rbp, return address }. Frames lie ever higher on one
 * stack; anything else ends the walk, so a damaged stack cannot fault again.
 */
#include <arch/cpu.h>
#include <arch/percpu.h>

#include "internal.h"

bool stack_guard_hit(u64 addr)
{
	const struct stack_range *own = this_cpu_ptr(&cpu_stacks[0]);

	for (u32 i = 0; i < NR_IST; i++)
		if (own[i].end && addr >= own[i].start - PAGE_SIZE &&
		    addr < own[i].start)
			return true;
	return addr >= (u64)boot_stack_guard && addr < (u64)boot_stack;
}

static bool on_own_stack(u64 addr)
{
	const struct stack_range *own = this_cpu_ptr(&cpu_stacks[0]);

	for (u32 i = 0; i < NR_IST; i++)
		if (addr >= own[i].start && addr + 16 <= own[i].end)
			return true;
	return false;
}

/* The boot CPU's stacks lie in .bss: the boot stack and the IST stacks. */
static bool in_bss(u64 addr)
{
	return addr >= (u64)__data_end && addr + 16 <= (u64)__kernel_end &&
	       !stack_guard_hit(addr) && !stack_guard_hit(addr + 15);
}

bool stack_address_ok(u64 addr)
{
	return IS_ALIGNED(addr, 8) && (on_own_stack(addr) || in_bss(addr));
}

u32 arch_stack_trace(u64 *out, u32 max, u64 frame)
{
	u32 nr = 0;

	while (nr < max && stack_address_ok(frame)) {
		const u64 *words = (const u64 *)frame;

		if (!words[1])
			break;
		out[nr++] = words[1];
		if (words[0] <= frame)
			break;
		frame = words[0];
	}
	return nr;
}
