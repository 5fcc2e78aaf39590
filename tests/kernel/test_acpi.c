// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_acpi.c - one table checked, a module's tables taken
 *
 * The walk from the RSDP needs physical memory: tests/hostonly/test_acpi_init.c
 */
#include <kernel/errno.h>
#include <kernel/test.h>

#include "acpi_build.h"

static u8 buf[2 * KiB], pool[4 * KiB];
static size_t pool_used, pool_size;
static struct acpi_tables acpi;

static void *pool_alloc(void *ctx __unused, size_t size)
{
	void *p = pool + pool_used;

	if (pool_size - pool_used < size)
		return NULL;
	pool_used += size;
	return p;
}

static void begin(void)
{
	pool_used = 0;
	pool_size = sizeof(pool);
	acpi = (struct acpi_tables){ .alloc = pool_alloc };
}

/* A table of size bytes at buf + off; its revision tells it apart. */
static u8 *table_at(size_t off, const char *signature, u8 revision, size_t size)
{
	struct acpi_build b;

	build_begin(&b, buf + off, size, signature, revision, size);
	build_end(&b);
	return buf + off;
}

TEST(acpi, lengths_and_checksum)
{
	u8 *p = table_at(0, "SRAT", 1, 100);

	EXPECT_EQ(acpi_table_check(p, 100, "test"), 0);
	EXPECT_EQ(acpi_table_check(p, sizeof(buf), "test"), 0);
	EXPECT_EQ(acpi_table_check(p, 99, "test"), -EINVAL);
	EXPECT_EQ(acpi_table_check(p, 35, "test"), -EINVAL);
	EXPECT_EQ(acpi_table_check(p, 0, "test"), -EINVAL);
	p[99]++;
	EXPECT_EQ(acpi_table_check(p, 100, "test"), -EINVAL);
	for (u32 length = 0; length < 36; length++) {
		put_le(p + 4, length, 4);
		build_checksum(p, 36);
		EXPECT_EQ(acpi_table_check(p, 100, "test"), -EINVAL);
	}
	put_le(p + 4, UINT32_MAX, 4);
	EXPECT_EQ(acpi_table_check(p, SIZE_MAX, "test"), -EINVAL);
	put_le(p + 4, ACPI_TABLE_MAX + 1, 4);
	EXPECT_EQ(acpi_table_check(p, SIZE_MAX, "test"), -EINVAL);
}

TEST(acpi, first_valid_one_of_a_kind_is_kept)
{
	u8 *bad = table_at(0, "SRAT", 1, 50);
	u8 *first = table_at(100, "SRAT", 2, 60);
	u8 *second = table_at(200, "SRAT", 3, 60);
	u8 *other = table_at(300, "HPET", 1, 60);

	begin();
	bad[40]++;
	EXPECT_EQ(acpi_keep_table(&acpi, bad, 50, "bad"), -EINVAL);
	EXPECT_EQ(acpi_keep_table(&acpi, first, 60, "first"), 0);
	EXPECT_EQ(acpi_keep_table(&acpi, second, 60, "second"), -EEXIST);
	EXPECT_EQ(acpi_keep_table(&acpi, other, 60, "other"), -ENOENT);
	EXPECT_EQ(acpi_keep_table(&acpi, first, 3, "three bytes"), -ENOENT);
	ASSERT_TRUE(acpi.table[ACPI_SRAT]);
	EXPECT_EQ(acpi.table[ACPI_SRAT]->revision, 2);
	EXPECT_TRUE((const u8 *)acpi.table[ACPI_SRAT] != first);
	EXPECT_EQ(memcmp(acpi.table[ACPI_SRAT], first, 60), 0);
}

TEST(acpi, no_memory_to_keep_it)
{
	begin();
	pool_size = 59;
	EXPECT_EQ(acpi_keep_table(&acpi, table_at(0, "SLIT", 1, 60), 60, "x"),
		  -ENOMEM);
	EXPECT_FALSE(acpi.table[ACPI_SLIT]);
}

