// SPDX-License-Identifier: MIT
/*
 * kernel/cmd_compact.c - compact: close the gaps in free memory, and what it did
 *
 *	order         0     1 ...     9    10
 *	before    12034  3012 ...     3     0
 *	after        20    11 ...    80    33
 *
 * Each column counts free chunks of 2^order pages. The work is that of
 * /proc/sys/vm/compact_memory or, for one node, its file `compact`.
 */
#include <kernel/main.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/string.h>
#include <mm/compact.h>
#include <mm/mm_state.h>
#include <mm/node_stat.h>
#include <mm/vmstat.h>
#include <arch/cpu.h>

#include "shell_args.h"

struct snapshot {
	u64 nr[NR_PAGE_ORDERS];
	u64 whole; /* 2 MiB blocks without a used frame */
	u64 moved, failed, scanned;
	u64 ns;
};

static void add_zone(struct snapshot *s, struct zone *zone)
{
	u64 nr[NR_PAGE_ORDERS];

	zone_free_area(zone, nr);
	for (u32 o = 0; o < NR_PAGE_ORDERS; o++)
		s->nr[o] += nr[o];
	s->whole += zone_nr_free_blocks(zone) / pageblock_nr_pages;
}

static void look(struct snapshot *s, int nid)
{
	struct mm_state *mm = kernel_mm();
	struct zone *zone;

	memset(s, 0, sizeof(*s));
	for_each_populated_zone(mm, zone)
		if (zone->fl && (nid == NUMA_NO_NODE || nid == (int)zone->nid))
			add_zone(s, zone);
	s->moved = vm_event_sum(PGMIGRATE_SUCCESS);
	s->failed = vm_event_sum(PGMIGRATE_FAIL);
	s->scanned = vm_event_sum(COMPACTMIGRATE_SCANNED) +
		     vm_event_sum(COMPACTFREE_SCANNED);
	s->ns = arch_time_ns();
}

static void show_chunks(const char *when, const struct snapshot *s)
{
	console_printf("  %-6s", when);
	for (u32 o = 0; o < NR_PAGE_ORDERS; o++)
		console_printf("%7lu", s->nr[o]);
	console_printf("\n");
}

static void show_orders(void)
{
	console_printf("  %-6s", "order");
	for (u32 o = 0; o < NR_PAGE_ORDERS; o++)
		console_printf("%7u", o);
	console_printf("\n");
}

static void show(const struct snapshot *before, const struct snapshot *after)
{
	u64 us = (after->ns - before->ns) / 1000;

	show_orders();
	show_chunks("before", before);
	show_chunks("after", after);
	console_printf("compact: %lu blocks of 2 MiB are free, %lu before; %lu "
		       "pages moved, %lu would not,\n  %lu frames looked at, "
		       "%lu.%03lu ms, strategy %s\n",
		       after->whole, before->whole, after->moved - before->moved,
		       after->failed - before->failed,
		       after->scanned - before->scanned, us / 1000, us % 1000,
		       kernel_mm()->compact.strategy->name);
}

static int cmd_compact(int argc, char **argv)
{
	struct snapshot before, after;
	int nid = NUMA_NO_NODE;
	u64 number;

	if (argc > 2) {
		console_printf("usage: compact [NODE]\n");
		return 1;
	}
	if (argc == 2) {
		if (!shell_arg_number("compact", argv[1], "node", &number))
			return 1;
		if (number >= MAX_NUMNODES || !node_has_memory((int)number)) {
			console_printf("compact: node %lu has no memory\n",
				       number);
			return 1;
		}
		nid = (int)number;
	}
	look(&before, nid);
	compact_node(kernel_mm(), nid, false);
	look(&after, nid);
	show(&before, &after);
	return 0;
}

static void complete_compact(int arg, const char *prefix __unused,
			     void (*offer)(void *ctx, const char *word),
			     void *ctx)
{
	char word[8];

	for (int nid = 0; arg == 1 && nid < MAX_NUMNODES; nid++) {
		if (!node_has_memory(nid))
			continue;
		snprintf(word, sizeof(word), "%d", nid);
		offer(ctx, word);
	}
}

SHELL_COMMAND(compact, cmd_compact, "[NODE]",
	      "close the gaps in free memory by moving pages\n"
	      "Of all nodes, or of one, as far as it goes; by the strategy of\n"
	      "/proc/sys/vm/compact_strategy. Shows free chunks by order before "
	      "and after.",
	      complete_compact);
