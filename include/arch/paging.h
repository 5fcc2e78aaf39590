/* SPDX-License-Identifier: MIT */
/*
 * include/arch/paging.h - the kernel's own page tables
 *
 * Units    bytes; addresses and sizes are multiples of PAGE_SIZE
 * Locks    kernel page tables (class I), while a table is linked; the page
 *          source is called without it. A leaf is the business of whoever
 *          owns that address: two must not map or unmap one page at once
 * Context  boot: all. Later, too: map (as the page source says), unmap (any),
 *          flush (thread, interrupts on)
 * Errors   -ENOMEM when the page source is empty: what was mapped until then
 *          stays, paging_unmap() takes the whole range; mapping over a
 *          present entry is a bug
 * Owns     the kernel half of every address space
 * Keeps    paging_check() == 0: nothing both writable and executable, no user
 *          bit in the kernel half
 *
 * The page-table layer never calls the allocator by name: pages come from the
 * source it is handed. The host has no tables of its own: there the range of
 * paging_vmalloc_range() is mapped for real, elsewhere arguments are checked.
 */
#pragma once

#include <kernel/types.h>

/* Gives a zeroed page that phys_to_virt() reaches; 0: none left. */
struct page_source {
	paddr_t (*alloc)(void *ctx);
	void *ctx;
};

enum map_prot {
	MAP_R = 0,
	MAP_W = 1,
	MAP_X = 2,
	MAP_UNCACHED = 4,
	MAP_4K = 8, /* no large leaves */
};

/* Start the final tables: the kernel image, each part with its rights. */
int paging_begin(const struct page_source *source);
int paging_map(vaddr_t virt, paddr_t phys, u64 size, u32 prot,
	       const struct page_source *source);
/* Switch to the final tables. early_memremap() is over. */
void paging_commit(void);

/* Address space in the vmalloc range, to be mapped; 0: none left. */
vaddr_t paging_reserve(u64 size);

/*
 * The rest of the vmalloc range, which mm/vmalloc.c hands out; nothing in it
 * is mapped at first. There leaves are of 4 KiB.
 */
void paging_vmalloc_range(vaddr_t *start, vaddr_t *end);

/*
 * Clear what is mapped by 4 KiB leaves; holes are fine, tables stay. This CPU
 * faults there at once, others at the latest after flush_tlb_kernel_range().
 */
void paging_unmap(vaddr_t virt, u64 size);

/* Every online CPU forgets what it remembers of these addresses; awaited. */
void flush_tlb_kernel_range(vaddr_t start, vaddr_t end);

/* Pages mapped in a range, which may be large: absent tables are skipped. */
u64 paging_count_mapped(vaddr_t start, vaddr_t end);

/* Physical address and rights behind a kernel address; false: not mapped. */
bool paging_lookup(vaddr_t virt, paddr_t *phys, u32 *prot, u64 *leaf_size);

/* KiB mapped in the direct map by leaf size: 4K, 2M, 1G (/proc/meminfo). */
void paging_direct_map_kb(u64 kb[3]);

int paging_check(void);
