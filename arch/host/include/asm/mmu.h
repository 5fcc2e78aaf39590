/* SPDX-License-Identifier: MIT */
/* Simulated TLBs know which frames they name: arch/host/mmu.c. */
#pragma once

void host_mmu_check_free(pfn_t pfn, u32 order);
extern u32 host_mmu_nr_named; /* entries of all TLBs together */

static inline void arch_free_page(pfn_t pfn, u32 order)
{
	if (__builtin_expect(__atomic_load_n(&host_mmu_nr_named,
					     __ATOMIC_RELAXED) != 0,
			     0))
		host_mmu_check_free(pfn, order);
}
