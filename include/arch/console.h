/* SPDX-License-Identifier: MIT */
/*
 * include/arch/console.h - the machine's console: bytes out, bytes in
 *
 * Context  write: any, panic included. getc: thread.
 */
#pragma once

#include <kernel/types.h>

struct boot_info;

void arch_console_write(const char *s, size_t len);
/* Show the output on the screen, too, if there is one. Boot, once. */
void arch_screen_init(const struct boot_info *boot);
/* Next byte of input or -1 when there is none now. */
int arch_console_getc(void);
/*
 * Does input come by interrupt? Then console_input() says so, and a thread can
 * sleep until arch_console_has_input().
 */
bool arch_console_interrupts(void);
bool arch_console_has_input(void);
/* Else: halt this CPU until there may be input. */
void arch_console_wait(void);
