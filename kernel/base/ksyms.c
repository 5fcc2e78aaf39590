// SPDX-License-Identifier: MIT
/*
 * kernel/base/ksyms.c - address to function name
 *
 * tools/ksyms writes the arrays: text addresses sorted, names end to end. The
 * first link pass has none, hence weak.
 */
#include <kernel/ksyms.h>
#include <kernel/string.h>

extern const u32 ksym_count __attribute__((weak));
extern const u64 ksym_address[] __attribute__((weak));
extern const u32 ksym_name_offset[] __attribute__((weak));
extern const char ksym_names[] __attribute__((weak));

const char *ksym_lookup(u64 addr, u64 *offset, u64 *size)
{
	u32 lo = 0, hi = &ksym_count ? ksym_count : 0;

	if (hi < 2 || addr < ksym_address[0] || addr >= ksym_address[hi - 1])
		return NULL;
	while (hi - lo > 1) {
		u32 mid = lo + (hi - lo) / 2;

		if (ksym_address[mid] <= addr)
			lo = mid;
		else
			hi = mid;
	}
	*offset = addr - ksym_address[lo];
	*size = ksym_address[lo + 1] - ksym_address[lo];
	return ksym_names + ksym_name_offset[lo];
}

const char *ksym_format(u64 addr, u64 add, char buf[static KSYM_TEXT_MAX])
{
	u64 offset, size;
	const char *name = ksym_lookup(addr, &offset, &size);

	if (name)
		snprintf(buf, KSYM_TEXT_MAX, "%s+0x%lx/0x%lx", name,
			 offset + add, size);
	else
		snprintf(buf, KSYM_TEXT_MAX, "0x%lx", addr + add);
	return buf;
}
