// SPDX-License-Identifier: MIT
/*
 * kernel/base/acpi.c - from the RSDP to copies of the tables that matter
 *
 *	RSDP --> XSDT (64-bit pointers) --+--> APIC, SRAT, SLIT, ...
 *	     \-> RSDT (32-bit pointers) --+--> FACP --> DSDT
 *
 * The RSDP comes from the boot loader's copy, else from the address it gave,
 * else from a search where a BIOS puts it. Every pointer is followed through
 * early_memremap(), which refuses what is no memory; a table is believed only
 * when its checksum over its whole length holds, and then copied, so that
 * nothing refers to firmware's memory later. The chain has three levels and
 * the walk does not follow pointers found in tables we don't know: a cycle
 * cannot make it long.
 *
 * The first valid table of a kind wins. Every table dropped has its line.
 *
 * Source: ACPI 6.5 sections 5.2.5 (RSDP), 5.2.6 (header), 5.2.7 and 5.2.8
 * (RSDT, XSDT), 5.2.9 (FADT).
 */
#include <arch/early_map.h>
#include <kernel/acpi.h>
#include <kernel/errno.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/unaligned.h>

#define RSDP_V1_SIZE 20
#define RSDP_V2_SIZE 36
#define ROOT_MAX     512 /* pointers followed; real machines have below 100 */
#define DSDT_MAX     EARLY_MAP_MAX
#define HEADER_SIZE  sizeof(struct acpi_header)

#define FADT_DSDT   40
#define FADT_X_DSDT 140

static const char signatures[NR_ACPI_TABLES][5] = {
	[ACPI_SRAT] = "SRAT", [ACPI_SLIT] = "SLIT", [ACPI_MADT] = "APIC",
	[ACPI_FADT] = "FACP", [ACPI_DSDT] = "DSDT",
};

static bool has_signature(const void *table, const char *signature)
{
	return !memcmp(table, signature, 4);
}

/* The kind of the table whose first 4 bytes are at p; -1: of no use to us. */
static int table_kind(const void *p)
{
	for (int kind = 0; kind < NR_ACPI_TABLES; kind++)
		if (has_signature(p, signatures[kind]))
			return kind;
	return -1;
}

static u8 sum_bytes(const u8 *p, size_t n)
{
	u8 sum = 0;

	while (n--)
		sum += *p++;
	return sum;
}

/* ---- one table ---- */

static u32 table_max(const struct acpi_header *h)
{
	return has_signature(h, "DSDT") ? DSDT_MAX : ACPI_TABLE_MAX;
}

int acpi_table_check(const void *data, size_t avail, const char *origin)
{
	const struct acpi_header *h = data;
	char name[5];

	if (avail < HEADER_SIZE) {
		pr_warn("ACPI: table at %s: %zu bytes, a header has %zu, dropped\n",
			origin, avail, HEADER_SIZE);
		return -EINVAL;
	}
	copy_printable(name, sizeof(name), h->signature, 4);
	if (h->length < HEADER_SIZE || h->length > table_max(h)) {
		pr_warn("ACPI: %s at %s: length %u is not in %zu..%u, dropped\n",
			name, origin, h->length, HEADER_SIZE, table_max(h));
		return -EINVAL;
	}
	if (h->length > avail) {
		pr_warn("ACPI: %s at %s: length %u passes the end of the %zu bytes there are, dropped\n",
			name, origin, h->length, avail);
		return -EINVAL;
	}
	if (sum_bytes(data, h->length)) {
		pr_warn("ACPI: %s at %s: bad checksum, dropped\n", name, origin);
		return -EINVAL;
	}
	return 0;
}

static void print_table(const struct acpi_header *h, const char *origin)
{
	char oem[7], table[9];

	copy_printable(oem, sizeof(oem), h->oem_id, sizeof(h->oem_id));
	copy_printable(table, sizeof(table), h->oem_table_id,
		       sizeof(h->oem_table_id));
	pr_info("ACPI: %.4s %s %06x (v%02u %-6s %-8s)\n", h->signature, origin,
		h->length, h->revision, oem, table);
}

int acpi_keep_table(struct acpi_tables *acpi, const void *data, size_t avail,
		    const char *origin)
{
	const struct acpi_header *h = data;
	int kind = avail < 4 ? -1 : table_kind(data);
	void *copy;

	if (kind < 0)
		return -ENOENT;
	if (acpi_table_check(data, avail, origin))
		return -EINVAL;
	if (acpi->table[kind]) {
		pr_warn("ACPI: %s at %s: not the first, the first one wins\n",
			signatures[kind], origin);
		return -EEXIST;
	}
	copy = acpi->alloc(acpi->ctx, h->length);
	if (!copy) {
		pr_warn("ACPI: %s at %s: no memory for %u bytes, dropped\n",
			signatures[kind], origin, h->length);
		return -ENOMEM;
	}
	memcpy(copy, data, h->length);
	acpi->table[kind] = copy;
	print_table(h, origin);
	return 0;
}

