/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/acpi.h - find, check and keep the ACPI tables that matter
 *
 * Units    bytes, physical addresses
 * Context  boot; acpi_get_table() also later
 * Errors   a malformed table is dropped with one pr_warn() that gives the
 *          reason ("ACPI: SRAT at 0x...: bad checksum"); -ENOENT: not there
 * Owns     copies of SRAT, SLIT, MADT (APIC), FADT (FACP), DSDT
 *
 * Sources: ACPI 6.5 sections 5.2.5 (RSDP) to 5.2.17 (SLIT).
 */
#pragma once

#include <kernel/types.h>

struct numa_info;

struct acpi_header {
	char signature[4];
	u32 length;
	u8 revision;
	u8 checksum;
	char oem_id[6];
	char oem_table_id[8];
	u32 oem_revision;
	char asl_compiler_id[4];
	u32 asl_compiler_revision;
} __packed;

_Static_assert(sizeof(struct acpi_header) == 36, "ACPI 6.5 table 5.4");

enum acpi_table_id {
	ACPI_SRAT,
	ACPI_SLIT,
	ACPI_MADT,
	ACPI_FADT,
	ACPI_DSDT,
	NR_ACPI_TABLES,
};

/*
 * Where the tables are kept: acpi_init() asks `copy_to` for memory that
 * stays readable (memblock in the kernel, malloc on the host).
 */
struct acpi_tables {
	const struct acpi_header *table[NR_ACPI_TABLES]; /* valid or NULL */
	bool replaced[NR_ACPI_TABLES]; /* came from a module */
	void *(*alloc)(void *ctx, size_t size);
	void *ctx;
};

#define ACPI_TABLE_MAX (1UL << 20) /* longer ones are refused, DSDT apart */

/*
 * -EINVAL unless header and checksum over length hold; says why, naming the
 * table and its origin ("0x7fe1000", "module+0x24").
 */
int acpi_table_check(const void *data, size_t avail, const char *origin);

/*
 * Walk RSDP -> XSDT (else RSDT) and keep the first valid table of each kind.
 * rsdp is the copy from the boot tags (len 0: none), rsdp_addr the address
 * (0: search the EBDA and 0xe0000-0xfffff).
 */
int acpi_init(struct acpi_tables *acpi, const u8 *rsdp, u32 rsdp_len,
	      paddr_t rsdp_addr);

/*
 * Keep a copy of the table at data if it is of a kind that matters, valid, and
 * the first of its kind. -EINVAL: malformed, -EEXIST: not the first, -ENOENT:
 * no use for it, -ENOMEM.
 */
int acpi_keep_table(struct acpi_tables *acpi, const void *data, size_t avail,
		    const char *origin);

/*
 * A module named "acpi": raw tables end to end, each replacing the firmware's
 * of its kind. A malformed one replaces it with nothing, so that the fallback
 * can be tried. Returns how many tables were kept.
 */
int acpi_add_module(struct acpi_tables *acpi, const void *data, size_t size);

/*
 * Does a module that came without a name (QEMU's -initrd gives none) begin
 * like a table? No initramfs does.
 */
bool acpi_module_looks_like(const void *data, size_t size);

/*
 * SRAT into info, which numa_init_info() has just emptied; after -EINVAL
 * ("SRAT: SRAT not used.") it is empty again.
 */
int acpi_parse_srat(const struct acpi_header *srat, struct numa_info *info);
/* SLIT into info's distances, after SRAT; -EINVAL: ignored. */
int acpi_parse_slit(const struct acpi_header *slit, struct numa_info *info);

#define MADT_MAX_CPUS	 64
#define MADT_MAX_IOAPICS 8

struct madt_info {
	paddr_t lapic_addr;
	u32 nr_cpus;	     /* enabled, at most MADT_MAX_CPUS kept */
	u32 nr_cpus_ignored; /* enabled, but more than we keep */
	u32 apic_id[MADT_MAX_CPUS];
	u32 nr_ioapics;
	struct {
		u8 id;
		paddr_t addr;
		u32 gsi_base;
	} ioapic[MADT_MAX_IOAPICS];
	struct {
		u32 gsi;
		bool active_low, level;
	} isa_irq[16]; /* after overrides; identity, high, edge by default */
	bool has_8259;
};

/* -EINVAL: too short to be one. */
int acpi_parse_madt(const struct acpi_header *madt, struct madt_info *out);

/* S5 from FADT and DSDT: what `poweroff` writes where there is no exit device. */
struct acpi_s5 {
	u16 pm1a_cnt, pm1b_cnt; /* I/O ports; 0: none */
	u8 slp_typa, slp_typb;
	u16 reset_port; /* 0: none */
	u8 reset_value;
};

/* -ENOENT: no way to S5; the reset register may still have been found. */
int acpi_find_s5(const struct acpi_tables *acpi, struct acpi_s5 *out);
