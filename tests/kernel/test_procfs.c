// SPDX-License-Identifier: MIT
/*
 * The files of /proc and /sys against the machine that they describe, which
 * is QEMU's in the kernel and a made-up one on the host.
 */
#include <kernel/main.h>
#include <kernel/smp.h>
#include <kernel/test.h>
#include <kernel/vfile.h>
#include <mm/mm_state.h>
#include <mm/node_stat.h>
#include <mm/page_debug.h>
#include <mm/page_owner.h>
#include <mm/vmstat.h>

#include "pgtable_fixture.h"
#include "random.h"
#include "recount.h"

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
		EXPECT_EQ(count(line), 1);
		EXPECT_EQ(count(" pages=5 vmalloc N"), 1);
		EXPECT_EQ(count("vmallocinfo_follows_an_area"), 1);
	}
	if (read_file(t, "/proc/meminfo"))
		EXPECT_EQ(value_of(t, "VmallocUsed:"), others * 4 + 20);
	vfree(area);
	strscpy(line + strlen(line), "unpurged vm_area\n",
		sizeof(line) - strlen(line));
	if (read_file(t, "/proc/vmallocinfo"))
		EXPECT_EQ(count(line), 1);
	vmalloc_purge();
	if (read_file(t, "/proc/vmallocinfo"))
		EXPECT_EQ(count(line), 0);
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

/* --- what the allocator's files show, after some use of it --- */

static struct page *used[400];
static struct recount rc;

/* Every second of 400 pages stays in use: memory in pieces. */
static void use_memory(void)
{
	static const gfp_t masks[] = { GFP_KERNEL, GFP_HIGHUSER_MOVABLE,
				       GFP_KERNEL | __GFP_RECLAIMABLE };
	struct rng rng = { .state = 0x70726f63 };

	for (u32 i = 0; i < ARRAY_SIZE(used); i++)
		used[i] = alloc_pages(masks[rng_below(&rng, 3)] | __GFP_NOWARN,
				      i % 3);
	for (u32 i = 0; i < ARRAY_SIZE(used); i += 2) {
		if (used[i])
			free_pages(used[i], i % 3);
		used[i] = NULL;
	}
}

static void drop_memory(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(used); i++)
		if (used[i])
			free_pages(used[i], i % 3);
}

/* The row that starts with `label`; what follows as numbers. */
static u32 row(struct test *t, const char *label, u64 *out, u32 max_nr)
{
	const char *p = strstr(text, label), *end;
	bool overflow;
	u32 nr = 0;

	if (!p) {
		test_fail(t, __FILE__, __LINE__, "no row '%s'", label);
		return 0;
	}
	for (p += strlen(label); *p && *p != '\n' && nr < max_nr; p = end) {
		while (*p == ' ' || *p == '>')
			p++;
		out[nr] = memparse(p, &end, &overflow);
		if (end == p)
			break;
		nr++;
	}
	return nr;
}

TEST(procfs, buddyinfo_equals_a_recount)
{
	u64 nr[NR_PAGE_ORDERS];
	struct zone *zone;
	char label[40];

	use_memory();
	if (read_file(t, "/proc/buddyinfo"))
		for_each_populated_zone(kernel_mm(), zone) {
			snprintf(label, sizeof(label), "Node %u, zone %8s ",
				 zone->nid, zone->name);
			EXPECT_EQ(row(t, label, nr, NR_PAGE_ORDERS),
				  NR_PAGE_ORDERS);
			recount_zone(zone, &rc);
			for (u32 o = 0; o < NR_PAGE_ORDERS; o++)
				EXPECT_EQ(nr[o], recount_order(&rc, o));
		}
	EXPECT_EQ(count("\n"), nr_populated());
	EXPECT_EQ(count(" \n"), nr_populated());
	drop_memory();
}

