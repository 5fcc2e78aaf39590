/* SPDX-License-Identifier: MIT */
/*
 * include/kernel/shell.h - the command line on the serial console
 *
 *	static int cmd_page(int argc, char **argv) { ... }
 *	SHELL_COMMAND(page, cmd_page, "PFN", "show one page frame", complete_fn);
 *
 * Context  the shell's thread; a command may sleep
 * Errors   a command prints what is wrong and returns non-zero
 */
#pragma once

#include <kernel/types.h>

#define SHELL_LINE_MAX 1024
#define SHELL_ARGS_MAX 32

/* Offer each word that could complete `prefix` as argument number arg. */
typedef void (*shell_complete_fn)(int arg, const char *prefix,
				  void (*offer)(void *ctx, const char *word),
				  void *ctx);

struct shell_command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *args; /* "ORDER [TYPE]" */
	const char *help; /* one line; more lines after '\n' for `help CMD` */
	shell_complete_fn complete; /* NULL: file names */
};

#define SHELL_COMMAND(name_, run_, args_, help_, complete_)                    \
	static const struct shell_command shell_command_##name_ __used         \
		__section("shell_commands") __aligned(8) = {                   \
			.name = #name_,                                        \
			.run = run_,                                           \
			.args = args_,                                         \
			.help = help_,                                         \
			.complete = complete_,                                 \
	}

/* Run one line: words, "quotes", echo's > FILE. Returns the command's value. */
int shell_execute(char *line);

/*
 * Read and run lines until `poweroff` or end of input (Ctrl-D on an empty
 * line). plain: no escape sequences, no colour, no redraw (term=plain).
 */
void shell_run(bool plain);
bool shell_is_plain(void);
