// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_srat.c - SRAT entries of each type, good and malformed
 */
#include <kernel/errno.h>
#include <kernel/test.h>
#include <mm/numa.h>

#include "acpi_build.h"

static struct numa_info info;
static u8 buf[16 * KiB];
static struct acpi_build b;

static void begin(u8 revision)
{
	build_begin(&b, buf, sizeof(buf), "SRAT", revision, 48);
	numa_init_info(&info);
}

static u8 *add_cpu(u32 pxm, u8 apic_id, u32 flags)
{
	u8 *e = build_entry(&b, 0, 16);

	e[2] = (u8)pxm;
	e[3] = apic_id;
	put_le(e + 4, flags, 4);
	put_le(e + 9, pxm >> 8, 3);
	return e;
}

static u8 *add_x2apic(u32 pxm, u32 apic_id, u32 flags)
{
	u8 *e = build_entry(&b, 2, 24);

	put_le(e + 4, pxm, 4);
	put_le(e + 8, apic_id, 4);
	put_le(e + 12, flags, 4);
	return e;
}

static u8 *add_memory(u32 pxm, u64 base, u64 length, u32 flags)
{
	u8 *e = build_entry(&b, 1, 40);

	put_le(e + 2, pxm, 4);
	put_le(e + 8, base, 8);
	put_le(e + 16, length, 8);
	put_le(e + 28, flags, 4);
	return e;
}

static int parse(void)
{
	return acpi_parse_srat(build_end(&b), &info);
}

/* After a refusal nothing is left of what was read before the bad entry. */
static bool info_is_empty(void)
{
	return !info.nr_nodes && !info.nr_cpus && !info.meminfo.nr_blks &&
	       !node_isset(0, &info.nodes_parsed) &&
	       !node_isset(0, &info.cpu_nodes);
}

/*
 *	table:	cpu 0 -> 5, mem 3, cpu 300 -> 3, mem 5 (twice), mem 8
 *	ids:	CPUs first: 5 is node 0, 3 is node 1; then 8 is node 2
 */
TEST(srat, all_types)
{
	begin(3);
	add_cpu(5, 0, 1);
	add_memory(3, 4 * GiB, GiB, 1);
	add_x2apic(3, 300, 1);
	add_memory(5, 0, 640 * KiB, 1);
	add_memory(5, MiB, GiB - MiB, 1);
	build_entry(&b, 5, 32); /* generic initiator: passed over */
	add_memory(8, 8 * GiB, GiB, 1 | 2);
	add_memory(8, 16 * GiB, GiB, 1 | 4);
	ASSERT_EQ(parse(), 0);
	EXPECT_EQ(info.nr_nodes, 3);
	EXPECT_EQ(info.pxm[0], 5);
	EXPECT_EQ(info.pxm[1], 3);
	EXPECT_EQ(info.pxm[2], 8);
	ASSERT_EQ(info.nr_cpus, 2);
	EXPECT_EQ(info.cpus[1].apic_id, 300);
	EXPECT_EQ(info.cpus[1].nid, 1);
	ASSERT_EQ(info.meminfo.nr_blks, 5);
	EXPECT_EQ(info.meminfo.blk[0].nid, 1);
	EXPECT_EQ(info.meminfo.blk[0].start, 4 * GiB);
	EXPECT_EQ(info.meminfo.blk[0].end, 5 * GiB);
	EXPECT_EQ(info.meminfo.blk[2].nid, 0);
	EXPECT_FALSE(info.meminfo.blk[2].hotplug);
	EXPECT_TRUE(info.meminfo.blk[3].hotplug);
	EXPECT_FALSE(info.meminfo.blk[4].hotplug);
	EXPECT_TRUE(node_isset(2, &info.nodes_parsed));
	EXPECT_TRUE(node_isset(1, &info.cpu_nodes));
	EXPECT_FALSE(node_isset(2, &info.cpu_nodes));
}

TEST(srat, second_mention_of_a_cpu)
{
	begin(3);
	add_cpu(0, 4, 1);
	add_x2apic(1, 4, 1);
	add_memory(0, 0, GiB, 1);
	ASSERT_EQ(parse(), 0);
	ASSERT_EQ(info.nr_cpus, 1);
	EXPECT_EQ(info.cpus[0].nid, 0);
	EXPECT_FALSE(node_isset(1, &info.cpu_nodes));
}

