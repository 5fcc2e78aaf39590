// SPDX-License-Identifier: MIT
/*
 * arch/x86_64/image.c - where the linker put the kernel
 */
#include <kernel/image.h>
#include <arch/layout.h>

#include "internal.h"

static paddr_t phys(const u8 *symbol)
{
	return (vaddr_t)symbol - KERNEL_BASE;
}

const struct kernel_image *kernel_image(void)
{
	static struct kernel_image image;

	image = (struct kernel_image){
		.start = (paddr_t)__boot_start,
		.text = phys(__text_start),
		.text_end = phys(__text_end),
		.rodata_end = phys(__rodata_end),
		.data_end = phys(__data_end),
		.end = phys(__kernel_end),
	};
	return &image;
}
