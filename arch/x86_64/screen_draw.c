// SPDX-License-Identifier: MIT
/*
 * arch/x86_64/screen_draw.c - find the screen; put one character on it
 *
 * VGA text memory is an array of (character, colour). On a framebuffer of
 * direct colour a cell is 6x9 dots, a dot is scale x scale pixels:
 *
 *	pitch bytes a line of pixels
 *	|<- 6 * scale ->|
 *	 #   #  gap  .   9 * scale lines
 *
 * Before the final page tables the boot tables show the first 4 GiB.
 */
#include <kernel/bootinfo.h>
#include <kernel/printk.h>
#include <kernel/string.h>
#include <arch/layout.h>
#include <arch/paging.h>

#include "cpu.h"
#include "internal.h"
#include "screen.h"

#define FONT_ROWS	 8
#define FONT_COLUMNS	 5
#define CELL_WIDTH	 6
#define CELL_HEIGHT	 9
#define WIDTH_OF_A_SCALE 500	    /* 1024 pixels make 85 columns */
#define PIXEL		 0xc0c0c0c0 /* grey in any order of colours */

#define VGA_TEXT       0xb8000
#define VGA_ATTRIBUTE  0x0700 /* grey on black */
#define VGA_INDEX      0x3d4
#define VGA_CURSOR     0x0a
#define VGA_CURSOR_OFF 0x20
#define BDA_VIDEO_MODE 0x449
#define BDA_COLUMNS    0x44a
#define MODE_COLOUR80  3
#define FB_RGB	       1
#define FB_TEXT	       2
#define FB_MAX	       (32 * MiB)
#define BOOT_MAPPED    (4 * GiB)

extern const u8 font[FONT_LAST - FONT_FIRST + 1][FONT_ROWS];

static paddr_t phys; /* 0: no screen */
static u64 size;
static u8 *memory;		      /* NULL: not mapped */
static u32 pitch, pixel_bytes, scale; /* pixel_bytes 0: VGA text */

/* --- drawing --- */

static void draw_pixel(u8 *to, u32 value)
{
	if (pixel_bytes == 4)
		*(volatile u32 *)to = value;
	else
		for (u32 i = 0; i < pixel_bytes; i++)
			((volatile u8 *)to)[i] = (u8)value;
}

/* One line of pixels of a cell. */
static void draw_line(u8 *to, u8 dots)
{
	for (u32 x = 0; x < FONT_COLUMNS * scale; x++) {
		bool on = dots >> (FONT_COLUMNS - 1 - x / scale) & 1;

		draw_pixel(to + x * pixel_bytes, on ? PIXEL : 0);
	}
}

static void draw_glyph(u32 r, u32 c, u8 code)
{
	static const u8 blank[FONT_ROWS];
	const u8 *dots = code ? font[code - FONT_FIRST] : blank;
	u8 *to = memory + r * CELL_HEIGHT * scale * pitch +
		 c * CELL_WIDTH * scale * pixel_bytes;

	for (u32 y = 0; y < FONT_ROWS * scale; y++)
		draw_line(to + y * pitch, dots[y / scale]);
}

void screen_draw(u32 r, u32 c, u8 code)
{
	if (pixel_bytes)
		draw_glyph(r, c, code);
	else
		((volatile u16 *)memory)[r * VGA_COLUMNS + c] =
			VGA_ATTRIBUTE | (code ? code : ' ');
}

void screen_clear(void)
{
	if (pixel_bytes) {
		memset(memory, 0, size);
		return;
	}
	for (u32 i = 0; i < VGA_COLUMNS * VGA_ROWS; i++)
		((volatile u16 *)memory)[i] = VGA_ATTRIBUTE | ' ';
}

bool screen_mapped(void)
{
	return memory;
}

/* --- finding it --- */

static void use_text(void)
{
	phys = VGA_TEXT;
	size = VGA_COLUMNS * VGA_ROWS * sizeof(u16);
	outb(VGA_INDEX, VGA_CURSOR);
	outb(VGA_INDEX + 1, VGA_CURSOR_OFF);
}

static bool use_framebuffer(const struct boot_framebuffer *fb, u32 *columns,
			    u32 *rows)
{
	u64 bytes = (u64)fb->pitch * fb->height;

	pixel_bytes = fb->bpp / 8;
	if (pixel_bytes < 2 || pixel_bytes > 4 || bytes > FB_MAX ||
	    fb->pitch < (u64)fb->width * pixel_bytes)
		return false;
	scale = max(fb->width / WIDTH_OF_A_SCALE, 1u);
	*columns = min(fb->width / (CELL_WIDTH * scale), (u32)MAX_COLUMNS);
	*rows = min(fb->height / (CELL_HEIGHT * scale), (u32)MAX_ROWS);
	if (*columns < MIN_COLUMNS || *rows < MIN_ROWS)
		return false;
	pitch = fb->pitch;
	size = bytes;
	phys = fb->addr;
	return true;
}

/* Without a boot loader that says, the BIOS data area tells the mode. */
static bool bios_set_text_mode(void)
{
	const volatile u8 *mode = phys_to_virt(BDA_VIDEO_MODE);
	const volatile u16 *width = phys_to_virt(BDA_COLUMNS);

	return *mode == MODE_COLOUR80 && *width == VGA_COLUMNS;
}

bool screen_find(const struct boot_info *boot, u32 *columns, u32 *rows)
{
	const struct boot_framebuffer *fb = &boot->fb;

	if (fb->addr && fb->type == FB_RGB) {
		if (!use_framebuffer(fb, columns, rows)) {
			pr_warn("screen: a framebuffer of %ux%u, %u bits, %u bytes a row can't be used\n",
				fb->width, fb->height, fb->bpp, fb->pitch);
			return false;
		}
	} else if (fb->type == FB_TEXT || (!boot->efi && bios_set_text_mode())) {
		use_text();
	} else {
		return false;
	}
	if (phys + size <= BOOT_MAPPED)
		memory = phys_to_virt(phys);
	return true;
}

void screen_map(void)
{
	memory = phys ? early_ioremap(phys, size) : NULL;
}
