// SPDX-License-Identifier: MIT
/*
 * kernel/line.c - edit one line of input
 *
 * A key changes the line or the cursor, then the line is drawn anew. The line
 * holds whole code points only; the cursor stands at the start of one. Lines
 * are remembered in a ring:
 *
 *	history number   0 ... nr_history-1 | nr_history
 *	                 oldest      newest | the line being typed
 *
 * Up and down move `browse` along it. The line being typed is kept aside when
 * the user leaves it; a remembered line that was changed is not.
 */
#include <kernel/string.h>

#include "line_internal.h"

enum outcome { GO_ON, RETURN_LINE, RETURN_EMPTY, RETURN_EOF };

/* Put text in at the cursor and draw; false and a bell if it does not fit. */
bool line_insert(struct line *l, const char *text, size_t len)
{
	if (l->len + len >= SHELL_LINE_MAX) {
		l->dropped += len;
		line_bell(l);
		return false;
	}
	memmove(l->buf + l->cursor + len, l->buf + l->cursor,
		l->len - l->cursor + 1);
	memcpy(l->buf + l->cursor, text, len);
	l->len += len;
	l->cursor += len;
	line_draw_added(l, len);
	return true;
}

/* Take bytes [from, to) out; the cursor goes where they were. */
static void cut(struct line *l, size_t from, size_t to)
{
	memmove(l->buf + from, l->buf + to, l->len - to + 1);
	l->len -= to - from;
	l->cursor = from;
	l->dropped = 0;
	line_draw(l);
}

static void move(struct line *l, size_t to)
{
	l->cursor = to;
	line_draw(l);
}

static size_t word_left(const struct line *l)
{
	size_t pos = l->cursor;

	while (pos && l->buf[pos - 1] == ' ')
		pos--;
	while (pos && l->buf[pos - 1] != ' ')
		pos--;
	return pos;
}

static size_t word_right(const struct line *l)
{
	size_t pos = l->cursor;

	while (pos < l->len && l->buf[pos] == ' ')
		pos++;
	while (pos < l->len && l->buf[pos] != ' ')
		pos++;
	return pos;
}

static char *remembered(struct line_editor *ed, u32 number)
{
	return ed->history[number % LINE_HISTORY];
}

static bool is_blank_line(const char *line)
{
	while (*line == ' ')
		line++;
	return !*line;
}

static void remember(struct line_editor *ed, const char *line)
{
	if (is_blank_line(line))
		return;
	if (ed->nr_history && !strcmp(remembered(ed, ed->nr_history - 1), line))
		return;
	strscpy(remembered(ed, ed->nr_history++), line, SHELL_LINE_MAX);
}

static void browse_to(struct line *l, u32 number)
{
	struct line_editor *ed = l->ed;

	if (l->browse == ed->nr_history)
		strscpy(ed->kept, l->buf, sizeof(ed->kept));
	l->browse = number;
	strscpy(l->buf, number == ed->nr_history ? ed->kept :
						   remembered(ed, number),
		SHELL_LINE_MAX);
	l->len = strlen(l->buf);
	l->cursor = l->len;
	l->left = 0;
	l->dropped = 0;
	line_draw(l);
}

static void history_up(struct line *l)
{
	u32 nr = l->ed->nr_history;

	if (l->browse && nr - l->browse < LINE_HISTORY)
		browse_to(l, l->browse - 1);
	else
		line_bell(l);
}

static void history_down(struct line *l)
{
	if (l->browse < l->ed->nr_history)
		browse_to(l, l->browse + 1);
	else
		line_bell(l);
}

static void clear_screen(struct line *l)
{
	if (!l->ed->plain)
		line_write(l, "\033[H\033[2J");
	line_draw(l);
}

/* Ctrl-D ends the input at an empty line; a pipe ends in the middle of one. */
static enum outcome end_of_input(struct line *l)
{
	if (!l->len)
		return RETURN_EOF;
	if (l->ed->plain) {
		l->ed->at_end = true;
		return RETURN_LINE;
	}
	cut(l, l->cursor, line_next(l, l->cursor));
	return GO_ON;
}

static void edit(struct line *l, enum line_key key)
{
	size_t pos = l->cursor;

	switch (key) {
	case KEY_BACKSPACE:
		return cut(l, line_prev(l, pos), pos);
	case KEY_DELETE:
		return cut(l, pos, line_next(l, pos));
	case KEY_KILL_END:
		return cut(l, pos, l->len);
	case KEY_KILL_START:
		return cut(l, 0, pos);
	case KEY_KILL_WORD:
		return cut(l, word_left(l), pos);
	case KEY_LEFT:
		return move(l, line_prev(l, pos));
	case KEY_RIGHT:
		return move(l, line_next(l, pos));
	case KEY_WORD_LEFT:
		return move(l, word_left(l));
	case KEY_WORD_RIGHT:
		return move(l, word_right(l));
	case KEY_HOME:
		return move(l, 0);
	case KEY_END:
		return move(l, l->len);
	case KEY_UP:
		return history_up(l);
	case KEY_DOWN:
		return history_down(l);
	case KEY_TAB:
		return line_complete(l);
	case KEY_CLEAR:
		return clear_screen(l);
	default:
		return;
	}
}

static enum outcome handle(struct line *l, struct line_decoder *d, int byte)
{
	enum line_key key = line_decode(d, (u8)byte);
	bool second_half = byte == '\n' && l->ed->after_cr;

	l->ed->after_cr = byte == '\r';
	switch (key) {
	case KEY_TEXT:
		line_insert(l, d->text, d->nr_text);
		return GO_ON;
	case KEY_ENTER:
		return second_half ? GO_ON : RETURN_LINE;
	case KEY_CANCEL:
		return RETURN_EMPTY;
	case KEY_EOF:
		return end_of_input(l);
	default:
		edit(l, key);
		return GO_ON;
	}
}

static enum outcome edit_until_done(struct line *l)
{
	struct line_decoder d = { .state = STATE_TEXT };
	enum outcome outcome = GO_ON;

	while (outcome == GO_ON) {
		int byte = l->ed->getc(l->ed->ctx);

		if (byte < 0)
			return l->len ? RETURN_LINE : RETURN_EOF;
		outcome = handle(l, &d, byte);
	}
	return outcome;
}

/* Half a command must not run: say so and give an empty line instead. */
static int refuse(struct line *l)
{
	char text[96];

	snprintf(text, sizeof(text),
		 "line too long by %lu bytes (limit %u): not run\n", l->dropped,
		 (u32)SHELL_LINE_MAX - 1);
	line_write(l, text);
	l->buf[0] = '\0';
	return 0;
}

int line_read(struct line_editor *ed, const char *prompt,
	      char out[SHELL_LINE_MAX])
{
	struct line l = { .ed = ed,
			  .prompt = prompt,
			  .buf = out,
			  .browse = ed->nr_history };
	enum outcome outcome;

	out[0] = '\0';
	line_write(&l, prompt);
	outcome = ed->at_end ? RETURN_EOF : edit_until_done(&l);
	line_draw_done(&l, outcome == RETURN_EMPTY ? "^C" : "");
	if (outcome == RETURN_EOF)
		return -1;
	if (outcome == RETURN_EMPTY) {
		out[0] = '\0';
		return 0;
	}
	remember(ed, out);
	return l.dropped ? refuse(&l) : (int)l.len;
}
