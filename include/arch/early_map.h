/* SPDX-License-Identifier: MIT */
/*
 * include/arch/early_map.h - physical memory before the direct map is built
 *
 * Context  boot, until paging_init(); not from interrupts
 * Errors   NULL when the range wraps, lies above the CPU's physical width, is
 *          longer than EARLY_MAP_MAX or all windows are in use
 *
 * The port may hand out a window that the next-but-seven call reuses: copy
 * what must stay. The host reads its simulated physical memory.
 */
#pragma once

#include <kernel/string.h>
#include <kernel/types.h>

#define EARLY_MAP_MAX (4 * MiB)

void *early_memremap(paddr_t addr, size_t size);
void early_memunmap(void *addr, size_t size);

/* Copy out size bytes at addr; false where there is no memory to read. */
static inline bool early_read(paddr_t addr, void *buf, size_t size)
{
	void *p = early_memremap(addr, size);

	if (!p)
		return false;
	memcpy(buf, p, size);
	early_memunmap(p, size);
	return true;
}