TEST(procfs, pagetypeinfo_equals_a_recount)
{
	u64 nr[NR_PAGE_ORDERS];
	struct zone *zone;
	char label[64];

	use_memory();
	/* With page_owner=on reading it drains the stacks half-way. */
	drain_all_pages(kernel_mm(), NULL);
	if (!read_file(t, "/proc/pagetypeinfo"))
		return;
	for_each_populated_zone(kernel_mm(), zone) {
		recount_zone(zone, &rc);
		for (u32 k = 0; k < MIGRATE_TYPES; k++) {
			snprintf(label, sizeof(label),
				 "Node %4u, zone %8s, type %12s ", zone->nid,
				 zone->name, migratetype_names[k]);
			EXPECT_EQ(row(t, label, nr, NR_PAGE_ORDERS),
				  NR_PAGE_ORDERS);
			for (u32 o = 0; o < NR_PAGE_ORDERS; o++)
				EXPECT_EQ(nr[o], min(rc.chunks[k][o], 100000UL));
		}
		snprintf(label, sizeof(label), "\nNode %u, zone %8s ",
			 zone->nid, zone->name);
		EXPECT_EQ(row(t, label, nr, MIGRATE_TYPES), MIGRATE_TYPES);
		for (u32 k = 0; k < MIGRATE_TYPES; k++)
			EXPECT_EQ(nr[k], rc.blocks[k]);
	}
	EXPECT_TRUE(str_has_prefix(text, "Page block order: 9\n"
					 "Pages per block:  512\n\n"
					 "Free pages count per migrate type at order       0      1 "));
	EXPECT_TRUE(strstr(text, "\n\nNumber of blocks type     Unmovable      Movable  Reclaimable   HighAtomic          CMA      Isolate \n"));
	EXPECT_EQ(count("mixed") != 0, (page_debug_on & DEBUG_PAGE_OWNER) != 0);
	drop_memory();
}

/* Thousandths as they are printed: "0.041", " 0.-500", "-1.000". */
static s64 thousandths(const char **p)
{
	const char *end;
	bool overflow, negative;
	s64 whole, part;

	while (**p == ' ')
		++*p;
	negative = **p == '-';
	*p += negative;
	whole = (s64)memparse(*p, &end, &overflow);
	*p = end + 1;
	negative |= **p == '-';
	*p += **p == '-';
	/* by hand: "040" is no octal number */
	part = (*p)[0] * 100 + (*p)[1] * 10 + (*p)[2] - '0' * 111;
	*p += 3;
	return negative ? -(whole * 1000 + part) : whole * 1000 + part;
}

TEST(procfs, extfrag_indices_equal_a_recount)
{
	struct zone *zone;
	char label[40];

	use_memory();
	if (!read_file(t, "/sys/kernel/debug/extfrag/unusable_index"))
		return;
	for_each_populated_zone(kernel_mm(), zone) {
		const char *p;
		s64 small = 0;

		snprintf(label, sizeof(label), "Node %u, zone %8s ", zone->nid,
			 zone->name);
		p = strstr(text, label);
		ASSERT_TRUE(p != NULL);
		p += strlen(label);
		recount_zone(zone, &rc);
		for (u32 o = 0; o < NR_PAGE_ORDERS; o++) {
			s64 all = (s64)(rc.free + rc.isolated);

			EXPECT_EQ(thousandths(&p),
				  all ? small * 1000 / all : 1000);
			small += (s64)(recount_order(&rc, o) << o);
		}
	}
	read_file(t, "/sys/kernel/debug/extfrag/extfrag_index");
	for_each_populated_zone(kernel_mm(), zone) {
		const char *p;
		u64 largest = 0;

		snprintf(label, sizeof(label), "Node %u, zone %8s ", zone->nid,
			 zone->name);
		p = strstr(text, label);
		ASSERT_TRUE(p != NULL);
		p += strlen(label);
		recount_zone(zone, &rc);
		for (u32 o = 0; o < NR_PAGE_ORDERS; o++)
			largest = recount_order(&rc, o) ? o : largest;
		for (u32 o = 0; o <= largest && rc.free; o++)
			EXPECT_EQ(thousandths(&p), -1000);
	}
	drop_memory();
}

static u64 sum_recount_free(void)
{
	struct zone *zone;
	u64 sum = 0;

	for_each_populated_zone(kernel_mm(), zone) {
		recount_zone(zone, &rc);
		sum += rc.free;
	}
	return sum;
}

