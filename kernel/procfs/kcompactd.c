// SPDX-License-Identifier: MIT
/*
 * kernel/procfs/kcompactd.c - /proc/tangram/kcompactd: what each node's thread did
 *
 *	wakes		for requests; threshold, idle: docs/compaction-triggers.md
 *	asked, made	chunks; failed: of those asked for
 *	refused		wake-ups that promised nothing, or came while it rests
 *	evacuated	blocks, for fallback policy evacuate
 *	proactive	runs because free memory was in pieces
 *	score		0 to 100: how much of it is; 100 is all
 *	wanted		order:chunks that are to be made yet
 */
#include <kernel/main.h>
#include <arch/cpu.h>

#include "procfs.h"

static void show_wanted(struct seq *s, const struct kcompactd_demand *d)
{
	for (u32 order = 1; order < NR_PAGE_ORDERS; order++) {
		u32 nr = 0;

		for (u32 t = 0; t < MIGRATE_PCPTYPES; t++)
			nr += d->nr[order][t];
		if (nr)
			seq_printf(s, " %u:%u", order, nr);
	}
}

static const char *state(const struct kcompactd *k)
{
	if (!READ_ONCE(k->thread))
		return "stopped";
	if (READ_ONCE(k->busy))
		return "works";
	return arch_time_ns() < READ_ONCE(k->rest_until_ns) ? "rests" : "sleeps";
}

static void show_node(struct seq *s, struct node *node)
{
	struct kcompactd *k = &node->kcompactd;
	struct kcompactd_stats st = k->stats;

	seq_printf(s, "node %d: %s, score %u\n", node->nid, state(k),
		   fragmentation_score_node(node));
	seq_printf(
		s,
		"  wakes %lu threshold %lu idle %lu proactive %lu refused %lu evacuated %lu\n",
		st.nr_wakes, st.nr_thresholds, st.nr_idle_runs, st.nr_proactive,
		st.nr_refused, st.nr_evacuated);
	seq_printf(s, "  asked %lu made %lu failed %lu\n  wanted",
		   st.nr_requests, st.nr_made, st.nr_failed);
	show_wanted(s, &k->now);
	seq_printf(s, "; when idle");
	show_wanted(s, &k->idle);
	seq_printf(s, "\n");
}

static void show_kcompactd(struct seq *s, u64 arg __unused)
{
	struct mm_state *mm = kernel_mm();

	for (u32 n = 0; n < MAX_NUMNODES; n++)
		if (mm->nodes[n].online && mm->nodes[n].node_present_pages)
			show_node(s, &mm->nodes[n]);
}

VFILE(kcompactd, "/proc/tangram/kcompactd", show_kcompactd, NULL);
