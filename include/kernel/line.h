/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/line.h - line editor: keys in, one line out
 *
 * Pure: reads and writes through its two functions, so that it runs in the
 * kernel, on the host and under a fuzzer alike. Bounded: input beyond
 * SHELL_LINE_MAX rings the bell and is dropped; unknown escape sequences are
 * swallowed; the prompt always returns.
 *
 * Units    sizes and positions in bytes, columns in code points (each counts
 *          as one column)
 * Context  thread: getc may wait
 * Errors   a line of which a part was dropped is reported and not returned:
 *          half a command must not run
 * Keeps    line_check(): the line is valid UTF-8 without control characters
 */
#pragma once

#include <kernel/types.h>
#include <kernel/shell.h>

#define LINE_HISTORY 32
#define LINE_COLUMNS 80

struct line_editor {
	int (*getc)(void *ctx); /* waits for a byte; -1: end of input */
	void (*write)(void *ctx, const char *text, size_t len);
	/* Words for Tab: called with the line up to the cursor. */
	void (*complete)(void *ctx, const char *line, size_t cursor,
			 void (*offer)(void *offer_ctx, const char *word),
			 void *offer_ctx);
	void *ctx;
	bool plain;
	u32 columns;	/* of the terminal; 0: LINE_COLUMNS */
	bool after_cr;	/* a '\n' that follows belongs to the '\r' */
	bool at_end;	/* plain: Ctrl-D ended a line and with it the input */
	u32 nr_history; /* lines ever remembered; newest at nr_history - 1 */
	char history[LINE_HISTORY][SHELL_LINE_MAX];
	char kept[SHELL_LINE_MAX]; /* the line left for history */
};

/*
 * Show prompt, edit, return the length of the line in out (NUL-ended), or -1
 * at end of input (Ctrl-D on an empty line).
 */
int line_read(struct line_editor *ed, const char *prompt,
	      char out[SHELL_LINE_MAX]);

/*
 * Where the word that Tab completes starts: behind the last blank, '>' or
 * quote before the cursor.
 */
size_t line_word_start(const char *line, size_t cursor);

/* Number of findings: bytes that are no part of printable UTF-8 text. */
int line_check(const char *line, size_t len);
