// SPDX-License-Identifier: MIT
/*
 * tests/kernel/mm_fixture.c - the one mm_state that boot-memory tests share
 *
 * It isn't in the kernel's image: that must end below what UEFI keeps.
 */
#include <kernel/panic.h>
#include <kernel/string.h>
#include <mm/vmalloc.h>

#include "mm_fixture.h"

struct mm_state *fixture_mm(void)
{
	static struct mm_state *mm; /* it stays for the next test */

	if (!mm)
		mm = vmalloc(sizeof(*mm));
	if (!mm)
		panic("no memory for the tests' struct mm_state");
	memset(mm, 0, sizeof(*mm));
	return mm;
}