/* Seen on a Dell R820: unused entries name a domain that is nobody's. */
TEST(srat, disabled_entries_name_no_domain)
{
	begin(1);
	add_cpu(7, 0, 0);
	add_x2apic(8, 0, 2);
	add_memory(9, 0, GiB, 2 | 4);
	add_memory(6, UINT64_MAX, UINT64_MAX, 0);
	add_memory(1, 0, GiB, 1);
	ASSERT_EQ(parse(), 0);
	EXPECT_EQ(info.nr_nodes, 1);
	EXPECT_EQ(info.pxm[0], 1);
	EXPECT_EQ(info.nr_cpus, 0);
	EXPECT_EQ(info.meminfo.nr_blks, 1);
}

/* Revision 1 has 8 bits of domain and garbage above; 2 has 32. */
TEST(srat, width_of_a_domain)
{
	begin(1);
	add_cpu(0x301, 0, 1);
	add_memory(0xabcd0002, 0, GiB, 1);
	ASSERT_EQ(parse(), 0);
	EXPECT_EQ(info.pxm[0], 1);
	EXPECT_EQ(info.pxm[1], 2);
	begin(2);
	add_cpu(0x301, 0, 1)[8] = 0xee; /* local SAPIC EID: not the domain's */
	add_memory(0x302, 0, GiB, 1);
	ASSERT_EQ(parse(), 0);
	EXPECT_EQ(info.pxm[0], 0x301);
	EXPECT_EQ(info.pxm[1], 0x302);
}

TEST(srat, one_malformed_entry_spoils_the_table)
{
	static const struct {
		u8 type, length;
	} bad[] = {
		{ 0, 15 }, { 1, 39 }, { 2, 23 }, { 0, 0 }, { 1, 1 }, { 77, 0 },
		{ 77, 1 }, { 0, 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		begin(2);
		add_cpu(0, 0, 1);
		add_memory(0, 0, GiB, 1);
		build_entry(&b, bad[i].type, 40)[1] = bad[i].length;
		EXPECT_EQ(parse(), -EINVAL);
		EXPECT_TRUE(info_is_empty());
	}
}

TEST(srat, entries_that_pass_the_end)
{
	for (u8 cut = 1; cut < 40; cut++) {
		begin(2);
		add_memory(0, 0, GiB, 1);
		add_memory(1, GiB, GiB, 1);
		b.used -= cut;
		EXPECT_EQ(parse(), -EINVAL);
		EXPECT_TRUE(info_is_empty());
	}
	begin(2);
	b.used = 36; /* a header and nothing else */
	EXPECT_EQ(parse(), -EINVAL);
	b.used = 47;
	EXPECT_EQ(parse(), -EINVAL);
}

TEST(srat, needs_memory)
{
	begin(2);
	EXPECT_EQ(parse(), -EINVAL);
	add_cpu(3, 0, 1);
	add_memory(3, GiB, 0, 1);
	EXPECT_EQ(parse(), -EINVAL);
	EXPECT_TRUE(info_is_empty());
}

TEST(srat, ranges_that_wrap)
{
	begin(2);
	add_memory(0, 0, GiB, 1);
	add_memory(1, UINT64_MAX - 4095, 8192, 1);
	EXPECT_EQ(parse(), -EINVAL);
	EXPECT_TRUE(info_is_empty());
	/* The last byte of 2^64 cannot be said by a half-open range. */
	begin(2);
	add_memory(0, UINT64_MAX - 4095, 4096, 1);
	EXPECT_EQ(parse(), -EINVAL);
	begin(2);
	add_memory(0, UINT64_MAX - 4095, 4095, 1);
	EXPECT_EQ(parse(), 0);
}

TEST(srat, domains_too_many_and_too_large)
{
	begin(2);
	for (u32 i = 0; i < MAX_NUMNODES; i++)
		add_memory(i, i * GiB, GiB, 1);
	EXPECT_EQ(parse(), 0);
	EXPECT_EQ(info.nr_nodes, MAX_NUMNODES);
	numa_init_info(&info);
	add_memory(MAX_NUMNODES, MAX_NUMNODES * GiB, GiB, 1);
	EXPECT_EQ(parse(), -EINVAL);
	EXPECT_TRUE(info_is_empty());

	begin(2);
	add_memory(UINT32_MAX, 0, GiB, 1);
	EXPECT_EQ(parse(), -EINVAL);
}

TEST(srat, more_ranges_than_are_kept)
{
	begin(2);
	for (u64 i = 0; i <= NR_NODE_MEMBLKS; i++)
		add_memory(0, i * GiB, GiB, 1);
	EXPECT_EQ(parse(), -EINVAL);
	EXPECT_TRUE(info_is_empty());
}
