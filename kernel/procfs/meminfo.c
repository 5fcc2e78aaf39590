// SPDX-License-Identifier: MIT
/*
 * kernel/procfs/meminfo.c - /proc/meminfo and each node's meminfo
 *
 * Every field that Linux 7.1 prints, in its order and width, in kB (1,024
 * bytes). What Tangram keeps no count of reads 0.
 */
#include <kernel/main.h>
#include <kernel/string.h>
#include <mm/node_stat.h>
#include <arch/paging.h>

#include "procfs.h"

#define KB(pages) ((pages) << (PAGE_SHIFT - 10))

enum source { ZERO, TOTAL, FREE, AVAILABLE, USED, CMA, CMA_FREE, SLAB, SRECLAIM,
	      SUNRECLAIM, VM_TOTAL, VM_USED, ACTIVE, INACTIVE,
	      LRU_ITEM, /* and on: LRU_ITEM + enum lru_list */
	      LRU_LAST = LRU_ITEM + NR_LRU_LISTS - 1,
	      NODE_ITEM /* and on: NODE_ITEM + enum node_stat_item */ };

#define ITEM(item) (NODE_ITEM + (item))
#define LRU(list)  (LRU_ITEM + (list))

struct field {
	const char *label;
	u32 source;
};

static const struct field all_fields[] = {
	{ "MemTotal:", TOTAL },	   { "MemFree:", FREE },
	{ "MemAvailable:", AVAILABLE },
	{ "Buffers:", ZERO },	   { "Cached:", ITEM(NR_FILE_PAGES) },
	{ "SwapCached:", ZERO },   { "Active:", ACTIVE },
	{ "Inactive:", INACTIVE },	   { "Active(anon):", LRU(LRU_ACTIVE_ANON) },
	{ "Inactive(anon):", LRU(LRU_INACTIVE_ANON) }, { "Active(file):", LRU(LRU_ACTIVE_FILE) },
	{ "Inactive(file):", LRU(LRU_INACTIVE_FILE) }, { "Unevictable:", LRU(LRU_UNEVICTABLE) },
	{ "Mlocked:", ITEM(NR_MLOCK) },
	{ "SwapTotal:", ZERO },
	{ "SwapFree:", ZERO },	   { "Zswap:", ZERO },
	{ "Zswapped:", ZERO },	   { "Dirty:", ITEM(NR_FILE_DIRTY) },
	{ "Writeback:", ZERO },
	{ "AnonPages:", ITEM(NR_ANON_MAPPED) },
	{ "Mapped:", ITEM(NR_FILE_MAPPED) },
	{ "Shmem:", ITEM(NR_SHMEM) },
	{ "KReclaimable:", SRECLAIM }, { "Slab:", SLAB },
	{ "SReclaimable:", SRECLAIM }, { "SUnreclaim:", SUNRECLAIM },
	{ "KernelStack:", ZERO },  { "PageTables:", ITEM(NR_PAGETABLE) },
	{ "SecPageTables:", ZERO }, { "NFS_Unstable:", ZERO },
	{ "Bounce:", ZERO },	   { "WritebackTmp:", ZERO },
	{ "CommitLimit:", ZERO },  { "Committed_AS:", ZERO },
	{ "VmallocTotal:", VM_TOTAL }, { "VmallocUsed:", VM_USED },
	{ "VmallocChunk:", ZERO }, { "Percpu:", ZERO },
	{ "HardwareCorrupted:", ZERO },
	{ "AnonHugePages:", ZERO }, { "ShmemHugePages:", ZERO },
	{ "ShmemPmdMapped:", ZERO }, { "FileHugePages:", ZERO },
	{ "FilePmdMapped:", ZERO }, { "CmaTotal:", CMA },
	{ "CmaFree:", CMA_FREE },	   { "Unaccepted:", ZERO },
	{ "Balloon:", ZERO },	   { "GPUActive:", ZERO },
	{ "GPUReclaim:", ZERO },
};

static const struct field node_fields[] = {
	{ "MemTotal:", TOTAL },	   { "MemFree:", FREE },
	{ "MemUsed:", USED },	   { "SwapCached:", ZERO },
	{ "Active:", ACTIVE },	   { "Inactive:", INACTIVE },
	{ "Active(anon):", LRU(LRU_ACTIVE_ANON) }, { "Inactive(anon):", LRU(LRU_INACTIVE_ANON) },
	{ "Active(file):", LRU(LRU_ACTIVE_FILE) }, { "Inactive(file):", LRU(LRU_INACTIVE_FILE) },
	{ "Unevictable:", LRU(LRU_UNEVICTABLE) },  { "Mlocked:", ITEM(NR_MLOCK) },
	{ "Dirty:", ITEM(NR_FILE_DIRTY) },
	{ "Writeback:", ZERO },
	{ "FilePages:", ITEM(NR_FILE_PAGES) },
	{ "Mapped:", ITEM(NR_FILE_MAPPED) },
	{ "AnonPages:", ITEM(NR_ANON_MAPPED) },
	{ "Shmem:", ITEM(NR_SHMEM) },
	{ "KernelStack:", ZERO },  { "PageTables:", ITEM(NR_PAGETABLE) },
	{ "SecPageTables:", ZERO }, { "NFS_Unstable:", ZERO },
	{ "Bounce:", ZERO },	   { "WritebackTmp:", ZERO },
	{ "KReclaimable:", SRECLAIM }, { "Slab:", SLAB },
	{ "SReclaimable:", SRECLAIM }, { "SUnreclaim:", SUNRECLAIM },
	{ "AnonHugePages:", ZERO }, { "ShmemHugePages:", ZERO },
	{ "ShmemPmdMapped:", ZERO }, { "FileHugePages:", ZERO },
	{ "FilePmdMapped:", ZERO }, { "Unaccepted:", ZERO },
	{ "Balloon:", ZERO },	   { "GPUActive:", ZERO },
	{ "GPUReclaim:", ZERO },
};

