// SPDX-License-Identifier: MIT
/*
 * boot/multiboot2.c - what GRUB says, read without trusting it
 *
 *	0        8          8+size0, rounded up to 8
 *	+--------+----------+----------+-- ... --+---------+
 *	| total  | type size| type size|         | 0     8 |
 *	| size   | payload  | payload  |         | the end |
 *	+--------+----------+----------+-- ... --+---------+
 *
 * A tag is 8 bytes of header {u32 type, u32 size} and its payload; size counts
 * both. The walk stays below `end`, the least of total_size, what the caller
 * could map, and 64 MiB, and each handler sees a tag that lies wholly below
 * it. A tag whose size says nothing about where the next one starts (below 8,
 * or past the end) ends the walk: what came before is kept.
 *
 * Of a tag that should come once, the first counts. Modules add up. The basic
 * memory sizes (tag 4) are a last resort for loaders that give no map. An RSDP
 * of ACPI 2.0 (tag 15) beats one of 1.0 (tag 14): firmware may have both.
 *
 * Source: Multiboot2 Specification 2.0, section 3.6.
 */
#include <kernel/bootinfo.h>
#include <kernel/errno.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/unaligned.h>

#define INFO_MAX   (64 * MiB)
#define TAG_HEADER 8

enum mb2_tag_type {
	TAG_END = 0,
	TAG_CMDLINE = 1,
	TAG_LOADER_NAME = 2,
	TAG_MODULE = 3,
	TAG_BASIC_MEMINFO = 4,
	TAG_MMAP = 6,
	TAG_FRAMEBUFFER = 8,
	TAG_EFI64 = 12,
	TAG_ACPI_OLD = 14,
	TAG_ACPI_NEW = 15,
	TAG_EFI_MMAP = 17,
	TAG_EFI64_IMAGE = 20,
};

struct mb2_walk {
	struct boot_info *bi;
	struct e820_table *map;
	u32 seen;	  /* bit n: tag n came before */
	u32 lower, upper; /* KiB, from the basic memory sizes */
	const u8 *tag;	  /* the tag being read */
	u32 type, size;	  /* and its header */
	char where[40];	  /* "multiboot2: tag 6 at 0x40", starts warnings */
};

/* ---- tags ---- */

/* The string that fills the tag from `from` on; says so if it has no end. */
static const char *tag_string(struct mb2_walk *w, u32 from, size_t *len)
{
	const char *s = (const char *)w->tag + from;

	*len = w->size - from;
	if (strnlen(s, *len) == *len)
		pr_warn("%s: string of %zu bytes has no NUL, ends with the tag\n",
			w->where, *len);
	return s;
}

static void read_cmdline(struct mb2_walk *w)
{
	size_t len;
	const char *s = tag_string(w, TAG_HEADER, &len);

	boot_set_cmdline(w->bi, w->where, s, len);
}

static void read_loader_name(struct mb2_walk *w)
{
	size_t len;
	const char *s = tag_string(w, TAG_HEADER, &len);

	boot_set_loader(w->bi, s, len);
}

static void read_module(struct mb2_walk *w)
{
	size_t len;
	const char *s = tag_string(w, 16, &len);

	boot_add_module(w->bi, w->where, get_unaligned_le32(w->tag + 8),
			get_unaligned_le32(w->tag + 12), s, len);
}

static void read_basic_meminfo(struct mb2_walk *w)
{
	w->lower = get_unaligned_le32(w->tag + 8);
	w->upper = get_unaligned_le32(w->tag + 12);
}

static void read_mmap(struct mb2_walk *w)
{
	u32 entry_size = get_unaligned_le32(w->tag + 8);
	u32 version = get_unaligned_le32(w->tag + 12);
	u32 nr, left;

	if (entry_size < 24 || entry_size % 8) {
		pr_warn("%s: memory map's entry_size %u is below 24 or no multiple of 8, map dropped\n",
			w->where, entry_size);
		return;
	}
	if (version)
		pr_warn("%s: memory map has entry version %u, read as version 0\n",
			w->where, version);
	left = (w->size - 16) % entry_size;
	if (left)
		pr_warn("%s: memory map ends in %u bytes of an entry of %u, ignored\n",
			w->where, left, entry_size);
	nr = boot_limit_ranges(w->where, (w->size - 16) / entry_size);
	for (u32 i = 0; i < nr; i++) {
		const u8 *e = w->tag + 16 + i * entry_size;

		boot_add_range(w->map, get_unaligned_le64(e),
			       get_unaligned_le64(e + 8),
			       get_unaligned_le32(e + 16));
	}
}

static void read_framebuffer(struct mb2_walk *w)
{
	w->bi->fb = (struct boot_framebuffer){
		.addr = get_unaligned_le64(w->tag + 8),
		.pitch = get_unaligned_le32(w->tag + 16),
		.width = get_unaligned_le32(w->tag + 20),
		.height = get_unaligned_le32(w->tag + 24),
		.bpp = w->tag[28],
		.type = w->tag[29],
	};
}

static void read_efi(struct mb2_walk *w)
{
	w->bi->efi = true;
}

