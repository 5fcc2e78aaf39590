// SPDX-License-Identifier: MIT
/*
 * tests/kernel/hugetlb_fixture.c - hugetlb_fixture.h
 */
#include <mm/pgtable.h>
#include <mm/xarray.h>
#include <uapi/mman.h>

#include "free_frames.h"
#include "hugetlb_fixture.h"
#include "vma_fixture.h"

static u64 frames, overcommit;

/* What caches keep after their first use is kept by now. */
static void warm_up(void)
{
	static DEFINE_LOCK_CLASS(class, "test pages", false);
	struct mm_struct *mm = mm_begin();
	struct xarray xa;

	if (mm) {
		pool_resize(1);
		do_mmap(mm, NULL, 0, PMD_SIZE, PROT_READ,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, 0);
		mmput(mm);
	}
	page_table_check_all();
	xa_init(&xa, &class);
	xa_store(&xa, 1, &xa, GFP_KERNEL);
	xa_destroy(&xa);
}

void pool_begin(void)
{
	warm_up();
	overcommit = kernel_mm()->hugetlb.overcommit;
	pool_resize(0);
	hugetlb_set_overcommit(kernel_mm(), 0);
	frames = free_frames_after_purge();
}

void pool_drop(struct test *t)
{
	pool_resize(0);
	hugetlb_set_overcommit(kernel_mm(), overcommit);
	EXPECT_POOL(0, 0, 0, 0);
}

void pool_end(struct test *t)
{
	pool_drop(t);
	EXPECT_EQ(free_frames_after_purge(), frames);
}
