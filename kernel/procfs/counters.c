// SPDX-License-Identifier: MIT
/*
 * kernel/procfs/counters.c - numbers by Linux's names, in Linux 7.1's order
 *
 * Tools parse these files by name, so all names are there; what Tangram does
 * not keep has no function and reads 0. Names that Linux has only with
 * debugging configured in are left out.
 */
#include <kernel/main.h>
#include <kernel/string.h>
#include <mm/node_stat.h>

#include "procfs.h"

#define ZERO(name_)	     { .name = name_, .zone_type = ALL_ZONES }
#define COUNT(name_, value_)                                                   \
	{ .name = name_, .value = value_, .zone_type = ALL_ZONES }
#define NODE(name_, item_)   { .name = name_, .node_item = 1 + (item_) }
#define EVENT(name_, item_)  { .name = name_, .event = 1 + (item_) }

#define FOR_ZONE(name_, value_, type_)                                         \
	{ .name = name_, .value = value_, .zone_type = type_ }
/* One for each type of zone: "pgalloc_dma" and so on. */
#define FOR_ZONES(name_, value_)                                               \
	FOR_ZONE(name_ "_dma", value_, ZONE_DMA),                              \
		FOR_ZONE(name_ "_dma32", value_, ZONE_DMA32),                  \
		FOR_ZONE(name_ "_normal", value_, ZONE_NORMAL),                \
		FOR_ZONE(name_ "_movable", value_, ZONE_MOVABLE),              \
		FOR_ZONE(name_ "_device", value_, ZONE_DEVICE)

static u64 nr_free_pages(struct zone *zone)
{
	return zone->nr_free_pages;
}

static u64 nr_free_cma(struct zone *zone)
{
	return zone_nr_free_cma(zone);
}

static u64 pgalloc(struct zone *zone)
{
	return zone_pgalloc(zone);
}

static u64 pgfree(struct zone *zone)
{
	return zone_pgfree(zone);
}

#define NUMA_COUNTER(name, item)                                               \
	static u64 name(struct zone *zone)                                     \
	{                                                                      \
		return zone_numa_events(zone, item);                           \
	}

NUMA_COUNTER(numa_hit, NUMA_HIT)
NUMA_COUNTER(numa_miss, NUMA_MISS)
NUMA_COUNTER(numa_foreign, NUMA_FOREIGN)
NUMA_COUNTER(numa_local, NUMA_LOCAL)
NUMA_COUNTER(numa_other, NUMA_OTHER)
NUMA_COUNTER(numa_interleave, NUMA_INTERLEAVE)

#define LRU_COUNTER(name, list)                                                \
	static u64 name(struct zone *zone)                                     \
	{                                                                      \
		return zone_nr_lru(zone, list);                                \
	}

LRU_COUNTER(inactive_anon, LRU_INACTIVE_ANON)
LRU_COUNTER(active_anon, LRU_ACTIVE_ANON)
LRU_COUNTER(inactive_file, LRU_INACTIVE_FILE)
LRU_COUNTER(active_file, LRU_ACTIVE_FILE)
LRU_COUNTER(unevictable, LRU_UNEVICTABLE)

/* Kept by node: its first zone stands for it, so that sums come out right. */
static u64 nr_slab_reclaimable(struct zone *zone)
{
	return is_first_populated(zone) ?
		       slab_nr_pages(kernel_mm(), zone->nid, true) :
		       0;
}

static u64 nr_slab_unreclaimable(struct zone *zone)
{
	return is_first_populated(zone) ?
		       slab_nr_pages(kernel_mm(), zone->nid, false) :
		       0;
}

const struct counter zone_counters[] = {
	COUNT("nr_free_pages", nr_free_pages),
	COUNT("nr_free_pages_blocks", zone_nr_free_blocks),
	COUNT("nr_zone_inactive_anon", inactive_anon),
	COUNT("nr_zone_active_anon", active_anon),
	COUNT("nr_zone_inactive_file", inactive_file),
	COUNT("nr_zone_active_file", active_file),
	COUNT("nr_zone_unevictable", unevictable),
	ZERO("nr_zone_write_pending"),
	NODE("nr_mlock", NR_MLOCK),
	ZERO("nr_zspages"),
	COUNT("nr_free_cma", nr_free_cma),
	{ .name = NULL },
};

const struct counter numa_counters[] = {
	COUNT("numa_hit", numa_hit),
	COUNT("numa_miss", numa_miss),
	COUNT("numa_foreign", numa_foreign),
	COUNT("numa_interleave", numa_interleave),
	COUNT("numa_local", numa_local),
	COUNT("numa_other", numa_other),
	{ .name = NULL },
};

