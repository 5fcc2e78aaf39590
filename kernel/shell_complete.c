// SPDX-License-Identifier: MIT
/*
 * kernel/shell_complete.c - what could stand at the cursor
 *
 * The first word is a command, a word behind '>' a file, any other what the
 * command's own function offers, or a file if it has none.
 */
#include <kernel/line.h>
#include <kernel/shell.h>
#include <kernel/string.h>
#include <kernel/vfile.h>

#define WORD_SIZE 256

typedef void (*offer_fn)(void *ctx, const char *word);

/* The word with number nr before `end`, and how many there are. */
static int nth_word(const char *line, size_t end, int nr, char *out,
		    size_t size)
{
	int count = 0;
	size_t i = 0;

	*out = '\0';
	while (i < end) {
		size_t start;

		while (i < end && line[i] == ' ')
			i++;
		start = i;
		while (i < end && line[i] != ' ')
			i++;
		if (i > start && count++ == nr)
			strscpy(out, line + start, min(size, i - start + 1));
	}
	return count;
}

static void offer_commands(offer_fn offer, void *ctx)
{
	const struct shell_command *c = shell_next_command("");

	for (; c; c = shell_next_command(c->name))
		offer(ctx, c->name);
}

struct file_offer {
	const char *dir; /* as typed, up to and with its last '/' */
	int dir_len;
	offer_fn offer;
	void *ctx;
};

static void offer_file(void *ctx, const char *name)
{
	struct file_offer *f = ctx;
	char word[WORD_SIZE];
	int len = snprintf(word, sizeof(word), "%.*s%s", f->dir_len, f->dir,
			   name);

	if (len < WORD_SIZE)
		f->offer(f->ctx, word);
}

void shell_complete_file(int arg __unused, const char *prefix, offer_fn offer,
			 void *ctx)
{
	const char *slash;
	struct file_offer f = { .offer = offer, .ctx = ctx };
	char dir[WORD_SIZE];

	if (!*prefix)
		prefix = "/";
	slash = strrchr(prefix, '/');
	f.dir = prefix;
	f.dir_len = slash ? (int)(slash + 1 - prefix) : 0;
	if (f.dir_len < WORD_SIZE) {
		strscpy(dir, prefix, (size_t)f.dir_len + 1);
		vfile_list(dir, offer_file, &f);
	}
}

void shell_complete_nothing(int arg __unused, const char *prefix __unused,
			    offer_fn offer __unused, void *ctx __unused)
{
}

static bool behind_redirect(const char *line, size_t start)
{
	while (start && line[start - 1] == ' ')
		start--;
	return start && line[start - 1] == '>';
}

void shell_complete(void *ctx __unused, const char *line, size_t cursor,
		    offer_fn offer, void *offer_ctx)
{
	size_t start = line_word_start(line, cursor);
	char name[WORD_SIZE], word[WORD_SIZE];
	int arg = nth_word(line, start, 0, name, sizeof(name));
	const struct shell_command *c = shell_find_command(name);

	if (cursor - start >= sizeof(word))
		return;
	strscpy(word, line + start, cursor - start + 1);
	if (arg == 0)
		offer_commands(offer, offer_ctx);
	else if (behind_redirect(line, start) || (c && !c->complete))
		shell_complete_file(arg, word, offer, offer_ctx);
	else if (c)
		c->complete(arg, word, offer, offer_ctx);
}
