// SPDX-License-Identifier: MIT
#include <kernel/test.h>
#include <kernel/workload.h>

static char got[32];

static int run_probe(const char *args)
{
	strscpy(got, args, sizeof(got));
	return 7;
}

WORKLOAD(test_probe, run_probe, "for tests only");

TEST(workload, name_and_arguments)
{
	EXPECT_EQ(workload_run("test_probe,a=1,b=2"), 7);
	EXPECT_STREQ(got, "a=1,b=2");
	EXPECT_EQ(workload_run("test_probe"), 7);
	EXPECT_STREQ(got, "");
	EXPECT_EQ(workload_run("no_such_workload"), -1);
	EXPECT_EQ(workload_run(""), -1);
}

TEST(workload, values_by_key)
{
	char value[4];

	EXPECT_TRUE(workload_arg("x=1,order=9", "order", value, sizeof(value)));
	EXPECT_STREQ(value, "9");
	EXPECT_TRUE(workload_arg("a=123456,b=2", "a", value, sizeof(value)));
	EXPECT_STREQ(value, "123");
	EXPECT_TRUE(workload_arg("a=,b=2", "a", value, sizeof(value)));
	EXPECT_STREQ(value, "");
	EXPECT_FALSE(workload_arg("order", "order", value, sizeof(value)));
	EXPECT_FALSE(workload_arg("reorder=1", "order", value, sizeof(value)));
	EXPECT_FALSE(workload_arg("", "a", value, sizeof(value)));
}

TEST(workload, numbers_and_shares)
{
	u64 value = 5;

	EXPECT_TRUE(workload_number("x", "a=1", "b", 0, 9, &value));
	EXPECT_EQ(value, 5);
	EXPECT_TRUE(workload_number("x", "b=9", "b", 0, 9, &value));
	EXPECT_EQ(value, 9);
	EXPECT_FALSE(workload_number("x", "b=10", "b", 0, 9, &value));
	EXPECT_FALSE(workload_number("x", "b=y", "b", 0, 9, &value));
	EXPECT_EQ(value, 9);
	EXPECT_TRUE(workload_percent("x", "s=12.5", "s", &value));
	EXPECT_EQ(value, 12500);
	EXPECT_TRUE(workload_percent("x", "s=0.003", "s", &value));
	EXPECT_EQ(value, 3);
	EXPECT_TRUE(workload_percent("x", "s=100", "s", &value));
	EXPECT_EQ(value, 100000);
	EXPECT_FALSE(workload_percent("x", "s=100.1", "s", &value));
	EXPECT_FALSE(workload_percent("x", "s=0.0001", "s", &value));
	EXPECT_FALSE(workload_percent("x", "s=.", "s", &value));
	EXPECT_EQ(value, 100000);
}
