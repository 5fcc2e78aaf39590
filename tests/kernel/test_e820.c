// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_e820.c - sanitising, changing and reading memory maps
 *
 * Maps are drawn one character a page: the type's last digit, '.' for nothing.
 */
#include <kernel/errno.h>
#include <kernel/test.h>

#include "mm_fixture.h"

#define P PAGE_SIZE

static struct e820_table *new_table(void)
{
	static struct e820_table table;

	table.nr_entries = 0;
	table.nr_dropped = 0;
	return &table;
}

/* "11.22": one range for each run of a digit. */
static void add_map(struct e820_table *table, const char *map)
{
	for (u64 i = 0; map[i];) {
		u64 start = i;

		while (map[i] == map[start])
			i++;
		if (map[start] != '.')
			e820__range_add(table, start * P, (i - start) * P,
					(u32)(map[start] - '0'));
	}
}

static const char *draw(const struct e820_table *table, u32 pages)
{
	static char map[65];

	memset(map, '.', sizeof(map));
	map[pages] = '\0';
	for (u32 i = 0; i < table->nr_entries; i++) {
		const struct e820_entry *e = &table->entries[i];

		for (u64 p = e->addr / P; p < (e->addr + e->size) / P; p++)
			if (p < pages)
				map[p] = (char)('0' + e->type % 10);
	}
	return map;
}

TEST(e820, overlap_largest_type_wins)
{
	struct e820_table *table = new_table();

	add_map(table, "1111111111111");
	add_map(table, "...222.......");
	add_map(table, ".....444.....");
	add_map(table, "..3..........");
	EXPECT_EQ(e820__update_table(table), 0);
	EXPECT_STREQ(draw(table, 13), "1132244411111");
	EXPECT_EQ(table->nr_entries, 5);
	EXPECT_EQ(e820_check(table), 0);
}

/* The inner range ends while the outer one of the same type goes on. */
TEST(e820, unsorted_nested_and_touching_merge)
{
	struct e820_table *table = new_table();

	add_map(table, "......11");
	add_map(table, "...111..");
	add_map(table, ".11.....");
	add_map(table, "..1.....");
	EXPECT_EQ(e820__update_table(table), 0);
	EXPECT_STREQ(draw(table, 8), ".1111111");
	EXPECT_EQ(table->nr_entries, 1);
	EXPECT_EQ(e820_check(table), 0);
}

TEST(e820, persistent_ranges_stay_apart)
{
	struct e820_table *table = new_table();

	e820__range_add(table, 0, 2 * P, E820_TYPE_PRAM);
	e820__range_add(table, 2 * P, 2 * P, E820_TYPE_PRAM);
	e820__range_add(table, 4 * P, P, E820_TYPE_SOFT_RESERVED);
	e820__range_add(table, 5 * P, P, E820_TYPE_SOFT_RESERVED);
	e820__range_add(table, 6 * P, P, E820_TYPE_PMEM);
	e820__range_add(table, 7 * P, P, E820_TYPE_PMEM);
	EXPECT_EQ(e820__update_table(table), 0);
	EXPECT_EQ(table->nr_entries, 5);
	EXPECT_EQ(e820_check(table), 0);
}

TEST(e820, empty_wrapping_and_typeless_go)
{
	struct e820_table *table = new_table();

	e820__range_add(table, 5 * P, 0, E820_TYPE_RESERVED);
	e820__range_add(table, 0, 10 * P, E820_TYPE_RAM);
	e820__range_add(table, UINT64_MAX - P, 2 * P, E820_TYPE_NVS);
	e820__range_add(table, 3 * P, UINT64_MAX, E820_TYPE_NVS);
	e820__range_add(table, 4 * P, P, 0);
	e820__range_add(table, 9 * P, P, E820_TYPE_ACPI);
	EXPECT_EQ(e820__update_table(table), 0);
	EXPECT_STREQ(draw(table, 10), "1111111113");
	EXPECT_EQ(table->nr_entries, 2);
	EXPECT_EQ(e820_check(table), 0);
}

