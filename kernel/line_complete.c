// SPDX-License-Identifier: MIT
/*
 * kernel/line_complete.c - Tab
 *
 * The owner of the editor offers words; those that start with the word before
 * the cursor are candidates. Tab puts in what all of them share. If that is
 * nothing new and there are several, it lists them in columns, without the
 * folder that the word already names. The last one left gets a blank behind
 * it, unless it is a folder or waits for a value ("name=").
 *
 * Offers are not stored: they are asked for twice, once to learn what they
 * share and how wide they are, and once to print them.
 */
#include <kernel/string.h>

#include "line_internal.h"

#define WORD_MAX 256

struct candidates {
	struct line *l;
	const char *word; /* what is typed so far, not NUL-ended */
	size_t word_len;
	size_t skip;	  /* of which this much names the folder */
	u32 nr;
	size_t common;	  /* bytes that all share */
	size_t width;	  /* of the widest */
	char first[WORD_MAX];
	u32 nr_in_row;	  /* printed in this row */
	size_t to_fill;	  /* blanks up to the next column */
};

size_t line_word_start(const char *line, size_t cursor)
{
	while (cursor && !strchr(" \t>\"'", line[cursor - 1]))
		cursor--;
	return cursor;
}

static bool is_candidate(const struct candidates *c, const char *word)
{
	return strlen(word) < WORD_MAX && !strncmp(word, c->word, c->word_len);
}

static void learn(void *ctx, const char *word)
{
	struct candidates *c = ctx;
	size_t i = 0;

	if (!is_candidate(c, word))
		return;
	if (!c->nr++) {
		strscpy(c->first, word, sizeof(c->first));
		c->common = strlen(word);
	}
	while (i < c->common && word[i] == c->first[i])
		i++;
	c->common = i;
	c->width = max(c->width, strlen(word) - c->skip);
}

static void print(void *ctx, const char *word)
{
	struct candidates *c = ctx;
	u32 columns = c->l->ed->columns ? c->l->ed->columns : LINE_COLUMNS;
	u32 per_row = max((u32)((columns - 1) / (c->width + 2)), 1u);
	char cell[2 * WORD_MAX + 4];

	if (!is_candidate(c, word))
		return;
	if (c->nr_in_row == per_row) {
		line_write(c->l, "\n");
		c->nr_in_row = 0;
		c->to_fill = 0;
	}
	c->nr_in_row++;
	snprintf(cell, sizeof(cell), "%*s%s", (int)c->to_fill, "",
		 word + c->skip);
	line_write(c->l, cell);
	c->to_fill = c->width + 2 - strlen(word + c->skip);
}

static void ask(struct candidates *c, void (*offer)(void *, const char *))
{
	struct line_editor *ed = c->l->ed;

	ed->complete(ed->ctx, c->l->buf, c->l->cursor, offer, c);
}

static void list_candidates(struct candidates *c)
{
	struct line *l = c->l;

	line_write(l, "\n");
	ask(c, print);
	line_write(l, "\n");
	if (l->ed->plain)
		line_write(l, l->prompt);
	line_draw(l);
}

static bool wants_blank(const struct candidates *c)
{
	return c->nr == 1 && c->common &&
	       !strchr("/=", c->first[c->common - 1]);
}

/* Half a code point may be shared: it must not get into the line. */
static size_t whole_code_points(const char *text, size_t len)
{
	while (len && is_continuation(text[len]))
		len--;
	return len;
}

void line_complete(struct line *l)
{
	size_t start = line_word_start(l->buf, l->cursor);
	struct candidates c = { .l = l,
				.word = l->buf + start,
				.word_len = l->cursor - start };

	if (!l->ed->complete)
		return;
	for (size_t i = 0; i < c.word_len; i++)
		if (c.word[i] == '/')
			c.skip = i + 1;
	ask(&c, learn);
	c.common = whole_code_points(c.first, c.common);
	if (!c.nr) {
		line_bell(l);
	} else if (c.common > c.word_len || c.nr == 1) {
		c.first[c.common] = '\0';
		if (line_insert(l, c.first + c.word_len,
				c.common - c.word_len) && wants_blank(&c))
			line_insert(l, " ", 1);
	} else {
		list_candidates(&c);
	}
}
