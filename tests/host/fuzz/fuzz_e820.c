// SPDX-License-Identifier: MIT
/*
 * tests/host/fuzz/fuzz_e820.c - libFuzzer: any map, any changes, one oracle
 *
 * Input is a row of 10-byte records {op, type, addr u32, size u32}. The top
 * bits of op spread the numbers: close together (overlaps), page-sized, or at
 * the end of the address space (wraps). A slow copy of the map, a list of all
 * records in order, tells at sampled addresses what the type must be.
 */
#include <stdlib.h>
#include <string.h>

#include <arch/host.h>
#include <mm/e820.h>

#define MAX_RECORDS 512

enum op { OP_ADD, OP_UPDATE, OP_REMOVE, OP_REMOVE_ANY, NR_OPS };

struct record {
	enum op op;
	u32 type;
	u64 addr, size;
};

static struct e820_table table;
static struct record records[MAX_RECORDS];
static u32 nr_records;

static void expect(bool ok)
{
	if (!ok)
		abort();
}

static u64 spread(u32 value, u8 how)
{
	switch (how >> 6) {
	case 0:
		return value & 0xff;
	case 1:
		return (u64)value << 4;
	case 2:
		return (u64)value << 12;
	default:
		return ~(u64)(value & 0xff);
	}
}

static void read_record(const uint8_t *p, struct record *r)
{
	static const u32 types[] = { 1, 1, 2, 3, 4, 5, 7, 12, 20, 0,
				     E820_TYPE_SOFT_RESERVED };
	u32 addr, size;

	memcpy(&addr, p + 2, 4);
	memcpy(&size, p + 6, 4);
	r->op = p[0] % 8 < 5 ? OP_ADD : (enum op)(p[0] % 8 - 4);
	r->type = types[p[1] % ARRAY_SIZE(types)];
	if (r->op != OP_ADD && !r->type) /* "nothing" is no type to change */
		r->type = E820_TYPE_RAM;
	r->addr = spread(addr, p[0]);
	r->size = spread(size, (u8)(p[1] & 0xc0));
}

static u64 end_of(const struct record *r)
{
	return r->size > UINT64_MAX - r->addr ? UINT64_MAX : r->addr + r->size;
}

/* An add that wraps or has no type is dropped; a change is cut at the end. */
static bool covers(const struct record *r, u64 addr)
{
	if (r->op == OP_ADD && (r->addr + r->size < r->addr || !r->type))
		return false;
	return addr >= r->addr && addr < end_of(r);
}

/*
 * A change acts on the resolved type, not on every record, and what was added
 * before it is one resolved type from then on.
 */
static u32 oracle(u64 addr)
{
	u32 type = 0;

	for (u32 i = 0; i < nr_records; i++) {
		const struct record *r = &records[i];

		if (!covers(r, addr))
			continue;
		if (r->op == OP_ADD)
			type = max(type, r->type);
		else if (r->op == OP_UPDATE && type == r->type)
			type = E820_TYPE_RESERVED;
		else if (r->op == OP_REMOVE_ANY ||
			 (r->op == OP_REMOVE && type == r->type))
			type = 0;
	}
	return type;
}

static u32 type_in_table(u64 addr)
{
	for (u32 i = 0; i < table.nr_entries; i++)
		if (addr - table.entries[i].addr < table.entries[i].size)
			return table.entries[i].type;
	return 0;
}

static void apply(const struct record *r)
{
	switch (r->op) {
	case OP_ADD:
		e820__range_add(&table, r->addr, r->size, r->type);
		break;
	case OP_UPDATE:
		e820__range_update(&table, r->addr, r->size, r->type,
				   E820_TYPE_RESERVED);
		break;
	case OP_REMOVE:
		e820__range_remove(&table, r->addr, r->size, r->type, true);
		break;
	default:
		e820__range_remove(&table, r->addr, r->size, 0, false);
	}
}

static void compare_at(u64 addr)
{
	expect(type_in_table(addr) == oracle(addr));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	host_console_quiet = true;
	table.nr_entries = table.nr_dropped = 0;
	for (nr_records = 0; size >= 10 && nr_records < MAX_RECORDS;
	     data += 10, size -= 10) {
		read_record(data, &records[nr_records]);
		apply(&records[nr_records++]);
	}
	e820__update_table(&table);
	expect(e820_check(&table) == 0);
	expect(table.nr_dropped == 0);
	for (u32 i = 0; i < nr_records; i++) {
		compare_at(records[i].addr);
		compare_at(records[i].addr - 1);
		compare_at(end_of(&records[i]));
		compare_at(end_of(&records[i]) - 1);
	}
	trim_bios_range(&table);
	e820__limit_phys(&table, 36, 73UL << 40);
	expect(e820_check(&table) == 0);
	expect(type_in_table(0) != E820_TYPE_RAM);
	expect(type_in_table(0xa0000) != E820_TYPE_RAM);
	expect(e820__end_of_ram_pfn(&table, ~0UL) <= 1UL << 24);
	return 0;
}