TEST(procfs, meminfo_free_equals_a_recount)
{
	use_memory();
	if (read_file(t, "/proc/meminfo")) {
		u64 free = sum_recount_free();
		u64 kept = min(free, kernel_mm()->totalreserve_pages);

		EXPECT_EQ(value_of(t, "MemFree:"), free * 4);
		EXPECT_EQ(value_of(t, "MemAvailable:"), (free - kept) * 4);
	}
	drop_memory();
}

TEST(procfs, zoneinfo_pagesets)
{
	struct zone *zone;
	char want[256];
	u64 stacked = 0, counted = 0;

	use_memory();
	if (!read_file(t, "/proc/zoneinfo"))
		return;
	for_each_populated_zone(kernel_mm(), zone) {
		const struct per_cpu_pages *pcp = zone->pcp[0];

		snprintf(want, sizeof(want),
			 "\n    cpu: 0\n              count:    %lu\n"
			 "              high:     %u\n              batch:    %u\n"
			 "              high_min: %u\n              high_max: %u\n"
			 "  vm stats threshold: 0\n",
			 pcp_count(zone), pcp->stack[0][0].high, pcp->batch,
			 pcp->high_min, pcp->high_max);
		EXPECT_TRUE(strstr(text, want) != NULL);
		stacked += pcp_count(zone);
	}
	for (const char *p = strstr(text, "count:"); p;
	     p = strstr(p + 1, "count:")) {
		const char *end;
		bool overflow;

		for (p += 6; *p == ' ';)
			p++;
		counted += memparse(p, &end, &overflow);
	}
	EXPECT_EQ(counted, stacked);
	EXPECT_GT(stacked, 0);
	drop_memory();
}

TEST(procfs, vmstat_counts_pages)
{
	u64 before[3], after[3], zones = 0, all = 0;
	static const char *const labels[] = { "pgfree ", "numa_hit ",
					      "numa_miss " };
	struct page *page;
	struct zone *zone;

	if (!read_file(t, "/proc/vmstat"))
		return;
	for (u32 i = 0; i < 3; i++)
		before[i] = value_of(t, labels[i]);
	page = alloc_pages(GFP_KERNEL, 4);
	ASSERT_TRUE(page != NULL);
	free_pages(page, 4);
	read_file(t, "/proc/vmstat");
	for (u32 i = 0; i < 3; i++)
		after[i] = value_of(t, labels[i]);
	EXPECT_EQ(after[0] - before[0], 16);
	EXPECT_EQ(after[1] + after[2] - before[1] - before[2], 1);
	EXPECT_EQ(value_of(t, "nr_free_pages "), sum_recount_free());
	for_each_populated_zone(kernel_mm(), zone) {
		recount_zone(zone, &rc);
		zones += (recount_order(&rc, 9) << 9) +
			 (recount_order(&rc, 10) << 10) -
			 (rc.chunks[MIGRATE_ISOLATE][9] << 9);
		all += zone_pgalloc(zone);
	}
	EXPECT_EQ(value_of(t, "nr_free_pages_blocks "), zones);
	EXPECT_EQ(value_of(t, "pgalloc_dma ") + value_of(t, "pgalloc_dma32 ") +
			  value_of(t, "pgalloc_normal ") +
			  value_of(t, "pgalloc_movable "),
		  all);
	EXPECT_TRUE(str_has_prefix(text, "nr_free_pages "));
	EXPECT_TRUE(strstr(text, "\nnr_unstable 0\n") != NULL);
	EXPECT_EQ(count(" "), count("\n"));
}

TEST(procfs, numastat_counts_allocations)
{
	char path[64];
	u64 hit, local;
	struct page *page;
	int nid = this_cpu_read(cpu_nid);

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/numastat",
		 nid);
	if (!read_file(t, path))
		return;
	if (!kernel_mm()->nodes[nid].node_present_pages)
		SKIP("this CPU's node has no memory");
	hit = value_of(t, "numa_hit ");
	local = value_of(t, "local_node ");
	page = alloc_pages(GFP_KERNEL, 0);
	ASSERT_TRUE(page != NULL);
	free_pages(page, 0);
	read_file(t, path);
	EXPECT_EQ(value_of(t, "numa_hit ") - hit, 1);
	EXPECT_EQ(value_of(t, "local_node ") - local, 1);
	EXPECT_EQ(count("\n"), 6);
}

