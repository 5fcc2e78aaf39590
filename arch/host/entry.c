// SPDX-License-Identifier: MIT
/*
 * arch/host/entry.c - calls that keep all registers
 *
 * Where a hot path of mm/ may, once in a million times, call the port, an
 * ordinary call would cost it a stack frame every time: a function may change
 * registers, so its caller saves them before. These save what they change
 * themselves, SSE's registers too, as the entry of an interrupt does.
 */
#include <arch/extable.h>

#include "internal.h"

/* argument: how it gets from %rax to %rdi; result: how it stays in %rax. */
#define ENTRY(name, function, argument, result)                          \
	__asm__(".pushsection .text\n"                                   \
		".globl " #name "\n"                                     \
		".type " #name ", @function\n" #name ":\n"               \
		".cfi_startproc\n"                                       \
		"push %rbp\n"                                            \
		".cfi_adjust_cfa_offset 8\n"                             \
		".cfi_rel_offset %rbp, 0\n"                              \
		"mov %rsp, %rbp\n"                                       \
		".cfi_def_cfa_register %rbp\n"                           \
		"push %rax; push %rcx; push %rdx\n"                      \
		"push %rsi; push %rdi; push %r8\n"                       \
		"push %r9; push %r10; push %r11\n"                       \
		"sub $512, %rsp\n"                                       \
		"and $-64, %rsp\n"                                       \
		"fxsave (%rsp)\n" argument "call " #function "\n" result \
		"fxrstor (%rsp)\n"                                       \
		"lea -72(%rbp), %rsp\n"                                  \
		"pop %r11; pop %r10; pop %r9\n"                          \
		"pop %r8; pop %rdi; pop %rsi\n"                          \
		"pop %rdx; pop %rcx; pop %rax\n"                         \
		"pop %rbp\n"                                             \
		".cfi_def_cfa %rsp, 8\n"                                 \
		"ret\n"                                                  \
		".cfi_endproc\n"                                         \
		".size " #name ", . - " #name "\n"                       \
		".popsection\n")

ENTRY(host_interrupt_entry, host_take_interrupts, "", "");
ENTRY(host_probe_entry, host_probe_vmalloc, "mov %rax, %rdi\n",
      "mov %rax, -8(%rbp)\n");
