// SPDX-License-Identifier: MIT
/*
 * arch/x86_64/screen.c - what goes out on the serial line, on the screen, too
 *
 * For people who boot the ISO in a window or on a desk.
 *
 *	cells   the text, one character a cell; 0 is blank
 *	shown   what the screen shows: cells that differ are drawn
 *
 * So the memory behind the screen, which is slow, is written and never read,
 * and scrolling writes only what changed. Text from before arch_screen_init() is
 * in the cells already. Of the escapes of a terminal only those are obeyed that
 * the shell's line editor and `watch` need; there is no cursor and no colour.
 *
 * Locks: the console lock of printk.c is held by whoever writes.
 */
#include <kernel/string.h>
#include <arch/console.h>

#include "internal.h"
#include "screen.h"

#define SCROLL_ROWS 4 /* at a time: a line costs less */

static u8 cells[MAX_ROWS][MAX_COLUMNS], shown[MAX_ROWS][MAX_COLUMNS];
static u32 columns = VGA_COLUMNS, rows = VGA_ROWS;
static u32 row, column, saved_row, saved_column;
static u32 scroll_top, scroll_bottom; /* rows that scroll; 0, 0: all */

/* Bytes of an escape: none, the ESC, or more; its numbers. */
static enum { NO_ESCAPE, ESCAPE, ESCAPE_BRACKET } escape;
static u32 escape_number[2], escape_nr;

static void draw_cell(u32 r, u32 c)
{
	if (!screen_mapped() || shown[r][c] == cells[r][c])
		return;
	shown[r][c] = cells[r][c];
	screen_draw(r, c, cells[r][c]);
}

static void draw_all(void)
{
	for (u32 r = 0; r < rows; r++)
		for (u32 c = 0; c < columns; c++)
			draw_cell(r, c);
}

static void newline(void)
{
	u32 bottom = scroll_bottom ? scroll_bottom : rows;
	u32 kept = bottom - scroll_top, by = min((u32)SCROLL_ROWS, kept - 1);

	column = 0;
	if (row + 1 != bottom) {
		row = min(row + 1, rows - 1);
		return;
	}
	kept -= by;
	memmove(cells[scroll_top], cells[scroll_top + by],
		kept * sizeof(cells[0]));
	memset(cells[scroll_top + kept], 0, by * sizeof(cells[0]));
	row = scroll_top + kept;
	draw_all();
}

/* Lines a to b, from 1; all, if they aren't there. */
static void set_scrolling(u32 a, u32 b)
{
	bool ok = a && a < b && a < rows;

	scroll_top = ok ? a - 1 : 0;
	scroll_bottom = ok ? min(b, rows) : 0;
}

static void go(u32 r, u32 c)
{
	row = min(max(r, 1u), rows) - 1;
	column = min(max(c, 1u), columns) - 1;
}

static void save_cursor(void)
{
	saved_row = row;
	saved_column = column;
}

static void restore_cursor(void)
{
	row = saved_row;
	column = saved_column;
}

static void put_glyph(u8 code)
{
	if (column == columns)
		newline();
	cells[row][column] = code;
	draw_cell(row, column++);
}

static void erase_to_end(void)
{
	for (u32 c = column; c < columns; c++) {
		cells[row][c] = 0;
		draw_cell(row, c);
	}
}

/* Clear (J comes with "all" only), go, right, erase, scroll; or colour. */
static void end_escape(u8 c)
{
	escape = NO_ESCAPE;
	if (c == 'J') {
		memset(cells, 0, sizeof(cells));
		draw_all();
	} else if (c == 'H') {
		go(escape_number[0], escape_number[1]);
	} else if (c == 'r') {
		set_scrolling(escape_number[0], escape_number[1]);
	} else if (c == 'C') {
		column = min(column + max(escape_number[0], 1u), columns - 1);
	} else if (c == 'K') {
		erase_to_end();
	}
}

static void begin_escape(u8 c)
{
	escape = c == '[' ? ESCAPE_BRACKET : NO_ESCAPE;
	escape_number[0] = escape_number[1] = escape_nr = 0;
	if (c == '7')
		save_cursor();
	else if (c == '8')
		restore_cursor();
}

static void put_escape(u8 c)
{
	u32 *number = &escape_number[escape_nr];

	if (escape == ESCAPE)
		begin_escape(c);
	else if (c >= '0' && c <= '9')
		*number = min(*number * 10 + c - '0', 9999u);
	else if (c == ';')
		escape_nr = 1;
	else if (c >= '@')
		end_escape(c);
}

static void put(u8 c)
{
	if (escape)
		put_escape(c);
	else if (c == '\033')
		escape = ESCAPE;
	else if (c == '\n')
		newline();
	else if (c == '\r')
		column = 0;
	else if (c == '\b')
		column -= column > 0;
	else if (c == ' ')
		put_glyph(0);
	else if (c >= FONT_FIRST && c <= FONT_LAST)
		put_glyph(c);
	else if (c >= 0xc0) /* UTF-8: one mark a character */
		put_glyph('?');
}

void screen_write(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		put((u8)s[i]);
}

static void show_all(void)
{
	if (!screen_mapped())
		return;
	memset(shown, 0, sizeof(shown));
	screen_clear();
	draw_all();
}

void arch_screen_init(const struct boot_info *boot)
{
	static const char note[] = "(A copy of the serial line COM1. "
				   "Keys typed there count, not here.)\n";

	if (!screen_find(boot, &columns, &rows))
		return;
	show_all();
	screen_write(note, sizeof(note) - 1);
}

void screen_remap(void)
{
	bool was_mapped = screen_mapped();

	screen_map();
	if (!was_mapped)
		show_all();
}
