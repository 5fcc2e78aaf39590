// SPDX-License-Identifier: MIT
/*
 * tests/hostonly/test_mmu.c - the software MMU, and what it finds
 *
 * tests/kernel/test_tlb.c holds for every MMU; here is what only a simulated
 * one can say: who still names a frame that is freed.
 */
#include <arch/host.h>
#include <kernel/thread.h>
#include <mm/misuse.h>
#include <arch/uaccess.h>

#include "../kernel/pgtable_fixture.h"

#define ADDR 0x200000000000UL

static struct mm_struct *mm;
static struct page *page;

static bool begin(struct test *t, u64 prot)
{
	mm = test_mm_begin(t);
	page = alloc_pages(GFP_KERNEL | __GFP_ZERO, 0);
	if (!mm || !page || !map_page(t, mm, ADDR, page, prot))
		return false;
	use_mm(mm);
	return true;
}

static void end(struct test *t)
{
	tlb_skip_mask = 0;
	unmap_page(mm, ADDR);
	flush_tlb_mm(mm, TLB_UNMAP);
	use_mm(NULL);
	test_mm_end(t, mm);
	EXPECT_EQ(host_mmu_nr_named, 0);
}

static u64 read_word(vaddr_t addr)
{
	u64 value = 0;

	return host_user_read(addr, &value, sizeof(value));
}

static void set_prot(u64 prot)
{
	struct spinlock *ptl;
	pte_t *pte = pte_offset_map_lock(mm, ADDR, &ptl);

	if (!pte)
		return;
	set_pte(pte, pfn_pte(page_to_pfn(page), prot));
	pte_unmap_unlock(pte, ptl);
}

TEST(mmu, frame_freed_without_a_flush_is_found)
{
	struct mmu_gather tlb;

	ASSERT_TRUE(begin(t, USER_RW));
	EXPECT_EQ(read_word(ADDR), 8);
	EXPECT_EQ(tlb_param_skip("unmap"), 0);
	tlb_gather_mmu(&tlb, mm, TLB_UNMAP);
	unmap_page(mm, ADDR);
	tlb_note_entry(&tlb, ADDR);
	tlb_remove_page(&tlb, page);
	EXPECT_EQ(host_tlb_check(), 1);
	expect_bug(BUG_STALE_TLB);
	tlb_finish_mmu(&tlb);
	EXPECT_EQ(bug_seen(BUG_STALE_TLB), 1);
	EXPECT_EQ(host_tlb_check(), 0); /* told once, then forgotten */
	end(t);
}

/* It is not told of flushes; it makes up for them when it comes back. */
TEST(mmu, lazy_cpu_may_name_a_frame_that_is_freed)
{
	ASSERT_TRUE(begin(t, USER_RW));
	EXPECT_EQ(read_word(ADDR), 8);
	use_mm(NULL);
	unmap_page(mm, ADDR);
	flush_tlb_page(mm, ADDR, TLB_UNMAP);
	EXPECT_GT(host_mmu_nr_named, 0);
	free_pages(page, 0); /* would panic */
	use_mm(mm);
	EXPECT_EQ(read_word(ADDR), 0);
	use_mm(NULL);
	test_mm_end(t, mm);
	EXPECT_EQ(host_mmu_nr_named, 0);
}

/* The leaf is flushed, but not what the CPU remembers of its table. */
TEST(mmu, table_freed_without_a_flush_is_found)
{
	ASSERT_TRUE(begin(t, USER_RW));
	EXPECT_EQ(read_word(ADDR), 8);
	unmap_page(mm, ADDR);
	flush_tlb_page(mm, ADDR, TLB_UNMAP);
	EXPECT_EQ(read_word(ADDR), 0); /* walks, as far as there are tables */
	EXPECT_EQ(tlb_param_skip("free_tables"), 0);
	EXPECT_EQ(tlb_param_skip("unmap"), 0);
	expect_bug(BUG_STALE_TLB);
	drop_tables(mm, ADDR, ADDR + PAGE_SIZE);
	EXPECT_EQ(bug_seen(BUG_STALE_TLB), 3);
	free_pages(page, 0);
	end(t);
}

TEST(mmu, flush_of_freed_tables_forgets_them)
{
	ASSERT_TRUE(begin(t, USER_RW));
	EXPECT_EQ(read_word(ADDR), 8);
	unmap_page(mm, ADDR);
	drop_tables(mm, ADDR, ADDR + PAGE_SIZE);
	EXPECT_EQ(host_mmu_nr_named, 1); /* the top */
	free_pages(page, 0);
	end(t);
}

