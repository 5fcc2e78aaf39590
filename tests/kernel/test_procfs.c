// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_procfs.c - files of /proc and /sys against the machine that
 * they describe, which is QEMU's in the kernel and a made-up one on the host
 */
#include <kernel/main.h>
#include <kernel/smp.h>
#include <mm/mm_state.h>
#include <mm/node_stat.h>

#include "pgtable_fixture.h"
#include "vfile_fixture.h"

static u64 sum_pages(bool free)
{
	u64 sum = 0;

	for (u32 n = 0; n < MAX_NUMNODES; n++)
		for (u32 z = 0; z < MAX_NR_ZONES; z++) {
			const struct zone *zone =
				&kernel_mm()->nodes[n].zones[z];

			sum += free ? zone->nr_free_pages :
				      zone->managed_pages;
		}
	return sum;
}

TEST(procfs, meminfo_adds_up)
{
	if (!read_file(t, "/proc/meminfo"))
		return;
	EXPECT_EQ(value_of(t, "MemTotal:"), sum_pages(false) * 4);
	EXPECT_EQ(value_of(t, "MemFree:"), sum_pages(true) * 4);
	EXPECT_LE(value_of(t, "MemAvailable:"), value_of(t, "MemFree:"));
	EXPECT_EQ(count_text("\n"), 60);
	EXPECT_EQ(count_text(" kB\n"), 56);
	/* "name:" and number end in the same columns, as in Linux. */
	EXPECT_TRUE(strstr(text, "\nInactive(file):        0 kB\n") != NULL);
	EXPECT_TRUE(strstr(text, "\nHardwareCorrupted:     0 kB\n") != NULL);
	EXPECT_TRUE(strstr(text, "\nHugepagesize:       2048 kB\n") != NULL);
	EXPECT_TRUE(strstr(text, "\nDirectMap1G:    ") != NULL);
}

/* In use, then freed and not yet purged, then gone. */
TEST(procfs, vmallocinfo_follows_an_area)
{
	u64 others = kernel_mm()->vmalloc.nr_pages; /* stacks of threads */
	char line[80];
	char *area = vmalloc(5 * PAGE_SIZE);

	ASSERT_TRUE(area != NULL);
	snprintf(line, sizeof(line), "0x%016lx-0x%016lx %7u ", (u64)area,
		 (u64)area + 6 * PAGE_SIZE, 24576);
	if (read_file(t, "/proc/vmallocinfo")) {
		EXPECT_EQ(count_text(line), 1);
		EXPECT_EQ(count_text(" pages=5 vmalloc N"), 1);
		EXPECT_EQ(count_text("vmallocinfo_follows_an_area"), 1);
	}
	if (read_file(t, "/proc/meminfo"))
		EXPECT_EQ(value_of(t, "VmallocUsed:"), others * 4 + 20);
	vfree(area);
	strscpy(line + strlen(line), "unpurged vm_area\n",
		sizeof(line) - strlen(line));
	if (read_file(t, "/proc/vmallocinfo"))
		EXPECT_EQ(count_text(line), 1);
	vmalloc_purge();
	if (read_file(t, "/proc/vmallocinfo"))
		EXPECT_EQ(count_text(line), 0);
}

TEST(procfs, zoneinfo_has_every_zone)
{
	if (!read_file(t, "/proc/zoneinfo"))
		return;
	EXPECT_EQ(count_text(", zone "), kernel_mm()->nr_online_nodes * 5);
	EXPECT_EQ(count_text("        protection: ("),
		  kernel_mm()->nr_online_nodes * 5);
	EXPECT_EQ(count_text("\n  start_pfn:           "), nr_populated());
	EXPECT_EQ(count_text("\n      nr_free_pages "), nr_populated());
	EXPECT_TRUE(strstr(text, "Node 0, zone      DMA\n") == text);
	EXPECT_TRUE(strstr(text, "\nNode 0, zone   Device\n"
				 "  pages free     0\n"
				 "        boost    0\n") != NULL);
}

