// SPDX-License-Identifier: MIT
/*
 * mm/srat.c - SRAT and SLIT: which domain owns what, how far domains are apart
 *
 * SRAT, behind the header (36 bytes) and 12 reserved ones, is a row of entries
 * {u8 type, u8 length, ...}; we read three types and pass over the others:
 *
 *	type 0, 16 bytes: +2 domain 7:0  +3 APIC id  +4 flags  +9 domain 31:8
 *	type 1, 40 bytes: +2 domain  +8 base  +16 length  +28 flags
 *	type 2, 24 bytes: +4 domain  +8 x2APIC id  +12 flags
 *
 * Bit 0 of flags says that the entry is enabled; firmware leaves unused ones in
 * the table. Revision 1 has domains of 8 bits, and garbage above them.
 *
 * Linux reads the CPUs of the whole table first and its memory after, and so
 * do we: node ids follow from the order.
 *
 * One malformed entry spoils the table: half a topology is worse than none.
 *
 * SLIT is {u64 n, n * n bytes}, row by row; its localities are domain numbers.
 *
 * Source: ACPI 6.5 sections 5.2.16 and 5.2.17.
 */
#include <kernel/acpi.h>
#include <kernel/errno.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/unaligned.h>
#include <mm/numa.h>

#define SRAT_ENTRIES 48
#define SLIT_MATRIX  44

#define FLAG_ENABLED	  1U
#define FLAG_HOTPLUG	  2U
#define FLAG_NON_VOLATILE 4U

enum srat_type { SRAT_CPU = 0, SRAT_MEMORY = 1, SRAT_X2APIC = 2 };

static u8 entry_min_length(u8 type)
{
	static const u8 lengths[] = { 16, 40, 24 };

	return type < ARRAY_SIZE(lengths) ? lengths[type] : 2;
}

/* An entry is malformed: off tells where, the rest why. */
static int bad_entry(u32 off, const char *why, u32 value)
{
	pr_warn("SRAT: entry at 0x%x: %s (%u)\n", off, why, value);
	return -EINVAL;
}

static int map_domain(struct numa_info *info, u32 off, u32 pxm)
{
	int nid = acpi_map_pxm_to_node(info, pxm);

	if (nid < 0) {
		pr_warn("SRAT: entry at 0x%x: Too many proximity domains 0x%x (at most %d, below %d)\n",
			off, pxm, MAX_NUMNODES, MAX_PXM_DOMAINS);
		return -EINVAL;
	}
	node_set(nid, &info->nodes_parsed);
	return nid;
}

static int add_cpu(struct numa_info *info, u32 off, u32 pxm, u32 apic_id,
		   int digits)
{
	int nid = map_domain(info, off, pxm);

	if (nid < 0)
		return nid;
	if (numa_find_cpu(info, apic_id)) {
		pr_warn("SRAT: entry at 0x%x: APIC id 0x%x came before, ignored\n",
			off, apic_id);
		return 0;
	}
	if (numa_add_cpu(info, apic_id, nid))
		return bad_entry(off, "more CPUs than are kept", MAX_LOCAL_APIC);
	node_set(nid, &info->cpu_nodes);
	pr_info("SRAT: PXM %u -> APIC 0x%0*x -> Node %d\n", pxm, digits,
		apic_id, nid);
	return 0;
}

static int read_cpu(const u8 *e, u8 revision, u32 off, struct numa_info *info)
{
	u32 pxm = e[2];

	if (!(get_unaligned_le32(e + 4) & FLAG_ENABLED))
		return 0;
	if (revision >= 2)
		pxm |= get_unaligned_le32(e + 8) & 0xffffff00;
	return add_cpu(info, off, pxm, e[3], 2);
}

static int read_x2apic(const u8 *e, u8 revision __unused, u32 off,
		       struct numa_info *info)
{
	if (!(get_unaligned_le32(e + 12) & FLAG_ENABLED))
		return 0;
	return add_cpu(info, off, get_unaligned_le32(e + 4),
		       get_unaligned_le32(e + 8), 4);
}