TEST(mmu, top_freed_while_loaded_is_found)
{
	u64 pfn;

	ASSERT_TRUE(begin(t, USER_RW));
	EXPECT_EQ(read_word(ADDR), 8);
	pfn = PFN_DOWN(mm->pgd_phys);
	expect_bug(BUG_STALE_TLB);
	host_mmu_check_free(pfn, 0);
	EXPECT_EQ(bug_seen(BUG_STALE_TLB), 1);
	EXPECT_EQ(read_word(ADDR), 0); /* told once, then it is let go */
	unmap_page(mm, ADDR);
	flush_tlb_page(mm, ADDR, TLB_UNMAP);
	free_pages(page, 0);
	end(t);
}

TEST(mmu, walk_goes_on_from_a_remembered_table)
{
	struct page *other = alloc_pages(GFP_KERNEL | __GFP_ZERO, 0);
	pte_t *pmd, kept;

	ASSERT_TRUE(begin(t, USER_RW));
	ASSERT_TRUE(other && map_page(t, mm, ADDR + PAGE_SIZE, other, USER_RW));
	EXPECT_EQ(read_word(ADDR), 8);
	pmd = pmd_offset(mm, ADDR);
	kept = ptep_get_and_clear(pmd);
	/* Not read before, but the way is known. */
	EXPECT_EQ(read_word(ADDR + PAGE_SIZE), 8);
	flush_tlb_page(mm, ADDR + 5 * PAGE_SIZE, TLB_SPLIT);
	EXPECT_EQ(read_word(ADDR + PAGE_SIZE), 8); /* the leaf is still known */
	EXPECT_EQ(read_word(ADDR + 2 * PAGE_SIZE), 0);
	flush_tlb_page(mm, ADDR + PAGE_SIZE, TLB_SPLIT);
	EXPECT_EQ(read_word(ADDR + PAGE_SIZE), 0);
	set_pte(pmd, kept);
	unmap_page(mm, ADDR + PAGE_SIZE);
	unmap_page(mm, ADDR);
	flush_tlb_mm(mm, TLB_UNMAP);
	free_pages(other, 0);
	free_pages(page, 0);
	end(t);
}

/* A TLB may be more restrictive than the tables, until it has said so. */
TEST(mmu, widened_rights_fault_once)
{
	u64 value = 1;

	ASSERT_TRUE(begin(t, USER_READ));
	EXPECT_EQ(read_word(ADDR), 8);
	set_prot(USER_RW);
	EXPECT_EQ(host_tlb_check(), 0);
	EXPECT_EQ(host_user_write(ADDR, &value, 8), 0);
	EXPECT_EQ(host_user_write(ADDR, &value, 8), 8);
	unmap_page(mm, ADDR);
	flush_tlb_page(mm, ADDR, TLB_UNMAP);
	free_pages(page, 0);
	end(t);
}

TEST(mmu, rights_taken_away_without_a_flush_are_found_at_rest)
{
	u64 value = 1;

	ASSERT_TRUE(begin(t, USER_RW));
	EXPECT_EQ(host_user_write(ADDR, &value, 8), 8);
	set_prot(USER_READ | _PAGE_ACCESSED | _PAGE_DIRTY);
	EXPECT_EQ(host_user_write(ADDR, &value, 8), 8);
	EXPECT_EQ(host_tlb_check(), 1);
	flush_tlb_page(mm, ADDR, TLB_PROTECT);
	EXPECT_EQ(host_tlb_check(), 0);
	EXPECT_EQ(host_user_write(ADDR, &value, 8), 0);
	unmap_page(mm, ADDR);
	flush_tlb_page(mm, ADDR, TLB_UNMAP);
	free_pages(page, 0);
	end(t);
}

/* Writing through an entry that was read before sets D by a new walk. */
TEST(mmu, dirty_is_set_by_the_first_write)
{
	u64 value = 1;

	ASSERT_TRUE(begin(t, USER_RW));
	EXPECT_EQ(read_word(ADDR), 8);
	EXPECT_FALSE(pte_dirty(look_up(mm, ADDR)));
	EXPECT_EQ(host_user_write(ADDR + 16, &value, 8), 8);
	EXPECT_TRUE(pte_dirty(look_up(mm, ADDR)));
	/* Cleaned without a flush: the CPU thinks that it is dirty already. */
	set_prot(USER_RW | _PAGE_ACCESSED);
	EXPECT_EQ(host_user_write(ADDR + 16, &value, 8), 8);
	EXPECT_FALSE(pte_dirty(look_up(mm, ADDR)));
	EXPECT_EQ(host_tlb_check(), 1);
	flush_tlb_page(mm, ADDR, TLB_CLEAN);
	EXPECT_EQ(host_user_write(ADDR + 16, &value, 8), 8);
	EXPECT_TRUE(pte_dirty(look_up(mm, ADDR)));
	unmap_page(mm, ADDR);
	flush_tlb_page(mm, ADDR, TLB_UNMAP);
	free_pages(page, 0);
	end(t);
}

