/* SPDX-License-Identifier: MIT */
#pragma once

struct extable_entry {
	u64 insn; /* address of the load or store */
	u64 fixup;
	u64 user; /* a program's memory: fault the page in, then fix up */
};

/* For an instruction at a label of the asm statement; to: another, or %l[]. */
#define EXTABLE(insn, to, user)                 \
	".pushsection .ex_table, \"a\"\n\t"     \
	".quad " insn ", " to ", " #user "\n\t" \
	".popsection\n\t"

static inline bool arch_probe_u64(const void *addr, u64 *value)
{
	u64 v;

	__asm__ __volatile__ goto(
		"1: movq (%1), %0\n\t" EXTABLE("1b", "%l[fault]", 0)
		: "=r"(v)
		: "r"(addr)
		: "memory"
		: fault);
	*value = v;
	return true;
fault:
	return false;
}