const struct counter node_counters[] = {
	COUNT("nr_inactive_anon", inactive_anon),
	COUNT("nr_active_anon", active_anon),
	COUNT("nr_inactive_file", inactive_file),
	COUNT("nr_active_file", active_file),
	COUNT("nr_unevictable", unevictable),
	COUNT("nr_slab_reclaimable", nr_slab_reclaimable),
	COUNT("nr_slab_unreclaimable", nr_slab_unreclaimable),
	NODE("nr_isolated_anon", NR_ISOLATED_ANON),
	NODE("nr_isolated_file", NR_ISOLATED_FILE),
	ZERO("workingset_nodes"),
	ZERO("workingset_refault_anon"),
	ZERO("workingset_refault_file"),
	ZERO("workingset_activate_anon"),
	ZERO("workingset_activate_file"),
	ZERO("workingset_restore_anon"),
	ZERO("workingset_restore_file"),
	ZERO("workingset_nodereclaim"),
	NODE("nr_anon_pages", NR_ANON_MAPPED),
	NODE("nr_mapped", NR_FILE_MAPPED),
	NODE("nr_file_pages", NR_FILE_PAGES),
	NODE("nr_dirty", NR_FILE_DIRTY),
	ZERO("nr_writeback"),
	NODE("nr_shmem", NR_SHMEM),
	ZERO("nr_shmem_hugepages"),
	ZERO("nr_shmem_pmdmapped"),
	ZERO("nr_file_hugepages"),
	ZERO("nr_file_pmdmapped"),
	ZERO("nr_anon_transparent_hugepages"),
	ZERO("nr_vmscan_write"),
	ZERO("nr_vmscan_immediate_reclaim"),
	ZERO("nr_dirtied"),
	ZERO("nr_written"),
	ZERO("nr_throttled_written"),
	ZERO("nr_kernel_misc_reclaimable"),
	ZERO("nr_foll_pin_acquired"),
	ZERO("nr_foll_pin_released"),
	ZERO("nr_vmalloc"),
	NODE("nr_kernel_stack", NR_KERNEL_STACK_KB),
	NODE("nr_page_table_pages", NR_PAGETABLE),
	ZERO("nr_sec_page_table_pages"),
	ZERO("nr_iommu_pages"),
	ZERO("nr_swapcached"),
	ZERO("pgpromote_success"),
	ZERO("pgpromote_candidate"),
	ZERO("pgpromote_candidate_nrl"),
	ZERO("pgdemote_kswapd"),
	ZERO("pgdemote_direct"),
	ZERO("pgdemote_khugepaged"),
	ZERO("pgdemote_proactive"),
	ZERO("pgsteal_kswapd"),
	ZERO("pgsteal_direct"),
	ZERO("pgsteal_khugepaged"),
	ZERO("pgsteal_proactive"),
	ZERO("pgsteal_anon"),
	ZERO("pgsteal_file"),
	ZERO("pgscan_kswapd"),
	ZERO("pgscan_direct"),
	ZERO("pgscan_khugepaged"),
	ZERO("pgscan_proactive"),
	ZERO("pgscan_anon"),
	ZERO("pgscan_file"),
	ZERO("pgrefill"),
	NODE("nr_hugetlb", NR_HUGETLB),
	ZERO("nr_balloon_pages"),
	ZERO("nr_kernel_file_pages"),
	ZERO("nr_gpu_active"),
	ZERO("nr_gpu_reclaim"),
	{ .name = NULL },
};

