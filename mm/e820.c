// SPDX-License-Identifier: MIT
/*
 * mm/e820.c - the firmware's memory map: change it, print it, ask it
 *
 * Named for the BIOS call (INT 15h, AX=E820h) that gives it. An entry says
 * which bytes [addr, addr + size) are what: usable memory, reserved, ACPI
 * tables, ... Whatever no entry covers is not memory. Only "usable" becomes
 * memory, and of that never page 0 and never 0xa0000-0xfffff, where VGA and
 * the BIOS live.
 *
 * The functions here may leave the table unsorted; e820__update_table()
 * (mm/e820_update.c) makes it orderly. The command line's mem= and memmap=
 * are in mm/e820_cmdline.c.
 *
 * Real world: Linux arch/x86/kernel/e820.c. It refuses a whole map for one
 * range that wraps; we drop the range.
 */
#include <kernel/printk.h>
#include <kernel/string.h>
#include <mm/e820.h>
#include <mm/memblock.h>

#define BIOS_BEGIN 0xa0000UL
#define BIOS_END   0x100000UL

static u64 saturating_end(u64 addr, u64 size)
{
	return size > UINT64_MAX - addr ? UINT64_MAX : addr + size;
}

/* A range that wraps is nowhere; update_table reports and drops it. */
static bool entry_wraps(const struct e820_entry *e)
{
	return e->addr + e->size < e->addr;
}

/*
 * A full table has no room for the halves of a usable range that [addr, end)
 * lies in: the longer one is kept.
 */
static void cut_usable(struct e820_table *table, u64 addr, u64 end)
{
	for (u32 i = 0; i < table->nr_entries; i++) {
		struct e820_entry *e = &table->entries[i];
		u64 e_end = e->addr + e->size;
		u64 below, above;

		if (e->type != E820_TYPE_RAM || entry_wraps(e) ||
		    e->addr >= end || e_end <= addr)
			continue;
		below = addr > e->addr ? addr - e->addr : 0;
		above = e_end > end ? e_end - end : 0;
		if (above > below)
			e->addr = end;
		e->size = max(above, below);
	}
}

/* Merging pays only if it makes much room: else it would run at each add. */
static bool make_room(struct e820_table *table)
{
	if (table->nr_entries < E820_MAX_ENTRIES)
		return true;
	if (table->nr_dropped)
		return false;
	e820__update_table(table);
	return table->nr_entries < E820_MAX_ENTRIES - E820_MAX_ENTRIES / 8;
}

bool e820__range_add(struct e820_table *table, u64 addr, u64 size, u32 type)
{
	if (!make_room(table)) {
		if (!table->nr_dropped++)
			pr_warn("e820: more than %u ranges, [mem 0x%016lx-0x%016lx] and all after it dropped\n",
				E820_MAX_ENTRIES, addr,
				saturating_end(addr, size) - 1);
		if (type != E820_TYPE_RAM)
			cut_usable(table, addr, saturating_end(addr, size));
		return false;
	}
	table->entries[table->nr_entries++] = (struct e820_entry){
		.addr = addr,
		.size = size,
		.type = type,
	};
	return true;
}

/* Entries to add once a walk over the table has ended: an add may merge. */
struct pending {
	u32 nr;
	struct e820_entry entries[4]; /* two cut entries leave two each */
};

static void pend(struct pending *p, u64 addr, u64 end, u32 type)
{
	if (addr < end && p->nr < ARRAY_SIZE(p->entries))
		p->entries[p->nr++] = (struct e820_entry){
			.addr = addr,
			.size = end - addr,
			.type = type,
		};
}

static void add_pending(struct e820_table *table, const struct pending *p)
{
	for (u32 i = 0; i < p->nr; i++)
		e820__range_add(table, p->entries[i].addr, p->entries[i].size,
				p->entries[i].type);
}

/*
 * Turn the part of an entry in [start, end) into new_type, 0: into nothing.
 *
 *	entry   |---------------------|
 *	range         |-------|
 *	result  |-----|  new  |-------|
 */
static u64 entry_change(struct e820_entry *e, u64 start, u64 end, u32 new_type,
			struct pending *p)
{
	u64 e_end = e->addr + e->size;

	start = max(start, e->addr);
	end = min(end, e_end);
	if (start >= end)
		return 0;
	if (start == e->addr && end == e_end && new_type) {
		e->type = new_type;
		return e->size;
	}
	pend(p, end, e_end, e->type);
	if (new_type)
		pend(p, start, end, new_type);
	e->size = start - e->addr;
	return end - start;
}

u64 e820__range_update(struct e820_table *table, u64 addr, u64 size,
		       u32 old_type, u32 new_type)
{
	u64 end = saturating_end(addr, size), changed = 0;
	struct pending pending = { 0 };
	char old_name[24], new_name[24];

	pr_debug("e820: update [mem 0x%08lx-0x%08lx] %s ==> %s\n", addr,
		 end - 1, e820_type_name(old_type, old_name),
		 e820_type_name(new_type, new_name));
	/* Disjoint, so that no more than two entries are cut. */
	e820__update_table(table);
	for (u32 i = 0; i < table->nr_entries; i++)
		if (table->entries[i].type == old_type)
			changed += entry_change(&table->entries[i], addr, end,
						new_type, &pending);
	add_pending(table, &pending);
	return changed;
}

