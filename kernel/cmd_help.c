// SPDX-License-Identifier: MIT
/*
 * kernel/cmd_help.c - help: the commands, or one of them at length
 */
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/string.h>

static int first_line_len(const char *text)
{
	const char *end = strchr(text, '\n');

	return (int)(end ? (size_t)(end - text) : strlen(text));
}

static void help_all(void)
{
	const struct shell_command *c = shell_next_command("");

	for (; c; c = shell_next_command(c->name)) {
		char usage[40];

		snprintf(usage, sizeof(usage), "%s %s", c->name, c->args);
		console_printf("  %-27s %.*s\n", usage,
			       first_line_len(c->help), c->help);
	}
	console_printf("`help CMD` tells more. Tab completes commands, files "
		       "and arguments; arrows edit\nand recall lines; Ctrl-C "
		       "drops a line. (QEMU keeps Ctrl-A for itself: press it"
		       "\ntwice, or Home.)\n");
}

static int cmd_help(int argc, char **argv)
{
	const struct shell_command *c;

	if (argc < 2) {
		help_all();
		return 0;
	}
	c = shell_find_command(argv[1]);
	if (!c) {
		console_printf("help: no command '%.64s'\n", argv[1]);
		return 1;
	}
	console_printf("usage: %s%s%s\n%s\n", c->name, *c->args ? " " : "",
		       c->args, c->help);
	return 0;
}

static void complete_command(int arg, const char *prefix __unused,
			     void (*offer)(void *ctx, const char *word),
			     void *ctx)
{
	const struct shell_command *c = shell_next_command("");

	for (; c && arg == 1; c = shell_next_command(c->name))
		offer(ctx, c->name);
}

SHELL_COMMAND(help, cmd_help, "[CMD]", "list the commands, or explain one",
	      complete_command);
