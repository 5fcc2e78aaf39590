// SPDX-License-Identifier: MIT
/*
 * arch/host/paging.c - the process has no kernel page tables to build
 *
 * Simulated memory and page array are mapped as a whole by arch/host/phys.c,
 * so mapping only checks what the contract asks.
 */
#include <kernel/panic.h>
#include <arch/host.h>
#include <arch/paging.h>

int paging_begin(const struct page_source *source __unused)
{
	return 0;
}

int paging_map(vaddr_t virt, paddr_t phys, u64 size, u32 prot __unused,
	       const struct page_source *source __unused)
{
	BUG_ON(!IS_ALIGNED(virt | phys | size, PAGE_SIZE));
	return 0;
}

/* As large as asked for and filled lazily: nothing has to be mapped then. */
vaddr_t paging_reserve(u64 size)
{
	return host_reserve(size);
}

void paging_commit(void)
{
}

void *ioremap(paddr_t phys __unused, u64 size __unused)
{
	return NULL;
}

bool paging_lookup(vaddr_t virt __unused, paddr_t *phys __unused,
		   u32 *prot __unused, u64 *leaf_size __unused)
{
	return false;
}

void paging_direct_map_kb(u64 kb[3])
{
	kb[0] = kb[1] = kb[2] = 0;
}

int paging_check(void)
{
	return 0;
}
