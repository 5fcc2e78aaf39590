// SPDX-License-Identifier: MIT
#include <kernel/point.h>
#include <kernel/test.h>

static bool passes(u64 a, u64 b)
{
	return POINT_FAILS(test_point, a, b);
}

static void note(void *ctx, const u64 *values, u32 nr)
{
	u64 *sum = ctx;

	for (u32 i = 0; i < nr; i++)
		*sum += values[i];
}

TEST(point, off_does_nothing)
{
	EXPECT_FALSE(passes(1, 2));
	EXPECT_EQ(point_find("test_point")->hits, 0);
}

TEST(point, fails_the_nth_time_only)
{
	point_fail_nth("test_point", 3);
	EXPECT_FALSE(passes(1, 2));
	EXPECT_FALSE(passes(1, 2));
	EXPECT_TRUE(passes(1, 2));
	EXPECT_FALSE(passes(1, 2));
	EXPECT_EQ(point_find("test_point")->hits, 4);
	point_disable("test_*");
}

TEST(point, calls_back_with_fields)
{
	u64 sum = 0;

	point_callback("test_point", note, &sum);
	passes(40, 2);
	point_disable("test_point");
	passes(40, 2);
	EXPECT_EQ(sum, 42);
	EXPECT_STREQ(point_find("test_point")->fields, "a, b");
}
