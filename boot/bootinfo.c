// SPDX-License-Identifier: MIT
/*
 * boot/bootinfo.c - what both boot records end in, made safe to keep
 *
 * A loader's strings are copied, cut to what struct boot_info holds and, but
 * for the command line (which params_parse() cleans word by word), made
 * printable: they end up on a terminal.
 */
#include <kernel/bootinfo.h>
#include <kernel/printk.h>
#include <kernel/string.h>

void boot_set_cmdline(struct boot_info *bi, const char *where, const char *text,
		      size_t len)
{
	size_t used = strnlen(text, len);

	if (used >= BOOT_CMDLINE_MAX) {
		pr_warn("%s: command line is longer than %u bytes, cut\n",
			where, BOOT_CMDLINE_MAX - 1);
		used = BOOT_CMDLINE_MAX - 1;
	}
	memcpy(bi->cmdline, text, used);
	bi->cmdline[used] = '\0';
}

/*
 * Type 0 means "not there" to the map's code: it is taken as reserved. A full
 * map reports itself, and still cuts what is reserved out of what is usable:
 * so the walk goes on.
 */
void boot_add_range(struct e820_table *map, u64 addr, u64 size, u32 type)
{
	e820__range_add(map, addr, size, type ? type : E820_TYPE_RESERVED);
}

u32 boot_limit_ranges(const char *where, u32 nr)
{
	if (nr <= BOOT_RANGES_MAX)
		return nr;
	pr_warn("%s: memory map has %u entries, the first %u are read\n", where,
		nr, BOOT_RANGES_MAX);
	return BOOT_RANGES_MAX;
}

void boot_set_loader(struct boot_info *bi, const char *text, size_t len)
{
	copy_printable(bi->loader, sizeof(bi->loader), text, len);
}

/* "/boot/acpi.bin x=1" is acpi.bin: first word, after its last slash. */
static void set_module_name(struct boot_module *mod, const char *text,
			    size_t len)
{
	size_t start = 0, end;

	while (start < len && text[start] == ' ')
		start++;
	for (end = start; end < len && text[end] && text[end] != ' '; end++)
		if (text[end] == '/')
			start = end + 1;
	copy_printable(mod->name, sizeof(mod->name), text + start, end - start);
	if (!mod->name[0])
		strscpy(mod->name, "initrd", sizeof(mod->name));
}

void boot_add_module(struct boot_info *bi, const char *where, paddr_t start,
		     paddr_t end, const char *text, size_t len)
{
	struct boot_module *mod;

	if (end <= start) {
		pr_warn("%s: module ends at 0x%lx, not above its start 0x%lx, dropped\n",
			where, end, start);
		return;
	}
	if (bi->nr_modules == BOOT_MODULES_MAX) {
		pr_warn("%s: more than %u modules, dropped\n", where,
			BOOT_MODULES_MAX);
		return;
	}
	mod = &bi->modules[bi->nr_modules++];
	mod->start = start;
	mod->end = end;
	set_module_name(mod, text, len);
}
