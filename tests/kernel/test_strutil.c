// SPDX-License-Identifier: MIT
#include <kernel/errno.h>
#include <kernel/test.h>

TEST(strutil, strscpy_cuts)
{
	char buf[4];

	EXPECT_TRUE(strscpy(buf, "abc", sizeof(buf)));
	EXPECT_FALSE(strscpy(buf, "abcd", sizeof(buf)));
	EXPECT_STREQ(buf, "abc");
	EXPECT_FALSE(strscpy(buf, "", 0));
}

TEST(strutil, glob)
{
	EXPECT_TRUE(glob_match("*", ""));
	EXPECT_TRUE(glob_match("e820.*", "e820.sorts"));
	EXPECT_TRUE(glob_match("*.so?ts", "e820.sorts"));
	EXPECT_TRUE(glob_match("*a*b", "aab"));
	EXPECT_FALSE(glob_match("e820", "e820.sorts"));
	EXPECT_FALSE(glob_match("?", ""));
}

TEST(strutil, kstrtou64)
{
	u64 v = 7;

	EXPECT_EQ(kstrtou64("0x1f", 0, &v), 0);
	EXPECT_EQ(v, 0x1f);
	EXPECT_EQ(kstrtou64("18446744073709551615", 0, &v), 0);
	EXPECT_EQ(v, UINT64_MAX);
	EXPECT_EQ(kstrtou64("18446744073709551616", 0, &v), -ERANGE);
	EXPECT_EQ(kstrtou64("", 0, &v), -EINVAL);
	EXPECT_EQ(kstrtou64("12x", 0, &v), -EINVAL);
	EXPECT_EQ(kstrtou64("ff", 16, &v), 0);
	EXPECT_EQ(v, 255);
}

TEST(strutil, memparse_suffixes)
{
	const char *end;
	bool overflow;

	EXPECT_EQ(memparse("3G@", &end, &overflow), 3 * GiB);
	EXPECT_EQ(*end, '@');
	EXPECT_EQ(memparse("0x10k", &end, &overflow), 16 * KiB);
	EXPECT_EQ(memparse("12", &end, &overflow), 12);
	EXPECT_EQ(memparse("1e", &end, &overflow), 1UL << 60);
	EXPECT_FALSE(overflow);
	EXPECT_EQ(memparse("16E", &end, &overflow), UINT64_MAX);
	EXPECT_TRUE(overflow);
	EXPECT_EQ(memparse("18446744073709551616", &end, &overflow),
		  UINT64_MAX);
	EXPECT_TRUE(overflow);
	EXPECT_EQ(memparse("G", &end, &overflow), 0);
	EXPECT_EQ(*end, 'G');
}
