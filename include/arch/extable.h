/* SPDX-License-Identifier: MIT */
/*
 * include/arch/extable.h - loads that may fault, and say so
 *
 * A port gives:
 *	bool arch_probe_u64(const void *addr, u64 *value)
 *		one load; false when addr is not mapped (or not an address)
 *
 * The kernel lists the instruction and where to go on in section .ex_table;
 * the fault handler looks there before it calls a fault a bug.
 *
 * Context  any
 */
#pragma once

#include <kernel/types.h>
#include <asm/extable.h>
