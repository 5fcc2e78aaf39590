// SPDX-License-Identifier: MIT
/*
 * arch/x86_64/paging.c - the kernel's page tables
 *
 *	 63..48  47..39  38..30  29..21  20..12  11..0
 *	  sign    PML4    PDPT     PD      PT    offset
 *
 * A leaf may stand in the PDPT (1 GiB, if the CPU can), the PD (2 MiB) or the
 * PT (4 KiB); map_one() picks the largest that address, frame and rest allow.
 * New tables are built through the boot tables' direct map, which shows the
 * first 4 GiB, and then loaded at once. Source: SDM volume 3, chapter 4.
 */
#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/spinlock.h>
#include <kernel/string.h>
#include <arch/cpu.h>
#include <arch/early_map.h>
#include <arch/layout.h>
#include <arch/mmu.h>
#include <arch/paging.h>

#include "cpu.h"
#include "internal.h"

#define PTE_PRESENT  (1UL << 0)
#define PTE_WRITE    (1UL << 1)
#define PTE_USER     (1UL << 2)
#define PTE_UNCACHED (1UL << 4) /* PCD */
#define PTE_LARGE    (1UL << 7)
#define PTE_GLOBAL   (1UL << 8)
#define PTE_NX	     (1UL << 63)
#define PTE_ADDR     0x000ffffffffff000UL

#define NR_PTES		   512
#define TOP_LEVEL	   4
#define LEVEL_SHIFT(level) (PAGE_SHIFT + 9 * ((level)-1))

static paddr_t root; /* of the final tables; 0: not begun */
static u64 direct_kb[3];
static vaddr_t vspace_next = VMALLOC_BASE;

/*
 * [BASE, BASE + 1 TiB): paging_reserve(); from there on mm/vmalloc.c. Users'
 * tables copy the kernel's entries of level 4, so those must not change any
 * more once there are processes: the tables below these are made at boot, and
 * each is worth 512 GiB of addresses.
 */
#define VSPACE_END     (VMALLOC_BASE + 1024 * GiB)
#define VMALLOC_TABLES 8
#define VMALLOC_LIMIT  (VMALLOC_BASE + VMALLOC_TABLES * (1UL << PGDIR_SHIFT))
_Static_assert(VMALLOC_LIMIT > VSPACE_END && VMALLOC_LIMIT <= VMALLOC_END, "");
static bool top_is_shared;

static DEFINE_LOCK_CLASS(table_lock_class, "kernel page tables", true);
/* Held while a table is linked into another; leaves are their owner's. */
static struct spinlock table_lock = SPINLOCK_INIT(table_lock_class);
static paddr_t spare_tables; /* the first word of each leads to the next */

static paddr_t image_phys(const void *addr)
{
	return (vaddr_t)addr - KERNEL_BASE;
}

static bool cpu_has_1g_leaves(void)
{
	return cpuid(0x80000001, 0).edx & 1u << 26;
}

static u64 *entry_of(paddr_t table, u32 level, vaddr_t virt)
{
	u64 *entries = phys_to_virt(table);

	return &entries[virt >> LEVEL_SHIFT(level) & (NR_PTES - 1)];
}

static u64 prot_bits(u32 prot)
{
	u64 bits = PTE_PRESENT | PTE_GLOBAL;

	if (prot & MAP_W)
		bits |= PTE_WRITE;
	if (prot & MAP_UNCACHED)
		bits |= PTE_UNCACHED;
	if (!(prot & MAP_X))
		bits |= PTE_NX;
	return bits;
}

/* The largest leaf level for this place: 3 (1 GiB), 2 (2 MiB) or 1. */
static u32 leaf_level(vaddr_t virt, paddr_t phys, u64 size, u32 prot)
{
	u32 level = cpu_has_1g_leaves() ? 3 : 2;

	if (prot & MAP_4K)
		return 1;
	while (level > 1 && (!IS_ALIGNED(virt | phys, 1UL << LEVEL_SHIFT(level)) ||
			     size < 1UL << LEVEL_SHIFT(level)))
		level--;
	return level;
}

