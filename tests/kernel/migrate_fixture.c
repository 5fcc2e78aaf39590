// SPDX-License-Identifier: MIT
/*
 * tests/kernel/migrate_fixture.c - migrate_fixture.h
 */
#include <kernel/errno.h>
#include <kernel/main.h>
#include <mm/lru.h>
#include <mm/mm_state.h>
#include <mm/page_alloc.h>
#include <mm/page_ref.h>
#include <mm/rmap.h>

#include "migrate_fixture.h"

struct page *any_target(struct page *src __unused, void *unused __unused)
{
	return alloc_pages(GFP_HIGHUSER_MOVABLE, 0);
}

bool isolate_at(struct mm_struct *mm, vaddr_t addr, struct list_head *list)
{
	struct vm_area_struct *vma;
	struct page *page = NULL;
	bool ok = false;

	lru_add_drain_all();
	INIT_LIST_HEAD(list);
	down_read(&mm->mmap_lock);
	vma = vma_lookup(mm, addr);
	if (vma)
		page = follow_page(vma, addr);
	up_read(&mm->mmap_lock);
	/* An area without rights has its pages, and nobody may follow. */
	if (!page) {
		page = space_page(mm, addr);
		if (!page)
			return false;
		get_page(page);
	}
	ok = isolate_lru_page(page);
	if (ok)
		list_add(&page->lru, list);
	put_page(page);
	return ok;
}

int migrate_at(struct mm_struct *mm, vaddr_t addr, enum migrate_mode mode)
{
	struct list_head list;
	int err;

	if (!isolate_at(mm, addr, &list))
		return -EBUSY;
	err = migrate_pages(&list, any_target, NULL, NULL, mode, MR_SYSCALL,
			    NULL);
	putback_lru_pages(&list);
	return err;
}

pte_t entry_at(struct mm_struct *mm, vaddr_t addr)
{
	struct spinlock *ptl;
	pte_t *ptep = pte_offset_map_lock(mm, addr, &ptl), pte;

	if (!ptep)
		return __pte(0);
	pte = ptep_get(ptep);
	pte_unmap_unlock(ptep, ptl);
	return pte;
}

int migrate_check(void)
{
	lru_add_drain_all();
	return page_table_check_all() + lru_check(kernel_mm());
}

u64 user_frames(void)
{
	u64 nr = 0;

	for (pfn_t pfn = 0; pfn < kernel_mm()->max_pfn; pfn++)
		if (pfn_valid(kernel_mm(), pfn))
			nr += page_kind(pfn_to_page(pfn)) >= PAGE_TABLE;
	return nr;
}

/* --- a file --- */

static struct address_space mapping;

static void no_release(struct file *file __unused)
{
}

struct file *test_file(u64 pages)
{
	static struct file file;

	address_space_init(&mapping, NULL, NULL);
	mapping.i_size = pages * PAGE_SIZE;
	file = (struct file){ .f_count = 1,
			      .f_mode = FMODE_READ | FMODE_WRITE,
			      .f_mapping = &mapping,
			      .mmap = generic_file_mmap,
			      .release = no_release };
	return &file;
}

void test_file_end(struct test *t)
{
	EXPECT_EQ(filemap_check(&mapping), 0);
	mapping.i_size = 0;
	truncate_inode_pages(&mapping, 0);
	EXPECT_EQ(mapping.nrpages, 0);
	xa_destroy(&mapping.i_pages);
}

vaddr_t map_file(struct mm_struct *mm, struct file *file, u64 pages, u64 prot,
		 u64 flags)
{
	return (vaddr_t)do_mmap(mm, file, 0, pages * PAGE_SIZE, prot, flags, 0);
}
