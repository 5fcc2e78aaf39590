/* SPDX-License-Identifier: MIT */
/*
 * arch/host/include/asm/page.h - include/arch/page.h for a Linux process
 *
 * By memcpy(), which the sanitizers know.
 */
#pragma once

#include <kernel/string.h>
#include <arch/layout.h>

static inline void arch_copy_page(void *to, const void *from)
{
	memcpy(to, from, PAGE_SIZE);
}
