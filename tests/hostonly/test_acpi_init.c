// SPDX-License-Identifier: MIT
/*
 * tests/hostonly/test_acpi_init.c - from the RSDP through simulated memory
 *
 *	0x40e EBDA segment   0x9fc00 EBDA     0xf5a00 RSDP (found by search)
 *	0x100000 XSDT        0x101000 RSDT    0x110000 SRAT, revision 1
 *	0x120000 SRAT, 2     0x130000 FACP    0x140000 DSDT   0x150000 SLIT
 *
 * Revisions tell by which way a table was found.
 */
#include <arch/host.h>
#include <kernel/errno.h>
#include <kernel/test.h>

#include "../kernel/acpi_build.h"

#define PHYS_SIZE HOST_PHYS_SIZE
#define RSDP	  0xf5a00
#define XSDT	  0x100000
#define RSDT	  0x101000
#define SRAT1	  0x110000
#define SRAT2	  0x120000
#define FACP	  0x130000
#define DSDT	  0x140000
#define SLIT	  0x150000

static struct acpi_tables acpi;
static u8 pool[8 * MiB];
static size_t pool_used;

static void *pool_alloc(void *ctx __unused, size_t size)
{
	void *p = pool + pool_used;

	if (sizeof(pool) - pool_used < size)
		return NULL;
	pool_used += size;
	return p;
}

static void put_table(paddr_t at, const char *signature, u8 revision,
		      size_t size)
{
	struct acpi_build b;

	build_begin(&b, host_phys(at), size, signature, revision, size);
	build_end(&b);
}

static void put_root(paddr_t at, const char *signature, size_t width,
		     const u64 *pointers, size_t nr)
{
	struct acpi_build b;

	build_begin(&b, host_phys(at), 36 + nr * width, signature, 1, 36);
	for (size_t i = 0; i < nr; i++)
		build_put(&b, &pointers[i], width);
	build_end(&b);
}

static void sum_rsdp(u8 *p)
{
	u8 sum = 0;

	p[8] = p[32] = 0;
	for (int i = 0; i < 20; i++)
		sum += p[i];
	p[8] = (u8)-sum;
	sum = 0;
	for (int i = 0; i < 36; i++)
		sum += p[i];
	p[32] = (u8)-sum;
}

static u8 *put_rsdp(paddr_t at, u8 revision, u32 rsdt, u64 xsdt)
{
	u8 *p = host_phys(at);

	memset(p, 0, 36);
	memcpy(p, "RSD PTR ", 8);
	p[15] = revision;
	put_le(p + 16, rsdt, 4);
	put_le(p + 20, 36, 4);
	put_le(p + 24, xsdt, 8);
	sum_rsdp(p);
	return p;
}

static void put_fadt(u32 dsdt, u64 x_dsdt, size_t size)
{
	put_table(FACP, "FACP", 3, size);
	put_le(host_phys(FACP + 40), dsdt, 4);
	if (size >= 148)
		put_le(host_phys(FACP + 140), x_dsdt, 8);
	build_checksum(host_phys(FACP), (u32)size);
}

/* XSDT leads to revision 2's SRAT, RSDT to revision 1's. */
static void build(void)
{
	static const u64 x[] = { SRAT2, FACP, SLIT }, r[] = { SRAT1, FACP };

	memset(host_phys(0), 0, 2 * MiB);
	put_table(SRAT1, "SRAT", 1, 48);
	put_table(SRAT2, "SRAT", 2, 48);
	put_table(SLIT, "SLIT", 1, 45);
	put_table(DSDT, "DSDT", 1, 64);
	put_fadt(DSDT, 0, 276);
	put_root(XSDT, "XSDT", 8, x, ARRAY_SIZE(x));
	put_root(RSDT, "RSDT", 4, r, ARRAY_SIZE(r));
	put_rsdp(RSDP, 2, RSDT, XSDT);
}

static int init(const u8 *rsdp, u32 len, paddr_t addr)
{
	pool_used = 0;
	acpi = (struct acpi_tables){ .alloc = pool_alloc };
	return acpi_init(&acpi, rsdp, len, addr);
}

/* The revision of the SRAT that was found; 0: none. */
static int srat_revision(void)
{
	return acpi.table[ACPI_SRAT] ? acpi.table[ACPI_SRAT]->revision : 0;
}

