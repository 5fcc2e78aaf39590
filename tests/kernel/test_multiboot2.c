// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_multiboot2.c - the walk over GRUB's tags, good and broken
 *
 * info_begin() and the add_* functions write what a loader would: an 8-byte
 * head, tags on 8-byte borders, each test ending it as it needs.
 */
#include <kernel/bootinfo.h>
#include <kernel/errno.h>
#include <kernel/test.h>

static u8 info[16 * KiB] __aligned(8);
static size_t used;
static struct boot_info bi;
static struct e820_table map;

static void put32(size_t off, u32 v)
{
	memcpy(info + off, &v, 4);
}

static void put64(size_t off, u64 v)
{
	memcpy(info + off, &v, 8);
}

static void info_begin(void)
{
	memset(info, 0, sizeof(info));
	map.nr_entries = 0;
	used = 8;
}

/* A tag with len bytes of payload; returns where the tag starts. */
static size_t add_tag(u32 type, const void *payload, u32 len)
{
	size_t at = used;

	put32(at, type);
	put32(at + 4, 8 + len);
	memcpy(info + at + 8, payload, len);
	used = ALIGN(at + 8 + len, 8);
	put32(0, (u32)used);
	return at;
}

static size_t add_string(u32 type, const char *s)
{
	return add_tag(type, s, (u32)strlen(s) + 1);
}

static size_t add_mmap(u32 entry_size, u32 version, u32 nr)
{
	static u8 p[8 + 8 * 24];
	u32 head[2] = {entry_size, version};

	memcpy(p, head, 8);
	for (u32 i = 0; i < nr; i++) {
		u64 range[2] = {i * MiB, MiB};
		u32 type[2] = {i + 1, 0};

		memcpy(p + 8 + i * 24, range, 16);
		memcpy(p + 8 + i * 24 + 16, type, 8);
	}
	return add_tag(6, p, 8 + nr * 24);
}

static size_t add_module(u32 start, u32 end, const char *text)
{
	char p[80];
	u32 range[2] = {start, end};

	memcpy(p, range, 8);
	strscpy(p + 8, text, sizeof(p) - 8);
	return add_tag(3, p, 8 + (u32)strlen(text) + 1);
}

static int parse(void)
{
	return multiboot2_parse(info, sizeof(info), 0x10000, &bi, &map);
}

static int end_and_parse(void)
{
	add_tag(0, "", 0);
	return parse();
}

TEST(multiboot2, reads_every_tag_it_knows)
{
	u64 fb[3] = {0xfd000000, 4096 | 1024UL << 32,
		     768 | 32UL << 32 | 1UL << 40};

	info_begin();
	add_string(1, "selftest poweroff");
	add_string(2, "GRUB 2.06");
	add_module(0x200000, 0x300000, "/boot/acpi.bin x=/y");
	add_module(0x400000, 0x400001, "");
	add_mmap(24, 0, 3);
	add_tag(8, fb, 24);
	add_tag(21, "\0\0\0", 4); /* load base: of no use to us */
	add_tag(12, "\0\0\0\0\0\0\0", 8);
	ASSERT_EQ(end_and_parse(), 0);
	EXPECT_EQ(bi.protocol, BOOT_MULTIBOOT2);
	EXPECT_EQ(bi.info_start, 0x10000);
	EXPECT_EQ(bi.info_end, 0x10000 + used);
	EXPECT_STREQ(bi.cmdline, "selftest poweroff");
	EXPECT_STREQ(bi.loader, "GRUB 2.06");
	ASSERT_EQ(bi.nr_modules, 2);
	EXPECT_STREQ(bi.modules[0].name, "acpi.bin");
	EXPECT_EQ(bi.modules[0].start, 0x200000);
	EXPECT_EQ(bi.modules[0].end, 0x300000);
	EXPECT_STREQ(bi.modules[1].name, "initrd");
	ASSERT_EQ(map.nr_entries, 3);
	EXPECT_EQ(map.entries[2].addr, 2 * MiB);
	EXPECT_EQ(map.entries[2].type, 3);
	EXPECT_EQ(bi.fb.addr, 0xfd000000);
	EXPECT_EQ(bi.fb.pitch, 4096);
	EXPECT_EQ(bi.fb.width, 1024);
	EXPECT_EQ(bi.fb.height, 768);
	EXPECT_EQ(bi.fb.bpp, 32);
	EXPECT_EQ(bi.fb.type, 1);
	EXPECT_TRUE(bi.efi);
	EXPECT_EQ(bi.rsdp_len, 0);
}

