// SPDX-License-Identifier: MIT
/*
 * tests/host/fuzz/fuzz_multiboot2.c - any bytes as multiboot2 information
 *
 * The input lies at the end of a heap block, so that ASan sees one byte too
 * many. What comes out must keep the promises of kernel/bootinfo.h.
 */
#include <stdlib.h>
#include <string.h>

#include <arch/host.h>
#include <kernel/bootinfo.h>
#include <kernel/errno.h>

static void check_strings(const struct boot_info *bi)
{
	if (strnlen(bi->cmdline, sizeof(bi->cmdline)) == sizeof(bi->cmdline) ||
	    strnlen(bi->loader, sizeof(bi->loader)) == sizeof(bi->loader))
		abort();
}

static void check_modules(const struct boot_info *bi)
{
	if (bi->nr_modules > BOOT_MODULES_MAX)
		abort();
	for (u32 i = 0; i < bi->nr_modules; i++) {
		const struct boot_module *m = &bi->modules[i];

		if (m->start >= m->end || !m->name[0] ||
		    strnlen(m->name, sizeof(m->name)) == sizeof(m->name))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct boot_info bi;
	static struct e820_table map;
	u8 *copy = malloc(size + 1); /* a block even for size 0 */
	int err;

	host_console_quiet = true;
	memcpy(copy + 1, data, size);
	map.nr_entries = 0;
	map.nr_dropped = 0;
	err = multiboot2_parse(copy + 1, size, 0x10000, &bi, &map);
	check_strings(&bi);
	check_modules(&bi);
	if (err ? err != -EINVAL || map.nr_entries : !map.nr_entries)
		abort();
	if (bi.info_end < bi.info_start || bi.info_end > 0x10000 + size)
		abort();
	if (bi.rsdp_len != 0 && bi.rsdp_len != 20 && bi.rsdp_len != 36)
		abort();
	free(copy);
	return 0;
}