TEST(acpi_init, by_search_address_or_tag)
{
	static u8 tag[36];

	build();
	ASSERT_EQ(init(NULL, 0, 0), 0);
	EXPECT_EQ(srat_revision(), 2);
	EXPECT_TRUE(acpi.table[ACPI_SLIT]);
	EXPECT_TRUE(acpi.table[ACPI_FADT]);
	EXPECT_TRUE(acpi.table[ACPI_DSDT]);
	EXPECT_FALSE(acpi.table[ACPI_MADT]);

	memcpy(tag, host_phys(RSDP), 36);
	memset(host_phys(RSDP), 0, 36);
	EXPECT_EQ(init(NULL, 0, 0), -ENOENT);
	EXPECT_EQ(init(tag, 36, 0), 0);
	EXPECT_EQ(srat_revision(), 2);
	/* 20 bytes of it: the XSDT is not among them. */
	EXPECT_EQ(init(tag, 20, 0), 0);
	EXPECT_EQ(srat_revision(), 1);
	tag[0] = 'X';
	EXPECT_EQ(init(tag, 36, 0), -ENOENT);
	put_rsdp(0x180000, 2, RSDT, XSDT);
	EXPECT_EQ(init(tag, 36, 0x180000), 0);
	EXPECT_EQ(srat_revision(), 2);
	put_rsdp(PHYS_SIZE - 36, 0, RSDT, 0);
	memmove(host_phys(PHYS_SIZE - 20), host_phys(PHYS_SIZE - 36), 20);
	EXPECT_EQ(init(NULL, 0, PHYS_SIZE - 20), 0);
	EXPECT_EQ(srat_revision(), 1);
	EXPECT_EQ(init(NULL, 0, PHYS_SIZE - 19), -ENOENT);
	EXPECT_EQ(init(NULL, 0, UINT64_MAX), -ENOENT);
}

TEST(acpi_init, search_of_the_ebda)
{
	static const struct {
		u16 segment;
		paddr_t at;
		bool found;
	} cases[] = {
		{ 0x9fc0, 0x9fc00, true },  { 0x9fc0, 0x9fff0 - 0x20, true },
		{ 0x9fc0, 0x9fc08, false }, { 0x9fc0, 0x9f800, false },
		{ 0x8000, 0x80400, false }, { 0x0040, 0x400, false },
		{ 0xffff, 0xffff0, true }, /* by the ROM's area */
		{ 0, 0xe0000, true },	    { 0, 0xdfff0, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		build();
		memset(host_phys(RSDP), 0, 36);
		put_rsdp(cases[i].at, 2, RSDT, XSDT);
		put_le(host_phys(0x40e), cases[i].segment, 2);
		EXPECT_EQ(init(NULL, 0, 0), cases[i].found ? 0 : -ENOENT);
	}
	/* One that only looks like it comes first. */
	build();
	put_rsdp(0xe0000, 2, RSDT, XSDT)[8]++;
	EXPECT_EQ(init(NULL, 0, 0), 0);
}

TEST(acpi_init, when_the_rsdt_is_used)
{
	u8 *p;

	build();
	put_rsdp(RSDP, 0, RSDT, XSDT); /* version 0 has no XSDT */
	EXPECT_EQ(init(NULL, 0, 0), 0);
	EXPECT_EQ(srat_revision(), 1);
	put_rsdp(RSDP, 2, RSDT, XSDT)[32]++; /* extended checksum */
	EXPECT_EQ(init(NULL, 0, 0), 0);
	EXPECT_EQ(srat_revision(), 1);
	p = put_rsdp(RSDP, 2, RSDT, XSDT);
	put_le(p + 20, 0, 4);
	sum_rsdp(p);
	EXPECT_EQ(init(NULL, 0, 0), 0);
	EXPECT_EQ(srat_revision(), 1);

	static const u64 bad[] = { 0, PHYS_SIZE, UINT64_MAX - 3, SRAT2, RSDT };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		put_rsdp(RSDP, 2, RSDT, bad[i]);
		EXPECT_EQ(init(NULL, 0, 0), 0);
		EXPECT_EQ(srat_revision(), 1);
	}
	put_rsdp(RSDP, 2, RSDT, XSDT);
	host_phys(XSDT)[40]++;
	EXPECT_EQ(init(NULL, 0, 0), 0);
	EXPECT_EQ(srat_revision(), 1);
	put_rsdp(RSDP, 2, 0, 0);
	EXPECT_EQ(init(NULL, 0, 0), -EINVAL);
}