/* Records for the frames of a zone DMA, which is small everywhere. */
TEST(procfs, page_owner_names_allocations)
{
	static struct page_owner records[4096];
	struct zone *zone = &kernel_mm()->nodes[0].zones[ZONE_DMA];
	struct page_owner *saved = zone->page_owner;
	u32 debug = page_debug_on;
	struct page *page;
	char want[200];

	if (!populated_zone(zone) || zone->spanned_pages > 4096)
		SKIP("node 0 has no zone DMA");
	if (!(debug & DEBUG_PAGE_OWNER)) {
		read_file(t, "/sys/kernel/debug/page_owner");
		EXPECT_STREQ(text,
			     "page_owner is off: boot with page_owner=on\n");
	}
	drain_all_pages(kernel_mm(), NULL);
	memset(records, 0, sizeof(records));
	zone->page_owner = records;
	page_debug_set(debug | DEBUG_PAGE_OWNER);
	page = alloc_pages(GFP_KERNEL | __GFP_DMA, 2);
	EXPECT_TRUE(page != NULL);
	read_file(t, "/sys/kernel/debug/page_owner");
	snprintf(want, sizeof(want),
		 "Page allocated via order 2, mask 0xcc1(GFP_KERNEL|GFP_DMA), pid 0, tgid 0 (swapper/0), ts ");
	EXPECT_TRUE(strstr(text, want) != NULL);
	snprintf(want, sizeof(want),
		 "\nPFN 0x%lx type Unmovable Block %lu type ",
		 page_to_pfn(page), page_to_pfn(page) / 512);
	EXPECT_TRUE(strstr(text, want) != NULL);
	EXPECT_TRUE(strstr(text, " Flags 0(node=0|zone=0)\n ") ||
		    strstr(text, " Flags 0x0(node=0|zone=0)\n "));
	read_file(t, "/proc/pagetypeinfo");
	EXPECT_TRUE(count("\nNumber of mixed blocks    Unmovable ") > 0);
	free_pages(page, 2);
	read_file(t, "/sys/kernel/debug/page_owner");
	snprintf(want, sizeof(want), "PFN 0x%lx ", page_to_pfn(page));
	EXPECT_TRUE(strstr(text, want) == NULL);
	page_debug_set(debug);
	zone->page_owner = saved;
}

/* Every zone's line shows its own events; a claim raises one by one. */
TEST(procfs, fallback_events)
{
	struct mm_state *mm = kernel_mm();
	char line[160];
	struct zone *zone;

	if (!read_file(t, "/sys/kernel/debug/fallback"))
		return;
	snprintf(line, sizeof(line), "policy %s\n", mm->fallback_policy->name);
	EXPECT_TRUE(str_has_prefix(text, line));
	for_each_populated_zone(mm, zone) {
		snprintf(line, sizeof(line),
			 "\nNode %u, zone %8s claims %lu steals %lu fragmenting %lu boosts %lu\n",
			 zone->nid, zone->name, zone->fallback.nr_claims,
			 zone->fallback.nr_steals,
			 zone->fallback.nr_fragmenting,
			 zone->fallback.nr_boosts);
		EXPECT_TRUE(strstr(text, line) != NULL);
	}
	zone = next_populated_zone(mm, NULL);
	zone->fallback.nr_claims++;
	snprintf(line, sizeof(line), "\nNode %u, zone %8s claims %lu ",
		 zone->nid, zone->name, zone->fallback.nr_claims);
	if (read_file(t, "/sys/kernel/debug/fallback"))
		EXPECT_TRUE(strstr(text, line) != NULL);
	zone->fallback.nr_claims--;
}

TEST(procfs, rcu_counts_callbacks_of_each_cpu)
{
	ASSERT_TRUE(read_file(t, "/proc/tangram/rcu"));
	EXPECT_EQ(count("\n"), 3 + num_online_cpus());
	EXPECT_EQ(count("grace periods"), 1);
	EXPECT_EQ(count(" 0x"), 1);
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
		EXPECT_EQ(count("dropped"), NR_TLB_REASONS);
	test_mm_end(t, mm);
}
