/* SPDX-License-Identifier: MIT */
/*
 * arch/x86_64/include/asm/page.h - include/arch/page.h for x86-64
 *
 * memcpy() without its rest of bytes, and without a call.
 */
#pragma once

#include <kernel/types.h>
#include <arch/layout.h>

static inline void arch_copy_page(void *to, const void *from)
{
	u64 words = PAGE_SIZE / sizeof(u64);

	__asm__ __volatile__("rep movsq"
			     : "+D"(to), "+S"(from), "+c"(words)::"memory");
}
