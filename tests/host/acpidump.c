// SPDX-License-Identifier: MIT
/*
 * tests/host/acpidump.c - what the kernel makes of a machine's SRAT and SLIT
 *
 *	build/host/acpidump FILE
 *
 * FILE holds tables as text, in acpidump's form; '#' starts a comment line:
 *
 *	SRAT @ 0x0000000000000000
 *	    0000: 53 52 41 54 C0 05 00 00 02 A6 41 4D 44 20 20 20  SRAT......AMD
 *
 * Printed, by the kernel's own code (addresses inclusive, SRAT's order):
 *
 *	node 0 pxm 0: [mem 0x0000000000000000-0x000000000009ffff] [mem ...]
 *	cpu apic 32 node 0
 *	distance 10 16
 *
 * A table that is broken is dropped, with its reason on stderr, and what the
 * kernel falls back to is printed: one node 0, distances 10 and 20. Exit
 * status 1: the file can't be read or has no table.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arch/host.h>
#include <kernel/acpi.h>
#include <mm/numa.h>

#define TABLE_MAX (4 * MiB)

struct dump {
	const char *file;
	u32 line;
	u32 nr_tables;
	char origin[32]; /* of the table being read; "" before the first */
	u8 *table;	 /* TABLE_MAX bytes */
	size_t size;
	bool bad; /* its text is garbled: not worth checking */
	struct acpi_tables *acpi;
};

static void *host_alloc(void *ctx __unused, size_t size)
{
	return malloc(size);
}

static void finish_table(struct dump *d)
{
	if (d->origin[0] && !d->bad)
		acpi_keep_table(d->acpi, d->table, d->size, d->origin);
	d->size = 0;
	d->bad = false;
}

/* "SRAT @ 0x..." begins a table; the name counts for nothing, bytes do. */
static bool is_heading(const char *s)
{
	return !isspace((u8)s[0]) && strstr(s, " @ ");
}

static void start_table(struct dump *d)
{
	finish_table(d);
	d->nr_tables++;
	snprintf(d->origin, sizeof(d->origin), "line %u", d->line);
}

static void complain(struct dump *d, const char *why)
{
	if (!d->bad)
		fprintf(stderr, "%s:%u: %s, table dropped\n", d->file, d->line,
			why);
	d->bad = true;
}

static int hex_byte(const char *s)
{
	if (!isxdigit((u8)s[0]) || !isxdigit((u8)s[1]))
		return -1;
	return (int)strtoul((char[]){ s[0], s[1], '\0' }, NULL, 16);
}

/* Up to 16 pairs of digits, each behind one blank; two blanks end them. */
static void read_bytes(struct dump *d, const char *s)
{
	for (int i = 0; i < 16 && s[0] == ' '; i++, s += 3) {
		int byte = hex_byte(s + 1);

		if (byte < 0)
			break;
		if (d->size == TABLE_MAX) {
			complain(d, "table longer than 4 MiB");
			return;
		}
		d->table[d->size++] = (u8)byte;
	}
}

/* "    0010: 41 47 ...": the offset must be where we are. */
static void read_row(struct dump *d, const char *s)
{
	char *end;
	unsigned long offset = strtoul(s, &end, 16);
	size_t before = d->size;

	if (!d->origin[0]) {
		complain(d, "bytes before the first table's name");
		return;
	}
	if (end == s || *end != ':' || offset != d->size) {
		complain(d, "not a row at the offset that comes next");
		return;
	}
	read_bytes(d, end + 1);
	if (d->size == before)
		complain(d, "no bytes in this row");
}

static void read_line(struct dump *d, const char *s)
{
	d->line++;
	if (s[0] == '#' || s[strspn(s, " \t\r\n")] == '\0')
		return;
	if (is_heading(s))
		start_table(d);
	else
		read_row(d, s);
}

static bool read_file(struct dump *d, FILE *f)
{
	char *line = NULL;
	size_t size = 0;
	bool ok;

	while (getline(&line, &size, f) >= 0)
		read_line(d, line);
	finish_table(d);
	free(line);
	ok = !ferror(f);
	if (!ok)
		perror(d->file);
	if (ok && !d->nr_tables) {
		fprintf(stderr, "%s: no ACPI table in it\n", d->file);
		ok = false;
	}
	return ok;
}

/* ---- output ---- */

static void print_node(const struct numa_info *info, int nid)
{
	printf("node %d pxm %u:", nid, info->pxm[nid]);
	for (u32 i = 0; i < info->meminfo.nr_blks; i++) {
		const struct numa_memblk *b = &info->meminfo.blk[i];

		if (b->nid == nid)
			printf(" [mem 0x%016lx-0x%016lx]", b->start,
			       b->end - 1);
	}
	printf("\n");
}

static void print_info(const struct numa_info *info)
{
	int nr = (int)info->nr_nodes;

	for (int nid = 0; nid < nr; nid++)
		print_node(info, nid);
	for (u32 i = 0; i < info->nr_cpus; i++)
		printf("cpu apic %u node %d\n", info->cpus[i].apic_id,
		       info->cpus[i].nid);
	for (int a = 0; a < nr; a++) {
		printf("distance");
		for (int b = 0; b < nr; b++)
			printf(" %d", node_distance(info, a, b));
		printf("\n");
	}
}

static void show(const struct acpi_tables *acpi)
{
	static struct numa_info info;
	const struct acpi_header *srat = acpi->table[ACPI_SRAT];
	const struct acpi_header *slit = acpi->table[ACPI_SLIT];

	numa_init_info(&info);
	if (!srat || acpi_parse_srat(srat, &info))
		acpi_map_pxm_to_node(&info, 0); /* the one node there is */
	else if (slit)
		acpi_parse_slit(slit, &info);
	print_info(&info);
}

int main(int argc, char **argv)
{
	static struct acpi_tables acpi = { .alloc = host_alloc };
	struct dump d = { .acpi = &acpi };
	FILE *f;
	bool ok;

	if (argc != 2) {
		fprintf(stderr, "usage: acpidump FILE\n");
		return 1;
	}
	host_console_hook = host_console_to_stderr;
	d.file = argv[1];
	d.table = malloc(TABLE_MAX);
	f = d.table ? fopen(d.file, "r") : NULL;
	if (!f) {
		perror(d.file);
		return 1;
	}
	ok = read_file(&d, f);
	fclose(f);
	if (ok)
		show(&acpi);
	free(d.table);
	for (int i = 0; i < NR_ACPI_TABLES; i++)
		free((void *)acpi.table[i]);
	return !ok;
}
