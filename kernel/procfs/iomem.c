// SPDX-License-Identifier: MIT
/*
 * kernel/procfs/iomem.c - /proc/iomem: what lies where in the address space
 *
 *	00100000-07ffffff : System RAM
 *	  00200000-0024bfff : Kernel code
 *
 * The firmware's ranges with the kernel's image inside the one that holds it.
 * Addresses are inclusive.
 */
#include <kernel/image.h>
#include <kernel/main.h>

#include "procfs.h"

static const char *resource_name(u32 type)
{
	switch (type) {
	case E820_TYPE_RAM:
		return "System RAM";
	case E820_TYPE_RESERVED:
		return "Reserved";
	case E820_TYPE_ACPI:
		return "ACPI Tables";
	case E820_TYPE_NVS:
		return "ACPI Non-volatile Storage";
	case E820_TYPE_UNUSABLE:
		return "Unusable memory";
	case E820_TYPE_PMEM:
		return "Persistent Memory";
	case E820_TYPE_PRAM:
		return "Persistent Memory (legacy)";
	case E820_TYPE_SOFT_RESERVED:
		return "Soft Reserved";
	default:
		return "Unknown E820 type";
	}
}

static void show_part(struct seq *s, const struct e820_entry *in, paddr_t start,
		      paddr_t end, const char *name)
{
	if (start < end && start >= in->addr && end - in->addr <= in->size)
		seq_printf(s, "  %08lx-%08lx : Kernel %s\n", start, end - 1,
			   name);
}

static void show_entry(struct seq *s, const struct e820_entry *e)
{
	const struct kernel_image *image = kernel_image();

	seq_printf(s, "%08lx-%08lx : %s\n", e->addr, e->addr + e->size - 1,
		   resource_name(e->type));
	show_part(s, e, image->text, image->text_end, "code");
	show_part(s, e, image->text_end, image->rodata_end, "rodata");
	show_part(s, e, image->rodata_end, image->data_end, "data");
	show_part(s, e, image->data_end, image->end, "bss");
}

static void show_iomem(struct seq *s, u64 arg __unused)
{
	const struct e820_table *map = &kernel_mm()->e820;

	for (u32 i = 0; i < map->nr_entries; i++)
		show_entry(s, &map->entries[i]);
}

VFILE(iomem, "/proc/iomem", show_iomem, NULL);
