// SPDX-License-Identifier: MIT
/*
 * kernel/checkerboard.c - workload=checkerboard: chunks of an order out of
 * memory full of holes, asked for directly
 *
 *	workload=checkerboard,fill=97,pattern=random|second,keep=50,seed=1,
 *	         order=9,spaces=4,strategy=NAME,compact=0|1
 *
 *	fill	|MMMMMMMM|MMMMMMMM|MMMMMMMM|	user pages of some address spaces
 *	halve	|M.M.M.M.|M.M.M.M.|M.M.M.M.|	every second, or half by chance
 *	ask	|9999999|MMMMMMMM|M.M.M.M.|	alloc_pages(order) until it fails
 *
 * compact=1 writes to compact_memory before asking. What was possible, and how
 * few moves it takes, is the oracle's word (include/kernel/oracle.h). Costs are
 * by arch_cycles(): instructions under QEMU's -icount shift=0.
 *
 * tests/programs/checkerboard.c does it from outside, and on Linux too.
 */
#include <kernel/main.h>
#include <kernel/oracle.h>
#include <kernel/printk.h>
#include <kernel/sort.h>
#include <kernel/string.h>
#include <kernel/tenants.h>
#include <kernel/workload.h>
#include <mm/mm_state.h>
#include <mm/node_stat.h>
#include <mm/vmalloc.h>
#include <arch/cpu.h>

#include "procfs/procfs.h"

#define NAME "checkerboard"
#define GFP \
	(GFP_HIGHUSER_MOVABLE | __GFP_COMP | __GFP_NOWARN | __GFP_RETRY_MAYFAIL)

static struct checkerboard {
	/* options */
	u64 fill, keep, seed, order, spaces, compact;
	bool at_random;
	char pattern[12], strategy[24];
	/* what it works with */
	struct oracle oracle;
	struct tenants tenants;
	struct list_head chunks;
	u64 *cost; /* of each chunk */
	u64 max_chunks;
	/* what came of it */
	u64 filled, free, possible, obtained, least;
	u64 moved, scanned; /* before; then, how many */
	u64 compacting,
		failing; /* cost of compact_memory, of the last request */
	u64 p50, p99, most;
} c;

/* --- options --- */

static bool parse_pattern(const char *args)
{
	strscpy(c.pattern, "random", sizeof(c.pattern));
	workload_arg(args, "pattern", c.pattern, sizeof(c.pattern));
	c.at_random = !strcmp(c.pattern, "random");
	if (c.at_random || !strcmp(c.pattern, "second"))
		return true;
	console_printf(NAME ": pattern=%s: random or second\n", c.pattern);
	return false;
}

static bool parse(const char *args)
{
	memset(&c, 0, sizeof(c));
	c.fill = 97;
	c.keep = 50;
	c.seed = 1;
	c.order = pageblock_order;
	c.spaces = 4;
	return parse_pattern(args) &&
	       workload_number(NAME, args, "fill", 1, 100, &c.fill) &&
	       workload_number(NAME, args, "keep", 0, 100, &c.keep) &&
	       workload_number(NAME, args, "seed", 0, UINT64_MAX, &c.seed) &&
	       workload_number(NAME, args, "order", 1, MAX_ORDER, &c.order) &&
	       workload_number(NAME, args, "spaces", 1, TENANTS_MAX, &c.spaces) &&
	       workload_number(NAME, args, "compact", 0, 1, &c.compact);
}

/* Named or not, c.strategy is the one that holds afterwards. */
static bool choose_strategy(const char *args)
{
	const struct sysctl *knob = sysctl_find("compact_strategy");
	char text[SYSCTL_TEXT_MAX] = "none";
	bool asked =
		workload_arg(args, "strategy", c.strategy, sizeof(c.strategy));

	if (asked && (!knob || sysctl_write(kernel_mm(), knob, c.strategy,
					    strlen(c.strategy)))) {
		console_printf(NAME ": strategy=%s: there is no such\n",
			       c.strategy);
		return false;
	}
	if (knob)
		sysctl_read(kernel_mm(), knob, text);
	strscpy(c.strategy, text, sizeof(c.strategy));
	return true;
}

/* --- fill, halve --- */

static u64 free_frames(void)
{
	struct zone *zone;
	u64 free = 0;

	for_each_populated_zone(kernel_mm(), zone)
		free += zone->nr_free_pages;
	return free;
}

static bool make_checkerboard(void)
{
	u64 pages;

	INIT_LIST_HEAD(&c.chunks);
	c.max_chunks = free_frames() >> c.order;
	c.cost = vzalloc((c.max_chunks + 1) * sizeof(u64));
	if (!c.cost || oracle_open(&c.oracle, NULL))
		return false;
	pages = min(free_frames() * c.fill / 100, tenants_most());
	if (tenants_open(&c.tenants, (u32)c.spaces, pages, c.seed) ||
	    tenants_fill(&c.tenants))
		return false;
	c.filled = c.tenants.held;
	tenants_keep(&c.tenants, (u32)c.keep, c.at_random);
	return true;
}

