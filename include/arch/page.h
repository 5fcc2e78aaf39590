/* SPDX-License-Identifier: MIT */
/*
 * include/arch/page.h - the contents of a page
 *
 * A port gives, inline:
 *	void arch_copy_page(void *to, const void *from)
 *		whole pages, aligned, and not the same one
 *
 * Context  any
 */
#pragma once

#include <asm/page.h>