TEST(mmu, rights_of_the_leaf_hold)
{
	u8 byte = 0;

	ASSERT_TRUE(begin(t, USER_RW));
	EXPECT_EQ(host_user_exec(ADDR, &byte, 1), 0);
	set_prot(USER_EXEC);
	flush_tlb_page(mm, ADDR, TLB_PROTECT);
	EXPECT_EQ(host_user_exec(ADDR, &byte, 1), 1);
	EXPECT_EQ(host_user_write(ADDR, &byte, 1), 0);
	set_prot(_PAGE_PRESENT | _PAGE_RW); /* the kernel's */
	flush_tlb_page(mm, ADDR, TLB_PROTECT);
	EXPECT_EQ(host_user_read(ADDR, &byte, 1), 0);
	EXPECT_EQ(host_user_read(1UL << 47, &byte, 1), 0);
	EXPECT_EQ(host_user_read(~7UL, &byte, 1), 0);
	unmap_page(mm, ADDR);
	flush_tlb_page(mm, ADDR, TLB_UNMAP);
	free_pages(page, 0);
	end(t);
}

/* A leaf of 2 MiB: pieces are remembered, one flush forgets them all. */
TEST(mmu, large_leaf_is_forgotten_as_a_whole)
{
	struct page *block = alloc_pages(GFP_KERNEL, 9);
	pte_t *pmd;

	ASSERT_TRUE(begin(t, USER_RW));
	ASSERT_TRUE(block);
	pmd = pmd_alloc(mm, ADDR + PMD_SIZE);
	ASSERT_TRUE(pmd);
	*(u64 *)page_address(block + 5) = 55;
	set_pte(pmd, pfn_pte(page_to_pfn(block), USER_RW | _PAGE_PSE));
	EXPECT_EQ(read_word(ADDR + PMD_SIZE + 5 * PAGE_SIZE), 8);
	EXPECT_EQ(read_word(ADDR + PMD_SIZE + 6 * PAGE_SIZE), 8);
	EXPECT_TRUE(pte_young(ptep_get(pmd)));
	EXPECT_EQ(host_tlb_check(), 0);
	set_pte(pmd, __pte(0));
	EXPECT_EQ(host_tlb_check(), 2);
	flush_tlb_page(mm, ADDR + PMD_SIZE + 9 * PAGE_SIZE, TLB_SPLIT);
	EXPECT_EQ(host_tlb_check(), 0);
	free_pages(block, 9);
	unmap_page(mm, ADDR);
	flush_tlb_page(mm, ADDR, TLB_UNMAP);
	free_pages(page, 0);
	end(t);
}

/* The kernel's copies go the same way. */
TEST(mmu, copies_of_the_kernel_use_the_tlb)
{
	u64 value = 77, back = 0;

	ASSERT_TRUE(begin(t, USER_RW));
	EXPECT_EQ(copy_to_user_nofault(ADDR + 8, &value, 8), 0);
	EXPECT_TRUE(pte_dirty(look_up(mm, ADDR)));
	EXPECT_EQ(copy_from_user_nofault(&back, ADDR + 8, 8), 0);
	EXPECT_EQ(back, 77);
	set_prot(USER_READ);
	flush_tlb_page(mm, ADDR, TLB_PROTECT);
	EXPECT_EQ(copy_to_user_nofault(ADDR + 8, &value, 8), 8);
	unmap_page(mm, ADDR);
	flush_tlb_page(mm, ADDR, TLB_UNMAP);
	EXPECT_EQ(copy_from_user_nofault(&back, ADDR + 8, 8), 8);
	free_pages(page, 0);
	end(t);
}

static u32 nr_faults;

static bool map_on_demand(vaddr_t addr, enum host_access access)
{
	struct spinlock *ptl;
	pte_t *pte = pte_alloc_map_lock(mm, addr, &ptl);

	if (!pte || access == HOST_EXEC)
		return false;
	nr_faults++;
	set_pte_at(mm, addr, pte, pfn_pte(page_to_pfn(page), USER_RW));
	pte_unmap_unlock(pte, ptl);
	return true;
}

TEST(mmu, access_over_borders_faults_each_page_in)
{
	char text[3 * PAGE_SIZE];

	ASSERT_TRUE(begin(t, USER_RW));
	nr_faults = 0;
	host_user_fault = map_on_demand;
	memset(text, 'x', sizeof(text));
	/* The same frame four times. */
	EXPECT_EQ(host_user_write(ADDR + 100, text, sizeof(text)), sizeof(text));
	EXPECT_EQ(nr_faults, 3);
	EXPECT_EQ(*(char *)page_address(page), 'x');
	host_user_fault = NULL;
	for (u32 i = 0; i < 4; i++)
		unmap_page(mm, ADDR + i * PAGE_SIZE);
	flush_tlb_mm(mm, TLB_UNMAP);
	free_pages(page, 0);
	end(t);
}