TEST(multiboot2, total_size_is_bounded)
{
	static const u32 too_small[] = {0, 1, 7, 8, 15};

	for (size_t i = 0; i < ARRAY_SIZE(too_small); i++) {
		info_begin();
		add_mmap(24, 0, 1);
		add_tag(0, "", 0);
		put32(0, too_small[i]);
		EXPECT_EQ(parse(), -EINVAL);
		EXPECT_EQ(map.nr_entries, 0);
		EXPECT_EQ(bi.info_end, bi.info_start);
	}
	EXPECT_EQ(multiboot2_parse(info, 0, 0, &bi, &map), -EINVAL);

	/* 4 GiB - 1: as far as may be read, and no reserved range beyond it. */
	info_begin();
	add_mmap(24, 0, 1);
	add_tag(0, "", 0);
	put32(0, UINT32_MAX);
	EXPECT_EQ(parse(), 0);
	EXPECT_EQ(bi.info_end, 0x10000 + sizeof(info));

	/* Odd: the end tag is cut off, the rest is used. */
	info_begin();
	add_mmap(24, 0, 1);
	put32(0, (u32)used + 3);
	EXPECT_EQ(parse(), 0);
	EXPECT_EQ(map.nr_entries, 1);
}

/* Whatever the limit, nothing behind it is read: ASan watches on the host. */
TEST(multiboot2, stays_below_every_limit)
{
	info_begin();
	add_string(1, "abc");
	add_module(1, 2, "m");
	add_mmap(24, 0, 2);
	add_tag(0, "", 0);
	for (size_t limit = 0; limit <= used; limit += 7) {
		u8 *cut = info + sizeof(info) - limit;

		memmove(cut, info, limit);
		map.nr_entries = 0;
		multiboot2_parse(cut, limit, 0, &bi, &map);
		EXPECT_LE(map.nr_entries, 2);
		EXPECT_LE(bi.info_end, limit);
	}
}

TEST(multiboot2, tag_sizes_that_end_the_walk)
{
	for (u32 size = 0; size < 8; size++) {
		size_t bad;

		info_begin();
		add_mmap(24, 0, 1);
		bad = add_tag(9, "", 0);
		add_string(1, "behind");
		put32(bad + 4, size);
		EXPECT_EQ(end_and_parse(), 0);
		EXPECT_EQ(map.nr_entries, 1);
		EXPECT_STREQ(bi.cmdline, "");
	}
	static const u32 past[] = {0x1000, 0x7fffffff, 0xfffffff9, 0xffffffff};

	for (size_t i = 0; i < ARRAY_SIZE(past); i++) {
		size_t bad;

		info_begin();
		add_mmap(24, 0, 1);
		bad = add_string(1, "past the end");
		put32(bad + 4, past[i]);
		EXPECT_EQ(end_and_parse(), 0);
		EXPECT_STREQ(bi.cmdline, "");
	}
}

TEST(multiboot2, no_end_tag)
{
	info_begin();
	add_mmap(24, 0, 1);
	add_string(1, "last");
	EXPECT_EQ(parse(), 0);
	EXPECT_STREQ(bi.cmdline, "last");
}

TEST(multiboot2, first_of_repeated_tags_counts)
{
	u8 old[20] = "RSD PTR old", older[20] = "RSD PTR older";
	u8 new[36] = "RSD PTR new", newer[36] = "RSD PTR newer";

	info_begin();
	add_string(1, "first");
	add_string(1, "second");
	add_tag(14, old, 20);
	add_tag(14, older, 20);
	add_mmap(24, 0, 1);
	add_mmap(24, 0, 4);
	add_module(1, 2, "a");
	add_module(2, 3, "b");
	EXPECT_EQ(end_and_parse(), 0);
	EXPECT_STREQ(bi.cmdline, "first");
	EXPECT_EQ(bi.rsdp_len, 20);
	EXPECT_EQ(memcmp(bi.rsdp, old, 20), 0);
	EXPECT_EQ(map.nr_entries, 1);
	EXPECT_EQ(bi.nr_modules, 2);

	/* ACPI 2.0's beats 1.0's in either order. */
	info_begin();
	add_tag(15, new, 36);
	add_tag(15, newer, 36);
	add_tag(14, old, 20);
	end_and_parse();
	EXPECT_EQ(bi.rsdp_len, 36);
	EXPECT_EQ(memcmp(bi.rsdp, new, 36), 0);
	info_begin();
	add_tag(14, old, 20);
	add_tag(15, new, 36);
	end_and_parse();
	EXPECT_EQ(bi.rsdp_len, 36);
}

