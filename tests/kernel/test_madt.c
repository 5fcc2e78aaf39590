// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_madt.c - CPUs and interrupt controllers out of the MADT
 */
#include <kernel/errno.h>
#include <kernel/test.h>

#include "acpi_build.h"

static struct madt_info madt;
static u8 buf[4 * KiB];
static struct acpi_build b;

static void begin(void)
{
	build_begin(&b, buf, sizeof(buf), "APIC", 3, 36);
	build_put(&b, "\x00\x00\xe0\xfe\x01\x00\x00\x00", 8);
}

static void add_cpu(u8 apic_id, u32 flags)
{
	u8 *e = build_entry(&b, 0, 8);

	e[3] = apic_id;
	put_le(e + 4, flags, 4);
}

static void add_x2apic(u32 apic_id, u32 flags)
{
	u8 *e = build_entry(&b, 9, 16);

	put_le(e + 4, apic_id, 4);
	put_le(e + 8, flags, 4);
}

static void add_override(u8 bus, u8 irq, u32 gsi, u16 flags)
{
	u8 *e = build_entry(&b, 2, 10);

	e[2] = bus;
	e[3] = irq;
	put_le(e + 4, gsi, 4);
	put_le(e + 8, flags, 2);
}

static int parse(void)
{
	return acpi_parse_madt(build_end(&b), &madt);
}

TEST(madt, all_types)
{
	u8 *e;

	begin();
	add_cpu(0, 1);
	add_cpu(1, 0); /* not there */
	add_cpu(2, 2); /* may be plugged in later */
	add_cpu(3, 3);
	add_x2apic(300, 1);
	add_x2apic(301, 0);
	e = build_entry(&b, 1, 12);
	e[2] = 8;
	put_le(e + 4, 0xfec00000, 4);
	put_le(e + 8, 24, 4);
	add_override(0, 0, 2, 0);
	add_override(0, 9, 9, 0xd);  /* high, level */
	add_override(0, 11, 20, 0xf); /* low, level */
	build_entry(&b, 4, 6); /* NMI of local APICs: passed over */
	ASSERT_EQ(parse(), 0);
	EXPECT_EQ(madt.lapic_addr, 0xfee00000);
	EXPECT_TRUE(madt.has_8259);
	ASSERT_EQ(madt.nr_cpus, 3);
	EXPECT_EQ(madt.apic_id[0], 0);
	EXPECT_EQ(madt.apic_id[1], 3);
	EXPECT_EQ(madt.apic_id[2], 300);
	EXPECT_EQ(madt.nr_cpus_ignored, 0);
	ASSERT_EQ(madt.nr_ioapics, 1);
	EXPECT_EQ(madt.ioapic[0].id, 8);
	EXPECT_EQ(madt.ioapic[0].addr, 0xfec00000);
	EXPECT_EQ(madt.ioapic[0].gsi_base, 24);
	EXPECT_EQ(madt.isa_irq[0].gsi, 2);
	EXPECT_EQ(madt.isa_irq[1].gsi, 1);
	EXPECT_FALSE(madt.isa_irq[1].level);
	EXPECT_TRUE(madt.isa_irq[9].level);
	EXPECT_FALSE(madt.isa_irq[9].active_low);
	EXPECT_EQ(madt.isa_irq[11].gsi, 20);
	EXPECT_TRUE(madt.isa_irq[11].active_low);
	EXPECT_TRUE(madt.isa_irq[11].level);
}

TEST(madt, address_override)
{
	begin();
	put_le(build_entry(&b, 5, 12) + 4, 0x1234567000, 8);
	EXPECT_EQ(parse(), 0);
	EXPECT_EQ(madt.lapic_addr, 0x1234567000);
}

TEST(madt, more_of_all_than_is_kept)
{
	begin();
	for (u32 i = 0; i < MADT_MAX_CPUS + 6; i++)
		add_cpu((u8)i, 1);
	for (u32 i = 0; i < MADT_MAX_IOAPICS + 2; i++)
		build_entry(&b, 1, 12)[2] = (u8)i;
	EXPECT_EQ(parse(), 0);
	EXPECT_EQ(madt.nr_cpus, MADT_MAX_CPUS);
	EXPECT_EQ(madt.nr_cpus_ignored, 6);
	EXPECT_EQ(madt.nr_ioapics, MADT_MAX_IOAPICS);
	EXPECT_EQ(madt.ioapic[7].id, 7);
}

TEST(madt, entries_that_are_ignored)
{
	begin();
	add_cpu(4, 1);
	add_cpu(4, 1);
	add_x2apic(4, 1);
	add_cpu(0xff, 1);
	add_override(1, 3, 7, 0);   /* not the ISA bus */
	add_override(0, 16, 7, 0);  /* ISA has 16 */
	add_override(0, 255, 7, 0);
	build_entry(&b, 0, 7)[3] = 9; /* too short for its type */
	build_entry(&b, 1, 11);
	add_cpu(5, 1);
	EXPECT_EQ(parse(), 0);
	ASSERT_EQ(madt.nr_cpus, 2);
	EXPECT_EQ(madt.apic_id[1], 5);
	EXPECT_EQ(madt.nr_ioapics, 0);
	EXPECT_EQ(madt.isa_irq[3].gsi, 3);
}

TEST(madt, lengths_that_end_the_walk)
{
	static const u8 lengths[] = { 0, 1, 17, 255 };

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		begin();
		add_cpu(0, 1);
		add_cpu(7, 1);
		b.table[b.used - 7] = lengths[i]; /* this CPU's */
		add_cpu(1, 1);
		EXPECT_EQ(parse(), 0);
		EXPECT_EQ(madt.nr_cpus, 1);
	}
	begin();
	build_put(&b, "", 1); /* a type and no length */
	EXPECT_EQ(parse(), 0);
	begin();
	b.used = 43;
	EXPECT_EQ(parse(), -EINVAL);
	EXPECT_EQ(madt.isa_irq[15].gsi, 15);
}
