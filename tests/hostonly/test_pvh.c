// SPDX-License-Identifier: MIT
/*
 * tests/hostonly/test_pvh.c - start_info in simulated physical memory
 *
 *	0x1000 start_info   0x2000 modlist   0x3000 memmap   0x4000 command line
 *	0x5000 a module's name               PHYS_SIZE: where memory ends
 *
 * Host only: the kernel has no physical memory to spare for these lies.
 */
#include <arch/host.h>
#include <kernel/bootinfo.h>
#include <kernel/errno.h>
#include <kernel/test.h>

#define PHYS_SIZE HOST_PHYS_SIZE

static struct boot_info bi;
static struct e820_table map;

static void put32(paddr_t at, u32 v)
{
	memcpy(host_phys(at), &v, 4);
}

static void put64(paddr_t at, u64 v)
{
	memcpy(host_phys(at), &v, 8);
}

static void put_range(u32 i, u64 addr, u64 size, u32 type)
{
	put64(0x3000 + i * 24, addr);
	put64(0x3008 + i * 24, size);
	put32(0x3010 + i * 24, type);
}

static void put_module(paddr_t at, u64 addr, u64 size, paddr_t name)
{
	put64(at, addr);
	put64(at + 8, size);
	put64(at + 16, name);
}

/* A machine as QEMU describes it: two ranges, one module, a command line. */
static void build(void)
{
	memset(host_phys(0), 0, 64 * KiB);
	put32(0x1000, PVH_MAGIC);
	put32(0x1004, 1);
	put32(0x100c, 1);
	put64(0x1010, 0x2000);
	put64(0x1018, 0x4000);
	put64(0x1020, 0xf5a00);
	put64(0x1028, 0x3000);
	put32(0x1030, 2);
	put_module(0x2000, 0x800000, 0x1000, 0x5000);
	put_range(0, 0, 0x9fc00, 1);
	put_range(1, 0x100000, 0x3f00000, 1);
	memcpy(host_phys(0x4000), "selftest poweroff", 18);
	memcpy(host_phys(0x5000), "/x/acpi y", 10);
}

static int parse(paddr_t at)
{
	map.nr_entries = 0;
	map.nr_dropped = 0;
	return pvh_parse(at, &bi, &map);
}

TEST(pvh, reads_all_of_version_1)
{
	build();
	ASSERT_EQ(parse(0x1000), 0);
	EXPECT_EQ(bi.protocol, BOOT_PVH);
	EXPECT_EQ(bi.info_start, 0x1000);
	EXPECT_EQ(bi.info_end, 0x1038);
	EXPECT_STREQ(bi.cmdline, "selftest poweroff");
	EXPECT_STREQ(bi.loader, "PVH");
	EXPECT_EQ(bi.rsdp_addr, 0xf5a00);
	EXPECT_EQ(bi.rsdp_len, 0);
	ASSERT_EQ(bi.nr_modules, 1);
	EXPECT_EQ(bi.modules[0].start, 0x800000);
	EXPECT_EQ(bi.modules[0].end, 0x801000);
	EXPECT_STREQ(bi.modules[0].name, "acpi");
	ASSERT_EQ(map.nr_entries, 2);
	EXPECT_EQ(map.entries[1].addr, 0x100000);
	EXPECT_EQ(map.entries[1].size, 0x3f00000);
}

TEST(pvh, wrong_magic_or_no_memory)
{
	static const paddr_t nowhere[] = {PHYS_SIZE, PHYS_SIZE - 39,
					  UINT64_MAX - 8, UINT64_MAX};

	build();
	put32(0x1000, 0x61616161);
	EXPECT_EQ(parse(0x1000), -EINVAL);
	EXPECT_EQ(bi.info_end, 0);
	for (size_t i = 0; i < ARRAY_SIZE(nowhere); i++)
		EXPECT_EQ(parse(nowhere[i]), -EINVAL);
}

/* Version 0 ends at 40 bytes: what follows is not a memory map. */
TEST(pvh, versions)
{
	build();
	put32(0x1004, 0);
	EXPECT_EQ(parse(0x1000), -EINVAL);
	EXPECT_EQ(map.nr_entries, 0);
	EXPECT_EQ(bi.info_end, 0x1028);
	EXPECT_STREQ(bi.cmdline, "selftest poweroff");
	EXPECT_EQ(bi.nr_modules, 1);

	put32(0x1004, 77);
	EXPECT_EQ(parse(0x1000), 0);
	EXPECT_EQ(map.nr_entries, 2);

	/* Version 1 that memory cuts after 40 bytes. */
	build();
	memcpy(host_phys(PHYS_SIZE - 40), host_phys(0x1000), 40);
	EXPECT_EQ(parse(PHYS_SIZE - 40), -EINVAL);
	EXPECT_STREQ(bi.cmdline, "selftest poweroff");
}

