// SPDX-License-Identifier: MIT
#include <kernel/errno.h>
#include <kernel/params.h>
#include <kernel/test.h>

static char seen[64];

static int param_test(const char *value)
{
	if (!strcmp(value, "bad"))
		return -EINVAL;
	strscpy(seen, value, sizeof(seen));
	return 0;
}

BOOT_PARAM("test_param", param_test, "for tests only");

TEST(params, words_and_quotes)
{
	char name[16], value[16];
	const char *pos = "  a=1 b \"c d\"=2 e=\"f g\"\tlast=";

	EXPECT_TRUE(params_next(&pos, name, 16, value, 16));
	EXPECT_STREQ(name, "a");
	EXPECT_STREQ(value, "1");
	EXPECT_TRUE(params_next(&pos, name, 16, value, 16));
	EXPECT_STREQ(name, "b");
	EXPECT_STREQ(value, "");
	EXPECT_TRUE(params_next(&pos, name, 16, value, 16));
	EXPECT_STREQ(name, "c d");
	EXPECT_TRUE(params_next(&pos, name, 16, value, 16));
	EXPECT_STREQ(value, "f g");
	EXPECT_TRUE(params_next(&pos, name, 16, value, 16));
	EXPECT_STREQ(name, "last");
	EXPECT_FALSE(params_next(&pos, name, 16, value, 16));
}

TEST(params, last_of_repeated_wins)
{
	EXPECT_EQ(params_parse("test_param=1 test-param=2"), 0);
	EXPECT_STREQ(seen, "2");
}

TEST(params, unknown_and_malformed_are_not_fatal)
{
	seen[0] = '\0';
	EXPECT_EQ(params_parse("no_such_word test_param=bad \x01\xff=\x02"), 2);
	EXPECT_STREQ(seen, "");
	EXPECT_EQ(params_parse(""), 0);
	EXPECT_EQ(params_parse("="), 1);
}

TEST(params, long_words_are_cut)
{
	char name[4], value[4];
	const char *pos = "abcdefgh=ijklmnop x";

	EXPECT_TRUE(params_next(&pos, name, 4, value, 4));
	EXPECT_STREQ(name, "abc");
	EXPECT_STREQ(value, "ijk");
	EXPECT_TRUE(params_next(&pos, name, 4, value, 4));
	EXPECT_STREQ(name, "x");
}