/* What is free beyond the reserves. Nothing reclaims the page cache yet. */
static u64 available_pages(u64 free)
{
	u64 reserve = kernel_mm()->totalreserve_pages;

	return free > reserve ? free - reserve : 0;
}

static u64 item_pages(u32 source, int nid)
{
	enum node_stat_item item = (enum node_stat_item)(source - NODE_ITEM);

	return nid == NUMA_NO_NODE ? global_node_page_state(item) :
				     node_page_state((u32)nid, item);
}

static u64 field_pages(u32 source, const struct page_totals *t)
{
	const struct vmalloc_state *vm = &kernel_mm()->vmalloc;

	switch (source) {
	case TOTAL:
		return t->managed;
	case FREE:
		return t->free;
	case USED:
		return t->managed - t->free;
	case AVAILABLE:
		return available_pages(t->free);
	case CMA:
		return t->cma;
	case CMA_FREE:
		return t->free_cma;
	case SLAB:
		return t->slab_reclaimable + t->slab_unreclaimable;
	case SRECLAIM:
		return t->slab_reclaimable;
	case SUNRECLAIM:
		return t->slab_unreclaimable;
	case VM_TOTAL:
		return (vm->end - vm->start) / PAGE_SIZE;
	case VM_USED:
		return READ_ONCE(vm->nr_pages);
	case ACTIVE:
		return t->lru[LRU_ACTIVE_ANON] + t->lru[LRU_ACTIVE_FILE];
	case INACTIVE:
		return t->lru[LRU_INACTIVE_ANON] + t->lru[LRU_INACTIVE_FILE];
	case LRU_ITEM ... LRU_LAST:
		return t->lru[source - LRU_ITEM];
	default:
		return 0;
	}
}

/* A label that is too long for its column takes from the number's. */
static void show_field(struct seq *s, const struct field *f,
		       const struct page_totals *t, int nid)
{
	int label = max((int)strlen(f->label) + 1, 16);
	u64 pages = f->source >= NODE_ITEM ? item_pages(f->source, nid) :
					     field_pages(f->source, t);

	seq_printf(s, "%-*s%*lu kB\n", label, f->label, 24 - label,
		   KB(pages));
}

static void show_meminfo(struct seq *s, u64 arg __unused)
{
	struct hugetlb_counts huge;
	struct page_totals t;
	u64 mapped_kb[3];

	count_pages(kernel_mm(), NUMA_NO_NODE, &t);
	for (u32 i = 0; i < ARRAY_SIZE(all_fields); i++)
		show_field(s, &all_fields[i], &t, NUMA_NO_NODE);
	huge = hugetlb_count(kernel_mm(), NUMA_NO_NODE);
	seq_printf(s,
		   "HugePages_Total:   %5lu\n"
		   "HugePages_Free:    %5lu\n"
		   "HugePages_Rsvd:    %5lu\n"
		   "HugePages_Surp:    %5lu\n"
		   "Hugepagesize:   %8lu kB\n"
		   "Hugetlb:        %8lu kB\n",
		   huge.nr, huge.free, READ_ONCE(kernel_mm()->hugetlb.reserved),
		   huge.surplus, KB(HUGETLB_FRAMES),
		   KB(huge.nr * HUGETLB_FRAMES));
	paging_direct_map_kb(mapped_kb);
	seq_printf(s,
		   "DirectMap4k:    %8lu kB\n"
		   "DirectMap2M:    %8lu kB\n"
		   "DirectMap1G:    %8lu kB\n",
		   mapped_kb[0], mapped_kb[1], mapped_kb[2]);
}

static void show_node_meminfo(struct seq *s, u64 nid)
{
	struct hugetlb_counts huge;
	struct page_totals t;

	count_pages(kernel_mm(), (int)nid, &t);
	for (u32 i = 0; i < ARRAY_SIZE(node_fields); i++) {
		seq_printf(s, "Node %lu ", nid);
		show_field(s, &node_fields[i], &t, (int)nid);
	}
	huge = hugetlb_count(kernel_mm(), (int)nid);
	seq_printf(s,
		   "Node %lu HugePages_Total: %5lu\n"
		   "Node %lu HugePages_Free:  %5lu\n"
		   "Node %lu HugePages_Surp:  %5lu\n",
		   nid, huge.nr, nid, huge.free, nid, huge.surplus);
}

VFILE(meminfo, "/proc/meminfo", show_meminfo, NULL);
VFILE_N(node_meminfo, "/sys/devices/system/node/node%/meminfo",
	show_node_meminfo, NULL, node_is_online);
