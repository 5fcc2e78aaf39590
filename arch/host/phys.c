// SPDX-License-Identifier: MIT
/*
 * arch/host/phys.c - simulated physical memory
 *
 * An anonymous mapping stands for [0, size); the direct map is that mapping,
 * so phys_to_virt() needs no table. The page array gets a mapping of its own,
 * large enough for every pfn, which Linux fills lazily.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <arch/early_map.h>
#include <arch/host.h>
#include <arch/layout.h>

u64 host_direct_map_base;
u64 host_vmemmap_base;
static u64 phys_size;

static struct reservation {
	u64 base, size;
} reserved[1024];
static u32 nr_reserved;

static u64 map_or_die(u64 size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return (u64)p;
}

u64 host_reserve(u64 size)
{
	struct reservation *r = &reserved[nr_reserved];

	if (nr_reserved == ARRAY_SIZE(reserved))
		return 0;
	nr_reserved++;
	r->size = ALIGN(size, PAGE_SIZE);
	r->base = map_or_die(r->size);
	return r->base;
}

void host_phys_drop(void)
{
	if (!phys_size)
		return;
	munmap((void *)host_direct_map_base, phys_size);
	munmap((void *)host_vmemmap_base, phys_size / PAGE_SIZE * 64);
	phys_size = 0;
	while (nr_reserved) {
		nr_reserved--;
		munmap((void *)reserved[nr_reserved].base,
		       reserved[nr_reserved].size);
	}
}

void host_phys_init(u64 size)
{
	host_phys_drop();
	phys_size = ALIGN(size, PAGE_SIZE);
	host_direct_map_base = map_or_die(phys_size);
	host_vmemmap_base = map_or_die(phys_size / PAGE_SIZE * 64);
}

u8 *host_phys(paddr_t addr)
{
	return (u8 *)host_direct_map_base + addr;
}

void *early_memremap(paddr_t addr, size_t size)
{
	if (size > EARLY_MAP_MAX || addr + size < addr ||
	    addr + size > phys_size)
		return NULL;
	return host_phys(addr);
}

void early_memunmap(void *addr __unused, size_t size __unused)
{
}