/* --- ask --- */

static u64 scanned_frames(void)
{
	return vmstat_value("compact_migrate_scanned") +
	       vmstat_value("compact_free_scanned");
}

static void compact_all(void)
{
	u64 start = arch_cycles();

	if (vfile_write("/proc/sys/vm/compact_memory", "1", 1))
		console_printf(NAME ": this kernel has no compact_memory\n");
	c.compacting = arch_cycles() - start;
}

static bool take_chunk(void)
{
	u64 start = arch_cycles(), cost;
	struct page *page = alloc_pages(GFP, (u32)c.order);

	cost = arch_cycles() - start;
	if (!page) {
		c.failing = cost;
		return false;
	}
	c.cost[c.obtained++] = cost;
	list_add(&page->lru, &c.chunks);
	return true;
}

static void free_chunks(void)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &c.chunks, lru)
		free_pages(page, (u32)c.order);
}

static int compare_costs(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return (x > y) - (x < y);
}

static void measure(void)
{
	oracle_look(&c.oracle);
	c.free = oracle_nr(&c.oracle, ORACLE_FREE) >> c.order;
	c.possible = oracle_possible(&c.oracle, (u32)c.order);
	c.moved = vm_event_sum(PGMIGRATE_SUCCESS);
	c.scanned = scanned_frames();
	if (c.compact)
		compact_all();
	while (c.obtained < c.max_chunks && take_chunk())
		;
	c.moved = vm_event_sum(PGMIGRATE_SUCCESS) - c.moved;
	c.scanned = scanned_frames() - c.scanned;
	c.least = oracle_least(&c.oracle, (u32)c.order, c.obtained);
}

/* --- what came of it --- */

static u64 sum_of_costs(void)
{
	u64 sum = c.compacting + c.failing;

	for (u64 i = 0; i < c.obtained; i++)
		sum += c.cost[i];
	return sum;
}

static void sort_costs(void)
{
	if (!c.obtained)
		return;
	sort(c.cost, c.obtained, sizeof(c.cost[0]), compare_costs);
	c.p50 = c.cost[c.obtained / 2];
	c.p99 = c.cost[c.obtained * 99 / 100];
	c.most = c.cost[c.obtained - 1];
}

static u64 permille(u64 part, u64 whole)
{
	return whole ? part * 1000 / whole : 0;
}

static void show(void)
{
	u64 of_possible = permille(c.obtained, c.possible);
	u64 of_least = permille(c.moved, c.least);
	u64 per_page = c.moved ? sum_of_costs() / c.moved : 0;

	console_printf(
		NAME ": %lu MiB filled, %lu %% kept (%s), order %lu, "
		     "strategy %s\n  %lu free, %lu possible, %lu obtained: "
		     "%lu.%lu %% of possible\n  %lu pages moved, %lu at least:"
		     " %lu.%03lu times as many; %lu frames scanned\n  a chunk:"
		     " p50 %lu, p99 %lu, most %lu; a page moved: %lu\n",
		c.filled >> 8, c.keep, c.pattern, c.order, c.strategy, c.free,
		c.possible, c.obtained, of_possible / 10, of_possible % 10,
		c.moved, c.least, of_least / 1000, of_least % 1000, c.scanned,
		c.p50, c.p99, c.most, per_page);
	console_printf("RESULT checkerboard form=kernel strategy=%s pattern=%s "
		       "fill=%lu keep=%lu seed=%lu order=%lu compact=%lu "
		       "filled=%lu free=%lu possible=%lu obtained=%lu "
		       "migrated=%lu least=%lu scanned=%lu p50=%lu p99=%lu "
		       "max=%lu per_page=%lu compacting=%lu failing=%lu "
		       "wrong=%lu\n",
		       c.strategy, c.pattern, c.fill, c.keep, c.seed, c.order,
		       c.compact, c.filled, c.free, c.possible, c.obtained,
		       c.moved, c.least, c.scanned, c.p50, c.p99, c.most,
		       per_page, c.compacting, c.failing, c.tenants.wrong);
}

static int run_checkerboard(const char *args)
{
	bool made;

	if (!parse(args) || !choose_strategy(args))
		return -1;
	made = make_checkerboard();
	if (made) {
		measure();
		sort_costs();
		tenants_look(&c.tenants);
		show();
	} else {
		console_printf(NAME ": no memory for it\n");
	}
	made &= !c.tenants.wrong;
	free_chunks();
	tenants_close(&c.tenants);
	oracle_close(&c.oracle);
	vfree(c.cost);
	return made ? 0 : -1;
}

WORKLOAD(checkerboard, run_checkerboard,
	 "chunks out of memory full of holes [fill,pattern,keep,seed,order,strategy,compact]");
