// SPDX-License-Identifier: MIT
/*
 * kernel/base/units.c - sizes for people
 */
#include <kernel/string.h>
#include <kernel/units.h>

const char *format_size(u64 bytes, char buf[static SIZE_TEXT_MAX])
{
	static const char *const names[] = { "B",   "KiB", "MiB", "GiB",
					     "TiB", "PiB", "EiB" };
	u32 unit = 0;
	u64 rest;

	while (unit + 1 < ARRAY_SIZE(names) && bytes >> 10 * unit >= 1024)
		unit++;
	rest = bytes & ((1UL << 10 * unit) - 1);
	if (!rest)
		snprintf(buf, SIZE_TEXT_MAX, "%lu %s", bytes >> 10 * unit,
			 names[unit]);
	else
		snprintf(buf, SIZE_TEXT_MAX, "%lu.%lu %s", bytes >> 10 * unit,
			 (rest >> 10 * (unit - 1)) * 10 / 1024, names[unit]);
	return buf;
}