static paddr_t new_table(const struct page_source *source)
{
	u64 flags = spin_lock_irqsave(&table_lock);
	paddr_t table = spare_tables;

	if (table) {
		u64 *next = phys_to_virt(table);

		spare_tables = *next;
		*next = 0;
	}
	spin_unlock_irqrestore(&table_lock, flags);
	return table ? table : source->alloc(source->ctx);
}

/* Another CPU may have been first: its table it is then, ours is spare. */
static paddr_t link_table(u64 *entry, paddr_t table)
{
	u64 flags = spin_lock_irqsave(&table_lock);

	if (*entry & PTE_PRESENT) {
		*(u64 *)phys_to_virt(table) = spare_tables;
		spare_tables = table;
		table = *entry & PTE_ADDR;
	} else {
		WRITE_ONCE(*entry, table | PTE_PRESENT | PTE_WRITE);
	}
	spin_unlock_irqrestore(&table_lock, flags);
	return table;
}

/* The table below *entry, made if it isn't there; 0: out of memory. */
static paddr_t table_below(u64 *entry, const struct page_source *source)
{
	u64 found = READ_ONCE(*entry);
	paddr_t table;

	if (found & PTE_PRESENT) {
		BUG_ON(found & PTE_LARGE);
		return found & PTE_ADDR;
	}
	table = new_table(source);
	return table ? link_table(entry, table) : 0;
}

/* Map one leaf; returns its size, 0 when out of memory. */
static u64 map_one(vaddr_t virt, paddr_t phys, u64 size, u32 prot,
		   const struct page_source *source)
{
	u32 leaf = leaf_level(virt, phys, size, prot);
	paddr_t table = root;
	u64 *entry;

	for (u32 level = TOP_LEVEL; level > leaf; level--) {
		entry = entry_of(table, level, virt);
		BUG_ON(level == TOP_LEVEL && top_is_shared &&
		       !(READ_ONCE(*entry) & PTE_PRESENT));
		table = table_below(entry, source);
		if (!table)
			return 0;
	}
	entry = entry_of(table, leaf, virt);
	BUG_ON(*entry & PTE_PRESENT);
	*entry = phys | prot_bits(prot) | (leaf > 1 ? PTE_LARGE : 0);
	if (virt >= DIRECT_MAP_BASE && virt < VMALLOC_BASE)
		direct_kb[leaf - 1] += 1UL << (LEVEL_SHIFT(leaf) - 10);
	return 1UL << LEVEL_SHIFT(leaf);
}

int paging_map(vaddr_t virt, paddr_t phys, u64 size, u32 prot,
	       const struct page_source *source)
{
	BUG_ON(!IS_ALIGNED(virt | phys | size, PAGE_SIZE));
	while (size) {
		u64 done = map_one(virt, phys, size, prot, source);

		if (!done)
			return -ENOMEM;
		virt += done;
		phys += done;
		size -= done;
	}
	return 0;
}

/* The entry of the 4 KiB leaf for virt; NULL: no table reaches that far. */
static u64 *leaf_entry(vaddr_t virt)
{
	paddr_t table = root;

	for (u32 level = TOP_LEVEL; level > 1; level--) {
		u64 entry = READ_ONCE(*entry_of(table, level, virt));

		if (!(entry & PTE_PRESENT))
			return NULL;
		BUG_ON(entry & PTE_LARGE);
		table = entry & PTE_ADDR;
	}
	return entry_of(table, 1, virt);
}

void paging_unmap(vaddr_t virt, u64 size)
{
	BUG_ON(!IS_ALIGNED(virt | size, PAGE_SIZE));
	for (vaddr_t end = virt + size; virt != end; virt += PAGE_SIZE) {
		u64 *entry = leaf_entry(virt);

		if (!entry || !(*entry & PTE_PRESENT))
			continue;
		WRITE_ONCE(*entry, 0);
		invlpg(virt);
	}
}

static int map_image_part(const u8 *start, const u8 *end, u32 prot,
			  const struct page_source *source)
{
	return paging_map((vaddr_t)start, (vaddr_t)start - KERNEL_BASE,
			  (u64)(end - start), prot | MAP_4K, source);
}

static int make_vmalloc_tables(const struct page_source *source)
{
	for (u32 i = 0; i < VMALLOC_TABLES; i++) {
		vaddr_t virt = VMALLOC_BASE + i * (1UL << PGDIR_SHIFT);

		if (!table_below(entry_of(root, TOP_LEVEL, virt), source))
			return -ENOMEM;
	}
	return 0;
}