TEST(e820, fewer_than_two_ranges_are_left_alone)
{
	struct e820_table *table = new_table();

	EXPECT_EQ(e820__update_table(table), -EINVAL);
	e820__range_add(table, P, P, E820_TYPE_RAM);
	EXPECT_EQ(e820__update_table(table), -EINVAL);
	EXPECT_EQ(table->nr_entries, 1);
	e820__range_add(table, P, 0, E820_TYPE_RAM);
	EXPECT_EQ(e820__update_table(table), -EINVAL);
	EXPECT_EQ(table->nr_entries, 1);
	EXPECT_EQ(e820_check(table), 0);
}

TEST(e820, full_table_merges_to_make_room)
{
	struct e820_table *table = new_table();

	for (u64 i = 0; i < 3 * E820_MAX_ENTRIES; i++)
		EXPECT_TRUE(e820__range_add(table, i * P, P, E820_TYPE_RAM));
	e820__update_table(table);
	EXPECT_EQ(table->nr_entries, 1);
	EXPECT_EQ(table->entries[0].size, 3 * E820_MAX_ENTRIES * P);
	EXPECT_EQ(table->nr_dropped, 0);
}

/*
 * 4,096 usable ranges with gaps, then:
 *	entry 0  1111     reserved at 2 of 4 pages: the longer part stays
 *	cut      ..2.
 */
TEST(e820, full_table_drops_and_protects_reserved)
{
	struct e820_table *table = new_table();

	for (u64 i = 0; i < E820_MAX_ENTRIES; i++)
		e820__range_add(table, i * 8 * P, 4 * P, E820_TYPE_RAM);
	EXPECT_FALSE(e820__range_add(table, 1UL << 40, P, E820_TYPE_RAM));
	EXPECT_FALSE(e820__range_add(table, 2 * P, P, E820_TYPE_RESERVED));
	EXPECT_FALSE(e820__range_add(table, 8 * P, P, E820_TYPE_NVS));
	EXPECT_FALSE(e820__range_add(table, 17 * P, 12 * P, 20));
	EXPECT_EQ(table->nr_dropped, 4);
	EXPECT_EQ(e820__update_table(table), 0);
	EXPECT_EQ(e820_check(table), 0);
	EXPECT_STREQ(draw(table, 40),
		     "11.......111....1...............1111....");
}

/* Each of the inner borders cuts the persistent range. */
TEST(e820, sweep_that_overflows_is_cut)
{
	struct e820_table *table = new_table();

	e820__range_add(table, 0, 1UL << 40, E820_TYPE_PRAM);
	for (u64 i = 1; i < E820_MAX_ENTRIES; i++)
		e820__range_add(table, i * 8 * P, 4 * P, E820_TYPE_RAM);
	EXPECT_EQ(e820__update_table(table), 0);
	EXPECT_EQ(table->nr_entries, E820_MAX_ENTRIES);
	EXPECT_GT(table->nr_dropped, 0);
	EXPECT_EQ(e820_check(table), 0);
}

/* Naive answer: the largest type of all that cover addr. */
static u32 oracle_type(const struct e820_table *in, u64 addr)
{
	u32 type = 0;

	for (u32 i = 0; i < in->nr_entries; i++) {
		const struct e820_entry *e = &in->entries[i];

		if (e->addr + e->size >= e->addr && addr >= e->addr &&
		    addr < e->addr + e->size)
			type = max(type, e->type);
	}
	return type;
}

static u32 table_type(const struct e820_table *table, u64 addr)
{
	return oracle_type(table, addr);
}

static void random_table(struct e820_table *table, u64 *seed)
{
	static const u32 types[] = { 1, 1, 2, 3, 4, 5, 7, 12, 20,
				     E820_TYPE_SOFT_RESERVED };
	u32 nr = fixture_random(seed) % 20;

	table->nr_entries = 0;
	table->nr_dropped = 0;
	for (u32 i = 0; i < nr; i++)
		e820__range_add(table, fixture_random(seed) % 64,
				fixture_random(seed) % 32,
				types[fixture_random(seed) %
				      ARRAY_SIZE(types)]);
}

