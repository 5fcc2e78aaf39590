// SPDX-License-Identifier: MIT
/*
 * kernel/shell_words.c - a line to words
 *
 * Words are cut in place: what is taken out (quotes, backslashes) only makes
 * them shorter, so the end of a word never overtakes what is still to be read.
 *
 *	echo "a  b">/sys/x	->	"echo" "a  b" > "/sys/x"
 */
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/string.h>

char shell_redirect[] = ">", shell_append[] = ">>";

struct cutter {
	char *read, *write;
	char **argv;
	int argc;
	const char *error;
};

_Static_assert(SHELL_ARGS_MAX == 32, "named in a message");

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void add_word(struct cutter *c, char *word)
{
	if (c->argc == SHELL_ARGS_MAX)
		c->error = "too many words (limit 32): not run";
	else
		c->argv[c->argc++] = word;
}

/* Copy up to the closing quote. */
static void take_quoted(struct cutter *c, char quote)
{
	while (*c->read && *c->read != quote) {
		if (quote == '"' && *c->read == '\\' && c->read[1])
			c->read++;
		*c->write++ = *c->read++;
	}
	if (*c->read)
		c->read++;
	else
		c->error = "a quote is not closed: not run";
}

static void take_word(struct cutter *c)
{
	while (*c->read && !is_blank(*c->read) && *c->read != '>') {
		char ch = *c->read++;

		if (ch == '"' || ch == '\'') {
			take_quoted(c, ch);
			continue;
		}
		if (ch == '\\' && *c->read)
			ch = *c->read++;
		*c->write++ = ch;
	}
}

/* Behind a '>'. */
static char *redirect_word(struct cutter *c)
{
	if (*c->read != '>')
		return shell_redirect;
	c->read++;
	return shell_append;
}

static void cut_line(struct cutter *c)
{
	while (!c->error) {
		char *word = c->write;
		char stop;

		while (is_blank(*c->read))
			c->read++;
		if (!*c->read || *c->read == '#')
			return;
		if (*c->read != '>') {
			take_word(c);
			add_word(c, word);
		}
		/* The word's NUL may fall on the '>' that ended it. */
		stop = *c->read;
		if (stop)
			c->read++;
		*c->write++ = '\0';
		if (stop == '>')
			add_word(c, redirect_word(c));
		if (!stop)
			return;
	}
}

int shell_split(char *line, char *argv[static SHELL_ARGS_MAX])
{
	struct cutter c = { .read = line, .write = line, .argv = argv };

	cut_line(&c);
	if (!c.error)
		return c.argc;
	console_printf("%s\n", c.error);
	return -1;
}
