// SPDX-License-Identifier: MIT
/*
 * mm/fault_around.c - a read fault on a file maps its cached neighbours, too
 *
 * A program that runs or reads through a mapping touches page after page; what
 * the cache has anyway costs a few instructions to map and saves a fault each.
 * Pages that would have to be waited for, read, or grown into are left to
 * their own fault.
 */
#include <mm/filemap.h>
#include <mm/lru.h>
#include <mm/page_ref.h>

#include "fault_internal.h"

#define MAX_AROUND 16

struct around {
	u32 nr;
	struct page *pages[MAX_AROUND]; /* referenced and locked */
};

static bool is_ready(struct page *page, const struct address_space *mapping,
		     u64 index)
{
	return page->mapping == mapping && page->index == index &&
	       page_flag(page, PG_uptodate);
}

/* Locked pages can't leave the cache, so the size holds for them as well. */
static void collect(struct around *around, struct address_space *mapping,
		    u64 start, u64 end)
{
	u64 size = DIV_ROUND_UP(READ_ONCE(mapping->i_size), PAGE_SIZE);

	end = min(end, size);
	end = min(end, start + MAX_AROUND);
	for (u64 index = start; index < end; index++) {
		struct page *page = filemap_get_page(mapping, index);

		if (!page)
			continue;
		if (trylock_page(page)) {
			if (is_ready(page, mapping, index)) {
				around->pages[around->nr++] = page;
				continue;
			}
			unlock_page(page);
		}
		put_page(page);
	}
}

/* The entry takes the reference over; false: there is an entry already. */
static bool map_one(struct vm_fault *vmf, struct page *page)
{
	struct vm_area_struct *vma = vmf->vma;
	vaddr_t addr =
		vma->vm_start + ((page->index - vma->vm_pgoff) << PAGE_SHIFT);
	pte_t *pte = vmf->pte + ((s64)(addr - vmf->address) >> PAGE_SHIFT);
	pte_t entry = pfn_pte(page_to_pfn(page), vma->vm_page_prot & ~_PAGE_RW);

	if (!pte_none(ptep_get(pte)))
		return false;
	page_add_file_rmap(page, vma);
	set_pte_at(vma->vm_mm, addr, pte,
		   addr == vmf->address ? pte_mkyoung(entry) : entry);
	return true;
}

void filemap_map_pages(struct vm_area_struct *vma, struct vm_fault *vmf,
		       u64 start_pgoff, u64 end_pgoff)
{
	struct address_space *mapping = vma->vm_file->f_mapping;
	struct around around = {};

	collect(&around, mapping, start_pgoff, end_pgoff);
	if (!around.nr)
		return;
	fault_lock(vmf);
	for (u32 i = 0; i < around.nr; i++) {
		struct page *page = around.pages[i];

		if (map_one(vmf, page)) {
			add_mm_counter(vma->vm_mm, mm_counter_file(page), 1);
			unlock_page(page);
			around.pages[i] = NULL;
		}
	}
	fault_unlock(vmf);
	for (u32 i = 0; i < around.nr; i++)
		if (around.pages[i]) {
			unlock_page(around.pages[i]);
			put_page(around.pages[i]);
		}
}
