// SPDX-License-Identifier: MIT
/*
 * Files of the tests' own in /sys/kernel/debug/test, beside those that the
 * build has:
 *
 *	plain		read
 *	knob		read and written
 *	deep/er/file	read
 *	deep/write-only	written
 *	unit%/state	read; units 0, 2, 10
 *	only%		read; the same
 *	pets/%/number	read; cat, dog, out of a list with others
 */
#include <kernel/errno.h>
#include <kernel/string.h>
#include <kernel/test.h>
#include <kernel/vfile.h>

#define T "/sys/kernel/debug/test"

static u64 knob;

static void show_plain(struct seq *s, u64 arg __unused)
{
	seq_puts(s, "plain\n");
}

static void show_unit(struct seq *s, u64 arg)
{
	seq_printf(s, "unit %lu\n", arg);
}

static void show_knob(struct seq *s, u64 arg __unused)
{
	seq_printf(s, "%lu\n", knob);
}

static int store_knob(const char *text, size_t len, u64 arg __unused)
{
	if (len != 2)
		return -EINVAL;
	knob = (u64)(text[0] - '0');
	return 0;
}

static bool unit_exists(u64 arg)
{
	return arg == 0 || arg == 2 || arg == 10;
}

VFILE(test_plain, T "/plain", show_plain, NULL);
VFILE(test_knob, T "/knob", show_knob, store_knob);
VFILE(test_deep, T "/deep/er/file", show_plain, NULL);
VFILE(test_write_only, T "/deep/write-only", NULL, store_knob);
VFILE_N(test_state, T "/unit%/state", show_unit, NULL, unit_exists);
VFILE_N(test_only, T "/only%", show_unit, NULL, unit_exists);

/* Folder 7 has the first and the last. */
static const char *pet_name(u64 n, u64 folder)
{
	static const char *const names[] = { "dog", "", "cow", "cat" };

	if (n >= ARRAY_SIZE(names))
		return NULL;
	return folder == 7 && n != 2 ? names[n] : "";
}

VFILE_NAMED(test_pets, T "/pets/%/number", show_unit, NULL, pet_name, 7);

static char text[512];

static void append(struct seq *s __unused, const char *more, size_t len)
{
	size_t have = strlen(text);

	len = min(len, sizeof(text) - 1 - have);
	memcpy(text + have, more, len);
	text[have + len] = '\0';
}

static int read_file(const char *path)
{
	struct seq s = { .write = append };

	text[0] = '\0';
	return vfile_read(path, &s);
}

static void append_name(void *ctx __unused, const char *name)
{
	append(NULL, name, strlen(name));
	append(NULL, " ", 1);
}

static int list(const char *path)
{
	text[0] = '\0';
	return vfile_list(path, append_name, NULL);
}

TEST(vfile, reads_and_writes)
{
	EXPECT_EQ(read_file(T "/plain"), 0);
	EXPECT_STREQ(text, "plain\n");
	EXPECT_EQ(vfile_write(T "/knob", "7\n", 2), 0);
	EXPECT_EQ(read_file(T "/knob"), 0);
	EXPECT_STREQ(text, "7\n");
	EXPECT_EQ(vfile_write(T "/knob", "77\n", 3), -EINVAL);
}

TEST(vfile, errors)
{
	EXPECT_EQ(read_file(T "/nothing"), -ENOENT);
	EXPECT_EQ(read_file(T "/plainer"), -ENOENT);
	EXPECT_EQ(read_file(T "/plai"), -ENOENT);
	EXPECT_EQ(read_file(T "/plain/x"), -ENOENT);
	EXPECT_EQ(read_file(T "/deep"), -EISDIR);
	EXPECT_EQ(read_file("/"), -EISDIR);
	EXPECT_EQ(read_file(T "/deep/write-only"), -EACCES);
	EXPECT_EQ(vfile_write(T "/plain", "1\n", 2), -EACCES);
	EXPECT_EQ(vfile_write(T "/deep", "1\n", 2), -EISDIR);
	EXPECT_EQ(vfile_write(T "/no", "1\n", 2), -ENOENT);
	EXPECT_EQ(list(T "/plain"), -ENOTDIR);
	EXPECT_EQ(list(T "/no"), -ENOENT);
}

