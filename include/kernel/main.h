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

/* kernel/smp.c, boot only, in this order: numbers, memory, start. */
void smp_number_cpus(struct madt_info *madt);
void smp_prepare(struct mm_state *mm, const struct madt_info *madt);
void smp_init(struct mm_state *mm);

struct mm_state *kernel_mm(void);
const struct boot_info *kernel_boot_info(void);
const struct madt_info *kernel_madt(void);