TEST(e820, random_maps_match_the_naive_answer)
{
	static struct e820_table in;
	struct e820_table *table = new_table();
	u64 seed = 820;

	test_note(t, "seed %lu", seed);
	for (u32 round = 0; round < 2000; round++) {
		random_table(&in, &seed);
		*table = in;
		e820__update_table(table);
		ASSERT_EQ(e820_check(table), 0);
		for (u64 addr = 0; addr < 100; addr++)
			ASSERT_EQ(table_type(table, addr),
				  oracle_type(&in, addr));
	}
}

/* The sum of the lengths of one type, from the naive answer. */
static u64 oracle_change(struct e820_table *in, u64 start, u64 end, u32 type)
{
	u64 bytes = 0;

	for (u64 addr = start; addr < end; addr++)
		bytes += oracle_type(in, addr) == type;
	return bytes;
}

TEST(e820, random_updates_and_removals_match)
{
	static struct e820_table in;
	struct e820_table *table = new_table();
	u64 seed = 821;

	test_note(t, "seed %lu", seed);
	for (u32 round = 0; round < 2000; round++) {
		u64 start = fixture_random(&seed) % 64;
		u64 size = fixture_random(&seed) % 40, end = start + size;
		bool remove = round & 1;
		u64 changed;

		random_table(&in, &seed);
		*table = in;
		changed = remove ? e820__range_remove(table, start, size, 1,
						      true) :
				   e820__range_update(table, start, size, 1, 2);
		EXPECT_EQ(changed, oracle_change(&in, start, end, 1));
		e820__update_table(table);
		ASSERT_EQ(e820_check(table), 0);
		for (u64 addr = 0; addr < 120; addr++) {
			u32 want = oracle_type(&in, addr);

			if (addr >= start && addr < end && want == 1)
				want = remove ? 0 : 2;
			ASSERT_EQ(table_type(table, addr), want);
		}
	}
}

/*
 *	before  1111222111
 *	update    ******
 */
TEST(e820, update_cuts_at_both_ends)
{
	struct e820_table *table = new_table();

	add_map(table, "1111222111");
	EXPECT_EQ(e820__range_update(table, 2 * P, 6 * P, 1, 3), 3 * P);
	e820__update_table(table);
	EXPECT_STREQ(draw(table, 10), "1133222311");
	EXPECT_EQ(e820__range_remove(table, 3 * P, 4 * P, 0, false), 4 * P);
	e820__update_table(table);
	EXPECT_STREQ(draw(table, 10), "113....311");
	EXPECT_EQ(e820__range_remove(table, 8 * P, UINT64_MAX, 1, true), 2 * P);
	e820__update_table(table);
	EXPECT_STREQ(draw(table, 10), "113....3..");
}

TEST(e820, update_inside_one_range)
{
	struct e820_table *table = new_table();

	add_map(table, "11111111");
	EXPECT_EQ(e820__range_update(table, 3 * P, 2 * P, 1, 2), 2 * P);
	e820__update_table(table);
	EXPECT_STREQ(draw(table, 8), "11122111");
	EXPECT_EQ(table->nr_entries, 3);
}

TEST(e820, page_0_and_the_bios_area_are_never_used)
{
	struct e820_table *table = new_table();

	e820__range_add(table, 0, 4 * MiB, E820_TYPE_RAM);
	trim_bios_range(table);
	EXPECT_EQ(e820_check(table), 0);
	EXPECT_EQ(table_type(table, 0), E820_TYPE_RESERVED);
	EXPECT_EQ(table_type(table, 0xfff), E820_TYPE_RESERVED);
	EXPECT_EQ(table_type(table, 0x1000), E820_TYPE_RAM);
	EXPECT_EQ(table_type(table, 0x9ffff), E820_TYPE_RAM);
	EXPECT_EQ(table_type(table, 0xa0000), 0);
	EXPECT_EQ(table_type(table, 0xfffff), 0);
	EXPECT_EQ(table_type(table, 0x100000), E820_TYPE_RAM);
	EXPECT_EQ(table->nr_entries, 3);
}

