/* SPDX-License-Identifier: MIT */
/*
 * include/arch/layout.h - where things lie in the kernel's address space
 *
 * A port gives (as constants or variables of type u64):
 *	DIRECT_MAP_BASE  physical address 0 seen through the direct map
 *	DIRECT_MAP_SIZE  bytes of it: RAM beyond can't be used
 *	VMEMMAP_BASE     the page record of pfn 0
 *	VMALLOC_BASE, VMALLOC_END  vmalloc, ioremap, guarded stacks
 * docs/boot.md draws the whole.
 */
#pragma once

#include <kernel/types.h>
#include <asm/layout.h>

/* Only for RAM; virt_to_phys_direct() only for what the direct map shows. */
static inline void *phys_to_virt(paddr_t addr)
{
	return (void *)(DIRECT_MAP_BASE + addr);
}

static inline paddr_t virt_to_phys_direct(const void *addr)
{
	return (vaddr_t)addr - DIRECT_MAP_BASE;
}
