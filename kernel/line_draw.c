// SPDX-License-Identifier: MIT
/*
 * kernel/line_draw.c - the edited line on the terminal
 *
 * One row of the terminal is a window on the line:
 *
 *	tangram> ge /sys/devices/system/node/no_
 *	|prompt  |<------- window -------------->|
 *	         ^ left                         ^ cursor
 *
 * The last column stays free, so that no terminal wraps. When the cursor
 * leaves the window, the window jumps to have it in the middle. A redraw
 * starts with '\r' and so does not depend on where the cursor was; it needs
 * three escapes: ESC [ K, ESC [ n C and, for Ctrl-L, ESC [ H ESC [ 2 J.
 *
 * In plain mode nothing is drawn while the line is edited; the finished line
 * is written once, so that logs read like a session.
 */
#include <kernel/string.h>

#include "line_internal.h"

#define MIN_WINDOW 8

static void write_bytes(const struct line *l, const char *text, size_t len)
{
	l->ed->write(l->ed->ctx, text, len);
}

void line_write(const struct line *l, const char *text)
{
	write_bytes(l, text, strlen(text));
}

void line_bell(const struct line *l)
{
	if (!l->ed->plain)
		line_write(l, "\a");
}

size_t line_next(const struct line *l, size_t pos)
{
	if (pos < l->len)
		pos++;
	while (pos < l->len && is_continuation(l->buf[pos]))
		pos++;
	return pos;
}

size_t line_prev(const struct line *l, size_t pos)
{
	if (pos)
		pos--;
	while (pos && is_continuation(l->buf[pos]))
		pos--;
	return pos;
}

/* Columns that bytes [from, to) take. */
static u32 columns_of(const struct line *l, size_t from, size_t to)
{
	u32 nr = 0;

	for (size_t i = from; i < to; i++)
		nr += !is_continuation(l->buf[i]);
	return nr;
}

static u32 window_width(const struct line *l)
{
	u32 columns = l->ed->columns ? l->ed->columns : LINE_COLUMNS;
	u32 prompt = (u32)strlen(l->prompt);

	return max(columns, prompt + 1 + MIN_WINDOW) - prompt - 1;
}

static void move_window(struct line *l, u32 width)
{
	if (columns_of(l, 0, l->len) <= width) {
		l->left = 0;
		return;
	}
	if (l->left <= l->cursor && columns_of(l, l->left, l->cursor) <= width)
		return;
	l->left = l->cursor;
	for (u32 i = 0; i < width / 2; i++)
		l->left = line_prev(l, l->left);
}

static size_t window_end(const struct line *l, u32 width)
{
	size_t end = l->left;

	while (width-- && end < l->len)
		end = line_next(l, end);
	return end;
}

void line_draw(struct line *l)
{
	u32 width = window_width(l), back;
	char move[24];

	if (l->ed->plain)
		return;
	move_window(l, width);
	line_write(l, "\r");
	line_write(l, l->prompt);
	write_bytes(l, l->buf + l->left, window_end(l, width) - l->left);
	back = (u32)strlen(l->prompt) + columns_of(l, l->left, l->cursor);
	snprintf(move, sizeof(move), back ? "\033[K\r\033[%uC" : "\033[K\r",
		 back);
	line_write(l, move);
}

void line_draw_added(struct line *l, size_t added)
{
	bool fits = columns_of(l, l->left, l->len) <= window_width(l);

	if (l->cursor != l->len || !fits)
		line_draw(l);
	else if (!l->ed->plain)
		write_bytes(l, l->buf + l->len - added, added);
}

void line_draw_done(struct line *l, const char *mark)
{
	if (l->ed->plain) {
		write_bytes(l, l->buf, l->len);
	} else if (l->cursor != l->len) {
		l->cursor = l->len;
		line_draw(l);
	}
	line_write(l, mark);
	line_write(l, "\n");
}