TEST(e820, end_of_ram)
{
	struct e820_table *table = new_table();

	EXPECT_EQ(e820__end_of_ram_pfn(table, ~0UL), 0);
	e820__range_add(table, 0, 0x9fc00, E820_TYPE_RAM);
	EXPECT_EQ(e820__end_of_ram_pfn(table, ~0UL), 0x9f);
	e820__range_add(table, 1 * MiB, 5UL * GiB, E820_TYPE_RAM);
	e820__range_add(table, 6UL * GiB, GiB, E820_TYPE_RESERVED);
	EXPECT_EQ(e820__end_of_ram_pfn(table, ~0UL), 0x140100);
	EXPECT_EQ(e820__end_of_ram_pfn(table, 1UL << 20), 1UL << 20);
	EXPECT_EQ(e820__end_of_ram_pfn(table, 0x50), 0x50);
}

TEST(e820, memory_beyond_the_cpu_goes)
{
	struct e820_table *table = new_table();

	e820__range_add(table, 0, 1UL << 37, E820_TYPE_RAM);
	e820__range_add(table, 1UL << 38, GiB, E820_TYPE_RAM);
	e820__range_add(table, 1UL << 39, GiB, E820_TYPE_RESERVED);
	e820__limit_phys(table, 36, 73UL << 40);
	EXPECT_EQ(table->nr_entries, 2);
	EXPECT_EQ(table->entries[0].size, 1UL << 36);
	EXPECT_EQ(table->entries[1].type, E820_TYPE_RESERVED);
	EXPECT_EQ(e820_check(table), 0);
}

/*
 *	...RAM 72T..........76T	80T RAM
 *	          | 73T: end of the direct map
 */
TEST(e820, memory_beyond_the_direct_map_goes)
{
	struct e820_table *table = new_table();

	e820__range_add(table, 72UL << 40, 4UL << 40, E820_TYPE_RAM);
	e820__range_add(table, 80UL << 40, GiB, E820_TYPE_RAM);
	e820__limit_phys(table, 52, 73UL << 40);
	EXPECT_EQ(table->nr_entries, 1);
	EXPECT_EQ(table->entries[0].addr, 72UL << 40);
	EXPECT_EQ(table->entries[0].size, 1UL << 40);
	EXPECT_EQ(e820__end_of_ram_pfn(table, ~0UL), (73UL << 40) / PAGE_SIZE);
}

/* Two usable ranges that touch inside page 3; 5 ends inside a page. */
TEST(e820, memblock_gets_whole_pages)
{
	struct e820_table *table = new_table();
	struct memblock *mb = &fixture_mm()->memblock;

	memblock_init(mb);
	e820__range_add(table, P + 1, 2 * P, E820_TYPE_RAM);
	e820__range_add(table, 3 * P + 1, 2 * P + 99, E820_TYPE_RAM);
	e820__range_add(table, 8 * P, P, E820_TYPE_RESERVED);
	e820__memblock_setup(table, mb);
	EXPECT_EQ(mb->memory.cnt, 1);
	EXPECT_EQ(mb->memory.regions[0].base, 2 * P);
	EXPECT_EQ(mb->memory.regions[0].size, 3 * P);
}

TEST(e820, type_names_are_linux_text)
{
	char buf[24];

	EXPECT_STREQ(e820_type_name(1, buf), "usable");
	EXPECT_STREQ(e820_type_name(2, buf), "reserved");
	EXPECT_STREQ(e820_type_name(3, buf), "ACPI data");
	EXPECT_STREQ(e820_type_name(4, buf), "ACPI NVS");
	EXPECT_STREQ(e820_type_name(5, buf), "unusable");
	EXPECT_STREQ(e820_type_name(6, buf), "type 6");
	EXPECT_STREQ(e820_type_name(7, buf), "persistent (type 7)");
	EXPECT_STREQ(e820_type_name(12, buf), "persistent (type 12)");
	EXPECT_STREQ(e820_type_name(20, buf), "type 20");
	EXPECT_STREQ(e820_type_name(0xefffffff, buf), "soft reserved");
	EXPECT_STREQ(e820_type_name(~0u, buf), "type 4294967295");
}

