// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_fault.c - faults, fork, copy on write, and their counts
 *
 *	parent ─RO─► page ◄─RO─ child		after fork: mapcount 2
 *	parent writes: copies			the child's is then alone
 *	child writes: reuses			no new page
 */
#include <kernel/errno.h>
#include <kernel/main.h>
#include <kernel/point.h>
#include <kernel/thread.h>
#include <mm/lru.h>
#include <mm/mm_state.h>
#include <mm/node_stat.h>
#include <mm/page_ref.h>
#include <mm/rmap.h>
#include <mm/tlb.h>
#include <uapi/signal.h>
#include <arch/mmu.h>

#include "mm_fixture.h"
#include "space_fixture.h"

TEST(fault, reading_shows_the_zero_page_writing_gives_one)
{
	struct mm_struct *mm = mm_alloc();
	vaddr_t a;
	u64 *word;

	ASSERT_TRUE(mm != NULL);
	a = space_map(mm, 2);
	word = space_touch(mm, a, false);
	ASSERT_TRUE(word != NULL);
	EXPECT_EQ(*word, 0);
	EXPECT_TRUE((void *)word == page_address(zero_page));
	EXPECT_TRUE(space_page(mm, a) == NULL);
	EXPECT_EQ(mm->rss[MM_ANONPAGES], 0);
	word = space_touch(mm, a, true);
	ASSERT_TRUE(word != NULL);
	*word = 7;
	EXPECT_EQ(mm->rss[MM_ANONPAGES], 1);
	EXPECT_EQ(page_mapcount(space_page(mm, a)), 1);
	EXPECT_EQ(*(u64 *)page_address(zero_page), 0);
	EXPECT_EQ(rmap_check(space_page(mm, a)), 0);
	EXPECT_EQ(page_table_check(mm), 0);
	mmput(mm);
}

TEST(fault, errors_say_why)
{
	struct mm_struct *mm = mm_alloc();
	struct fault_error error;
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	a = (vaddr_t)do_mmap(mm, NULL, 0, PAGE_SIZE, PROT_READ,
			     MAP_PRIVATE | MAP_ANONYMOUS, 0);
	EXPECT_EQ(do_user_fault(mm, a, FAULT_FLAG_WRITE, &error), -EFAULT);
	EXPECT_EQ(error.signo, SIGSEGV);
	EXPECT_EQ(error.code, SEGV_ACCERR);
	EXPECT_EQ(do_user_fault(mm, a, FAULT_FLAG_EXEC, &error), -EFAULT);
	EXPECT_EQ(error.code, SEGV_ACCERR);
	EXPECT_EQ(do_user_fault(mm, a + PAGE_SIZE, 0, &error), -EFAULT);
	EXPECT_EQ(error.code, SEGV_MAPERR);
	EXPECT_EQ(do_user_fault(mm, TASK_SIZE, 0, &error), -EFAULT);
	EXPECT_EQ(error.code, SEGV_MAPERR);
	mmput(mm);
}

TEST(fault, fork_shares_until_somebody_writes)
{
	struct mm_struct *mm = mm_alloc(), *child;
	struct page *page;
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	a = space_map(mm, 3);
	*(u64 *)space_touch(mm, a, true) = 1;
	page = space_page(mm, a);
	child = dup_mm(mm);
	ASSERT_TRUE(child != NULL);
	EXPECT_TRUE(space_page(child, a) == page);
	EXPECT_EQ(page_mapcount(page), 2);
	EXPECT_EQ(rmap_check(page), 0);
	EXPECT_EQ(page_table_check_all(), 0);

	*(u64 *)space_touch(mm, a, true) = 2;
	EXPECT_TRUE(space_page(mm, a) != page);
	EXPECT_EQ(page_mapcount(page), 1);
	EXPECT_EQ(*(u64 *)space_touch(child, a, false), 1);
	*(u64 *)space_touch(child, a, true) = 3;
	EXPECT_TRUE(space_page(child, a) == page);
	EXPECT_EQ(*(u64 *)space_touch(mm, a, false), 2);
	EXPECT_EQ(rmap_check(page), 0);
	EXPECT_EQ(page_table_check_all(), 0);
	mmput(child);
	mmput(mm);
}

