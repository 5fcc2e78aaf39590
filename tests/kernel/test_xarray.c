// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_xarray.c - the radix tree against an array of pairs
 *
 * Indices are few in each of several far regions, so that the tree grows and
 * shrinks by many levels.
 */
#include <kernel/errno.h>
#include <kernel/point.h>
#include <kernel/rcu.h>
#include <kernel/test.h>
#include <mm/slab.h>
#include <mm/xarray.h>

#include "mm_fixture.h"

#define NR_INDICES 160

static DEFINE_LOCK_CLASS(test_xa_class, "test_xarray", false);
static struct xarray xa;
static u64 index_of[NR_INDICES];
static void *entry_of[NR_INDICES];

/* 0 to 39, and forty each near 4096, 2^30, and the very end. */
static void make_indices(void)
{
	static const u64 base[] = { 0, 4090, 1UL << 30, ~0UL - 39 };

	for (u32 i = 0; i < NR_INDICES; i++)
		index_of[i] = base[i / 40] + i % 40;
	memset(entry_of, 0, sizeof(entry_of));
	xa_init(&xa, &test_xa_class);
}

static void compare(struct test *t)
{
	u64 index, nr = 0;
	void *entry;

	ASSERT_EQ(xa_check(&xa), 0);
	for (u32 i = 0; i < NR_INDICES; i++) {
		EXPECT_TRUE(xa_load(&xa, index_of[i]) == entry_of[i]);
		nr += entry_of[i] != NULL;
	}
	EXPECT_EQ(xa.nr, nr);
	xa_for_each(&xa, index, entry) {
		EXPECT_TRUE(entry == xa_load(&xa, index));
		nr--;
	}
	EXPECT_EQ(nr, 0);
}

TEST(xarray, holds_what_was_stored)
{
	u64 seed = 5;

	make_indices();
	for (u32 step = 0; step < 4000; step++) {
		u32 i = fixture_random(&seed) % NR_INDICES;
		void *entry = xa_mk_value(step);

		if (fixture_random(&seed) % 2) {
			EXPECT_EQ(xa_store(&xa, index_of[i], entry, GFP_KERNEL), 0);
			entry_of[i] = entry;
		} else {
			EXPECT_TRUE(xa_erase(&xa, index_of[i]) == entry_of[i]);
			entry_of[i] = NULL;
		}
		if (step % 100 == 0)
			compare(t);
	}
	for (u32 i = 0; i < NR_INDICES; i++)
		xa_erase(&xa, index_of[i]);
	EXPECT_TRUE(xa.head == NULL);
	rcu_barrier();
}

TEST(xarray, insert_leaves_what_is_there)
{
	make_indices();
	EXPECT_EQ(xa_insert(&xa, 77, xa_mk_value(1), GFP_KERNEL), 0);
	EXPECT_EQ(xa_insert(&xa, 77, xa_mk_value(2), GFP_KERNEL), -EEXIST);
	EXPECT_EQ(xa_to_value(xa_load(&xa, 77)), 1);
	spin_lock(&xa.lock);
	EXPECT_EQ(xa_to_value(__xa_replace(&xa, 77, xa_mk_value(3))), 1);
	spin_unlock(&xa.lock);
	EXPECT_EQ(xa_to_value(xa_load(&xa, 77)), 3);
	EXPECT_TRUE(xa_load(&xa, 76) == NULL);
	EXPECT_TRUE(xa_load(&xa, ~0UL) == NULL);
	xa_destroy(&xa);
	rcu_barrier();
}

TEST(xarray, a_failed_store_leaves_nothing)
{
	static const u64 indices[] = { 1UL << 40, 70, 1UL << 63 };

	make_indices();
	EXPECT_EQ(xa_store(&xa, 3, xa_mk_value(9), GFP_KERNEL), 0);
	for (u32 i = 0; i < ARRAY_SIZE(indices); i++) {
		u32 nth = 1;
		int err;

		do {
			point_fail_nth("xa_node_alloc", nth);
			err = xa_store(&xa, indices[i], xa_mk_value(i),
				       GFP_KERNEL);
			point_disable("xa_node_alloc");
			ASSERT_EQ(xa_check(&xa), 0);
			if (err)
				EXPECT_EQ(xa.nr, 1);
			nth++;
		} while (err && nth < 30);
		EXPECT_EQ(err, 0);
		EXPECT_GT(nth, 2);
		EXPECT_EQ(xa_to_value(xa_erase(&xa, indices[i])), i);
		EXPECT_EQ(xa_to_value(xa_load(&xa, 3)), 9);
	}
	xa_destroy(&xa);
	rcu_barrier();
}
