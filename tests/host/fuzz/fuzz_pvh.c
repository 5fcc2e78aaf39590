// SPDX-License-Identifier: MIT
/*
 * tests/host/fuzz/fuzz_pvh.c - any bytes as memory with start_info in it
 *
 * The input is the whole of a small machine's memory from 0 on: start_info at
 * 0 (its magic is put right in most runs, or nothing would follow), lists and
 * strings wherever its pointers say. Memory ends where the input does, rounded
 * up to a page.
 */
#include <stdlib.h>
#include <string.h>

#include <arch/host.h>
#include <kernel/bootinfo.h>
#include <kernel/errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct boot_info bi;
	static struct e820_table map;
	static const u32 magic = PVH_MAGIC;
	int err;

	if (!size)
		return 0;
	host_console_quiet = true;
	host_phys_init(size);
	memcpy(host_phys(0), data, size);
	if (data[0] != 0xff && size >= sizeof(magic))
		memcpy(host_phys(0), &magic, sizeof(magic));
	map.nr_entries = 0;
	map.nr_dropped = 0;
	err = pvh_parse(0, &bi, &map);
	if (err ? err != -EINVAL || map.nr_entries : !map.nr_entries)
		abort();
	if (strnlen(bi.cmdline, sizeof(bi.cmdline)) == sizeof(bi.cmdline))
		abort();
	if (bi.nr_modules > BOOT_MODULES_MAX)
		abort();
	for (u32 i = 0; i < bi.nr_modules; i++)
		if (bi.modules[i].start >= bi.modules[i].end)
			abort();
	return 0;
}
