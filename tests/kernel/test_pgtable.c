// SPDX-License-Identifier: MIT
#include <kernel/point.h>
#include <mm/node_stat.h>

#include "pgtable_fixture.h"

#define BASE 0x7f1234000000UL /* begins a PTE table, not a PMD table */

static u64 tables_of_all(void)
{
	return global_node_page_state(NR_PAGETABLE);
}

/* One address: a table on each of three levels below the top. */
TEST(pgtable, makes_tables_on_the_way_and_frees_them)
{
	u64 before = tables_of_all();
	struct mm_struct *mm = test_mm_begin(t);
	struct spinlock *ptl;
	struct page *table;
	pte_t *pte;

	ASSERT_TRUE(mm);
	EXPECT_TRUE(!pmd_offset(mm, BASE));
	pte = pte_alloc_map_lock(mm, BASE + 5 * PAGE_SIZE, &ptl);
	ASSERT_TRUE(pte);
	EXPECT_TRUE(lock_is_held(ptl));
	table = virt_to_page(pte);
	EXPECT_EQ(page_kind(table), PAGE_TABLE);
	EXPECT_EQ(page_charge(table), MIGRATE_UNMOVABLE);
	EXPECT_EQ(table->mapping, mm);
	EXPECT_EQ(table->index, BASE);
	EXPECT_EQ(pte - (pte_t *)page_address(table), 5);
	pte_unmap_unlock(pte, ptl);
	EXPECT_EQ(mm->pgtables_bytes, 3 * PAGE_SIZE);
	EXPECT_EQ(tables_of_all(), before + 4); /* the top as well */
	EXPECT_TRUE(pte_offset_map_lock(mm, BASE, &ptl));
	spin_unlock(ptl);
	test_mm_end(t, mm);
	EXPECT_EQ(tables_of_all(), before);
}

/* set_pte_at() and ptep_clear() count, whatever becomes of the entry. */
TEST(pgtable, counts_entries_that_are_not_0)
{
	struct mm_struct *mm = test_mm_begin(t);
	struct spinlock *ptl;
	struct page *table;
	pte_t *pte;

	ASSERT_TRUE(mm);
	pte = pte_alloc_map_lock(mm, BASE, &ptl);
	ASSERT_TRUE(pte);
	table = virt_to_page(pte);
	EXPECT_EQ(table->private_data, 0);
	set_pte_at(mm, BASE, pte, pfn_pte(1, USER_RW));
	set_pte_at(mm, BASE, pte, pfn_pte(2, USER_READ));
	EXPECT_EQ(table->private_data, 1);
	set_pte_at(mm, BASE, pte + 511, swp_pte(SWP_MIGRATION_READ, 3, 0));
	EXPECT_EQ(table->private_data, 2);
	set_pte_at(mm, BASE, pte, __pte(0));
	EXPECT_EQ(table->private_data, 1);
	EXPECT_TRUE(pte_none(ptep_clear(mm, BASE, pte)));
	EXPECT_EQ(table->private_data, 1);
	EXPECT_TRUE(is_migration_pte(ptep_clear(mm, BASE, pte + 511)));
	EXPECT_EQ(table->private_data, 0);
	pte_unmap_unlock(pte, ptl);
	test_mm_end(t, mm);
}

/* Odd addresses on both sides of borders of all levels. */
static const vaddr_t borders[] = {
	PAGE_SIZE,	    PMD_SIZE,
	3 * PMD_SIZE,	    1UL << PUD_SHIFT,
	5UL << PUD_SHIFT,   1UL << PGDIR_SHIFT,
	7UL << PGDIR_SHIFT, TASK_SIZE - PAGE_SIZE,
};

TEST(pgtable, entries_on_both_sides_of_each_border_are_apart)
{
	struct mm_struct *mm = test_mm_begin(t);

	ASSERT_TRUE(mm);
	for (u32 i = 0; i < ARRAY_SIZE(borders); i++) {
		struct spinlock *ptl;

		for (u32 side = 0; side < 2; side++) {
			vaddr_t addr = borders[i] - side * PAGE_SIZE;
			pte_t *pte = pte_alloc_map_lock(mm, addr, &ptl);

			ASSERT_TRUE(pte);
			set_pte_at(mm, addr, pte,
				   swp_pte(SWP_MIGRATION_READ, addr >> 12, 0));
			pte_unmap_unlock(pte, ptl);
		}
	}
	for (u32 i = 0; i < ARRAY_SIZE(borders); i++) {
		EXPECT_EQ(pte_pfn(look_up(mm, borders[i])), borders[i] >> 12);
		EXPECT_EQ(pte_pfn(look_up(mm, borders[i] - 1)),
			  (borders[i] - 1) >> 12);
	}
	for (u32 i = 0; i < ARRAY_SIZE(borders); i++) {
		unmap_page(mm, borders[i]);
		unmap_page(mm, borders[i] - 1);
	}
	test_mm_end(t, mm);
}

/*
 *	2 MiB:   |   table A   |   table B   |   table C   |
 *	VMAs:        below####  [=== goes ===]   ####above
 *	                     ^floor              ^ceiling
 *
 * A and C are reached from beside, B is not.
 */