/* ---- tables in physical memory ---- */

/*
 * Map the whole table at addr for reading; NULL, with a line, if that cannot
 * be. *size is its length, or the header's where that is out of all bounds:
 * the caller's acpi_table_check() will say so.
 */
static void *map_table(paddr_t addr, u32 *size, const char *origin)
{
	struct acpi_header h;
	void *p;

	if (!early_read(addr, &h, sizeof(h))) {
		pr_warn("ACPI: table at %s: no memory there, dropped\n", origin);
		return NULL;
	}
	*size = h.length;
	if (h.length < HEADER_SIZE || h.length > DSDT_MAX)
		*size = HEADER_SIZE;
	p = early_memremap(addr, *size);
	if (!p)
		pr_warn("ACPI: table at %s: length %u passes the end of memory, dropped\n",
			origin, h.length);
	return p;
}

/* Keep the table at addr if it is of use; only the given kind if that is >= 0. */
static int keep_table_at(struct acpi_tables *acpi, paddr_t addr, int only)
{
	char origin[24], signature[4];
	u32 size;
	void *p;
	int err, kind;

	snprintf(origin, sizeof(origin), "0x%016lx", addr);
	if (!addr || !early_read(addr, signature, 4)) {
		pr_warn("ACPI: table pointer %s leads nowhere, dropped\n",
			origin);
		return -EINVAL;
	}
	kind = table_kind(signature);
	if (only >= 0 ? kind != only : kind < 0 || kind == ACPI_DSDT)
		return -ENOENT;
	p = map_table(addr, &size, origin);
	if (!p)
		return -EINVAL;
	err = acpi_keep_table(acpi, p, size, origin);
	early_memunmap(p, size);
	return err;
}

/* The FADT names the DSDT twice; the 64-bit pointer came with ACPI 2.0. */
static void keep_dsdt(struct acpi_tables *acpi)
{
	const struct acpi_header *fadt = acpi->table[ACPI_FADT];
	const u8 *p = (const u8 *)fadt;
	paddr_t addr = 0;

	if (!fadt || fadt->length < FADT_DSDT + 4)
		return;
	if (fadt->length >= FADT_X_DSDT + 8)
		addr = get_unaligned_le64(p + FADT_X_DSDT);
	if (!addr)
		addr = get_unaligned_le32(p + FADT_DSDT);
	if (keep_table_at(acpi, addr, ACPI_DSDT) == -ENOENT)
		pr_warn("ACPI: FACP's DSDT pointer 0x%lx leads to no DSDT\n",
			addr);
}

/* ---- XSDT and RSDT ---- */

/* The number of pointers in the root table at addr, or -EINVAL. */
static int check_root(paddr_t addr, const char *signature, u32 width)
{
	char origin[24];
	u32 size, nr;
	void *p;
	int err;

	snprintf(origin, sizeof(origin), "0x%016lx", addr);
	p = map_table(addr, &size, origin);
	if (!p)
		return -EINVAL;
	err = acpi_table_check(p, size, origin);
	if (!err && !has_signature(p, signature)) {
		pr_warn("ACPI: %s pointer %s leads to something else\n",
			signature, origin);
		err = -EINVAL;
	}
	if (!err)
		print_table(p, origin);
	early_memunmap(p, size);
	if (err)
		return err;
	nr = (size - HEADER_SIZE) / width;
	if (nr > ROOT_MAX)
		pr_warn("ACPI: %s at %s has %u pointers, the first %u are followed\n",
			signature, origin, nr, ROOT_MAX);
	return (int)min(nr, (u32)ROOT_MAX);
}

/*
 * Each pointer is read anew: windows are few, and the one that showed the
 * root may have been handed out again meanwhile.
 */
static int walk_root(struct acpi_tables *acpi, paddr_t root,
		     const char *signature, u32 width)
{
	int nr = root ? check_root(root, signature, width) : -EINVAL;

	for (int i = 0; i < nr; i++) {
		u64 addr = 0;

		if (early_read(root + HEADER_SIZE + (u32)i * width, &addr, width))
			keep_table_at(acpi, addr, -1);
	}
	return nr < 0 ? nr : 0;
}

/* ---- RSDP ---- */

/* The parts of an RSDP that we follow; 0: not there. */
struct rsdp {
	paddr_t rsdt;
	paddr_t xsdt;
};

/* The extended part counts from revision 2, if all of it is here and sums up. */
static bool xsdt_usable(const u8 *p, u32 len, const char *origin)
{
	u32 length;

	if (p[15] < 2 || len < RSDP_V2_SIZE)
		return false;
	length = get_unaligned_le32(p + 20);
	if (length == RSDP_V2_SIZE && !sum_bytes(p, RSDP_V2_SIZE))
		return true;
	pr_warn("ACPI: RSDP at %s: %s, XSDT not used\n", origin,
		length == RSDP_V2_SIZE ? "bad extended checksum" :
					 "length is not 36");
	return false;
}

