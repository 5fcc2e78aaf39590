// SPDX-License-Identifier: MIT
/*
 * mm/ioremap.c - device registers, in areas of vmalloc's address space
 *
 *	ioremap(0xfed00008, 16)
 *	          +-- 8 --+
 *	area      | page of 0xfed00000 | guard |    uncached
 *
 * What a device answers is no memory: the mapping is uncached, and there are no
 * frames to take or to give back. Address, guard page and the flush before
 * addresses are used again are any area's (mm/vmap_area.c). RAM is refused:
 * mapped elsewhere as cached memory, it would be two things at once.
 *
 * Device registers that are needed before there are areas (interrupt
 * controllers, the screen) have a mapping of their own, for good: the port's
 * early_ioremap().
 */
#include <kernel/printk.h>
#include <mm/misuse.h>
#include <mm/mm_state.h>
#include <mm/vmap_area.h>
#include <arch/cpu.h>
#include <arch/paging.h>

static bool has_ram(const struct e820_table *table, paddr_t start, paddr_t end)
{
	for (u32 i = 0; i < table->nr_entries; i++) {
		const struct e820_entry *e = &table->entries[i];

		if (e->type == E820_TYPE_RAM && e->addr < end &&
		    start < e->addr + e->size)
			return true;
	}
	return false;
}

static bool is_device(const struct mm_state *mm, paddr_t phys, u64 size)
{
	paddr_t last = phys + size - 1;

	return size && last >= phys && !(last >> arch_phys_bits()) &&
	       !has_ram(&mm->e820, ALIGN_DOWN(phys, PAGE_SIZE),
			ALIGN_DOWN(last, PAGE_SIZE) + PAGE_SIZE);
}

static bool map_device(struct mm_state *mm, const struct vmap_area *area)
{
	struct vmap_table_source from = { mm, GFP_KERNEL | __GFP_NOWARN };
	struct page_source source = { vmap_table_page, &from };

	return !paging_map(area->start, area->phys, area->nr_pages * PAGE_SIZE,
			   MAP_W | MAP_UNCACHED | MAP_4K, &source);
}

static struct vmap_area *new_area(struct mm_state *mm, u64 bytes)
{
	struct vmap_area *area = vmap_area_alloc(mm, bytes, GFP_KERNEL);

	if (!area && vmap_purge(mm))
		area = vmap_area_alloc(mm, bytes, GFP_KERNEL);
	return area;
}

void *ioremap(paddr_t phys, u64 size)
{
	struct mm_state *mm = mm_active;
	paddr_t start = ALIGN_DOWN(phys, PAGE_SIZE);
	struct vmap_area *area;

	if (!mm->vmalloc.area_cache || !is_device(mm, phys, size)) {
		pr_warn("ioremap: [0x%lx, +0x%lx) is no device's\n", phys, size);
		return NULL;
	}
	area = new_area(mm, ALIGN(phys + size, PAGE_SIZE) - start);
	if (!area)
		return NULL;
	area->caller = (u64)__builtin_return_address(0);
	area->is_device = true;
	area->phys = start;
	if (map_device(mm, area)) {
		vmap_area_publish(mm, area);
		return (void *)(area->start + (phys - start));
	}
	vmap_area_release(mm, area);
	return NULL;
}

void iounmap(const void *addr)
{
	struct mm_state *mm = mm_active;
	struct vmap_area *area;

	if (!addr)
		return;
	area = vmap_area_find_device(mm, ALIGN_DOWN((u64)addr, PAGE_SIZE));
	if (area && vmap_area_release(mm, area))
		return;
	pr_err("BUG iounmap: 0x%016lx: no device is mapped there\n", (u64)addr);
	bug_finish(BUG_VFREE);
}