/* The checker is tested, too: one fault, one finding. */
TEST(e820, check_finds_each_fault)
{
	struct e820_table *table = new_table();
	struct e820_entry good;

	add_map(table, "111222.1");
	EXPECT_EQ(e820_check(table), 0);
	good = table->entries[1];
	table->entries[1].size = 0;
	EXPECT_EQ(e820_check(table), 1);
	table->entries[1] = good;
	table->entries[1].addr -= 1;
	EXPECT_EQ(e820_check(table), 1);
	table->entries[1] = good;
	table->entries[1].type = E820_TYPE_RAM;
	EXPECT_EQ(e820_check(table), 1);
	table->entries[1] = good;
	table->entries[2].size = UINT64_MAX;
	EXPECT_EQ(e820_check(table), 1);
	table->entries[2].size = P;
	table->entries[2].type = 0;
	EXPECT_EQ(e820_check(table), 1);
}

/* A machine of 16 MiB: 640 KiB and 15 MiB usable, BIOS between. */
static struct e820_table *small_machine(void)
{
	struct e820_table *table = new_table();

	e820__range_add(table, 0, 0xa0000, E820_TYPE_RAM);
	e820__range_add(table, 0xf0000, 0x10000, E820_TYPE_RESERVED);
	e820__range_add(table, MiB, 15 * MiB, E820_TYPE_RAM);
	return table;
}

static u64 usable_bytes(const struct e820_table *table)
{
	u64 bytes = 0;

	for (u32 i = 0; i < table->nr_entries; i++)
		if (table->entries[i].type == E820_TYPE_RAM)
			bytes += table->entries[i].size;
	return bytes;
}

TEST(e820_cmdline, mem_cuts_usable_memory_only)
{
	struct e820_table *table = small_machine();

	EXPECT_TRUE(e820__parse_cmdline(table, "quiet mem=8M root=/dev/sda"));
	EXPECT_EQ(usable_bytes(table), 7 * MiB + 0xa0000);
	EXPECT_EQ(e820_check(table), 0);
	table = small_machine();
	EXPECT_TRUE(e820__parse_cmdline(table, "mem=0x80000"));
	EXPECT_EQ(usable_bytes(table), 0x80000);
	EXPECT_EQ(table_type(table, 0xf0000), E820_TYPE_RESERVED);
	EXPECT_EQ(table_type(table, 0x9f000), 0);
	table = small_machine();
	EXPECT_TRUE(e820__parse_cmdline(table, "memmap=4M"));
	EXPECT_EQ(usable_bytes(table), 3 * MiB + 0xa0000);
	table = small_machine();
	EXPECT_TRUE(e820__parse_cmdline(table, "mem=8M mem=6M mem=7M"));
	EXPECT_EQ(usable_bytes(table), 5 * MiB + 0xa0000);
	table = small_machine();
	EXPECT_TRUE(e820__parse_cmdline(table, "mem=8M@1M"));
	EXPECT_EQ(usable_bytes(table), 7 * MiB + 0xa0000);
}

TEST(e820_cmdline, limits_that_leave_nothing_are_refused)
{
	static const char *const words[] = { "mem=0", "mem=1", "mem=0x1fff",
					     "mem=", "mem=nopentium", "mem=abc",
					     "mem", "memmap=1", "mem=-1" };

	for (u32 i = 0; i < ARRAY_SIZE(words); i++) {
		struct e820_table *table = small_machine();

		EXPECT_FALSE(e820__parse_cmdline(table, words[i]));
		EXPECT_EQ(usable_bytes(table), 15 * MiB + 0xa0000);
	}
}

