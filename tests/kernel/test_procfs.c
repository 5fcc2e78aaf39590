// SPDX-License-Identifier: MIT
/*
 * The files of /proc and /sys against the machine that they describe, which
 * is QEMU's in the kernel and a made-up one on the host.
 */
#include <kernel/main.h>
#include <kernel/test.h>
#include <kernel/vfile.h>
#include <mm/mm_state.h>

static char text[128 * KiB];

static void append(struct seq *s, const char *more, size_t len)
{
	u64 have = s->written - len;

	if (have + len < sizeof(text))
		memcpy(text + have, more, len + 1);
}

static bool read_file(struct test *t, const char *path)
{
	struct seq s = { .write = append };
	int err;

	memset(text, 0, sizeof(text));
	err = vfile_read(path, &s);
	EXPECT_EQ(err, 0);
	if (s.written >= sizeof(text))
		test_skip(t, "too many nodes for this test's buffer");
	return !err && s.written < sizeof(text);
}

static u32 count(const char *what)
{
	u32 nr = 0;

	for (const char *p = strstr(text, what); p; p = strstr(p + 1, what))
		nr++;
	return nr;
}

/* The number behind a label that starts a line. */
static u64 value_of(struct test *t, const char *label)
{
	const char *p = text, *end;
	bool overflow;

	while (p && strncmp(p, label, strlen(label))) {
		p = strchr(p, '\n');
		p = p ? p + 1 : NULL;
	}
	if (!p) {
		test_fail(t, __FILE__, __LINE__, "no line '%s'", label);
		return 0;
	}
	for (p += strlen(label); *p == ' ';)
		p++;
	return memparse(p, &end, &overflow);
}

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

static u32 nr_populated(void)
{
	u32 nr = 0;

	for (u32 n = 0; n < MAX_NUMNODES; n++)
		for (u32 z = 0; z < MAX_NR_ZONES; z++)
			nr += populated_zone(&kernel_mm()->nodes[n].zones[z]);
	return nr;
}

TEST(procfs, meminfo_adds_up)
{
	if (!read_file(t, "/proc/meminfo"))
		return;
	EXPECT_EQ(value_of(t, "MemTotal:"), sum_pages(false) * 4);
	EXPECT_EQ(value_of(t, "MemFree:"), sum_pages(true) * 4);
	EXPECT_LE(value_of(t, "MemAvailable:"), value_of(t, "MemFree:"));
	EXPECT_EQ(count("\n"), 60);
	EXPECT_EQ(count(" kB\n"), 56);
	/* "name:" and number end in the same columns, as in Linux. */
	EXPECT_TRUE(strstr(text, "\nInactive(file):        0 kB\n") != NULL);
	EXPECT_TRUE(strstr(text, "\nHardwareCorrupted:     0 kB\n") != NULL);
	EXPECT_TRUE(strstr(text, "\nHugepagesize:       2048 kB\n") != NULL);
	EXPECT_TRUE(strstr(text, "\nDirectMap1G:    ") != NULL);
}

TEST(procfs, zoneinfo_has_every_zone)
{
	if (!read_file(t, "/proc/zoneinfo"))
		return;
	EXPECT_EQ(count(", zone "), kernel_mm()->nr_online_nodes * 5);
	EXPECT_EQ(count("        protection: ("),
		  kernel_mm()->nr_online_nodes * 5);
	EXPECT_EQ(count("\n  start_pfn:           "), nr_populated());
	EXPECT_EQ(count("\n      nr_free_pages "), nr_populated());
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
	EXPECT_EQ(count("  "), 4);
	EXPECT_EQ(count("\n"), kernel_mm()->e820.nr_entries + 4);
	EXPECT_EQ(count(" : Kernel code\n"), 1);
	EXPECT_EQ(count(" : Kernel bss\n"), 1);
	EXPECT_TRUE(count(" : System RAM\n") > 0);
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
		EXPECT_EQ(count("\n"), 40);
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
	EXPECT_EQ(count("\n"), 1);
	snprintf(want, sizeof(want), "-%u\n", kernel_mm()->nr_online_nodes - 1);
	if (kernel_mm()->nr_online_nodes > 1 && first == 0)
		EXPECT_TRUE(strstr(text, want) != NULL);
	read_file(t, "/sys/devices/system/node/has_memory");
	EXPECT_TRUE(text[0] >= '0' && text[0] <= '9');
	read_file(t, "/sys/devices/system/node/node0/distance");
	EXPECT_TRUE(str_has_prefix(text, "10"));
	EXPECT_EQ(count(" "), kernel_mm()->nr_online_nodes - 1);
}

TEST(procfs, uptime_and_cmdline)
{
	if (!read_file(t, "/proc/uptime"))
		return;
	EXPECT_EQ(count("."), 2);
	EXPECT_TRUE(read_file(t, "/proc/cmdline"));
	EXPECT_EQ(count("\n"), 1);
}
