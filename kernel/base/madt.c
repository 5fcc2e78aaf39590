// SPDX-License-Identifier: MIT
/*
 * kernel/base/madt.c - MADT: which CPUs and interrupt controllers there are
 *
 * Behind the header: u32 address of the local APICs, u32 flags (bit 0: there
 * are two 8259 as well), then entries {u8 type, u8 length, ...}:
 *
 *	type 0, 8 bytes:  local APIC	+3 id  +4 flags
 *	type 1, 12 bytes: I/O APIC	+2 id  +4 address  +8 first GSI
 *	type 2, 10 bytes: ISA override	+2 bus +3 irq  +4 GSI  +8 flags
 *	type 5, 12 bytes: APIC address	+4 address (64 bits)
 *	type 9, 16 bytes: x2APIC	+4 id  +8 flags
 *
 * A CPU counts when bit 0 of its flags is set; "online capable" (bit 1) is a
 * promise of hotplug that we don't take up. An ISA interrupt is GSI = irq,
 * active high, edge, unless an override says otherwise.
 *
 * A malformed entry is passed over, with a line; one that hides where the next
 * begins ends the walk.
 *
 * Source: ACPI 6.5 section 5.2.12.
 */
#include <kernel/acpi.h>
#include <kernel/errno.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/unaligned.h>

#define MADT_ENTRIES 44

static void add_cpu(struct madt_info *out, u32 off, u32 apic_id)
{
	for (u32 i = 0; i < out->nr_cpus; i++) {
		if (out->apic_id[i] != apic_id)
			continue;
		pr_warn("MADT: entry at 0x%x: APIC id 0x%x came before, ignored\n",
			off, apic_id);
		return;
	}
	if (out->nr_cpus == MADT_MAX_CPUS) {
		out->nr_cpus_ignored++;
		return;
	}
	out->apic_id[out->nr_cpus++] = apic_id;
}

static void read_lapic(struct madt_info *out, const u8 *e, u32 off)
{
	if (!(get_unaligned_le32(e + 4) & 1))
		return;
	if (e[3] == 0xff) /* the broadcast address */
		pr_warn("MADT: entry at 0x%x: enabled CPU has APIC id 255, ignored\n",
			off);
	else
		add_cpu(out, off, e[3]);
}

static void read_x2apic(struct madt_info *out, const u8 *e, u32 off)
{
	if (get_unaligned_le32(e + 8) & 1)
		add_cpu(out, off, get_unaligned_le32(e + 4));
}

static void read_ioapic(struct madt_info *out, const u8 *e, u32 off)
{
	if (out->nr_ioapics == MADT_MAX_IOAPICS) {
		pr_warn("MADT: entry at 0x%x: more than %d I/O APICs, ignored\n",
			off, MADT_MAX_IOAPICS);
		return;
	}
	out->ioapic[out->nr_ioapics].id = e[2];
	out->ioapic[out->nr_ioapics].addr = get_unaligned_le32(e + 4);
	out->ioapic[out->nr_ioapics].gsi_base = get_unaligned_le32(e + 8);
	out->nr_ioapics++;
}

/* Polarity and trigger: 0 is the bus's own way, which for ISA is high, edge. */
static void read_override(struct madt_info *out, const u8 *e, u32 off)
{
	u16 flags = get_unaligned_le16(e + 8);

	if (e[2] != 0 || e[3] >= ARRAY_SIZE(out->isa_irq)) {
		pr_warn("MADT: entry at 0x%x: override of bus %u interrupt %u is not ISA's, ignored\n",
			off, e[2], e[3]);
		return;
	}
	out->isa_irq[e[3]].gsi = get_unaligned_le32(e + 4);
	out->isa_irq[e[3]].active_low = (flags & 3) == 3;
	out->isa_irq[e[3]].level = (flags >> 2 & 3) == 3;
}

static void read_lapic_addr(struct madt_info *out, const u8 *e, u32 off __unused)
{
	out->lapic_addr = get_unaligned_le64(e + 4);
}

static const struct madt_handler {
	u8 type, min_length;
	void (*read)(struct madt_info *out, const u8 *e, u32 off);
} handlers[] = {
	{ 0, 8, read_lapic },	  { 1, 12, read_ioapic },
	{ 2, 10, read_override }, { 5, 12, read_lapic_addr },
	{ 9, 16, read_x2apic },
};

static void read_entry(struct madt_info *out, const u8 *e, u32 off)
{
	for (size_t i = 0; i < ARRAY_SIZE(handlers); i++) {
		const struct madt_handler *h = &handlers[i];

		if (h->type != e[0])
			continue;
		if (e[1] >= h->min_length)
			h->read(out, e, off);
		else
			pr_warn("MADT: entry at 0x%x: length %u of type %u is below %u, ignored\n",
				off, e[1], e[0], h->min_length);
	}
}

static void walk_entries(const struct acpi_header *madt, struct madt_info *out)
{
	const u8 *table = (const u8 *)madt;
	u32 off = MADT_ENTRIES;

	while (off < madt->length) {
		const u8 *e = table + off;
		u32 left = madt->length - off;

		if (left < 2 || e[1] < 2 || e[1] > left) {
			pr_warn("MADT: entry at 0x%x: length %u of %u bytes left, walk ends\n",
				off, left < 2 ? 0 : e[1], left);
			return;
		}
		read_entry(out, e, off);
		off += e[1];
	}
}

int acpi_parse_madt(const struct acpi_header *madt, struct madt_info *out)
{
	const u8 *table = (const u8 *)madt;

	memset(out, 0, sizeof(*out));
	for (u32 irq = 0; irq < ARRAY_SIZE(out->isa_irq); irq++)
		out->isa_irq[irq].gsi = irq;
	if (madt->length < MADT_ENTRIES) {
		pr_warn("MADT: length %u is below %u, not used\n", madt->length,
			MADT_ENTRIES);
		return -EINVAL;
	}
	out->lapic_addr = get_unaligned_le32(table + 36);
	out->has_8259 = get_unaligned_le32(table + 40) & 1;
	walk_entries(madt, out);
	if (out->nr_cpus_ignored)
		pr_warn("MADT: %u CPUs beyond the first %d ignored\n",
			out->nr_cpus_ignored, MADT_MAX_CPUS);
	return 0;
}
