// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_cpio.c - archives, good ones and bad ones
 */
#include <kernel/fs.h>
#include <kernel/string.h>
#include <kernel/test.h>
#include <uapi/stat.h>

#include "cpio_fixture.h"

struct seen {
	u32 nr, stop_at;
	char names[128];
	char data[128];
};

static bool note(void *arg, const struct cpio_entry *e)
{
	struct seen *seen = arg;
	size_t at = strlen(seen->names);

	snprintf(seen->names + at, sizeof(seen->names) - at, "%s ", e->name);
	snprintf(seen->data, sizeof(seen->data), "%.*s", (int)e->size,
		 (const char *)e->data);
	return ++seen->nr != seen->stop_at;
}

static struct seen seen;

static int parse(void)
{
	seen = (struct seen){ .stop_at = 0 };
	return cpio_parse(archive.bytes, archive.size, note, &seen);
}

TEST(cpio, entries_come_in_order)
{
	archive_begin();
	archive_add("bin", S_IFDIR | 0755, "", 0);
	archive_add("bin/a", S_IFREG | 0755, "hello", 5);
	archive_add("etc/list", S_IFREG | 0644, "abcd", 4);
	archive_end();
	EXPECT_TRUE(cpio_looks_like(archive.bytes, archive.size));
	EXPECT_EQ(parse(), 3);
	EXPECT_STREQ(seen.names, "bin bin/a etc/list ");
	EXPECT_STREQ(seen.data, "abcd");
}

TEST(cpio, archives_may_follow_each_other)
{
	archive_begin();
	archive_add("a", S_IFREG, "1", 1);
	archive_end();
	archive.size += 512; /* zeros */
	archive_add("b", S_IFREG, "22", 2);
	archive_end();
	EXPECT_EQ(parse(), 2);
	EXPECT_STREQ(seen.names, "a b ");
	EXPECT_STREQ(seen.data, "22");
}

TEST(cpio, who_takes_entries_may_stop)
{
	archive_begin();
	archive_add("a", S_IFREG, "1", 1);
	archive_add("b", S_IFREG, "2", 1);
	archive_add("c", S_IFREG, "3", 1);
	archive_end();
	seen = (struct seen){ .stop_at = 2 };
	EXPECT_EQ(cpio_parse(archive.bytes, archive.size, note, &seen), 1);
	EXPECT_STREQ(seen.names, "a b ");
}

/* An archive of two entries, of which the second is spoilt at `at`. */
static int parse_spoilt(u64 at, const char *bytes)
{
	u64 second;

	archive_begin();
	archive_add("good", S_IFREG, "data", 4);
	second = archive.size;
	archive_add("bad", S_IFREG, "data", 4);
	archive_end();
	memcpy(archive.bytes + second + at, bytes, strlen(bytes));
	return parse();
}

TEST(cpio, good_entries_before_a_bad_one_are_used)
{
	EXPECT_EQ(parse_spoilt(0, "070707"), 1);    /* another kind */
	EXPECT_EQ(parse_spoilt(0, "\x1f\x8b"), 1);  /* gzip */
	EXPECT_EQ(parse_spoilt(10, "G"), 1);	    /* no digit */
	EXPECT_EQ(parse_spoilt(54, "FFFFFFFF"), 1); /* file size */
	EXPECT_EQ(parse_spoilt(54, "00001000"), 1); /* just too long */
	EXPECT_EQ(parse_spoilt(94, "00000000"), 1); /* name size 0 */
	EXPECT_EQ(parse_spoilt(94, "FFFFFFFF"), 1); /* beyond all */
	EXPECT_EQ(parse_spoilt(94, "00000FFF"), 1); /* beyond the end */
	EXPECT_EQ(parse_spoilt(94, "00000003"), 1); /* no NUL there */
	EXPECT_EQ(parse_spoilt(94, "00000005"), 1); /* NUL before its end */
	EXPECT_STREQ(seen.names, "good ");
	EXPECT_EQ(parse_spoilt(94, "00000004"), 2); /* as it was */
}

/* Cut anywhere: never a byte beyond is read (ASan), no entry is invented. */
TEST(cpio, every_cut_is_survived)
{
	char *copy = archive.bytes + ARCHIVE_SIZE;
	u64 whole;

	archive_begin();
	archive_add("one", S_IFREG, "12345", 5);
	archive_add("two", S_IFREG, "1234567", 7);
	archive_end();
	whole = archive.size;
	for (u64 size = 0; size < whole; size += 7) {
		struct seen part = { .stop_at = 0 };

		copy = archive.bytes + ARCHIVE_SIZE - size;
		memmove(copy, archive.bytes, size);
		EXPECT_LE(cpio_parse(copy, size, note, &part), 2);
		archive_begin();
		archive_add("one", S_IFREG, "12345", 5);
		archive_add("two", S_IFREG, "1234567", 7);
		archive_end();
	}
}

TEST(cpio, nothing_is_no_archive)
{
	archive_begin();
	EXPECT_FALSE(cpio_looks_like(archive.bytes, 5));
	EXPECT_EQ(parse(), 0);
	archive.size = 100; /* zeros where a header should be */
	EXPECT_EQ(parse(), 0);
}
