// SPDX-License-Identifier: MIT
/*
 * arch/host/paging.c - the process has no kernel page tables to build
 *
 * Simulated memory and page array are mapped as a whole by arch/host/phys.c,
 * so mapping only checks what the contract asks. vmalloc's range is another
 * matter: there a page of simulated memory appears and disappears, and this
 * table, of one level, knows where each came from.
 */
#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/string.h>
#include <arch/extable.h>
#include <arch/host.h>
#include <arch/layout.h>
#include <arch/paging.h>

#define PRESENT	 1UL
#define UNCACHED 2UL
#define FLAGS	 (PRESENT | UNCACHED)

static u64 leaves[HOST_VMALLOC_SIZE / PAGE_SIZE]; /* address of the frame | FLAGS */

void host_paging_reset(void)
{
	memset(leaves, 0, sizeof(leaves));
}

/* NULL: outside of vmalloc's range. */
static u64 *leaf_of(vaddr_t virt)
{
	u64 offset = virt - host_vmalloc_base;

	return offset < HOST_VMALLOC_SIZE ? &leaves[offset >> PAGE_SHIFT] : NULL;
}

bool host_probe_vmalloc(const void *addr)
{
	const u64 *leaf = leaf_of((vaddr_t)addr);

	return !leaf || (*leaf & PRESENT);
}

int paging_begin(const struct page_source *source __unused)
{
	return 0;
}

int paging_map(vaddr_t virt, paddr_t phys, u64 size, u32 prot,
	       const struct page_source *source __unused)
{
	BUG_ON(!IS_ALIGNED(virt | phys | size, PAGE_SIZE));
	for (u64 at = 0; leaf_of(virt) && at < size; at += PAGE_SIZE) {
		u64 *leaf = leaf_of(virt + at);

		BUG_ON(!leaf || (*leaf & PRESENT));
		if (!host_phys_show(virt + at, phys + at))
			return -ENOMEM;
		*leaf = (phys + at) | PRESENT |
			(prot & MAP_UNCACHED ? UNCACHED : 0);
	}
	return 0;
}

void paging_unmap(vaddr_t virt, u64 size)
{
	BUG_ON(!IS_ALIGNED(virt | size, PAGE_SIZE));
	for (u64 at = 0; at < size; at += PAGE_SIZE) {
		u64 *leaf = leaf_of(virt + at);

		if (!leaf || !(*leaf & PRESENT))
			continue;
		*leaf = 0;
		host_phys_hide(virt + at);
	}
}

/* mmap() has done it already, for all threads. */
void flush_tlb_kernel_range(vaddr_t start __unused, vaddr_t end __unused)
{
}

void paging_vmalloc_range(vaddr_t *start, vaddr_t *end)
{
	*start = host_vmalloc_base;
	*end = host_vmalloc_base + HOST_VMALLOC_SIZE;
}

u64 paging_count_mapped(vaddr_t start, vaddr_t end)
{
	u64 pages = 0;

	for (; start < end; start += PAGE_SIZE)
		pages += leaf_of(start) && (*leaf_of(start) & PRESENT);
	return pages;
}

/* As large as asked for and filled lazily: nothing has to be mapped then. */
vaddr_t paging_reserve(u64 size)
{
	return host_reserve(size);
}

void paging_commit(void)
{
}

bool paging_lookup(vaddr_t virt, paddr_t *phys, u32 *prot, u64 *leaf_size)
{
	const u64 *leaf = leaf_of(virt);

	if (!leaf || !(*leaf & PRESENT))
		return false;
	*phys = (*leaf & ~FLAGS) + (virt & (PAGE_SIZE - 1));
	*prot = MAP_W | (*leaf & UNCACHED ? MAP_UNCACHED : 0);
	*leaf_size = PAGE_SIZE;
	return true;
}

void paging_direct_map_kb(u64 kb[3])
{
	kb[0] = kb[1] = kb[2] = 0;
}

int paging_check(void)
{
	return 0;
}
