/* SPDX-License-Identifier: MIT */
/*
 * include/mm/e820.h - the firmware's memory map
 *
 * Units    addresses and sizes in bytes; printed ranges are inclusive
 * Locks    none: boot only, one CPU
 * Context  boot; never sleeps, never allocates
 * Errors   what cannot be kept is dropped with one pr_warn() each
 * Owns     the entries of the tables in struct mm_state
 * Keeps    e820_check(table) == 0 after e820__update_table(): sorted, no
 *          overlap, no empty entry, no mergeable neighbours
 */
#pragma once

#include <kernel/types.h>

struct memblock;

/* ACPI 6.5 section 15 and Linux's own numbers; any other is "type N". */
enum e820_type {
	E820_TYPE_RAM = 1,
	E820_TYPE_RESERVED = 2,
	E820_TYPE_ACPI = 3,
	E820_TYPE_NVS = 4,
	E820_TYPE_UNUSABLE = 5,
	E820_TYPE_PMEM = 7,
	E820_TYPE_PRAM = 12,
	E820_TYPE_SOFT_RESERVED = 0xefffffff,
};

struct e820_entry {
	u64 addr;
	u64 size;
	u32 type;
};

#define E820_MAX_ENTRIES 4096

struct e820_table {
	u32 nr_entries;
	u32 nr_dropped; /* ranges that found the table full */
	struct e820_entry entries[E820_MAX_ENTRIES];
};

/*
 * Add one range as it comes. When the table is full even after merging, the
 * range is dropped (false, one warning for all); one that isn't usable is
 * first cut out of the usable ranges there are, so that it stays untouched.
 */
bool e820__range_add(struct e820_table *table, u64 addr, u64 size, u32 type);

/*
 * Sort, resolve overlaps (the numerically largest type wins), merge equal
 * neighbours (never PRAM or SOFT_RESERVED), drop empty entries and entries
 * that wrap past 2^64. -EINVAL when fewer than two entries remain to sort.
 * Source: what Linux's function of this name does (v7.1), but for wraps.
 */
int e820__update_table(struct e820_table *table);

/* Turn [addr, addr+size) of old_type into new_type; returns bytes changed. */
u64 e820__range_update(struct e820_table *table, u64 addr, u64 size,
		       u32 old_type, u32 new_type);

/* Take [addr, addr+size) out; only old_type if check_type. */
u64 e820__range_remove(struct e820_table *table, u64 addr, u64 size,
		       u32 old_type, bool check_type);

/* Linux's lines: "who: [mem 0x...-0x...] usable". */
void e820__print_table(const struct e820_table *table, const char *who);
/* The type's text in buf, as Linux prints it. */
const char *e820_type_name(u32 type, char buf[static 24]);

/* Page 0 becomes reserved, 0xa0000-0xfffff stops being RAM. */
void trim_bios_range(struct e820_table *table);

/* End of the highest usable frame below limit_pfn. */
pfn_t e820__end_of_ram_pfn(const struct e820_table *table, pfn_t limit_pfn);

/*
 * Apply every mem= and memmap= of a command line, in order. True when one
 * changed the map (the caller prints it as "user"). exactmap empties the map
 * first. Malformed values are reported and skipped.
 */
bool e820__parse_cmdline(struct e820_table *table, const char *cmdline);

/*
 * Drop usable memory that can't be reached: the CPU's addresses have phys_bits
 * bits, and the direct map a size (bytes).
 */
void e820__limit_phys(struct e820_table *table, u32 phys_bits,
		      u64 direct_map_size);

/* Usable ranges to memblock's memory: joined, then rounded inward to pages. */
void e820__memblock_setup(const struct e820_table *table, struct memblock *mb);

int e820_check(const struct e820_table *table);