/* Zero, repeated, outside, to itself and to its twin: the rest is found. */
TEST(acpi_init, pointers_that_lead_nowhere)
{
	static const u64 x[] = { 0,	  UINT64_MAX, PHYS_SIZE - 2, XSDT, RSDT,
				 PHYS_SIZE - 10, 0x1fffff, SRAT2, SRAT2,
				 SRAT1,	  XSDT,	      SLIT,	     DSDT };

	build();
	put_root(XSDT, "XSDT", 8, x, ARRAY_SIZE(x));
	memcpy(host_phys(PHYS_SIZE - 10), "APIC", 4);
	EXPECT_EQ(init(NULL, 0, 0), 0);
	EXPECT_EQ(srat_revision(), 2);
	EXPECT_TRUE(acpi.table[ACPI_SLIT]);
	EXPECT_FALSE(acpi.table[ACPI_MADT]);
	EXPECT_FALSE(acpi.table[ACPI_DSDT]); /* only by way of the FADT */
}

TEST(acpi_init, root_with_too_many_or_no_pointers)
{
	static u64 many[600];

	build();
	put_root(XSDT, "XSDT", 8, many, 0);
	EXPECT_EQ(init(NULL, 0, 0), 0);
	EXPECT_EQ(srat_revision(), 0);
	for (size_t i = 0; i < 600; i++)
		many[i] = DSDT;
	many[511] = SLIT;
	many[512] = SRAT2;
	put_root(0x180000, "XSDT", 8, many, 600);
	put_rsdp(RSDP, 2, RSDT, 0x180000);
	EXPECT_EQ(init(NULL, 0, 0), 0);
	EXPECT_TRUE(acpi.table[ACPI_SLIT]);
	EXPECT_EQ(srat_revision(), 0);
}

TEST(acpi_init, broken_tables_are_passed_over)
{
	static const u32 lengths[] = { 0, 35, 49, 0x7fffffff, UINT32_MAX };

	build();
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		put_le(host_phys(SRAT2 + 4), lengths[i], 4);
		EXPECT_EQ(init(NULL, 0, 0), 0);
		EXPECT_EQ(srat_revision(), 0);
		EXPECT_TRUE(acpi.table[ACPI_SLIT]);
	}
	/* A second, valid one takes its place. */
	static const u64 x[] = { SRAT2, SRAT1 };

	put_root(XSDT, "XSDT", 8, x, 2);
	EXPECT_EQ(init(NULL, 0, 0), 0);
	EXPECT_EQ(srat_revision(), 1);
}

TEST(acpi_init, which_dsdt)
{
	build();
	put_table(0x160000, "DSDT", 7, 64);
	put_fadt(DSDT, 0x160000, 276);
	EXPECT_EQ(init(NULL, 0, 0), 0);
	ASSERT_TRUE(acpi.table[ACPI_DSDT]);
	EXPECT_EQ(acpi.table[ACPI_DSDT]->revision, 7);
	put_fadt(DSDT, 0x160000, 147); /* too short for X_DSDT */
	EXPECT_EQ(init(NULL, 0, 0), 0);
	ASSERT_TRUE(acpi.table[ACPI_DSDT]);
	EXPECT_EQ(acpi.table[ACPI_DSDT]->revision, 1);
	put_fadt(SLIT, 0, 276);
	EXPECT_EQ(init(NULL, 0, 0), 0);
	EXPECT_FALSE(acpi.table[ACPI_DSDT]);
	put_fadt(DSDT, 0, 43);
	EXPECT_EQ(init(NULL, 0, 0), 0);
	EXPECT_FALSE(acpi.table[ACPI_DSDT]);

	/* Byte code may be longer than any other table, up to 4 MiB. */
	put_table(0x400000, "DSDT", 8, 4 * MiB);
	put_fadt(0x400000, 0, 276);
	EXPECT_EQ(init(NULL, 0, 0), 0);
	EXPECT_TRUE(acpi.table[ACPI_DSDT]);
	put_table(0x400000, "DSDT", 8, 4 * MiB + 1);
	EXPECT_EQ(init(NULL, 0, 0), 0);
	EXPECT_FALSE(acpi.table[ACPI_DSDT]);
}
