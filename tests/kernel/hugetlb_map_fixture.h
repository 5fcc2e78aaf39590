/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/hugetlb_map_fixture.h - an address space with huge pages
 *
 *	MAPPING_BEGIN(2, 1, PRIVATE);	a pool of 2, an area of 1 at a in mm
 *	CHILD_OF(mm, child);
 *	...
 *	mmput(child);
 *	end(t, mm);			checks clean, the pool empty
 */
#pragma once

#include <mm/fault.h>
#include <mm/pgtable.h>
#include <uapi/mman.h>
#include <uapi/signal.h>

#include "hugetlb_fixture.h"
#include "space_fixture.h"
#include "vma_fixture.h"

#define HUGE	PMD_SIZE
#define BASE	0x40000000UL
#define RW	(PROT_READ | PROT_WRITE)
#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB)
#define SHARED	(MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB)

static inline s64 map_huge(struct mm_struct *mm, u64 nr, u64 flags)
{
	return do_mmap(mm, NULL, 0, nr * HUGE, RW, flags, 0);
}

static inline int checks(struct mm_struct *mm)
{
	return mm_check(mm) + page_table_check(mm) + page_table_check_all() +
	       hugetlb_check(kernel_mm());
}

static inline u64 word_at(struct mm_struct *mm, vaddr_t addr)
{
	u64 value = ~0UL;

	mm_read(mm, addr, &value);
	return value;
}

/* Which signal a write gets; 0: none. */
static inline int write_signal(struct mm_struct *mm, vaddr_t addr)
{
	struct fault_error error = { 0, 0, NULL };

	do_user_fault(mm, addr, FAULT_FLAG_USER | FAULT_FLAG_WRITE, &error);
	return error.signo;
}

/* A pool of `pool` pages, and an mm with an area of nr of them at a. */
#define MAPPING_BEGIN(pool, nr, flags)        \
	struct mm_struct *mm;                 \
	vaddr_t a;                            \
	NEEDS_PAGES(pool);                    \
	mm = mm_alloc();                      \
	ASSERT_TRUE(mm != NULL);              \
	a = (vaddr_t)map_huge(mm, nr, flags); \
	ASSERT_TRUE((s64)a > 0 && IS_ALIGNED(a, HUGE))

static inline void end(struct test *t, struct mm_struct *mm)
{
	EXPECT_EQ(checks(mm), 0);
	mmput(mm);
	pool_end(t);
}

#define CHILD_OF(parent, child)                   \
	struct mm_struct *child = dup_mm(parent); \
	ASSERT_TRUE(child != NULL)
