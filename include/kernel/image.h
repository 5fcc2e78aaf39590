/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/image.h - where the kernel itself lies in memory
 *
 * Units    physical addresses; each part ends where the next one starts
 * Context  any; constant
 */
#pragma once

#include <kernel/types.h>

struct kernel_image {
	paddr_t start; /* boot code and boot page tables */
	paddr_t text;
	paddr_t text_end;
	paddr_t rodata_end;
	paddr_t data_end;
	paddr_t end; /* of .bss */
};

const struct kernel_image *kernel_image(void);
