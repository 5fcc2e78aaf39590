// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_cpio.c - archives, good ones and bad ones
 */
#include <kernel/fs.h>
#include <kernel/string.h>
#include <kernel/test.h>
#include <uapi/stat.h>

#define ARCHIVE_SIZE 4096

static struct {
	char bytes[ARCHIVE_SIZE] __aligned(4);
	u64 size;
} a;

static void pad(void)
{
	while (a.size & 3)
		a.bytes[a.size++] = '\0';
}

static void add(const char *name, u32 mode, const char *data, u64 len)
{
	a.size += (u64)snprintf(a.bytes + a.size, ARCHIVE_SIZE - a.size,
				"070701%08X%08X%08X%08X%08X%08X%08lX%08X%08X"
				"%08X%08X%08lX%08X%s",
				1, mode, 0, 0, 1, 77, len, 0, 0, 0, 0,
				strlen(name) + 1, 0, name) +
		  1;
	pad();
	memcpy(a.bytes + a.size, data, len);
	a.size += len;
	pad();
}

static void begin(void)
{
	memset(&a, 0, sizeof(a));
}

static void end(void)
{
	add("TRAILER!!!", 0, "", 0);
}

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
	return cpio_parse(a.bytes, a.size, note, &seen);
}

TEST(cpio, entries_come_in_order)
{
	begin();
	add("bin", S_IFDIR | 0755, "", 0);
	add("bin/a", S_IFREG | 0755, "hello", 5);
	add("etc/list", S_IFREG | 0644, "abcd", 4);
	end();
	EXPECT_TRUE(cpio_looks_like(a.bytes, a.size));
	EXPECT_EQ(parse(), 3);
	EXPECT_STREQ(seen.names, "bin bin/a etc/list ");
	EXPECT_STREQ(seen.data, "abcd");
}

TEST(cpio, archives_may_follow_each_other)
{
	begin();
	add("a", S_IFREG, "1", 1);
	end();
	a.size += 512; /* zeros */
	add("b", S_IFREG, "22", 2);
	end();
	EXPECT_EQ(parse(), 2);
	EXPECT_STREQ(seen.names, "a b ");
	EXPECT_STREQ(seen.data, "22");
}

TEST(cpio, who_takes_entries_may_stop)
{
	begin();
	add("a", S_IFREG, "1", 1);
	add("b", S_IFREG, "2", 1);
	add("c", S_IFREG, "3", 1);
	end();
	seen = (struct seen){ .stop_at = 2 };
	EXPECT_EQ(cpio_parse(a.bytes, a.size, note, &seen), 1);
	EXPECT_STREQ(seen.names, "a b ");
}

/* An archive of two entries, of which the second is spoilt at `at`. */
static int parse_spoilt(u64 at, const char *bytes)
{
	u64 second;

	begin();
	add("good", S_IFREG, "data", 4);
	second = a.size;
	add("bad", S_IFREG, "data", 4);
	end();
	memcpy(a.bytes + second + at, bytes, strlen(bytes));
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
	char *copy = a.bytes + ARCHIVE_SIZE;
	u64 whole;

	begin();
	add("one", S_IFREG, "12345", 5);
	add("two", S_IFREG, "1234567", 7);
	end();
	whole = a.size;
	for (u64 size = 0; size < whole; size += 7) {
		struct seen part = { .stop_at = 0 };

		copy = a.bytes + ARCHIVE_SIZE - size;
		memmove(copy, a.bytes, size);
		EXPECT_LE(cpio_parse(copy, size, note, &part), 2);
		begin();
		add("one", S_IFREG, "12345", 5);
		add("two", S_IFREG, "1234567", 7);
		end();
	}
}

TEST(cpio, nothing_is_no_archive)
{
	begin();
	EXPECT_FALSE(cpio_looks_like(a.bytes, 5));
	EXPECT_EQ(parse(), 0);
	a.size = 100; /* zeros where a header should be */
	EXPECT_EQ(parse(), 0);
}
