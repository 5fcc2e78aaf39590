// SPDX-License-Identifier: MIT
/*
 * tests/kernel/test_show_mem.c - the failure report, word by word and number
 * by number
 *
 * The text is caught line by line; a line is rebuilt here from a recount and
 * looked for in it.
 */
#include <kernel/main.h>
#include <kernel/test.h>
#include <mm/pcp.h>
#include <mm/show_mem.h>
#include <mm/slab.h>
#include <mm/vmstat.h>
#include <arch/cpu.h>

#include "random.h"
#include "recount.h"

static char text[64 * KiB], want[1024];
static size_t text_len;
static struct recount rc;

static void catch_line(struct report *report __unused, const char *line)
{
	size_t len = strlen(line);

	if (text_len + len + 2 > sizeof(text))
		return;
	memcpy(text + text_len, line, len);
	text_len += len;
	text[text_len++] = '\n';
	text[text_len] = '\0';
}

static struct report catcher = { .line = catch_line };

static void catch_report(gfp_t gfp, u32 order)
{
	text_len = 0;
	text[0] = '\0';
	report_alloc(kernel_mm(), gfp, order, &catcher);
}

static bool has_line(const char *line)
{
	size_t len = strlen(line);

	for (const char *p = text; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (!strncmp(p, line, len) && p[len] == '\n')
			return true;
	}
	return false;
}

#define EXPECT_LINE(...)                                                       \
	do {                                                                   \
		snprintf(want, sizeof(want), __VA_ARGS__);                     \
		if (!has_line(want))                                           \
			test_fail(t, __FILE__, __LINE__, "no line '%s'",       \
				  want);                                       \
	} while (0)

static void expect_orders(struct test *t, struct zone *zone)
{
	int len = snprintf(want, sizeof(want), "Node %u %s: ", zone->nid,
			   zone->name);
	u64 kb = 0;

	recount_zone(zone, &rc);
	for (u32 o = 0; o < NR_PAGE_ORDERS; o++) {
		u64 nr = recount_order(&rc, o);

		len += snprintf(want + len, sizeof(want) - len, "%lu*%ukB ", nr,
				4u << o);
		kb += nr * (4u << o);
		if (!nr)
			continue;
		want[len++] = '(';
		for (u32 k = 0; k < MIGRATE_TYPES; k++)
			if (rc.chunks[k][o])
				want[len++] = "UMEHCI"[k];
		len += snprintf(want + len, sizeof(want) - len, ") ");
	}
	snprintf(want + len, sizeof(want) - len, "= %lukB", kb);
	if (!has_line(want))
		test_fail(t, __FILE__, __LINE__, "no line '%s'", want);
}

static void expect_zone(struct test *t, const struct zone *zone)
{
	u64 boost = zone->watermark_boost;

	EXPECT_LINE("Node %u %s free:%lukB boost:%lukB min:%lukB low:%lukB high:%lukB reserved_highatomic:%luKB free_highatomic:%luKB active_anon:0kB inactive_anon:0kB active_file:0kB inactive_file:0kB unevictable:0kB writepending:0kB zspages:0kB present:%lukB managed:%lukB mlocked:0kB bounce:0kB free_pcp:%lukB local_pcp:%lukB free_cma:%lukB",
		    zone->nid, zone->name, zone->nr_free_pages * 4, boost * 4,
		    (zone->watermark[WMARK_MIN] + boost) * 4,
		    (zone->watermark[WMARK_LOW] + boost) * 4,
		    (zone->watermark[WMARK_HIGH] + boost) * 4,
		    zone->nr_reserved_highatomic * 4,
		    zone->fl->nr_free[MIGRATE_HIGHATOMIC] * 4,
		    zone->present_pages * 4, zone->managed_pages * 4,
		    pcp_count(zone) * 4,
		    pcp_count_cpu(this_pcp(zone->index)) * 4,
		    zone->fl->nr_free[MIGRATE_CMA] * 4);
	EXPECT_LINE("lowmem_reserve[]: %lu %lu %lu %lu %lu",
		    zone->lowmem_reserve[0], zone->lowmem_reserve[1],
		    zone->lowmem_reserve[2], zone->lowmem_reserve[3],
		    zone->lowmem_reserve[4]);
}

static void expect_totals(struct test *t)
{
	u64 free = 0, pcp = 0, present = 0, managed = 0;
	struct zone *zone;

	for_each_populated_zone(kernel_mm(), zone) {
		recount_zone(zone, &rc);
		free += rc.free;
		pcp += pcp_count(zone);
		present += zone->present_pages;
		managed += zone->managed_pages;
	}
	EXPECT_LINE(" free:%lu free_pcp:%lu free_cma:0", free, pcp);
	EXPECT_LINE("%lu pages RAM", present);
	EXPECT_LINE("%lu pages reserved", present - managed);
}

