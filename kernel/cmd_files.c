// SPDX-License-Identifier: MIT
/*
 * kernel/cmd_files.c - cat, echo, ls: the files of kernel/vfile.h
 */
#include <kernel/errno.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/string.h>
#include <kernel/vfile.h>

#define LIST_COLUMNS 78

static const char *error_text(int err)
{
	switch (-err) {
	case ENOENT:
		return "no such file or folder";
	case EISDIR:
		return "is a folder (try ls)";
	case ENOTDIR:
		return "is a file (try cat)";
	case EINVAL:
		return "value not understood";
	case ERANGE:
		return "value out of range";
	case ENOMEM:
		return "out of memory";
	default:
		return "failed";
	}
}

static int report(const char *command, const char *path, int err)
{
	if (err)
		console_printf("%s: %.200s: %s\n", command, path,
			       error_text(err));
	return err;
}

static void write_to_console(struct seq *s __unused, const char *text,
			     size_t len)
{
	console_write(text, len);
}

static int cat_file(const char *path)
{
	struct seq s = { .write = write_to_console };
	int err = vfile_read(path, &s);

	if (err == -EACCES) {
		console_printf("cat: %.200s: can only be written\n", path);
		return err;
	}
	return report("cat", path, err);
}

static int cmd_cat(int argc, char **argv)
{
	int err = 0;

	if (argc < 2) {
		console_printf("usage: cat FILE...\n");
		return 1;
	}
	for (int i = 1; i < argc; i++)
		err |= cat_file(argv[i]);
	return err;
}

SHELL_COMMAND(cat, cmd_cat, "FILE...", "print files, such as /proc/zoneinfo",
	      NULL);

static int write_file(const char *path, const char *text, size_t len)
{
	int err = vfile_write(path, text, len);

	if (err == -EACCES) {
		console_printf("echo: %.200s: can only be read\n", path);
		return err;
	}
	return report("echo", path, err);
}

/* The words up to '>' with single blanks and a newline; their length. */
static size_t join(int argc, char **argv, char *out)
{
	size_t len = 0;

	for (int i = 1; i < argc && argv[i] != shell_redirect; i++) {
		if (i > 1)
			out[len++] = ' ';
		memcpy(out + len, argv[i], strlen(argv[i]));
		len += strlen(argv[i]);
	}
	out[len++] = '\n';
	return len;
}

static int cmd_echo(int argc, char **argv)
{
	/* Words came out of a line, so they and their blanks fit one. */
	static char text[SHELL_LINE_MAX + SHELL_ARGS_MAX];
	size_t len = join(argc, argv, text);
	int at = 1;

	while (at < argc && argv[at] != shell_redirect)
		at++;
	if (at == argc) {
		console_write(text, len);
		return 0;
	}
	if (at != argc - 2 || argv[argc - 1] == shell_redirect) {
		console_printf("usage: echo VALUE > FILE\n");
		return 1;
	}
	return write_file(argc > at ? argv[at + 1] : "", text, len);
}

SHELL_COMMAND(echo, cmd_echo, "TEXT... [> FILE]",
	      "print text, or write it to a file\n"
	      "echo 1 > FILE sets a knob; text and a newline are written.",
	      NULL);

struct listing {
	u32 width;   /* of the widest name */
	u32 column;
	u32 to_fill; /* blanks up to the next column */
};

static void measure(void *ctx, const char *name)
{
	struct listing *l = ctx;

	l->width = max(l->width, (u32)strlen(name));
}

static void print_name(void *ctx, const char *name)
{
	struct listing *l = ctx;

	if (l->column + l->width > LIST_COLUMNS && l->column) {
		console_printf("\n");
		l->column = 0;
		l->to_fill = 0;
	}
	console_printf("%*s%s", (int)l->to_fill, "", name);
	l->column += l->width + 2;
	l->to_fill = l->width + 2 - (u32)strlen(name);
}

static int cmd_ls(int argc, char **argv)
{
	const char *dir = argc > 1 ? argv[1] : "/";
	struct listing l = { 0 };
	int err = vfile_list(dir, measure, &l);

	if (err)
		return report("ls", dir, err);
	vfile_list(dir, print_name, &l);
	console_printf("\n");
	return 0;
}

SHELL_COMMAND(ls, cmd_ls, "[FOLDER]", "list a folder's files", NULL);
