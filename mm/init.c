// SPDX-License-Identifier: MIT
/*
 * mm/init.c - the order in which memory comes to life
 *
 *	firmware map -> e820 -> memblock -> NUMA -> direct map -> page array
 *	-> zones -> hand-over
 *
 * Each step only uses the ones before it. Until the direct map is there,
 * memblock allocates below 4 GiB, which the boot page tables show.
 */
#include <kernel/bootinfo.h>
#include <kernel/image.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <mm/init.h>
#include <mm/memmap.h>
#include <mm/mm_state.h>
#include <mm/node_stat.h>
#include <mm/sysctl.h>
#include <mm/zone_init.h>
#include <arch/cpu.h>
#include <arch/paging.h>

#define BOOT_MAPPED	  (4 * GiB)
#define LOW_RESERVED	  (64 * KiB) /* firmware scribbles here: Linux, too */
#define MIN_RAM		  (8 * MiB)  /* less than this can't boot */
#define LOW_MEMORY_END	  (1 * MiB)

/* --- e820 --- */

static u64 e820_ram(const struct e820_table *table)
{
	u64 sum = 0;

	for (u32 i = 0; i < table->nr_entries; i++)
		if (table->entries[i].type == E820_TYPE_RAM &&
		    table->entries[i].addr >= LOW_MEMORY_END)
			sum += table->entries[i].size;
	return sum;
}

static bool range_is_ram(const struct e820_table *table, paddr_t start,
			 paddr_t end)
{
	for (u32 i = 0; i < table->nr_entries; i++) {
		const struct e820_entry *e = &table->entries[i];

		if (e->type == E820_TYPE_RAM && e->addr <= start &&
		    e->addr + e->size >= end)
			return true;
	}
	return false;
}

/* The kernel runs here, whatever a map says. */
static void keep_image(struct e820_table *table,
		       const struct kernel_image *image)
{
	if (range_is_ram(table, image->start, image->end))
		return;
	pr_warn("e820: [mem 0x%016lx-0x%016lx] holds the kernel but is not usable: made usable\n",
		image->start, image->end - 1);
	e820__range_remove(table, image->start, image->end - image->start, 0,
			   false);
	e820__range_add(table, image->start, image->end - image->start,
			E820_TYPE_RAM);
	e820__update_table(table);
}

static void apply_cmdline(struct mm_state *mm, const char *cmdline)
{
	if (!e820__parse_cmdline(&mm->e820, cmdline))
		return;
	e820__update_table(&mm->e820);
	if (e820_ram(&mm->e820) < MIN_RAM && e820_ram(&mm->e820_firmware) >= MIN_RAM) {
		pr_warn("mem=, memmap=: %lu KiB of RAM left above 1 MiB, %lu KiB needed: ignored\n",
			e820_ram(&mm->e820) / KiB, MIN_RAM / KiB);
		memcpy(&mm->e820, &mm->e820_firmware, sizeof(mm->e820));
		return;
	}
	pr_info("user-defined physical RAM map:\n");
	e820__print_table(&mm->e820, "user");
}

void mm_init_e820(struct mm_state *mm, const char *cmdline,
		  const struct kernel_image *image)
{
	e820__update_table(&mm->e820_firmware);
	pr_info("BIOS-provided physical RAM map:\n");
	e820__print_table(&mm->e820_firmware, "BIOS-e820");
	memcpy(&mm->e820, &mm->e820_firmware, sizeof(mm->e820));
	apply_cmdline(mm, cmdline);
	e820__limit_phys(&mm->e820, arch_phys_bits(), DIRECT_MAP_SIZE);
	trim_bios_range(&mm->e820);
	keep_image(&mm->e820, image);
	pr_info("modified physical RAM map:\n");
	e820__print_table(&mm->e820, "modified");
	mm->max_pfn = e820__end_of_ram_pfn(&mm->e820, UINT64_MAX);
	mm->max_low_pfn = e820__end_of_ram_pfn(&mm->e820, PFN_DOWN(4 * GiB));
	pr_info("last_pfn = 0x%lx\n", mm->max_pfn);
}

/* --- memblock --- */

void mm_init_memblock(struct mm_state *mm, const struct boot_info *boot,
		      const struct kernel_image *image)
{
	struct memblock *mb = &mm->memblock;

	memblock_init(mb);
	mb->to_virt = phys_to_virt;
	mb->current_limit = BOOT_MAPPED;
	/* Reserved first: a doubled region array must not land on them. */
	memblock_reserve(mb, image->start, image->end - image->start);
	memblock_reserve(mb, 0, LOW_RESERVED);
	for (u32 i = 0; i < boot->nr_modules; i++)
		memblock_reserve(mb, boot->modules[i].start,
				 boot->modules[i].end - boot->modules[i].start);
	e820__memblock_setup(&mm->e820, mb);
}

/* --- direct map --- */

