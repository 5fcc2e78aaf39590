// SPDX-License-Identifier: MIT
/*
 * arch/x86_64/smap.c - stac and clac, where the CPU has them
 *
 * With SMAP the kernel faults on a program's memory unless AC is set, which
 * uaccess.c does by stac for the length of a copy. A program can set AC as
 * well (popf), and no trap clears it: so each begins with clac. A CPU without
 * SMAP doesn't know the two: they are built as nops of the same three bytes.
 */
#include <kernel/string.h>

#include "cpu.h"
#include "internal.h"

struct smap_site {
	u64 addr;
	u64 last; /* byte of the instruction: 0xcb stac, 0xca clac */
};

extern const struct smap_site __start_smap_sites[], __stop_smap_sites[];

bool smap_enabled(void)
{
	return read_cr4() & CR4_SMAP;
}

void smap_init(void)
{
	if (!smap_enabled())
		return;
	for (const struct smap_site *s = __start_smap_sites;
	     s < __stop_smap_sites; s++)
		memcpy((void *)s->addr, (u8[]){ 0x0f, 0x01, (u8)s->last }, 3);
}
