// SPDX-License-Identifier: MIT
/*
 * kernel/line_keys.c - bytes from a terminal to keys
 *
 * Terminals send a key as one byte (Ctrl-A is 1), as UTF-8 text, or as an
 * escape sequence, of which there are two families:
 *
 *	CSI  ESC [ parameters final	ESC [ 3 ~ is Delete, ESC [ A is Up
 *	SS3  ESC O final		ESC O A is Up in application mode
 *
 * The decoder takes one byte at a time and is never stuck: a control byte
 * ends any sequence and counts by itself, sequences are bounded, and a code
 * point that breaks off is dropped while the byte that broke it counts. So
 * the line only ever receives whole code points.
 */
#include <kernel/string.h>

#include "line_internal.h"

#define ESC	0x1b
#define DEL	0x7f
#define CTRL(c) ((c) & 0x1f)

static const u8 control_keys[32] = {
	[CTRL('A')] = KEY_HOME,	      [CTRL('B')] = KEY_LEFT,
	[CTRL('C')] = KEY_CANCEL,     [CTRL('D')] = KEY_EOF,
	[CTRL('E')] = KEY_END,	      [CTRL('F')] = KEY_RIGHT,
	[CTRL('H')] = KEY_BACKSPACE,  [CTRL('I')] = KEY_TAB,
	[CTRL('J')] = KEY_ENTER,      [CTRL('K')] = KEY_KILL_END,
	[CTRL('L')] = KEY_CLEAR,      [CTRL('M')] = KEY_ENTER,
	[CTRL('N')] = KEY_DOWN,	      [CTRL('P')] = KEY_UP,
	[CTRL('U')] = KEY_KILL_START, [CTRL('W')] = KEY_KILL_WORD,
};

/* Bytes that follow a first byte of UTF-8; -1: it cannot be one. */
static int utf8_following(u8 byte)
{
	if (byte >= 0xc2 && byte <= 0xdf)
		return 1;
	if (byte >= 0xe0 && byte <= 0xef)
		return 2;
	if (byte >= 0xf0 && byte <= 0xf4)
		return 3;
	return -1;
}

/*
 * Second bytes that would make an overlong form, a surrogate, a number beyond
 * 0x10ffff, or one of the C1 controls that a terminal would obey.
 */
static bool utf8_second_ok(u8 first, u8 second)
{
	switch (first) {
	case 0xc2:
		return second >= 0xa0;
	case 0xe0:
		return second >= 0xa0;
	case 0xed:
		return second < 0xa0;
	case 0xf0:
		return second >= 0x90;
	case 0xf4:
		return second < 0x90;
	default:
		return true;
	}
}

static enum line_key decode_text(struct line_decoder *d, u8 byte)
{
	int following;

	d->text[0] = (char)byte;
	d->nr_text = 1;
	if (byte == DEL)
		return KEY_BACKSPACE;
	if (byte < DEL)
		return KEY_TEXT;
	following = utf8_following(byte);
	if (following < 0)
		return KEY_NONE;
	d->need = (u8)following;
	d->state = STATE_UTF8;
	return KEY_NONE;
}

static enum line_key decode_utf8(struct line_decoder *d, u8 byte)
{
	if (!is_continuation((char)byte)) {
		d->state = STATE_TEXT;
		return decode_text(d, byte);
	}
	if (d->nr_text == 1 && !utf8_second_ok((u8)d->text[0], byte)) {
		d->state = STATE_TEXT;
		return KEY_NONE;
	}
	d->text[d->nr_text++] = (char)byte;
	if (--d->need)
		return KEY_NONE;
	d->state = STATE_TEXT;
	return KEY_TEXT;
}

