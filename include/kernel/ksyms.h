/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/ksyms.h - the kernel's own symbols, for backtraces
 *
 * The table is made from the linked image (tools/ksyms) and linked in a second
 * pass. On the host the sanitizers' runtime is asked (arch/host/ksyms.c), which
 * gives file and line as well.
 *
 * Context  any, panic included
 */
#pragma once

#include <kernel/types.h>

#define KSYM_TEXT_MAX 96

/* The function that holds addr and how far in; NULL if there is none. */
const char *ksym_lookup(u64 addr, u64 *offset, u64 *size);

/* "func+0x12/0x80", the offset raised by `add`, or the address in hex. */
const char *ksym_format(u64 addr, u64 add, char buf[static KSYM_TEXT_MAX]);
