// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_acpi_power.c - S5 in made-up byte code
 */
#include <kernel/errno.h>
#include <kernel/test.h>

#include "acpi_build.h"

static u8 fadt[276], dsdt[256];
static struct acpi_build b;
static struct acpi_s5 s5;

static void begin_fadt(size_t length)
{
	build_begin(&b, fadt, sizeof(fadt), "FACP", 3, length);
	put_le(fadt + 64, 0x604, 4);
	put_le(fadt + 112, 1 << 10, 4);
	fadt[116] = 1;
	put_le(fadt + 120, 0xcf9, 8);
	fadt[128] = 0x0f;
	build_end(&b);
}

/* Find S5 in a DSDT that holds these bytes. */
static int find(const void *aml, size_t n)
{
	static struct acpi_tables acpi;

	build_begin(&b, dsdt, sizeof(dsdt), "DSDT", 1, 36);
	build_put(&b, aml, n);
	acpi.table[ACPI_DSDT] = build_end(&b);
	acpi.table[ACPI_FADT] = (const struct acpi_header *)fadt;
	return acpi_find_s5(&acpi, &s5);
}

#define FIND(bytes) find(bytes, sizeof(bytes) - 1)

/* QEMU's: Name (_S5, Package (4) { 0, 0, 0, 0 }). */
TEST(acpi_power, the_forms_that_firmware_writes)
{
	begin_fadt(276);
	EXPECT_EQ(FIND("\x08_S5_\x12\x06\x04\x00\x00\x00\x00"), 0);
	EXPECT_EQ(s5.pm1a_cnt, 0x604);
	EXPECT_EQ(s5.pm1b_cnt, 0);
	EXPECT_EQ(s5.slp_typa, 0);
	EXPECT_EQ(s5.reset_port, 0xcf9);
	EXPECT_EQ(s5.reset_value, 0x0f);

	EXPECT_EQ(FIND("\xa5\x08\\_S5_\x12\x08\x04\x0a\x05\x0a\x07\x00\x00"), 0);
	EXPECT_EQ(s5.slp_typa, 5);
	EXPECT_EQ(s5.slp_typb, 7);
	/* A PkgLength of two bytes, a word, and One. */
	EXPECT_EQ(FIND("\x08_S5_\x12\x48\x00\x02\x0b\x06\x00\x01"), 0);
	EXPECT_EQ(s5.slp_typa, 6);
	EXPECT_EQ(s5.slp_typb, 1);
	EXPECT_EQ(FIND("\x08_S5_\x12\x07\x01\x0c\x03\x00\x00\x00"), 0);
	EXPECT_EQ(s5.slp_typa, 3);
	EXPECT_EQ(s5.slp_typb, 0);
}

TEST(acpi_power, byte_code_that_is_something_else)
{
	begin_fadt(276);
	EXPECT_EQ(FIND(""), -ENOENT);
	EXPECT_EQ(FIND("_S5_\x12\x06\x04\x00\x00\x00\x00"), -ENOENT);
	EXPECT_EQ(FIND("\x08_S4_\x12\x06\x04\x00\x00\x00\x00"), -ENOENT);
	EXPECT_EQ(FIND("\x08_S5_\x11\x06\x04\x00\x00\x00\x00"), -ENOENT);
	EXPECT_EQ(FIND("\x08_S5_\x12\x06\x00\x00\x00\x00\x00"), -ENOENT);
	EXPECT_EQ(FIND("\x08_S5_\x12\x06\x04\x70\x00\x00\x00"), -ENOENT);
	/* A false one first does not hide the true one. */
	EXPECT_EQ(FIND("\x08_S5_\x14\x08_S5_\x12\x06\x04\x01\x01\x00\x00"), 0);
	EXPECT_EQ(s5.slp_typb, 1);
}

/* However much of the package the table's end cuts off. */
TEST(acpi_power, stops_at_the_end)
{
	static const char aml[] = "\x08_S5_\x12\x4a\x00\x02\x0c\x05\x00\x00"
				  "\x00\x0b\x06\x00";

	begin_fadt(276);
	for (size_t n = 0; n < sizeof(aml) - 1; n++)
		EXPECT_EQ(find(aml, n), -ENOENT);
	EXPECT_EQ(find(aml, sizeof(aml) - 1), 0);
}

TEST(acpi_power, short_and_odd_fadt)
{
	static const char good[] = "\x08_S5_\x12\x06\x04\x01\x01\x00\x00";
	static struct acpi_tables none;

	EXPECT_EQ(acpi_find_s5(&none, &s5), -ENOENT);
	begin_fadt(116); /* ACPI 1.0: no reset register */
	EXPECT_EQ(FIND(good), 0);
	EXPECT_EQ(s5.reset_port, 0);
	begin_fadt(64);
	EXPECT_EQ(FIND(good), -ENOENT);
	begin_fadt(276);
	put_le(fadt + 64, 0x10604, 4); /* no port has 17 bits */
	EXPECT_EQ(FIND(good), -ENOENT);
	EXPECT_EQ(s5.reset_port, 0xcf9);
	begin_fadt(276);
	fadt[116] = 0; /* in memory space */
	EXPECT_EQ(FIND(good), 0);
	EXPECT_EQ(s5.reset_port, 0);
	begin_fadt(276);
	put_le(fadt + 112, 0, 4);
	EXPECT_EQ(FIND(good), 0);
	EXPECT_EQ(s5.reset_port, 0);
}
