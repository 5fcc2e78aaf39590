// SPDX-License-Identifier: MIT
/*
 * mm/vmalloc_check.c - do areas, frames, page tables and counts say the same?
 *
 *	areas	in order, inside the range, none in another
 *	frames	of an area in use: as many as it says, each is mapped just
 *		where its place is, and knows its area
 *	device	all of it is mapped, uncached, in order
 *	range	as many pages are mapped in all as areas in use have, so
 *		no guard page, gap or freed area shows anything
 *
 * Nobody may allocate or free meanwhile, else it finds what isn't wrong.
 */
#include <kernel/printk.h>
#include <kernel/string.h>
#include <mm/mm_state.h>
#include <mm/vmap_area.h>
#include <arch/paging.h>

static int differ(const char *what, u64 counted, u64 found)
{
	if (counted == found)
		return 0;
	pr_err("vmalloc: %lu %s, recount says %lu\n", counted, what, found);
	return 1;
}

static bool is_mapped_there(const struct vmap_area *area, u64 place,
			    const struct page *page)
{
	paddr_t phys;
	u64 size;
	u32 prot;

	return page->mapping == area && page->index == place &&
	       paging_lookup(area->start + place * PAGE_SIZE, &phys, &prot,
			     &size) &&
	       phys == PFN_PHYS(page_to_pfn(page)) && prot == MAP_W;
}

static int check_pages(const struct vmap_area *area)
{
	const struct page *page;
	u64 nr = 0;

	list_for_each_entry(page, &area->pages, lru) {
		if (!is_mapped_there(area, nr, page)) {
			pr_err("vmalloc: area 0x%016lx: pfn 0x%lx is not mapped as its page %lu\n",
			       area->start, page_to_pfn(page), nr);
			return 1;
		}
		nr++;
	}
	return differ("pages of an area", area->nr_pages, nr);
}

static int check_device(const struct vmap_area *area)
{
	for (u64 i = 0; i < area->nr_pages; i++) {
		vaddr_t virt = area->start + i * PAGE_SIZE;
		paddr_t phys;
		u64 size;
		u32 prot;

		if (paging_lookup(virt, &phys, &prot, &size) &&
		    phys == area->phys + i * PAGE_SIZE &&
		    prot == (MAP_W | MAP_UNCACHED))
			continue;
		pr_err("vmalloc: 0x%016lx does not map the device at 0x%lx\n",
		       virt, area->phys + i * PAGE_SIZE);
		return 1;
	}
	return 0;
}

static int check_area(const struct vmalloc_state *v,
		      const struct vmap_area *area, u64 floor)
{
	if (area->start < floor || area->end > v->end ||
	    area->end - area->start != (area->nr_pages + 1) * PAGE_SIZE) {
		pr_err("vmalloc: area [0x%016lx-0x%016lx) of %lu pages is out of order, range or shape\n",
		       area->start, area->end, area->nr_pages);
		return 1;
	}
	if (area->state != VMAP_USED)
		return 0;
	return area->is_device ? check_device(area) : check_pages(area);
}

int vmalloc_check(struct mm_state *mm)
{
	struct vmalloc_state *v = &mm->vmalloc;
	u64 floor = v->start, areas = 0, used = 0, lazy = 0, flags;
	const struct vmap_area *area;
	int findings = 0;

	if (!v->area_cache)
		return 0;
	flags = spin_lock_irqsave(&v->lock);
	list_for_each_entry(area, &v->areas, list) {
		findings += check_area(v, area, floor);
		floor = area->end;
		areas++;
		used += area->state == VMAP_USED ? area->nr_pages : 0;
		lazy += area->state == VMAP_LAZY ? area->nr_pages : 0;
	}
	findings += differ("areas", v->nr_areas, areas);
	findings += differ("pages in use", v->nr_pages, used);
	findings += differ("pages freed but not purged", v->nr_lazy, lazy);
	findings += differ("pages in use, mapped", used,
			   paging_count_mapped(v->start, v->end));
	spin_unlock_irqrestore(&v->lock, flags);
	return findings;
}

/* --- looking --- */

static void fill_info(const struct vmap_area *area, struct vmalloc_info *info)
{
	const struct page *page;

	memset(info, 0, sizeof(*info));
	info->start = area->start;
	info->end = area->end;
	info->caller = area->caller;
	info->nr_pages = area->nr_pages;
	info->in_use = area->state == VMAP_USED;
	info->is_device = area->is_device;
	info->phys = area->phys;
	if (!info->in_use)
		return;
	list_for_each_entry(page, &area->pages, lru)
		info->on_node[page_zone(page)->nid]++;
}

bool vmalloc_get_info(struct mm_state *mm, u32 nth, struct vmalloc_info *info)
{
	struct vmalloc_state *v = &mm->vmalloc;
	const struct vmap_area *area;
	bool found = false;
	u64 flags;

	if (!v->area_cache)
		return false;
	flags = spin_lock_irqsave(&v->lock);
	list_for_each_entry(area, &v->areas, list) {
		if (nth--)
			continue;
		fill_info(area, info);
		found = true;
		break;
	}
	spin_unlock_irqrestore(&v->lock, flags);
	return found;
}