static enum line_key decode_escape(struct line_decoder *d, u8 byte)
{
	d->state = STATE_TEXT;
	switch (byte) {
	case '[':
		d->state = STATE_CSI;
		d->nr_csi = 0;
		d->nr_semicolon = 0;
		d->number[0] = 0;
		d->number[1] = 0;
		return KEY_NONE;
	case 'O':
		d->state = STATE_SS3;
		return KEY_NONE;
	case 'b': /* Alt-B */
		return KEY_WORD_LEFT;
	case 'f':
		return KEY_WORD_RIGHT;
	case DEL: /* Alt-Backspace */
		return KEY_KILL_WORD;
	default:
		return KEY_NONE;
	}
}

/* The letter that ends ESC [ or ESC O sequences; Ctrl is modifier 5. */
static enum line_key letter_key(u8 final, bool ctrl)
{
	switch (final) {
	case 'A':
		return KEY_UP;
	case 'B':
		return KEY_DOWN;
	case 'C':
		return ctrl ? KEY_WORD_RIGHT : KEY_RIGHT;
	case 'D':
		return ctrl ? KEY_WORD_LEFT : KEY_LEFT;
	case 'F':
		return KEY_END;
	case 'H':
		return KEY_HOME;
	case 'M': /* keypad Enter */
		return KEY_ENTER;
	default:
		return KEY_NONE;
	}
}

/* ESC [ number ~ */
static enum line_key number_key(u16 number)
{
	switch (number) {
	case 1:
	case 7: /* rxvt */
		return KEY_HOME;
	case 3:
		return KEY_DELETE;
	case 4:
	case 8:
		return KEY_END;
	default:
		return KEY_NONE;
	}
}

static enum line_key csi_key(const struct line_decoder *d, u8 final)
{
	if (final == '~')
		return number_key(d->number[0]);
	if (final == 'M') /* a mouse report, not the keypad */
		return KEY_NONE;
	return letter_key(final, d->number[1] == 5);
}

static enum line_key decode_csi(struct line_decoder *d, u8 byte)
{
	if (++d->nr_csi > CSI_MAX || byte >= DEL) {
		d->state = STATE_TEXT;
		return KEY_NONE;
	}
	if (byte >= '0' && byte <= '9' && d->nr_semicolon < 2) {
		u16 *number = &d->number[d->nr_semicolon];

		*number = (u16)(*number % 1000 * 10 + byte - '0');
	}
	if (byte == ';')
		d->nr_semicolon++;
	if (byte < '@')
		return KEY_NONE;
	/* ESC [ [ A is F1 on a Linux console. */
	d->state = byte == '[' ? STATE_SWALLOW : STATE_TEXT;
	return csi_key(d, byte);
}

enum line_key line_decode(struct line_decoder *d, u8 byte)
{
	if (byte == ESC) {
		d->state = STATE_ESCAPE;
		return KEY_NONE;
	}
	if (byte < ' ') {
		d->state = STATE_TEXT;
		return control_keys[byte];
	}
	switch (d->state) {
	case STATE_UTF8:
		return decode_utf8(d, byte);
	case STATE_ESCAPE:
		return decode_escape(d, byte);
	case STATE_CSI:
		return decode_csi(d, byte);
	case STATE_SS3:
		d->state = STATE_TEXT;
		return letter_key(byte, false);
	case STATE_SWALLOW:
		d->state = STATE_TEXT;
		return KEY_NONE;
	default:
		return decode_text(d, byte);
	}
}

static int check_code_point(const char *line, size_t len, size_t *pos)
{
	struct line_decoder d = { .state = STATE_TEXT };
	size_t i = *pos;
	enum line_key key = line_decode(&d, (u8)line[i++]);

	while (d.state == STATE_UTF8 && i < len)
		key = line_decode(&d, (u8)line[i++]);
	*pos = i;
	return key == KEY_TEXT && d.nr_text ? 0 : 1;
}

int line_check(const char *line, size_t len)
{
	int findings = 0;

	for (size_t pos = 0; pos < len;)
		findings += check_code_point(line, len, &pos);
	return findings;
}
