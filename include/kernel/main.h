/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/main.h - the one machine that this kernel runs on
 *
 * Context  after boot: constant, any. The host has a made-up machine
 *          (arch/host/machine.c).
 */
#pragma once

#include <kernel/types.h>

struct mm_state;
struct boot_info;
struct madt_info;

/* Physical addresses of the image's parts, each starting where one ends. */
struct kernel_image {
	paddr_t start; /* boot code and boot page tables */
	paddr_t text;
	paddr_t text_end;
	paddr_t rodata_end;
	paddr_t data_end;
	paddr_t end; /* of .bss */
};

struct mm_state *kernel_mm(void);
const struct boot_info *kernel_boot_info(void);
const struct kernel_image *kernel_image(void);
const struct madt_info *kernel_madt(void);

/* From arch's entry: magic and address that the boot loader passed. */
void __noreturn start_kernel(u64 magic, paddr_t info);
