// SPDX-License-Identifier: MIT
/*
 * tests/host/fuzz/fuzz_acpi.c - any bytes as ACPI tables
 *
 * The first byte chooses the way in:
 *
 *	0	the rest is memory from 0xe0000 on; acpi_init() searches an RSDP
 *	1	the same, with RSDP and root put right and made to lead on
 *	2	a module, as it is
 *	3..7	one SRAT, SLIT, MADT, FADT or DSDT whose header is put right
 *
 * Whatever tables were kept are then parsed, and the result is checked.
 */
#include <stdlib.h>
#include <string.h>

#include <arch/host.h>
#include <kernel/acpi.h>
#include <mm/numa.h>

#define PHYS_SIZE (2 * MiB)
#define BASE	  0xe0000UL
#define ROOT	  (BASE + 64)

static struct acpi_tables acpi;

static void *fuzz_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return malloc(size);
}

static u8 sum(const u8 *p, size_t n)
{
	u8 s = 0;

	while (n--)
		s += *p++;
	return s;
}

static void fix_table(u8 *p, const char *signature, u32 length)
{
	memcpy(p, signature, 4);
	memcpy(p + 4, &length, 4);
	p[9] = 0;
	p[9] = (u8)-sum(p, length);
}

/* Most of the root's pointers are bent into the memory that the input fills. */
static void fix_root(bool v2, u32 nr)
{
	u8 *root = host_phys(ROOT);
	u32 width = v2 ? 8 : 4;

	for (u32 i = 0; i < nr; i++) {
		u8 *p = root + 36 + i * width;
		u64 addr = 0;

		memcpy(&addr, p, width);
		if (addr % 8 != 7)
			addr = BASE + addr % (4 * KiB);
		memcpy(p, &addr, width);
	}
	fix_table(root, v2 ? "XSDT" : "RSDT", 36 + nr * width);
}

/* An RSDP that leads to a root right behind it. */
static void fix_rsdp(void)
{
	u8 *p = host_phys(BASE);
	u32 rsdt = ROOT, length = 36;
	u64 xsdt = ROOT;
	bool v2 = p[15] & 1;

	memcpy(p, "RSD PTR ", 8);
	p[15] = v2 ? 2 : 0;
	memcpy(p + 16, &rsdt, 4);
	memcpy(p + 20, &length, 4);
	memcpy(p + 24, &xsdt, 8);
	p[8] = p[32] = 0;
	p[8] = (u8)-sum(p, 20);
	p[32] = (u8)-sum(p, 36);
	fix_root(v2, p[36] % 8);
}

/* Without a FADT that names a port nobody looks into the DSDT. */
static void load_fadt(void)
{
	u8 fadt[132] = {0};

	fadt[64] = 4;
	fix_table(fadt, "FACP", sizeof(fadt));
	acpi_keep_table(&acpi, fadt, sizeof(fadt), "fuzz");
}

static void load_memory(const u8 *data, size_t size, bool fix)
{
	size = min(size, PHYS_SIZE - BASE);
	host_phys_init(PHYS_SIZE);
	memcpy(host_phys(BASE), data, size);
	if (fix)
		fix_rsdp();
	acpi_init(&acpi, NULL, 0, 0);
	host_phys_drop();
}

static void load_table(const u8 *data, size_t size, int kind)
{
	static const char names[5][5] = {"SRAT", "SLIT", "APIC", "FACP", "DSDT"};
	u8 *copy;

	if (size < sizeof(struct acpi_header) || size > ACPI_TABLE_MAX)
		return;
	copy = malloc(size);
	memcpy(copy, data, size);
	fix_table(copy, names[kind], (u32)size);
	if (acpi_keep_table(&acpi, copy, size, "fuzz"))
		abort(); /* its header is right: it must be taken */
	free(copy);
}

static void check_numa(const struct numa_info *info)
{
	if (info->nr_nodes > MAX_NUMNODES || info->nr_cpus > MAX_LOCAL_APIC ||
	    info->meminfo.nr_blks > NR_NODE_MEMBLKS)
		abort();
	for (u32 i = 0; i < info->meminfo.nr_blks; i++)
		if (info->meminfo.blk[i].start >= info->meminfo.blk[i].end ||
		    (u32)info->meminfo.blk[i].nid >= info->nr_nodes)
			abort();
	for (u32 i = 0; i < info->nr_cpus; i++)
		if ((u32)info->cpus[i].nid >= info->nr_nodes)
			abort();
	for (int nid = 0; nid < (int)info->nr_nodes; nid++)
		if (node_distance(info, nid, nid) != LOCAL_DISTANCE)
			abort();
}

static void parse_all(void)
{
	static struct numa_info info;
	static struct madt_info madt;
	struct acpi_s5 s5;

	numa_init_info(&info);
	if (acpi.table[ACPI_SRAT] &&
	    acpi_parse_srat(acpi.table[ACPI_SRAT], &info) && info.nr_nodes)
		abort();
	if (!info.nr_nodes) /* so that SLIT has a row and a column */
		acpi_map_pxm_to_node(&info, 0);
	if (acpi.table[ACPI_SLIT])
		acpi_parse_slit(acpi.table[ACPI_SLIT], &info);
	check_numa(&info);
	if (acpi.table[ACPI_MADT])
		acpi_parse_madt(acpi.table[ACPI_MADT], &madt);
	if (madt.nr_cpus > MADT_MAX_CPUS || madt.nr_ioapics > MADT_MAX_IOAPICS)
		abort();
	acpi_find_s5(&acpi, &s5);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	u8 way;

	if (!size)
		return 0;
	host_console_quiet = true;
	acpi = (struct acpi_tables){.alloc = fuzz_alloc};
	way = data[0] % 8;
	data++;
	size--;
	if (way <= 1)
		load_memory(data, size, way == 1);
	else if (way == 2)
		acpi_add_module(&acpi, data, size);
	else
		load_table(data, size, way - 3);
	if (way == 7)
		load_fadt();
	parse_all();
	for (int i = 0; i < NR_ACPI_TABLES; i++)
		free((void *)acpi.table[i]);
	return 0;
}