TEST(pvh, command_lines_anywhere)
{
	build();
	put64(0x1018, 0);
	EXPECT_EQ(parse(0x1000), 0);
	EXPECT_STREQ(bi.cmdline, "");
	put64(0x1018, PHYS_SIZE + 5);
	EXPECT_EQ(parse(0x1000), 0);
	EXPECT_STREQ(bi.cmdline, "");
	put64(0x1018, UINT64_MAX);
	EXPECT_EQ(parse(0x1000), 0);

	/* Runs into the end of memory: what is there counts. */
	memcpy(host_phys(PHYS_SIZE - 5), "quiet", 5);
	put64(0x1018, PHYS_SIZE - 5);
	EXPECT_EQ(parse(0x1000), 0);
	EXPECT_STREQ(bi.cmdline, "quiet");

	/* Crosses a page, ends in the last page of memory. */
	memset(host_phys(PHYS_SIZE - PAGE_SIZE - 4), 'a', 10);
	memset(host_phys(PHYS_SIZE - PAGE_SIZE + 6), 0, PAGE_SIZE - 6);
	put64(0x1018, PHYS_SIZE - PAGE_SIZE - 4);
	EXPECT_EQ(parse(0x1000), 0);
	EXPECT_STREQ(bi.cmdline, "aaaaaaaaaa");

	/* No NUL for far longer than is kept. */
	memset(host_phys(0x6000), 'x', 2 * BOOT_CMDLINE_MAX);
	put64(0x1018, 0x6000);
	EXPECT_EQ(parse(0x1000), 0);
	EXPECT_EQ(strlen(bi.cmdline), BOOT_CMDLINE_MAX - 1);
}

TEST(pvh, broken_modules)
{
	build();
	put32(0x100c, UINT32_MAX);
	for (u32 i = 0; i < BOOT_MODULES_MAX; i++)
		put_module(0x2000 + i * 32, 0x800000, 1, 0);
	EXPECT_EQ(parse(0x1000), 0);
	EXPECT_EQ(bi.nr_modules, BOOT_MODULES_MAX);
	EXPECT_STREQ(bi.modules[0].name, "initrd");

	build();
	put32(0x100c, 3);
	put_module(0x2000, 0x800000, 0, 0);		      /* empty */
	put_module(0x2020, UINT64_MAX - 3, 8, 0);	      /* wraps */
	put_module(0x2040, 0x800000, 0x1000, PHYS_SIZE + 16); /* name gone */
	EXPECT_EQ(parse(0x1000), 0);
	ASSERT_EQ(bi.nr_modules, 1);
	EXPECT_STREQ(bi.modules[0].name, "initrd");

	put64(0x1010, PHYS_SIZE - 16); /* the list itself is cut */
	EXPECT_EQ(parse(0x1000), 0);
	EXPECT_EQ(bi.nr_modules, 0);
	put64(0x1010, UINT64_MAX - 40);
	EXPECT_EQ(parse(0x1000), 0);
	EXPECT_EQ(bi.nr_modules, 0);
}

TEST(pvh, broken_memory_maps)
{
	paddr_t last;

	build();
	put32(0x1030, 0);
	EXPECT_EQ(parse(0x1000), -EINVAL);
	put32(0x1030, 2);
	put64(0x1028, PHYS_SIZE);
	EXPECT_EQ(parse(0x1000), -EINVAL);

	/* One whole entry before memory ends. */
	put_range(0, 0, 0x9fc00, 0);
	memcpy(host_phys(PHYS_SIZE - 30), host_phys(0x3000), 24);
	put64(0x1028, PHYS_SIZE - 30);
	EXPECT_EQ(parse(0x1000), 0);
	ASSERT_EQ(map.nr_entries, 1);
	EXPECT_EQ(map.entries[0].type, E820_TYPE_RESERVED);

	/*
	 * 2^32-1 entries: as many as are kept, and a reserved range behind
	 * those still takes its part of the usable one that holds it.
	 */
	build();
	put64(0x1028, MiB);
	put32(0x1030, UINT32_MAX);
	memset(host_phys(MiB), 0, BOOT_RANGES_MAX * 24);
	for (u32 i = 0; i < E820_MAX_ENTRIES + 2; i++) {
		put64(MiB + i * 24, i * 2 * MiB);
		put64(MiB + i * 24 + 8, MiB);
		put32(MiB + i * 24 + 16, E820_TYPE_RAM);
	}
	last = MiB + (E820_MAX_ENTRIES + 1) * 24;
	put64(last, 6 * MiB);
	put64(last + 8, 4 * KiB);
	put32(last + 16, E820_TYPE_RESERVED);
	EXPECT_EQ(parse(0x1000), 0);
	EXPECT_EQ(map.nr_entries, E820_MAX_ENTRIES);
	EXPECT_EQ(map.entries[3].addr, 6 * MiB + 4 * KiB);
}