TEST(show_mem, numbers_equal_a_recount)
{
	static struct page *pages[300];
	struct rng rng = { .state = 0x6d656d };
	struct zone *zone;
	u32 nr = 0;

	/* Other CPUs' stacks are empty: free_pcp is local_pcp. */
	drain_all_pages(kernel_mm(), NULL);
	for (u32 i = 0; i < 300; i++) {
		pages[nr] = alloc_pages(rng_below(&rng, 2) ?
						GFP_KERNEL :
						GFP_HIGHUSER_MOVABLE,
					0);
		nr += pages[nr] != NULL;
	}
	for (u32 i = 0; i < nr; i += 2) {
		free_pages(pages[i], 0);
		pages[i] = NULL;
	}
	catch_report(GFP_KERNEL | __GFP_COMP, 4);
	for_each_populated_zone(kernel_mm(), zone) {
		if (zone->type > ZONE_NORMAL)
			continue;
		expect_zone(t, zone);
		expect_orders(t, zone);
	}
	expect_totals(t);
	for (u32 i = 1; i < nr; i += 2)
		free_pages(pages[i], 0);
}

TEST(show_mem, words_of_linux)
{
	const char *first;

	catch_report(GFP_KERNEL | __GFP_COMP, 4);
	first = "swapper/0: page allocation failure: order:4, mode:0x40cc0(GFP_KERNEL|__GFP_COMP), nodemask=(null),cpuset=/,mems_allowed=";
	EXPECT_TRUE(str_has_prefix(text, first));
	EXPECT_TRUE(text[strlen(first)] >= '0' && text[strlen(first)] <= '9');
	EXPECT_LINE("Call Trace:");
	EXPECT_LINE(" <TASK>");
	EXPECT_LINE(" </TASK>");
	EXPECT_LINE("Mem-Info:");
	EXPECT_LINE("active_anon:0 inactive_anon:0 isolated_anon:0");
	EXPECT_LINE(" active_file:0 inactive_file:0 isolated_file:0");
	EXPECT_LINE(" unevictable:0 dirty:0 writeback:0");
	EXPECT_LINE(" slab_reclaimable:%lu slab_unreclaimable:%lu",
		    slab_nr_pages(kernel_mm(), NUMA_NO_NODE, true),
		    slab_nr_pages(kernel_mm(), NUMA_NO_NODE, false));
	EXPECT_LINE(" mapped:0 shmem:0 pagetables:0");
	EXPECT_LINE(" sec_pagetables:0 bounce:0");
	EXPECT_LINE(" kernel_misc_reclaimable:0");
	EXPECT_LINE("0 total pagecache pages");
	EXPECT_LINE("0 pages in swap cache");
	EXPECT_LINE("Free swap  = 0kB");
	EXPECT_LINE("Total swap = 0kB");
	EXPECT_LINE("0 pages HighMem/MovableOnly");
	EXPECT_LINE("0 pages cma reserved");
	EXPECT_LINE("0 pages hwpoisoned");
	EXPECT_TRUE(strstr(text, " all_unreclaimable? no Balloon:0kB") != NULL);
	EXPECT_TRUE(strstr(text, " hugepages_total=0 hugepages_free=0 hugepages_surp=0 hugepages_size=2048kB\n") != NULL);
}

/* Zones that the request could not use are left out. */
TEST(show_mem, only_zones_of_the_request)
{
	catch_report(GFP_KERNEL | __GFP_DMA, 0);
	EXPECT_TRUE(strstr(text, " DMA32 free:") == NULL);
	EXPECT_TRUE(strstr(text, " Normal free:") == NULL);
	EXPECT_TRUE(strstr(text, "|__GFP_DMA") || strstr(text, "GFP_DMA|") ||
		    strstr(text, "GFP_DMA)"));
}

TEST(show_mem, one_report_in_ten_seconds)
{
	struct mm_state *mm = kernel_mm();
	u64 saved = mm->next_alloc_report_ns, now = arch_time_ns(), due;

	mm->next_alloc_report_ns = 0;
	warn_alloc(mm, GFP_KERNEL | __GFP_NOWARN, 0);
	EXPECT_EQ(mm->next_alloc_report_ns, 0);
	warn_alloc(mm, GFP_KERNEL, 10); /* this one is printed */
	due = mm->next_alloc_report_ns;
	EXPECT_GE(due, now + 10000000000UL);
	warn_alloc(mm, GFP_KERNEL, 10);
	EXPECT_EQ(mm->next_alloc_report_ns, due);
	mm->next_alloc_report_ns = saved;
}