TEST(fault, fork_copies_a_pinned_page_at_once)
{
	struct mm_struct *mm = mm_alloc(), *child;
	struct page *page;
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	a = space_map(mm, 1);
	*(u64 *)space_touch(mm, a, true) = 5;
	down_read(&mm->mmap_lock);
	EXPECT_EQ(get_user_pages(mm, a, 1, FOLL_WRITE | FOLL_PIN, &page), 1);
	up_read(&mm->mmap_lock);
	child = dup_mm(mm);
	ASSERT_TRUE(child != NULL);
	EXPECT_TRUE(space_page(mm, a) == page);
	EXPECT_TRUE(space_page(child, a) != page);
	EXPECT_EQ(*(u64 *)space_touch(child, a, false), 5);
	*(u64 *)space_touch(mm, a, true) = 6; /* no copy: the pin sees it */
	EXPECT_EQ(*(u64 *)page_address(page), 6);
	unpin_page(page);
	EXPECT_EQ(page_table_check_all(), 0);
	mmput(child);
	mmput(mm);
}

/* --- entries that another has cleared, but not flushed yet --- */

static vaddr_t touched_page(struct mm_struct *mm)
{
	vaddr_t a = space_map(mm, 1);

	*(u64 *)space_touch(mm, a, true) = 9;
	use_mm(mm);
	return a;
}

TEST(fault, who_finds_an_entry_gone_returns_after_its_flush)
{
	struct mm_struct *mm = mm_alloc();
	struct mmu_gather other;
	u64 value = 0;
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	a = touched_page(mm);
	EXPECT_TRUE(arch_user_peek(a, &value));
	EXPECT_EQ(value, 9);
	tlb_gather_mmu(&other, mm, TLB_UNMAP);
	unmap_page_range(&other, vma_lookup(mm, a), a, a + PAGE_SIZE);
	EXPECT_EQ(do_madvise(mm, a, PAGE_SIZE, MADV_DONTNEED), 0);
	EXPECT_FALSE(arch_user_peek(a, &value));
	tlb_finish_mmu(&other);
	use_mm(NULL);
	mmput(mm);
}

TEST(fault, protection_holds_for_entries_that_another_clears)
{
	struct mm_struct *mm = mm_alloc();
	struct mmu_gather other;
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	a = touched_page(mm);
	EXPECT_TRUE(arch_user_poke(a, 10));
	tlb_gather_mmu(&other, mm, TLB_UNMAP);
	unmap_page_range(&other, vma_lookup(mm, a), a, a + PAGE_SIZE);
	EXPECT_EQ(do_mprotect(mm, a, PAGE_SIZE, PROT_READ), 0);
	EXPECT_FALSE(arch_user_poke(a, 11));
	tlb_finish_mmu(&other);
	use_mm(NULL);
	mmput(mm);
}

/* No entry of such an area is present, the copy's neither. */
TEST(fault, fork_copies_a_pinned_page_that_nobody_may_touch)
{
	struct mm_struct *mm = mm_alloc(), *child;
	struct page *page;
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	a = space_map(mm, 1);
	*(u64 *)space_touch(mm, a, true) = 6;
	page = space_page(mm, a);
	pin_page(page);
	EXPECT_EQ(do_mprotect(mm, a, PAGE_SIZE, PROT_NONE), 0);
	child = dup_mm(mm);
	ASSERT_TRUE(child != NULL);
	EXPECT_TRUE(space_page(child, a) != NULL);
	EXPECT_TRUE(space_page(child, a) != page);
	EXPECT_EQ(page_table_check_all(), 0);
	EXPECT_TRUE(space_touch(child, a, false) == NULL);
	EXPECT_EQ(do_mprotect(child, a, PAGE_SIZE, PROT_READ | PROT_WRITE), 0);
	ASSERT_TRUE(space_touch(child, a, true) != NULL);
	EXPECT_EQ(*(u64 *)space_touch(child, a, true), 6);
	mmput(child);
	unpin_page(page);
	mmput(mm);
	EXPECT_EQ(page_table_check_all(), 0);
}

TEST(fault, protection_is_followed)
{
	struct mm_struct *mm = mm_alloc();
	struct page *page;
	vaddr_t a;

	ASSERT_TRUE(mm != NULL);
	a = space_map(mm, 1);
	*(u64 *)space_touch(mm, a, true) = 8;
	page = space_page(mm, a);
	EXPECT_EQ(do_mprotect(mm, a, PAGE_SIZE, PROT_READ), 0);
	EXPECT_TRUE(space_touch(mm, a, true) == NULL);
	EXPECT_EQ(do_mprotect(mm, a, PAGE_SIZE, PROT_NONE), 0);
	EXPECT_TRUE(space_touch(mm, a, false) == NULL);
	EXPECT_TRUE(space_page(mm, a) == page);
	EXPECT_EQ(rmap_check(page), 0);
	EXPECT_EQ(page_table_check(mm), 0);
	EXPECT_EQ(do_mprotect(mm, a, PAGE_SIZE, PROT_READ | PROT_WRITE), 0);
	EXPECT_EQ(*(u64 *)space_touch(mm, a, true), 8);
	EXPECT_TRUE(space_page(mm, a) == page);
	mmput(mm);
}

