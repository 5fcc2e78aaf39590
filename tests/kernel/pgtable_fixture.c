// SPDX-License-Identifier: MIT
/*
 * tests/kernel/pgtable_fixture.c - an address space without areas
 */
#include "pgtable_fixture.h"

#define NR_TEST_MMS 4

static DEFINE_LOCK_CLASS(links_class, "test page tables", false);
static DEFINE_LOCK_CLASS(mmap_class, "test mmap lock", false);

struct mm_struct *test_mm_nth(struct test *t, u32 n)
{
	static struct mm_struct mms[NR_TEST_MMS];
	struct mm_struct *mm = &mms[n];

	memset(mm, 0, sizeof(*mm));
	mm->mm_users = mm->mm_count = 1;
	rwsem_init(&mm->mmap_lock, &mmap_class);
	spin_lock_init(&mm->page_table_lock, &links_class);
	if (pgd_alloc(mm)) {
		test_fail(t, __FILE__, __LINE__, "no memory for a pgd");
		return NULL;
	}
	return mm;
}

struct mm_struct *test_mm_begin(struct test *t)
{
	return test_mm_nth(t, 0);
}

void test_mm_end(struct test *t, struct mm_struct *mm)
{
	drop_tables(mm, 0, TASK_SIZE);
	EXPECT_EQ(mm->pgtables_bytes, 0);
	arch_mm_leave(mm);
	EXPECT_EQ(mm->tlb.cpus, 0);
	pgd_free(mm);
}

bool map_page(struct test *t, struct mm_struct *mm, vaddr_t addr,
	      struct page *page, u64 prot)
{
	struct spinlock *ptl;
	pte_t *pte = pte_alloc_map_lock(mm, addr, &ptl);

	if (!pte) {
		test_fail(t, __FILE__, __LINE__, "no table for 0x%lx", addr);
		return false;
	}
	set_pte_at(mm, addr, pte, pfn_pte(page_to_pfn(page), prot));
	pte_unmap_unlock(pte, ptl);
	return true;
}

pte_t unmap_page(struct mm_struct *mm, vaddr_t addr)
{
	struct spinlock *ptl;
	pte_t *pte = pte_offset_map_lock(mm, addr, &ptl);
	pte_t old = __pte(0);

	if (!pte)
		return old;
	old = ptep_clear(mm, addr, pte);
	pte_unmap_unlock(pte, ptl);
	return old;
}

pte_t look_up(struct mm_struct *mm, vaddr_t addr)
{
	struct spinlock *ptl;
	pte_t *pte = pte_offset_map_lock(mm, addr, &ptl);
	pte_t found = __pte(0);

	if (!pte)
		return found;
	found = ptep_get(pte);
	pte_unmap_unlock(pte, ptl);
	return found;
}

void drop_tables(struct mm_struct *mm, vaddr_t start, vaddr_t end)
{
	struct mmu_gather tlb;

	tlb_gather_mmu(&tlb, mm, TLB_UNMAP);
	free_pgtables(&tlb, start, end, 0, TASK_SIZE);
	tlb_finish_mmu(&tlb);
}
