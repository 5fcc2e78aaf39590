// SPDX-License-Identifier: MIT
/*
 * kernel/shell.c - read a line, find its command, run it
 *
 * Commands register themselves (SHELL_COMMAND in kernel/cmd_*.c); the linker
 * gathers them. The shell knows one by name: '>' belongs to echo alone.
 */
#include <kernel/console_input.h>
#include <kernel/line.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/string.h>

extern const struct shell_command __start_shell_commands[],
	__stop_shell_commands[];

#define NAME_MAX_LEN   24
#define NOT_FOUND      127
#define MAX_DISTANCE   2

static bool plain_terminal = true;
static struct line_editor editor;

bool shell_is_plain(void)
{
	return plain_terminal;
}

void shell_set_plain(bool plain)
{
	plain_terminal = plain;
}

const struct shell_command *shell_find_command(const char *name)
{
	const struct shell_command *c = __start_shell_commands;

	for (; c < __stop_shell_commands; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

const struct shell_command *shell_next_command(const char *name)
{
	const struct shell_command *best = NULL;
	const struct shell_command *c = __start_shell_commands;

	for (; c < __stop_shell_commands; c++)
		if (*c->help && strcmp(c->name, name) > 0 &&
		    (!best || strcmp(c->name, best->name) < 0))
			best = c;
	return best;
}

/* How many letters to change, add or drop to turn a into b (Levenshtein). */
static u32 distance(const char *a, const char *b)
{
	u32 row[NAME_MAX_LEN + 1];
	size_t len = min(strlen(b), (size_t)NAME_MAX_LEN);

	for (u32 j = 0; j <= len; j++)
		row[j] = j;
	for (; *a; a++) {
		u32 diagonal = row[0]++;

		for (u32 j = 1; j <= len; j++) {
			u32 changed = diagonal + (*a != b[j - 1]);
			u32 added = min(row[j], row[j - 1]) + 1;

			diagonal = row[j];
			row[j] = min(changed, added);
		}
	}
	return row[len];
}

static const char *closest_name(const char *name)
{
	const char *best = NULL;
	u32 best_distance = MAX_DISTANCE + 1;
	const struct shell_command *c = shell_next_command("");

	for (; c; c = shell_next_command(c->name)) {
		u32 d = distance(name, c->name);

		if (d < best_distance && d < strlen(c->name)) {
			best_distance = d;
			best = c->name;
		}
	}
	return best;
}

static int unknown_command(const char *name)
{
	const char *closest = closest_name(name);

	if (closest)
		console_printf("%.64s: no such command, did you mean '%s'?\n",
			       name, closest);
	else
		console_printf("%.64s: no such command (`help` lists all)\n",
			       name);
	return NOT_FOUND;
}

static bool has_redirect(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (shell_is_redirect(argv[i]))
			return true;
	return false;
}

int shell_execute(char *line)
{
	char *argv[SHELL_ARGS_MAX];
	int argc = shell_split(line, argv);
	const struct shell_command *c;

	if (argc <= 0)
		return argc;
	c = shell_find_command(argv[0]);
	if (!c)
		return unknown_command(argv[0]);
	if (strcmp(c->name, "echo") && has_redirect(argc, argv)) {
		console_printf("%s: only echo writes to files: "
			       "echo VALUE > FILE\n", c->name);
		return -1;
	}
	return c->run(argc, argv);
}

static int read_key(void *ctx __unused)
{
	return console_getc();
}

static void console_put(void *ctx __unused, const char *text, size_t len)
{
	console_write(text, len);
}

void shell_run(bool plain)
{
	static char line[SHELL_LINE_MAX];

	plain_terminal = plain;
	editor.getc = read_key;
	editor.write = console_put;
	editor.complete = shell_complete;
	editor.plain = plain;
	console_printf("Tangram: `help` lists the commands. To leave: "
		       "`poweroff`, Ctrl-D, or Ctrl-A X in QEMU.\n");
	while (line_read(&editor, "tangram> ", line) >= 0)
		shell_execute(line);
}
