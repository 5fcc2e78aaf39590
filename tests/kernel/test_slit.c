// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_slit.c - distances by domain become distances by node
 */
#include <kernel/errno.h>
#include <kernel/test.h>
#include <mm/numa.h>

#include "acpi_build.h"

static struct numa_info info;
static u8 buf[1 * KiB];
static struct acpi_build b;

static void begin(u64 n)
{
	build_begin(&b, buf, sizeof(buf), "SLIT", 1, 36);
	build_put(&b, &n, 8);
	numa_init_info(&info);
	acpi_map_pxm_to_node(&info, 2);
	acpi_map_pxm_to_node(&info, 0);
}

static const u8 good[9] = {
	10, 21, 31, /* from domain 0 to 0, 1, 2 */
	22, 10, 32, /* nobody has domain 1 */
	33, 23, 10,
};

static int parse(void)
{
	return acpi_parse_slit(build_end(&b), &info);
}

TEST(slit, rows_and_columns_are_domains)
{
	begin(3);
	build_put(&b, good, 9);
	ASSERT_EQ(parse(), 0);
	EXPECT_EQ(node_distance(&info, 0, 0), 10);
	EXPECT_EQ(node_distance(&info, 0, 1), 33); /* 2 to 0: not symmetric */
	EXPECT_EQ(node_distance(&info, 1, 0), 31);
	EXPECT_EQ(node_distance(&info, 1, 1), 10);
}

/* A node whose domain the matrix doesn't reach keeps 10 and 20. */
TEST(slit, fewer_localities_than_nodes)
{
	u8 one = 10;

	begin(1);
	build_put(&b, &one, 1);
	ASSERT_EQ(parse(), 0);
	EXPECT_EQ(node_distance(&info, 0, 1), 20);
	EXPECT_EQ(node_distance(&info, 0, 0), 10);
}

TEST(slit, size_must_match)
{
	static const u64 wrong[] = { 0, 1, 2, 4, 65536, 1UL << 32,
				     UINT64_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		begin(wrong[i]);
		build_put(&b, good, 9);
		EXPECT_EQ(parse(), -EINVAL);
		EXPECT_FALSE(info.has_distance);
	}
	for (size_t length = 36; length < 44; length++) {
		begin(3);
		b.used = length;
		EXPECT_EQ(parse(), -EINVAL);
	}
	/* n * n wraps to 9 - 44 + ...: no 64-bit product may fool the rule. */
	begin(1UL << 63);
	EXPECT_EQ(parse(), -EINVAL);
}

TEST(slit, values_that_cannot_be)
{
	static const struct {
		u8 at, value;
		bool ok;
	} cases[] = {
		{ 0, 11, false }, { 8, 0, false },   { 4, 9, false },
		{ 1, 10, false }, { 3, 9, false },   { 5, 0, false },
		{ 1, 11, true },  { 6, 255, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u8 m[9];

		memcpy(m, good, 9);
		m[cases[i].at] = cases[i].value;
		begin(3);
		build_put(&b, m, 9);
		EXPECT_EQ(parse(), cases[i].ok ? 0 : -EINVAL);
		EXPECT_EQ(info.has_distance, cases[i].ok);
		if (!cases[i].ok)
			EXPECT_EQ(node_distance(&info, 0, 1), 20);
	}
}