int paging_begin(const struct page_source *source)
{
	root = source->alloc(source->ctx);
	if (!root || make_vmalloc_tables(source))
		return -ENOMEM;
	if (map_image_part(__text_start, __text_end, MAP_X, source) ||
	    map_image_part(__text_end, __rodata_end, MAP_R, source) ||
	    map_image_part(__rodata_end, boot_stack_guard, MAP_W, source) ||
	    map_image_part(boot_stack, __kernel_end, MAP_W, source))
		return -ENOMEM;
	return 0;
}

void paging_commit(void)
{
	u64 cr4 = read_cr4();

	write_cr4(cr4 & ~CR4_PGE); /* global entries of the boot tables, too */
	write_cr3(root);
	write_cr4(cr4);
	screen_remap();
}

paddr_t paging_root(void)
{
	return root;
}

void arch_pgd_init(pte_t *pgd)
{
	top_is_shared = true;
	memcpy(pgd + NR_PTES / 2, (pte_t *)phys_to_virt(root) + NR_PTES / 2,
	       NR_PTES / 2 * sizeof(*pgd));
}

/*
 * Tables for a few MiB of device registers and one framebuffer, needed when
 * memblock is over.
 */
static u8 ioremap_tables[6][PAGE_SIZE] __aligned(PAGE_SIZE);

static paddr_t ioremap_table(void *ctx)
{
	u32 *next = ctx;

	if (*next == ARRAY_SIZE(ioremap_tables))
		return 0;
	return image_phys(ioremap_tables[(*next)++]);
}

/* Space is never given back: what is mapped here stays. A guard page follows. */
vaddr_t paging_reserve(u64 size)
{
	vaddr_t virt = vspace_next;

	size = ALIGN(size, PAGE_SIZE) + PAGE_SIZE;
	if (size > VSPACE_END - virt)
		return 0;
	vspace_next += size;
	return virt;
}

void paging_vmalloc_range(vaddr_t *start, vaddr_t *end)
{
	*start = VSPACE_END;
	*end = VMALLOC_LIMIT;
}

/* What is large (a framebuffer) is mapped in whole leaves of 2 MiB. */
void *early_ioremap(paddr_t phys, u64 size)
{
	u64 unit = size >= 2 * MiB ? 2 * MiB : PAGE_SIZE;
	paddr_t start = ALIGN_DOWN(phys, unit);
	u64 len = ALIGN(phys + size, unit) - start;
	u32 prot = MAP_W | MAP_UNCACHED | (unit == PAGE_SIZE ? MAP_4K : 0);
	static u32 next_table;
	struct page_source source = { ioremap_table, &next_table };
	vaddr_t virt;

	if (phys + size < phys || (phys + size - 1) >> arch_phys_bits())
		return NULL;
	virt = paging_reserve(len + unit - PAGE_SIZE);
	if (!virt)
		return NULL;
	virt = ALIGN(virt, unit);
	if (paging_map(virt, start, len, prot, &source))
		return NULL;
	return (void *)(virt + (phys - start));
}

/* --- windows on memory beyond the boot tables' 4 GiB --- */

#define BOOT_MAPPED   (4 * GiB)
#define NR_WINDOWS    8
#define WINDOW_SIZE   (EARLY_MAP_MAX + 2 * MiB)
#define WINDOW_LEAVES (WINDOW_SIZE / (2 * MiB))

static u64 window_pdpt[NR_PTES] __aligned(PAGE_SIZE);
static u64 window_pd[NR_PTES] __aligned(PAGE_SIZE);
static u32 window_next;

static void *open_window(paddr_t addr)
{
	u32 first = window_next * WINDOW_LEAVES;
	paddr_t base = ALIGN_DOWN(addr, 2 * MiB);
	vaddr_t virt = VMALLOC_BASE + first * 2 * MiB;
	u64 *pml4 = phys_to_virt((paddr_t)boot_pml4);

	window_next = (window_next + 1) % NR_WINDOWS;
	pml4[VMALLOC_BASE >> 39 & (NR_PTES - 1)] = image_phys(window_pdpt) |
						   PTE_PRESENT | PTE_WRITE;
	window_pdpt[0] = image_phys(window_pd) | PTE_PRESENT | PTE_WRITE;
	for (u32 i = 0; i < WINDOW_LEAVES; i++) {
		window_pd[first + i] = (base + i * 2 * MiB) | PTE_PRESENT |
				       PTE_WRITE | PTE_LARGE | PTE_NX;
		invlpg(virt + i * 2 * MiB);
	}
	return (void *)(virt + (addr - base));
}

