/* SPDX-License-Identifier: MIT */
/*
 * include/mm/init.h - from the firmware's map to zones, step by step
 *
 * Context  boot, one CPU, in the order below
 * Errors   what the firmware or the command line got wrong is told and mended;
 *          panic only when there is no memory to run in
 */
#pragma once

#include <kernel/types.h>

struct mm_state;
struct kernel_image;
struct boot_info;

/* Linux's defaults for every knob; before the command line is looked at. */
void mm_params_init(struct mm_state *mm);

/*
 * Sanitise and print mm->e820_firmware (filled by the boot protocol), apply
 * mem= and memmap=, cut what the CPU can't address, keep the image in RAM.
 */
void mm_init_e820(struct mm_state *mm, const char *cmdline,
		  const struct kernel_image *image);

/* memblock from e820, with image, modules and low memory reserved. */
void mm_init_memblock(struct mm_state *mm, const struct boot_info *boot,
		      const struct kernel_image *image);

/* Final page tables: image, direct map of RAM. */
void mm_init_paging(struct mm_state *mm, const struct kernel_image *image);

/* Page array, zones, zonelists, watermarks; memblock hands over. */
void mm_init_zones(struct mm_state *mm, const struct kernel_image *image);

/* Caches and the zero page of address spaces, after slab_init(); -ENOMEM. */
int mm_init_users(void);