static paddr_t boot_page(void *ctx)
{
	struct mm_state *mm = ctx;
	paddr_t addr = memblock_phys_alloc_range(&mm->memblock, PAGE_SIZE,
						 PAGE_SIZE, 0,
						 MEMBLOCK_ALLOC_ANYWHERE,
						 NUMA_NO_NODE);

	if (addr)
		memset(phys_to_virt(addr), 0, PAGE_SIZE);
	return addr;
}

static int map_direct(paddr_t start, paddr_t end, u32 prot,
		      const struct page_source *source)
{
	if (start >= end)
		return 0;
	return paging_map((vaddr_t)phys_to_virt(start), start, end - start,
			  prot, source);
}

/* Text and constants of the image stay read-only here, too. */
static int map_ram_range(paddr_t start, paddr_t end,
			 const struct kernel_image *image,
			 const struct page_source *source)
{
	paddr_t ro_start = clamp(image->text, start, end);
	paddr_t ro_end = clamp(image->rodata_end, start, end);
	int err = map_direct(start, ro_start, MAP_W, source);

	if (!err)
		err = map_direct(ro_start, ro_end, MAP_R, source);
	if (!err)
		err = map_direct(ro_end, end, MAP_W, source);
	return err;
}

void mm_init_paging(struct mm_state *mm, const struct kernel_image *image)
{
	struct page_source source = { boot_page, mm };
	pfn_t start, end;
	int nid, err = paging_begin(&source);

	for (u32 i = 0; !err && memblock_next_mem_pfn_range(
					&mm->memblock, &i, NUMA_NO_NODE, &start,
					&end, &nid);)
		err = map_ram_range(PFN_PHYS(start), PFN_PHYS(end), image,
				    &source);
	if (err)
		panic("no memory below 4 GiB for the page tables of the direct map");
	paging_commit();
	mm->memblock.current_limit = MEMBLOCK_ALLOC_ANYWHERE;
}

/* --- zones --- */

static u64 kib(u64 bytes)
{
	return bytes / KiB;
}

static void print_memory_line(struct mm_state *mm,
			      const struct kernel_image *image)
{
	u64 managed = 0, present = 0;

	for (u32 n = 0; n < MAX_NUMNODES; n++) {
		present += mm->nodes[n].node_present_pages;
		for (u32 z = 0; z < MAX_NR_ZONES; z++)
			managed += mm->nodes[n].zones[z].managed_pages;
	}
	pr_info("Memory: %luK/%luK available (%luK kernel code, %luK rwdata, %luK rodata, %luK init, %luK bss, %luK reserved, %luK cma-reserved)\n",
		managed * 4, present * 4, kib(image->text_end - image->text),
		kib(image->data_end - image->rodata_end),
		kib(image->rodata_end - image->text_end),
		kib(image->text - image->start),
		kib(image->end - image->data_end), (present - managed) * 4,
		0UL);
}

/* A zone that has no room for its own records stays empty, and says so. */
static void init_allocators(struct mm_state *mm)
{
	struct zone *zone;

	for_each_populated_zone(mm, zone) {
		zone->policy = mm->fallback_policy;
		zone->place_fullest = mm->place_fullest;
		zone->boost_factor = mm->watermark_boost_factor;
		if (zone_init_freelists(mm, zone))
			pr_err("mm: no memory for the pageblocks of zone %s of node %u: unused\n",
			       zone->name, zone->nid);
		else
			pcp_init_zone(mm, zone);
	}
}

/* Every online node has a zonelist, with memory of its own or not. */
static s32 cpu_node(const struct mm_state *mm, u32 cpu)
{
	s32 nid = numa_cpu_node(&mm->numa, mm->cpu_apic_id[cpu]);

	if (nid >= 0 && mm->nodes[nid].online)
		return nid;
	for (nid = 0; nid < MAX_NUMNODES - 1; nid++)
		if (mm->nodes[nid].online)
			break;
	return nid;
}

void mm_params_init(struct mm_state *mm)
{
	zone_params_init(&mm->params);
	mm->fallback_policy = fallback_policy_find("evacuate");
	mm->place_fullest = true;
	mm->watermark_boost_factor = 15000;
	compact_params_init(&mm->compact);
}

void mm_init_zones(struct mm_state *mm, const struct kernel_image *image)
{
	struct zone *zone;

	node_stat_init();
	if (vmemmap_populate(mm))
		panic("no memory for the page array");
	free_area_init(mm);
	memmap_init(mm);
	init_allocators(mm);
	memblock_free_all(mm);
	build_all_zonelists(mm);
	init_per_zone_wmark_min(mm);
	sysctl_apply_early(mm);
	compact_renew_watch(mm);
	mm_active = mm;
	for_each_populated_zone(mm, zone)
		pcp_update_high(mm, zone);
	for (u32 cpu = 0; cpu < max(mm->nr_cpus, 1u); cpu++)
		pcp_init_cpu(mm, cpu, cpu_node(mm, cpu));
	print_memory_line(mm, image);
}
