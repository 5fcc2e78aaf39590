// SPDX-License-Identifier: MIT
/*
 * tests/hostonly/test_migrate_mmu.c - a migration without its flush
 *
 * The simulated MMU remembers what a CPU was never told to forget. A program
 * that runs here has its page in the TLB; the page moves; without the flush
 * it goes on reading the old frame.
 */
#include <arch/host.h>
#include <kernel/thread.h>
#include <mm/misuse.h>

#include "../kernel/migrate_fixture.h"
#include "../kernel/vma_fixture.h"

static u64 read_word(vaddr_t addr)
{
	u64 value = 0;

	host_user_read(addr, &value, sizeof(value));
	return value;
}

TEST(migrate_mmu, the_new_frame_is_seen_after_the_flush)
{
	struct mm_struct *mm = mm_begin();
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	a = space_map(mm, 1);
	EXPECT_EQ(mm_write(mm, a, 5), 0);
	use_mm(mm);
	EXPECT_EQ(read_word(a), 5);
	EXPECT_EQ(migrate_at(mm, a, MIGRATE_ASYNC), 0);
	EXPECT_EQ(host_tlb_check(), 0);
	EXPECT_EQ(read_word(a), 5);
	use_mm(NULL);
	mm_end(t, mm);
}

/*
 * The page moves away under the program, which then looks again: by the old
 * frame's translation, if its CPU has not forgotten it.
 */
static void look_after_move(struct mm_struct *mm, vaddr_t addr)
{
	read_word(addr);
	migrate_at(mm, addr, MIGRATE_ASYNC);
	read_word(addr);
}

/* A CPU that has another thread in between forgets by itself: several tries. */
TEST(migrate_mmu, a_migration_without_its_flush_is_found)
{
	struct mm_struct *mm = mm_begin();
	u32 found = 0;
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	a = space_map(mm, 1);
	EXPECT_EQ(mm_write(mm, a, 5), 0);
	use_mm(mm);
	look_after_move(mm, a);
	EXPECT_EQ(tlb_param_skip("migrate"), 0);
	for (u32 i = 0; i < 50 && !found; i++) {
		flush_tlb_mm(mm, TLB_UNMAP);
		expect_bug(BUG_STALE_TLB);
		look_after_move(mm, a);
		found = bug_seen(BUG_STALE_TLB);
	}
	tlb_skip_mask = 0;
	EXPECT_GT(found, 0);
	EXPECT_EQ(tlb_last_skipped(), TLB_MIGRATE);
	flush_tlb_mm(mm, TLB_UNMAP);
	EXPECT_EQ(read_word(a), 5);
	use_mm(NULL);
	mm_end(t, mm);
}
