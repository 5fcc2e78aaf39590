/* SPDX-License-Identifier: MIT */
/*
 * tests/kernel/acpi_build.h - write ACPI tables, for tests
 *
 * build_begin() starts a table of some length, the put functions add to its
 * end, build_end() fixes length and checksum and returns the table.
 */
#pragma once

#include <kernel/acpi.h>
#include <kernel/string.h>

struct acpi_build {
	u8 *table;
	size_t size, used;
};

static inline void build_begin(struct acpi_build *b, u8 *buf, size_t size,
			       const char *signature, u8 revision,
			       size_t header)
{
	memset(buf, 0, size);
	memcpy(buf, signature, 4);
	memcpy(buf + 10, "TANGRAMtesting", 14);
	buf[8] = revision;
	*b = (struct acpi_build){ buf, size, header };
}

static inline void build_put(struct acpi_build *b, const void *p, size_t n)
{
	if (b->size - b->used < n)
		return; /* the test will see a table that is too short */
	memcpy(b->table + b->used, p, n);
	b->used += n;
}

/* An entry {type, length} of n bytes, the rest 0; returns where it starts. */
static inline u8 *build_entry(struct acpi_build *b, u8 type, u8 length)
{
	static const u8 zeroes[256];
	u8 *e = b->table + b->used;

	build_put(b, zeroes, length);
	e[0] = type;
	e[1] = length;
	return e;
}

static inline void build_checksum(u8 *table, u32 length)
{
	u8 sum = 0;

	table[9] = 0;
	for (u32 i = 0; i < length; i++)
		sum += table[i];
	table[9] = (u8)-sum;
}

static inline const struct acpi_header *build_end(struct acpi_build *b)
{
	u32 length = (u32)b->used;

	memcpy(b->table + 4, &length, 4);
	build_checksum(b->table, length);
	return (const struct acpi_header *)b->table;
}

static inline void put_le(u8 *p, u64 v, size_t width)
{
	memcpy(p, &v, width);
}
