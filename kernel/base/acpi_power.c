// SPDX-License-Identifier: MIT
/*
 * kernel/base/acpi_power.c - how to switch this machine off, or reset it
 *
 * Off is "write SLP_TYP | SLP_EN to the PM1 control registers". Their ports
 * are in the FADT; SLP_TYP is in the DSDT, in byte code:
 *
 *	08 '_S5_' 12 PkgLength NumElements  e0 e1 ...	Name (_S5, Package {..})
 *
 * e0 and e1 are the values for PM1a and PM1b: ZeroOp (00), OneOp (01), or a
 * constant behind 0a (byte), 0b (word), 0c (dword). We look for exactly these
 * bytes instead of interpreting the DSDT: firmware writes no other form.
 *
 * PkgLength: bits 7:6 of its first byte say how many bytes follow.
 *
 * Source: ACPI 6.5 sections 4.8.3.2, 5.2.9, 7.4.2.6, 20.2.
 */
#include <kernel/acpi.h>
#include <kernel/errno.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/unaligned.h>

#define FADT_PM1A_CNT 64
#define FADT_PM1B_CNT 68
#define FADT_FLAGS    112
/* A generic address: space, width, offset, size, u64. */
#define FADT_RESET_REG	 116
#define FADT_RESET_VALUE 128
#define RESET_REG_SUP	 (1U << 10)
#define SPACE_IO	 1

#define NAME_OP	   0x08
#define PACKAGE_OP 0x12

/* A port number out of the FADT; 0 where there is none that can be one. */
static u16 fadt_port(const struct acpi_header *fadt, u32 off)
{
	u32 port = 0;

	if (fadt->length >= off + 4)
		port = get_unaligned_le32((const u8 *)fadt + off);
	if (port <= UINT16_MAX)
		return (u16)port;
	pr_warn("ACPI: FACP: port 0x%x at 0x%x is above 0xffff, not used\n",
		port, off);
	return 0;
}

static void find_reset(const struct acpi_header *fadt, struct acpi_s5 *out)
{
	const u8 *p = (const u8 *)fadt;
	u64 port;

	if (fadt->length <= FADT_RESET_VALUE ||
	    !(get_unaligned_le32(p + FADT_FLAGS) & RESET_REG_SUP))
		return;
	port = get_unaligned_le64(p + FADT_RESET_REG + 4);
	if (p[FADT_RESET_REG] != SPACE_IO || port > UINT16_MAX)
		return; /* memory or PCI space: not by a port */
	out->reset_port = (u16)port;
	out->reset_value = p[FADT_RESET_VALUE];
}

/* One constant at *p, below end; moves *p behind it. */
static bool read_constant(const u8 **p, const u8 *end, u8 *value)
{
	u32 width;
	u8 op;

	if (*p == end)
		return false;
	op = *(*p)++;
	if (op <= 1) { /* ZeroOp and OneOp are their own value */
		*value = op;
		return true;
	}
	if (op < 0x0a || op > 0x0c)
		return false;
	width = 1U << (op - 0x0a);
	if ((size_t)(end - *p) < width)
		return false;
	*value = **p; /* SLP_TYP has three bits: the lowest byte holds them */
	*p += width;
	return true;
}

/* The package at p, which its name came before. */
static bool read_package(const u8 *p, const u8 *end, struct acpi_s5 *out)
{
	u32 length_bytes;
	u8 a, b = 0, nr;

	if (end - p < 3 || *p++ != PACKAGE_OP)
		return false;
	length_bytes = 1 + (*p >> 6);
	if ((size_t)(end - p) < length_bytes + 1)
		return false;
	p += length_bytes;
	nr = *p++;
	if (!nr || !read_constant(&p, end, &a))
		return false;
	if (nr > 1 && !read_constant(&p, end, &b))
		return false;
	out->slp_typa = a & 7;
	out->slp_typb = b & 7;
	return true;
}

static bool find_sleep_type(const struct acpi_header *dsdt, struct acpi_s5 *out)
{
	const u8 *p = (const u8 *)dsdt + sizeof(*dsdt);
	const u8 *end = (const u8 *)dsdt + dsdt->length;

	for (; end - p >= 5; p++) {
		const u8 *name = p + 1;

		if (*p != NAME_OP)
			continue;
		if (*name == '\\') /* the name may be given from the root */
			name++;
		if (end - name >= 4 && !memcmp(name, "_S5_", 4) &&
		    read_package(name + 4, end, out))
			return true;
	}
	return false;
}

int acpi_find_s5(const struct acpi_tables *acpi, struct acpi_s5 *out)
{
	const struct acpi_header *fadt = acpi->table[ACPI_FADT];
	const struct acpi_header *dsdt = acpi->table[ACPI_DSDT];

	memset(out, 0, sizeof(*out));
	if (!fadt)
		return -ENOENT;
	find_reset(fadt, out);
	out->pm1a_cnt = fadt_port(fadt, FADT_PM1A_CNT);
	out->pm1b_cnt = fadt_port(fadt, FADT_PM1B_CNT);
	if (!out->pm1a_cnt || !dsdt || !find_sleep_type(dsdt, out))
		return -ENOENT;
	return 0;
}
