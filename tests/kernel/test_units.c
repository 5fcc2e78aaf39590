// SPDX-License-Identifier: MIT
#include <kernel/test.h>
#include <kernel/units.h>

TEST(units, sizes)
{
	char buf[SIZE_TEXT_MAX];

	EXPECT_STREQ(format_size(0, buf), "0 B");
	EXPECT_STREQ(format_size(1023, buf), "1023 B");
	EXPECT_STREQ(format_size(4 * KiB, buf), "4 KiB");
	EXPECT_STREQ(format_size(639 * KiB, buf), "639 KiB");
	EXPECT_STREQ(format_size(1536 * MiB, buf), "1.5 GiB");
	EXPECT_STREQ(format_size(2 * GiB - 1, buf), "1.9 GiB");
	EXPECT_STREQ(format_size(16 * TiB, buf), "16 TiB");
	EXPECT_STREQ(format_size(UINT64_MAX, buf), "15.9 EiB");
	EXPECT_STREQ(format_size(1025, buf), "1.0 KiB");
}
