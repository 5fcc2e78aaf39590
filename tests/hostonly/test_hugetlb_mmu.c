// SPDX-License-Identifier: MIT
/*
 * tests/hostonly/test_hugetlb_mmu.c - which flushes do huge pages need?
 *
 * Each change of an entry is done with its flush dropped: then the simulated
 * TLB must say something else than the tables, or name a page that went back to
 * the pool. With the flush it doesn't. A second page keeps the tables where they
 * are: freeing those would flush, too.
 */
#include <arch/host.h>
#include <kernel/thread.h>
#include <mm/misuse.h>
#include <mm/tlb.h>
#include <uapi/mman.h>

#include "../kernel/hugetlb_fixture.h"
#include "../kernel/vma_fixture.h"

#define HUGE  PMD_SIZE
#define FIXED 0x50000000UL

static void unmap(struct mm_struct *mm, vaddr_t a)
{
	do_munmap(mm, a, HUGE);
}

static void forget(struct mm_struct *mm, vaddr_t a)
{
	do_madvise(mm, a, HUGE, MADV_DONTNEED);
}

static void protect(struct mm_struct *mm, vaddr_t a)
{
	do_mprotect(mm, a, HUGE, PROT_READ);
}

static void move(struct mm_struct *mm, vaddr_t a)
{
	do_mremap(mm, a, HUGE, HUGE, MREMAP_MAYMOVE | MREMAP_FIXED, FIXED);
}

static void share(struct mm_struct *mm, vaddr_t a __unused)
{
	struct mm_struct *child = dup_mm(mm);

	if (child)
		mmput(child);
}

/* The child's reference makes the parent copy. */
static void copy(struct mm_struct *mm, vaddr_t a)
{
	struct mm_struct *child = dup_mm(mm);
	u64 value;

	host_user_read(a + 5 * PAGE_SIZE, &value, sizeof(value));
	mm_write(mm, a, 2);
	if (child)
		mmput(child);
}

static struct mm_struct *child_in_use;

/* The pool is empty: the child, which reads, loses the page to the owner. */
static void take_back(struct mm_struct *mm, vaddr_t a)
{
	u64 value;

	child_in_use = dup_mm(mm);
	if (!child_in_use)
		return;
	use_mm(NULL);
	use_mm(child_in_use);
	host_user_read(a + 5 * PAGE_SIZE, &value, sizeof(value));
	pool_resize(0);
	mm_write(mm, a, 2);
	pool_resize(3);
}

static void end_child(void)
{
	if (!child_in_use)
		return;
	flush_tlb_mm(child_in_use, TLB_UNMAP);
	use_mm(NULL);
	mmput(child_in_use);
	child_in_use = NULL;
}

static const struct {
	const char *reason;
	void (*change)(struct mm_struct *mm, vaddr_t a);
} flushes[] = {
	{ "unmap", unmap },	{ "unmap", forget }, { "protect", protect },
	{ "mremap", move },	{ "fork", share },   { "cow", copy },
	{ "unmap", take_back },
};

/* What was found wrong after the change. */
static int findings_of(u32 i, bool skip)
{
	struct mm_struct *mm = mm_alloc();
	u64 word = 7;
	vaddr_t a =
		(vaddr_t)do_mmap(mm, NULL, 0, 2 * HUGE, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, 0);
	int findings;

	use_mm(mm);
	mm_write(mm, a, 1);
	host_user_write(a + 5 * PAGE_SIZE, &word, sizeof(word));
	expect_bug(BUG_STALE_TLB);
	if (skip)
		tlb_param_skip(flushes[i].reason);
	flushes[i].change(mm, a);
	tlb_skip_mask = 0;
	findings = host_tlb_check();
	findings += (int)bug_seen(BUG_STALE_TLB);
	flush_tlb_mm(mm, TLB_UNMAP);
	end_child();
	use_mm(NULL);
	mmput(mm);
	return findings;
}

TEST(hugetlb_mmu, each_flush_is_needed)
{
	NEEDS_PAGES(3);
	for (u32 i = 0; i < ARRAY_SIZE(flushes); i++) {
		int with = findings_of(i, false), without = findings_of(i, true);

		if (with || !without)
			test_fail(t, __FILE__, __LINE__,
				  "%s (%u): %d findings with its flush, %d without",
				  flushes[i].reason, i, with, without);
	}
	pool_end(t);
}