TEST(e820_cmdline, huge_limits_take_nothing)
{
	static const char *const words[] = {
		"mem=18446744073709551615", "mem=18446744073709551616",
		"mem=99999999999E", "mem=16E", "memmap=999999P",
	};

	for (u32 i = 0; i < ARRAY_SIZE(words); i++) {
		struct e820_table *table = small_machine();

		EXPECT_TRUE(e820__parse_cmdline(table, words[i]));
		EXPECT_EQ(usable_bytes(table), 15 * MiB + 0xa0000);
	}
}

TEST(e820_cmdline, memmap_forms)
{
	struct e820_table *table = small_machine();

	EXPECT_TRUE(e820__parse_cmdline(
		table, "memmap=1M$2M,1M#4M memmap=1M!6M memmap=4M@16M"));
	EXPECT_EQ(e820_check(table), 0);
	EXPECT_EQ(table_type(table, 2 * MiB), E820_TYPE_RESERVED);
	EXPECT_EQ(table_type(table, 3 * MiB), E820_TYPE_RAM);
	EXPECT_EQ(table_type(table, 4 * MiB), E820_TYPE_ACPI);
	EXPECT_EQ(table_type(table, 6 * MiB), E820_TYPE_PRAM);
	EXPECT_EQ(table_type(table, 20 * MiB - 1), E820_TYPE_RAM);
	EXPECT_EQ(usable_bytes(table), 16 * MiB + 0xa0000);
}

TEST(e820_cmdline, usable_does_not_override_reserved)
{
	struct e820_table *table = small_machine();

	e820__parse_cmdline(table, "memmap=1M@0");
	EXPECT_EQ(table_type(table, 0xf0000), E820_TYPE_RESERVED);
	EXPECT_EQ(table_type(table, 0xe0000), E820_TYPE_RAM);
}

TEST(e820_cmdline, exactmap_starts_empty)
{
	struct e820_table *table = small_machine();

	EXPECT_TRUE(e820__parse_cmdline(
		table, "memmap=exactmap,640K@0 memmap=1M@1M,64K#0xf0000"));
	EXPECT_EQ(table->nr_entries, 3);
	EXPECT_EQ(usable_bytes(table), MiB + 640 * KiB);
	EXPECT_EQ(table_type(table, 0xf0000), E820_TYPE_ACPI);
}

TEST(e820_cmdline, memmap_converts)
{
	struct e820_table *table = small_machine();

	EXPECT_TRUE(e820__parse_cmdline(
		table, "memmap=64K%0xf0000-2+1,1M%2M-1,1M%4M,1M%6M+7"));
	EXPECT_EQ(table_type(table, 0xf0000), E820_TYPE_RAM);
	EXPECT_EQ(table_type(table, 2 * MiB), 0);
	EXPECT_EQ(table_type(table, 4 * MiB), 0);
	EXPECT_EQ(table_type(table, 6 * MiB), E820_TYPE_PMEM);
	EXPECT_EQ(e820_check(table), 0);
}

TEST(e820_cmdline, malformed_forms_change_nothing)
{
	static const char *const words[] = {
		"memmap=", "memmap=,,", "memmap=@1M", "memmap=1M@",
		"memmap=1M&2M", "memmap=1M$2Mx", "memmap=exactmapx",
		"memmap=1M%2M-0", "memmap=1M%2M-1+", "memmap=1M%2M+5000000000",
		"memmap=0@4M", "mem\x01p=1M$2M",
	};

	for (u32 i = 0; i < ARRAY_SIZE(words); i++) {
		struct e820_table *table = small_machine();

		EXPECT_FALSE(e820__parse_cmdline(table, words[i]));
		EXPECT_EQ(usable_bytes(table), 15 * MiB + 0xa0000);
		EXPECT_EQ(table->nr_entries, 3);
	}
}

TEST(e820_cmdline, ranges_past_the_end_are_cut)
{
	struct e820_table *table = small_machine();

	EXPECT_TRUE(e820__parse_cmdline(table, "memmap=16E$1M"));
	EXPECT_EQ(table_type(table, MiB), E820_TYPE_RESERVED);
	EXPECT_EQ(table_type(table, 1UL << 60), E820_TYPE_RESERVED);
	EXPECT_EQ(e820_check(table), 0);
}
