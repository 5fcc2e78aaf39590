// SPDX-License-Identifier: MIT
/*
 * kernel/procfs/vmstat_names.c - counters by Linux's names, in Linux 7.1's
 * order
 *
 * Tools parse these files by name, so all names are there; a counter that
 * Tangram does not keep reads 0.
 */
#include <kernel/string.h>

#include "procfs.h"

const char *const vmstat_zone_names[] = {
	"nr_free_pages",
	"nr_free_pages_blocks",
	"nr_zone_inactive_anon",
	"nr_zone_active_anon",
	"nr_zone_inactive_file",
	"nr_zone_active_file",
	"nr_zone_unevictable",
	"nr_zone_write_pending",
	"nr_mlock",
	"nr_zspages",
	"nr_free_cma",
	NULL,
};

const char *const vmstat_numa_names[] = {
	"numa_hit",	   "numa_miss",	 "numa_foreign",
	"numa_interleave", "numa_local", "numa_other",
	NULL,
};

const char *const vmstat_node_names[] = {
	"nr_inactive_anon",
	"nr_active_anon",
	"nr_inactive_file",
	"nr_active_file",
	"nr_unevictable",
	"nr_slab_reclaimable",
	"nr_slab_unreclaimable",
	"nr_isolated_anon",
	"nr_isolated_file",
	"workingset_nodes",
	"workingset_refault_anon",
	"workingset_refault_file",
	"workingset_activate_anon",
	"workingset_activate_file",
	"workingset_restore_anon",
	"workingset_restore_file",
	"workingset_nodereclaim",
	"nr_anon_pages",
	"nr_mapped",
	"nr_file_pages",
	"nr_dirty",
	"nr_writeback",
	"nr_shmem",
	"nr_shmem_hugepages",
	"nr_shmem_pmdmapped",
	"nr_file_hugepages",
	"nr_file_pmdmapped",
	"nr_anon_transparent_hugepages",
	"nr_vmscan_write",
	"nr_vmscan_immediate_reclaim",
	"nr_dirtied",
	"nr_written",
	"nr_throttled_written",
	"nr_kernel_misc_reclaimable",
	"nr_foll_pin_acquired",
	"nr_foll_pin_released",
	"nr_vmalloc",
	"nr_kernel_stack",
	"nr_page_table_pages",
	"nr_sec_page_table_pages",
	"nr_iommu_pages",
	"nr_swapcached",
	"pgpromote_success",
	"pgpromote_candidate",
	"pgpromote_candidate_nrl",
	"pgdemote_kswapd",
	"pgdemote_direct",
	"pgdemote_khugepaged",
	"pgdemote_proactive",
	"pgsteal_kswapd",
	"pgsteal_direct",
	"pgsteal_khugepaged",
	"pgsteal_proactive",
	"pgsteal_anon",
	"pgsteal_file",
	"pgscan_kswapd",
	"pgscan_direct",
	"pgscan_khugepaged",
	"pgscan_proactive",
	"pgscan_anon",
	"pgscan_file",
	"pgrefill",
	"nr_hugetlb",
	"nr_balloon_pages",
	"nr_kernel_file_pages",
	"nr_gpu_active",
	"nr_gpu_reclaim",
	NULL,
};

u64 zone_counter(const struct zone *zone, const char *name)
{
	return strcmp(name, "nr_free_pages") ? 0 : zone->nr_free_pages;
}

static void add_zones(const struct node *node, struct page_totals *t)
{
	for (u32 z = 0; z < MAX_NR_ZONES; z++) {
		t->managed += node->zones[z].managed_pages;
		t->free += node->zones[z].nr_free_pages;
	}
}

struct page_totals count_pages(const struct mm_state *mm, int nid)
{
	struct page_totals t = { 0 };

	for (int n = 0; n < MAX_NUMNODES; n++)
		if (nid == NUMA_NO_NODE || n == nid)
			add_zones(&mm->nodes[n], &t);
	return t;
}
