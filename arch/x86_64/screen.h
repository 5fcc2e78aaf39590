/* SPDX-License-Identifier: MIT */
/*
 * arch/x86_64/screen.h - between the screen's text and its drawing
 */
#pragma once

#include <kernel/types.h>

#define FONT_FIRST  '!'
#define FONT_LAST   '~'
#define VGA_COLUMNS 80
#define VGA_ROWS    25
#define MIN_COLUMNS 40
#define MIN_ROWS    10
#define MAX_COLUMNS 160
#define MAX_ROWS    75

struct boot_info;

/*
 * Is there a screen? Its size in characters, unless it is VGA text's 80x25;
 * mapped at once if the boot page tables show it.
 */
bool screen_find(const struct boot_info *boot, u32 *columns, u32 *rows);
/* Map it in the final page tables. */
void screen_map(void);
bool screen_mapped(void);

/* code 0: blank, else FONT_FIRST to FONT_LAST. Both only when mapped. */
void screen_draw(u32 row, u32 column, u8 code);
void screen_clear(void);