u64 e820__range_remove(struct e820_table *table, u64 addr, u64 size,
		       u32 old_type, bool check_type)
{
	u64 end = saturating_end(addr, size), removed = 0;
	struct pending pending = { 0 };
	char name[24];

	pr_debug("e820: remove [mem 0x%08lx-0x%08lx] %s\n", addr, end - 1,
		 check_type ? e820_type_name(old_type, name) : "");
	e820__update_table(table);
	for (u32 i = 0; i < table->nr_entries; i++)
		if (!check_type || table->entries[i].type == old_type)
			removed += entry_change(&table->entries[i], addr, end,
						0, &pending);
	add_pending(table, &pending);
	return removed;
}

const char *e820_type_name(u32 type, char buf[static 24])
{
	static const char *const names[] = {
		[E820_TYPE_RAM] = "usable",
		[E820_TYPE_RESERVED] = "reserved",
		[E820_TYPE_ACPI] = "ACPI data",
		[E820_TYPE_NVS] = "ACPI NVS",
		[E820_TYPE_UNUSABLE] = "unusable",
		[E820_TYPE_PMEM] = "persistent (type 7)",
		[E820_TYPE_PRAM] = "persistent (type 12)",
	};

	if (type == E820_TYPE_SOFT_RESERVED)
		strscpy(buf, "soft reserved", 24);
	else if (type < ARRAY_SIZE(names) && names[type])
		strscpy(buf, names[type], 24);
	else
		snprintf(buf, 24, "type %u", type);
	return buf;
}

void e820__print_table(const struct e820_table *table, const char *who)
{
	char name[24];

	for (u32 i = 0; i < table->nr_entries; i++) {
		const struct e820_entry *e = &table->entries[i];

		pr_info("%s: [mem 0x%016lx-0x%016lx] %s\n", who, e->addr,
			e->addr + e->size - 1, e820_type_name(e->type, name));
	}
}

void trim_bios_range(struct e820_table *table)
{
	e820__range_update(table, 0, PAGE_SIZE, E820_TYPE_RAM,
			   E820_TYPE_RESERVED);
	e820__range_remove(table, BIOS_BEGIN, BIOS_END - BIOS_BEGIN,
			   E820_TYPE_RAM, true);
	e820__update_table(table);
}

pfn_t e820__end_of_ram_pfn(const struct e820_table *table, pfn_t limit_pfn)
{
	pfn_t last_pfn = 0;

	for (u32 i = 0; i < table->nr_entries; i++) {
		const struct e820_entry *e = &table->entries[i];
		pfn_t end_pfn = PFN_DOWN(e->addr + e->size);

		if (e->type == E820_TYPE_RAM && PFN_DOWN(e->addr) < limit_pfn)
			last_pfn = max(last_pfn, min(end_pfn, limit_pfn));
	}
	return last_pfn;
}

void e820__limit_phys(struct e820_table *table, u32 phys_bits,
		      u64 direct_map_size)
{
	u64 limit = min(1UL << phys_bits, direct_map_size);
	u64 removed = e820__range_remove(table, limit, UINT64_MAX - limit,
					 E820_TYPE_RAM, true);

	if (removed)
		pr_warn("e820: %lu KiB of usable memory at or above 0x%lx, beyond the %s, dropped\n",
			DIV_ROUND_UP(removed, KiB), limit,
			limit == direct_map_size ? "direct map" :
						   "CPU's addresses");
	e820__update_table(table);
}

void e820__memblock_setup(const struct e820_table *table, struct memblock *mb)
{
	for (u32 i = 0; i < table->nr_entries; i++)
		if (table->entries[i].type == E820_TYPE_RAM)
			memblock_add(mb, table->entries[i].addr,
				     table->entries[i].size);
	/* After joining: a page may lie across two touching ranges. */
	memblock_trim_memory(mb, PAGE_SIZE);
}

static const char *entry_fault(const struct e820_entry *e,
			       const struct e820_entry *before)
{
	if (!e->size)
		return "is empty";
	if (!e->type)
		return "has no type";
	if (entry_wraps(e))
		return "wraps";
	if (!before)
		return NULL;
	if (e->addr < before->addr + before->size)
		return "overlaps or is before its neighbour below";
	if (e->addr == before->addr + before->size && e->type == before->type &&
	    e->type != E820_TYPE_PRAM && e->type != E820_TYPE_SOFT_RESERVED)
		return "should be one with its neighbour below";
	return NULL;
}

int e820_check(const struct e820_table *table)
{
	int findings = 0;

	for (u32 i = 0; i < table->nr_entries; i++) {
		const struct e820_entry *e = &table->entries[i];
		const char *fault = entry_fault(e, i ? e - 1 : NULL);

		if (!fault)
			continue;
		findings++;
		pr_err("e820: entry %u [0x%lx, 0x%lx bytes] type %u %s\n", i,
		       e->addr, e->size, e->type, fault);
	}
	return findings;
}
