// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_churn.c - refilling the fullest blocks reaches the bound
 *
 * A small zone of 16 blocks: half is free after the first step, so 8 blocks
 * could be freed by some 1,900 moves. Churn alone must get rid of these about
 * as fast as frames die.
 */
#include <kernel/churn.h>
#include <kernel/errno.h>
#include <kernel/test.h>
#include <kernel/workload.h>

#define NR_BLOCKS 16
#define ROUNDS	  100

static struct churn_sample sample[CHURN_ROUNDS_MAX + 1];

static struct churn_options options(bool fullest, bool mixed)
{
	return (struct churn_options){ .nr_blocks = NR_BLOCKS,
				       .rounds = ROUNDS,
				       .share = 10,
				       .mixed = mixed,
				       .fullest = fullest,
				       .seed = 1 };
}

/* False: no 32 MiB in one piece. Other errors fail the case. */
static bool run(struct test *t, const struct churn_options *o)
{
	int err = churn_run(o, sample);

	if (err != -ENOMEM)
		EXPECT_EQ(err, 0);
	else
		test_skip(t, "no 32 MiB in one piece");
	return !err;
}

TEST(churn, bound_shrinks_by_the_share)
{
	EXPECT_EQ(churn_bound(505778, 10, 0), 505778);
	EXPECT_EQ(churn_bound(505778, 10, 10), 176353);
	EXPECT_EQ(churn_bound(505778, 10, 30), 21440);
	EXPECT_EQ(churn_bound(505778, 10, 100), 13);
}

TEST(churn, fullest_reaches_the_bound)
{
	struct churn_options o = options(true, false);

	if (!run(t, &o))
		return;
	EXPECT_EQ(sample[0].used, NR_BLOCKS * 512 / 2);
	EXPECT_EQ(sample[0].order9, 0);
	EXPECT_GT(sample[0].moves, 1500);
	for (u32 r = 1; r <= ROUNDS; r++) {
		u64 bound = churn_bound(sample[0].moves, o.share, r);

		EXPECT_LE(sample[r].moves, bound + bound / 4 + 20);
		EXPECT_EQ(sample[r].used, sample[0].used);
	}
	EXPECT_GE(sample[ROUNDS].order9, NR_BLOCKS / 2 - 2);
}

/* By the size of chunks alone: how far off that is, is only shown. */
TEST(churn, buddy_is_reported)
{
	struct churn_options o = options(false, false);

	if (!run(t, &o))
		return;
	for (u32 r = 0; r <= ROUNDS; r += 20)
		test_note(t, "round %u: %lu moves (bound %lu), order 9: %lu", r,
			  sample[r].moves,
			  churn_bound(sample[0].moves, o.share, r),
			  sample[r].order9);
	EXPECT_EQ(sample[ROUNDS].used, sample[0].used);
}

TEST(churn, mixed_orders_keep_the_books)
{
	struct churn_options o = options(true, true);

	if (!run(t, &o))
		return;
	for (u32 r = 1; r <= ROUNDS; r++)
		EXPECT_GE(sample[r].refused, sample[r - 1].refused);
	EXPECT_GE(sample[ROUNDS].used, sample[0].used);
}

TEST(churn, bad_options_are_refused)
{
	EXPECT_NE(workload_run("churn,mb=1"), 0);
	EXPECT_NE(workload_run("churn,rounds=0"), 0);
	EXPECT_NE(workload_run("churn,share=x"), 0);
	EXPECT_NE(workload_run("churn,placement=left"), 0);
	EXPECT_NE(workload_run("churn,orders=1"), 0);
}
