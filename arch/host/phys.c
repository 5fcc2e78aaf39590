// SPDX-License-Identifier: MIT
/*
 * arch/host/phys.c - simulated physical memory
 *
 * A file in memory stands for [0, size); the direct map is a mapping of it, so
 * phys_to_virt() needs no table, and vmalloc's range shows pages of the same
 * file a second time. The page array gets a mapping of its own, large enough
 * for every pfn, which Linux fills lazily.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <arch/early_map.h>
#include <arch/host.h>
#include <arch/layout.h>

u64 host_direct_map_base;
u64 host_vmemmap_base;
u64 host_vmalloc_base;
static u64 phys_size;
static int phys_fd = -1;

static struct reservation {
	u64 base, size;
} reserved[1024];
static u32 nr_reserved;

static u64 map_or_die(u64 size, int prot, int flags, int fd)
{
	void *p = mmap(NULL, size, prot, flags | MAP_NORESERVE, fd, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return (u64)p;
}

static u64 map_zeroes(u64 size)
{
	return map_or_die(size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

bool host_phys_show(u64 virt, paddr_t phys)
{
	return mmap((void *)virt, PAGE_SIZE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED, phys_fd, (off_t)phys) != MAP_FAILED;
}

void host_phys_hide(u64 virt)
{
	if (mmap((void *)virt, PAGE_SIZE, PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
		 0) == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
}

u64 host_reserve(u64 size)
{
	struct reservation *r = &reserved[nr_reserved];

	if (nr_reserved == ARRAY_SIZE(reserved))
		return 0;
	nr_reserved++;
	r->size = ALIGN(size, PAGE_SIZE);
	r->base = map_zeroes(r->size);
	return r->base;
}

void host_phys_drop(void)
{
	if (!phys_size)
		return;
	munmap((void *)host_vmalloc_base, HOST_VMALLOC_SIZE);
	host_vmalloc_base = 0;
	munmap((void *)host_direct_map_base, phys_size);
	close(phys_fd);
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
	phys_fd = memfd_create("simulated-memory", MFD_CLOEXEC);
	if (phys_fd < 0 || ftruncate(phys_fd, (off_t)phys_size)) {
		perror("memfd_create");
		exit(1);
	}
	host_direct_map_base = map_or_die(phys_size, PROT_READ | PROT_WRITE,
					  MAP_SHARED, phys_fd);
	host_vmemmap_base = map_zeroes(phys_size / PAGE_SIZE * 64);
	host_vmalloc_base = map_or_die(HOST_VMALLOC_SIZE, PROT_NONE,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1);
	host_paging_reset();
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