const struct counter global_counters[] = {
	ZERO("nr_dirty_threshold"),
	ZERO("nr_dirty_background_threshold"),
	ZERO("nr_memmap_pages"),
	ZERO("nr_memmap_boot_pages"),
	ZERO("pgpgin"),
	ZERO("pgpgout"),
	ZERO("pswpin"),
	ZERO("pswpout"),
	FOR_ZONES("pgalloc", pgalloc),
	FOR_ZONES("allocstall", NULL),
	FOR_ZONES("pgskip", NULL),
	COUNT("pgfree", pgfree),
	EVENT("pgactivate", PGACTIVATE),
	EVENT("pgdeactivate", PGDEACTIVATE),
	ZERO("pglazyfree"),
	EVENT("pgfault", PGFAULT),
	EVENT("pgmajfault", PGMAJFAULT),
	ZERO("pglazyfreed"),
	EVENT("pgreuse", PGREUSE),
	ZERO("pgscan_direct_throttle"),
	ZERO("zone_reclaim_success"),
	ZERO("zone_reclaim_failed"),
	ZERO("pginodesteal"),
	ZERO("slabs_scanned"),
	ZERO("kswapd_inodesteal"),
	ZERO("kswapd_low_wmark_hit_quickly"),
	ZERO("kswapd_high_wmark_hit_quickly"),
	ZERO("pageoutrun"),
	EVENT("pgrotated", PGROTATED),
	EVENT("drop_pagecache", DROP_PAGECACHE),
	ZERO("drop_slab"),
	EVENT("oom_kill", OOM_KILL),
	ZERO("numa_pte_updates"),
	ZERO("numa_huge_pte_updates"),
	ZERO("numa_hint_faults"),
	ZERO("numa_hint_faults_local"),
	ZERO("numa_pages_migrated"),
	EVENT("pgmigrate_success", PGMIGRATE_SUCCESS),
	EVENT("pgmigrate_fail", PGMIGRATE_FAIL),
	ZERO("thp_migration_success"),
	ZERO("thp_migration_fail"),
	ZERO("thp_migration_split"),
	EVENT("compact_migrate_scanned", COMPACTMIGRATE_SCANNED),
	EVENT("compact_free_scanned", COMPACTFREE_SCANNED),
	EVENT("compact_isolated", COMPACTISOLATED),
	EVENT("compact_stall", COMPACTSTALL),
	EVENT("compact_fail", COMPACTFAIL),
	EVENT("compact_success", COMPACTSUCCESS),
	EVENT("compact_daemon_wake", KCOMPACTD_WAKE),
	EVENT("compact_daemon_migrate_scanned", KCOMPACTD_MIGRATE_SCANNED),
	EVENT("compact_daemon_free_scanned", KCOMPACTD_FREE_SCANNED),
	EVENT("htlb_buddy_alloc_success", HTLB_BUDDY_PGALLOC),
	EVENT("htlb_buddy_alloc_fail", HTLB_BUDDY_PGALLOC_FAIL),
	ZERO("cma_alloc_success"),
	ZERO("cma_alloc_fail"),
	ZERO("unevictable_pgs_culled"),
	ZERO("unevictable_pgs_scanned"),
	ZERO("unevictable_pgs_rescued"),
	EVENT("unevictable_pgs_mlocked", UNEVICTABLE_PGS_MLOCKED),
	EVENT("unevictable_pgs_munlocked", UNEVICTABLE_PGS_MUNLOCKED),
	ZERO("unevictable_pgs_cleared"),
	ZERO("unevictable_pgs_stranded"),
	ZERO("thp_fault_alloc"),
	ZERO("thp_fault_fallback"),
	ZERO("thp_fault_fallback_charge"),
	ZERO("thp_collapse_alloc"),
	ZERO("thp_collapse_alloc_failed"),
	ZERO("thp_file_alloc"),
	ZERO("thp_file_fallback"),
	ZERO("thp_file_fallback_charge"),
	ZERO("thp_file_mapped"),
	ZERO("thp_split_page"),
	ZERO("thp_split_page_failed"),
	ZERO("thp_deferred_split_page"),
	ZERO("thp_underused_split_page"),
	ZERO("thp_split_pmd"),
	ZERO("thp_scan_exceed_none_pte"),
	ZERO("thp_scan_exceed_swap_pte"),
	ZERO("thp_scan_exceed_share_pte"),
	ZERO("thp_split_pud"),
	ZERO("thp_zero_page_alloc"),
	ZERO("thp_zero_page_alloc_failed"),
	ZERO("thp_swpout"),
	ZERO("thp_swpout_fallback"),
	ZERO("balloon_inflate"),
	ZERO("balloon_deflate"),
	ZERO("balloon_migrate"),
	ZERO("swap_ra"),
	ZERO("swap_ra_hit"),
	ZERO("swpin_zero"),
	ZERO("swpout_zero"),
	ZERO("ksm_swpin_copy"),
	ZERO("cow_ksm"),
	ZERO("zswpin"),
	ZERO("zswpout"),
	ZERO("zswpwb"),
	ZERO("direct_map_level2_splits"),
	ZERO("direct_map_level3_splits"),
	ZERO("direct_map_level2_collapses"),
	ZERO("direct_map_level3_collapses"),
	ZERO("nr_unstable"),
	{ .name = NULL },
};

static u64 node_item_sum(enum node_stat_item item, int nid)
{
	return nid == NUMA_NO_NODE ? global_node_page_state(item) :
				     node_page_state((u32)nid, item);
}

u64 counter_sum(const struct counter *counter, int nid)
{
	struct zone *zone;
	u64 sum = 0;

	if (counter->event)
		return vm_event_sum((enum vm_event_item)(counter->event - 1));
	if (counter->node_item)
		return node_item_sum(
			(enum node_stat_item)(counter->node_item - 1), nid);
	if (!counter->value)
		return 0;
	for_each_populated_zone(kernel_mm(), zone)
		if ((nid == NUMA_NO_NODE || zone->nid == nid) &&
		    (counter->zone_type == ALL_ZONES ||
		     counter->zone_type == zone->type))
			sum += counter->value(zone);
	return sum;
}

void show_counters(struct seq *s, const struct counter *counters, int nid)
{
	for (const struct counter *c = counters; c->name; c++)
		seq_printf(s, "%s %lu\n", c->name, counter_sum(c, nid));
}

/* --- /proc/vmstat --- */

static const struct counter *const vmstat_counters[] = {
	zone_counters, numa_counters, node_counters, global_counters
};

u64 vmstat_value(const char *name)
{
	for (u32 i = 0; i < ARRAY_SIZE(vmstat_counters); i++)
		for (const struct counter *c = vmstat_counters[i]; c->name; c++)
			if (!strcmp(c->name, name))
				return counter_sum(c, NUMA_NO_NODE);
	return 0;
}

static void show_vmstat(struct seq *s, u64 arg __unused)
{
	for (u32 i = 0; i < ARRAY_SIZE(vmstat_counters); i++)
		show_counters(s, vmstat_counters[i], NUMA_NO_NODE);
}

VFILE(vmstat, "/proc/vmstat", show_vmstat, NULL);