static bool read_rsdp(const u8 *p, u32 len, const char *origin, struct rsdp *out)
{
	if (len < RSDP_V1_SIZE || memcmp(p, "RSD PTR ", 8)) {
		pr_warn("ACPI: RSDP at %s: no signature\n", origin);
		return false;
	}
	if (sum_bytes(p, RSDP_V1_SIZE)) {
		pr_warn("ACPI: RSDP at %s: bad checksum\n", origin);
		return false;
	}
	out->rsdt = get_unaligned_le32(p + 16);
	out->xsdt = 0;
	if (xsdt_usable(p, len, origin))
		out->xsdt = get_unaligned_le64(p + 24);
	return true;
}

static bool read_rsdp_at(paddr_t addr, struct rsdp *out)
{
	u8 copy[RSDP_V2_SIZE];
	u32 len = RSDP_V2_SIZE;
	char origin[24];

	snprintf(origin, sizeof(origin), "0x%lx", addr);
	if (!early_read(addr, copy, len))
		len = RSDP_V1_SIZE; /* an old one at the end of memory */
	if (len == RSDP_V1_SIZE && !early_read(addr, copy, len)) {
		pr_warn("ACPI: RSDP at %s: no memory there\n", origin);
		return false;
	}
	return read_rsdp(copy, len, origin, out);
}

/* Look for a valid RSDP on the 16-byte borders of [start, start + size). */
static bool search_rsdp(paddr_t start, size_t size, struct rsdp *out)
{
	for (size_t off = 0; off < size; off += 16) {
		u8 signature[8];

		if (!early_read(start + off, signature, 8))
			return false;
		if (!memcmp(signature, "RSD PTR ", 8) &&
		    read_rsdp_at(start + off, out))
			return true;
	}
	return false;
}

/* Where PC firmware without UEFI leaves it: EBDA's first KiB, then the ROM. */
static bool search_bios_areas(struct rsdp *out)
{
	u16 segment = 0;
	paddr_t ebda;

	early_read(0x40e, &segment, sizeof(segment));
	ebda = (paddr_t)segment << 4;
	if (ebda >= 0x500 && ebda <= 0xa0000 - KiB && search_rsdp(ebda, KiB, out))
		return true;
	return search_rsdp(0xe0000, 0x20000, out);
}

int acpi_init(struct acpi_tables *acpi, const u8 *rsdp, u32 rsdp_len,
	      paddr_t rsdp_addr)
{
	struct rsdp found;

	if (!(rsdp_len && read_rsdp(rsdp, rsdp_len, "boot tag", &found)) &&
	    !(rsdp_addr && read_rsdp_at(rsdp_addr, &found)) &&
	    !search_bios_areas(&found)) {
		pr_warn("ACPI: no RSDP found\n");
		return -ENOENT;
	}
	if (walk_root(acpi, found.xsdt, "XSDT", 8) &&
	    walk_root(acpi, found.rsdt, "RSDT", 4)) {
		pr_warn("ACPI: neither XSDT nor RSDT can be used\n");
		return -EINVAL;
	}
	keep_dsdt(acpi);
	return 0;
}

/* ---- tables from a module ---- */

/* Whatever becomes of the module's table, firmware's own is out. */
static void replace_kind(struct acpi_tables *acpi, int kind)
{
	if (acpi->replaced[kind])
		return;
	if (acpi->table[kind])
		pr_info("ACPI: %s of the firmware is replaced by the module's\n",
			signatures[kind]);
	acpi->table[kind] = NULL;
	acpi->replaced[kind] = true;
}

/* How far the table at p reaches; to the end if that can't be told. */
static size_t module_table_size(const u8 *p, size_t avail)
{
	const struct acpi_header *h = (const struct acpi_header *)p;

	if (avail < HEADER_SIZE || h->length < HEADER_SIZE)
		return avail;
	return min((size_t)h->length, avail);
}

int acpi_add_module(struct acpi_tables *acpi, const void *data, size_t size)
{
	const u8 *p = data;
	size_t off = 0;
	int kept = 0;

	while (off < size) {
		size_t avail = size - off;
		int kind = avail < 4 ? -1 : table_kind(p + off);
		char origin[32];

		snprintf(origin, sizeof(origin), "module+0x%zx", off);
		if (kind >= 0) {
			replace_kind(acpi, kind);
			kept += !acpi_keep_table(acpi, p + off, avail, origin);
		} else {
			pr_warn("ACPI: table at %s is of no kind that is used, passed over\n",
				origin);
		}
		off += module_table_size(p + off, avail);
	}
	return kept;
}

bool acpi_module_looks_like(const void *data, size_t size)
{
	return size >= 4 && table_kind(data) >= 0;
}
