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
	/* One line; more after '\n' for `help CMD`. "": a hidden command. */
	const char *help;
	shell_complete_fn complete; /* NULL: file names */
};

#define SHELL_COMMAND(name_, run_, args_, help_, complete_)            \
	static const struct shell_command shell_command_##name_ __used \
		__section("shell_commands") __aligned(8) = {           \
			.name = #name_,                                \
			.run = run_,                                   \
			.args = args_,                                 \
			.help = help_,                                 \
			.complete = complete_,                         \
		}

/*
 * Cut a line into words, in place: blanks separate, "..." and '...' keep
 * blanks, '\\' keeps the next character, '#' starts a comment. An unquoted '>'
 * becomes the word shell_redirect, '>>' shell_append, known by their addresses.
 * Returns argc, or -1 after saying what is wrong.
 */
extern char shell_redirect[], shell_append[];
static inline bool shell_is_redirect(const char *word)
{
	return word == shell_redirect || word == shell_append;
}
int shell_split(char *line, char *argv[static SHELL_ARGS_MAX]);

/* Run one line: words, "quotes", echo's > FILE. Returns the command's value. */
int shell_execute(char *line);

/*
 * Read and run lines until `poweroff` or end of input (Ctrl-D on an empty
 * line). plain: no escape sequences, no colour, no redraw (term=plain).
 */
void shell_run(bool plain);
bool shell_is_plain(void);
/* What term= says, for who draws before the shell runs. */
void shell_set_plain(bool plain);

/* By name, without hidden ones: the first behind `name` ("" at first). */
const struct shell_command *shell_next_command(const char *name);
const struct shell_command *shell_find_command(const char *name);

/* What Tab offers: shaped like line_editor.complete and shell_complete_fn. */
void shell_complete(void *ctx, const char *line, size_t cursor,
		    void (*offer)(void *offer_ctx, const char *word),
		    void *offer_ctx);
void shell_complete_file(int arg, const char *prefix,
			 void (*offer)(void *ctx, const char *word), void *ctx);
void shell_complete_nothing(int arg, const char *prefix,
			    void (*offer)(void *ctx, const char *word),
			    void *ctx);
