/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/hugetlb_fixture.h - the machine's pool, of a size that a test
 * wants, and as it was afterwards
 *
 *	NEEDS_PAGES(3);		the pool has 3; small machines skip
 *	...
 *	pool_end(t);		empty again, checks clean, all frames there
 */
#pragma once

#include <kernel/main.h>
#include <kernel/test.h>
#include <mm/hugetlb.h>
#include <mm/mm_state.h>

/* It is empty then. */
void pool_begin(void);
void pool_end(struct test *t);
/* The same, but for the frames: with more CPUs, caches keep more of them. */
void pool_drop(struct test *t);

static inline void pool_resize(u64 nr)
{
	hugetlb_resize(kernel_mm(), NUMA_NO_NODE, nr);
}

static inline struct hugetlb_counts pool_counts(void)
{
	return hugetlb_count(kernel_mm(), NUMA_NO_NODE);
}

/* Pages; of these free, surplus, reserved. */
#define EXPECT_POOL(nr_, free_, surplus_, reserved_)                 \
	do {                                                         \
		struct hugetlb_counts _c = pool_counts();            \
                                                                     \
		EXPECT_EQ(_c.nr, nr_);                               \
		EXPECT_EQ(_c.free, free_);                           \
		EXPECT_EQ(_c.surplus, surplus_);                     \
		EXPECT_EQ(kernel_mm()->hugetlb.reserved, reserved_); \
		EXPECT_EQ(hugetlb_check(kernel_mm()), 0);            \
	} while (0)

#define NEEDS_PAGES(n)                                             \
	do {                                                       \
		pool_begin();                                      \
		pool_resize(n);                                    \
		if (pool_counts().nr < (n)) {                      \
			pool_end(t);                               \
			SKIP("too little memory in whole blocks"); \
		}                                                  \
	} while (0)