TEST(vfile, numbers_in_names)
{
	EXPECT_EQ(read_file(T "/unit0/state"), 0);
	EXPECT_EQ(read_file(T "/unit10/state"), 0);
	EXPECT_STREQ(text, "unit 10\n");
	EXPECT_EQ(read_file(T "/only2"), 0);
	EXPECT_STREQ(text, "unit 2\n");
	EXPECT_EQ(read_file(T "/unit1/state"), -ENOENT);
	EXPECT_EQ(read_file(T "/unit/state"), -ENOENT);
	EXPECT_EQ(read_file(T "/unit02/state"), -ENOENT);
	EXPECT_EQ(read_file(T "/unit%/state"), -ENOENT);
	EXPECT_EQ(read_file(T "/unit18446744073709551618/state"), -ENOENT);
	EXPECT_EQ(read_file(T "/unit2"), -EISDIR);
	EXPECT_FALSE(vfile_is_dir(T "/unit1"));
}

TEST(vfile, names_out_of_a_list)
{
	EXPECT_EQ(read_file(T "/pets/cat/number"), 0);
	EXPECT_STREQ(text, "unit 3\n");
	EXPECT_EQ(read_file(T "/pets/dog/number"), 0);
	EXPECT_STREQ(text, "unit 0\n");
	EXPECT_EQ(read_file(T "/pets/cow/number"), -ENOENT);
	EXPECT_EQ(read_file(T "/pets/ca/number"), -ENOENT);
	EXPECT_EQ(read_file(T "/pets/cats/number"), -ENOENT);
	EXPECT_EQ(read_file(T "/pets//number"), -ENOENT);
	EXPECT_EQ(read_file(T "/pets/%/number"), -ENOENT);
	EXPECT_EQ(list(T "/pets"), 0);
	EXPECT_STREQ(text, "cat/ dog/ ");
	EXPECT_EQ(list(T "/pets/cow"), -ENOENT);
}

/* What a shell's echo writes, and what it can't mean. */
TEST(vfile, numbers_that_are_written)
{
	static const struct {
		const char *text;
		int err;
		u64 number;
	} calls[] = {
		{ "20\n", 0, 20 },
		{ "20", 0, 20 },
		{ "0 \n", 0, 0 },
		{ "18446744073709551615\n", 0, ~0UL },
		{ "18446744073709551616\n", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "\n", -EINVAL, 0 },
		{ "-1\n", -EINVAL, 0 },
		{ "2 3\n", -EINVAL, 0 },
		{ "0x10\n", -EINVAL, 0 },
		{ "111111111111111111111111111111\n", -EINVAL, 0 },
	};

	for (u32 i = 0; i < ARRAY_SIZE(calls); i++) {
		u64 number = 0;

		EXPECT_EQ(vfile_number(calls[i].text, strlen(calls[i].text), 10,
				       &number),
			  calls[i].err);
		EXPECT_EQ(number, calls[i].number);
	}
	EXPECT_EQ(vfile_number("0x10", 4, 0, &knob), 0);
	EXPECT_EQ(knob, 16);
}

TEST(vfile, lists_sorted_and_once)
{
	EXPECT_EQ(list(T), 0);
	EXPECT_STREQ(text, "deep/ knob only0 only2 only10 pets/ plain unit0/ "
			   "unit2/ unit10/ ");
	EXPECT_EQ(list(T "/deep/"), 0);
	EXPECT_STREQ(text, "er/ write-only ");
	EXPECT_EQ(list(T "/unit2"), 0);
	EXPECT_STREQ(text, "state ");
	EXPECT_EQ(list("/"), 0);
	EXPECT_TRUE(strstr(text, "sys/ ") != NULL);
}

TEST(vfile, paths_are_normalised)
{
	char path[600];

	EXPECT_EQ(read_file("/" T "/./deep/../plain"), 0);
	EXPECT_EQ(read_file(&T "/plain"[1]), 0);
	EXPECT_EQ(read_file("/../.." T "/deep//er/file"), 0);
	EXPECT_TRUE(vfile_is_dir(""));
	EXPECT_TRUE(vfile_is_dir(T "/deep/er/"));
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	EXPECT_EQ(read_file(path), -ENOENT);
}
