// SPDX-License-Identifier: MIT
#include <kernel/test.h>

static char buf[64];

#define EXPECT_FMT(text, ...)                                                  \
	do {                                                                   \
		int _len = snprintf(buf, sizeof(buf), __VA_ARGS__);            \
		EXPECT_STREQ(buf, text);                                       \
		EXPECT_EQ(_len, (int)strlen(text));                            \
	} while (0)

TEST(vsprintf, integers)
{
	EXPECT_FMT("0 -1 42", "%d %d %d", 0, -1, 42);
	EXPECT_FMT("-9223372036854775808", "%ld", INT64_MIN);
	EXPECT_FMT("18446744073709551615", "%lu", UINT64_MAX);
	EXPECT_FMT("4294967295", "%u", UINT32_MAX);
	EXPECT_FMT("ff FF 0xff 017", "%x %X %#x %#o", 255, 255, 255, 15);
	EXPECT_FMT("255 -1", "%hhu %hhd", (u8)255, (s8)-1);
}

TEST(vsprintf, width_precision_flags)
{
	EXPECT_FMT("   42|42   |00042", "%5d|%-5d|%05d", 42, 42, 42);
	EXPECT_FMT("0x00ff|  0xff", "%#06x|%#6x", 255, 255);
	EXPECT_FMT("+5  5 007", "%+d % d %.3d", 5, 5, 7);
	EXPECT_FMT("[  abc][abc  ][ab]", "[%5s][%-5s][%.2s]", "abc", "abc",
		   "abc");
	EXPECT_FMT("   7|7   |", "%*d|%-*d|", 4, 7, 4, 7);
	EXPECT_FMT("0x0000000000000000", "0x%016lx", 0UL);
	EXPECT_FMT("", "%.0d", 0);
}

TEST(vsprintf, text_and_percent)
{
	const char *volatile nothing = NULL;

	EXPECT_FMT("a(null)%", "%c%s%%", 'a', nothing);
}

/* The length is that of the whole text; the buffer is cut and NUL-ended. */
TEST(vsprintf, truncates_and_counts)
{
	char small[4];

	EXPECT_EQ(snprintf(small, sizeof(small), "%s", "abcdef"), 6);
	EXPECT_STREQ(small, "abc");
	EXPECT_EQ(snprintf(NULL, 0, "%d", 12345), 5);
}