/* --- random: a family of spaces against a model of words --- */

#define NR_SPACES 5
#define NR_WORDS  40 /* one a page */

static struct mm_struct *spaces[NR_SPACES];
static u64 model[NR_SPACES][NR_WORDS];
static bool mapped[NR_SPACES][NR_WORDS];
#define BASE 0x10000000UL

static vaddr_t address(u32 word)
{
	return BASE + word * PAGE_SIZE;
}

static void space_drop(u32 s)
{
	if (spaces[s])
		mmput(spaces[s]);
	spaces[s] = NULL;
}

static void space_fork(struct test *t, u32 from, u32 to)
{
	space_drop(to);
	spaces[to] = dup_mm(spaces[from]);
	ASSERT_TRUE(spaces[to] != NULL);
	memcpy(model[to], model[from], sizeof(model[0]));
	memcpy(mapped[to], mapped[from], sizeof(mapped[0]));
}

static void space_remap(struct test *t, u32 s, u32 word, u32 nr)
{
	s64 at = do_mmap(spaces[s], NULL, address(word), nr * PAGE_SIZE,
			 PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, 0);

	EXPECT_EQ(at, address(word));
	for (u32 i = word; i < word + nr; i++) {
		mapped[s][i] = true;
		model[s][i] = 0;
	}
}

static void space_unmap(struct test *t, u32 s, u32 word, u32 nr)
{
	EXPECT_EQ(do_munmap(spaces[s], address(word), nr * PAGE_SIZE), 0);
	for (u32 i = word; i < word + nr; i++)
		mapped[s][i] = false;
}

static void space_write(struct test *t, u32 s, u32 word, u64 value)
{
	u64 *at = space_touch(spaces[s], address(word), true);

	EXPECT_EQ(at != NULL, mapped[s][word]);
	if (at) {
		*at = value;
		model[s][word] = value;
	}
}

static void space_compare(struct test *t, u32 s)
{
	for (u32 i = 0; i < NR_WORDS; i++) {
		u64 *at = space_touch(spaces[s], address(i), false);
		struct page *page = space_page(spaces[s], address(i));

		EXPECT_EQ(at != NULL, mapped[s][i]);
		if (at)
			EXPECT_EQ(*at, model[s][i]);
		if (page)
			EXPECT_EQ(rmap_check(page), 0);
	}
	EXPECT_EQ(mm_check(spaces[s]), 0);
}

TEST(fault, a_family_keeps_its_words)
{
	u64 seed = 3, anon = global_node_page_state(NR_ANON_MAPPED);

	memset(mapped, 0, sizeof(mapped));
	spaces[0] = mm_alloc();
	ASSERT_TRUE(spaces[0] != NULL);
	for (u32 step = 0; step < 600 * test_scale(); step++) {
		u32 s = fixture_random(&seed) % NR_SPACES;
		u32 word = fixture_random(&seed) % NR_WORDS;
		u32 nr = 1 + fixture_random(&seed) % (NR_WORDS - word);

		if (!spaces[s]) {
			for (s = 0; !spaces[s]; s++)
				;
		}
		switch (fixture_random(&seed) % 16) {
		case 0:
			space_fork(t, s, (s + 1) % NR_SPACES);
			break;
		case 1:
			space_remap(t, s, word, min(nr, 9u));
			break;
		case 2:
			space_unmap(t, s, word, min(nr, 4u));
			break;
		case 3:
			space_compare(t, s);
			break;
		default:
			space_write(t, s, word, step + 1);
			break;
		}
		if (step % 100 == 0)
			ASSERT_EQ(page_table_check_all(), 0);
	}
	for (u32 s = 0; s < NR_SPACES; s++)
		space_drop(s);
	EXPECT_EQ(global_node_page_state(NR_ANON_MAPPED), anon);
	lru_add_drain_all();
	EXPECT_EQ(lru_check(kernel_mm()), 0);
}
