// SPDX-License-Identifier: MIT
/*
 * mm/hugetlb_map.c - mmap(MAP_ANONYMOUS | MAP_HUGETLB): what a mapping owns
 *
 *	vma ──vm_file──► hugetlb_map	reserved: 1 1 0 1 (0: taken already)
 *	vma (a child's) ───┘		mapping:  . . P .  (shared: pages)
 *
 * A mapping reserves a page for each place when it is made, so mmap() fails,
 * not the program later; with MAP_NORESERVE it is the fault that fails (SIGBUS).
 * The first page of a place is taken out of the reservation. A private mapping's
 * reservations are for the process that made it: a child after fork() takes
 * pages beyond, and so does a second page for one place (copy on write).
 *
 * What is reserved and not taken goes back when its area does, for a private
 * mapping, or with the whole mapping. A place that its owner gives up to touch it
 * again (MADV_DONTNEED) is reserved anew, unless somebody was faster.
 *
 * Shared pages are found by their place in the mapping, which all processes
 * that inherited it share. Source: Linux's mm/hugetlb.c, fs/hugetlbfs.
 */
#include <kernel/errno.h>
#include <kernel/point.h>
#include <kernel/string.h>
#include <mm/fault.h>
#include <mm/mempolicy.h>
#include <mm/page_ref.h>
#include <mm/slab.h>

#include "hugetlb_internal.h"

static DEFINE_LOCK_CLASS(fault_class, "hugetlb fault", false);
static DEFINE_LOCK_CLASS(pos_class, "hugetlb position", false);

/* --- reservations, a bit a place --- */

static bool is_reserved(const struct hugetlb_map *map, u64 index)
{
	return map->reserved && map->reserved[index / 64] >> index % 64 & 1;
}

static void set_reserved(struct hugetlb_map *map, u64 index, bool reserved)
{
	u64 bit = 1UL << index % 64;

	if (reserved)
		map->reserved[index / 64] |= bit;
	else
		map->reserved[index / 64] &= ~bit;
}

/* What [first, end) has still reserved is given back. */
static void drop_reserved(struct hugetlb_map *map, u64 first, u64 end)
{
	u64 nr = 0;

	mutex_lock(&map->fault_lock);
	for (u64 index = first; index < end; index++) {
		if (!is_reserved(map, index))
			continue;
		set_reserved(map, index, false);
		nr++;
	}
	mutex_unlock(&map->fault_lock);
	hugetlb_unreserve(mm_active, nr);
}

bool hugetlb_map_is_owner(const struct vm_area_struct *vma)
{
	const struct hugetlb_map *map = vma_hugetlb_map(vma);

	return map->reserved &&
	       (map->shared || map->owner == vma->vm_mm->tlb.ctx_id);
}

struct page *hugetlb_map_take(struct vm_area_struct *vma, u64 index)
{
	struct hugetlb_map *map = vma_hugetlb_map(vma);
	bool reserved = hugetlb_map_is_owner(vma) && is_reserved(map, index);
	struct nodemask only;
	struct page *page;
	int nid;
	bool bound = mpol_place(vma, index, &nid, &only);

	page = hugetlb_take(mm_active, nid, bound ? &only : NULL, reserved);
	if (page && reserved)
		set_reserved(map, index, false);
	return page;
}

void hugetlb_map_untake(struct vm_area_struct *vma, u64 index, struct page *page)
{
	struct hugetlb_map *map = vma_hugetlb_map(vma);

	put_page(page);
	if (hugetlb_map_is_owner(vma) && !hugetlb_reserve(mm_active, 1))
		set_reserved(map, index, true);
}

/* With fault_lock held nobody fills a place that is empty. */
void hugetlb_reserve_again(struct vm_area_struct *vma, vaddr_t start,
			   vaddr_t end)
{
	struct hugetlb_map *map = vma_hugetlb_map(vma);

	if (map->shared || !hugetlb_map_is_owner(vma))
		return;
	mutex_lock(&map->fault_lock);
	for (vaddr_t addr = start; addr < end; addr += PMD_SIZE) {
		u64 index = hugetlb_index(vma, addr);

		if (!is_reserved(map, index) &&
		    pte_none(hugetlb_entry_at(vma->vm_mm, addr)))
			set_reserved(map, index,
				     hugetlb_try_reserve(mm_active, 1));
	}
	mutex_unlock(&map->fault_lock);
}

/* --- the mapping's life --- */

static void release_map(struct file *file)
{
	struct hugetlb_map *map = container_of(file, struct hugetlb_map, file);
	struct page *page;
	u64 index;

	xa_for_each(&map->mapping.i_pages, index, page) put_page(page);
	xa_destroy(&map->mapping.i_pages);
	if (map->reserved)
		drop_reserved(map, 0, map->nr);
	kfree(map->reserved);
	kfree(map);
}

static void close_area(struct vm_area_struct *vma)
{
	struct hugetlb_map *map = vma_hugetlb_map(vma);
	u64 first = hugetlb_index(vma, vma->vm_start);

	if (!map->shared && hugetlb_map_is_owner(vma))
		drop_reserved(map, first,
			      first + (vma_pages(vma) >> HUGETLB_ORDER));
}

static const char *area_name(struct vm_area_struct *vma __unused)
{
	return "/anon_hugepage (deleted)";
}

static const struct vm_operations hugetlb_ops = {
	.close = close_area,
	.name = area_name,
};

static const struct vm_operations moved_ops = {
	.name = area_name,
};

void hugetlb_vma_moved(struct vm_area_struct *vma)
{
	vma->vm_ops = &moved_ops;
}

/* Where all places are reserved, if any is. */
static int mark_reserved(struct hugetlb_map *map)
{
	map->reserved = kzalloc(DIV_ROUND_UP(map->nr, 64) * 8, GFP_KERNEL);
	if (!map->reserved)
		return -ENOMEM;
	for (u64 index = 0; index < map->nr; index++)
		set_reserved(map, index, true);
	return 0;
}

static struct hugetlb_map *map_alloc(const struct vm_area_struct *vma)
{
	struct hugetlb_map *map = NULL;

	if (!POINT_FAILS(hugetlb_map_alloc, vma->vm_start))
		map = kzalloc(sizeof(*map), GFP_KERNEL);
	if (!map)
		return NULL;
	map->file.f_count = 1;
	map->file.f_mode = FMODE_READ | FMODE_WRITE;
	map->file.f_mapping = &map->mapping;
	map->file.release = release_map;
	mutex_init(&map->file.f_pos_lock, &pos_class);
	mutex_init(&map->fault_lock, &fault_class);
	address_space_init(&map->mapping, NULL, NULL);
	map->shared = vma->vm_flags & VM_SHARED;
	map->nr = vma_pages(vma) >> HUGETLB_ORDER;
	map->owner = vma->vm_mm->tlb.ctx_id;
	if ((vma->vm_flags & VM_NORESERVE) || !mark_reserved(map))
		return map;
	kfree(map);
	return NULL;
}

int hugetlb_vma_init(struct vm_area_struct *vma)
{
	u64 nr = vma->vm_flags & VM_NORESERVE ? 0 :
						vma_pages(vma) >> HUGETLB_ORDER;
	struct hugetlb_map *map;

	if (hugetlb_reserve(mm_active, nr))
		return -ENOMEM;
	map = map_alloc(vma);
	if (!map) {
		hugetlb_unreserve(mm_active, nr);
		return -ENOMEM;
	}
	vma->vm_file = &map->file;
	vma->vm_ops = &hugetlb_ops;
	return 0;
}
