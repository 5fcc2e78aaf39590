/* SPDX-License-Identifier: MIT */
/*
 * kernel/line_internal.h - what the four files of the line editor share
 *
 *	line_keys.c	bytes to keys
 *	line.c		keys to changes of the line
 *	line_draw.c	the line to the terminal
 *	line_complete.c	what Tab does
 */
#pragma once

#include <kernel/line.h>

enum line_key {
	KEY_NONE, /* more bytes are needed, or nothing of use came */
	KEY_TEXT, /* one code point, in decoder.text */
	KEY_ENTER,
	KEY_BACKSPACE,
	KEY_DELETE,
	KEY_EOF, /* Ctrl-D: end of input or delete */
	KEY_LEFT,
	KEY_RIGHT,
	KEY_UP,
	KEY_DOWN,
	KEY_HOME,
	KEY_END,
	KEY_WORD_LEFT,
	KEY_WORD_RIGHT,
	KEY_KILL_END,	/* Ctrl-K */
	KEY_KILL_START, /* Ctrl-U */
	KEY_KILL_WORD,	/* Ctrl-W */
	KEY_TAB,
	KEY_CLEAR,  /* Ctrl-L */
	KEY_CANCEL, /* Ctrl-C */
};

enum decoder_state {
	STATE_TEXT,
	STATE_UTF8,    /* inside a code point of several bytes */
	STATE_ESCAPE,  /* behind ESC */
	STATE_CSI,     /* behind ESC [ */
	STATE_SWALLOW, /* one more byte of a sequence to ignore */
	STATE_SS3,     /* behind ESC O */
};

/* Longer control sequences are noise: give up and take text again. */
#define CSI_MAX 32

struct line_decoder {
	enum decoder_state state;
	u8 need;	/* bytes of the code point still to come */
	u8 nr_text;
	char text[4];
	u8 nr_csi;	/* bytes of the sequence so far */
	u16 number[2];	/* its first two parameters */
	u8 nr_semicolon;
};

enum line_key line_decode(struct line_decoder *d, u8 byte);

struct line {
	struct line_editor *ed;
	const char *prompt;
	char *buf;	/* SHELL_LINE_MAX bytes, NUL-ended at len */
	size_t len;
	size_t cursor;	/* at the start of a code point, <= len */
	size_t left;	/* first byte shown */
	u32 browse;	/* history number shown; nr_history: the new line */
	u64 dropped;	/* bytes that did not fit since the last deletion */
};

static inline bool is_continuation(char c)
{
	return ((u8)c & 0xc0) == 0x80;
}

size_t line_next(const struct line *l, size_t pos);
size_t line_prev(const struct line *l, size_t pos);

bool line_insert(struct line *l, const char *text, size_t len);
void line_complete(struct line *l);

void line_write(const struct line *l, const char *text);
void line_bell(const struct line *l);
void line_draw(struct line *l);
/* `added` bytes were just put in before the cursor: cheaper than line_draw. */
void line_draw_added(struct line *l, size_t added);
/* Leave the line behind, the cursor at the start of the next one. */
void line_draw_done(struct line *l, const char *mark);
