/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/main.h - the one machine that this kernel runs on
 *
 * mm/ has no globals; files and shell commands ask here. The kernel answers
 * from kernel/main.c, host programs from a made-up machine in arch/host.
 *
 * Context  after boot; all is constant but for counts inside struct mm_state
 */
#pragma once

#include <kernel/types.h>

struct mm_state;
struct boot_info;
struct madt_info;

/* Physical ranges of the image, bytes, half-open, in ascending order. */
struct kernel_image {
	paddr_t text, text_end;
	paddr_t rodata, rodata_end;
	paddr_t data, data_end;
	paddr_t bss, end;
};

struct mm_state *kernel_mm(void);
const struct boot_info *kernel_boot_info(void);
const struct kernel_image *kernel_image(void);
const struct madt_info *kernel_madt(void);
