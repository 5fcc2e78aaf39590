// SPDX-License-Identifier: MIT
/*
 * boot/pvh.c - what QEMU's -kernel (or Xen) says: start_info and its lists
 *
 *	start_info (version 0: 40 bytes, version 1: 56)
 *	+0  magic   +4 version  +8 flags  +12 nr_modules
 *	+16 modlist +24 cmdline +32 rsdp  +40 memmap  +48 memmap_entries
 *
 *	modlist entry, 32 bytes		memmap entry, 24 bytes
 *	+0 address +8 size +16 cmdline	+0 address +8 size +16 type (as e820)
 *
 * All are physical addresses that may point anywhere. Nothing is read in
 * place: early_read() copies a few bytes through early_memremap(), which
 * refuses what is no memory. Counts are bounded by what we can keep.
 *
 * QEMU 7.2 puts the command line right below start_info and does not look how
 * long it is: above 4,128 bytes it runs over the magic. That is the case in
 * which the magic is wrong in practice.
 *
 * Source: Xen's public/arch-x86/hvm/start_info.h.
 */
#include <arch/early_map.h>
#include <kernel/bootinfo.h>
#include <kernel/errno.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <kernel/unaligned.h>

#define START_INFO_V0	40
#define START_INFO_V1	56
#define MODLIST_ENTRY	32
#define MEMMAP_ENTRY	24
#define MODULE_TEXT_MAX 128 /* enough for a path; the name keeps 63 */

/*
 * The string at addr into buf: a page at a time, because memory may end behind
 * the page that holds its NUL. Returns its length, at most size; *cut is set
 * if memory ended before the string did.
 */
static size_t read_phys_string(paddr_t addr, char *buf, size_t size, bool *cut)
{
	size_t done = 0;

	*cut = false;
	while (done < size) {
		paddr_t at = addr + done;
		size_t n = min(PAGE_SIZE - at % PAGE_SIZE, size - done);
		size_t len;

		if (at < addr || !early_read(at, buf + done, n)) {
			*cut = true;
			break;
		}
		len = strnlen(buf + done, n);
		done += len;
		if (len < n)
			break;
	}
	return done;
}

static void read_cmdline(struct boot_info *bi, paddr_t addr)
{
	static char text[BOOT_CMDLINE_MAX];
	bool cut;
	size_t len;

	if (!addr)
		return;
	len = read_phys_string(addr, text, sizeof(text), &cut);
	if (cut)
		pr_warn("PVH: command line at 0x%lx has no NUL before memory ends, %zu bytes used\n",
			addr, len);
	boot_set_cmdline(bi, "PVH: start_info", text, len);
}

static bool read_module(struct boot_info *bi, paddr_t entry)
{
	char text[MODULE_TEXT_MAX], where[48];
	u8 e[MODLIST_ENTRY];
	paddr_t start, end, name;
	size_t len = 0;
	bool cut;

	snprintf(where, sizeof(where), "PVH: module entry at 0x%lx", entry);
	if (!early_read(entry, e, sizeof(e))) {
		pr_warn("%s: no memory there, list ends\n", where);
		return false;
	}
	start = get_unaligned_le64(e);
	name = get_unaligned_le64(e + 16);
	if (__builtin_add_overflow(start, get_unaligned_le64(e + 8), &end))
		end = 0; /* wraps: boot_add_module() refuses it */
	if (name)	 /* a cut name is still a name */
		len = read_phys_string(name, text, sizeof(text), &cut);
	boot_add_module(bi, where, start, end, text, len);
	return true;
}

static void read_modlist(struct boot_info *bi, paddr_t list, u32 nr)
{
	if (nr > BOOT_MODULES_MAX) {
		pr_warn("PVH: start_info names %u modules, the first %u count\n",
			nr, BOOT_MODULES_MAX);
		nr = BOOT_MODULES_MAX;
	}
	for (u32 i = 0; i < nr; i++)
		if (!read_module(bi, list + i * MODLIST_ENTRY))
			break;
}

static void read_memmap(struct e820_table *map, paddr_t list, u32 nr)
{
	nr = boot_limit_ranges("PVH: start_info", nr);
	for (u32 i = 0; i < nr; i++) {
		paddr_t at = list + i * MEMMAP_ENTRY;
		u8 e[MEMMAP_ENTRY];

		if (!early_read(at, e, sizeof(e))) {
			pr_warn("PVH: memory map entry %u of %u at 0x%lx: no memory there, map ends\n",
				i, nr, at);
			return;
		}
		boot_add_range(map, get_unaligned_le64(e),
			       get_unaligned_le64(e + 8),
			       get_unaligned_le32(e + 16));
	}
}

/* Copy start_info of whatever version; bytes it doesn't have are 0. */
static int read_start_info(paddr_t phys, u8 info[START_INFO_V1], size_t *size)
{
	u32 version;

	memset(info, 0, START_INFO_V1);
	if (!early_read(phys, info, START_INFO_V0)) {
		pr_warn("PVH: no start_info at 0x%lx, no memory there\n", phys);
		return -EINVAL;
	}
	if (get_unaligned_le32(info) != PVH_MAGIC) {
		pr_warn("PVH: start_info at 0x%lx begins with 0x%08x, not 0x%08x (command line over 4128 bytes?)\n",
			phys, get_unaligned_le32(info), PVH_MAGIC);
		return -EINVAL;
	}
	version = get_unaligned_le32(info + 4);
	*size = version ? START_INFO_V1 : START_INFO_V0;
	if (version > 1)
		pr_warn("PVH: start_info at 0x%lx has version %u, read as 1\n",
			phys, version);
	if (!early_read(phys, info, *size)) {
		pr_warn("PVH: start_info at 0x%lx is cut by the end of memory, read as version 0\n",
			phys);
		*size = START_INFO_V0;
	}
	return 0;
}

int pvh_parse(paddr_t phys, struct boot_info *bi, struct e820_table *map)
{
	u8 info[START_INFO_V1];
	size_t size;

	memset(bi, 0, sizeof(*bi));
	bi->protocol = BOOT_PVH;
	if (read_start_info(phys, info, &size))
		return -EINVAL;
	bi->info_start = phys;
	bi->info_end = phys + size;
	boot_set_loader(bi, "PVH", 3);
	bi->rsdp_addr = get_unaligned_le64(info + 32);
	read_cmdline(bi, get_unaligned_le64(info + 24));
	read_modlist(bi, get_unaligned_le64(info + 16),
		     get_unaligned_le32(info + 12));
	read_memmap(map, get_unaligned_le64(info + 40),
		    get_unaligned_le32(info + 48));
	if (!map->nr_entries) {
		pr_warn("PVH: start_info at 0x%lx gives no memory map\n", phys);
		return -EINVAL;
	}
	return 0;
}
