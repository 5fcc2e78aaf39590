// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_procfs_alloc.c - what the allocator's files show, after some
 * use of it, against a recount
 */
#include <kernel/main.h>
#include <mm/mm_state.h>
#include <mm/page_debug.h>
#include <mm/page_owner.h>
#include <mm/vmstat.h>

#include "random.h"
#include "recount.h"
#include "vfile_fixture.h"

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

TEST(procfs_alloc, buddyinfo_equals_a_recount)
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
	EXPECT_EQ(count_text("\n"), nr_populated());
	EXPECT_EQ(count_text(" \n"), nr_populated());
	drop_memory();
}

TEST(procfs_alloc, pagetypeinfo_equals_a_recount)
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
	EXPECT_EQ(count_text("mixed") != 0, (page_debug_on & DEBUG_PAGE_OWNER) != 0);
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

TEST(procfs_alloc, extfrag_indices_equal_a_recount)
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

TEST(procfs_alloc, meminfo_free_equals_a_recount)
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

TEST(procfs_alloc, zoneinfo_pagesets)
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

TEST(procfs_alloc, vmstat_counts_pages)
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
	EXPECT_EQ(count_text(" "), count_text("\n"));
}

TEST(procfs_alloc, numastat_counts_allocations)
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
	EXPECT_EQ(count_text("\n"), 6);
}

/* Records for the frames of a zone DMA, which is small everywhere. */
TEST(procfs_alloc, page_owner_names_allocations)
{
	struct page_owner *records;
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
	records = vzalloc(4096 * sizeof(*records));
	ASSERT_TRUE(records != NULL);
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
	EXPECT_TRUE(count_text("\nNumber of mixed blocks    Unmovable ") > 0);
	free_pages(page, 2);
	read_file(t, "/sys/kernel/debug/page_owner");
	snprintf(want, sizeof(want), "PFN 0x%lx ", page_to_pfn(page));
	EXPECT_TRUE(strstr(text, want) == NULL);
	page_debug_set(debug);
	zone->page_owner = saved;
	vfree(records);
}

/* Every zone's line shows its own events; a claim raises one by one. */
TEST(procfs_alloc, fallback_events)
{
	struct mm_state *mm = kernel_mm();
	char line[240];
	struct zone *zone;

	if (!read_file(t, "/sys/kernel/debug/fallback"))
		return;
	snprintf(line, sizeof(line), "policy %s\n", mm->fallback_policy->name);
	EXPECT_TRUE(str_has_prefix(text, line));
	for_each_populated_zone(mm, zone) {
		snprintf(line, sizeof(line),
			 "\nNode %u, zone %8s claims %lu steals %lu fragmenting %lu boosts %lu evacuations %lu pages %lu returned %lu\n",
			 zone->nid, zone->name, zone->fallback.nr_claims,
			 zone->fallback.nr_steals,
			 zone->fallback.nr_fragmenting,
			 zone->fallback.nr_boosts,
			 zone->fallback.nr_evacuations,
			 zone->fallback.nr_evacuated_pages,
			 zone->fallback.nr_given_back);
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
