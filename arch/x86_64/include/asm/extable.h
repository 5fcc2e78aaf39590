/* SPDX-License-Identifier: MIT */
#pragma once

struct extable_entry {
	u64 insn; /* address of the load or store */
	u64 fixup;
};

/* For an instruction at a label of the asm statement; to: another, or %l[]. */
#define EXTABLE(insn, to, user)              \
	".pushsection .ex_table, \"a\"\n\t"  \
	".quad " insn ", " to "\n\t"         \
	".popsection\n\t"

static inline bool arch_probe_u64(const void *addr, u64 *value)
{
	u64 v;

	__asm__ __volatile__ goto("1: movq (%1), %0\n\t"
				  ".pushsection .ex_table, \"a\"\n\t"
				  ".quad 1b, %l[fault]\n\t"
				  ".popsection"
				  : "=r"(v)
				  : "r"(addr)
				  : "memory"
				  : fault);
	*value = v;
	return true;
fault:
	return false;
}
