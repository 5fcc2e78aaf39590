// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_page_table_check.c - one field broken, one finding
 */
#include <mm/fault.h>
#include <mm/page_alloc.h>
#include <mm/pgtable.h>
#include <mm/rmap.h>
#include <uapi/mman.h>

#include <kernel/errno.h>
#include <kernel/test.h>

#define NR_PAGES 4

/* Anonymous pages, written to, of an address space that nobody runs. */
struct area {
	struct mm_struct *mm;
	vaddr_t addr;
	struct page *page; /* the first one */
	struct page *table;
};

static struct page *page_at(const struct area *a, u64 nr, struct page **table)
{
	vaddr_t addr = a->addr + nr * PAGE_SIZE;
	struct spinlock *ptl;
	pte_t *pte = pte_offset_map_lock(a->mm, addr, &ptl);
	struct page *page;

	if (!pte)
		return NULL;
	page = vm_normal_page(ptep_get(pte));
	if (table)
		*table = virt_to_page(pte);
	pte_unmap_unlock(pte, ptl);
	return page;
}

static bool area_begin(struct test *t, struct area *a)
{
	s64 addr = -ENOMEM;

	a->mm = mm_alloc();
	if (a->mm)
		addr = do_mmap(a->mm, NULL, 0, NR_PAGES * PAGE_SIZE,
			       PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (addr < 0) {
		test_fail(t, __FILE__, __LINE__, "no area: %ld", addr);
		return false;
	}
	a->addr = (vaddr_t)addr;
	for (u32 i = 0; i < NR_PAGES; i++) {
		struct fault_error error;

		EXPECT_EQ(do_user_fault(a->mm, a->addr + i * PAGE_SIZE,
					FAULT_FLAG_WRITE | FAULT_FLAG_USER,
					&error),
			  0);
	}
	a->page = page_at(a, 0, &a->table);
	EXPECT_TRUE(a->page);
	EXPECT_EQ(page_table_check(a->mm), 0);
	return a->page;
}

static void area_end(struct test *t, struct area *a)
{
	EXPECT_EQ(page_table_check(a->mm), 0);
	EXPECT_EQ(page_table_check_all(), 0);
	mmput(a->mm);
}

/* Break a field, look, put it back. */
#define FINDS_ONE(field, broken)                       \
	do {                                           \
		__typeof__(field) _kept = (field);     \
		(field) = (__typeof__(field))(broken); \
		EXPECT_EQ(page_table_check(a.mm), 1);  \
		(field) = _kept;                       \
	} while (0)

TEST(page_table_check, finds_each_broken_field)
{
	struct area a;

	if (!area_begin(t, &a))
		return;
	FINDS_ONE(a.table->private_data, NR_PAGES - 1);
	FINDS_ONE(a.table->mapping, NULL);
	FINDS_ONE(a.table->index, a.table->index + PMD_SIZE);
	FINDS_ONE(a.table->kind_order, kind_order(PAGE_KERNEL, 0));
	FINDS_ONE(a.mm->pgtables_bytes, a.mm->pgtables_bytes + PAGE_SIZE);
	FINDS_ONE(a.mm->rss[MM_ANONPAGES], NR_PAGES + 1);
	FINDS_ONE(a.mm->rss[MM_FILEPAGES], 1);
	FINDS_ONE(a.mm->rss[MM_SHMEMPAGES], -1);
	FINDS_ONE(a.page->kind_order, kind_order(PAGE_NONE, 0));
	FINDS_ONE(a.page->kind_order, kind_order(PAGE_KERNEL, 0));
	FINDS_ONE(a.page->kind_order, kind_order(PAGE_FILE, 0));
	FINDS_ONE(a.page->mapcount, -1);
	FINDS_ONE(a.page->refcount, 0);
	area_end(t, &a);
}

/* Two mappings said, references for both, the entry still writable. */
TEST(page_table_check, finds_writable_page_of_two)
{
	struct area a;

	if (!area_begin(t, &a))
		return;
	a.page->mapcount++;
	a.page->refcount++;
	EXPECT_EQ(page_table_check(a.mm), 1);
	a.page->mapcount--;
	a.page->refcount--;
	area_end(t, &a);
}

/* Only all walks together can say how often a page is mapped. */
TEST(page_table_check, finds_mapcount_that_no_entry_stands_for)
{
	struct spinlock *ptl;
	struct area a;
	pte_t *pte;

	if (!area_begin(t, &a))
		return;
	pte = pte_offset_map_lock(a.mm, a.addr, &ptl);
	ASSERT_TRUE(pte);
	ptep_set_wrprotect(pte);
	pte_unmap_unlock(pte, ptl);
	a.page->mapcount++;
	a.page->refcount++;
	EXPECT_EQ(page_table_check(a.mm), 0);
	EXPECT_EQ(page_table_check_all(), 1);
	a.page->mapcount--;
	a.page->refcount--;
	area_end(t, &a);
}

TEST(page_table_check, finds_entry_without_a_page)
{
	struct spinlock *ptl;
	struct area a;
	pte_t *pte, kept;

	if (!area_begin(t, &a))
		return;
	pte = pte_offset_map_lock(a.mm, a.addr, &ptl);
	ASSERT_TRUE(pte);
	kept = ptep_get(pte);
	set_pte(pte, pfn_pte(1UL << 38, kept.val & ~_PAGE_PFN_MASK));
	a.mm->rss[MM_ANONPAGES]--;
	EXPECT_EQ(page_table_check(a.mm), 1);
	a.mm->rss[MM_ANONPAGES]++;
	set_pte(pte, kept);
	pte_unmap_unlock(pte, ptl);
	area_end(t, &a);
}