static int read_memory(const u8 *e, u8 revision, u32 off, struct numa_info *info)
{
	u32 pxm = get_unaligned_le32(e + 2);
	u64 start = get_unaligned_le64(e + 8), end;
	u32 flags = get_unaligned_le32(e + 28);
	int nid;

	if (!(flags & FLAG_ENABLED))
		return 0;
	if (__builtin_add_overflow(start, get_unaligned_le64(e + 16), &end))
		return bad_entry(off, "range wraps past 2^64, domain", pxm);
	if (revision <= 1)
		pxm &= 0xff;
	nid = map_domain(info, off, pxm);
	if (nid < 0)
		return nid;
	if (start == end) {
		pr_warn("SRAT: entry at 0x%x: empty range at 0x%lx of PXM %u ignored\n",
			off, start, pxm);
		return 0;
	}
	pr_info("ACPI: SRAT: Node %d PXM %u [mem 0x%08lx-0x%08lx]%s%s\n", nid,
		pxm, start, end - 1, flags & FLAG_HOTPLUG ? " hotplug" : "",
		flags & FLAG_NON_VOLATILE ? " non-volatile" : "");
	return numa_add_memblk(info, nid, start, end, flags & FLAG_HOTPLUG);
}

typedef int (*read_fn)(const u8 *e, u8 revision, u32 off,
		       struct numa_info *info);

/* Go over the table; fns[type] reads entries of its type, NULL passes over. */
static int walk_srat(const struct acpi_header *srat, const read_fn fns[3],
		     struct numa_info *info)
{
	const u8 *table = (const u8 *)srat;
	u32 off = SRAT_ENTRIES;

	while (off < srat->length) {
		const u8 *e = table + off;
		u32 left = srat->length - off;
		int err = 0;

		if (left < 2 || e[1] > left)
			return bad_entry(off, "passes the end, bytes left",
					 left);
		if (e[1] < entry_min_length(e[0]))
			return bad_entry(off, "too short for its type, length",
					 e[1]);
		if (e[0] <= SRAT_X2APIC && fns[e[0]])
			err = fns[e[0]](e, srat->revision, off, info);
		if (err)
			return err;
		off += e[1];
	}
	return 0;
}

static int read_srat(const struct acpi_header *srat, struct numa_info *info)
{
	static const read_fn cpus[3] = {
		[SRAT_CPU] = read_cpu, [SRAT_X2APIC] = read_x2apic
	};
	static const read_fn memory[3] = { [SRAT_MEMORY] = read_memory };

	if (srat->length < SRAT_ENTRIES) {
		pr_warn("SRAT: length %u is below %u\n", srat->length,
			SRAT_ENTRIES);
		return -EINVAL;
	}
	if (walk_srat(srat, cpus, info) || walk_srat(srat, memory, info))
		return -EINVAL;
	if (!info->meminfo.nr_blks) {
		pr_warn("SRAT: no enabled memory entry\n");
		return -EINVAL;
	}
	return 0;
}

int acpi_parse_srat(const struct acpi_header *srat, struct numa_info *info)
{
	int err = read_srat(srat, info);

	if (err) {
		pr_warn("SRAT: SRAT not used.\n");
		numa_init_info(info);
	}
	return err;
}

/* ---- distances ---- */

/* Linux's rule: 10 to oneself, more to everybody else. 255 is "no way". */
static bool slit_valid(const u8 *matrix, u64 n)
{
	for (u64 i = 0; i < n * n; i++) {
		bool diagonal = i / n == i % n;
		bool good = diagonal ? matrix[i] == LOCAL_DISTANCE :
				       matrix[i] > LOCAL_DISTANCE;

		if (good)
			continue;
		pr_warn("SLIT: distance %lu to %lu at 0x%lx is %u, must be %s10\n",
			i / n, i % n, SLIT_MATRIX + i, matrix[i],
			diagonal ? "" : "above ");
		return false;
	}
	return true;
}

/* Distances from and to the domains that SRAT named; the others are skipped. */
static void set_row(struct numa_info *info, const u8 *row, u64 n, int from)
{
	for (u64 j = 0; j < n; j++) {
		int to = pxm_to_node(info, (u32)j);

		if (to >= 0)
			info->distance[from][to] = row[j];
	}
}

int acpi_parse_slit(const struct acpi_header *slit, struct numa_info *info)
{
	const u8 *matrix = (const u8 *)slit + SLIT_MATRIX;
	u64 n = 0;

	if (slit->length >= SLIT_MATRIX)
		n = get_unaligned_le64(matrix - 8);
	if (!n || n > UINT16_MAX || SLIT_MATRIX + n * n != slit->length) {
		pr_warn("SLIT: length %u does not fit %lu localities, ignored\n",
			slit->length, n);
		return -EINVAL;
	}
	if (!slit_valid(matrix, n)) {
		pr_warn("SLIT: ignored, distances are 10 and 20\n");
		return -EINVAL;
	}
	for (u64 i = 0; i < n; i++) {
		int from = pxm_to_node(info, (u32)i);

		if (from >= 0)
			set_row(info, matrix + i * n, n, from);
	}
	info->has_distance = true;
	return 0;
}
