/* SPDX-License-Identifier: MIT */
/*
 * include/arch/host.h - what host programs may ask of the host port
 *
 * Not for mm/ and kernel/: only tests/host, tools and arch/host include it.
 */
#pragma once

#include <kernel/types.h>

extern bool host_console_quiet; /* drop console output */
/* Takes console output in place of stdout when set. */
extern void (*host_console_hook)(const char *s, size_t len);
/* A hook for tools whose stdout is data. */
void host_console_to_stderr(const char *text, size_t len);

/*
 * Simulated physical memory: [0, size) zero-filled. early_memremap() gives
 * pointers into it, and NULL outside. Rebuilding drops the old one.
 */
void host_phys_init(u64 size);
u8 *host_phys(paddr_t addr); /* no bounds check */
void host_phys_drop(void);
u64 host_reserve(u64 size); /* zero-filled address space, never given back */

/* Make kernel_mm() and its like answer for a small made-up machine. */
void host_machine_init(void);
/* Of that machine: RAM ends below, firmware's tables may lie anywhere. */
#define HOST_PHYS_SIZE (192 * MiB)