TEST(multiboot2, tags_too_short_for_their_kind)
{
	static const u32 types[] = {3, 4, 6, 8, 14, 15};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		info_begin();
		add_tag(types[i], "\1\0\0\0\0\0", 7);
		add_mmap(24, 0, 1);
		add_mmap(24, 0, 1);
		end_and_parse();
		EXPECT_EQ(bi.nr_modules, 0);
		EXPECT_EQ(bi.fb.addr, 0);
		EXPECT_EQ(bi.rsdp_len, 0);
		EXPECT_EQ(map.nr_entries, 1);
	}
}

TEST(multiboot2, memory_map_entry_sizes)
{
	static const u32 bad[] = {0, 1, 20, 23, 25, 0xffffffff};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		info_begin();
		add_mmap(bad[i], 0, 3);
		EXPECT_EQ(end_and_parse(), -EINVAL);
	}
	/* Larger entries, as a later version might have: 48 is two of ours. */
	info_begin();
	add_mmap(48, 1, 4);
	EXPECT_EQ(end_and_parse(), 0);
	ASSERT_EQ(map.nr_entries, 2);
	EXPECT_EQ(map.entries[1].addr, 2 * MiB);

	/* Half an entry at the end. */
	info_begin();
	put32(add_mmap(24, 0, 3) + 4, 16 + 2 * 24 + 12);
	EXPECT_EQ(end_and_parse(), 0);
	EXPECT_EQ(map.nr_entries, 2);
}

TEST(multiboot2, range_of_type_0_is_reserved)
{
	info_begin();
	put32(add_mmap(24, 0, 2) + 16 + 16, 0);
	EXPECT_EQ(end_and_parse(), 0);
	EXPECT_EQ(map.entries[0].type, E820_TYPE_RESERVED);
}

TEST(multiboot2, basic_memory_only_without_a_map)
{
	u32 sizes[2] = {0xffffffff, 64 * 1024};

	info_begin();
	add_tag(4, sizes, 8);
	EXPECT_EQ(end_and_parse(), 0);
	ASSERT_EQ(map.nr_entries, 2);
	EXPECT_EQ(map.entries[0].size, 640 * KiB);
	EXPECT_EQ(map.entries[1].addr, MiB);
	EXPECT_EQ(map.entries[1].size, 64 * MiB);

	info_begin();
	add_tag(4, sizes, 8);
	add_mmap(24, 0, 1);
	EXPECT_EQ(end_and_parse(), 0);
	EXPECT_EQ(map.nr_entries, 1);
}

TEST(multiboot2, strings_without_nul_and_too_long)
{
	static char big[BOOT_CMDLINE_MAX + 9];

	info_begin();
	add_tag(1, "abcdefgh", 8);
	put64(used, 0x7a7a7a7a7a7a7a7a); /* "zzzzzzzz" behind: not part of it */
	add_tag(2, "", 0);
	end_and_parse();
	EXPECT_STREQ(bi.cmdline, "abcdefgh");
	EXPECT_STREQ(bi.loader, "");

	memset(big, 'x', sizeof(big));
	info_begin();
	add_tag(1, big, BOOT_CMDLINE_MAX - 1);
	end_and_parse();
	EXPECT_EQ(strlen(bi.cmdline), BOOT_CMDLINE_MAX - 1);
	info_begin();
	add_tag(1, big, sizeof(big));
	add_tag(2, big, 100);
	end_and_parse();
	EXPECT_EQ(strlen(bi.cmdline), BOOT_CMDLINE_MAX - 1);
	EXPECT_EQ(strlen(bi.loader), sizeof(bi.loader) - 1);
}

TEST(multiboot2, modules_out_of_order_and_too_many)
{
	info_begin();
	add_module(5, 5, "empty");
	add_module(6, 5, "upside-down");
	add_module(5, 6, "\x1b[31m\xc3");
	for (int i = 0; i < BOOT_MODULES_MAX; i++)
		add_module(0x1000, 0x2000, " /a/b/ c");
	end_and_parse();
	EXPECT_EQ(bi.nr_modules, BOOT_MODULES_MAX);
	EXPECT_STREQ(bi.modules[0].name, "?[31m?");
	EXPECT_STREQ(bi.modules[1].name, "initrd"); /* nothing after its slash */
}