void *early_memremap(paddr_t addr, size_t size)
{
	paddr_t end;

	if (size > EARLY_MAP_MAX || __builtin_add_overflow(addr, size, &end) ||
	    (end && (end - 1) >> arch_phys_bits()))
		return NULL;
	if (end <= BOOT_MAPPED)
		return phys_to_virt(addr);
	return open_window(addr);
}

void early_memunmap(void *addr __unused, size_t size __unused)
{
}

/* --- looking and checking --- */

bool paging_lookup(vaddr_t virt, paddr_t *phys, u32 *prot, u64 *leaf_size)
{
	paddr_t table = read_cr3() & PTE_ADDR;

	for (u32 level = TOP_LEVEL; level >= 1; level--) {
		u64 entry = *entry_of(table, level, virt);
		u64 size = 1UL << LEVEL_SHIFT(level);

		if (!(entry & PTE_PRESENT))
			return false;
		table = entry & PTE_ADDR;
		if (level > 1 && !(entry & PTE_LARGE))
			continue;
		*phys = (table & ~(size - 1)) + (virt & (size - 1));
		*prot = (entry & PTE_WRITE ? MAP_W : 0) |
			(entry & PTE_NX ? 0 : MAP_X) |
			(entry & PTE_UNCACHED ? MAP_UNCACHED : 0);
		*leaf_size = size;
		return true;
	}
	return false;
}

void paging_direct_map_kb(u64 kb[3])
{
	memcpy(kb, direct_kb, sizeof(direct_kb));
}

static u64 count_leaves(paddr_t table, u32 level, vaddr_t base, vaddr_t start,
			vaddr_t end)
{
	const u64 *entries = phys_to_virt(table);
	u64 size = 1UL << LEVEL_SHIFT(level), pages = 0;

	for (u32 i = level == TOP_LEVEL ? NR_PTES / 2 : 0; i < NR_PTES; i++) {
		vaddr_t virt = base + i * size;
		u64 entry = READ_ONCE(entries[i]);

		if (!(entry & PTE_PRESENT) || virt >= end ||
		    virt + size <= start)
			continue;
		if (level == 1 || (entry & PTE_LARGE))
			pages += size / PAGE_SIZE;
		else
			pages += count_leaves(entry & PTE_ADDR, level - 1, virt,
					      start, end);
	}
	return pages;
}

u64 paging_count_mapped(vaddr_t start, vaddr_t end)
{
	return count_leaves(root, TOP_LEVEL, 0xffff000000000000UL, start, end);
}

static bool entry_is_bad(u64 entry, u32 level)
{
	bool leaf = level == 1 || (entry & PTE_LARGE);

	return (entry & PTE_USER) ||
	       (leaf && (entry & PTE_WRITE) && !(entry & PTE_NX));
}

static int check_table(paddr_t table, u32 level, vaddr_t base)
{
	const u64 *entries = phys_to_virt(table);
	int findings = 0;

	for (u32 i = level == TOP_LEVEL ? NR_PTES / 2 : 0; i < NR_PTES; i++) {
		vaddr_t virt = base | (vaddr_t)i << LEVEL_SHIFT(level);
		u64 entry = entries[i];

		if (!(entry & PTE_PRESENT))
			continue;
		if (entry_is_bad(entry, level)) {
			pr_err("paging: level %u entry %016lx for %016lx breaks W^X or is user's\n",
			       level, entry, virt);
			findings++;
		}
		if (level > 1 && !(entry & PTE_LARGE))
			findings +=
				check_table(entry & PTE_ADDR, level - 1, virt);
	}
	return findings;
}

int paging_check(void)
{
	return check_table(read_cr3() & PTE_ADDR, TOP_LEVEL,
			   0xffff000000000000UL);
}
