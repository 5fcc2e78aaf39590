// SPDX-License-Identifier: MIT
/*
 * arch/host/ksyms.c - address to function name and line, on the host
 *
 * Takes the place of kernel/base/ksyms.c. The sanitizers' runtime reads this
 * program's debug information for their own reports; it is asked here, too.
 * The library is built without them: addresses have no names then.
 */
#include <kernel/ksyms.h>
#include <kernel/string.h>

void __sanitizer_symbolize_pc(void *pc, const char *fmt, char *out, size_t size)
	__attribute__((weak));

/* Sizes are not known here: offsets count from the address itself. */
const char *ksym_lookup(u64 addr, u64 *offset, u64 *size)
{
	static char name[KSYM_TEXT_MAX];

	*offset = 0;
	*size = 0;
	if (!__sanitizer_symbolize_pc)
		return NULL;
	__sanitizer_symbolize_pc((void *)addr, "%f", name, sizeof(name));
	return name[0] == '(' ? NULL : name; /* "(<unknown>)" and the like */
}

/* The runtime steps back from a return address by itself. */
const char *ksym_format(u64 addr, u64 add, char buf[static KSYM_TEXT_MAX])
{
	if (__sanitizer_symbolize_pc)
		__sanitizer_symbolize_pc((void *)(addr + add), "%f %S", buf,
					 KSYM_TEXT_MAX);
	else
		snprintf(buf, KSYM_TEXT_MAX, "0x%lx", addr + add);
	return buf;
}
