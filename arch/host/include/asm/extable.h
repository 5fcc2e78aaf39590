/* SPDX-License-Identifier: MIT */
/*
 * The host's page array is mapped as a whole: holes read as zero. In vmalloc's
 * range arch/host/paging.c knows what is mapped.
 */
#pragma once

#include <asm/layout.h>

/* Of an address in the range. */
bool host_probe_vmalloc(const void *addr);

/* The same, which keeps all registers: arch/host/entry.c. */
static inline bool host_probe_rare(const void *addr)
{
	u64 mapped = (u64)addr;

	__asm__ __volatile__("call host_probe_entry"
			     : "+a"(mapped)
			     :
			     : "memory", "cc");
	return (u8)mapped;
}

static inline bool arch_probe_u64(const void *addr, u64 *value)
{
	if (unlikely((u64)addr - host_vmalloc_base < HOST_VMALLOC_SIZE) &&
	    !host_probe_rare(addr))
		return false;
	*value = *(const u64 *)addr;
	return true;
}