/*
 *	module:	0 SRAT  100 HPET  200 SLIT, broken  300 APIC  400
 *	before:	SRAT, SLIT, FACP of the firmware
 */
TEST(acpi, module_replaces_what_it_names)
{
	begin();
	acpi_keep_table(&acpi, table_at(0, "SRAT", 1, 40), 40, "fw");
	acpi_keep_table(&acpi, table_at(0, "SLIT", 1, 40), 40, "fw");
	acpi_keep_table(&acpi, table_at(0, "FACP", 1, 40), 40, "fw");
	table_at(0, "SRAT", 9, 100);
	table_at(100, "HPET", 9, 100);
	table_at(200, "SLIT", 9, 100)[50]++;
	table_at(300, "APIC", 9, 100);
	EXPECT_EQ(acpi_add_module(&acpi, buf, 400), 2);
	ASSERT_TRUE(acpi.table[ACPI_SRAT] && acpi.table[ACPI_MADT]);
	EXPECT_EQ(acpi.table[ACPI_SRAT]->revision, 9);
	EXPECT_EQ(acpi.table[ACPI_MADT]->revision, 9);
	EXPECT_FALSE(acpi.table[ACPI_SLIT]);
	EXPECT_TRUE(acpi.replaced[ACPI_SLIT]);
	ASSERT_TRUE(acpi.table[ACPI_FADT]);
	EXPECT_EQ(acpi.table[ACPI_FADT]->revision, 1);
	EXPECT_FALSE(acpi.replaced[ACPI_FADT]);
}

TEST(acpi, second_of_a_kind_in_a_module)
{
	begin();
	table_at(0, "SRAT", 1, 100)[50]++;
	table_at(100, "SRAT", 2, 100);
	table_at(200, "SRAT", 3, 100);
	EXPECT_EQ(acpi_add_module(&acpi, buf, 300), 1);
	ASSERT_TRUE(acpi.table[ACPI_SRAT]);
	EXPECT_EQ(acpi.table[ACPI_SRAT]->revision, 2);
}

/* Whatever part of the module there is: SRAT is out, SLIT stays. */
TEST(acpi, module_cut_anywhere)
{
	for (size_t size = 4; size < 100; size += 3) {
		begin();
		acpi_keep_table(&acpi, table_at(0, "SRAT", 1, 40), 40, "fw");
		acpi_keep_table(&acpi, table_at(0, "SLIT", 1, 40), 40, "fw");
		memmove(buf + sizeof(buf) - size, table_at(0, "SRAT", 9, 100),
			size);
		EXPECT_EQ(acpi_add_module(&acpi, buf + sizeof(buf) - size,
					  size), 0);
		EXPECT_FALSE(acpi.table[ACPI_SRAT]);
		EXPECT_TRUE(acpi.table[ACPI_SLIT]);
	}
	begin();
	EXPECT_EQ(acpi_add_module(&acpi, buf, 0), 0);
	/* A length below a header's hides where the next one begins. */
	put_le(table_at(0, "SRAT", 1, 100) + 4, 35, 4);
	table_at(100, "SLIT", 1, 100);
	EXPECT_EQ(acpi_add_module(&acpi, buf, 200), 0);
	EXPECT_FALSE(acpi.replaced[ACPI_SLIT]);
}

TEST(acpi, module_told_by_its_first_bytes)
{
	EXPECT_TRUE(acpi_module_looks_like("SRAT", 4));
	EXPECT_TRUE(acpi_module_looks_like("APIC-and-more", 13));
	EXPECT_FALSE(acpi_module_looks_like("SRA", 3));
	EXPECT_FALSE(acpi_module_looks_like("070701", 6));
	EXPECT_FALSE(acpi_module_looks_like("\x1f\x8b\x08\0", 4));
}