static void read_rsdp(struct mb2_walk *w)
{
	u32 len = w->type == TAG_ACPI_NEW ? 36 : 20;

	if (len <= w->bi->rsdp_len)
		return;
	memcpy(w->bi->rsdp, w->tag + TAG_HEADER, len);
	w->bi->rsdp_len = len;
}

/* ---- the walk ---- */

static const struct mb2_handler {
	u32 type;
	u32 min_size; /* header included */
	bool repeats;
	void (*read)(struct mb2_walk *w);
} handlers[] = {
	{ TAG_CMDLINE, 8, false, read_cmdline },
	{ TAG_LOADER_NAME, 8, false, read_loader_name },
	{ TAG_MODULE, 16, true, read_module },
	{ TAG_BASIC_MEMINFO, 16, false, read_basic_meminfo },
	{ TAG_MMAP, 16, false, read_mmap },
	{ TAG_FRAMEBUFFER, 30, false, read_framebuffer },
	{ TAG_EFI64, 8, false, read_efi },
	{ TAG_ACPI_OLD, 28, false, read_rsdp },
	{ TAG_ACPI_NEW, 44, false, read_rsdp },
	{ TAG_EFI_MMAP, 8, false, read_efi },
	{ TAG_EFI64_IMAGE, 8, false, read_efi },
};

static const struct mb2_handler *find_handler(u32 type)
{
	for (size_t i = 0; i < ARRAY_SIZE(handlers); i++)
		if (handlers[i].type == type)
			return &handlers[i];
	return NULL;
}

static void read_tag(struct mb2_walk *w)
{
	const struct mb2_handler *h = find_handler(w->type);

	if (!h)
		return; /* a tag we have no use for */
	if (w->size < h->min_size) {
		pr_warn("%s: size %u is below the %u that its kind needs, dropped\n",
			w->where, w->size, h->min_size);
		return;
	}
	if (!h->repeats && w->seen >> h->type & 1) {
		pr_warn("%s: second tag of its kind, the first one counts\n",
			w->where);
		return;
	}
	w->seen |= 1U << h->type;
	h->read(w);
}

/* Where all reading ends, or 0 when there is no room for a single tag. */
static size_t info_end(const void *info, size_t limit)
{
	size_t total = limit < 8 ? 0 : get_unaligned_le32(info);
	size_t end = min(total, limit);

	end = min(end, INFO_MAX);
	if (end < 8 + TAG_HEADER) {
		pr_warn("multiboot2: total_size %zu (%zu readable) leaves no room for a tag\n",
			total, limit);
		return 0;
	}
	if (end < total)
		pr_warn("multiboot2: total_size 0x%zx is more than the 0x%zx that may be read, cut\n",
			total, end);
	else if (total % 8)
		pr_warn("multiboot2: total_size 0x%zx is no multiple of 8\n",
			total);
	return end;
}

/* Load the header at off; false when the walk cannot pass this tag. */
static bool load_tag(struct mb2_walk *w, const u8 *info, size_t off, size_t end)
{
	w->tag = info + off;
	w->type = get_unaligned_le32(w->tag);
	w->size = get_unaligned_le32(w->tag + 4);
	snprintf(w->where, sizeof(w->where), "multiboot2: tag %u at 0x%zx",
		 w->type, off);
	if (w->size < TAG_HEADER) {
		pr_warn("%s: size %u is below %u, walk ends\n", w->where,
			w->size, TAG_HEADER);
		return false;
	}
	if (w->size > end - off) {
		pr_warn("%s: size 0x%x passes the end at 0x%zx, walk ends\n",
			w->where, w->size, end);
		return false;
	}
	return true;
}

static void walk_tags(struct mb2_walk *w, const u8 *info, size_t end)
{
	size_t off = 8;

	while (off < end && end - off >= TAG_HEADER) {
		if (!load_tag(w, info, off, end))
			return;
		if (w->type == TAG_END)
			return;
		read_tag(w);
		off = ALIGN(off + w->size, 8);
	}
	pr_warn("multiboot2: no end tag before 0x%zx\n", end);
}

/* What the BIOS calls of 1990 told: memory below 640 KiB and from 1 MiB on. */
static void use_basic_meminfo(struct mb2_walk *w)
{
	if (!(w->seen >> TAG_BASIC_MEMINFO & 1))
		return;
	pr_warn("multiboot2: no memory map, using the basic memory sizes %u KiB and %u KiB\n",
		w->lower, w->upper);
	if (w->lower)
		boot_add_range(w->map, 0, min(w->lower, 640U) * KiB,
			       E820_TYPE_RAM);
	if (w->upper)
		boot_add_range(w->map, MiB, w->upper * KiB, E820_TYPE_RAM);
}

int multiboot2_parse(const void *info, size_t limit, paddr_t phys,
		     struct boot_info *bi, struct e820_table *map)
{
	struct mb2_walk w = { .bi = bi, .map = map };
	size_t end = info_end(info, limit);

	memset(bi, 0, sizeof(*bi));
	bi->protocol = BOOT_MULTIBOOT2;
	bi->info_start = phys;
	bi->info_end = phys + end;
	if (end)
		walk_tags(&w, info, end);
	if (!map->nr_entries)
		use_basic_meminfo(&w);
	return map->nr_entries ? 0 : -EINVAL;
}
