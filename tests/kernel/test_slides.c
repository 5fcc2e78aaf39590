// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_slides.c - the talk's steps hold, and would be missed
 */
#include <kernel/slides.h>
#include <kernel/test.h>
#include <kernel/workload.h>

static void play(struct test *t, const char *policy)
{
	const struct slides_options options = { .policy = policy,
						.quiet = true };
	char failure[SLIDES_FAILURE_MAX];

	EXPECT_EQ(slides_play(&options, failure), 0);
	EXPECT_STREQ(failure, "");
}

TEST(slides, buddy_splits_and_coalesces)
{
	play(t, NULL);
}

TEST(slides, grouping_classic)
{
	play(t, "classic");
}

TEST(slides, grouping_linux)
{
	play(t, "linux");
}

TEST(slides, grouping_mixed)
{
	play(t, "mixed");
}

static void play_strategy(struct test *t, const char *strategy)
{
	const struct slides_options options = { .strategy = strategy,
						.quiet = true };
	char failure[SLIDES_FAILURE_MAX];

	EXPECT_EQ(slides_play(&options, failure), 0);
	EXPECT_STREQ(failure, "");
}

/* Each drawing is compared with the frames, and the outcomes with each other. */
TEST(slides, compaction_classic_and_guided)
{
	play_strategy(t, "classic");
}

TEST(slides, compaction_linux_and_guided)
{
	play_strategy(t, "linux");
}

/* Each policy fails the assertions of the others, or they assert nothing. */
TEST(slides, assertions_tell_policies_apart)
{
	static const char *const names[] = { "classic", "linux", "mixed" };
	char failure[SLIDES_FAILURE_MAX];

	for (u32 i = 0; i < 9; i++) {
		const struct slides_options options = {
			.policy = names[i / 3],
			.expected = names[i % 3],
			.quiet = true,
		};
		int failed = slides_play(&options, failure);

		EXPECT_EQ(failed != 0, i / 3 != i % 3);
		EXPECT_EQ(*failure != '\0', failed != 0);
	}
}

TEST(slides, bad_options_are_refused)
{
	EXPECT_NE(workload_run("slides,policy=none"), 0);
	EXPECT_NE(workload_run("slides,policy=evacuate"), 0);
	EXPECT_NE(workload_run("slides,pause=x"), 0);
	EXPECT_NE(workload_run("slides,strategy=guided"), 0);
	EXPECT_NE(workload_run("slides,strategy=none"), 0);
}
