// SPDX-License-Identifier: MIT
/*
 * tests/hostonly/test_migrate_mmu.c - a migration without its flush
 *
 * The simulated MMU remembers what a CPU was never told to forget. A program
 * that runs here has its page in the TLB; the page moves; without the flush
 * the old frame is freed while the CPU still leads there.
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

/* How often it is found; a CPU that has another thread in between forgets. */
static u32 move_without_flush(struct mm_struct *mm, vaddr_t addr)
{
	u32 seen;

	expect_bug(BUG_STALE_TLB);
	read_word(addr);
	migrate_at(mm, addr, MIGRATE_ASYNC);
	seen = bug_seen(BUG_STALE_TLB);
	flush_tlb_mm(mm, TLB_UNMAP);
	return seen;
}

TEST(migrate_mmu, a_migration_without_its_flush_is_found)
{
	struct mm_struct *mm = mm_begin();
	u32 seen = 0;
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	a = space_map(mm, 1);
	EXPECT_EQ(mm_write(mm, a, 5), 0);
	use_mm(mm);
	EXPECT_EQ(tlb_param_skip("migrate"), 0);
	for (u32 i = 0; i < 50 && !seen; i++)
		seen = move_without_flush(mm, a);
	tlb_skip_mask = 0;
	EXPECT_EQ(seen, 1);
	EXPECT_EQ(tlb_last_skipped(), TLB_MIGRATE);
	use_mm(NULL);
	mmput(mm);
}