TEST(pgtable, frees_only_what_no_neighbour_reaches)
{
	struct mm_struct *mm = test_mm_begin(t);
	struct mmu_gather tlb;
	struct spinlock *ptl;

	ASSERT_TRUE(mm);
	for (u32 i = 0; i < 3; i++) {
		pte_t *pte = pte_alloc_map_lock(mm, BASE + i * PMD_SIZE, &ptl);

		ASSERT_TRUE(pte);
		pte_unmap_unlock(pte, ptl);
	}
	EXPECT_EQ(mm->pgtables_bytes, 5 * PAGE_SIZE);
	tlb_gather_mmu(&tlb, mm, TLB_UNMAP);
	free_pgtables(&tlb, BASE + PMD_SIZE - PAGE_SIZE,
		      BASE + 2 * PMD_SIZE + PAGE_SIZE,
		      BASE + PMD_SIZE - PAGE_SIZE,
		      BASE + 2 * PMD_SIZE + PAGE_SIZE);
	tlb_finish_mmu(&tlb);
	EXPECT_EQ(mm->pgtables_bytes, 4 * PAGE_SIZE);
	EXPECT_TRUE(!pte_offset_map_lock(mm, BASE + PMD_SIZE, &ptl));
	ASSERT_TRUE(pte_offset_map_lock(mm, BASE, &ptl));
	spin_unlock(ptl);

	/* The lower neighbour goes: A, but not what C's table hangs from. */
	tlb_gather_mmu(&tlb, mm, TLB_UNMAP);
	free_pgtables(&tlb, BASE + PAGE_SIZE, BASE + 2 * PAGE_SIZE, 0,
		      BASE + 2 * PMD_SIZE + PAGE_SIZE);
	tlb_finish_mmu(&tlb);
	EXPECT_EQ(mm->pgtables_bytes, 3 * PAGE_SIZE);
	ASSERT_TRUE(pte_offset_map_lock(mm, BASE + 2 * PMD_SIZE, &ptl));
	spin_unlock(ptl);
	test_mm_end(t, mm);
}

/* Whatever allocation fails: NULL, and what was made stays for the next try. */
TEST(pgtable, survives_failure_of_each_allocation)
{
	u64 before = tables_of_all();
	struct mm_struct *mm = test_mm_begin(t);
	struct spinlock *ptl;
	u32 nth;

	ASSERT_TRUE(mm);
	for (nth = 1; nth < 10; nth++) {
		pte_t *pte;

		point_fail_nth("pte_alloc_one", nth);
		pte = pte_alloc_map_lock(mm, BASE, &ptl);
		point_disable("pte_alloc_one");
		if (pte) {
			pte_unmap_unlock(pte, ptl);
			break;
		}
		EXPECT_EQ(mm->pgtables_bytes, (nth - 1) * PAGE_SIZE);
		drop_tables(mm, 0, TASK_SIZE);
		EXPECT_EQ(mm->pgtables_bytes, 0);
	}
	EXPECT_EQ(nth, 4);
	test_mm_end(t, mm);
	EXPECT_EQ(tables_of_all(), before);
}

struct race {
	struct mm_struct *mm;
	bool done;
};

/* Between making a table and linking it: somebody else links one. */
static void link_first(void *ctx, const u64 *values, u32 nr __unused)
{
	struct race *race = ctx;
	struct spinlock *ptl;
	pte_t *pte;

	if (race->done)
		return;
	race->done = true;
	pte = pte_alloc_map_lock(race->mm, values[0], &ptl);
	if (pte)
		pte_unmap_unlock(pte, ptl);
}

TEST(pgtable, second_of_two_makers_uses_the_first_ones_table)
{
	u64 before = tables_of_all();
	struct mm_struct *mm = test_mm_begin(t);
	struct race race = { .mm = mm };
	struct spinlock *ptl;
	pte_t *pte;

	ASSERT_TRUE(mm);
	point_callback("pte_link", link_first, &race);
	pte = pte_alloc_map_lock(mm, BASE, &ptl);
	point_disable("pte_link");
	ASSERT_TRUE(pte);
	pte_unmap_unlock(pte, ptl);
	EXPECT_TRUE(race.done);
	/* The others' way led to another PTE table of the same PUD table. */
	EXPECT_LE(mm->pgtables_bytes, 5 * PAGE_SIZE);
	EXPECT_EQ((tables_of_all() - before - 1) * PAGE_SIZE,
		  (u64)mm->pgtables_bytes);
	test_mm_end(t, mm);
}

TEST(pgtable, vm_normal_page_is_what_mapcount_counts)
{
	const pfn_t pfn = 0x300;

	EXPECT_EQ(vm_normal_page(pfn_pte(pfn, USER_RW)), pfn_to_page(pfn));
	EXPECT_EQ(vm_normal_page(swp_pte(SWP_PROT_NONE, pfn, SWP_DIRTY)),
		  pfn_to_page(pfn));
	EXPECT_TRUE(!vm_normal_page(__pte(0)));
	EXPECT_TRUE(!vm_normal_page(pfn_pte(pfn, USER_READ | _PAGE_SPECIAL)));
	EXPECT_TRUE(!vm_normal_page(swp_pte(SWP_MIGRATION_WRITE, pfn, 0)));
}
