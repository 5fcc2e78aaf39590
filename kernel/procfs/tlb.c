// SPDX-License-Identifier: MIT
/*
 * kernel/procfs/tlb.c - /proc/tangram/tlb: shootdowns, by reason
 *
 * Tangram's own file. A line for each reason: flushes asked for, and dropped by
 * debug=tlb_skip:REASON. Then sums: CPUs interrupted, whole address spaces,
 * pages that waited for their flush.
 */
#include <mm/tlb.h>

#include "procfs.h"

static void show_tlb(struct seq *s, u64 arg __unused)
{
	struct tlb_stats stats;

	tlb_get_stats(&stats);
	for (u32 i = 0; i < NR_TLB_REASONS; i++)
		seq_printf(s, "%-12s flushes %lu dropped %lu\n",
			   tlb_reason_names[i], stats.flushes[i],
			   stats.skipped[i]);
	seq_printf(s, "ipis %lu\nfull %lu\npages %lu\n", stats.ipis, stats.full,
		   stats.pages);
}

VFILE(tlb, "/proc/tangram/tlb", show_tlb, NULL);