TEST(procfs, zoneinfo_shows_the_zone)
{
	const struct zone *zone = kernel_mm()->nodes[0].zones;
	char want[256];

	while (!populated_zone(zone))
		if (++zone == kernel_mm()->nodes[0].zones + MAX_NR_ZONES)
			SKIP("node 0 has no memory");
	if (!read_file(t, "/proc/zoneinfo"))
		return;
	snprintf(want, sizeof(want),
		 "\n        spanned  %lu\n        present  %lu\n"
		 "        managed  %lu\n        cma      0\n",
		 zone->spanned_pages, zone->present_pages,
		 zone->managed_pages);
	EXPECT_TRUE(strstr(text, want) != NULL);
	snprintf(want, sizeof(want), "\n        low      %lu\n",
		 zone->watermark[WMARK_LOW] + zone->watermark_boost);
	EXPECT_TRUE(strstr(text, want) != NULL);
}

TEST(procfs, iomem_holds_the_kernel)
{
	if (!read_file(t, "/proc/iomem"))
		return;
	EXPECT_EQ(count_text("  "), 4);
	EXPECT_EQ(count_text("\n"), kernel_mm()->e820.nr_entries + 4);
	EXPECT_EQ(count_text(" : Kernel code\n"), 1);
	EXPECT_EQ(count_text(" : Kernel bss\n"), 1);
	EXPECT_TRUE(count_text(" : System RAM\n") > 0);
}

TEST(procfs, node_files)
{
	u64 total = 0, used = 0, nr = 0;
	char path[64], label[40];

	for (u32 n = 0; n < MAX_NUMNODES; n++) {
		if (!kernel_mm()->nodes[n].online)
			continue;
		nr++;
		snprintf(path, sizeof(path),
			 "/sys/devices/system/node/node%u/meminfo", n);
		if (!read_file(t, path))
			return;
		snprintf(label, sizeof(label), "Node %u MemTotal:", n);
		total += value_of(t, label);
		snprintf(label, sizeof(label), "Node %u MemUsed:", n);
		used += value_of(t, label);
		EXPECT_EQ(count_text("\n"), 40);
	}
	EXPECT_EQ(nr, kernel_mm()->nr_online_nodes);
	EXPECT_EQ(total, sum_pages(false) * 4);
	EXPECT_EQ(used, (sum_pages(false) - sum_pages(true)) * 4);
}

TEST(procfs, node_sets)
{
	u32 first = 0;
	char want[16];

	while (first < MAX_NUMNODES - 1 && !kernel_mm()->nodes[first].online)
		first++;
	if (!read_file(t, "/sys/devices/system/node/online"))
		return;
	snprintf(want, sizeof(want), "%u", first);
	EXPECT_TRUE(str_has_prefix(text, want));
	EXPECT_EQ(count_text("\n"), 1);
	snprintf(want, sizeof(want), "-%u\n", kernel_mm()->nr_online_nodes - 1);
	if (kernel_mm()->nr_online_nodes > 1 && first == 0)
		EXPECT_TRUE(strstr(text, want) != NULL);
	read_file(t, "/sys/devices/system/node/has_memory");
	EXPECT_TRUE(text[0] >= '0' && text[0] <= '9');
	read_file(t, "/sys/devices/system/node/node0/distance");
	EXPECT_TRUE(str_has_prefix(text, "10"));
	EXPECT_EQ(count_text(" "), kernel_mm()->nr_online_nodes - 1);
}

TEST(procfs, uptime_and_cmdline)
{
	if (!read_file(t, "/proc/uptime"))
		return;
	EXPECT_EQ(count_text("."), 2);
	EXPECT_TRUE(read_file(t, "/proc/cmdline"));
	EXPECT_EQ(count_text("\n"), 1);
}

TEST(procfs, rcu_counts_callbacks_of_each_cpu)
{
	ASSERT_TRUE(read_file(t, "/proc/tangram/rcu"));
	EXPECT_EQ(count_text("\n"), 3 + num_online_cpus());
	EXPECT_EQ(count_text("grace periods"), 1);
	EXPECT_EQ(count_text(" 0x"), 1);
}

/* Counters of nodes: the same number in three files. */
TEST(procfs, page_tables_are_counted)
{
	struct mm_struct *mm = test_mm_begin(t);
	u64 tables = global_node_page_state(NR_PAGETABLE);

	ASSERT_TRUE(mm && tables);
	if (read_file(t, "/proc/vmstat"))
		EXPECT_EQ(value_of(t, "nr_page_table_pages "), tables);
	if (read_file(t, "/proc/meminfo"))
		EXPECT_EQ(value_of(t, "PageTables:"), tables * 4);
	if (read_file(t, "/proc/tangram/tlb"))
		EXPECT_EQ(count_text("dropped"), NR_TLB_REASONS);
	test_mm_end(t, mm);
}
