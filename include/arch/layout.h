/* SPDX-License-Identifier: MIT */
/*
 * include/arch/layout.h - where things lie in the kernel's address space
 *
 * A port gives (as constants or variables of type u64):
 *	DIRECT_MAP_BASE  physical address 0 seen through the direct map
 *	VMEMMAP_BASE     the page record of pfn 0
 *	VMALLOC_BASE, VMALLOC_END  vmalloc, ioremap, guarded stacks
 * DESIGN section 3 draws the whole.
 */
#pragma once

#include <kernel/types.h>
#include <asm/layout.h>
